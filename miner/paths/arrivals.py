"""How sessions arrive: their rate by hour of the day, and whether they come in bursts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from miner import workload as w
from miner.store import Store

HOUR, DAY = 3600.0, 86_400.0
ENOUGH_DAYS = 2.0
"""Days of recording from which a profile by hour of day is told from one day's accidents."""


def read_arrivals(store: Store) -> w.Arrivals:
    """The arrivals of the sessions in the store."""
    starts = store.fetch("miner.paths", "starts").column("started").to_numpy()
    return arrivals(starts)


def arrivals(starts: npt.NDArray[np.float64]) -> w.Arrivals:
    """The arrivals of sessions that start at `starts`, in Unix seconds (UTC), in any order."""
    starts = np.sort(starts)
    seconds = max(float(starts[-1] - starts[0]), 1.0)
    mean = _digits(len(starts) / seconds)
    if seconds < ENOUGH_DAYS * DAY:
        return w.Arrivals(mean=mean)
    hours = np.arange(np.floor(starts[0] / HOUR), np.floor(starts[-1] / HOUR) + 1)
    count = np.bincount((starts // HOUR - hours[0]).astype(int), minlength=len(hours))
    of_day = (hours % 24).astype(int)
    seen = np.full(len(hours), HOUR)
    seen[0] -= starts[0] % HOUR
    seen[-1] = max(starts[-1] % HOUR, 1.0)
    rate = np.bincount(of_day, weights=count, minlength=24) / np.bincount(of_day, weights=seen, minlength=24)
    return w.Arrivals(
        mean=mean, by_hour=tuple(_digits(r) for r in rate), dispersion=_dispersion(count, rate[of_day] * seen)
    )


def _dispersion(count: npt.NDArray[np.int64], expected: npt.NDArray[np.float64]) -> float:
    """Pearson's chi-square over its degrees of freedom: 1 for Poisson arrivals."""
    busy = expected > 0
    free = max(int(busy.sum()) - 24, 1)
    return max(0.01, round(float(np.sum((count[busy] - expected[busy]) ** 2 / expected[busy]) / free), 2))


def _digits(rate: float) -> float:
    return float(f"{rate:.4g}")
