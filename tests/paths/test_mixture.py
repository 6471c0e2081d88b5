"""The mixture of Markov chains finds the chains that were planted, and is a quiet estimator."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score

from miner.paths.chains import Moves, count_moves, try_paths
from miner.paths.mixture import VERY_STRONG, MarkovMixture, candidates, planted

SEED = 20260105
CLOSE = 0.04
"""Tolerance of probabilities and shares planted in 1,500 sessions: three standard errors."""
STEPS = ["a", "b", "c"]
LEAVE = 3
# Rows are a, b, c and the start; columns a, b, c and leaving.
BROWSER = np.array([[0.6, 0.2, 0, 0.2], [0.7, 0, 0, 0.3], [0, 0, 0, 0], [1.0, 0, 0, 0]])
POLLER = np.array([[0, 0, 0, 0], [0, 0, 0.9, 0.1], [0, 0.8, 0, 0.2], [0, 1.0, 0, 0]])


def walk(chain: npt.NDArray[np.float64], rng: np.random.Generator) -> tuple[int, ...]:
    """One session of a chain."""
    steps: list[int] = []
    here = LEAVE
    while (here := int(rng.choice(4, p=chain[here]))) != LEAVE:
        steps.append(here)
    return tuple(steps)


def sessions(count: int = 1500, share: float = 0.7) -> tuple[list[tuple[int, ...]], list[int]]:
    """Sessions of two very different chains, and which each is of."""
    rng = np.random.default_rng(SEED)
    truth = (rng.random(count) > share).astype(int).tolist()
    return [walk((BROWSER, POLLER)[one], rng) for one in truth], truth


def counted(walks: list[tuple[int, ...]]) -> tuple[Moves, list[int]]:
    """The moves of the distinct sessions, and which of them each session is."""
    distinct = sorted(set(walks))
    times = np.array([walks.count(one) for one in distinct], dtype=float)
    lengths = np.array([len(one) for one in distinct])
    moves = count_moves(STEPS, lengths, np.array([step for one in distinct for step in one]), times)
    return moves, [distinct.index(one) for one in walks]


def best(moves: Moves, paths: int | None = None) -> MarkovMixture:
    """The mixture with the fewest chains that none with more beats clearly."""
    tried = try_paths(moves, paths, SEED)
    scores = {number: mixture.bic(moves.counts, moves.sessions) for number, mixture in tried.items()}
    lowest = min(scores.values())
    return tried[min(number for number, score in scores.items() if score < lowest + VERY_STRONG)]


def test_two_planted_chains_are_found() -> None:
    """BIC finds two chains, with their shares, moves and members."""
    walks, truth = sessions()
    moves, which = counted(walks)
    mixture = best(moves)
    assert mixture.n_components == 2
    np.testing.assert_allclose(mixture.weights_, [0.7, 0.3], atol=CLOSE)
    for component, chain in enumerate((BROWSER, POLLER)):
        made = chain[moves.source, moves.target]
        visited = made > 0
        np.testing.assert_allclose(mixture.moves_[component][visited], made[visited], atol=CLOSE)
    members = mixture.predict(moves.counts)[which]
    assert adjusted_rand_score(truth, members) > 0.99


def test_the_estimator_agrees_with_itself() -> None:
    """Responsibilities add up to 1, moves from each step too, and likelihoods to the score."""
    moves, _ = counted(sessions(400)[0])
    mixture = MarkovMixture(moves.source, 3, n_init=4, random_state=SEED)
    mixture.fit(moves.counts, sample_weight=moves.sessions)
    np.testing.assert_allclose(mixture.responsibilities_.sum(axis=1), 1)
    np.testing.assert_allclose(mixture.predict_proba(moves.counts), mixture.responsibilities_)
    assert mixture.weights_.sum() == pytest.approx(1)
    assert (np.diff(mixture.weights_) <= 0).all()
    for step in range(4):
        np.testing.assert_allclose(mixture.moves_[:, moves.source == step].sum(axis=1), 1)
    assert mixture.counts_.sum() == pytest.approx(moves.sessions @ moves.counts.sum(axis=1))
    each = mixture.score_samples(moves.counts)
    score = mixture.score(moves.counts, sample_weight=moves.sessions)
    assert score == pytest.approx(np.average(each, weights=moves.sessions))
    assert (mixture.predict(moves.counts) == mixture.responsibilities_.argmax(axis=1)).all()


def test_the_same_seed_gives_the_same_chains() -> None:
    """Two fits with one seed are equal, number for number."""
    moves, _ = counted(sessions(300)[0])
    fits = [best(moves, 2) for _ in range(2)]
    for name in ("weights_", "moves_", "responsibilities_"):
        np.testing.assert_array_equal(getattr(fits[0], name), getattr(fits[1], name))


def test_one_chain_is_the_counts() -> None:
    """With one component, probabilities are the counted moves' shares."""
    moves, _ = counted(sessions(300)[0])
    mixture = best(moves, 1)
    total = moves.sessions @ moves.counts.toarray()
    np.testing.assert_allclose(mixture.counts_[0], total)
    from_start = moves.source == moves.outside
    np.testing.assert_allclose(
        mixture.moves_[0][from_start], total[from_start] / total[from_start].sum(), atol=1e-3
    )
    assert (mixture.responsibilities_ == 1).all()


@pytest.mark.parametrize("asked", [None, 1, 5])
def test_a_single_distinct_session_is_one_path(asked: int | None) -> None:
    """If all sessions went the same way, there is one path, however many are asked for."""
    moves, _ = counted([(0, 1)] * 50)
    mixture = best(moves, asked)
    assert mixture.n_components == 1
    np.testing.assert_allclose(mixture.moves_, 1)


def test_one_population_is_one_path() -> None:
    """Sessions of one chain are not split."""
    walks = sessions(600, share=1.0)[0]
    moves, _ = counted(walks)
    assert list(candidates(moves.counts, moves.sessions, moves.source, most=5, seed=SEED)) == [1, 2, 3]
    assert best(moves).n_components == 1


def test_weights_are_repetitions() -> None:
    """A distinct session of weight 3 is three sessions."""
    walks = [(0,), (0, 1), (0, 1), (1, 2), (1, 2), (1, 2)]
    once, _ = counted(walks)
    apart = count_moves(STEPS, np.array([len(one) for one in walks]), np.array(sum(walks, ())), np.ones(6))
    first, second = (best(moves, 1) for moves in (once, apart))
    np.testing.assert_allclose(first.moves_, second.moves_)
    assert first.bic(once.counts, once.sessions) == pytest.approx(second.bic(apart.counts, apart.sessions))


def test_moves_are_counted_with_start_and_leave() -> None:
    """Each session begins outside and ends there, and repeated moves add up."""
    moves = count_moves(STEPS, np.array([1, 4]), np.array([2, 0, 1, 0, 1]), np.ones(2))
    found = [
        {(int(moves.source[j]), int(moves.target[j])): int(row[j]) for j in np.flatnonzero(row)}
        for row in moves.counts.toarray()
    ]
    assert found == [{(3, 2): 1, (2, 3): 1}, {(3, 0): 1, (0, 1): 2, (1, 0): 1, (1, 3): 1}]
    assert moves.outside == 3


def test_it_is_a_scikit_learn_estimator() -> None:
    """It can be cloned, and says that it is not fitted."""
    moves, _ = counted([(0, 1), (1,)])
    mixture = MarkovMixture(moves.source, 2, random_state=SEED)
    assert clone(mixture).get_params()["n_components"] == 2
    with pytest.raises(NotFittedError):
        mixture.predict(moves.counts)


def test_planted_chains_tell_the_best_possible() -> None:
    """A mixture with known chains gives each session to the chain that made it."""
    walks, truth = sessions(200)
    moves, which = counted(walks)
    chains = [np.maximum(chain[moves.source, moves.target], 1e-12) for chain in (BROWSER, POLLER)]
    members = planted(moves.source, [0.7, 0.3], chains).predict(moves.counts)[which]
    assert members.tolist() == truth


def test_an_odd_session_is_no_user_path() -> None:
    """A session unlike all others lowers the BIC of a third chain, but does not become a path."""
    walks, _ = sessions()
    moves, _ = counted([*walks, (1, 1, 2, 2) * 12])
    found = candidates(moves.counts, moves.sessions, moves.source, most=5, seed=SEED)
    assert found[3][1] < found[2][1] - VERY_STRONG
    assert best(moves).n_components == 2
