"""Think times and pace of each user path, from the pauses of its sessions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from miner import workload as w
from miner.laws import distribution
from miner.paths.censored import Floats, count_pauses
from miner.paths.chains import Walked
from miner.paths.memory import Memory
from miner.paths.think import ENOUGH, Fit, fit, pace_scores
from miner.store import Store

Ints = npt.NDArray[np.int64]
LEAST_PACE = 0.05
"""A smaller pace cannot be told from none, nor felt by a service."""


SURE = 3.0
LAST = 0.999
NO_PAUSE = w.Quantiles(at=(0.0, 0.0))


@dataclass(frozen=True)
class Pauses:
    """All pauses of all sessions, one row each, and the resolution of the clock they were seen with."""

    session: Ints
    """From 0, in the order of sessions."""
    move: Ints
    """Codes of the step before and after: before * `steps` + after."""
    think: Floats
    clock: float
    steps: int

    @cached_property
    def overlapping(self) -> float:
        """The share of requests that started before the visitor's last response had ended."""
        return float(np.mean(self.think <= -self.clock)) if len(self.think) else 0.0

    def remembered(self, walked: Walked, memory: Memory) -> Pauses:
        """The same between the states of a path instead of between steps."""
        if memory.states == self.steps:
            return self
        before = np.arange(len(self.session)) - np.searchsorted(self.session, self.session)
        at = walked.first[walked.shape[self.session]] + before
        return replace(
            self, move=memory.labels[at] * memory.states + memory.labels[at + 1], steps=memory.states
        )


def read_pauses(store: Store, steps: int) -> Pauses:
    """The pauses between the requests of each session in the store. `steps` is how many steps there are."""
    rows = store.fetch("miner.paths", "pauses")
    columns = {name: rows.column(name).to_numpy() for name in rows.column_names}
    clock = float(store.fetch("miner.paths", "clock").column("clock")[0].as_py())
    move = columns["from"] * steps + columns["to"]
    return Pauses(columns["session_id"] - 1, move, columns["think"], clock, steps)


@dataclass(frozen=True)
class Timing:
    """Think-time fits by move (before, after), and the pace, of one user path."""

    fits: dict[tuple[int, int], Fit]
    pace: float
    any_move: Fit | None
    """The fit of all pauses together."""

    def law(self, before: int, after: int) -> w.Law:
        """The think time between two steps; that of all moves where this one was never timed."""
        fitted = self.fits.get((before, after), self.any_move)
        return fitted.law if fitted else NO_PAUSE


def time_path(pauses: Pauses, member: Floats, everyone: dict[int, Fit]) -> Timing:
    """The timing of the path that each session belongs to with the probability `member`.

    `everyone` holds the fits of each move over all paths, for moves that are rare on this one.
    """
    weight = member[pauses.session]
    plain = fit_moves(pauses, weight, 0.0)
    pace = estimate_pace(pauses, weight, plain)
    fits = fit_moves(pauses, weight, pace) if pace else plain
    any_move = fit(count_pauses(pauses.think, weight, pauses.clock), pace) if fits else None
    chosen = {}
    for move, own in fits.items():
        known = (fitted for fitted in (own, everyone.get(move), any_move) if fitted and fitted.n >= ENOUGH)
        chosen[divmod(move, pauses.steps)] = next(known, any_move or own)
    return Timing(chosen, pace, any_move)


def fit_moves(pauses: Pauses, weight: Floats, pace: float) -> dict[int, Fit]:
    """The fit of each move that has any weight."""
    found = {}
    for move in np.unique(pauses.move[weight > 0.01]):
        rows = (pauses.move == move) & (weight > 0)
        found[int(move)] = fit(count_pauses(pauses.think[rows], weight[rows], pauses.clock), pace)
    return found


def estimate_pace(pauses: Pauses, weight: Floats, fits: dict[int, Fit]) -> float:
    """The standard deviation of the log of a visitor's pace.

    Pauses of one session share their pace and nothing else, so the expected product of the scores
    of two of them is the variance of log pace times both informations: the method of moments.
    Without a pace, the sum of those products has the variance 2 * the sum of the informations'
    products; a sum within SURE standard deviations of zero shows no pace.
    """
    scores, informations = np.zeros(len(weight)), np.zeros(len(weight))
    for move, fitted in fits.items():
        rows = np.flatnonzero((pauses.move == move) & (weight > 0.01))
        if fitted.n < ENOUGH or isinstance(fitted.law, w.Quantiles):
            continue
        scores[rows], informations[rows] = scored(pauses.think[rows], weight[rows], pauses.clock, fitted.law)
    products = _sum_of_products(scores, pauses.session, weight)
    expected = _sum_of_products(informations, pauses.session, weight)
    if products <= SURE * np.sqrt(2 * max(expected, 0.0)):
        return 0.0
    pace = float(np.sqrt(products / expected))
    return round(pace, 3) if pace >= LEAST_PACE else 0.0


def scored(think: Floats, weight: Floats, clock: float, law: w.Law) -> tuple[Floats, float]:
    """The score of each pause of one move, and the information that one has on average.

    A pause beyond the law's LAST quantile counts as that long: where two visits were taken for one
    session, the absence between them tells nothing of pace, and its score would drown all others.
    """
    longest = distribution(law).ppf(np.array([LAST]))[0]
    ticks = np.round(np.clip(think, 0.0, longest) / clock) * clock
    values, which = np.unique(ticks, return_inverse=True)
    counted = count_pauses(values, np.ones(len(values)), clock)
    each = np.interp(values, counted.middle, pace_scores(law, counted))[which]
    each = each - np.average(each, weights=weight)
    return each, float(np.average(each**2, weights=weight))


def _sum_of_products(values: Floats, session: Ints, weight: Floats) -> float:
    """The sum over sessions of the products of all pairs of different values in a session."""
    _, rows = np.unique(session, return_inverse=True)
    sums, squares = np.bincount(rows, weights=values), np.bincount(rows, weights=values**2)
    members = np.zeros(len(sums))
    members[rows] = weight
    return float(members @ (sums**2 - squares))
