"""Think times seen through a coarse clock: what a law makes probable of what was logged.

A clock with ticks of c seconds shows a pause of t seconds as a whole number d of ticks with
|d - t/c| < 1: both ends are rounded down, at a phase that is uniform. So d has the probability

    P(d) = E[F((d + u) c) - F((d + u - 1) c)],  u uniform on (0, 1),

the law's mass under a triangle over d (Heitjan, "Inference from grouped continuous data",
Statistical Science 4, 1989, on grouped data). A visitor's pace multiplies every pause of a session
by exp(pace * z), z standard normal, which F averages over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PHASES, PHASE_WEIGHTS = np.polynomial.legendre.leggauss(6)
"""Gauss-Legendre nodes for the clock's phase."""
PACES, PACE_WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
"""Gauss-Hermite nodes for the visitor's pace."""
BLURRED = 30.0
"""Ticks up to which the triangle matters; from there on a pause is anything within half a tick."""
FINE = 1.02
"""Ratio of the edges between which longer pauses are counted together."""


@dataclass(frozen=True)
class Pauses:
    """Pauses counted by what the clock showed.

    `ticks` (n,) where the triangle is used; `low`, `high` (n,) in seconds for all; `count` (n,).
    """

    clock: float
    ticks: Floats
    low: Floats
    high: Floats
    count: Floats

    @property
    def n(self) -> float:
        """How many pauses there are; a sum of shares where a session may be of several paths."""
        return float(self.count.sum())

    @property
    def middle(self) -> Floats:
        """The seconds that stand for each row."""
        return np.maximum((self.low + self.high) / 2, self.clock / 4)


def count_pauses(think: Floats, weight: Floats, clock: float) -> Pauses:
    """`think` seconds as logged, each of some weight, counted. Overlaps count as zero."""
    ticks = np.round(np.maximum(think, 0.0) / clock)
    coarse = ticks >= BLURRED
    step = np.log(FINE)
    bins = np.floor(np.log(np.maximum(ticks, BLURRED) / BLURRED) / step)
    key = np.where(coarse, 1e9 + bins, ticks)
    keys, rows = np.unique(key, return_inverse=True)
    count = np.bincount(rows, weights=weight).astype(np.float64)
    exact = keys < 1e9
    edge = BLURRED * np.exp((keys - 1e9) * step)
    # A bin holds the whole ticks between its edges; the law's mass is that of the ticks' own halves.
    low = np.where(exact, keys - 0.5, np.ceil(edge) - 0.5)
    high = np.where(exact, keys + 0.5, np.ceil(edge * FINE) - 0.5)
    kept = (count > 0) & (high > low)
    return Pauses(
        clock,
        np.where(exact, keys, np.nan)[kept],
        np.maximum(low, 0.0)[kept] * clock,
        high[kept] * clock,
        count[kept],
    )


def paced(cdf: Callable[[Floats], Floats], pace: float) -> Callable[[Floats], Floats]:
    """The distribution function of a pause of anyone, given that of a visitor of average pace."""
    if not pace:
        return cdf
    weights = PACE_WEIGHTS / PACE_WEIGHTS.sum()
    factors = np.exp(-pace * PACES)

    def averaged(x: Floats) -> Floats:
        return np.tensordot(weights, cdf(factors[(...,) + (None,) * x.ndim] * x), axes=1)

    return averaged


def probabilities(cdf: Callable[[Floats], Floats], pauses: Pauses) -> Floats:
    """The probability of each row of `pauses` under a law, shape (n,)."""
    found = cdf(pauses.high) - cdf(pauses.low)
    blurred = np.isfinite(pauses.ticks)
    if blurred.any():
        phase = (PHASES[:, None] + 1) / 2
        upper = cdf((pauses.ticks[blurred] + phase) * pauses.clock)
        lower = cdf(np.maximum(pauses.ticks[blurred] + phase - 1, 0.0) * pauses.clock)
        found[blurred] = (PHASE_WEIGHTS / 2) @ (upper - lower)
    return np.maximum(found, 1e-300)


def cumulative(cdf: Callable[[Floats], Floats], pauses: Pauses) -> Floats:
    """The probability under a law that the clock shows at most what it showed in each row, shape (n,)."""
    found = cdf(pauses.high)
    blurred = np.isfinite(pauses.ticks)
    if blurred.any():
        phase = (PHASES[:, None] + 1) / 2
        found[blurred] = (PHASE_WEIGHTS / 2) @ cdf((pauses.ticks[blurred] + phase) * pauses.clock)
    return found
