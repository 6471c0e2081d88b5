"""Every law is the textbook's: scipy.stats is the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from miner import workload as w
from miner.laws import LAWS, distribution, draw, median

SEED = 20260105
DRAWS = 20_000
KS = 1.63 / np.sqrt(DRAWS)
"""The 1 % critical value of the Kolmogorov-Smirnov distance (Smirnov 1948)."""

TEXTBOOK: list[tuple[w.Law, Any]] = [
    (w.Lognormal(median=4.1, sigma=0.82), stats.lognorm(0.82, scale=4.1)),
    (w.Lognormal(median=0.02, sigma=2.5), stats.lognorm(2.5, scale=0.02)),
    (w.Gamma(shape=2.1, scale=1.9), stats.gamma(2.1, scale=1.9)),
    (w.Gamma(shape=0.3, scale=50.0), stats.gamma(0.3, scale=50.0)),
    (w.Weibull(shape=1.2, scale=3.4), stats.weibull_min(1.2, scale=3.4)),
    (w.Weibull(shape=0.5, scale=3.4), stats.weibull_min(0.5, scale=3.4)),
    (w.Exponential(mean=6.5), stats.expon(scale=6.5)),
    (w.Normal(mean=5.0, sd=3.0), stats.truncnorm(-5 / 3, np.inf, 5, 3)),
    (w.Normal(mean=0.0, sd=2.0), stats.halfnorm(scale=2.0)),
]
MADE: list[w.Law] = [
    w.Quantiles(at=(0.4, 1.2, 2.0, 2.9, 31.5)),
    w.Mixture(weight=0.7, first=w.Lognormal(median=2.5, sigma=0.4), second=w.Exponential(mean=12.0)),
    w.Mixture(weight=0.2, first=w.Normal(mean=1.0, sd=0.1), second=w.Quantiles(at=(30.0, 40.0))),
]
ALL: list[w.Law] = [law for law, _ in TEXTBOOK] + MADE
laws = pytest.mark.parametrize("law", ALL, ids=lambda law: law.law)


def test_every_law_of_the_workload_is_tested() -> None:
    """No law that a workload may name is left out here."""
    assert {law.law for law in ALL} == set(LAWS)


@pytest.mark.parametrize(("law", "reference"), TEXTBOOK, ids=lambda law: getattr(law, "law", ""))
def test_a_law_is_the_textbooks(law: w.Law, reference: Any) -> None:
    """Distribution function, inverse and median are those of scipy.stats, at both ends too."""
    q = np.concatenate([np.geomspace(1e-9, 0.5, 50), 1 - np.geomspace(1e-9, 0.5, 50)])
    x = np.concatenate([[0.0], np.geomspace(1e-6, 1e4, 200)])
    ours = distribution(law)
    np.testing.assert_allclose(ours.cdf(x), reference.cdf(x), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.ppf(q), reference.ppf(q), rtol=1e-6)
    assert median(law) == pytest.approx(reference.median(), rel=1e-9)


@laws
def test_the_inverse_undoes_the_distribution(law: w.Law) -> None:
    """The share of think times below the q-th quantile is q, in arrays of any shape."""
    q = np.linspace(0.001, 0.999, 400).reshape(4, 100)
    back = distribution(law).cdf(distribution(law).ppf(q))
    assert back.shape == q.shape
    np.testing.assert_allclose(back, q, atol=1e-7)


@laws
def test_a_distribution_rises_from_nothing_to_one(law: w.Law) -> None:
    """No probability lies below zero seconds, and none is missing in the end."""
    x = np.concatenate([[0.0], np.geomspace(1e-9, 1e9, 500)])
    p = distribution(law).cdf(x)
    assert p[0] == pytest.approx(0, abs=1e-9)
    assert p[-1] == pytest.approx(1)
    assert np.all(np.diff(p) >= -1e-12)


@laws
def test_draws_follow_the_law(law: w.Law) -> None:
    """Draws are never negative, come again with the seed, and have the law's distribution."""
    drawn = draw(law, DRAWS, np.random.default_rng(SEED))
    assert drawn.min() >= 0
    assert stats.kstest(drawn, distribution(law).cdf).statistic < KS
    np.testing.assert_array_equal(drawn, draw(law, DRAWS, np.random.default_rng(SEED)))


def test_tied_quantiles_are_a_jump() -> None:
    """Where measured quantiles tie, the distribution jumps to the highest of their probabilities."""
    law = distribution(w.Quantiles(at=(0.0, 0.0, 0.0, 4.0, 8.0)))
    np.testing.assert_allclose(law.cdf(np.array([0.0, 2.0, 4.0, 8.0, 9.0])), [0.5, 0.625, 0.75, 1, 1])
    np.testing.assert_allclose(law.ppf(np.array([0.0, 0.4, 0.5, 0.75, 1.0])), [0, 0, 0, 4, 8])


def test_equal_quantiles_are_a_constant() -> None:
    """All quantiles equal: every draw is that, and nothing lies below."""
    law = w.Quantiles(at=(5.0, 5.0, 5.0))
    assert set(draw(law, 100, np.random.default_rng(SEED))) == {5.0}
    np.testing.assert_allclose(distribution(law).cdf(np.array([4.99, 5.0])), [0, 1])


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_a_mixture_of_one_is_that_one(weight: float) -> None:
    """With all the weight on one part, a mixture is that part."""
    parts = w.Lognormal(median=2.0, sigma=0.5), w.Exponential(mean=30.0)
    mixture = w.Mixture(weight=weight, first=parts[0], second=parts[1])
    q = np.linspace(0.01, 0.99, 50)
    alone = distribution(parts[0] if weight else parts[1])
    np.testing.assert_allclose(distribution(mixture).ppf(q), alone.ppf(q), rtol=1e-8)
