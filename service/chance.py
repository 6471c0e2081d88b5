"""Chance that is the same for the same seed, on every machine and with every version of numpy.

All of it is the stream of PCG64, which numpy guarantees never to change; what `Generator` makes of that
stream may change (https://numpy.org/doc/stable/reference/random/compatibility.html). Only whole numbers are
made of it here, so that no rounding depends on the processor.
"""

from __future__ import annotations

import numpy as np
from numpy.random import PCG64
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


class Chance:
    """Draws in arrays. The sign of the seed does not count."""

    def __init__(self, seed: int) -> None:
        self._stream = PCG64(abs(seed))

    def below(self, bound: int, count: int) -> Numbers:
        """Numbers from 0 to `bound` - 1, each as likely as the others but for bound / 2**64."""
        return (self._stream.random_raw(count) % np.uint64(bound)).astype(np.int64)

    def order(self, count: int) -> Numbers:
        """The numbers below `count`, shuffled."""
        bits = np.uint64(count.bit_length())
        # A sort is many times as fast as argsort, and what it sorts knows its place; no two are equal.
        keys = self._stream.random_raw(count) >> bits << bits | np.arange(count, dtype=np.uint64)
        return (np.sort(keys) & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)

    def weighted(self, weights: Numbers, count: int) -> Numbers:
        """Positions in `weights`, which are whole numbers, each as likely as its weight says."""
        up_to = np.cumsum(weights)
        return np.searchsorted(up_to, self.below(int(up_to[-1]), count), side="right")
