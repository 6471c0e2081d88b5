"""Sessions in groups that move and pause alike: each is a user path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.special import logsumexp, softmax

from miner.paths.chains import Moves, Walked, count_moves, try_paths
from miner.paths.memory import Memory, remember
from miner.paths.mixture import (
    FEW_SESSIONS,
    FEW_SHARE,
    FORBIDDEN,
    OCCUPIED,
    PRIOR,
    STARTS,
    VERY_STRONG,
    MarkovMixture,
)
from miner.paths.pauses import Pauses
from miner.paths.tempo import Beat, Tempo, fit_beat, log_likelihood, read_tempo

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DOUBT = np.log(2) / 2
"""Mean doubt of sessions, each as often as it has pauses, up to which pauses tell two groups apart: half of
what there is where they tell nothing. Where a law is merely not the model's it is 0.5 nats and more."""
ROUNDS = 60
"""EM iterations at most."""
SETTLED = 1e-6
"""Rise of the log-likelihood per session below which they end."""
SAMPLE = 20_000
"""Sessions that are enough to see which groups there are: the smallest has a hundred of them."""


@dataclass(frozen=True)
class Group:
    """A user path in the making: how it remembers, its moves between states, and who belongs to it."""

    memory: Memory
    moves: Moves
    member: Floats
    """(sessions,): the probability of each session to be of this group."""

    def counts(self, walked: Walked) -> Floats:
        """How often each of its moves was made."""
        weight = np.bincount(walked.shape, self.member, len(walked.lengths))
        found: Floats = weight @ self.moves.counts
        return found


@dataclass(frozen=True)
class Tried:
    """How well a number of paths explains how sessions move."""

    paths: int
    bic: float
    """Bayesian information criterion (Schwarz 1978); lower is better."""
    icl: float
    """The same with a penalty for sessions that could be of several paths (Biernacki, Celeux and Govaert,
    "Assessing a mixture model for clustering with the integrated completed likelihood", 2000)."""
    smallest: float
    """Share of sessions of the smallest path."""
    chosen: bool = False


def find_groups(
    walked: Walked, pauses: Pauses, asked: int | None, seed: int, starts: int = STARTS
) -> tuple[list[Group], list[Tried]]:
    """The groups that explain moves and pauses best, and how well each number tried explains the moves.

    Chains without memory are fitted for each number of components. Where memory explains as well what more
    chains do, there are fewer; where pauses tell sessions apart that move alike, more. With `asked`, there
    are that many. All is found on SAMPLE sessions at most, and then every session is put in its group.
    `starts` is how often each mixture is begun anew.
    """
    rows = _some(np.arange(len(walked.shape)), seed)
    few = walked.of(rows)
    groups, tried = _by_moves(few, try_paths(_moves(few, few.steps, few.number), asked, seed, starts))
    if asked is None:
        groups = _apart(few, groups)
    if len(groups) > 1 or len(rows) < len(walked.shape):
        tempo = read_tempo(pauses, np.ones(len(walked.shape)))
        groups = _settled(few, tempo.of(rows), groups)
        groups = _everyone(walked, tempo, few, tempo.of(rows), groups)
    if asked is None:
        groups = [part for group in groups for part in _by_pauses(walked, pauses, group, seed)]
    return sorted(groups, key=lambda group: -float(group.member.sum())), tried


def _some(sessions: Ints, seed: int) -> Ints:
    """At most SAMPLE of them, drawn at random, in their order."""
    if len(sessions) <= SAMPLE:
        return sessions
    return np.sort(np.random.default_rng(seed).choice(sessions, SAMPLE, replace=False))


def _by_moves(walked: Walked, mixtures: dict[int, MarkovMixture]) -> tuple[list[Group], list[Tried]]:
    """The groups of the mixture that none with more components beats clearly, and how well each did."""
    found = {number: _with_memory(walked, mixture) for number, mixture in mixtures.items()}
    scores = {number: _criteria(walked, None, groups) for number, groups in found.items()}
    best = min(scores)
    for number in sorted(scores):
        if scores[number][0] < scores[best][0] - VERY_STRONG:
            best = number
    smallest = {number: min(float(one.member.mean()) for one in groups) for number, groups in found.items()}
    tried = [
        Tried(number, bic, bic + 2 * float(doubt.sum()), smallest[number], number == best)
        for number, (bic, doubt) in sorted(scores.items())
    ]
    return found[best], tried


def _with_memory(walked: Walked, mixture: MarkovMixture) -> list[Group]:
    """A group for each component, with the states that its sessions need."""
    groups = []
    for member in mixture.responsibilities_.T:
        memory = remember(walked.steps, walked.lengths, member * walked.weight, walked.number)
        groups.append(_group(walked, memory, member[walked.shape]))
    if all(group.memory.states == walked.number for group in groups):
        return groups
    return _settled(walked, None, groups)


def _group(walked: Walked, memory: Memory, member: Floats) -> Group:
    return Group(memory, _moves(walked, memory.labels, memory.states), member)


def _moves(walked: Walked, labels: Ints, states: int) -> Moves:
    """The moves of the distinct sessions between so many states, which their steps are `labels` of."""
    return count_moves([str(state) for state in range(states)], walked.lengths, labels, walked.weight)


def _settled(walked: Walked, tempo: Tempo | None, groups: Sequence[Group]) -> list[Group]:
    """The groups after expectation maximisation over moves, and over pauses if there is a `tempo`."""
    groups = list(groups)
    if len(groups) == 1:
        return groups
    beats: list[Beat | None] = [None] * len(groups)
    before = -np.inf
    for _ in range(ROUNDS):
        if tempo is not None:
            beats = [fit_beat(tempo, g.member, beat) for g, beat in zip(groups, beats, strict=True)]
        joint = _joint(walked, tempo, groups, beats)
        whole = logsumexp(joint, axis=1, keepdims=True)
        members = np.exp(joint - whole)
        groups = [replace(group, member=member) for group, member in zip(groups, members.T, strict=True)]
        now = float(whole.mean())
        if now - before < SETTLED:
            break
        before = now
    return groups


def _joint(
    walked: Walked, tempo: Tempo | None, groups: Sequence[Group], beats: Sequence[Beat | None]
) -> Floats:
    """The log-likelihood of each session in each group, with the group's share (sessions, groups)."""
    columns = []
    for group, beat in zip(groups, beats, strict=True):
        chain = group.moves.counts @ np.log(_probabilities(group.moves, group.counts(walked)))
        column = chain[walked.shape] + np.log(max(float(group.member.mean()), 1e-12))
        if tempo is not None and beat is not None:
            column = column + log_likelihood(tempo, beat)
        columns.append(column)
    return np.column_stack(columns)


def _probabilities(moves: Moves, counts: Floats) -> Floats:
    """The probability of each move given its source; one that hardly any session made is as good as none."""
    smoothed = np.where(counts >= OCCUPIED, counts + PRIOR, FORBIDDEN)
    totals = np.bincount(moves.source, smoothed, minlength=moves.outside + 1)
    found: Floats = smoothed / totals[moves.source]
    return found


def _criteria(walked: Walked, tempo: Tempo | None, groups: Sequence[Group]) -> tuple[float, Floats]:
    """The Bayesian information criterion of the groups, and the doubt of each session in nats.

    That is the entropy of which group it belongs to: 0 where that is sure, the log of their number where
    nothing is known.
    """
    beats = [fit_beat(tempo, g.member, rounds=20) if tempo is not None else None for g in groups]
    joint = _joint(walked, tempo, groups, beats)
    whole = logsumexp(joint, axis=1, keepdims=True)
    free = len(groups) - 1 + sum(beat.parameters for beat in beats if beat is not None)
    for group in groups:
        made = group.counts(walked) >= OCCUPIED
        free += int(made.sum()) - len(np.unique(group.moves.source[made]))
    doubt = -np.sum(np.exp(joint - whole) * (joint - whole), axis=1)
    return float(-2 * whole.sum() + free * np.log(len(walked.shape))), doubt


def _apart(walked: Walked, groups: Sequence[Group]) -> list[Group]:
    """Sessions that share no step are groups of their own: by likelihood it is the same."""
    found: list[Group] = []
    for group in groups:
        part = _parts(walked, group)
        sizes = np.bincount(part[walked.shape], group.member)
        several = np.bincount(part[walked.shape], group.member * (walked.lengths > 1)[walked.shape])
        least = max(FEW_SESSIONS, FEW_SHARE * len(walked.shape))
        own = [one for one in np.argsort(-sizes)[1:] if sizes[one] >= least and several[one] >= least]
        found += [_narrowed(walked, group, part == one) for one in own]
        found.append(_narrowed(walked, group, ~np.isin(part, own)))
    return found


def _narrowed(walked: Walked, group: Group, chosen: npt.NDArray[np.bool_]) -> Group:
    """The group with those of its distinct sessions that are `chosen` alone."""
    return replace(group, member=group.member * chosen[walked.shape])


def _parts(walked: Walked, group: Group) -> Ints:
    """The number of the part of the group's chain that each distinct session walks; parts share no state."""
    counts = group.counts(walked)
    inside = (counts >= OCCUPIED) & (group.moves.source < group.moves.outside)
    inside &= group.moves.target < group.moves.outside
    size = group.moves.outside
    edges = sparse.coo_array(
        (np.ones(int(inside.sum())), (group.moves.source[inside], group.moves.target[inside])),
        shape=(size, size),
    )
    _, part = connected_components(edges, directed=False)
    found: Ints = part[group.memory.labels[walked.first]].astype(np.int64)
    return found


def _by_pauses(walked: Walked, pauses: Pauses, group: Group, seed: int) -> list[Group]:
    """The group, or two or more that differ in their pauses, if pauses tell which of them a session is of.

    The BIC alone would make two groups of whatever the model of tempo does not know, once there are sessions
    enough.
    """
    least = max(FEW_SESSIONS, FEW_SHARE * len(walked.shape))
    members = np.flatnonzero(group.member > 1 / 2)
    if len(members) < 2 * least:
        return [group]
    rows = _some(members, seed)
    few, some = walked.of(rows), read_tempo(pauses.within(rows), np.ones(len(rows)))
    whole = _group(few, group.memory.on(few.steps, few.lengths), np.ones(len(rows)))
    halves = _settled(few, some, _halves(some, whole))
    smallest = min(float(half.member.mean()) for half in halves) * float(group.member.sum())
    bic, doubt = _criteria(few, some, halves)
    unsure = float((doubt * some.number).sum()) > DOUBT * max(float(some.number.sum()), 1.0)
    if smallest < least or unsure or bic > _criteria(few, some, [whole])[0] - VERY_STRONG:
        return [group]
    tempo = read_tempo(pauses, group.member)
    parts = _everyone(walked, tempo, few, tempo.of(rows), halves)
    parts = [replace(part, member=part.member * group.member) for part in parts]
    return [one for part in parts for one in _by_pauses(walked, pauses, part, seed)]


def _halves(tempo: Tempo, group: Group) -> list[Group]:
    """The quicker and the slower sessions of a group, by their mean score, as two groups."""
    number = tempo.number
    mean = tempo.sums / np.maximum(number, 1)
    low, high = np.quantile(mean[number > 0], [0.2, 0.8]) if (number > 0).any() else (0.0, 0.0)
    weight = group.member * number
    for _ in range(20):
        slow = mean > (low + high) / 2
        if not weight[slow].sum() or not weight[~slow].sum():
            break
        low, high = (float(np.average(mean[side], weights=weight[side])) for side in (~slow, slow))
    certain = np.where(number > 0, np.where(mean > (low + high) / 2, 0.95, 0.05), 0.5)
    return [replace(group, member=group.member * share) for share in (1 - certain, certain)]


def _everyone(walked: Walked, tempo: Tempo, few: Walked, some: Tempo, groups: Sequence[Group]) -> list[Group]:
    """The groups that were found on `few` sessions, with every session."""
    if len(groups) == 1 and len(few.shape) == len(walked.shape):
        return list(groups)
    wholes = [_group(walked, group.memory.on(walked.steps, walked.lengths), group.member) for group in groups]
    columns = []
    for group, whole in zip(groups, wholes, strict=True):
        chain = whole.moves.counts @ _known(few, group, whole.moves)
        timed = log_likelihood(tempo, fit_beat(some, group.member, rounds=20))
        share = np.log(max(float(group.member.mean()), 1e-12))
        columns.append(chain[walked.shape] + timed + share)
    members = softmax(np.column_stack(columns), axis=1)
    return [replace(whole, member=member) for whole, member in zip(wholes, members.T, strict=True)]


def _known(few: Walked, group: Group, moves: Moves) -> Floats:
    """The log-probability in `group` of each of `moves`, some of which nobody of the `few` may have made."""
    states = moves.outside + 1
    known = group.moves.source * states + group.moves.target
    wanted = moves.source * states + moves.target
    place = np.searchsorted(known, wanted).clip(max=len(known) - 1)
    log = np.log(_probabilities(group.moves, group.counts(few)))
    return np.where(known[place] == wanted, log[place], np.log(FORBIDDEN))
