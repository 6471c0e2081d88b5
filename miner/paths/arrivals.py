"""How sessions arrive: their rate by hour and weekday, whether they come in bursts, and who comes again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from miner import workload as w
from miner.store import Store

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOUR, DAY = 3600.0, 86_400.0
ENOUGH_DAYS, ENOUGH_WEEKS = 2.0, 2.0
"""Days of recording from which a profile by hour is told from one day's accidents, and weeks for weekdays."""
MONDAY = 4
"""The first Monday of 1970 is this many days after its first day."""
CHANCE = 0.01
"""Probability that a rate which is always the same looks like a rhythm."""
ROUNDS = 20
FEW_RETURNS = 20
"""Visitors who come again, below which nothing is said of them."""


def read_arrivals(store: Store, sample: float = 1.0) -> w.Arrivals:
    """The arrivals of the sessions in the store, which are of this share of visitors: rates are those of all.

    Thinning a process brings the dispersion of its counts nearer to 1 by as much.
    """
    rows = store.fetch("miner.paths", "starts")
    started, finished = (rows.column(name).to_numpy() for name in ("started", "finished"))
    found = arrivals(started)
    returning = come_again(rows.column("visitor").to_numpy(), started, finished)
    return found.model_copy(
        update={
            "mean": _digits(found.mean / sample),
            "by_hour": tuple(_digits(rate / sample) for rate in found.by_hour),
            "peak": found.peak and _digits(found.peak / sample),
            "dispersion": round(max(1 + (found.dispersion - 1) / sample, 0.01), 2),
            "returning": returning,
        }
    )


def arrivals(starts: Floats) -> w.Arrivals:
    """The arrivals of sessions that start at `starts`, in Unix seconds (UTC), in any order."""
    starts = np.sort(starts)
    seconds = max(float(starts[-1] - starts[0]), 1.0)
    mean = _digits(len(starts) / seconds)
    if seconds < ENOUGH_DAYS * DAY:
        return w.Arrivals(mean=mean)
    hours = np.arange(np.floor(starts[0] / HOUR), np.floor(starts[-1] / HOUR) + 1)
    count = np.bincount((starts // HOUR - hours[0]).astype(int), minlength=len(hours)).astype(float)
    seen = np.full(len(hours), HOUR)
    seen[0] -= starts[0] % HOUR
    seen[-1] = max(starts[-1] % HOUR, 1.0)
    of_day = (hours % 24).astype(np.int64)
    of_week = ((hours // 24 - MONDAY) % 7).astype(np.int64)
    weekly = seconds >= ENOUGH_WEEKS * 7 * DAY
    by_hour, by_weekday, expected = _rhythm(count, seen, of_day, of_week, weekly=weekly)
    return w.Arrivals(
        mean=mean,
        by_hour=tuple(_digits(rate) for rate in by_hour),
        by_weekday=tuple(_digits(rate) for rate in by_weekday),
        peak=_digits(float(count.max()) / HOUR),
        dispersion=_dispersion(count, expected, len(by_hour) + len(by_weekday)),
    )


def _rhythm(
    count: Floats, seen: Floats, of_day: Ints, of_week: Ints, *, weekly: bool
) -> tuple[Floats, Floats, Floats]:
    """The rate by hour of the day, the factor of each weekday, and the counts that they lead to.

    Their product is fitted by iterative proportional fitting (Deming and Stephan 1940). Either is empty if
    all its rates could be the same.
    """
    flat = count.sum() / seen.sum()
    by_hour, by_weekday = np.full(24, flat), np.ones(7)
    for _ in range(ROUNDS):
        by_hour = _ratio(count, seen * by_weekday[of_week], of_day, 24)
        if weekly:
            by_weekday = _ratio(count, seen * by_hour[of_day], of_week, 7)
            by_weekday /= by_weekday.mean()
    spread = max(1.0, _dispersion(count, seen * by_hour[of_day] * by_weekday[of_week], 31))
    if not weekly or _alike(count, seen * by_hour[of_day], of_week, spread):
        by_weekday = np.zeros(0)
        by_hour = _ratio(count, seen, of_day, 24)
    days = by_weekday[of_week] if len(by_weekday) else np.ones(len(count))
    if _alike(count, seen * days * flat, of_day, spread):
        by_hour = np.zeros(0)
    hours = by_hour[of_day] if len(by_hour) else np.full(len(count), flat)
    return by_hour, by_weekday, seen * days * hours


def _ratio(count: Floats, expected: Floats, kind: Ints, kinds: int) -> Floats:
    """By kind of hour, how many times as many there were as expected."""
    found: Floats = np.bincount(kind, count, kinds) / np.maximum(np.bincount(kind, expected, kinds), 1e-12)
    return found


def _alike(count: Floats, expected: Floats, kind: Ints, spread: float) -> bool:
    """Whether what is seen in each kind of hour could be what is expected: Pearson's test."""
    seen, wanted = np.bincount(kind, count), np.bincount(kind, expected)
    wanted = wanted * seen.sum() / max(wanted.sum(), 1e-12)
    busy = wanted > 0
    statistic = float(np.sum((seen[busy] - wanted[busy]) ** 2 / wanted[busy])) / spread
    return bool(chi2.sf(statistic, max(int(busy.sum()) - 1, 1)) > CHANCE)


def _dispersion(count: Floats, expected: Floats, fitted: int) -> float:
    """Pearson's chi-square over its degrees of freedom, less those `fitted`: 1 for Poisson arrivals."""
    busy = expected > 0
    free = max(int(busy.sum()) - max(fitted, 1), 1)
    return max(0.01, round(float(np.sum((count[busy] - expected[busy]) ** 2 / expected[busy]) / free), 2))


def come_again(visitor: Ints, started: Floats, finished: Floats) -> w.Returning | None:
    """How visitors come again: from the number of the visitor of each session, its start and its end.

    Times are Unix seconds. How long they stay away is estimated by Kaplan and Meier ("Nonparametric
    estimation from incomplete observations", JASA 53, 1958): of who has not come back, it is known only for
    how long so far.
    """
    order = np.lexsort((started, visitor))
    visitor, started, finished = visitor[order], started[order], finished[order]
    within = float(started.max() - started.min()) / 2
    again = np.append(visitor[1:] == visitor[:-1], False)
    until = np.append(started[1:], 0.0)
    away = np.maximum(np.where(again, until, started.max()) - finished, 1e-6)
    if again.sum() < FEW_RETURNS:
        return None
    order = np.argsort(away, kind="stable")
    away, again = away[order], again[order]
    staying = np.cumprod(1 - again / np.arange(len(away), 0, -1))
    returned = 1 - staying[away <= within]
    share = float(returned[-1]) if len(returned) else 0.0
    if not share:
        return None
    median = float(away[np.searchsorted(returned, share / 2)])
    return w.Returning(share=_digits(share, 3), within=_digits(within, 3), median=_digits(median, 3))


def _digits(rate: float, digits: int = 4) -> float:
    return float(f"{rate:.{digits}g}")
