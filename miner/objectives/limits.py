"""The limits of an objective in numbers, those that are relative to a recording too."""

from __future__ import annotations

from dataclasses import dataclass

from miner.objectives.evidence import Evidence
from miner.objectives.measures import Measure, measure
from miner.objectives.objective import Objective
from miner.objectives.quantities import SECONDS
from miner.objectives.scope import NoData, samples, scoped


@dataclass(frozen=True)
class Limits:
    """Beyond `limit` it fails, beyond `warn` it warns; fewer than `least` samples give no verdict."""

    limit: float | None = None
    warn: float | None = None
    least: int = 1
    recorded: float | None = None
    """What a relative limit refers to."""

    @property
    def goal(self) -> float:
        """The limit, or what is warned of where there is none: an objective has one or the other."""
        return next(amount for amount in (self.limit, self.warn) if amount is not None)


def limits(objective: Objective, evidence: Evidence, endpoint: str | None) -> Limits:
    """The limits of `objective`. Raises NoData if the recording that it refers to cannot tell them."""
    recorded = None
    limit = objective.limit
    if objective.within:
        recorded = _recorded(objective, evidence, endpoint)
        worse = objective.within.worse
        limit = recorded * (1 + worse if objective.measure.better == "below" else 1 - worse)
    warn = objective.warn.value if objective.warn else None
    least = objective.enough(warn if limit is None else limit)
    if least is None:
        raise NoData(
            "nothing failed in the recording, and no number of requests shows 0 %; give below instead"
        )
    return Limits(limit, warn, least, recorded)


def baseline(objective: Objective) -> Measure:
    """What the recording is asked for: the measure itself, or the statistic that `within` names of it."""
    if objective.within and objective.within.statistic:
        return measure(f"{objective.within.statistic} {objective.measure.what}")
    return objective.measure


def _recorded(objective: Objective, evidence: Evidence, endpoint: str | None) -> float:
    """The measure in the recording. Raises NoData if there is none, or too little in it."""
    if evidence.recorded is None:
        raise NoData("there is no recording to compare with; name it with --recorded")
    try:
        rows = samples(objective, scoped(objective, evidence.recorded, endpoint))
    except NoData as reason:
        raise NoData(f"of the recording, {reason}") from None
    wanted = baseline(objective)
    end = float(evidence.recorded["at"].max()) + 1e-6
    value, n = wanted.of(rows, 0.0, end)
    if value is None:
        raise NoData(f"the recording has no {wanted.what}")
    least = wanted.least(None) if wanted.unit == SECONDS else 1
    if n < (least or 1):
        raise NoData(f"the recording has {n:,} {objective.per}s, and {least:,} are needed for its {wanted}")
    return value
