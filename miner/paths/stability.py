"""Whether other sessions of the same visitors would have shown the same user paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import adjusted_rand_score

from miner.paths.chains import Walked
from miner.paths.groups import Group, find_groups
from miner.paths.pauses import Ints, Pauses

SESSIONS = 4_000
"""Sessions drawn each time, at most: what is stable for these is for more."""
STARTS = 8
"""Starts of each mixture: fewer than for what is kept."""


@dataclass(frozen=True)
class Stability:
    """User paths found again in sessions drawn with replacement (the bootstrap: Efron 1979).

    As in Hennig, "Cluster-wise assessment of cluster stability", 2007.
    """

    agreement: tuple[float, ...]
    """Adjusted Rand index of the paths of the same sessions, each time: 1 is the same, 0 chance."""
    paths: tuple[int, ...]
    """How many paths there were each time."""
    sessions: int
    """Sessions drawn each time."""

    @property
    def mean(self) -> float:
        """The mean agreement."""
        return float(np.mean(self.agreement))


def stability(
    walked: Walked, pauses: Pauses, groups: list[Group], asked: int | None, seed: int, times: int
) -> Stability:
    """How stable the groups are under so many resamples."""
    chosen = _likeliest(groups)
    number = min(len(chosen), SESSIONS)
    agreement, paths = [], []
    for draw in range(times):
        again = np.sort(np.random.default_rng((seed, draw)).choice(len(chosen), number))
        found, _ = find_groups(walked.of(again), pauses.within(again), asked, seed, starts=STARTS)
        agreement.append(float(adjusted_rand_score(chosen[again], _likeliest(found))))
        paths.append(len(found))
    return Stability(tuple(agreement), tuple(paths), number)


def _likeliest(groups: list[Group]) -> Ints:
    """The place of the likeliest group of each session."""
    found: Ints = np.argmax([group.member for group in groups], axis=0)
    return found
