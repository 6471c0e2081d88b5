"""The figures of fidelity: what is compared, and as which distance. A new one is an entry in FIGURES."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from miner.verify.arrivals import arrivals
from miner.verify.distances import (
    Distance,
    difference_of_shares,
    kolmogorov_smirnov,
    total_variation,
)
from miner.verify.steps import Ints, Mask, Walks

FEWEST_PAUSES = 20
"""Pauses on either side below which a move's are not compared."""


def endpoint_grams(walks: Walks, length: int) -> tuple[Ints, Ints]:
    """Codes of runs of `length` steps, and the session of each.

    Steps are endpoints; above 1 also start (code `len(endpoints)`) and leave (one more).
    """
    if length == 1:
        return walks.endpoint, walks.owner
    kinds = len(walks.endpoints) + 2
    sessions = np.arange(len(walks.lengths))
    steps = np.full(len(walks.endpoint) + 2 * len(sessions), kinds - 1)
    steps[walks.first + 2 * sessions] = kinds - 2
    steps[np.arange(len(walks.endpoint)) + 2 * walks.owner + 1] = walks.endpoint
    owner = np.repeat(sessions, walks.lengths + 2)
    codes = steps[: len(steps) - length + 1].copy()
    for ahead in range(1, length):
        codes = codes * kinds + steps[ahead : len(steps) - length + 1 + ahead]
    whole = owner[: len(codes)] == owner[length - 1 :]
    return codes[whole], owner[: len(codes)][whole]


def moves_between(walks: Walks) -> tuple[Ints, Mask]:
    """The move (`from` * endpoints + `to`) that leads to each request, and which have one."""
    moved = ~np.isnan(walks.think)
    before = np.concatenate([walks.endpoint[:1], walks.endpoint[:-1]])
    return before * len(walks.endpoints) + walks.endpoint, moved


def _grams(length: int) -> Callable[[Walks], tuple[Distance, int]]:
    def prepare(walks: Walks) -> tuple[Distance, int]:
        codes, owner = endpoint_grams(walks, length)
        return total_variation(np.unique(codes, return_inverse=True)[1], owner), len(codes)

    return prepare


def _lengths(walks: Walks) -> tuple[Distance, int]:
    sessions = np.arange(len(walks.lengths))
    return kolmogorov_smirnov(walks.lengths.astype(float), sessions), len(sessions)


def _seconds(walks: Walks) -> tuple[Distance, int]:
    return kolmogorov_smirnov(walks.seconds, np.arange(len(walks.seconds))), len(walks.seconds)


def _think(walks: Walks) -> tuple[Distance, int]:
    _, moved = moves_between(walks)
    return kolmogorov_smirnov(walks.think[moved], walks.owner[moved]), int(moved.sum())


def _think_by_move(walks: Walks) -> tuple[Distance, int]:
    moves, moved = moves_between(walks)
    distance = kolmogorov_smirnov(
        walks.think[moved], walks.owner[moved], group=moves[moved], least=FEWEST_PAUSES
    )
    return distance, int(moved.sum())


def _client_errors(walks: Walks) -> tuple[Distance, int]:
    return difference_of_shares(walks.client_error, walks.owner), len(walks.client_error)


def _arrivals(walks: Walks) -> tuple[Distance, int]:
    return arrivals(walks.arrived), len(walks.arrived)


FIGURES: dict[str, Callable[[Walks], tuple[Distance, int]]] = {
    "request_mix": _grams(1),
    "moves": _grams(2),
    "triples": _grams(3),
    "session_length": _lengths,
    "session_duration": _seconds,
    "think_time": _think,
    "think_time_by_move": _think_by_move,
    "client_errors": _client_errors,
    "arrivals": _arrivals,
}
"""Each gives the distance between parts of the sessions, and of how many observations it is."""


def left_out(walks: Walks, in_a: Mask) -> float:
    """The share of A's pauses on moves with too few pauses to compare."""
    moves, moved = moves_between(walks)
    of_a = in_a[walks.owner][moved]
    _, codes = np.unique(moves[moved], return_inverse=True)
    kinds = int(codes.max(initial=-1)) + 1
    a = np.bincount(codes[of_a], minlength=kinds)
    b = np.bincount(codes[~of_a], minlength=kinds)
    few = np.minimum(a, b) < FEWEST_PAUSES
    return float(a[few].sum() / max(a.sum(), 1))
