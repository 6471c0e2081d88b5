"""The pauses that a store recorded, put on the moves of the workload that was mined from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from miner.store import Store
from miner.workload import LEAVE, Path, Workload

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Pauses = dict[tuple[str, str, str], Floats]
"""Seconds as logged, by user path and the steps before and after."""
ALIKE = 0.5
"""Share of requests that a combination must have in common with a step to be taken for it."""
UNKNOWN = -1


def read_recorded(store: Store, workload: Workload) -> Pauses:
    """The pauses of each move, of the sessions that the store has in each user path.

    A session counts on the path that it is most likely to be of; what the path does not know, such as a
    move too rare to be kept, is left out.
    """
    rows = store.fetch("miner.plots", "turns")
    asks = _different(workload)
    combinations = store.fetch("miner.plots", "combinations").column("endpoints").to_pylist()
    asked = _asked(workload, combinations, asks)[rows.column("combination").to_numpy()]
    session, think = (rows.column(name).to_numpy() for name in ("session_id", "think"))
    paths = np.array(rows.column("path").to_pylist(), dtype=object)
    found: Pauses = {}
    for path in workload.paths:
        own = np.flatnonzero(paths == path.name)
        found |= _by_move(path, walked(path, workload, asks, asked[own], session[own]), think[own])
    return found


def walked(
    path: Path, workload: Workload, asks: Sequence[dict[str, float]], asked: Ints, session: Ints
) -> Ints:
    """The places in `path.moves` of the steps before and at each row (2, rows), UNKNOWN where there is none.

    Rows are by session, in order. All sessions walk at once, a step each round: which of several steps with
    the same requests it is, depends on the step before.
    """
    follows = _follows(path, workload, asks)
    first = np.flatnonzero(np.diff(session, prepend=UNKNOWN))
    lengths = np.diff(first, append=len(session))
    state = np.full(len(session), UNKNOWN)
    before = np.full(len(first), len(path.moves))
    for place in range(int(lengths.max(initial=0))):
        going = lengths > place
        rows = first[going] + place
        state[rows] = before[going] = follows[before[going], asked[rows]]
    state_before = np.roll(state, 1)
    state_before[first] = UNKNOWN
    return np.stack([state_before, state])


def _follows(path: Path, workload: Workload, asks: Sequence[dict[str, float]]) -> Ints:
    """The step that follows each, by what it asks.

    Rows are the steps, the start and the unknown step; columns what is asked, the last one the unknown.
    """
    steps = list(path.moves)
    place = {step: at for at, step in enumerate(steps)}
    ask = {step: asks.index(workload.requests(step)) for step in steps}
    found = np.full((len(steps) + 2, len(asks) + 1), UNKNOWN)
    for step in reversed(steps):  # where no move leads, the path's first step that asks the same
        found[:, ask[step]] = place[step]
    chances = {place[step]: {to: move.p for to, move in path.moves[step].items()} for step in steps}
    for before, nexts in (chances | {len(steps): path.start}).items():
        for to in sorted(set(nexts) - {LEAVE}, key=lambda to: nexts[to]):
            found[before, ask[to]] = place[to]
    return found


def _different(workload: Workload) -> list[dict[str, float]]:
    """The different requests that steps ask; steps that remember what came before may ask the same."""
    found: list[dict[str, float]] = []
    for step in (*workload.endpoints, *workload.steps):
        if (requests := workload.requests(step)) not in found:
            found.append(requests)
    return found


def _asked(workload: Workload, combinations: list[list[str]], asks: Sequence[dict[str, float]]) -> Ints:
    """The place in `asks` of what is most like each combination of endpoints, UNKNOWN where nothing is."""
    names = {endpoint.request: name for name, endpoint in workload.endpoints.items()}
    found = []
    for combination in combinations:
        made = Counter(names.get(endpoint, "") for endpoint in combination)
        likeness = [_alike(made, requests) for requests in asks]
        best = int(np.argmax(likeness))
        found.append(best if likeness[best] >= ALIKE else UNKNOWN)
    return np.array(found, dtype=np.int64)


def _alike(made: Counter[str], requests: dict[str, float]) -> float:
    """The share of requests in common (Jaccard, of multisets); 0 if just one of both is a single request."""
    if (made.total() == 1) != (list(requests.values()) == [1.0]):
        return 0.0
    every = {*made, *requests}
    common = sum(min(made[name], requests.get(name, 0.0)) for name in every)
    return common / sum(max(made[name], requests.get(name, 0.0)) for name in every)


def _by_move(path: Path, states: Ints, think: Floats) -> Pauses:
    """The pauses of each move that the path has; `states` (2, n) are before and after."""
    steps = list(path.moves)
    code = np.where((states >= 0).all(axis=0), states[0] * len(steps) + states[1], UNKNOWN)
    return {
        (path.name, step, to): think[code == steps.index(step) * len(steps) + steps.index(to)]
        for step, nexts in path.moves.items()
        for to in nexts
        if to != LEAVE
    }
