"""Moves as arcs: where they begin and end, how high they are, the points that they go through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from miner.workload import LEAVE, Move, Path

POINTS = 33
LOOP_WIDTH, LOOP_HEIGHT = 0.17, 0.78
"""Of a move from a step to itself, where the distance of steps and an arc between neighbours are 1."""
FLAT = 0.75
"""Exponent of an arc's height by its span: below 1, or the widest would leave no room for the others."""
ONWARD, BACK, AGAIN = "on to a later step", "back to an earlier step", "the same step again"


@dataclass(frozen=True)
class Arc:
    """A move between the steps at two places."""

    step: str
    to: str
    start: int
    end: int
    move: Move

    @property
    def kind(self) -> str:
        """Which way it goes."""
        return AGAIN if self.start == self.end else ONWARD if self.start < self.end else BACK

    @property
    def middle(self) -> float:
        """Where it is highest."""
        return (self.start + self.end) / 2

    @property
    def top(self) -> float:
        """How high it is there: below 0 if it goes back. No two arcs have middle and top in common."""
        if self.kind == AGAIN:
            return LOOP_HEIGHT
        height = float(abs(self.end - self.start) ** FLAT)
        return height if self.kind == ONWARD else -height

    def points(self) -> Iterator[tuple[float, float]]:
        """Points (x, y) from its begin to its end: half an ellipse, or a drop above the step."""
        for turn in np.linspace(0, np.pi, POINTS).tolist():
            if self.kind == AGAIN:
                yield self.middle - LOOP_WIDTH * float(np.sin(2 * turn)), LOOP_HEIGHT * float(np.sin(turn))
            else:
                half = (self.end - self.start) / 2
                yield self.middle - half * float(np.cos(turn)), self.top * float(np.sin(turn))


def arcs_of(path: Path, steps: Sequence[str]) -> list[Arc]:
    """The moves of `path` between `steps`, given from left to right; the most probable last, on top."""
    place = {step: at for at, step in enumerate(steps)}
    found = [
        Arc(step, to, place[step], place[to], move)
        for step, nexts in path.moves.items()
        for to, move in nexts.items()
        if to != LEAVE
    ]
    return sorted(found, key=lambda arc: arc.move.p)
