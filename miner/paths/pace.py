"""How much slower or faster one visitor of a path is than another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from miner import workload as w
from miner.laws import distribution, log_variance
from miner.paths.censored import Floats, observed, probabilities, rows_of
from miner.paths.censored import Pauses as Counted
from miner.paths.intervals import WIDE, Interval
from miner.paths.pauses import Ints, Pauses
from miner.paths.think import ENOUGH, Fit

LEAST_PACE = 0.05
"""A smaller pace cannot be told from none, nor felt by a service."""
MOST_PACE = 3.0
SURE = 3.0
LAST = 0.999
UNTOLD = 1e-3
"""Information of a pause about its session's pace that is as good as none; 1 / sigma^2 for a lognormal."""


def estimate_pace(pauses: Pauses, weight: Floats, fits: dict[int, Fit]) -> tuple[float, Interval | None]:
    """The standard deviation of the log of a visitor's pace; and if there is any, its 95 % interval.

    Pauses of one session share their pace and nothing else, so the expected product of the scores
    of two of them is the variance of log pace times both informations: the method of moments.
    Without a pace, the sum of those products has the variance 2 * the sum of the informations'
    products; a sum within SURE standard deviations of zero shows no pace. A law, or a part of one, that
    varies less than a visitor's pace is a machine's and has none, or else its scores would drown those of
    people: how much that is, is first asked with each pause counted alike, whatever it tells. The interval
    is that of a ratio of sums over sessions (Cochran, "Sampling Techniques", 1977, chapter 6).
    """
    products, expected = _products(pauses, weight, fits, alike=True)
    rough = float(np.sqrt(max(products.sum(), 0.0) / max(expected.sum(), 1.0)))
    steady = {move: replace(one, law=steadied(one.law, max(rough, LEAST_PACE))) for move, one in fits.items()}
    products, expected = _products(pauses, weight, steady, alike=False)
    told, possible = float(products.sum()), float(expected.sum())
    if told <= max(SURE * np.sqrt(2 * max(possible, 0.0)), LEAST_PACE**2 * possible):
        return 0.0, None
    variance = told / possible
    wide = WIDE * float(np.sqrt(np.sum((products - variance * expected) ** 2))) / possible
    low, high = np.sqrt(np.clip([variance - wide, variance + wide], 0.0, MOST_PACE**2)).tolist()
    return round(min(float(np.sqrt(variance)), MOST_PACE), 3), (low, high)


def steadied(law: w.Law, pace: float) -> w.Law:
    """`law`, without a pace for what varies less than `pace` does."""
    if isinstance(law, w.Mixture):
        return law.model_copy(
            update={"first": steadied(law.first, pace), "second": steadied(law.second, pace)}
        )
    return law.model_copy(update={"paced": bool(log_variance(law) > pace**2)})


def _products(pauses: Pauses, weight: Floats, fits: dict[int, Fit], *, alike: bool) -> tuple[Floats, Floats]:
    """For each session, the products of its scores and what a pace of 1 would make of them.

    With `alike` every pause counts the same, otherwise as much as it tells.
    """
    scores, informations = np.zeros(len(weight)), np.zeros(len(weight))
    order = np.argsort(pauses.move, kind="stable")
    moves = pauses.move[order]
    for move, fitted in fits.items():
        rows = order[slice(*np.searchsorted(moves, [move, move + 1]))]
        if fitted.n < ENOUGH or isinstance(fitted.law, w.Quantiles):
            continue
        score, information = scored(pauses.think[rows], weight[rows], pauses, fitted.law)
        if information > UNTOLD:
            scores[rows] = score / information if alike else score
            informations[rows] = 1.0 if alike else information
    return of_pairs(scores, pauses.session, weight), of_pairs(informations, pauses.session, weight)


def scored(think: Floats, weight: Floats, pauses: Pauses, law: w.Law) -> tuple[Floats, float]:
    """The score of each pause of one move, and the information that one has on average.

    A pause beyond the law's LAST quantile counts as that long: where two visits were taken for one
    session, the absence between them tells nothing of pace, and its score would drown all others.
    """
    shortest, longest = distribution(law).ppf(np.array([1 - LAST, LAST]))
    counted, row = rows_of(np.clip(think, shortest, longest), weight, pauses.clock, pauses.longest)
    each = pace_scores(law, counted)[row]
    each = each - np.average(each, weights=weight)
    return each, float(np.average(each**2, weights=weight))


def pace_scores(law: w.Law, pauses: Counted) -> Floats:
    """What each row tells of its session's pace, shape (n,).

    The score of the log pace: d/de log P(row | every pause e^e times as long) at e = 0.
    """
    step = 0.01

    def at(shift: float) -> Floats:
        return np.log(probabilities(observed(law, 0.0, pauses.longest, np.exp(shift)), pauses))

    found: Floats = (at(step) - at(-step)) / (2 * step)
    return found


def of_pairs(values: Floats, session: Ints, weight: Floats) -> Floats:
    """For each session, the sum of the products of all pairs of different `values` in it, by its weight."""
    _, rows = np.unique(session, return_inverse=True)
    sums, squares = np.bincount(rows, weights=values), np.bincount(rows, weights=values**2)
    members = np.zeros(len(sums))
    members[rows] = weight
    found: Floats = members * (sums**2 - squares)
    return found
