"""Intervals hold the planted parameters as often as they say, and are as wide as estimates really vary."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from clocks import seen
from populations import drawn, stored

from miner import workload as w
from miner.laws import draw, pace_share
from miner.paths.censored import count_pauses
from miner.paths.intervals import WIDE, intervals, parameters
from miner.paths.mine import mine
from miner.paths.pauses import Pauses
from miner.paths.think import fit
from miner.paths.timing import Everyone, time_path

SEEDS = 100
LEAST = 0.88
"""Of 100 intervals that hold the truth 95 times in 100, fewer than 88 do so once in 500."""
WIDTH = 0.2
"""Relative tolerance of a width: the spread of 100 estimates is known to 7 %."""
PAUSES = 500
SESSIONS, PACE, SIGMA = 1000, 0.5, 0.6


@pytest.mark.parametrize("clock", [0.001, 1.0])
@pytest.mark.parametrize(
    "law",
    [w.Lognormal(median=4, sigma=0.8), w.Weibull(shape=1.7, scale=6), w.Exponential(mean=6)],
    ids=lambda law: law.law,
)
def test_intervals_hold_the_truth_as_often_as_they_say(law: w.Law, clock: float) -> None:
    """Of 100 samples of 500 pauses (seeds 0 to 99), about 95 have each parameter in its interval."""
    held, found = defaultdict[str, list[bool]](list), defaultdict[str, list[float]](list)
    widths = defaultdict[str, list[float]](list)
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        think, ones = seen(draw(law, PAUSES, rng), clock, rng), np.ones(PAUSES)
        fitted = fit(count_pauses(think, ones, clock)).law
        if fitted.law != law.law:
            continue
        sure = intervals(fitted, think, ones, np.arange(PAUSES), clock, np.inf, 0.0)
        for name, truth in parameters(law).items():
            low, high = sure[name]
            held[name].append(low <= truth <= high)
            found[name].append(np.log(parameters(fitted)[name]))
            widths[name].append(np.log(high / low))
    for name, hits in held.items():
        assert len(hits) >= LEAST * SEEDS
        assert np.mean(hits) >= LEAST
        assert np.mean(widths[name]) == pytest.approx(2 * WIDE * np.std(found[name]), rel=WIDTH)


def test_pauses_of_one_visitor_are_not_independent() -> None:
    """With a strong pace, intervals of the median and of the pace hold the truth (40 seeds, 34 at least)."""
    held = defaultdict[str, list[bool]](list)
    narrow = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        session = np.repeat(np.arange(SESSIONS), 4)
        factor = np.exp(PACE * rng.standard_normal(SESSIONS))[session]
        think = 8.0 * factor * np.exp(SIGMA * rng.standard_normal(len(session)))
        pauses = Pauses(session, np.zeros(len(session), int), seen(think, 1.0, rng), 1.0, 1)
        timing = time_path(pauses, np.ones(SESSIONS), Everyone(pauses))
        assert timing.sure_pace
        median, sigma = timing.sure[0, 0]["median"], timing.sure[0, 0]["sigma"]
        held["pace"].append(timing.sure_pace[0] <= PACE <= timing.sure_pace[1])
        held["median"].append(median[0] <= 8.0 <= median[1])
        held["sigma"].append(sigma[0] <= SIGMA <= sigma[1])
        alone = intervals(
            timing.fits[0, 0].law, pauses.think, np.ones(len(session)), np.arange(len(session)), 1.0, np.inf,
            timing.pace,
        )["median"]  # fmt: skip
        narrow.append(np.log(alone[1] / alone[0]) / np.log(median[1] / median[0]))
    for hits in held.values():
        assert np.mean(hits) >= 0.85
    assert np.mean(narrow) < 0.9


def test_quantiles_and_a_single_pause_have_no_interval() -> None:
    """Nothing is claimed where there are no parameters, or nothing to tell them by."""
    one, law = np.array([3.0]), w.Lognormal(median=3.0, sigma=0.5)
    where = (np.ones(1), np.zeros(1, int), 1.0, np.inf, 0.0)
    assert intervals(w.Quantiles(at=(1.0, 2.0)), one, *where) == {}
    assert all(low <= high for low, high in intervals(law, one, *where).values())


def test_what_is_mined_says_how_sure_it_is() -> None:
    """Each parameter of a frequent move has an interval around it, and the pace has its share of variance."""
    with stored(drawn("strong pace", 2000, 1)) as store:
        mined = mine(store, name="planted")
    path = mined.workload.paths[0]
    pace = mined.sure[0]
    assert (pace.path, pace.parameter, pace.before) == (path.name, "pace", None)
    assert pace.low < 0.7 < pace.high
    for one in mined.sure[1:]:
        assert one.low <= one.value <= one.high
        assert path.moves[str(one.before)][str(one.after)].think is not None
    assert pace_share(path) == pytest.approx(0.7**2 / (0.7**2 + 0.8**2), abs=0.04)
    assert pace_share(path.model_copy(update={"pace": 0.0})) == 0
