"""What else one would do: each makes a workload of the same sessions, and differs from ours in one way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.metrics import silhouette_score

from miner import workload as w
from miner.paths.chains import Moves, Walked, read_moves
from miner.paths.groups import Group
from miner.paths.memory import Memory
from miner.paths.mine import mine
from miner.paths.pauses import Pauses, read_pauses
from miner.paths.user_paths import user_paths
from miner.store import Store

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SEED = 1
MOST_CLUSTERS = 8
LEAST_CLUSTER = 0.005
"""Share of all sessions, as for our user paths."""
SAMPLE = 2_000
"""Sessions that the silhouette is computed on."""


def ours(store: Store) -> w.Workload:
    """What `mine` makes."""
    return mine(store, name="planted").workload


def single_chain(store: Store) -> w.Workload:
    """All sessions as one first-order chain, with our laws and pace."""
    return _clustered(store, lambda shares: np.zeros(len(shares), np.int64))


def k_means(store: Store) -> w.Workload:
    """Clusters of the shares of endpoints in a session, as many as have the best silhouette."""

    def labelled(shares: Floats) -> Ints:
        tried = [
            KMeans(number, n_init=5, random_state=SEED).fit_predict(shares)
            for number in range(2, MOST_CLUSTERS + 1)
        ]
        best: Ints = max(
            tried,
            key=lambda labels: silhouette_score(shares, labels, sample_size=SAMPLE, random_state=SEED),
        )
        return best

    return _clustered(store, labelled)


def hdbscan(store: Store) -> w.Workload:
    """Dense clusters of the same; what is noise is a cluster too."""

    def labelled(shares: Floats) -> Ints:
        size = max(10, round(LEAST_CLUSTER * len(shares)))
        found: Ints = HDBSCAN(min_cluster_size=size, copy=True).fit_predict(shares)
        return np.unique(found, return_inverse=True)[1]

    return _clustered(store, labelled)


def normal_pauses(store: Store) -> w.Workload:
    """Our paths, with think times that are normal with the mean and deviation that the clock showed."""
    mined = mine(store, name="planted").workload
    moves, _ = read_moves(store)
    pauses = read_pauses(store, moves.outside, mined.recorded.gap)
    names = list(mined.endpoints)
    of_path = np.array(store.ask("SELECT path FROM sessions ORDER BY session_id").column("path").to_pylist())
    return mined.model_copy(
        update={"paths": tuple(_normal(mined, path, pauses, of_path, names) for path in mined.paths)}
    )


def _normal(
    mined: w.Workload, path: w.Path, pauses: Pauses, of_path: npt.NDArray[np.str_], names: list[str]
) -> w.Path:
    """`path` with a normal law on each move between two steps of an endpoint each, and without a pace."""
    own = of_path[pauses.session] == path.name
    chain: dict[str, dict[str, w.Move]] = {}
    for step, targets in path.moves.items():
        chain[step] = {}
        for to, move in targets.items():
            if to != w.LEAVE:
                before, after = (names.index(next(iter(mined.requests(one)))) for one in (step, to))
                think = np.maximum(pauses.think[own & (pauses.move == before * pauses.steps + after)], 0.0)
                if len(think) > 1:
                    law = w.Normal(mean=float(think.mean()) + 1e-6, sd=float(think.std()) + 1e-6)
                    move = move.model_copy(update={"think": law})
            chain[step][to] = move
    return path.model_copy(update={"moves": chain, "pace": 0.0})


def _clustered(store: Store, label: Callable[[Floats], Ints]) -> w.Workload:
    """The workload whose paths are clusters of the shares of endpoints in each session."""
    mined = mine(store, name="planted", paths=1).workload
    moves, walked = read_moves(store)
    pauses = read_pauses(store, moves.outside, mined.recorded.gap)
    labels = label(_shares(walked)[walked.shape])
    groups = [_group(moves, walked, (labels == one).astype(float)) for one in np.unique(labels)]
    found = user_paths(moves, walked, groups, pauses, list(mined.endpoints)).paths
    names = np.array([path.name for path in found])[labels]
    for name in set(names.tolist()):
        ids = (np.flatnonzero(names == name) + 1).tolist()
        store.ask("UPDATE sessions SET path = $name WHERE session_id IN $ids RETURNING 1", name=name, ids=ids)
    return mined.model_copy(update={"paths": tuple(found), "steps": {}})


def _shares(walked: Walked) -> Floats:
    """The share of each step among those of each distinct session (distinct sessions, steps)."""
    found = np.zeros((len(walked.lengths), walked.number))
    np.add.at(found, (np.repeat(np.arange(len(walked.lengths)), walked.lengths), walked.steps), 1.0)
    shares: Floats = found / walked.lengths[:, None]
    return shares


def _group(moves: Moves, walked: Walked, member: Floats) -> Group:
    return Group(Memory.none(walked.steps, walked.number), replace(moves), member)


RIVALS: dict[str, Callable[[Store], w.Workload]] = {
    "ours": ours,
    "normal pauses": normal_pauses,
    "k-means": k_means,
    "HDBSCAN": hdbscan,
    "single chain": single_chain,
}
"""Each makes a workload of the sessions in a store, and puts the path of each in `sessions.path`."""
