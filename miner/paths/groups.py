"""Sessions in groups that move and pause alike: each is a user path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from miner.paths.chains import Moves, Walked, count_moves
from miner.paths.memory import Memory, remember
from miner.paths.mixture import (
    FEW_SESSIONS,
    FEW_SHARE,
    FORBIDDEN,
    OCCUPIED,
    PRIOR,
    VERY_STRONG,
    MarkovMixture,
)
from miner.paths.pauses import Pauses
from miner.paths.tempo import Beat, Tempo, fit_beat, log_likelihood, read_tempo

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROUNDS = 60
"""EM iterations at most."""
SETTLED = 1e-6
"""Rise of the log-likelihood per session below which they end."""
SAMPLE = 20_000
"""Sessions that are enough to see whether a group is two."""


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


def find_groups(
    walked: Walked, pauses: Pauses, tried: dict[int, MarkovMixture], asked: int | None
) -> tuple[list[Group], dict[int, float]]:
    """The groups that explain moves and pauses best, and the BIC of moves alone for each number tried.

    `tried` are mixtures of chains without memory by their number of components. Where memory explains as
    well what more chains do, there are fewer; where pauses tell sessions apart that move alike, more. With
    `asked`, there are that many.
    """
    found = {number: _with_memory(walked, mixture) for number, mixture in tried.items()}
    scores = {number: _bic(walked, None, groups) for number, groups in found.items()}
    best = min(scores)
    for number in sorted(scores):
        if scores[number] < scores[best] - VERY_STRONG:
            best = number
    groups = found[best]
    if asked is None:
        groups = _apart(walked, groups)
    if len(groups) > 1:
        groups = _settled(walked, read_tempo(pauses, np.ones(len(walked.shape))), groups)
    if asked is None:
        groups = [part for group in groups for part in _by_pauses(walked, pauses, group)]
    return sorted(groups, key=lambda group: -float(group.member.sum())), scores


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
    states = [str(state) for state in range(memory.states)]
    weight = np.ones(len(walked.lengths))
    return Group(memory, count_moves(states, walked.lengths, memory.labels, weight), member)


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
        top = joint.max(axis=1)
        likely = np.exp(joint - top[:, None])
        total = likely.sum(axis=1)
        members = likely / total[:, None]
        groups = [replace(group, member=members[:, place]) for place, group in enumerate(groups)]
        now = float(np.mean(top + np.log(total)))
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


def _bic(walked: Walked, tempo: Tempo | None, groups: Sequence[Group]) -> float:
    """The Bayesian information criterion of the groups."""
    beats = [fit_beat(tempo, g.member, rounds=20) if tempo is not None else None for g in groups]
    joint = _joint(walked, tempo, groups, beats)
    top = joint.max(axis=1)
    likelihood = float(np.sum(top + np.log(np.exp(joint - top[:, None]).sum(axis=1))))
    free = len(groups) - 1 + sum(beat.parameters for beat in beats if beat is not None)
    for group in groups:
        made = group.counts(walked) >= OCCUPIED
        free += int(made.sum()) - len(np.unique(group.moves.source[made]))
    return -2 * likelihood + free * np.log(len(walked.shape))


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


def _by_pauses(walked: Walked, pauses: Pauses, group: Group) -> list[Group]:
    """The group, or two or more that differ in their pauses, if the BIC of them is clearly lower."""
    least = max(FEW_SESSIONS, FEW_SHARE * len(walked.shape))
    rows = np.flatnonzero(group.member > 1 / 2)
    if len(rows) < 2 * least:
        return [group]
    tempo = read_tempo(pauses, group.member)
    if len(rows) > SAMPLE:
        rows = np.sort(np.random.default_rng(0).choice(rows, SAMPLE, replace=False))
    few, some = replace(walked, shape=walked.shape[rows]), tempo.of(rows)
    whole = replace(group, member=np.ones(len(rows)))
    halves = _settled(few, some, _halves(some, whole))
    smallest = min(float(half.member.mean()) for half in halves) * float(group.member.sum())
    if smallest < least or _bic(few, some, halves) > _bic(few, some, [whole]) - VERY_STRONG:
        return [group]
    members = _members(walked, tempo, few, some, halves)
    parts = [replace(group, member=group.member * member) for member in members.T]
    return [part for half in parts for part in _by_pauses(walked, pauses, half)]


def _halves(tempo: Tempo, group: Group) -> list[Group]:
    """The quicker and the slower sessions of a group, by their mean score, as two groups."""
    number = tempo.count.sum(axis=1)
    mean = tempo.total.sum(axis=1) / np.maximum(number, 1)
    low, high = np.quantile(mean[number > 0], [0.2, 0.8]) if (number > 0).any() else (0.0, 0.0)
    weight = group.member * number
    for _ in range(20):
        slow = mean > (low + high) / 2
        if not weight[slow].sum() or not weight[~slow].sum():
            break
        low, high = (float(np.average(mean[side], weights=weight[side])) for side in (~slow, slow))
    certain = np.where(number > 0, np.where(mean > (low + high) / 2, 0.95, 0.05), 0.5)
    return [replace(group, member=group.member * share) for share in (1 - certain, certain)]


def _members(walked: Walked, tempo: Tempo, few: Walked, some: Tempo, groups: list[Group]) -> Floats:
    """The probability of every session to be of each group that was found on some (sessions, groups)."""
    columns = []
    for group in groups:
        chain = np.log(_probabilities(group.moves, group.counts(few)))
        timed = log_likelihood(tempo, fit_beat(some, group.member, rounds=20))
        share = np.log(max(float(group.member.mean()), 1e-12))
        columns.append((group.moves.counts @ chain)[walked.shape] + timed + share)
    joint = np.column_stack(columns)
    likely = np.exp(joint - joint.max(axis=1, keepdims=True))
    found: Floats = likely / likely.sum(axis=1, keepdims=True)
    return found
