"""Laws planted behind a coarse clock are found again, and a naive fit does not find them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from clocks import seen
from scipy import stats

from miner import workload as w
from miner.laws import draw, median
from miner.paths.censored import count_pauses, cumulative, observed, probabilities
from miner.paths.pace import estimate_pace
from miner.paths.pauses import Pauses
from miner.paths.think import Fit, fit, rounded
from miner.paths.timing import Everyone, fit_moves, time_path

Floats = npt.NDArray[np.float64]
SEED = 20260105
PLANTED = 5000
CLOSE = 0.05
"""Relative tolerance of a parameter planted in 5,000 pauses; three standard errors are less."""
PACE = 0.05
NOISE = 1.63 / np.sqrt(PLANTED)
"""The 1 % critical value of the Kolmogorov-Smirnov distance (Smirnov 1948)."""
MACHINE = w.Lognormal(median=1.5, sigma=0.3)
PERSON = w.Lognormal(median=9.0, sigma=0.8)


def planted(law: w.Law, clock: float = 1.0, n: int = PLANTED) -> Floats:
    """Pauses of a law as a clock shows them."""
    rng = np.random.default_rng(SEED)
    return seen(draw(law, n, rng), clock, rng)


def fitted(think: Floats, clock: float = 1.0) -> Fit:
    """The law that is found in pauses."""
    return fit(count_pauses(think, np.ones(len(think)), clock))


def error(found: w.Law, law: w.Law) -> float:
    """The largest relative error of a parameter; infinite for another law."""
    if found.law != law.law:
        return np.inf
    own, truth = found.model_dump(exclude={"law"}), law.model_dump(exclude={"law"})
    return max(abs(own[name] / truth[name] - 1) for name in truth)


def naive_lognormal(think: Floats) -> w.Law:
    """The fit of whoever drops zeros and takes the clock at its word."""
    shape, _, scale = stats.lognorm.fit(think[think > 0], floc=0)
    return w.Lognormal(median=scale, sigma=shape)


def naive_gamma(think: Floats) -> w.Law:
    """The same for a gamma."""
    shape, _, scale = stats.gamma.fit(think[think > 0], floc=0)
    return w.Gamma(shape=shape, scale=scale)


def naive_exponential(think: Floats) -> w.Law:
    """The same for an exponential."""
    return w.Exponential(mean=think[think > 0].mean())


@pytest.mark.parametrize(
    ("law", "naive"),
    [
        (w.Lognormal(median=1.5, sigma=0.8), naive_lognormal),
        (w.Gamma(shape=2.2, scale=0.8), naive_gamma),
        (w.Exponential(mean=1.6), naive_exponential),
    ],
    ids=["lognormal", "gamma", "exponential"],
)
def test_a_law_is_found_through_a_clock_of_seconds(law: w.Law, naive: Callable[[Floats], w.Law]) -> None:
    """The law and its parameters come back within 5 %, where a naive fit of the same law is worse."""
    think = planted(law)
    found = fitted(think).law
    assert error(found, law) < CLOSE
    assert error(naive(think), law) > max(CLOSE, error(found, law))


@pytest.mark.parametrize(
    "law",
    [
        w.Lognormal(median=20, sigma=1.1),
        w.Gamma(shape=3.0, scale=8.0),
        w.Gamma(shape=20.0, scale=3.0),
        w.Weibull(shape=2.0, scale=20.0),
    ],
)
def test_long_pauses_are_found(law: w.Law) -> None:
    """Where the clock hardly matters, the parameters come back as well."""
    assert error(fitted(planted(law)).law, law) < CLOSE


def test_pauses_shorter_than_the_clock_are_found() -> None:
    """A third of a second shows as zeros and ones, and its median is found within a tenth."""
    law = w.Lognormal(median=0.35, sigma=0.6)
    think = planted(law)
    assert np.median(think) == 0
    assert median(fitted(think).law) == pytest.approx(0.35, rel=0.1)


def test_a_clock_of_milliseconds_is_no_hindrance() -> None:
    """Short pauses through a fine clock come back within 5 %."""
    law = w.Lognormal(median=0.08, sigma=0.7)
    assert error(fitted(planted(law, clock=0.001), clock=0.001).law, law) < CLOSE


@pytest.mark.parametrize(("seconds", "clock"), [(5.0, 1.0), (5.0, 0.001), (5.0, 1e-6), (120.0, 1.0)])
def test_constant_pauses_stay_constant(seconds: float, clock: float) -> None:
    """If all pauses are alike, nearly all drawn ones are within a tick and a twentieth of them."""
    found = fitted(np.full(1000, seconds), clock).law
    assert isinstance(found, w.Normal | w.Lognormal | w.Gamma | w.Weibull)
    drawn = draw(found, 1000, np.random.default_rng(SEED))
    assert np.mean(np.abs(drawn - seconds) <= clock + seconds / 20) > 0.95


def test_pauses_of_nothing_are_next_to_nothing() -> None:
    """If the clock shows only zeros, drawn pauses are far below a tick; overlaps are zeros too."""
    for think in (np.zeros(500), np.full(500, -3.0)):
        for clock in (1.0, 1e-6):
            assert draw(fitted(think, clock).law, 1000, np.random.default_rng(SEED)).max() < clock / 2


@pytest.mark.parametrize("seconds", [0.0, 1.0, 7.0, 86_400.0])
def test_one_pause_is_enough_for_a_law(seconds: float) -> None:
    """One pause gives a law that is finite and near it."""
    found = fitted(np.array([seconds]))
    assert found.n == 1
    assert 0 <= median(found.law) <= seconds * 1.1 + 1


@pytest.mark.parametrize("clock", [0.001, 1.0])
@pytest.mark.parametrize(
    "law",
    [
        w.Mixture(weight=0.35, first=MACHINE, second=w.Lognormal(median=14.0, sigma=0.7)),
        w.Mixture(weight=0.6, first=MACHINE, second=w.Exponential(mean=25.0)),
        w.Mixture(weight=0.7, first=PERSON, second=w.Normal(mean=60.0, sd=0.5)),
    ],
)
def test_a_machine_and_a_person_on_one_move_are_told_apart(law: w.Mixture, clock: float) -> None:
    """Both parts of a mixture come back: its weight within 0.03, their medians within a tenth."""
    found = fitted(planted(law, clock), clock)
    assert isinstance(found.law, w.Mixture)
    assert found.law.weight == pytest.approx(law.weight, abs=0.03)
    assert median(found.law.first) == pytest.approx(median(law.first), rel=0.1)
    assert median(found.law.second) == pytest.approx(median(law.second), rel=0.1)
    assert found.distance < NOISE


def test_three_humps_are_kept_as_quantiles() -> None:
    """Where not even two parts fit, measured quantiles are kept, and all humps are drawn again."""
    rng = np.random.default_rng(SEED)
    humps = [rng.normal(seconds, seconds / 30, 2000) for seconds in (3, 30, 300)]
    found = fitted(seen(np.concatenate(humps), 0.001, rng), 0.001).law
    assert isinstance(found, w.Quantiles)
    drawn = draw(found, 6000, rng)
    for seconds in (3, 30, 300):
        near = np.abs(drawn / seconds - 1) < 0.2
        assert np.mean(near) == pytest.approx(1 / 3, abs=0.06)


@pytest.mark.parametrize("law", [w.Lognormal(median=15, sigma=1.2), w.Exponential(mean=40.0)])
def test_the_gap_cuts_no_law_short(law: w.Law) -> None:
    """Of pauses that ended no session at a gap of a minute, the law is that of all (within a tenth)."""
    rng = np.random.default_rng(SEED)
    think = draw(law, PLANTED, rng)
    think = seen(think[think < 60.0], 1.0, rng)
    cut = fit(count_pauses(think, np.ones(len(think)), 1.0, 60.0)).law
    assert error(cut, law) < 0.1 < error(fitted(think).law, law)


def test_a_machine_has_no_pace() -> None:
    """Of a slow poller and a quick one, both every ten seconds, the law is not paced."""
    every = w.Normal(mean=10.0, sd=0.15)
    found = fit(count_pauses(planted(every, 0.001), np.ones(PLANTED), 0.001), pace=0.5).law
    assert isinstance(found, w.Normal | w.Gamma | w.Lognormal)
    assert not found.paced
    assert median(found) == pytest.approx(10.0, rel=0.01)


def test_a_law_that_fits_is_near() -> None:
    """The distance of a true law is within the noise of its sample."""
    assert fitted(planted(w.Weibull(shape=1.7, scale=6.0))).distance < NOISE


@pytest.mark.parametrize("clock", [1.0, 0.001])
@pytest.mark.parametrize("pace", [0.0, 0.4])
def test_what_the_clock_shows_has_a_probability_each(clock: float, pace: float) -> None:
    """Over all that a clock can show, probabilities add up to 1 and to what is cumulative."""
    shown: Floats = np.arange(4000, dtype=np.float64) * clock
    pauses = count_pauses(shown, np.ones(len(shown)), clock)
    law = w.Lognormal(median=20 * clock, sigma=0.8)
    cdf = observed(law, pace)
    each = probabilities(cdf, pauses)
    assert each.sum() == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(np.cumsum(each), cumulative(cdf, pauses), atol=2e-3)


def test_a_probability_is_how_often_the_clock_shows_it() -> None:
    """The triangle of a coarse clock is what simulated clocks show."""
    law = w.Gamma(shape=1.5, scale=1.2)
    think = planted(law, n=200_000)
    pauses = count_pauses(think, np.ones(len(think)), 1.0)
    expected = probabilities(observed(law), pauses)
    np.testing.assert_allclose(pauses.count / len(think), expected, atol=0.004)


def test_counting_keeps_every_pause() -> None:
    """Weights are neither lost nor made, rows do not overlap, and the longest pauses are counted together."""
    rng = np.random.default_rng(SEED)
    think: Floats = np.floor(np.exp(rng.uniform(-1, 12, 5000))).astype(np.float64)
    weight = rng.random(5000)
    pauses = count_pauses(think, weight, 1.0)
    assert pauses.n == pytest.approx(weight.sum())
    assert (pauses.low[1:] >= pauses.high[:-1] - 1e-9).all()
    assert len(pauses.count) < 600


def test_weights_are_repetitions() -> None:
    """A pause of weight 3 is three pauses."""
    think = planted(w.Exponential(mean=4), n=400)
    assert fit(count_pauses(think, np.full(400, 3.0), 1.0)).law == fitted(np.repeat(think, 3)).law


def test_parameters_are_rounded() -> None:
    """A law keeps three significant digits, in its parts too."""
    part = w.Exponential(mean=1.23456789)
    assert rounded(part) == w.Exponential(mean=1.23)
    assert rounded(w.Quantiles(at=(0.123456, 98765.4))) == w.Quantiles(at=(0.123, 98800.0))
    assert rounded(w.Mixture(weight=0.5, first=part, second=part)).model_dump()["first"]["mean"] == 1.23


def sessions_of(pace: float, sessions: int, steps: int = 6) -> Pauses:
    """Pauses of sessions with a planted pace, of two moves in turn."""
    rng = np.random.default_rng(SEED)
    session = np.repeat(np.arange(sessions), steps)
    move = np.tile(np.arange(steps) % 2, sessions)
    size = np.where(move == 0, 4.0, 12.0)
    factor = np.exp(pace * rng.standard_normal(sessions))[session]
    think = size * factor * np.exp(0.6 * rng.standard_normal(len(session)))
    return Pauses(session, move, seen(think, 1.0, rng), 1.0, 2)


@pytest.mark.parametrize("pace", [0.0, 0.2, 0.4])
def test_the_pace_is_found(pace: float) -> None:
    """A planted pace comes back within 0.05, and the moves' laws without it within a tenth."""
    pauses = sessions_of(pace, 2500)
    timing = time_path(pauses, np.ones(2500), Everyone(pauses))
    assert timing.pace == pytest.approx(pace, abs=PACE)
    for move, truth in enumerate((4.0, 12.0)):
        law = timing.fits[divmod(move, 2)].law
        assert isinstance(law, w.Lognormal)
        assert law.median == pytest.approx(truth, rel=0.1)
        assert law.sigma == pytest.approx(0.6, rel=0.1)


def test_two_visits_in_one_session_do_not_hide_the_pace() -> None:
    """Three silences of half an hour inside sessions leave the pace as it is, with a gamma law too."""
    rng = np.random.default_rng(SEED)
    session = np.repeat(np.arange(2500), 6)
    factor = np.exp(0.3 * rng.standard_normal(2500))[session]
    think = rng.gamma(3.0, 2.0, len(session)) * factor
    think[rng.choice(len(session), 3, replace=False)] = 1700.0
    pauses = Pauses(session, np.zeros(len(session), int), seen(think, 1.0, rng), 1.0, 1)
    assert time_path(pauses, np.ones(2500), Everyone(pauses)).pace == pytest.approx(0.3, abs=PACE)


def test_sessions_of_one_pause_have_no_pace() -> None:
    """Where no session has two pauses, nothing is known of a pace, and none is found."""
    pauses = sessions_of(0.4, 400, steps=1)
    weight = np.ones(400)
    assert estimate_pace(pauses, weight, fit_moves(pauses, weight, 0.0)) == (0.0, None)


def test_rare_moves_take_the_law_of_everyone() -> None:
    """A move with few pauses on a path has the law that it has on all paths."""
    pauses = sessions_of(0.0, 300)
    everyone = Everyone(pauses)
    member = np.zeros(300)
    member[:4] = 1
    timing = time_path(pauses, member, everyone)
    for move in (0, 1):
        pooled = everyone.fit(move, timing.pace)
        assert pooled
        assert timing.law(*divmod(move, 2)) == pooled.law


def test_overlaps_are_counted() -> None:
    """The share of requests that began a tick before the last had ended is told."""
    known: dict[str, Any] = {"session": np.zeros(4, int), "move": np.zeros(4, int)}
    assert Pauses(**known, think=np.array([-1.0, -0.5, 0, 5]), clock=1.0, steps=1).overlapping == 0.25
    none = {name: rows[:0] for name, rows in known.items()}
    assert Pauses(**none, think=np.array([]), clock=1.0, steps=1).overlapping == 0
