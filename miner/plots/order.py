"""In which order a session comes to the steps of its path."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from miner.workload import LEAVE, Path

ROUNDS = 200
"""Steps of a session after which nothing new is looked for."""


def in_order(path: Path) -> list[str]:
    """The steps of `path`, those first that a session comes to earliest on average."""
    steps = list(path.moves)
    early = first_visits(path)
    return sorted(steps, key=lambda step: (early[step], steps.index(step)))


def first_visits(path: Path) -> dict[str, float]:
    """The mean position, from 0, of the first visit to each step, of the sessions that come to it.

    A session that has come to a step is taken out and no longer followed.
    """
    steps = list(path.moves)
    chain = np.array([[_p(path, step, to) for to in steps] for step in steps])
    start = np.array([path.start.get(step, 0.0) for step in steps])
    return {step: _first_visit(chain, start, at) for at, step in enumerate(steps)}


def _first_visit(chain: npt.NDArray[np.float64], start: npt.NDArray[np.float64], step: int) -> float:
    here, come, late = start.copy(), 0.0, 0.0
    for position in range(ROUNDS):
        come, late = come + here[step], late + position * here[step]
        here[step] = 0.0
        here = here @ chain
    return late / come if come else float(ROUNDS)


def _p(path: Path, step: str, to: str) -> float:
    return path.moves[step][to].p if to in path.moves[step] and to != LEAVE else 0.0
