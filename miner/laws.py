"""Think-time laws as distributions that can be drawn from and asked for probabilities.

`miner.workload` says which laws there are; here each becomes a `Distribution` on seconds >= 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy import stats

from miner import workload as w

Floats = npt.NDArray[np.float64]


class Distribution(Protocol):
    """A law of seconds."""

    def cdf(self, x: Floats) -> Floats:
        """P(think time <= x), any shape."""
        ...

    def rvs(self, size: int, random_state: np.random.Generator) -> Floats:
        """`size` think times in seconds."""
        ...

    def ppf(self, q: Floats) -> Floats:
        """The seconds below which a share `q` of think times lies."""
        ...


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

    def rvs(self, size: int, random_state: np.random.Generator) -> Floats:
        """Draws by inversion."""
        return self.ppf(random_state.random(size))


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

    def rvs(self, size: int, random_state: np.random.Generator) -> Floats:
        """Draws from the part that each draw belongs to."""
        first = random_state.random(size) < self.weight
        return np.where(first, self.first.rvs(size, random_state), self.second.rvs(size, random_state))


LAWS: dict[str, Callable[[Any], Distribution]] = {
    "lognormal": lambda law: stats.lognorm(law.sigma, scale=law.median),
    "gamma": lambda law: stats.gamma(law.shape, scale=law.scale),
    "weibull": lambda law: stats.weibull_min(law.shape, scale=law.scale),
    "exponential": lambda law: stats.expon(scale=law.mean),
    "normal": lambda law: stats.truncnorm(-law.mean / law.sd, np.inf, law.mean, law.sd),
    "quantiles": MeasuredQuantiles,
    "mixture": TwoPart,
}


def distribution(law: w.Law) -> Distribution:
    """The distribution that `law` describes."""
    return LAWS[law.law](law)


def median(law: w.Law) -> float:
    """The median of `law` in seconds."""
    return float(distribution(law).ppf(np.array([0.5]))[0])
