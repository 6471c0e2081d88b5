"""Whether sessions start alike: in their spacing, and in the time of day."""

from __future__ import annotations

import numpy as np

from miner.verify.distances import Distance, two_samples
from miner.verify.steps import Floats, Ints, Mask

HOUR, DAY = 3600.0, 86_400.0


def arrivals(arrived: Floats) -> Distance:
    """The larger of two Kolmogorov-Smirnov distances of session starts (seconds since 1970).

    First, of the gaps between successive starts, each in expected starts: integrated over the set's own
    rate by hour of day. By the time-rescaling theorem (Brown, Barbieri, Ventura, Kass and Frank, "The
    time-rescaling theorem and its application to neural spike train data analysis", 2002) a Poisson
    process gives exponential gaps of mean 1, whatever its rhythm and rate, so a replay at another
    rate can be compared. A set shorter than a day has one rate. Second, and only if both sets span a
    day, of the time of day of the starts.
    """
    order = np.argsort(arrived, kind="stable")
    rising = arrived[order]

    def distance(in_a: Mask) -> float:
        of_a = in_a[order]
        a, b = rising[of_a], rising[~of_a]
        gaps = two_samples(rescaled_gaps(a), rescaled_gaps(b))
        if min(span(a), span(b)) < DAY:
            return gaps
        return max(gaps, two_samples(a % DAY, b % DAY))

    return distance


def rescaled_gaps(starts: Floats) -> Floats:
    """How many starts were to be expected between each of the rising `starts` and the next."""
    if span(starts) < DAY:
        return np.diff(starts) * (len(starts) - 1) / max(span(starts), 1e-6)
    count, seconds = by_hour(starts)
    hours, edges = clock_hours(starts)
    rate = (count / np.maximum(seconds, 1.0))[hours % 24]
    expected = np.concatenate([[0.0], np.cumsum(rate * np.diff(edges))])
    gaps: Floats = np.diff(np.interp(starts, edges, expected))
    return gaps


def by_hour(starts: Floats) -> tuple[Floats, Floats]:
    """How many of the rising `starts` are in each hour of the day (UTC), and the seconds seen of it."""
    hours, edges = clock_hours(starts)
    count = np.bincount((starts // HOUR % 24).astype(np.int64), minlength=24)
    return count.astype(float), np.bincount(hours % 24, np.diff(edges), 24).astype(float)


def clock_hours(starts: Floats) -> tuple[Ints, Floats]:
    """The hours since 1970 from the first of the rising `starts` to the last, and their edges in between."""
    hours = np.arange(starts[0] // HOUR, starts[-1] // HOUR + 1)
    edges: Floats = np.clip(np.append(hours, hours[-1] + 1) * HOUR, starts[0], starts[-1])
    return hours.astype(np.int64), edges


def span(starts: Floats) -> float:
    """Seconds from the first of the rising `starts` to the last."""
    return float(starts[-1] - starts[0]) if len(starts) else 0.0
