"""Distances between two parts of a set of sessions, prepared once and asked for many splits.

A `Distance` takes a mask with a value per session and is the distance between the sessions where it is
true (A) and those where it is not (B). The noise floor asks for it 20 times, so sorting comes first.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from miner.verify.steps import Floats, Ints, Mask

Distance = Callable[[Mask], float]


def total_variation(codes: Ints, owner: Ints) -> Distance:
    """Half the sum of absolute differences of the shares of `codes`; `owner` is the session of each."""
    kinds = int(codes.max(initial=-1)) + 1

    def distance(in_a: Mask) -> float:
        of_a = in_a[owner]
        a = np.bincount(codes[of_a], minlength=kinds)
        b = np.bincount(codes[~of_a], minlength=kinds)
        return float(np.abs(a / max(a.sum(), 1) - b / max(b.sum(), 1)).sum() / 2)

    return distance


def kolmogorov_smirnov(values: Floats, owner: Ints, group: Ints | None = None, least: int = 0) -> Distance:
    """The largest difference of the distribution functions of `values`.

    With `group`, the mean over groups weighted by their counts in A, without those that have fewer
    than `least` values in A or B; 0 if there is no other.
    """
    group = np.zeros(len(values), np.int64) if group is None else group
    order = np.lexsort((values, group))
    values, group, owner = values[order], group[order], owner[order]
    changed = np.flatnonzero(group[1:] != group[:-1]) + 1
    starts = np.concatenate([[0], changed]) if len(values) else changed
    sizes = np.diff(np.concatenate([starts, [len(values)]]))
    within = np.arange(len(values)) - np.repeat(starts, sizes) + 1
    last = np.ones(len(values), bool)
    last[:-1] = (values[1:] != values[:-1]) | (group[1:] != group[:-1])

    def distance(in_a: Mask) -> float:
        if not len(values):
            return 0.0
        of_a = in_a[owner].astype(np.int64)
        a = np.add.reduceat(of_a, starts)
        b = sizes - a
        summed = np.cumsum(of_a)
        below_a = summed - np.repeat(summed[starts] - of_a[starts], sizes)
        apart = np.abs(
            below_a / np.repeat(np.maximum(a, 1), sizes)
            - (within - below_a) / np.repeat(np.maximum(b, 1), sizes)
        )
        worst = np.maximum.reduceat(np.where(last, apart, 0.0), starts)
        weights = np.maximum(a, 1) * (np.minimum(a, b) >= least)
        return float((worst * weights).sum() / weights.sum()) if weights.any() else 0.0

    return distance


def difference_of_shares(hits: Mask, owner: Ints) -> Distance:
    """The absolute difference of the shares of rows that are `hits`."""

    def distance(in_a: Mask) -> float:
        of_a = in_a[owner]
        a, b = hits[of_a], hits[~of_a]
        return abs(float(a.sum()) / max(len(a), 1) - float(b.sum()) / max(len(b), 1))

    return distance


def two_samples(a: Floats, b: Floats) -> float:
    """The Kolmogorov-Smirnov distance of two samples; 0 if one is empty."""
    if not len(a) or not len(b):
        return 0.0
    values = np.concatenate([a, b])
    return kolmogorov_smirnov(values, np.arange(len(values)))(np.arange(len(values)) < len(a))
