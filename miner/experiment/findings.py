"""What an experiment found: how long searches took in each window of both tests, and what that says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from miner.experiment.conduct import Performed
from miner.experiment.machine import Machine
from miner.experiment.plan import Plan
from miner.experiment.traffic import CREATE, SEARCH
from miner.objectives import Evidence, Objective, Outcome, judge

PLACE = 20 / 16
"""The reference's objective over the reference's flat line: both in ms."""
FLAT, GROWING = 0.05, 0.25
"""Growth of the median up to which a test is called flat, and from which it is called growing."""


@dataclass(frozen=True)
class Point:
    """A window of a test: from when to when in seconds, how many searches, and seconds that they took."""

    start: float
    end: float
    searches: int
    p50: float
    p95: float
    rps: float


@dataclass(frozen=True)
class Line:
    """A test: its windows, and whether it meets the objective."""

    test: str
    points: tuple[Point, ...]
    outcome: Outcome
    added: int
    """Users that were inserted in the place of skipped time."""
    created: int
    """Users that the test itself created."""
    kept_up: bool
    verdicts: tuple[str, ...]
    """What the generator says of itself where it did not keep up."""

    @property
    def growth(self) -> float:
        """Of the median, from the first window to the last: a share."""
        return self.points[-1].p50 / self.points[0].p50 - 1

    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON."""
        points = [asdict(point) for point in self.points]
        return {**vars(self), "points": points, "growth": self.growth, "outcome": self.outcome.as_dict()}


@dataclass(frozen=True)
class Experiment:
    """Both tests, and the objective that they were judged by."""

    plan: Plan
    base: float
    """Median seconds of a search, as calibrated with `--search scan`."""
    lines: tuple[Line, ...]
    machine: Machine

    def beside(self, window: int) -> float:
        """How many times as long a search takes in the scenario's window as in that of the standard test.

        Both ran one after the other: where the machine became slower, it did for both.
        """
        standard, scenario = (self.line(test).points[window].p50 for test in ("standard", "scenario"))
        return scenario / standard

    @property
    def limit(self) -> float:
        """Median seconds that a search may take."""
        return self.base * PLACE

    def line(self, test: str) -> Line:
        """The test of that name."""
        return next(line for line in self.lines if line.test == test)

    @property
    def told_apart(self) -> bool:
        """Whether the standard test was flat and the scenario was not: what the reference found."""
        return abs(self.line("standard").growth) <= FLAT and self.line("scenario").growth >= GROWING

    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON."""
        return {
            "plan": {**asdict(self.plan), "windows": self.plan.windows},
            "base": self.base,
            "told_apart": self.told_apart,
            "beside": [self.beside(window) for window in range(len(self.plan.windows))],
            "tests": [line.as_dict() for line in self.lines],
            "machine": asdict(self.machine),
        }


def objective(plan: Plan, base: float) -> Objective:
    """Searches are to stay as far above the flat line as the reference's objective is; `base` in seconds."""
    return Objective(
        name="search stays fast",
        endpoint=SEARCH,
        measure="p50 latency",
        measured_at="service",
        below=f"{base * PLACE * 1000:.4g}ms",
        every=f"{plan.seconds / len(plan.windows):g}s",
        under=f"{plan.rps:g} rps for {plan.seconds:g}s",
    )


def line(plan: Plan, base: float, done: Performed) -> Line:
    """A test's windows, and whether it meets the objective that `base`, in seconds, sets."""
    logged = done.logged
    return Line(
        test=done.test,
        points=tuple(_point(logged, *window) for window in plan.windows),
        outcome=judge(objective(plan, base), _evidence(plan, done)),
        added=done.added,
        created=int(((logged["endpoint"] == CREATE) & (logged["status"] == 201)).sum()),
        kept_up=all(run.kept_up for run in done.runs),
        verdicts=tuple(run.verdict for run in done.runs if not run.kept_up),
    )


def _point(logged: pd.DataFrame, start: float, end: float) -> Point:
    during = logged[logged["at"].between(start, end, inclusive="left")]
    searches = during.loc[during["endpoint"] == SEARCH, "latency"]
    return Point(
        start=start,
        end=end,
        searches=len(searches),
        p50=float(searches.quantile(0.5)),
        p95=float(searches.quantile(0.95)),
        rps=len(during) / (end - start),
    )


def _evidence(plan: Plan, done: Performed) -> Evidence:
    """All requests as the service measured them, each a session of its own."""
    logged = done.logged
    table = logged.assign(
        path=None,
        session=logged.index.astype(str),
        late=float("nan"),
        failed=pd.array([None] * len(logged), "boolean"),
    )
    real = sum(end - start for start, end in plan.windows)
    return Evidence(
        name=done.test,
        client=None,
        service=table,
        recorded=None,
        lasted=plan.seconds,
        rate=len(logged) / real,
        endpoints=frozenset(logged["endpoint"]),
    )
