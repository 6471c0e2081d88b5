"""The families that think-time laws are chosen from, each by parameters that know no bounds.

A parameter is the log of a size in seconds, of a shape or of a spread; the weight of a part is a logit. So a
fit needs no constraints, and an error of a parameter is a relative one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from miner import workload as w
from miner.paths.censored import Floats

EULER = 0.5772
"""Minus the mean of the log of a standard exponential; its standard deviation is pi / sqrt(6) = 1.28."""
MOST = 12.0
"""Parameters are kept between -MOST and MOST: from 6 microseconds to two days."""
LEAST_WEIGHT = 1e-3
HUMP = np.log(100.0)
"""A gamma of a greater shape than that is a normal, which reads better."""


@dataclass(frozen=True)
class Family:
    """Laws with `size` parameters: `make` gives the law of some, `start` those with a log mean and spread."""

    size: int
    make: Callable[[Floats], w.SimpleLaw]
    start: Callable[[float, float], list[float]]


def _lognormal(p: Floats) -> w.Lognormal:
    return w.Lognormal(median=np.exp(p[0]), sigma=np.exp(p[1]))


def _gamma(p: Floats) -> w.Gamma:
    shape = min(p[1], HUMP)
    return w.Gamma(shape=np.exp(shape), scale=np.exp(p[0] - shape))


def _weibull(p: Floats) -> w.Weibull:
    return w.Weibull(shape=np.exp(p[1]), scale=np.exp(p[0]))


def _exponential(p: Floats) -> w.Exponential:
    return w.Exponential(mean=np.exp(p[0]))


def _normal(p: Floats) -> w.Normal:
    return w.Normal(mean=np.exp(p[0]), sd=np.exp(p[1]))


FAMILIES: dict[str, Family] = {
    "lognormal": Family(2, _lognormal, lambda mean, spread: [mean, np.log(spread)]),
    "gamma": Family(2, _gamma, lambda mean, spread: [mean + spread**2 / 2, -2 * np.log(spread)]),
    "weibull": Family(
        2, _weibull, lambda mean, spread: [mean + EULER * spread / 1.28, np.log(1.28 / spread)]
    ),
    "exponential": Family(1, _exponential, lambda mean, _: [mean + EULER]),
    "normal": Family(2, _normal, lambda mean, spread: [mean, mean + np.log(min(spread, 1.0))]),
}


def bounded(parameters: Floats) -> Floats:
    """The parameters, none beyond MOST."""
    return np.clip(parameters, -MOST, MOST)


def two_parts(one: str, other: str, steady: str = "") -> Callable[[Floats], w.Law]:
    """Makes mixtures of two families; the part called `steady`, first or second, has no pace."""
    first, second = FAMILIES[one], FAMILIES[other]

    def make(p: Floats) -> w.Law:
        weight = np.clip(expit(p[0]), LEAST_WEIGHT, 1 - LEAST_WEIGHT)
        parts = {"first": first.make(p[1 : 1 + first.size]), "second": second.make(p[1 + first.size :])}
        if steady:
            parts[steady] = parts[steady].model_copy(update={"paced": False})
        return w.Mixture(weight=weight, **parts)

    return make


def two_parts_from(one: str, other: str, humps: Floats) -> Floats:
    """Where to start: `humps` are the weight of the first, then log mean and spread of each."""
    weight, *rest = humps
    first = FAMILIES[one].start(rest[0], rest[1])
    return np.array([logit(weight), *first, *FAMILIES[other].start(rest[2], rest[3])])
