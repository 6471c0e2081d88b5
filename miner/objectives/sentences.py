"""What was found against what was wanted, in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from miner.objectives.limits import Limits, baseline
from miner.objectives.measures import GROWTH
from miner.objectives.objective import Objective
from miner.objectives.quantities import SESSIONS, SHARE, apart, clock, shown

if TYPE_CHECKING:
    from miner.objectives.check import Window


def found(objective: Objective, bounds: Limits, worst: Window, endpoint: str | None) -> str:
    """`p95 latency was 23.4 ms from 3m to 4m, below 20 ms was wanted (n = 2,400).`"""
    unit, better = objective.unit, objective.measure.better
    limit = bounds.goal
    value, wanted = apart(worst.value or 0.0, limit, unit)
    within = f"{better} {wanted} as wanted" if worst.value != limit else f"within the limit of {wanted}"
    match worst.verdict:
        case "fail":
            said = f"{better} {wanted} was wanted{_relative(objective, bounds)}"
        case "warn" if bounds.limit is not None:
            said = f"{within}, but beyond the warning at {_shown(bounds.warn, unit)}"
        case "warn":
            said = f"beyond the warning at {wanted}"
        case _:
            said = f"{within}{_relative(objective, bounds)}"
    return f"{subject(objective, endpoint)} was {value}{when(objective, worst)}, {said} (n = {worst.n:,})."


def too_few(objective: Objective, bounds: Limits, worst: Window, endpoint: str | None) -> str:
    """`No data: 12 requests from 3m to 4m, and 200 are needed for p95 latency of search.`"""
    counted = f"{objective.per}s" if worst.n != 1 else objective.per
    if worst.n >= bounds.least:
        return f"No data: {subject(objective, endpoint)} cannot be told{when(objective, worst)}."
    part = " in its first or last sixth" if objective.measure.what == GROWTH else ""
    return (
        f"No data: {worst.n:,} {counted}{when(objective, worst)}{part}, and {bounds.least:,} are needed for "
        f"{subject(objective, endpoint)}."
    )


def subject(objective: Objective, endpoint: str | None) -> str:
    """What was measured, of which requests, and where unless that is the client."""
    return " ".join(
        [
            str(objective.measure),
            *(["per session"] if objective.per == "session" and objective.unit != SESSIONS else []),
            *([f"of {endpoint}"] if endpoint else []),
            *([f"in {objective.path}"] if objective.path else []),
            *(["at the service"] if objective.measured_at == "service" else []),
        ]
    )


def when(objective: Objective, window: Window) -> str:
    """Which window; nothing where there is one."""
    return f" from {clock(window.start)} to {clock(window.end)}" if objective.every else ""


def _relative(objective: Objective, bounds: Limits) -> str:
    if objective.within is None or bounds.recorded is None:
        return ""
    worse = shown(objective.within.worse, SHARE)
    side = "above" if objective.measure.better == "below" else "below"
    return f", {worse} {side} the recorded {baseline(objective)} of {_shown(bounds.recorded, objective.unit)}"


def _shown(value: float | None, unit: str) -> str:
    return "" if value is None else shown(value, unit)
