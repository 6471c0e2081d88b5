"""Sessions as a mixture of Markov chains: each user path is one chain."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, ClusterMixin, DensityMixin
from sklearn.cluster import KMeans
from sklearn.utils.validation import check_is_fitted

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PRIOR = 0.01
"""Dirichlet prior on each move of a chain: keeps moves that a path never made possible, but rare."""
FORBIDDEN = 1e-12
"""Weight of a move that a chain does not make: next to nothing, so that no session is impossible."""
STARTS = 24
SHORT_RUN = 25
"""EM iterations after which only the most likely starts go on."""
FINALISTS = 4
"""How many of them."""
TRACE = 0.05
"""Moves per session up to which a move may be a trace of another chain."""
PRUNING_RUN = 4
"""EM iterations after which a pruned chain is judged."""
HOPELESS = 50.0
"""A rise of the BIC that those iterations never make good."""
OCCUPIED = 0.5
"""Expected moves from which a probability counts as a fitted parameter in `bic`."""


VERY_STRONG = 10.0
"""Difference in BIC that is very strong evidence (Kass and Raftery, "Bayes factors", JASA 90, 1995)."""

FEW_SESSIONS, FEW_SHARE = 10, 0.005
"""Sessions, and share of all, that a user path must have at least."""


class MarkovMixture(DensityMixin, ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """A mixture of first-order Markov chains, fitted by expectation maximisation (EM).

    A sample is one distinct session as counts of its moves, start and leave included; its weight
    is the number of sessions that went so. `sources[j]` is the step that the move of column j
    starts from: within a chain, the probabilities of moves with one source add up to 1.

    The mixture is that of I. Cadez et al., "Model-based clustering and visualization of navigation
    patterns on a Web site", Data Mining and Knowledge Discovery 7 (2003).

    After `fit`: `weights_` (n_components,) the shares, `moves_` (n_components, n_moves) the
    probabilities, `counts_` the expected counts behind them, `responsibilities_` (n_samples,
    n_components). Components are ordered by share, the largest first.
    """

    def __init__(
        self,
        sources: Ints,
        n_components: int = 1,
        *,
        n_init: int = STARTS,
        max_iter: int = 500,
        tol: float = 1e-7,
        random_state: int | None = None,
    ) -> None:
        self.sources = sources
        self.n_components = n_components
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(self, X: sparse.csr_array, y: None = None, sample_weight: Floats | None = None) -> Self:  # noqa: ARG002, N803
        """Fits the shares and chains to the move counts X (n_samples, n_moves)."""
        weight = np.ones(X.shape[0]) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        self._turned = X.T
        fits = []
        for responsibilities in self._finalists(X, weight):
            self.allowed_: npt.NDArray[np.bool_] = np.ones((self.n_components, X.shape[1]), dtype=bool)
            order = np.argsort(-(responsibilities * weight[:, None]).sum(axis=0), kind="stable")
            self._settle(X, weight, responsibilities[:, order])
            fits.append((self._prune(X, weight), self.allowed_, self.responsibilities_))
        _, self.allowed_, responsibilities = min(fits, key=lambda fit: fit[0])
        self._settle(X, weight, responsibilities)
        return self

    def _finalists(self, X: sparse.csr_array, weight: Floats) -> list[Floats]:  # noqa: N803
        """Responsibilities of the best runs: a few iterations from many starts, the best to the end."""
        self.allowed_ = np.ones((self.n_components, X.shape[1]), dtype=bool)
        if self.n_components == 1:
            return [np.ones((X.shape[0], 1))]
        rng = np.random.default_rng(self.random_state)
        starts = [self._by_kmeans(X, weight, rng)]
        starts += [self._by_sessions(X, weight, rng) for _ in range(self.n_init - 1)]
        tried = [self._iterate(X, weight, start, SHORT_RUN) for start in starts]
        best = sorted(tried, key=lambda run: -run[1])[:FINALISTS]
        return [self._iterate(X, weight, start, self.max_iter)[0] for start, _ in best]

    def _prune(self, X: sparse.csr_array, weight: Floats) -> float:  # noqa: N803
        """Forbids moves that a chain hardly makes, the rarest first, where that lowers the BIC.

        Returns the BIC.

        EM shares out every move among all chains that could have made it, so a chain keeps traces
        of moves that belong to others. A trace costs a parameter and means nothing.
        """
        best = self._settle(X, weight, self.responsibilities_)
        for trace in np.argsort(self.counts_, axis=None, kind="stable"):
            component, move = divmod(int(trace), X.shape[1])
            if self.counts_[component, move] > weight.sum() * TRACE:
                continue
            before = self.allowed_, self.responsibilities_
            self.allowed_ = self.allowed_.copy()
            self.allowed_[component, move] = False
            score = self._settle(X, weight, self.responsibilities_)
            if score < best + HOPELESS:
                score = self._settle(
                    X, weight, self._iterate(X, weight, self.responsibilities_, PRUNING_RUN)[0]
                )
            if score <= best:
                best = score
            else:
                self.allowed_ = before[0]
                self._settle(X, weight, before[1])
        return self._settle(X, weight, self._iterate(X, weight, self.responsibilities_, self.max_iter)[0])

    def _settle(self, X: sparse.csr_array, weight: Floats, responsibilities: Floats) -> float:  # noqa: N803
        """The chains follow from `responsibilities`, and those from the chains again. Returns the BIC."""
        self._maximise(weight, responsibilities)
        self.responsibilities_, each = self._expect(X)
        return float(-2 * (each @ weight) + self._parameters() * np.log(weight.sum()))

    def predict_proba(self, X: sparse.csr_array) -> Floats:  # noqa: N803
        """The probability of each component for each sample (n_samples, n_components)."""
        return self._expect(X)[0]

    def predict(self, X: sparse.csr_array) -> Ints:  # noqa: N803
        """The most probable component of each sample (n_samples,)."""
        return self._expect(X)[0].argmax(axis=1)

    def score_samples(self, X: sparse.csr_array) -> Floats:  # noqa: N803
        """The log-likelihood of each sample (n_samples,)."""
        return self._expect(X)[1]

    def score(self, X: sparse.csr_array, y: None = None, sample_weight: Floats | None = None) -> float:  # noqa: ARG002, N803
        """The mean log-likelihood of a session."""
        return float(np.average(self.score_samples(X), weights=sample_weight))

    def bic(self, X: sparse.csr_array, sample_weight: Floats | None = None) -> float:  # noqa: N803
        """Bayesian information criterion (Schwarz 1978), lower is better.

        The probabilities counted as parameters are those of moves that a chain is expected to have
        made at least `OCCUPIED` times, less one for each step it has moves from.
        """
        sessions = X.shape[0] if sample_weight is None else float(np.sum(sample_weight))
        return -2 * self.score(X, sample_weight=sample_weight) * sessions + self._parameters() * np.log(
            sessions
        )

    def _parameters(self) -> int:
        check_is_fitted(self)
        occupied = self.allowed_ & (self.counts_ >= OCCUPIED)
        left = np.zeros((self.n_components, int(self.sources.max()) + 1), dtype=bool)
        component, move = np.nonzero(occupied)
        left[component, self.sources[move]] = True
        return int(occupied.sum()) - int(left.sum()) + self.n_components - 1

    def _expect(self, X: sparse.csr_array) -> tuple[Floats, Floats]:  # noqa: N803
        """The probability of each component for each sample, and each sample's log-likelihood."""
        check_is_fitted(self, "moves_")
        # A row for each component: long rows are quicker to add up than short ones.
        joint = np.ascontiguousarray((X @ np.log(self.moves_).T).T) + np.log(self.weights_)[:, None]
        top = joint.max(axis=0)
        likely = np.exp(joint - top)
        total = likely.sum(axis=0)
        return (likely / total).T, top + np.log(total)

    def _maximise(self, weight: Floats, responsibilities: Floats) -> None:
        weighted = responsibilities * weight[:, None]
        self.counts_ = np.asarray((self._turned @ weighted).T)
        self._normalise()
        self.weights_ = np.maximum(weighted.sum(axis=0), 1e-9) / weight.sum()

    def _normalise(self) -> None:
        smoothed = np.where(self.allowed_, self.counts_ + PRIOR, FORBIDDEN)
        totals = np.zeros((smoothed.shape[0], int(self.sources.max()) + 1))
        np.add.at(totals.T, self.sources, smoothed.T)
        self.moves_ = smoothed / totals[:, self.sources]

    def _iterate(
        self,
        X: sparse.csr_array,  # noqa: N803
        weight: Floats,
        responsibilities: Floats,
        rounds: int,
    ) -> tuple[Floats, float]:
        """Responsibilities and log-likelihood per session after at most `rounds` of EM."""
        likelihood = -np.inf
        for _ in range(rounds):
            self._maximise(weight, responsibilities)
            responsibilities, each = self._expect(X)
            before, likelihood = likelihood, float(each @ weight / weight.sum())
            if likelihood - before < self.tol:
                break
        return responsibilities, likelihood

    def _by_kmeans(self, X: sparse.csr_array, weight: Floats, rng: np.random.Generator) -> Floats:  # noqa: N803
        """Responsibilities from k-means on the moves' shares of each session."""
        shares = sparse.diags_array(1.0 / X.sum(axis=1)) @ X
        clusters = min(self.n_components, X.shape[0])
        labels = KMeans(clusters, n_init=3, random_state=int(rng.integers(2**31))).fit_predict(
            shares, sample_weight=weight
        )
        return np.eye(self.n_components)[labels] * 0.9 + 0.1 / self.n_components

    def _by_sessions(self, X: sparse.csr_array, weight: Floats, rng: np.random.Generator) -> Floats:  # noqa: N803
        """Responsibilities if each chain had made the moves of one session drawn at random."""
        drawn = rng.choice(X.shape[0], self.n_components, p=weight / weight.sum())
        self.counts_ = X[drawn].toarray() + 0.1
        self._normalise()
        self.weights_ = np.full(self.n_components, 1 / self.n_components)
        return self.predict_proba(X)


def candidates(
    X: sparse.csr_array,  # noqa: N803
    weight: Floats,
    sources: Ints,
    *,
    most: int,
    seed: int,
    starts: int = STARTS,
) -> dict[int, tuple[MarkovMixture, float]]:
    """Mixtures of one component, two, and so on, each with its BIC.

    Stops after two component counts in a row that were not clearly better, or not `usable`.
    """
    found: dict[int, tuple[MarkovMixture, float]] = {}
    best = 1
    for components in range(1, min(most, X.shape[0]) + 1):
        mixture = MarkovMixture(sources, components, n_init=starts, random_state=seed)
        mixture.fit(X, sample_weight=weight)
        score = mixture.bic(X, weight)
        found[components] = mixture, score
        if score < found[best][1] - VERY_STRONG and usable(mixture, weight):
            best = components
        if components - best >= 2:
            break
    return found


def usable(mixture: MarkovMixture, weight: Floats) -> bool:
    """Whether every component has sessions enough: an odd session is not a user path."""
    least = max(FEW_SESSIONS, FEW_SHARE * weight.sum())
    return mixture.n_components == 1 or bool(mixture.weights_.min() * weight.sum() >= least)


def planted(sources: Ints, weights: Any, moves: Any) -> MarkovMixture:
    """A mixture with known shares and chains, to ask what the best possible answer would be."""
    mixture = MarkovMixture(sources, len(weights))
    mixture.weights_, mixture.moves_ = np.asarray(weights, float), np.asarray(moves, float)
    return mixture
