"""Think-time laws fitted to pauses that a coarse clock showed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from miner import workload as w
from miner.laws import log_size, median, parts
from miner.paths.censored import Floats, Pauses, cumulative, observed, probabilities
from miner.paths.families import FAMILIES, bounded, two_parts, two_parts_from
from miner.paths.mixture import VERY_STRONG

ENOUGH = 30
"""Pauses below which a move takes the law of the same move on all paths."""
FIT_DISTANCE = 0.03
FIT_NOISE = 1.63
"""A law fits if its Kolmogorov-Smirnov distance is at most FIT_DISTANCE, or within the 1 % critical
value FIT_NOISE / sqrt(n) (Smirnov 1948)."""
NEAR = 0.01
"""A law that is nearer than this is good enough, however many pauses show that it is not the true one."""
TWO_PARTS = 60
"""Pauses below which no two parts are told apart."""
BLUR = 0.41
"""Standard deviation, in ticks, of what a clock that rounds both ends down adds to a pause: 1 / sqrt(6)."""
SAME, FELT = 1e-3, 1e-3
"""Share of a pause, and seconds, by which pauses may differ and still be the same."""
QUANTILES = 21
DIGITS = 3
"""Significant digits of a parameter in the workload file: more would be noise."""
MOSTLY = 0.8
"""Share of pauses that must be shorter than the gap: a law of what lies beyond it would be made up."""


@dataclass(frozen=True)
class Fit:
    """A law, how far it is from the pauses (Kolmogorov-Smirnov), and how many those are."""

    law: w.Law
    distance: float
    n: float
    bic: float


Make = Callable[[Floats], w.Law]


def fit(pauses: Pauses, pace: float = 0.0) -> Fit:
    """The law with the lowest BIC: of one part, or of two if that fits badly, or else measured quantiles.

    The law is that of a visitor of average pace; `pace` is the standard deviation of its log. What varies
    less than that has no pace.
    """
    if constant := _constant(pauses):
        return constant
    best = min(_simple(pauses, pace), key=lambda fitted: fitted.bic)
    noise = FIT_NOISE / np.sqrt(max(pauses.n, 1.0))
    if best.distance > max(noise, NEAR) and pauses.n >= TWO_PARTS and len(pauses.count) > 2:
        best = _of_two_parts(pauses, pace, best)
    if best.distance <= max(FIT_DISTANCE, noise):
        return best
    return Fit(_quantiles(pauses, pace), 0.0, pauses.n, best.bic)


def _constant(pauses: Pauses) -> Fit | None:
    """A narrow normal law, if nearly all pauses are the same as far as anybody could feel."""
    if pauses.n < ENOUGH or pauses.clock > FELT:
        return None
    order = np.argsort(pauses.low)
    at = np.searchsorted(np.cumsum(pauses.count[order]), pauses.n * np.array([0.01, 0.5, 0.99]))
    low, middle, high = pauses.middle[order][at.clip(max=len(order) - 1)].tolist()
    if high - low > max(SAME * middle, FELT):
        return None
    return Fit(rounded(w.Normal(mean=middle, sd=SAME * middle, paced=False)), 0.0, pauses.n, 0.0)


def _simple(pauses: Pauses, pace: float) -> list[Fit]:
    """The fits of the families, and of those that vary less than pace does without it."""
    mean, spread = _size(pauses)
    own = np.sqrt(max(spread**2 - pace**2, 0.05**2))
    found = []
    for family in FAMILIES.values():
        start = np.array(family.start(mean, own))
        found.append(_fitted(family.make, start, pauses, pace))
        if pace and spread < 2 * pace:

            def steady(p: Floats, make: Make = family.make) -> w.Law:
                return make(p).model_copy(update={"paced": False})

            without = _fitted(steady, np.array(family.start(mean, spread)), pauses, pace)
            found += [without] if without.bic < found[-1].bic - VERY_STRONG else []
    return found


def _of_two_parts(pauses: Pauses, pace: float, simple: Fit) -> Fit:
    """The best pair of families, one after the other; or the `simple` law if two lognormals are no better."""
    one, other = "lognormal", "lognormal"
    best = _pair(one, other, _two_humps(pauses), pauses, pace)
    if best.bic > simple.bic - VERY_STRONG:
        return simple
    humps = _humps(best.law)
    for family in FAMILIES:
        fitted = _pair(one, family, humps, pauses, pace)
        best, other = min((best, other), (fitted, family), key=lambda pair: pair[0].bic)
    humps = _humps(best.law)
    for family in FAMILIES:
        fitted = _pair(family, other, humps, pauses, pace)
        best, one = min((best, one), (fitted, family), key=lambda pair: pair[0].bic)
    for machine in ("first", "second") if pace else ():
        fitted = _pair(one, other, _humps(best.law), pauses, pace, machine)
        best = fitted if fitted.bic < best.bic - VERY_STRONG else best
    return replace(best, law=rounded(_shorter_first(best.law)))


def _pair(one: str, other: str, humps: Floats, pauses: Pauses, pace: float, steady: str = "") -> Fit:
    """The best mixture of two families, looked for from `humps` on."""
    return _fitted(two_parts(one, other, steady), two_parts_from(one, other, humps), pauses, pace)


def _humps(law: w.Law) -> Floats:
    """The weight of the first part of a mixture, and log mean and spread of both."""
    (weight, first), (_, second) = parts(law)
    return np.array([weight, *log_size(first), *log_size(second)])


def _size(pauses: Pauses) -> tuple[float, float]:
    """Mean and standard deviation of the logs, about."""
    logs = np.log(pauses.middle)
    mean = float(np.average(logs, weights=pauses.count))
    return mean, max(float(np.sqrt(np.average((logs - mean) ** 2, weights=pauses.count))), 1e-3)


def _two_humps(pauses: Pauses) -> Floats:
    """Weight of the lower hump, and log mean and spread of both: a mixture of normals on the logs, by EM.

    No hump is narrower than the clock would show one that is a point: pauses that are on one tick only
    because it is wide would be a hump else.
    """
    logs, count = np.log(pauses.middle), pauses.count
    order = np.argsort(logs)
    reached = np.cumsum(count[order]) / count.sum()
    best, top = np.array([0.5, logs.min(), 1.0, logs.max(), 1.0]), -np.inf
    for split in (0.1, 0.25, 0.5, 0.75, 0.9):
        low = np.zeros(len(logs))
        low[order[: max(int(np.searchsorted(reached, split)), 1)]] = 1.0
        for _ in range(60):
            share = np.stack([low, 1 - low]) * count
            weight = np.maximum(share.sum(axis=1), 1e-9)
            mean = share @ logs / weight
            spread = np.sqrt((share * (logs - mean[:, None]) ** 2).sum(axis=1) / weight)
            spread = np.maximum(spread, np.clip(BLUR * pauses.clock / np.exp(mean), 1e-3, 0.5))
            density = -0.5 * ((logs - mean[:, None]) / spread[:, None]) ** 2 - np.log(spread)[:, None]
            joint = density + np.log(weight / count.sum())[:, None]
            whole = np.logaddexp(*joint)
            low = np.exp(joint[0] - whole)
        if (likely := float(count @ whole)) > top:
            top = likely
            share_low = float(np.clip(weight[0] / count.sum(), 0.01, 0.99))
            best = np.array([share_low, mean[0], spread[0], mean[1], spread[1]])
    return best


def _fitted(make: Make, start: Floats, pauses: Pauses, pace: float) -> Fit:
    """The law of greatest likelihood among those that `make` makes."""

    def cost(parameters: Floats) -> float:
        law = make(bounded(parameters))
        if np.isfinite(pauses.longest):
            short = float(observed(law)(np.array([pauses.longest]))[0])
            beyond = pauses.n * max(0.0, MOSTLY - short) * 10
        else:
            beyond = 0.0
        cdf = observed(law, pace, pauses.longest)
        return beyond - float(pauses.count @ np.log(probabilities(cdf, pauses)))

    found = minimize(cost, bounded(start), method="L-BFGS-B", options={"maxiter": 100, "eps": 1e-5})
    law = rounded(make(bounded(found.x)))
    bic = 2 * float(found.fun) + len(start) * np.log(max(pauses.n, 2.0))
    return Fit(law, distance(law, pauses, pace), pauses.n, bic)


def _shorter_first(law: w.Law) -> w.Law:
    """A mixture has the part with the shorter pauses first."""
    if not isinstance(law, w.Mixture) or median(law.first) <= median(law.second):
        return law
    return w.Mixture(weight=1 - law.weight, first=law.second, second=law.first)


def distance(law: w.Law, pauses: Pauses, pace: float) -> float:
    """Kolmogorov-Smirnov distance between what the clock showed and what the law makes it show."""
    order = np.argsort(pauses.low)
    measured = np.cumsum(pauses.count[order]) / pauses.n
    expected = cumulative(observed(law, pace, pauses.longest), pauses)[order]
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
