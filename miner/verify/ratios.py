"""Means over the requests of many sessions, compared between A and B with sessions as the unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom, norm

from miner.verify.steps import Floats, Ints, Mask

RARE = 30
"""Sessions to be expected on one side below which an exact test takes the place of the normal law."""


@dataclass(frozen=True)
class Rows:
    """What is averaged: the mean of a kind is the sum of its values over the number of its group's rows."""

    owner: Ints
    """The session of each row."""
    kind: Ints
    """Of each row, from 0."""
    group: Ints
    """Of each kind, from 0: the endpoint that a move starts from, say."""
    value: Floats
    """Of each row."""


@dataclass(frozen=True)
class Means:
    """A mean per kind on both sides, and how sure it is that they differ; NaN and 1 without rows."""

    before: Floats
    after: Floats
    z: Floats
    """Difference over its standard error."""
    p: Floats
    """Two-sided."""
    rows: Ints
    """Of the kind's group, in A and in B: shape (2, kinds)."""
    sessions: Ints
    """Those that have the kind's group, in A and in B: shape (2, kinds)."""
    carriers: Ints
    """Those with a value above 0, in A and in B: shape (2, kinds)."""

    def at(self, kind: int) -> tuple[float, float, float, float]:
        """The kind's mean in A and in B, z and p."""
        return float(self.before[kind]), float(self.after[kind]), float(self.z[kind]), float(self.p[kind])

    def often(self, of: Floats | Ints) -> Floats:
        """How many rows each kind's group has for one of those that A and B have: the mean of both."""
        return (self.rows / np.reshape(of, (2, 1))).mean(axis=0)


def compared(rows: Rows, in_a: Mask) -> Means:
    """The means of every kind in A (where `in_a`, a value per session) and in B.

    The requests of a session are not independent, so a mean is a ratio of two sums over sessions
    (Cochran, "Sampling Techniques", 3rd ed. 1977, chapter 6). Its variance is taken around each side's own
    mean and around the common one, as if sessions were dealt to the sides at random; the larger counts.
    Where values are 0 and 1 and few sessions have one of them, an exact test of these sessions is used.
    """
    sums = _sums(rows, in_a)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = sums.y / sums.x
        variance = _variance(sums, means)
        z = np.where(variance > 0, (means[1] - means[0]) / np.sqrt(variance), 0.0)
    p = 2 * norm.sf(np.abs(z))
    if np.isin(rows.value, (0.0, 1.0)).all():
        few = np.where(sums.some.sum(axis=0) <= sums.short.sum(axis=0), sums.some, sums.short)
        p = np.where(_expected(few, sums.sessions) < RARE, _exact(few, sums.sessions), p)
    p = np.where((sums.x > 0).all(axis=0), p, 1.0)
    counts = (part.astype(np.int64) for part in (sums.x, sums.sessions, sums.some))
    return Means(means[0], means[1], z, p, *counts)


@dataclass(frozen=True)
class _Sums:
    """Over the sessions of A and of B, for each kind: y is a session's sum of values, x its group's rows."""

    y: Floats
    x: Floats
    yy: Floats
    xy: Floats
    xx: Floats
    sessions: Floats
    """Those with x above 0."""
    some: Floats
    """Those with y above 0."""
    short: Floats
    """Those with y below x."""


def _sums(rows: Rows, in_a: Mask) -> _Sums:
    kinds, groups = max(len(rows.group), 1), int(rows.group.max(initial=0)) + 1
    cell, y = _summed(rows.owner * kinds + rows.kind, rows.value)
    whole, x = _summed(rows.owner * groups + rows.group[rows.kind], np.ones(len(rows.kind)))
    owner, kind = np.divmod(cell, kinds)
    beside = x[np.searchsorted(whole, owner * groups + rows.group[kind])]

    def of_kinds(weights: Floats) -> Floats:
        return _by_side(~in_a[owner], kind, len(rows.group), weights)

    def of_groups(weights: Floats) -> Floats:
        return _by_side(~in_a[whole // groups], whole % groups, groups, weights)[:, rows.group]

    sessions = of_groups(np.ones(len(x)))
    return _Sums(
        y=of_kinds(y),
        x=of_groups(x),
        yy=of_kinds(y * y),
        xy=of_kinds(y * beside),
        xx=of_groups(x * x),
        sessions=sessions,
        some=of_kinds((y > 0).astype(float)),
        short=sessions - of_kinds((y >= beside).astype(float)),
    )


def _variance(of: _Sums, means: Floats) -> Floats:
    """Of the difference of the two means: the larger of two estimates."""
    common = of.y.sum(axis=0) / of.x.sum(axis=0)
    freedom = of.sessions / np.maximum(of.sessions - 1, 1)
    apart = (freedom * (of.yy - 2 * means * of.xy + means**2 * of.xx) / of.x**2).sum(axis=0)
    around = (of.yy - 2 * common * of.xy + common**2 * of.xx).sum(axis=0) / (of.sessions.sum(axis=0) - 1)
    variance: Floats = np.maximum(apart, around * (of.sessions / of.x**2).sum(axis=0))
    # Where all sessions are alike, rounding leaves a little that is no variance.
    return np.where(variance > 1e-12 * np.maximum(common**2, 1e-12), variance, 0.0)


def _expected(few: Floats, sessions: Floats) -> Floats:
    """How many of the `few` the side with fewer sessions would have if they were dealt at random."""
    expected: Floats = few.sum(axis=0) * sessions.min(axis=0) / np.maximum(sessions.sum(axis=0), 1)
    return expected


def _exact(few: Floats, sessions: Floats) -> Floats:
    """Twice the smaller tail of Fisher's exact test of the sessions that do it, or of those that do not."""
    known = few[0], sessions.sum(axis=0), few.sum(axis=0), sessions[0]
    least = np.minimum(hypergeom.cdf(*known), hypergeom.sf(known[0] - 1, *known[1:]))
    return np.minimum(1.0, 2 * least)


def _summed(codes: Ints, weights: Floats) -> tuple[Ints, Floats]:
    """The distinct codes, rising, and the sum of the weights of each."""
    distinct, place = np.unique(codes, return_inverse=True)
    return distinct, np.bincount(place, weights, len(distinct)).astype(float)


def _by_side(in_b: Mask, code: Ints, size: int, weights: Floats) -> Floats:
    """The sum of the weights by code, in A and in B; shape (2, size)."""
    summed: Floats = np.bincount(in_b * size + code, weights, 2 * size).astype(float).reshape(2, size)
    return summed
