"""Think-time laws as distributions that can be drawn from and asked for probabilities.

`miner.workload` says which laws there are; here each becomes a `Distribution` on seconds >= 0. The
formulas are the textbook ones (Johnson, Kotz and Balakrishnan, "Continuous Univariate Distributions",
1994), written with scipy.special because fits ask for them thousands of times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc, gammaincinv, ndtr, ndtri

from miner import workload as w

Floats = npt.NDArray[np.float64]
GRID = 200


class Distribution(Protocol):
    """A law of seconds."""

    def cdf(self, x: Floats) -> Floats:
        """P(think time <= x), for x >= 0 of any shape."""
        ...

    def ppf(self, q: Floats) -> Floats:
        """The seconds below which a share `q` of think times lies."""
        ...


@dataclass(frozen=True)
class Formula:
    """A law given by its distribution function and the inverse of it."""

    cdf: Callable[[Floats], Floats]
    ppf: Callable[[Floats], Floats]


def _lognormal(law: w.Lognormal) -> Formula:
    return Formula(
        lambda x: ndtr(np.log(np.maximum(x, 1e-300) / law.median) / law.sigma),
        lambda q: law.median * np.exp(law.sigma * ndtri(q)),
    )


def _gamma(law: w.Gamma) -> Formula:
    return Formula(
        lambda x: gammainc(law.shape, x / law.scale), lambda q: law.scale * gammaincinv(law.shape, q)
    )


def _weibull(law: w.Weibull) -> Formula:
    return Formula(
        lambda x: (
            -np.expm1(-np.exp(np.minimum(law.shape * np.log(np.maximum(x, 1e-300) / law.scale), 700.0)))
        ),
        lambda q: law.scale * (-np.log1p(-q)) ** (1 / law.shape),
    )


def _exponential(law: w.Exponential) -> Formula:
    return Formula(lambda x: -np.expm1(-x / law.mean), lambda q: -law.mean * np.log1p(-q))


def _normal(law: w.Normal) -> Formula:
    below = ndtr(-law.mean / law.sd)
    return Formula(
        lambda x: (ndtr((x - law.mean) / law.sd) - below) / (1 - below),
        lambda q: law.mean + law.sd * ndtri(below + q * (1 - below)),
    )


class MeasuredQuantiles:
    """Linear between quantiles measured at evenly spaced probabilities."""

    def __init__(self, law: w.Quantiles) -> None:
        self.at = np.asarray(law.at)
        self.p = np.linspace(0, 1, len(self.at))

    def cdf(self, x: Floats) -> Floats:
        """P(think time <= x); where quantiles tie, the highest of their probabilities."""
        last = len(self.at) - 1 - np.unique(self.at[::-1], return_index=True)[1]
        return np.interp(x, self.at[last], self.p[last], left=0.0, right=1.0)

    def ppf(self, q: Floats) -> Floats:
        """The inverse of `cdf`."""
        return np.interp(q, self.p, self.at)


class TwoPart:
    """One law or another."""

    def __init__(self, law: w.Mixture) -> None:
        self.weight = law.weight
        self.first, self.second = distribution(law.first), distribution(law.second)

    def cdf(self, x: Floats) -> Floats:
        """The weighted mean of both parts."""
        return self.weight * self.first.cdf(x) + (1 - self.weight) * self.second.cdf(x)

    def ppf(self, q: Floats) -> Floats:
        """The inverse of `cdf`, by bisection between the parts' quantiles (to 1e-9 of them)."""
        low = np.minimum(self.first.ppf(q), self.second.ppf(q))
        high = np.maximum(self.first.ppf(q), self.second.ppf(q))
        for _ in range(60):
            middle = (low + high) / 2
            below = self.cdf(middle) < q
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return (low + high) / 2


LAWS: dict[str, Callable[[Any], Distribution]] = {
    "lognormal": _lognormal,
    "gamma": _gamma,
    "weibull": _weibull,
    "exponential": _exponential,
    "normal": _normal,
    "quantiles": MeasuredQuantiles,
    "mixture": TwoPart,
}


def distribution(law: w.Law) -> Distribution:
    """The distribution that `law` describes."""
    return LAWS[law.law](law)


def parts(law: w.Law) -> list[tuple[float, w.SimpleLaw]]:
    """The laws that `law` is made of, each with its weight."""
    if isinstance(law, w.Mixture):
        return [(law.weight, law.first), (1 - law.weight, law.second)]
    return [(1.0, law)]


def log_size(law: w.Law) -> tuple[float, float]:
    """The mean and the standard deviation of the log of a pause, over `GRID` quantiles of it."""
    logs = np.log(np.maximum(distribution(law).ppf((np.arange(GRID) + 0.5) / GRID), 1e-9))
    return float(logs.mean()), float(logs.std())


def log_variance(law: w.Law) -> float:
    """The variance of the log of a pause."""
    return log_size(law)[1] ** 2


def draw(law: w.Law, size: int, rng: np.random.Generator) -> Floats:
    """`size` think times in seconds, by inversion."""
    return distribution(law).ppf(rng.random(size))


def median(law: w.Law) -> float:
    """The median of `law` in seconds."""
    return float(distribution(law).ppf(np.array([0.5]))[0])


def pace_share(path: w.Path) -> float:
    """The share of the variance of log pauses on `path` that lies between visitors instead of within them.

    Over all moves, each as often as it was made; 0 where nobody has a pace.
    """
    between = within = 0.0
    for move in (move for moves in path.moves.values() for move in moves.values()):
        if move.think is not None:
            often = max(move.n, 1e-9)
            between += often * path.pace**2 * sum(weight for weight, law in parts(move.think) if law.paced)
            within += often * log_variance(move.think)
    return between / (between + within) if between else 0.0
