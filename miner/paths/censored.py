"""Think times seen through a coarse clock: what a law makes probable of what was logged.

A clock with ticks of c seconds shows a pause of t seconds as a whole number d of ticks with
|d - t/c| < 1: both ends are rounded down, at a phase that is uniform. So d has the probability

    P(d) = E[F((d + u) c) - F((d + u - 1) c)],  u uniform on (0, 1),

the law's mass under a triangle over d (Heitjan, "Inference from grouped continuous data",
Statistical Science 4, 1989, on grouped data). A visitor's pace multiplies every pause of a session
by exp(pace * z), z standard normal, which F averages over. A silence longer than the gap would have ended
the session, so F is that of pauses that do not reach it (left and right truncation: Klein and
Moeschberger, "Survival Analysis", 2003, chapter 3.4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner import workload as w
from miner.laws import distribution, parts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Cdf = Callable[[Floats], Floats]

PHASES, PHASE_WEIGHTS = np.polynomial.legendre.leggauss(6)
"""Gauss-Legendre nodes for the clock's phase."""
PACES, PACE_WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
"""Gauss-Hermite nodes for the visitor's pace: near enough to one another for laws half as wide as it."""
BLURRED = 30.0
"""Ticks up to which the triangle matters; from there on a pause is anything within half a tick."""
ROWS = 200
"""Different longer pauses up to which each is a row; more are counted in as many bins of equal count."""


@dataclass(frozen=True)
class Pauses:
    """Pauses counted by what the clock showed.

    `ticks` (n,) where the triangle is used; `low`, `high` (n,) in seconds for all; `count` (n,). A session
    would have ended where one was `longest` seconds.
    """

    clock: float
    ticks: Floats
    low: Floats
    high: Floats
    count: Floats
    longest: float = np.inf

    @property
    def n(self) -> float:
        """How many pauses there are; a sum of shares where a session may be of several paths."""
        return float(self.count.sum())

    @property
    def middle(self) -> Floats:
        """The seconds that stand for each row."""
        return np.maximum((self.low + self.high) / 2, self.clock / 4)


def count_pauses(think: Floats, weight: Floats, clock: float, longest: float = np.inf) -> Pauses:
    """`think` seconds as logged, each of some weight above 0, counted. Overlaps count as zero."""
    return rows_of(think, weight, clock, longest)[0]


def rows_of(think: Floats, weight: Floats, clock: float, longest: float = np.inf) -> tuple[Pauses, Ints]:
    """`count_pauses`, and the row that each of the pauses is counted in (as many as `think`)."""
    ticks, which = np.unique(np.round(np.maximum(think, 0.0) / clock), return_inverse=True)
    count = np.bincount(which, weights=weight, minlength=len(ticks)).astype(np.float64)
    short = int(np.searchsorted(ticks, BLURRED))
    row, first = _binned(ticks, count, short)
    last = np.concatenate([first[1:], [len(ticks)]]) - 1
    low, high = ticks[first] - 0.5, ticks[last] + 0.5
    if len(ticks) - short > ROWS:
        # Bins meet halfway: what no pause fell on lies between bins, not outside of them.
        meet = (ticks[last[short:-1]] + ticks[first[short + 1 :]]) / 2
        high[short:-1], low[short + 1 :] = meet, meet
    counted = Pauses(
        clock,
        np.where(np.arange(len(first)) < short, ticks[first], np.nan),
        np.maximum(low, 0.0) * clock,
        high * clock,
        np.bincount(row, weights=count, minlength=len(first)).astype(np.float64),
        max(longest, float(ticks[-1] + 1) * clock) if len(ticks) else longest,
    )
    return counted, row[which]


def _binned(ticks: Floats, count: Floats, short: int) -> tuple[Ints, Ints]:
    """The row of each of the different `ticks`, and the place where each row begins."""
    row = np.arange(len(ticks))
    if len(ticks) - short > ROWS:
        reached = np.cumsum(count[short:]) - count[short:] / 2
        bins = np.floor(reached / max(count[short:].sum(), 1e-300) * ROWS)
        row[short:] = short + np.unique(bins, return_inverse=True)[1]
    return row, np.flatnonzero(np.diff(row, prepend=-1))


def observed(law: w.Law, pace: float = 0.0, longest: float = np.inf, factor: float = 1.0) -> Cdf:
    """The distribution function of the pauses that sessions show, given the law of a visitor of average pace.

    Those of visitors of any pace, whose log has the standard deviation `pace` around that of `factor`.
    """
    laws = [(weight, part.paced, distribution(part).cdf) for weight, part in parts(law)]
    slower, share = np.array([factor]), np.ones(1)
    if pace:
        slower, share = factor * np.exp(pace * PACES), PACE_WEIGHTS / PACE_WEIGHTS.sum()

    def whole(x: Floats) -> Floats:
        """The mixture of both parts, for visitors of each pace (paces, n)."""
        paced = x / slower[:, None]
        return sum((weight * cdf(paced if hurried else x) for weight, hurried, cdf in laws), np.zeros(1))

    def cut(x: Floats) -> Floats:
        found = whole(x)
        if np.isfinite(longest):
            found = np.minimum(found / np.maximum(whole(np.array([longest])), 1e-300), 1.0)
        averaged: Floats = share @ np.broadcast_to(found, (len(slower), len(x)))
        return averaged

    return cut


def probabilities(cdf: Cdf, pauses: Pauses) -> Floats:
    """The probability of each row of `pauses` under a law, shape (n,)."""
    blurred = np.isfinite(pauses.ticks)
    within, phase = pauses.ticks[blurred], (PHASES[:, None] + 1) / 2
    edges = [pauses.high[~blurred], pauses.low[~blurred]]
    edges += [((within + phase) * pauses.clock).ravel()]
    edges += [(np.maximum(within + phase - 1, 0.0) * pauses.clock).ravel()]
    high, low, upper, lower = np.split(cdf(np.concatenate(edges)), np.cumsum([len(e) for e in edges[:-1]]))
    found = np.empty(len(pauses.ticks))
    found[~blurred] = high - low
    found[blurred] = (PHASE_WEIGHTS / 2) @ (upper - lower).reshape(len(PHASES), -1)
    return np.maximum(found, 1e-300)


def cumulative(cdf: Cdf, pauses: Pauses) -> Floats:
    """The probability under a law that the clock shows at most what it showed in each row, shape (n,)."""
    found = cdf(pauses.high)
    blurred = np.isfinite(pauses.ticks)
    phase = (PHASES[:, None] + 1) / 2
    reached = cdf(((pauses.ticks[blurred] + phase) * pauses.clock).ravel())
    found[blurred] = (PHASE_WEIGHTS / 2) @ reached.reshape(len(PHASES), -1)
    return found
