"""Think times and pace of each user path, from the pauses of its sessions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from miner import workload as w
from miner.laws import distribution, log_variance
from miner.paths.censored import Floats, count_pauses, observed, probabilities, rows_of
from miner.paths.censored import Pauses as Counted
from miner.paths.chains import Walked
from miner.paths.memory import Memory
from miner.paths.think import ENOUGH, Fit, distance, fit, pace_scores
from miner.store import Store

Ints = npt.NDArray[np.int64]
LEAST_PACE = 0.05
"""A smaller pace cannot be told from none, nor felt by a service."""
MOST_PACE = 3.0
SURE = 3.0
LAST = 0.999
SOME = 0.01
"""Probability of a session to be of a path from which its pauses are counted there."""
ONE = 0.5
UNTOLD = 1e-3
"""Information of a pause about its session's pace that is as good as none; 1 / sigma^2 for a lognormal."""
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
    longest: float = np.inf
    """Seconds of silence that end a session."""

    @cached_property
    def overlapping(self) -> float:
        """The share of requests that started before the visitor's last response had ended."""
        return float(np.mean(self.think <= -self.clock)) if len(self.think) else 0.0

    def of(self, rows: Ints) -> Pauses:
        """Some of them."""
        return replace(self, session=self.session[rows], move=self.move[rows], think=self.think[rows])

    def remembered(self, walked: Walked, memory: Memory) -> Pauses:
        """The same between the states of a path instead of between steps."""
        if memory.states == self.steps:
            return self
        before = np.arange(len(self.session)) - np.searchsorted(self.session, self.session)
        at = walked.first[walked.shape[self.session]] + before
        return replace(
            self, move=memory.labels[at] * memory.states + memory.labels[at + 1], steps=memory.states
        )


def read_pauses(store: Store, steps: int, gap: float) -> Pauses:
    """The pauses between the requests of each session in the store.

    `steps` is how many steps there are, `gap` the seconds of silence that end a session.
    """
    rows = store.fetch("miner.paths", "pauses")
    columns = {name: rows.column(name).to_numpy() for name in rows.column_names}
    clock = float(store.fetch("miner.paths", "clock").column("clock")[0].as_py())
    move = columns["from"] * steps + columns["to"]
    return Pauses(columns["session_id"] - 1, move, columns["think"], clock, steps, gap)


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
    own = pauses.of(rows)
    plain = fit_moves(own, weight[rows], 0.0)
    pace = estimate_pace(own, weight[rows], plain)
    fits = fit_moves(own, weight[rows], pace) if pace else plain
    if not fits:
        return Timing({}, 0.0, None)
    any_move = fit(_counted(own, own.think, weight[rows]), pace)
    chosen = {}
    for move, fitted in fits.items():
        known = [fitted]
        if fitted.n < ENOUGH:
            pooled = everyone.fit(move if moves is None else int(moves[move]), pace)
            known = [pooled or any_move, any_move]
        chosen[divmod(move, pauses.steps)] = _likeliest(own, weight[rows], move, known, pace)
    return Timing(chosen, pace, any_move)


def _likeliest(pauses: Pauses, weight: Floats, move: int, known: list[Fit], pace: float) -> Fit:
    """The fit of `known` under which the pauses of `move` are likeliest, the first if they are alike."""
    if len(known) == 1:
        return known[0]
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


def estimate_pace(pauses: Pauses, weight: Floats, fits: dict[int, Fit]) -> float:
    """The standard deviation of the log of a visitor's pace.

    Pauses of one session share their pace and nothing else, so the expected product of the scores
    of two of them is the variance of log pace times both informations: the method of moments.
    Without a pace, the sum of those products has the variance 2 * the sum of the informations'
    products; a sum within SURE standard deviations of zero shows no pace. A law, or a part of one, that
    varies less than a visitor's pace is a machine's and has none, or else its scores would drown those of
    people: how much that is, is first asked with each pause counted alike, whatever it tells.
    """
    rough = _pace(pauses, weight, fits, alike=True)
    steady = {move: replace(one, law=steadied(one.law, max(rough, LEAST_PACE))) for move, one in fits.items()}
    return _pace(pauses, weight, steady, alike=False)


def steadied(law: w.Law, pace: float) -> w.Law:
    """`law`, without a pace for what varies less than `pace` does."""
    if isinstance(law, w.Mixture):
        return law.model_copy(
            update={"first": steadied(law.first, pace), "second": steadied(law.second, pace)}
        )
    return law.model_copy(update={"paced": bool(log_variance(law) > pace**2)})


def _pace(pauses: Pauses, weight: Floats, fits: dict[int, Fit], *, alike: bool) -> float:
    scores, informations = np.zeros(len(weight)), np.zeros(len(weight))
    order = np.argsort(pauses.move, kind="stable")
    moves = pauses.move[order]
    for move, fitted in fits.items():
        rows = order[slice(*np.searchsorted(moves, [move, move + 1]))]
        if fitted.n < ENOUGH or isinstance(fitted.law, w.Quantiles):
            continue
        score, information = scored(pauses.think[rows], weight[rows], pauses, fitted.law)
        if information > UNTOLD:
            scores[rows] = score / information if alike else score
            informations[rows] = 1.0 if alike else information
    products = _sum_of_products(scores, pauses.session, weight)
    expected = _sum_of_products(informations, pauses.session, weight)
    if alike:
        return float(np.sqrt(max(products, 0.0) / max(expected, 1.0)))
    if products <= SURE * np.sqrt(2 * max(expected, 0.0)):
        return 0.0
    pace = float(np.sqrt(products / expected))
    return round(min(pace, MOST_PACE), 3) if pace >= LEAST_PACE else 0.0


def scored(think: Floats, weight: Floats, pauses: Pauses, law: w.Law) -> tuple[Floats, float]:
    """The score of each pause of one move, and the information that one has on average.

    A pause beyond the law's LAST quantile counts as that long: where two visits were taken for one
    session, the absence between them tells nothing of pace, and its score would drown all others.
    """
    shortest, longest = distribution(law).ppf(np.array([1 - LAST, LAST]))
    counted, row = rows_of(np.clip(think, shortest, longest), weight, pauses.clock, pauses.longest)
    each = pace_scores(law, counted)[row]
    each = each - np.average(each, weights=weight)
    return each, float(np.average(each**2, weights=weight))


def _sum_of_products(values: Floats, session: Ints, weight: Floats) -> float:
    """The sum over sessions of the products of all pairs of different values in a session."""
    _, rows = np.unique(session, return_inverse=True)
    sums, squares = np.bincount(rows, weights=values), np.bincount(rows, weights=values**2)
    members = np.zeros(len(sums))
    members[rows] = weight
    return float(members @ (sums**2 - squares))
