"""The components of a mixture, with their timing, as user paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from miner import workload as w
from miner.paths.chains import Moves, Walked
from miner.paths.groups import Group
from miner.paths.intervals import parameters
from miner.paths.memory import Memory
from miner.paths.mixture import OCCUPIED
from miner.paths.names import path_names, unique
from miner.paths.pauses import Pauses
from miner.paths.timing import Everyone, Timing, time_path

Floats = npt.NDArray[np.float64]
TRACE = 0.01
"""Sessions that must have left at a step for leaving there to be possible."""
LEAST = 1e-3
"""Count given to a move that no session of the path is thought to have made, but some must make."""
DIGITS = 3


@dataclass(frozen=True)
class Sure:
    """A parameter of a think-time law, or the pace of a path (then without a move), and its 95 % interval."""

    path: str
    before: str | None
    after: str | None
    parameter: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class UserPaths:
    """The user paths, and what is known beside them."""

    paths: list[w.Path]
    remembered: dict[str, int]
    """Names of steps that remember what they were come to from, with the code of the step."""
    sure: list[Sure]


def user_paths(
    moves: Moves, walked: Walked, groups: list[Group], pauses: Pauses, names: list[str]
) -> UserPaths:
    """A user path for each group; `names` are those of the steps, by code."""
    weights = np.array([np.bincount(walked.shape, group.member, len(walked.lengths)) for group in groups])
    everyone = Everyone(pauses)
    labels = path_names(*visits(moves, np.asarray(weights @ moves.counts)), names)
    found = UserPaths([], {}, [])
    for group, label in zip(groups, labels, strict=True):
        states = state_names(group.memory, names, found.remembered)
        own = pauses.remembered(walked, group.memory)
        timing = time_path(own, group.member, everyone, of_states(group.memory, pauses.steps))
        path = user_path(group.moves, group.counts(walked), timing, states, label, group)
        steps = group.memory.step.tolist()
        found.paths.append(path)
        found.remembered.update({states[place]: steps[place] for place in range(len(names), len(states))})
        found.sure.extend(how_sure(path, timing, states))
    return found


def how_sure(path: w.Path, timing: Timing, names: list[str]) -> list[Sure]:
    """The intervals of the parameters in `path`, that of its pace first; `names` are those of its states."""
    found = []
    if timing.sure_pace:
        found.append(Sure(path.name, None, None, "pace", path.pace, *timing.sure_pace))
    for (before, after), sure in timing.sure.items():
        move = path.moves.get(names[before], {}).get(names[after])
        values = parameters(move.think) if move and move.think else {}
        found += [
            Sure(path.name, names[before], names[after], name, value, *sure[name])
            for name, value in values.items()
            if name in sure
        ]
    return found


def user_path(
    moves: Moves, counts: Floats, timing: Timing, names: list[str], label: str, group: Group
) -> w.Path:
    """The path called `label` whose sessions make the moves so often; `names` are those of its states."""
    return w.Path(
        name=label,
        share=digits(float(group.member.mean())),
        sessions=round(float(counts[moves.source == moves.outside].sum())),
        start=_start(moves, counts, names),
        pace=timing.pace,
        moves=_chain(moves, counts, timing, names),
    )


def state_names(memory: Memory, names: list[str], known: dict[str, int]) -> list[str]:
    """A different name for each state: that of its step, and where it is come to from if that matters.

    `known` are names of states of other paths, with their step: a state of another step has another name.
    """
    found = list(names)
    for step, after in zip(memory.step[len(names) :], memory.after[len(names) :], strict=True):
        if after < 0:
            wanted = f"{names[step]}_first"
        elif memory.step[after] == step:
            wanted = f"{names[step]}_again"
        else:
            wanted = f"{names[step]}_after_{names[memory.step[after]]}"
        others = [name for name, code in known.items() if code != step]
        found.append(unique(wanted, [*found, *others]))
    return found


def of_states(memory: Memory, steps: int) -> npt.NDArray[np.int64]:
    """The codes of moves between steps, for those of moves between the states that they are."""
    before, after = np.divmod(np.arange(memory.states**2), memory.states)
    found: npt.NDArray[np.int64] = memory.step[before] * steps + memory.step[after]
    return found


def visits(moves: Moves, counts: Floats) -> tuple[Floats, Floats]:
    """Mean visits per session of each path to each endpoint, and how early they come (0 first).

    Both are (paths, endpoints). How early is the share of the endpoint's visits that do not open a
    session, which tells where a path begins from where it goes.
    """
    steps = moves.outside
    arrived = np.stack(
        [np.bincount(moves.target, weights=row, minlength=steps + 1)[:steps] for row in counts]
    )
    opening = moves.source == moves.outside
    opened = np.stack(
        [
            np.bincount(moves.target[opening], weights=row[opening], minlength=steps + 1)[:steps]
            for row in counts
        ]
    )
    sessions = np.maximum(opened.sum(axis=1, keepdims=True), 1e-9)
    return arrived / sessions, 1 - opened / np.maximum(arrived, 1e-9)


def _start(moves: Moves, counts: Floats, names: list[str]) -> dict[str, float]:
    rows = _most_first(_openings(moves, counts), counts)
    total = counts[rows].sum()
    return {names[moves.target[row]]: digits(counts[row] / total) for row in rows}


def _openings(moves: Moves, counts: Floats) -> npt.NDArray[np.int64]:
    """The columns of the moves from the start that the path makes: its most frequent one at least."""
    opening = moves.source == moves.outside
    return np.flatnonzero(opening & (counts >= min(OCCUPIED, counts[opening].max())))


def _chain(moves: Moves, counts: Floats, timing: Timing, names: list[str]) -> dict[str, dict[str, w.Move]]:
    """The moves from each step that sessions come to, the busiest step first."""
    starts = _openings(moves, counts)
    kept: dict[int, list[int]] = {}
    found = moves.target[starts].tolist()
    for step in found:
        if step not in kept and step != moves.outside:
            kept[step] = _moves_from(step, moves, counts)
            found += moves.target[kept[step]].tolist()
    _let_leave(moves, counts, kept)
    busiest = sorted(kept, key=lambda step: (-counts[kept[step]].sum(), step))
    return {names[step]: _named_moves(step, kept[step], moves, counts, timing, names) for step in busiest}


def _moves_from(step: int, moves: Moves, counts: Floats) -> list[int]:
    """The columns of the moves that are made from `step`, the most frequent first and leaving last."""
    rows = np.flatnonzero(moves.source == step)
    leaving = moves.target[rows] == moves.outside
    least = min(OCCUPIED, counts[rows].max())
    kept = _most_first(rows[(counts[rows] >= least) | (leaving & (counts[rows] > TRACE))], counts)
    return sorted(kept, key=lambda row: bool(moves.target[row] == moves.outside))


def _let_leave(moves: Moves, counts: Floats, kept: dict[int, list[int]]) -> None:
    """Every step in `kept` leads to leaving: where rare moves were dropped that led there, they are back."""
    while stuck := set(kept) - _leaving(moves, kept):
        for step in stuck:
            kept[step] = np.flatnonzero(moves.source == step).tolist()
            for target in moves.target[kept[step]].tolist():
                if target != moves.outside and target not in kept:
                    kept[target] = _moves_from(target, moves, counts)


def _leaving(moves: Moves, kept: dict[int, list[int]]) -> set[int]:
    """The steps from which sessions can leave."""
    leaving = {moves.outside}
    while True:
        more = {step for step, rows in kept.items() if leaving & set(moves.target[rows].tolist())}
        if more <= leaving:
            return leaving
        leaving |= more


def _named_moves(
    step: int, rows: list[int], moves: Moves, counts: Floats, timing: Timing, names: list[str]
) -> dict[str, w.Move]:
    likely = np.maximum(counts[rows], LEAST)
    found = {}
    for row, p in zip(rows, likely / likely.sum(), strict=True):
        target, n = int(moves.target[row]), round(float(counts[row]))
        if target == moves.outside:
            found[w.LEAVE] = w.Move(p=digits(p), n=n)
        else:
            ks = timing.distance(step, target)
            found[names[target]] = w.Move(
                p=digits(p), n=n, think=timing.law(step, target), ks=None if ks is None else round(ks, 3)
            )
    return found


def _most_first(rows: npt.NDArray[np.int64], counts: Floats) -> list[int]:
    return sorted(rows.tolist(), key=lambda row: -counts[row])


def digits(number: float) -> float:
    """`number` in `DIGITS` significant digits: more would be noise."""
    return float(f"{number:.{DIGITS}g}")
