"""Where A and B differ most: the moves and the pauses behind the figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from miner.verify.classifier import move_name
from miner.verify.distances import two_samples
from miner.verify.figures import FEWEST_PAUSES, endpoint_grams, moves_between
from miner.verify.steps import Mask, Walks
from miner.workload import LEAVE

START = "start"


@dataclass(frozen=True)
class Difference:
    """One move: its share of all moves (of pauses: the median in seconds) in A and in B."""

    what: Literal["move", "pause"]
    name: str
    a: float
    b: float


def most_different(walks: Walks, in_a: Mask, most: int = 5) -> tuple[Difference, ...]:
    """The `most` moves and the `most` pauses that add most to the distances, the worst first."""
    moves = [move for move in _moves(walks, in_a, most) if move.a != move.b]
    return (*moves, *_pauses(walks, in_a, most))


def frequent_moves(walks: Walks, in_a: Mask, most: int) -> list[Difference]:
    """The `most` moves that both together make most often."""
    every = _moves(walks, in_a, None)
    return sorted(every, key=lambda one: -(one.a + one.b))[:most]


def _moves(walks: Walks, in_a: Mask, most: int | None) -> list[Difference]:
    codes, owner = endpoint_grams(walks, 2)
    kinds, codes = np.unique(codes, return_inverse=True)
    of_a = in_a[owner]
    a = np.bincount(codes[of_a], minlength=len(kinds)) / max(of_a.sum(), 1)
    b = np.bincount(codes[~of_a], minlength=len(kinds)) / max((~of_a).sum(), 1)
    steps = (*walks.endpoints, START, LEAVE)
    found = []
    for worst in np.argsort(-np.abs(a - b), kind="stable")[:most]:
        before, after = divmod(int(kinds[worst]), len(steps))
        name = f"{steps[before]} -> {steps[after]}"
        found.append(Difference("move", name, float(a[worst]), float(b[worst])))
    return found


def _pauses(walks: Walks, in_a: Mask, most: int) -> list[Difference]:
    """Ranked by Kolmogorov-Smirnov distance times the move's count in A."""
    codes, moved = moves_between(walks)
    order = np.flatnonzero(moved)[np.argsort(codes[moved], kind="stable")]
    kinds, starts = np.unique(codes[order], return_index=True)
    of_a, think = in_a[walks.owner][order], walks.think[order]
    found: list[tuple[float, Difference]] = []
    if not len(kinds):
        return []
    for kind, here, sides in zip(kinds, np.split(think, starts[1:]), np.split(of_a, starts[1:]), strict=True):
        a, b = here[sides], here[~sides]
        if min(len(a), len(b)) < FEWEST_PAUSES:
            continue
        medians = float(np.median(a)), float(np.median(b))
        found.append((two_samples(a, b) * len(a), Difference("pause", move_name(walks, kind), *medians)))
    found.sort(key=lambda pair: -pair[0])
    return [difference for weight, difference in found[:most] if weight]
