"""All pauses between the requests of sessions, as the log shows them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from miner.paths.censored import Floats
from miner.paths.chains import Walked
from miner.paths.memory import Memory
from miner.store import Store

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pauses:
    """All pauses of all sessions, one row each, and the resolution of the clock they were seen with."""

    session: Ints
    """From 0, in the order of sessions."""
    move: Ints
    """Codes of the step before and after: before * `steps` + after."""
    think: Floats
    clock: float
    steps: int
    longest: float = np.inf
    """Seconds of silence that end a session."""

    @cached_property
    def overlapping(self) -> float:
        """The share of requests that started before the visitor's last response had ended."""
        return float(np.mean(self.think <= -self.clock)) if len(self.think) else 0.0

    def of(self, rows: Ints) -> Pauses:
        """Some of them."""
        return replace(self, session=self.session[rows], move=self.move[rows], think=self.think[rows])

    def within(self, sessions: Ints) -> Pauses:
        """Those of some sessions, which are numbered anew in this order; one may come several times."""
        first, last = (np.searchsorted(self.session, sessions, side) for side in ("left", "right"))
        number = last - first
        rows = np.repeat(first - np.cumsum(number) + number, number) + np.arange(number.sum())
        return replace(self.of(rows), session=np.repeat(np.arange(len(sessions)), number))

    def remembered(self, walked: Walked, memory: Memory) -> Pauses:
        """The same between the states of a path instead of between steps."""
        if memory.states == self.steps:
            return self
        before = np.arange(len(self.session)) - np.searchsorted(self.session, self.session)
        at = walked.first[walked.shape[self.session]] + before
        return replace(
            self, move=memory.labels[at] * memory.states + memory.labels[at + 1], steps=memory.states
        )


def read_pauses(store: Store, steps: int, gap: float) -> Pauses:
    """The pauses between the requests of each session in the store.

    `steps` is how many steps there are, `gap` the seconds of silence that end a session.
    """
    rows = store.fetch("miner.paths", "pauses")
    columns = {name: rows.column(name).to_numpy() for name in rows.column_names}
    clock = float(store.fetch("miner.paths", "clock").column("clock")[0].as_py())
    move = columns["from"] * steps + columns["to"]
    return Pauses(columns["session_id"] - 1, move, columns["think"], clock, steps, gap)
