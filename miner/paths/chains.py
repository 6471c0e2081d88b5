"""Sessions as move counts, and the mixture of chains that explains them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from miner.paths.at_once import Combination, read_combinations
from miner.paths.mixture import OCCUPIED, STARTS, MarkovMixture, candidates, usable
from miner.store import Store

MOST_PATHS = 12
"""User paths tried at most, where their number is not asked for."""


@dataclass(frozen=True)
class Moves:
    """Distinct sessions as counts of moves.

    Steps are codes: first of `endpoints`, then of `combinations`; the next code stands for the start and,
    as a target, for leaving.
    """

    endpoints: list[str]
    combinations: Sequence[Combination]
    counts: sparse.csr_array
    """(distinct sessions, moves): how often each session makes each move."""
    sessions: npt.NDArray[np.float64]
    """How many sessions are behind each distinct one."""
    source: npt.NDArray[np.int64]
    target: npt.NDArray[np.int64]
    """The steps that each move goes from and to."""

    @property
    def outside(self) -> int:
        """The code of start and leave."""
        return len(self.endpoints) + len(self.combinations)


@dataclass(frozen=True)
class Walked:
    """All sessions: the steps of the distinct ones, and which of them each session is.

    `steps` are codes of `number` steps, one distinct session after another, `lengths` how many each has;
    `shape` is the distinct session that each session is, in the order of sessions.
    """

    steps: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    shape: npt.NDArray[np.int64]
    number: int

    @property
    def weight(self) -> npt.NDArray[np.float64]:
        """How many sessions each distinct one stands for."""
        return np.bincount(self.shape, minlength=len(self.lengths)).astype(float)

    @property
    def first(self) -> npt.NDArray[np.int64]:
        """Where the steps of each distinct session begin."""
        return np.cumsum(self.lengths) - self.lengths

    def of(self, sessions: npt.NDArray[np.int64]) -> Walked:
        """Some of the sessions, by their place, and of the distinct ones those that are among them."""
        kept, shape = np.unique(self.shape[sessions], return_inverse=True)
        lengths = self.lengths[kept]
        before = np.cumsum(lengths) - lengths
        rows = np.repeat(self.first[kept] - before, lengths) + np.arange(lengths.sum())
        return Walked(self.steps[rows], lengths, shape, self.number)


def read_moves(store: Store) -> tuple[Moves, Walked]:
    """The moves of the sessions that `prepare` has just found in the store, and the sessions themselves."""
    store.run("miner.paths", "set_codes")
    combinations, places = read_combinations(store)
    with store.offering("combined", places):
        store.run("miner.paths", "set_shapes")
    endpoints = store.fetch("miner.paths", "endpoint_names").column("endpoint").to_pylist()
    lists = store.fetch("miner.paths", "shapes").column("steps").combine_chunks()
    walked = Walked(
        np.asarray(lists.flatten(), dtype=np.int64),
        np.asarray(pa.compute.list_value_length(lists), dtype=np.int64),
        store.fetch("miner.paths", "session_shapes").column("shape").to_numpy(),
        len(endpoints) + len(combinations),
    )
    moves = count_moves(endpoints, walked.lengths, walked.steps, walked.weight, combinations)
    return moves, walked


def count_moves(
    endpoints: list[str],
    lengths: npt.NDArray[np.int64],
    steps: npt.NDArray[np.int64],
    sessions: npt.NDArray[np.float64],
    combinations: Sequence[Combination] = (),
) -> Moves:
    """The moves of sessions given as all their step codes one after another, and how many each has."""
    outside = len(endpoints) + len(combinations)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    first = np.cumsum(lengths) - lengths
    before = np.concatenate([[outside], steps[:-1]])
    before[first] = outside
    last = steps[first + lengths - 1]
    source = np.concatenate([before, last])
    target = np.concatenate([steps, np.full(len(lengths), outside)])
    codes, columns = np.unique(source * (outside + 1) + target, return_inverse=True)
    # scikit-learn takes sparse matrices with 32-bit indices only.
    where = (np.concatenate([rows, np.arange(len(lengths))]).astype(np.int32), columns.astype(np.int32))
    counts = sparse.coo_array((np.ones(len(columns)), where), shape=(len(lengths), len(codes))).tocsr()
    return Moves(endpoints, combinations, counts, sessions, codes // (outside + 1), codes % (outside + 1))


def try_paths(moves: Moves, paths: int | None, seed: int, starts: int = STARTS) -> dict[int, MarkovMixture]:
    """Mixtures of as many chains as asked for, or of all numbers that may be right.

    There are fewer than asked for if some would have no session. `starts` is how often each is begun anew.
    """
    if paths is not None:
        mixture = _asked(moves, paths, seed, starts)
        return {mixture.n_components: mixture}
    found = candidates(moves.counts, moves.sessions, moves.source, most=MOST_PATHS, seed=seed, starts=starts)
    return {number: mixture for number, (mixture, _) in found.items() if usable(mixture, moves.sessions)}


def _asked(moves: Moves, paths: int, seed: int, starts: int) -> MarkovMixture:
    for wanted in range(min(paths, moves.counts.shape[0]), 0, -1):
        mixture = MarkovMixture(moves.source, wanted, n_init=starts, random_state=seed)
        mixture.fit(moves.counts, sample_weight=moves.sessions)
        if mixture.weights_.min() * moves.sessions.sum() >= OCCUPIED:
            break
    return mixture
