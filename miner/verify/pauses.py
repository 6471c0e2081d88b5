"""Pauses by move: their ranks and their medians, all moves at once."""

from __future__ import annotations

import numpy as np

from miner.verify.steps import Floats, Ints, Mask


def ranks(think: Floats, kind: Ints) -> Floats:
    """The rank of each pause among those of its kind, from 0 to 1; equal pauses share their mean rank."""
    order = np.lexsort((think, kind))
    sizes = np.bincount(kind)
    starts = np.cumsum(sizes) - sizes
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(think[order]) != 0) | (np.diff(kind[order]) != 0)
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(order)) - 1
    middle = ((first + last) / 2)[np.cumsum(new) - 1]
    ranked = np.empty(len(order))
    ranked[order] = (middle - starts[kind[order]] + 0.5) / sizes[kind[order]]
    return ranked


def medians(think: Floats, kind: Ints, in_b: Mask, sizes: Ints) -> Floats:
    """The median pause of each kind in A and in B, of which there are `sizes`; NaN where there is none."""
    ranked = think[np.lexsort((think, kind, in_b))]
    counts = sizes.ravel()
    starts = np.cumsum(counts) - counts
    some = np.flatnonzero(counts)
    found = np.full(len(counts), np.nan)
    low, high = (starts[some] + (counts[some] - 1) // 2), (starts[some] + counts[some] // 2)
    found[some] = (ranked[low] + ranked[high]) / 2
    return found.reshape(sizes.shape)
