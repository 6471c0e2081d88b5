"""What can be measured: an entry in MEASURES each, and how a measure is written."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from miner.objectives.quantities import REQUESTS, SECONDS, SHARE, words

if TYPE_CHECKING:
    import pandas as pd

BEYOND = 10
"""Samples that must lie beyond a percentile, so that it does not hang on a few."""
LEAST_OF_MEAN = 30
RULE_OF_THREE = 3
"""None seen in n means less than 3/n with 95 % confidence (Hanley and Lippman-Hand, JAMA 249, 1983)."""
PARTS = 6
"""Growth compares the last of so many parts of the time with the first."""
MEDIAN = 50.0
FORM = re.compile(r"(?:(mean|p([0-9]{1,2}(?:\.[0-9]{1,3})?)) )?([a-z ]+)")
EXAMPLES = (
    *(
        f"{statistic} {what}"
        for what in ("latency", "lateness")
        for statistic in ("p50", "p95", "p99", "mean")
    ),
    "error share",
    "client error share",
    "throughput",
    "latency growth",
    "p95 latency growth",
    "mean latency growth",
)


@dataclass(frozen=True)
class Measure:
    """What is measured: a key of MEASURES, and of samples which percentile (none: their mean)."""

    what: str
    percentile: float | None = None

    def __str__(self) -> str:
        return f"{self.statistic} {self.what}".strip()

    @property
    def statistic(self) -> str:
        """`p95`, `mean`, or nothing for what is counted."""
        if not MEASURES[self.what].sampled:
            return ""
        return "mean" if self.percentile is None else f"p{self.percentile:g}"

    @property
    def unit(self) -> str:
        return MEASURES[self.what].unit

    @property
    def better(self) -> Literal["below", "above"]:
        """On which side of its limit it should be."""
        return MEASURES[self.what].better

    def of(self, rows: pd.DataFrame, start: float, end: float) -> tuple[float | None, int]:
        """The measure of `rows` from `start` to `end`, if there is one, and the number of samples behind it.

        The rows are as `miner.objectives.scope.samples` makes them.
        """
        return MEASURES[self.what].read(self, rows, start, end)

    def least(self, limit: float | None) -> int | None:
        """The fewest samples for a verdict; none if no number of them is enough."""
        if MEASURES[self.what].sampled:
            beyond = LEAST_OF_MEAN if self.percentile is None else _least_of_percentile(self.percentile)
            return max(beyond, 1)
        if self.unit == SHARE:
            return math.ceil(RULE_OF_THREE / limit - 1e-9) if limit else None
        return 1


@dataclass(frozen=True)
class Kind:
    """How something is measured."""

    unit: str
    better: Literal["below", "above"]
    read: Callable[[Measure, pd.DataFrame, float, float], tuple[float | None, int]]
    sampled: bool = False
    """Whether it is a percentile or mean of samples, rather than counted."""
    client_only: bool = False


def measure(given: object) -> Measure:
    """`p95 latency` as a measure. Raises ValueError with a sentence that names the nearest."""
    text = words(given)
    found = FORM.fullmatch(text)
    statistic, percent, what = found.groups() if found else (None, None, "")
    kind = MEASURES.get(what)
    if kind and kind.sampled and not statistic and what != GROWTH:
        raise ValueError(f"{text!r} lacks its statistic; write 'p95 {what}' or 'mean {what}'")
    if not kind or (statistic and not kind.sampled) or (percent and float(percent) == 0):
        near = get_close_matches(text.lower(), EXAMPLES, n=1, cutoff=0.0)[0]
        raise ValueError(f"{text!r} is no measure; the nearest is {near!r}")
    if not kind.sampled or statistic == "mean":
        return Measure(what)
    return Measure(what, float(percent) if percent else MEDIAN)


def _least_of_percentile(percentile: float) -> int:
    return math.ceil(BEYOND * 100 / (100 - Fraction(repr(percentile))))


def _statistic(measure: Measure, values: pd.Series) -> tuple[float | None, int]:
    """The percentile or mean of what is known of `values`, whatever their order."""
    import numpy as np

    known = np.sort(values.dropna().to_numpy(float))
    if not len(known):
        return None, 0
    q = measure.percentile
    return float(known.mean() if q is None else np.quantile(known, q / 100)), len(known)


def _samples(column: str) -> Callable[[Measure, pd.DataFrame, float, float], tuple[float | None, int]]:
    def read(measure: Measure, rows: pd.DataFrame, start: float, end: float) -> tuple[float | None, int]:
        return _statistic(measure, _during(rows, start, end)[column])

    return read


def _share(column: str) -> Callable[[Measure, pd.DataFrame, float, float], tuple[float | None, int]]:
    def read(_: Measure, rows: pd.DataFrame, start: float, end: float) -> tuple[float | None, int]:
        inside = _during(rows, start, end)
        return (float(inside[column].sum()) / len(inside) if len(inside) else None), len(inside)

    return read


def _throughput(_: Measure, rows: pd.DataFrame, start: float, end: float) -> tuple[float | None, int]:
    """All that was sent, whatever came of it."""
    n = len(_during(rows, start, end))
    return (n / (end - start) if end > start else None), n


def _growth(measure: Measure, rows: pd.DataFrame, start: float, end: float) -> tuple[float | None, int]:
    """The last part over the first, minus 1; n is that of the smaller."""
    part = (end - start) / PARTS
    first, before = _statistic(measure, _during(rows, start, start + part)["latency"])
    last, after = _statistic(measure, _during(rows, end - part, end)["latency"])
    return (last / first - 1 if first and last is not None else None), min(before, after)


def _during(rows: pd.DataFrame, start: float, end: float) -> pd.DataFrame:
    return rows[(rows["at"] >= start) & (rows["at"] < end)]


GROWTH = "latency growth"
MEASURES: dict[str, Kind] = {
    "latency": Kind(SECONDS, "below", _samples("latency"), sampled=True),
    "lateness": Kind(SECONDS, "below", _samples("late"), sampled=True, client_only=True),
    "error share": Kind(SHARE, "below", _share("failed")),
    "client error share": Kind(SHARE, "below", _share("client_error")),
    "throughput": Kind(REQUESTS, "above", _throughput),
    GROWTH: Kind(SHARE, "below", _growth, sampled=True),
}
