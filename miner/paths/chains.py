"""Sessions as move counts, and the mixture of chains that explains them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from miner.paths.at_once import Combination, read_combinations
from miner.paths.mixture import OCCUPIED, MarkovMixture, select
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


def read_moves(store: Store) -> Moves:
    """The moves of the sessions that `prepare` has just found in the store."""
    store.run("miner.paths", "set_codes")
    combinations, places = read_combinations(store)
    with store.offering("combined", places):
        store.run("miner.paths", "set_shapes")
    endpoints = store.fetch("miner.paths", "endpoint_names").column("endpoint").to_pylist()
    shapes = store.fetch("miner.paths", "shapes")
    steps = shapes.column("steps").combine_chunks()
    return count_moves(
        endpoints,
        np.asarray(pa.compute.list_value_length(steps), dtype=np.int64),
        np.asarray(steps.flatten(), dtype=np.int64),
        shapes.column("sessions").to_numpy().astype(float),
        combinations,
    )


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


def find_paths(moves: Moves, paths: int | None, seed: int) -> tuple[MarkovMixture, dict[int, float]]:
    """The mixture with as many chains as asked for, or as BIC finds, and the BIC of each tried.

    There are fewer than asked for if some would have no session.
    """
    if paths is None:
        return select(moves.counts, moves.sessions, moves.source, most=MOST_PATHS, seed=seed)
    for wanted in range(min(paths, moves.counts.shape[0]), 0, -1):
        mixture = MarkovMixture(moves.source, wanted, random_state=seed)
        mixture.fit(moves.counts, sample_weight=moves.sessions)
        if mixture.weights_.min() * moves.sessions.sum() >= OCCUPIED:
            break
    return mixture, {wanted: mixture.bic(moves.counts, moves.sessions)}
