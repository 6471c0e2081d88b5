"""One step of the search: a run at a scale, and what its objectives tell of that scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from miner.capacity.search import BROKE, HELD, TOO_LITTLE, UNKNOWN
from miner.errors import MinerError
from miner.objectives import Outcome
from miner.replay import Run

MARGIN = 1.25
"""Times the scale that should be enough: numbers of requests vary."""
LIMITED = {
    "cpu": "the generator's processes had no time for more (give it more --processes)",
    "users": "all users were in sessions (give it more users)",
    "service": "the service took so long that all users were waiting for it",
    "": "something else on the generator's machine kept it from sending in time",
}
"""Why a generator did not keep up, by `Run.limited_by`."""


@dataclass(frozen=True)
class Step:
    """A run at a scale. `verdict` is a word of `miner.capacity.search`, `why` says it in a sentence."""

    number: int
    """Of the step, from 1; its run is in the folder `step-N`."""
    scale: float
    sessions_per_second: float
    """As wanted."""
    requests_per_second: float
    """As sent while sessions started."""
    at_end: float
    """The same in the last third of that time."""
    writes: float
    """Share of requests that may change data."""
    kept_up: bool
    limited_by: str
    verdict: str
    why: str
    enough_at: float
    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The objectives that broke, the worst first."""
        broken = [one for one in self.outcomes if one.verdict == "fail"]
        return tuple(sorted(broken, key=lambda one: -(of_limit(one) or 0.0)))

    @property
    def shares(self) -> tuple[tuple[Outcome, float], ...]:
        """Each objective with a value and a limit, and the value as a share of it."""
        pairs = ((one, of_limit(one)) for one in self.outcomes)
        return tuple((one, share) for one, share in pairs if share is not None)

    @property
    def worst(self) -> tuple[Outcome, float] | None:
        """The objective that is nearest to its limit, or furthest beyond it, and how far it is."""
        return max(self.shares, key=lambda pair: pair[1], default=None)

    @property
    def telling(self) -> bool:
        """Whether the generator kept up, or the service broke all the same."""
        return self.verdict != UNKNOWN

    def as_dict(self) -> dict[str, Any]:
        """Numbers, and words for what is no number."""
        facts = {name: value for name, value in vars(self).items() if name not in ("enough_at", "outcomes")}
        return {
            **facts,
            "objectives": [{**one.as_dict(), "of_limit": of_limit(one)} for one in self.outcomes],
        }


def of_limit(outcome: Outcome) -> float | None:
    """The value as a share of its limit, above 1 if it broke; None where one of them is unknown or zero.

    Of what must stay above its limit, it is the limit as a share of the value.
    """
    value, limit = outcome.value, outcome.limit
    if outcome.objective.measure.better == "above":
        value, limit = limit, value
    return value / limit if value is not None and limit else None


def told(run: Run, outcomes: tuple[Outcome, ...]) -> tuple[str, str, float]:
    """What a run tells: a verdict, a sentence, and how many times as many requests would be enough.

    Raises MinerError if an objective has no verdict for a reason that no scale changes.
    """
    failed = [one for one in outcomes if one.verdict == "fail" and counts(one, run)]
    if failed:
        return BROKE, " ".join(one.sentence for one in failed), 0.0
    if not run.kept_up:
        return UNKNOWN, f"The generator did not keep up: {LIMITED[run.limited_by]}.", 0.0
    silent = [one for one in outcomes if one.verdict == "no data"]
    if silent:
        times = max(map(_times, silent))
        return TOO_LITTLE, " ".join(one.sentence for one in silent), times
    return HELD, "All objectives held.", 0.0


def counts(outcome: Outcome, run: Run) -> bool:
    """Whether that it broke is the service's doing, although the generator may not have kept up.

    A generator that lacks users sends less than it should, each request in time: what is slow then would be
    no quicker under more load. One that lacks CPU measures its own slowness at the client, but not at the
    service. What was sent too late, or not at all, is never the service's doing.
    """
    if run.kept_up or run.limited_by == "service":
        return True
    objective = outcome.objective
    if objective.measure.what in ("throughput", "lateness"):
        return False
    return run.limited_by == "users" or objective.measured_at == "service"


def _times(outcome: Outcome) -> float:
    """How many times as many requests, or sessions, there must be for a verdict. Raises MinerError."""
    needed = outcome.objective.enough(outcome.warn if outcome.limit is None else outcome.limit)
    few = [window.n for window in outcome.windows if window.verdict == "no data"]
    if not needed or not few or min(few) >= needed:
        raise MinerError(
            f"A step cannot tell about {outcome.objective.name!r}. {outcome.sentence}",
            "Correct it, leave it out, or give a longer --run-time if it is about what is seldom asked.",
        )
    return MARGIN * needed / max(min(few), 1)
