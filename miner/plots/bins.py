"""Bins of pauses: how many were recorded in each, and how many a law expects there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner.paths.censored import BLURRED, Cdf, Pauses, probabilities

Floats = npt.NDArray[np.float64]
BINS = 40
"""Bins of a move at most, without the one of all longer pauses."""
ROUND = np.array([1.0, 2.0, 5.0, 10.0])
"""What widths begin with."""


@dataclass(frozen=True)
class Bins:
    """Bins of `ticks` ticks of `clock` seconds each, from a pause of no tick on; then all longer pauses."""

    clock: float
    ticks: int
    number: int

    @property
    def edges(self) -> Floats:
        """The seconds where the bins meet (number + 1,). A clock that shows d ticks means about d."""
        ticks = np.arange(self.number + 1, dtype=np.float64) * self.ticks - 0.5
        return ticks * self.clock


def bins_up_to(seconds: float, clock: float) -> Bins:
    """Bins of a round width that reach from 0 to `seconds`: no finer than the clock."""
    wanted = max(seconds / BINS, clock)
    power = 10.0 ** np.floor(np.log10(wanted))
    width = power * ROUND[np.searchsorted(ROUND, wanted / power * (1 - 1e-9))]
    ticks = max(round(width / clock), 1)
    return Bins(clock, ticks, max(int(np.ceil((seconds / clock + 1) / ticks)), 1))


def recorded(bins: Bins, think: Floats) -> Floats:
    """How many of `think`, seconds as logged, are in each bin (number + 1,). Overlaps count as no pause."""
    ticks = np.round(np.maximum(think, 0.0) / bins.clock)
    place = np.minimum(ticks // bins.ticks, bins.number).astype(np.int64)
    return np.bincount(place, minlength=bins.number + 1).astype(np.float64)


def expected(bins: Bins, cdf: Cdf) -> Floats:
    """The share of pauses that the clock shows in each bin under a law (number + 1,): adds up to 1."""
    if bins.ticks < BLURRED:
        ticks = np.arange(bins.number * bins.ticks, dtype=np.float64)
        each = probabilities(cdf, _seen(bins.clock, ticks))
        inside = each.reshape(bins.number, bins.ticks).sum(axis=1)
        inside[0] += cdf(np.zeros(1))[0]  # pauses of exactly no time, which a law of a density has none of
    else:
        inside = np.diff(cdf(bins.edges[1:]), prepend=0.0)
    return np.append(inside, max(1 - inside.sum(), 0.0))


def _seen(clock: float, ticks: Floats) -> Pauses:
    """One pause on each of the `ticks`, for `miner.paths.censored`."""
    low, high = np.maximum(ticks - 0.5, 0.0) * clock, (ticks + 0.5) * clock
    return Pauses(clock, ticks, low, high, np.ones(len(ticks)))
