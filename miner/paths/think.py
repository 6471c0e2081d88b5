"""Think-time laws fitted to pauses that a coarse clock showed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from miner import workload as w
from miner.laws import distribution
from miner.paths.censored import Floats, Pauses, cumulative, paced, probabilities

ENOUGH = 30
"""Pauses below which a move takes the law of the same move on all paths."""
FIT_DISTANCE = 0.05
FIT_NOISE = 1.63
"""A law fits if its Kolmogorov-Smirnov distance is at most FIT_DISTANCE, or within the 1 % critical
value FIT_NOISE / sqrt(n) (Smirnov 1948)."""
QUANTILES = 21
STEP = 0.2
"""First step of a fit, in logs of the parameters."""
DIGITS = 3
"""Significant digits of a parameter in the workload file: more would be noise."""


@dataclass(frozen=True)
class Fit:
    """A law, how far it is from the pauses (Kolmogorov-Smirnov), and how many those are."""

    law: w.Law
    distance: float
    n: float
    bic: float


Make = Callable[[Floats], w.Law]


def _lognormal(parameters: Floats) -> w.Law:
    return w.Lognormal(median=np.exp(parameters[0]), sigma=np.exp(parameters[1]))


def _gamma(parameters: Floats) -> w.Law:
    shape = np.exp(parameters[1])
    return w.Gamma(shape=shape, scale=np.exp(parameters[0]) / shape)


def _weibull(parameters: Floats) -> w.Law:
    return w.Weibull(shape=np.exp(parameters[1]), scale=np.exp(parameters[0]))


def _exponential(parameters: Floats) -> w.Law:
    return w.Exponential(mean=np.exp(parameters[0]))


CANDIDATES: dict[str, tuple[Make, int]] = {
    "lognormal": (_lognormal, 2),
    "gamma": (_gamma, 2),
    "weibull": (_weibull, 2),
    "exponential": (_exponential, 1),
}
"""How each law is made from unbounded parameters (logs of a size in seconds and of a shape)."""


def fit(pauses: Pauses, pace: float = 0.0) -> Fit:
    """The law with the lowest BIC, or the measured quantiles if even that one does not fit.

    The law is that of a visitor of average pace; `pace` is the standard deviation of its log.
    """
    best = min((_fit_one(name, pauses, pace) for name in CANDIDATES), key=lambda fitted: fitted.bic)
    if best.distance <= max(FIT_DISTANCE, FIT_NOISE / np.sqrt(max(pauses.n, 1.0))):
        return best
    return Fit(_quantiles(pauses, pace), 0.0, pauses.n, best.bic)


def _fit_one(name: str, pauses: Pauses, pace: float) -> Fit:
    make, size = CANDIDATES[name]
    logs = np.log(pauses.middle)
    centre = float(np.average(logs, weights=pauses.count))
    spread = max(float(np.sqrt(np.average((logs - centre) ** 2, weights=pauses.count))), 0.1)
    # Lognormal pauses have the spread of their logs for sigma; others are about as even as its inverse.
    start = np.array([centre, np.log(spread) if name == "lognormal" else -np.log(spread)])[:size]

    def cost(parameters: Floats) -> float:
        bounded = np.clip(parameters, -12.0, 12.0)
        cdf = paced(distribution(make(bounded)).cdf, pace)
        return -float(pauses.count @ np.log(probabilities(cdf, pauses)))

    # Left to itself, the simplex is flat where the start is near 0, and stops there.
    simplex = start + np.vstack([np.zeros(size), STEP * np.eye(size)])
    options = {"xatol": 1e-3, "fatol": 1e-2, "maxiter": 200, "initial_simplex": simplex}
    found = minimize(cost, start, method="Nelder-Mead", options=options)
    law = rounded(make(np.clip(found.x, -12.0, 12.0)))
    bic = 2 * float(found.fun) + size * np.log(max(pauses.n, 1.0))
    return Fit(law, distance(law, pauses, pace), pauses.n, bic)


def distance(law: w.Law, pauses: Pauses, pace: float) -> float:
    """Kolmogorov-Smirnov distance between what the clock showed and what the law makes it show."""
    order = np.argsort(pauses.low)
    measured = np.cumsum(pauses.count[order]) / pauses.n
    expected = cumulative(paced(distribution(law).cdf, pace), pauses)[order]
    return float(np.max(np.abs(measured - expected)))


def _quantiles(pauses: Pauses, pace: float) -> w.Law:
    """Measured quantiles, drawn together towards the median by as much as `pace` spreads them."""
    order = np.argsort(pauses.low)
    edges = np.concatenate([pauses.low[order][:1], pauses.high[order]])
    reached = np.concatenate([[0.0], np.cumsum(pauses.count[order]) / pauses.n])
    at = np.interp(np.linspace(0, 1, QUANTILES), reached, edges)
    logs = np.log(np.maximum(at, pauses.clock / 100))
    kept = np.sqrt(max(0.0, 1 - pace**2 / max(float(np.var(logs)), 1e-9)))
    middle = logs[QUANTILES // 2]
    return rounded(w.Quantiles(at=tuple(np.exp(middle + kept * (logs - middle)))))


def rounded(law: w.Law) -> w.Law:
    """`law` with its numbers in `DIGITS` significant digits."""
    return type(law).model_validate(_rounded(law.model_dump()))


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, tuple) else value


def pace_scores(law: w.Law, pauses: Pauses) -> Floats:
    """What each row tells of its session's pace, shape (n,).

    The score of the log pace: d/de log P(row | every pause e^e times as long) at e = 0.
    """
    step = 0.01
    cdf = distribution(law).cdf

    def at(shift: float) -> Floats:
        return np.log(probabilities(lambda x: cdf(x * np.exp(-shift)), pauses))

    return (at(step) - at(-step)) / (2 * step)
