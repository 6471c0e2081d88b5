"""Steps that remember how they were come to: where the next step depends on the one before the current."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner.paths.mixture import VERY_STRONG

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SEEN = 20.0
"""Times a step must be come to from another for that to be judged by itself."""
MOST_SPLITS = 12
"""Steps of one path that are split at most: with more, nobody could read it."""


@dataclass(frozen=True)
class Memory:
    """The steps of a path, some of which are one step of the log come to from different ones.

    `labels` (n,) are the states of all steps of all distinct sessions, one after another; `step` and
    `after` (states,) are the step that a state is, and the state before it that sets it apart, -1 where
    none does.
    """

    labels: Ints
    step: Ints
    after: Ints
    splits: tuple[tuple[int, list[list[int]]], ...] = ()
    """How the states came about: one after another, which was split, and by which groups of states before."""

    @property
    def states(self) -> int:
        return len(self.step)

    @classmethod
    def none(cls, steps: Ints, number: int) -> Memory:
        """Every one of the `number` steps is a state, whatever came before."""
        return cls(steps, np.arange(number), np.full(number, -1))

    def on(self, steps: Ints, lengths: Ints) -> Memory:
        """The same memory of other sessions: their steps, and how many each has."""
        number = int((self.step == np.arange(self.states)).sum())
        found = Memory.none(steps, number)
        for state, groups in self.splits:
            before, _ = neighbours(found, np.cumsum(lengths) - lengths)
            found = _apply(found, state, groups, before)
        return found


def remember(steps: Ints, lengths: Ints, weight: Floats, number: int) -> Memory:
    """The fewest states that explain `steps` (n,), the steps of distinct sessions of these `lengths`.

    `weight` (sessions,) is how often each was made, `number` how many steps there are. A step is split by
    the state before it, as long as that lowers the Bayesian information criterion clearly: a chain of
    variable memory (Buehlmann and Wyner, "Variable length Markov chains", Annals of Statistics 27, 1999),
    which grows instead of being pruned.
    """
    found = Memory.none(steps, number)
    first = np.cumsum(lengths) - lengths
    each = np.repeat(weight, lengths)
    penalty = np.log(max(weight.sum(), 2.0))
    for _ in range(MOST_SPLITS):
        before, after = neighbours(found, first)
        splits = [_split(state, found, before, after, each, penalty) for state in range(found.states)]
        gain, state, groups = max(splits, key=lambda split: split[0], default=(0.0, 0, []))
        if gain <= VERY_STRONG:
            break
        found = _apply(found, state, groups, before)
    return found


def neighbours(memory: Memory, first: Ints) -> tuple[Ints, Ints]:
    """The states before and after each step; the number of states stands for the start and for leaving."""
    outside = memory.states
    before = np.concatenate([[outside], memory.labels[:-1]])
    before[first] = outside
    after = np.concatenate([memory.labels[1:], [outside]])
    after[first[1:] - 1] = outside
    return before, after


def _split(
    state: int, memory: Memory, before: Ints, after: Ints, each: Floats, penalty: float
) -> tuple[float, int, list[list[int]]]:
    """By how much the BIC falls if `state` is split by what came before, and the groups of those states."""
    rows = np.flatnonzero((memory.labels == state) & (each > 0))
    counts = np.zeros((memory.states + 1, memory.states + 1))
    np.add.at(counts, (before[rows], after[rows]), each[rows])
    often = [int(one) for one in np.flatnonzero(counts.sum(axis=1) >= SEEN)]
    groups = [[one] for one in sorted(often, key=lambda one: -counts[one].sum())]
    tables = [counts[one] for one in often] if not groups else [counts[group[0]] for group in groups]
    # Those that lead on alike are one: the two that lose least by being put together, while that pays.
    while len(groups) > 1:
        losses = {(i, j): _loss(tables[i], tables[j], penalty) for i in range(len(groups)) for j in range(i)}
        i, j = min(losses, key=lambda pair: losses[pair])
        if losses[i, j] > 0:
            break
        tables[j] = tables[j] + tables.pop(i)
        groups[j] += groups.pop(i)
    if len(groups) < 2:
        return 0.0, state, []
    total = 0.0
    pooled = tables[0]
    for table in tables[1:]:
        total += _loss(pooled, table, penalty)
        pooled = pooled + table
    return total, state, groups


def _loss(a: Floats, b: Floats, penalty: float) -> float:
    """By how much the BIC rises if the counts `a` and `b` of next steps are taken for draws of one law."""
    both = a + b
    fewer = int((a > 0).sum()) + int((b > 0).sum()) - int((both > 0).sum()) - 1
    # States that lead on in one way only cost nothing, but another row of the path.
    return 2 * (_best(a) + _best(b) - _best(both)) - max(fewer, 0.5) * penalty


def _best(counts: Floats) -> float:
    """The log-likelihood of counts under their own shares."""
    seen = counts[counts > 0]
    return float(seen @ np.log(seen / seen.sum()))


def _apply(memory: Memory, state: int, groups: list[list[int]], before: Ints) -> Memory:
    """`state` is as many states as there are `groups` of states before it; the first keeps the number.

    The first group is the most frequent one, and has what was come to from states too rare to judge.
    """
    labels, step, after = memory.labels.copy(), memory.step, memory.after.copy()
    here = memory.labels == state
    outside = memory.states
    for group in groups[1:]:
        labels[here & np.isin(before, group)] = len(step)
        step = np.append(step, memory.step[state])
        after = np.append(after, group[0] if group[0] != outside else -1)
    after[state] = groups[0][0] if groups[0][0] != outside else -1
    return Memory(labels, step, after, (*memory.splits, (state, groups)))
