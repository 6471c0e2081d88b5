"""Can a classifier tell the sessions of A from those of B, and by what?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from miner.verify.figures import moves_between
from miner.verify.steps import Floats, Ints, Mask, Walks

Values = npt.NDArray[np.float32]

MOST_SESSIONS = 4_000
"""Of each side; more do not make the answer surer than 0.01."""
FREQUENT = 40
"""Endpoints and moves that become features, the most frequent ones."""
NONE = -1.0
"""The log of a pause that did not take place; a column of NaN only would stop scikit-learn 1.9's forest."""
FOLDS = 5
TELLING = 0.55
"""AUC above which it is worth saying what gives B away."""


@dataclass(frozen=True)
class Features:
    """A row per session, a column per feature; a feature's name completes "sessions differ most in"."""

    names: tuple[str, ...]
    values: Values


def features(walks: Walks) -> Features:
    """What a session looks like: how often, how long, how fast, from where to where."""
    columns: dict[str, Floats] = {
        "the number of requests": walks.lengths.astype(float),
        "the duration": walks.seconds,
        "the share of client errors": _per_session(walks, walks.client_error) / walks.lengths,
        "the first request": walks.endpoint[walks.first].astype(float),
        "the last request": walks.endpoint[walks.first + walks.lengths - 1].astype(float),
        **_pauses(walks),
    }
    for code in _frequent(walks.endpoint):
        columns[f"the number of {walks.endpoints[code]}"] = _per_session(walks, walks.endpoint == code)
    moves, moved = moves_between(walks)
    pauses = np.log1p(np.where(moved, walks.think, 0.0))
    for code in _frequent(moves[moved]):
        name = move_name(walks, code)
        taken = moved & (moves == code)
        count = _per_session(walks, taken)
        columns[f"the number of moves {name}"] = count
        mean = _per_session(walks, taken * pauses) / np.maximum(count, 1)
        columns[f"the pause in {name}"] = np.where(count > 0, mean, NONE)
    return Features(tuple(columns), np.column_stack(list(columns.values())).astype(np.float32))


def move_name(walks: Walks, code: int) -> str:
    """`GET /a -> POST /b`."""
    before, after = divmod(int(code), len(walks.endpoints))
    return f"{walks.endpoints[before]} -> {walks.endpoints[after]}"


def _pauses(walks: Walks) -> dict[str, Floats]:
    """Logs of the pauses of each session; NONE where it has none."""
    moved = ~np.isnan(walks.think)
    pauses, owner = np.log1p(walks.think[moved]), walks.owner[moved]
    order = np.lexsort((pauses, owner))
    count = walks.lengths - 1
    several = count > 0
    start = (np.cumsum(count) - count)[several]
    ranked = pauses[order]

    def spread(values: Floats) -> Floats:
        column = np.full(len(count), NONE)
        column[several] = values
        return column

    if not len(ranked):
        return {}
    return {
        "the mean pause": spread(np.add.reduceat(ranked, start) / count[several]),
        "the median pause": spread(ranked[start + count[several] // 2]),
        "the shortest pause": spread(ranked[start]),
        "the longest pause": spread(ranked[start + count[several] - 1]),
        "the first pause": spread(pauses[start]),
    }


def _per_session(walks: Walks, weights: npt.NDArray[np.generic]) -> Floats:
    """The sum of `weights`, one per request, over each session."""
    summed: Floats = np.bincount(walks.owner, weights.astype(float), len(walks.lengths)).astype(float)
    return summed


def _frequent(codes: Ints) -> list[int]:
    """The most frequent of `codes`, at most FREQUENT."""
    kinds, counts = np.unique(codes, return_counts=True)
    return [int(code) for code in kinds[np.argsort(-counts, kind="stable")][:FREQUENT]]


@dataclass(frozen=True)
class Told:
    """How well A and B were told apart."""

    auc: float
    """Mean over folds of the held-out area under the ROC curve; 0.5: not at all."""
    by: str | None
    """The feature that told most, where `auc` is telling."""


def tell_apart(found: Features, in_a: Mask, seed: int) -> Told:
    """The cross-validated AUC of a small boosted forest, on as many sessions of A as of B."""
    a, b = np.flatnonzero(in_a), np.flatnonzero(~in_a)
    size = min(len(a), len(b), MOST_SESSIONS)
    rows = np.concatenate([_sample(a, size, seed), _sample(b, size, seed)])
    values, labels = found.values[rows], np.repeat([0, 1], size)
    # Both sides are dealt to the folds alike: a session and its copy are never on different sides of one.
    fold = np.tile(np.random.default_rng(seed).permutation(size) % FOLDS, 2)
    # On a busy machine OpenMP's threads wait for each other a hundred times longer than they work.
    with threadpool_limits(limits=1, user_api="openmp"):
        forests = [_forest(values[fold != number], labels[fold != number], seed) for number in range(FOLDS)]
        aucs = [
            roc_auc_score(labels[fold == number], forest.predict_proba(values[fold == number])[:, 1])
            for number, forest in enumerate(forests)
        ]
        auc = float(np.mean(aucs))
        if auc <= TELLING:
            return Told(auc, None)
        return Told(auc, found.names[_most_telling(forests[0], values[fold == 0], labels[fold == 0], seed)])


def _forest(values: Values, labels: Ints, seed: int) -> Any:
    forest = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=8, learning_rate=0.1, early_stopping=False, random_state=seed
    )
    return forest.fit(values, labels)


def _most_telling(forest: Any, values: Values, labels: Ints, seed: int) -> int:
    """The column without which the forest does worst on sessions it has not seen."""
    weight = permutation_importance(forest, values, labels, scoring="roc_auc", n_repeats=3, random_state=seed)
    return int(np.argmax(weight.importances_mean))


def _sample(sessions: Ints, size: int, seed: int) -> Ints:
    """`size` of the sessions; the same places for the same number of sessions."""
    chosen = np.random.default_rng(seed).permutation(len(sessions))[:size]
    return sessions[np.sort(chosen)]
