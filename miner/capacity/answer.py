"""What a search for a service's limit found out, in numbers and in sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from miner.capacity.search import (
    AT_LEAST,
    BELOW,
    BETWEEN,
    BEYOND,
    BROKE,
    FOUND,
    HELD,
    NOTHING,
    TOO_LITTLE,
    UNKNOWN,
    Bounds,
    Found,
)
from miner.capacity.step import Step
from miner.objectives import Outcome
from miner.objectives.quantities import clock, figures

INTERRUPTED = "it was interrupted"


@dataclass(frozen=True)
class Capacity:
    """The highest scale at which all objectives hold, as far as the steps told."""

    scenario: str
    host: str
    folder: Path
    """Of `capacity.json`, and of the runs of the steps."""
    rate: float
    """Sessions a second at scale 1."""
    recorded: bool
    """Whether those are as many as were recorded."""
    run_time: float
    """Seconds in which sessions of a step start."""
    bounds: Bounds
    steps: tuple[Step, ...]
    found: Found
    remarks: tuple[str, ...] = ()

    @property
    def held(self) -> float | None:
        """The highest scale at which all objectives held."""
        return self.found.held

    @property
    def interrupted(self) -> bool:
        """Whether the user ended it, so that there may be more to find out."""
        return self.found.stopped == INTERRUPTED

    @property
    def broke_first(self) -> tuple[Outcome, ...]:
        """The objectives that broke at the lowest scale at which any did, the worst first."""
        return self._last(self.found.broke, BROKE).failed if self.found.broke else ()

    @property
    def sentence(self) -> str:
        """What was found out, and what kept it from being more."""
        stopped = f" It ended there: {self.found.stopped}." if self.found.stopped else ""
        return SAID[self.found.answer](self) + stopped

    def as_dict(self) -> dict[str, Any]:
        """All of it but the folder, in terms of JSON."""
        names = "scenario", "host", "rate", "recorded", "run_time"
        return {
            **{name: getattr(self, name) for name in names},
            "bounds": asdict(self.bounds),
            **asdict(self.found),
            "broke_first": [one.as_dict() for one in self.broke_first],
            "sentence": self.sentence,
            "remarks": list(self.remarks),
            "steps": [step.as_dict() for step in self.steps],
        }

    def times(self, scale: float) -> str:
        """A scale in words."""
        of = "the recorded traffic" if self.recorded else f"{figures(self.rate)} sessions a second"
        return f"{figures(scale)} times {of}"

    def _last(self, scale: float | None, *verdicts: str) -> Step:
        """The last step at that scale with one of these verdicts."""
        return [step for step in self.steps if step.scale == scale and step.verdict in verdicts][-1]

    def _held(self) -> str:
        step = self._last(self.held, HELD)
        return f"All objectives hold at {self.times(step.scale)} ({_load(step)})."

    def _broke(self) -> str:
        """What broke first, where, and how far; nothing if nothing did."""
        if not self.found.broke:
            return ""
        names = " and ".join(repr(one.objective.name) for one in self.broke_first)
        told = " ".join(one.sentence for one in self.broke_first)
        return f" At {figures(self.found.broke)} times {names} broke first: {told}"

    def _more(self) -> str:
        """Why there is no more to say than that it holds."""
        most = self.bounds.most_scale
        allowed = f"{figures(most)} times, {figures(most * self.rate)} sessions a second,"
        return "" if self.found.stopped else f" More than {allowed} was not allowed."

    def _beyond(self) -> str:
        step = self._last(self.found.unknown, UNKNOWN, TOO_LITTLE)
        return f" Beyond that it is unknown. At {figures(step.scale)} times: {step.why}"

    def _below(self) -> str:
        """Why lower scales tell no more."""
        if any(step.verdict == TOO_LITTLE for step in self.steps):
            few = f"too few requests come in {clock(self.run_time)} to tell"
            return f" Below that {few}: give a longer --run-time."
        return "" if self.found.stopped else " That is the lowest scale that was allowed."

    def _nothing(self) -> str:
        last = self.steps[-1]
        return f"Nothing can be told. At {self.times(last.scale)}: {last.why}"


def _load(step: Step) -> str:
    sessions, requests = map(figures, (step.sessions_per_second, step.requests_per_second))
    return f"{sessions} sessions and {requests} requests a second"


SAID: dict[str, Callable[[Capacity], str]] = {
    FOUND: lambda of: of._held() + of._broke(),
    BETWEEN: lambda of: of._held() + of._broke(),
    AT_LEAST: lambda of: of._held() + of._more(),
    BEYOND: lambda of: of._held() + of._beyond() + of._broke(),
    BELOW: lambda of: of._broke().lstrip() + of._below(),
    NOTHING: lambda of: of._nothing(),
}
"""By the answer, how it is said."""
