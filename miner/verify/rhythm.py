"""How many sessions start in a second, and at which hours: what changed beyond noise."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import chi2, norm, t

from miner.verify.arrivals import DAY, by_hour, rescaled_gaps, span
from miner.verify.changes import Change, percent, rate
from miner.verify.steps import Floats, Ints, Mask

BLOCKS = 20
"""Parts of a recording whose counts of starts show how much more than a Poisson process they vary."""
FEWEST_STARTS = 5
"""To be expected in an hour of the day on either side, or it is left out (Cochran, "Some methods for
strengthening the common chi-squared tests", Biometrics 10, 1954)."""
ROUNDS = 50
SUREST = 1e-300


def arrival_rate(arrived: Floats, in_a: Mask) -> Change:
    """Sessions per second from a side's first start to its last; the effect is the log of the ratio.

    The log of a rate has the variance of a Poisson count, 1/n, times the overdispersion.
    """
    a, b = np.sort(arrived[in_a]), np.sort(arrived[~in_a])
    before, after = ((len(side) - 1) / max(span(side), 1e-6) for side in (a, b))
    ratio = float(np.log(after / before))
    z = ratio / float(np.sqrt(overdispersion(a) / len(a) + overdispersion(b) / len(b)))
    p = float(2 * t.sf(abs(z), BLOCKS - 1))
    sentence = f"sessions: {rate(before)} -> {rate(after)}"
    what, unit = "sessions", "sessions per second"
    return Change("arrival rate", what, before, after, unit, abs(ratio), z, p, sentence)


def overdispersion(starts: Floats) -> float:
    """Variance over mean of the rising starts in BLOCKS parts of equal expectation; at least 1, as Poisson.

    Expected is the recording's own rate by hour of day, or one rate if it is shorter than a day.
    """
    at = np.cumsum(rescaled_gaps(starts))
    counts = np.histogram(at, BLOCKS, (0.0, float(at[-1])))[0]
    return max(1.0, float(counts.var(ddof=1) / counts.mean()))


def time_of_day(arrived: Floats, in_a: Mask) -> Iterator[Change]:
    """The hours at which sessions start, if both sides span a day; the effect is the total variation.

    Pearson's chi-squared test of hour against side, given the seconds that each side saw of each hour,
    over the overdispersion.
    """
    sides = np.sort(arrived[in_a]), np.sort(arrived[~in_a])
    if min(map(span, sides)) < DAY:
        return
    counts, observed = (np.array(part) for part in zip(*map(by_hour, sides), strict=True))
    kept = (_expected(counts, observed) >= FEWEST_STARTS).all(axis=0)
    if kept.sum() < 2:
        return
    counts, observed = counts[:, kept], observed[:, kept]
    expected = _expected(counts, observed)
    statistic = ((counts - expected) ** 2 / expected).sum() / max(map(overdispersion, sides))
    p = max(float(chi2.sf(statistic, kept.sum() - 1)), SUREST)
    yield _other_hours(np.flatnonzero(kept), counts / observed, p)


def _other_hours(hours: Ints, rates: Floats, p: float) -> Change:
    """The change, with the hour that changed most."""
    shares = rates / rates.sum(axis=1, keepdims=True)
    apart = np.abs(shares[1] - shares[0])
    most, effect = int(np.argmax(apart)), float(apart.sum() / 2)
    what, (before, after) = f"{hours[most]:02d}:00 UTC", map(float, shares[:, most])
    sentence = (
        f"time of day: {percent(effect)} of sessions start at other hours; "
        f"in the hour from {what} {percent(before)} -> {percent(after)}"
    )
    z = float(norm.isf(p / 2))
    return Change("time of day", what, before, after, "of sessions", effect, z, p, sentence)


def _expected(counts: Floats, observed: Floats) -> Floats:
    """Starts by side and hour if both sides had one rhythm: fitted by iterative proportional scaling."""
    level = np.ones((2, 1))
    for _ in range(ROUNDS):
        by_hour = counts.sum(axis=0) / np.maximum((observed * level).sum(axis=0), 1e-9)
        level = counts.sum(axis=1, keepdims=True) / (observed * by_hour).sum(axis=1, keepdims=True)
    fitted: Floats = observed * by_hour * level
    return fitted
