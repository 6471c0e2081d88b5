"""How fast sessions are, as a likelihood: visitors of one path differ in pace, those of two paths in kind.

Pauses are compared as normal scores: the rank of a pause among those of the same move, as a quantile of the
normal distribution (van der Waerden 1952). Whatever law pauses have, their scores are normal, so a path
needs no more components because its law is odd. Within a path a score is

    mean of the move + the visitor's own + noise,

the last two normal with the variances `between` and `within` (a random intercept, Laird and Ware 1982): a
strong pace is `between`, and no reason to see two paths either.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import ndtri

from miner.paths.pauses import Pauses

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEW = 30
"""Pauses of a move below which their ranks tell nothing."""
BLUNT = 2.0
"""Ticks that hold the middle 80 % of a move's pauses, up to which they differ by where in a tick they began.
A poller's do: it keeps its place in the tick, and its sessions would look like those of several pollers."""
LEAST = 1e-3
"""Variance below which none is taken, for a path whose pauses all score alike."""


@dataclass(frozen=True)
class Tempo:
    """The scores of the pauses of each session, by move.

    `count` and `total` (sessions, moves) are sparse: how many pauses of the move, and the sum of their
    scores; `square` (sessions,) is the sum of the squares of all.
    """

    count: sparse.csr_array
    total: sparse.csr_array
    square: Floats

    @cached_property
    def number(self) -> Floats:
        """How many pauses each session has (sessions,)."""
        found: Floats = self.count.sum(axis=1)
        return found

    @cached_property
    def sums(self) -> Floats:
        """The sum of the scores of each session (sessions,)."""
        found: Floats = self.total.sum(axis=1)
        return found

    def of(self, rows: Ints) -> Tempo:
        """That of some of the sessions."""
        return Tempo(self.count[rows], self.total[rows], self.square[rows])


@dataclass(frozen=True)
class Beat:
    """How the scores of a path's sessions are distributed."""

    mean: Floats
    """(moves,)"""
    within: float
    between: float

    @property
    def parameters(self) -> int:
        return len(self.mean) + 2


def read_tempo(pauses: Pauses, weight: Floats) -> Tempo:
    """The tempo of all sessions, as ranks among those that count, by `weight` (sessions,)."""
    ticks = np.round(np.maximum(pauses.think, 0.0) / max(pauses.clock, 1e-6))
    each = weight[pauses.session]
    order = np.argsort(pauses.move, kind="stable")
    by_move = np.split(order, np.flatnonzero(np.diff(pauses.move[order])) + 1)
    telling = [rows for rows in by_move if tell(ticks[rows], each[rows])]
    scores = np.concatenate([np.zeros(0), *(normal_scores(ticks[rows], each[rows]) for rows in telling)])
    move = np.repeat(np.arange(len(telling)), [len(rows) for rows in telling])
    session = pauses.session[np.concatenate([np.zeros(0, np.int64), *telling])]
    shape = (len(weight), max(len(telling), 1))
    count = sparse.coo_array((np.ones(len(move)), (session, move)), shape=shape).tocsr()
    total = sparse.coo_array((scores, (session, move)), shape=shape).tocsr()
    return Tempo(count, total, np.bincount(session, scores**2, len(weight)).astype(float))


def tell(ticks: Floats, weight: Floats) -> bool:
    """Whether the pauses of a move tell anything: there are enough, and the clock is fine enough for them."""
    if weight.sum() < FEW:
        return False
    order = np.argsort(ticks, kind="stable")
    low, high = np.searchsorted(np.cumsum(weight[order]), weight.sum() * np.array([0.1, 0.9]))
    return bool(ticks[order[min(high, len(order) - 1)]] - ticks[order[low]] > BLUNT)


def normal_scores(values: Floats, weight: Floats) -> Floats:
    """The quantiles of the normal distribution at the ranks of `values` (n,), equal ones alike."""
    kinds, which = np.unique(values, return_inverse=True)
    heavy = np.bincount(which, weight, len(kinds))
    middle = np.cumsum(heavy) - heavy / 2
    total = max(float(heavy.sum()), 1.0)
    found: Floats = ndtri(np.clip(middle / total, 0.5 / total, 1 - 0.5 / total))[which]
    return found


def fit_beat(tempo: Tempo, member: Floats, beat: Beat | None = None, rounds: int = 3) -> Beat:
    """The beat of the sessions that belong to a path with the probability `member` (sessions,), by EM."""
    often = member @ tempo.count
    pauses = max(float(often.sum()), 1.0)
    enough = often >= FEW
    if beat is None:
        beat = Beat(np.zeros(len(often)), 1.0, 0.1)
    number = tempo.number
    heard = member * (number > 0)
    sessions = max(float(heard.sum()), 1.0)
    for _ in range(rounds):
        own, doubt = _own(tempo, beat)
        mean = np.where(
            enough, (member @ tempo.total - (member * own) @ tempo.count) / np.maximum(often, 1e-9), 0.0
        )
        apart = _apart(tempo, mean)
        squares = _squares(tempo, mean)
        noise = squares - 2 * own * apart + number * (own**2 + doubt)
        beat = Beat(
            mean,
            max(float((member * noise).sum()) / pauses, LEAST),
            max(float((heard * (own**2 + doubt)).sum()) / sessions, LEAST),
        )
    return beat


def log_likelihood(tempo: Tempo, beat: Beat) -> Floats:
    """Of each session (sessions,), whoever the visitor was."""
    number = tempo.number
    apart, squares = _apart(tempo, beat.mean), _squares(tempo, beat.mean)
    ratio = beat.between / (beat.within + number * beat.between)
    found: Floats = -0.5 * (
        number * np.log(2 * np.pi * beat.within)
        + np.log1p(number * beat.between / beat.within)
        + (squares - ratio * apart**2) / beat.within
    )
    return found


def _own(tempo: Tempo, beat: Beat) -> tuple[Floats, Floats]:
    """What is the visitor's own in each session: the expectation and the variance."""
    number = tempo.number
    weight = beat.between / (beat.within + number * beat.between)
    return weight * _apart(tempo, beat.mean), weight * beat.within


def _apart(tempo: Tempo, mean: Floats) -> Floats:
    """The sum over each session of the scores less the mean of their move."""
    found: Floats = tempo.sums - tempo.count @ mean
    return found


def _squares(tempo: Tempo, mean: Floats) -> Floats:
    """The sum of the squares of the same."""
    found: Floats = tempo.square - 2 * (tempo.total @ mean) + tempo.count @ mean**2
    return np.maximum(found, 0.0)
