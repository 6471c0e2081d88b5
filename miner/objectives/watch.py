"""While a run goes on: whether an objective is lost already."""

from __future__ import annotations

import math
from dataclasses import replace

from miner.objectives.check import FAIL, judge
from miner.objectives.evidence import Evidence
from miner.objectives.limits import limits
from miner.objectives.measures import GROWTH
from miner.objectives.objective import Objective
from miner.objectives.quantities import SHARE, shown
from miner.objectives.scope import NoData, endpoint_of, samples, scoped, table_of
from miner.objectives.sentences import subject

MORE, DEVIATIONS = 1.1, 4.0
"""At most so many times what is planned comes, and so many standard deviations of a Poisson count."""

COLUMNS = {
    "latency": "latency",
    "lateness": "late",
    "error share": "failed",
    "client error share": "client_error",
}
"""What is counted of samples, by what is measured."""


def hopeless(objective: Objective, so_far: Evidence, planned: float) -> str | None:
    """A sentence if the objective fails whatever else comes of a run; none while it can still pass.

    `so_far` must have all requests that were sent before its `lasted`, the seconds that have gone by, and
    `planned` is how many the whole run is to make. A window that has ended and failed stays failed. Of a
    percentile, or a share of errors, over the whole time, more may be beyond the limit already than all that
    still come can make up for: at most `planned` times 1.1 and four standard deviations. A mean and a
    throughput are lost by windows only, and so is a growth: over the whole time its last sixth is to come.
    That of sessions is never lost, as those that began first may still have to wait.
    """
    alone = objective.model_copy(update={"under": None})  # whether it was as planned is known at the end
    if objective.measure.what == GROWTH and objective.per == "session":
        return None
    if objective.every is not None:
        return _by_window(alone, objective.every, so_far)
    return _by_count(alone, so_far, most(planned))


def most(planned: float) -> int:
    """The most requests that come, where so many are planned."""
    return math.ceil(planned * MORE + DEVIATIONS * math.sqrt(planned))


def _by_window(objective: Objective, every: float, so_far: Evidence) -> str | None:
    """The sentence of the worst window that has ended, if it failed."""
    ended = math.floor((so_far.lasted - objective.warm_up) / every)
    if ended < 1:
        return None
    until = objective.warm_up + ended * every
    outcome = judge(objective, replace(so_far, lasted=until))
    return outcome.sentence if outcome.verdict == FAIL else None


def _by_count(objective: Objective, so_far: Evidence, most: int) -> str | None:
    """A sentence if more samples are beyond the limit than `most` allow for."""
    column = COLUMNS.get(objective.measure.what)
    endpoint = endpoint_of(objective, so_far)
    if column is None or objective.measure.statistic == "mean":
        return None
    try:
        rows = samples(objective, scoped(objective, table_of(objective, so_far), endpoint))
        limit = limits(objective, so_far, endpoint).limit
    except NoData:
        return None
    if limit is None:
        return None
    inside = rows[(rows["at"] >= objective.warm_up) & (rows["at"] < so_far.lasted)]
    counted = inside[column] if objective.measure.unit == SHARE else inside[column] > limit
    beyond = int(counted.sum())
    if beyond < _too_many(objective.measure.percentile, limit, most):
        return None
    return (
        f"{subject(objective, endpoint)} can no longer be below {shown(limit, objective.unit)}: {beyond:,} "
        f"{objective.per}s are beyond it already, of {most:,} that come at most."
    )


def _too_many(percentile: float | None, limit: float, most: int) -> int:
    """How many of `most` samples, or fewer, put a percentile, or a share, beyond the limit.

    Of n samples in order, numpy's quantile lies between the one at floor((n - 1) q) and the next: it is
    beyond the limit if that one is. How many there are from it on does not fall as n rises.
    """
    if percentile is None:
        return math.floor(limit * most) + 1
    return most - math.floor((most - 1) * (percentile / 100))
