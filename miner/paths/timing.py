"""Think times and pace of each user path, from the pauses of its sessions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from miner import workload as w
from miner.paths.censored import Floats, count_pauses, observed, probabilities
from miner.paths.censored import Pauses as Counted
from miner.paths.intervals import Interval, intervals
from miner.paths.pace import estimate_pace
from miner.paths.pauses import Ints, Pauses
from miner.paths.think import ENOUGH, Fit, distance, fit

SOME = 0.01
"""Probability of a session to be of a path from which its pauses are counted there."""
ONE = 0.5
NO_PAUSE = w.Quantiles(at=(0.0, 0.0))


@dataclass(frozen=True)
class Timing:
    """Think-time fits by move (before, after), and the pace, of one user path."""

    fits: dict[tuple[int, int], Fit]
    pace: float
    any_move: Fit | None
    """The fit of all pauses together."""
    sure: dict[tuple[int, int], dict[str, Interval]] = field(default_factory=dict)
    """95 % intervals of the parameters of each law that was fitted to the path's own pauses."""
    sure_pace: Interval | None = None
    """That of the pace, if there is one."""

    def law(self, before: int, after: int) -> w.Law:
        """The think time between two steps; that of all moves where this one was never timed."""
        fitted = self.fits.get((before, after), self.any_move)
        return fitted.law if fitted else NO_PAUSE

    def distance(self, before: int, after: int) -> float | None:
        """How far that is from the pauses between them, if there are any."""
        fitted = self.fits.get((before, after))
        return fitted.distance if fitted else None


class Everyone:
    """The pauses of each move on all paths, for moves that are rare on one."""

    def __init__(self, pauses: Pauses) -> None:
        self.pauses = pauses
        self.fits: dict[tuple[int, float], Fit] = {}
        self.order = np.argsort(pauses.move, kind="stable")
        self.moves = pauses.move[self.order]

    def fit(self, move: int, pace: float) -> Fit | None:
        """The law of `move`, if it was made often enough, for visitors of this pace."""
        low, high = np.searchsorted(self.moves, [move, move + 1])
        if high - low < ENOUGH:
            return None
        if (move, pace) not in self.fits:
            think = self.pauses.think[self.order[low:high]]
            self.fits[move, pace] = fit(_counted(self.pauses, think, np.ones(len(think))), pace)
        return self.fits[move, pace]


def time_path(pauses: Pauses, member: Floats, everyone: Everyone, moves: Ints | None = None) -> Timing:
    """The timing of the path that each session belongs to with the probability `member`.

    `everyone` knows each move on all paths; `moves` are its codes for those of `pauses`, if they differ.
    """
    weight = member[pauses.session]
    rows = np.flatnonzero(weight > SOME)
    own, weight = pauses.of(rows), weight[rows]
    plain = fit_moves(own, weight, 0.0)
    pace, sure_pace = estimate_pace(own, weight, plain)
    fits = fit_moves(own, weight, pace) if pace else plain
    if not fits:
        return Timing({}, 0.0, None)
    any_move = fit(_counted(own, own.think, weight), pace)
    chosen, sure = {}, {}
    for move, fitted in fits.items():
        place = divmod(move, pauses.steps)
        if fitted.n < ENOUGH:
            pooled = everyone.fit(move if moves is None else int(moves[move]), pace)
            chosen[place] = _likelier(own, weight, move, [pooled or any_move, any_move], pace)
        else:
            chosen[place], sure[place] = fitted, _sure(own, weight, move, fitted.law, pace)
    return Timing(chosen, pace, any_move, sure, sure_pace)


def _sure(pauses: Pauses, weight: Floats, move: int, law: w.Law, pace: float) -> dict[str, Interval]:
    """The intervals of the parameters of the `law` of one move."""
    rows = np.flatnonzero(pauses.move == move)
    return intervals(
        law, pauses.think[rows], weight[rows], pauses.session[rows], pauses.clock, pauses.longest, pace
    )


def _likelier(pauses: Pauses, weight: Floats, move: int, known: list[Fit], pace: float) -> Fit:
    """The fit of `known` that makes the few pauses of `move` likelier, the first if they are alike."""
    rows = pauses.move == move
    counted = _counted(pauses, pauses.think[rows], weight[rows])

    def likelihood(one: Fit) -> float:
        cdf = observed(one.law, pace, counted.longest)
        return float(counted.count @ np.log(probabilities(cdf, counted)))

    best = max(known, key=likelihood)
    return replace(best, n=counted.n, distance=distance(best.law, counted, pace))


def _counted(pauses: Pauses, think: Floats, weight: Floats) -> Counted:
    return count_pauses(think, weight, pauses.clock, pauses.longest)


def fit_moves(pauses: Pauses, weight: Floats, pace: float) -> dict[int, Fit]:
    """The fit of each move; those with less than one pause in all have none."""
    order = np.argsort(pauses.move, kind="stable")
    starts = np.flatnonzero(np.diff(pauses.move[order], prepend=-1))
    found = {}
    for rows in np.split(order, starts[1:]):
        if len(rows) and weight[rows].sum() >= ONE:
            counted = _counted(pauses, pauses.think[rows], weight[rows])
            found[int(pauses.move[rows[0]])] = fit(counted, pace)
    return found
