"""Objectives against what was measured: a verdict for each, with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from miner.objectives.evidence import Evidence, evidence
from miner.objectives.limits import Limits, limits
from miner.objectives.objective import Objective, Objectives
from miner.objectives.quantities import SESSIONS, clock, shown
from miner.objectives.scope import NoData, endpoint_of, must_have_path, samples, scoped, table_of
from miner.objectives.sentences import found, too_few

PASS, WARN, FAIL, NO_DATA = "pass", "warn", "fail", "no data"
ENOUGH_LOAD = 0.9
"""Share of the load in `under` below which a run is not judged."""
ENOUGH_TIME = 0.99
"""Share of the time in `under` below which a run is not judged: a recording ends with its last request."""
HALF = 0.5
"""Of a window's length: if the last one is shorter, it is left out."""


@dataclass(frozen=True)
class Window:
    """A stretch of the time in which an objective is judged: all of it, or one of `every`."""

    start: float
    end: float
    value: float | None
    n: int
    verdict: str


@dataclass(frozen=True)
class Outcome:
    """What became of an objective; values are in the unit of its measure."""

    objective: Objective
    verdict: str
    """`pass`, `warn`, `fail` or `no data`."""
    value: float | None
    """Of the worst window."""
    limit: float | None
    warn: float | None
    n: int
    """Samples behind the value."""
    windows: tuple[Window, ...]
    sentence: str
    """What was found against what was wanted, or why there is no verdict."""

    @property
    def passed(self) -> bool:
        return self.verdict in {PASS, WARN}

    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON."""
        return {
            "name": self.objective.name,
            "verdict": self.verdict,
            "value": self.value,
            "limit": self.limit,
            "warn": self.warn,
            "unit": self.objective.unit,
            "n": self.n,
            "sentence": self.sentence,
            "windows": [vars(window) for window in self.windows],
            "objective": self.objective.model_dump(mode="json", exclude_none=True),
        }


@dataclass(frozen=True)
class Checked:
    """What became of all objectives of a file."""

    of: str
    """The run or recording."""
    outcomes: tuple[Outcome, ...]
    remarks: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether none failed and none was without data."""
        return all(outcome.passed for outcome in self.outcomes)

    def frame(self) -> pd.DataFrame:
        """A row per objective, by name: verdict, value and limit in their unit, and samples."""
        columns = ("verdict", "value", "limit", "n")
        rows = [
            {
                "objective": one.objective.name,
                **{name: getattr(one, name) for name in columns},
                "unit": one.objective.unit,
            }
            for one in self.outcomes
        ]
        return pd.DataFrame(rows).set_index("objective")

    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON."""
        return {
            "of": self.of,
            "passed": self.passed,
            "outcomes": [outcome.as_dict() for outcome in self.outcomes],
            "remarks": list(self.remarks),
        }


def check(
    objectives: Objectives,
    of: Path | str,
    *,
    service_log: Path | None = None,
    recorded: Path | None = None,
    openapi: str | None = None,
) -> Checked:
    """The verdicts on the run, log or store at `of`, whose service logged `service_log`.

    Relative objectives refer to `recorded`, else to what their file names. Raises MinerError if something
    cannot be read, or if an objective names what is not there.
    """
    relative = any(one.relative for one in objectives.objectives)
    named = recorded or (Path(objectives.recorded) if objectives.recorded else None)
    measured = evidence(
        Path(of), service_log=service_log, recorded=named if relative else None, openapi=openapi
    )
    outcomes = tuple(judge(one, measured) for one in objectives.objectives)
    return Checked(of=Path(of).name or str(of), outcomes=outcomes, remarks=measured.remarks)


def judge(objective: Objective, evidence: Evidence) -> Outcome:
    """The verdict on an objective. Raises MinerError if its endpoint or user path does not exist."""
    endpoint = endpoint_of(objective, evidence)
    must_have_path(objective, evidence)
    bounds = Limits(objective.limit, objective.warn.value if objective.warn else None)
    try:
        _must_be_under(objective, evidence)
        rows = samples(objective, scoped(objective, table_of(objective, evidence), endpoint))
        _must_be_known(objective, rows)
        bounds = limits(objective, evidence, endpoint)
        windows = judged_windows(objective, rows, bounds, evidence.lasted)
    except NoData as reason:
        sentence = f"No data: {reason}."
        return Outcome(objective, NO_DATA, None, bounds.limit, bounds.warn, 0, (), sentence)
    return _outcome(objective, bounds, windows, endpoint)


def judged_windows(
    objective: Objective, rows: pd.DataFrame, bounds: Limits, lasted: float
) -> tuple[Window, ...]:
    """Each window of the objective with its verdict. Raises NoData if the warm-up leaves none."""
    windows = []
    for start, end in spans(objective, lasted):
        value, n = objective.measure.of(rows, start, end)
        verdict = NO_DATA if value is None or n < bounds.least else _verdict(objective, value, bounds)
        windows.append(Window(start, end, value, n, verdict))
    if not windows:
        raise NoData(
            f"{clock(lasted)} of it are not longer than the warm-up of {clock(objective.warm_up)}"
            if lasted <= objective.warm_up
            else f"after the warm-up {clock(lasted - objective.warm_up)} are left, less than a window"
        )
    return tuple(windows)


def spans(objective: Objective, lasted: float) -> list[tuple[float, float]]:
    """Beginning and end of each window; the last is left out if it is less than half of one."""
    if objective.every is None:
        return [(objective.warm_up, lasted)] if lasted > objective.warm_up else []
    found: list[tuple[float, float]] = []
    start = objective.warm_up
    while lasted - start >= objective.every * HALF:
        end = objective.warm_up + (len(found) + 1) * objective.every
        found.append((start, min(end, lasted)))
        start = end
    return found


def _verdict(objective: Objective, value: float, bounds: Limits) -> str:
    if bounds.limit is not None and beyond(objective, value, bounds.limit) > 0:
        return FAIL
    return WARN if bounds.warn is not None and beyond(objective, value, bounds.warn) > 0 else PASS


def beyond(objective: Objective, value: float, limit: float) -> float:
    """How far `value` is on the wrong side of `limit`; below zero: on the right one."""
    return value - limit if objective.measure.better == "below" else limit - value


def _outcome(
    objective: Objective, bounds: Limits, windows: tuple[Window, ...], endpoint: str | None
) -> Outcome:
    """The verdict is that of the worst window."""
    worst = max(windows, key=lambda window: _badness(objective, window))
    said = too_few if worst.verdict == NO_DATA else found
    return Outcome(
        objective,
        worst.verdict,
        worst.value,
        bounds.limit,
        bounds.warn,
        worst.n,
        windows,
        said(objective, bounds, worst, endpoint),
    )


def _badness(objective: Objective, window: Window) -> tuple[int, float]:
    """What orders windows: one that failed is the worst, then one without data, then by value."""
    if window.value is None or window.verdict == NO_DATA:
        return 1, -window.n
    return 2 * (window.verdict == FAIL), beyond(objective, window.value, 0.0)


def _must_be_under(objective: Objective, evidence: Evidence) -> None:
    """Raises NoData if the scenario, the time or the load is not what the objective is for."""
    under = objective.under
    if under is None:
        return
    if under.scenario and under.scenario != evidence.name:
        raise NoData(f"this is of {evidence.name}, and the objective is for {under.scenario}")
    if under.lasting and evidence.lasted < under.lasting * ENOUGH_TIME:
        raise NoData(f"it lasted {clock(evidence.lasted)}, and the objective is for {clock(under.lasting)}")
    if under.load:
        load = _sessions_rate(evidence) if under.load.unit == SESSIONS else evidence.rate
        if load < under.load.value * ENOUGH_LOAD:
            raise NoData(
                f"the load was {shown(load, under.load.unit)}, and the objective is for {under.load}"
            )


def _sessions_rate(evidence: Evidence) -> float:
    """Sessions a second that began while they could."""
    table = evidence.client if evidence.client is not None else evidence.service
    if table is None or not evidence.lasted:
        return 0.0
    begun = table.groupby("session")["at"].min()
    return float((begun < evidence.lasted).sum()) / evidence.lasted


def _must_be_known(objective: Objective, rows: pd.DataFrame) -> None:
    """Raises NoData where not one sample has what is measured."""
    if "latency" in objective.measure.what and rows["latency"].isna().all():
        raise NoData("the log has no durations")
    if objective.measure.what == "lateness" and rows["late"].isna().all():
        raise NoData("it is not known when requests were meant to be sent")
