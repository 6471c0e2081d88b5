"""What an experiment is to do: how much load, for how long, on how many users, and what of it is skipped."""

from __future__ import annotations

import math
from dataclasses import dataclass

from miner.errors import MinerError
from miner.experiment.traffic import CREATED

DATABASES, SEARCHES = ("sqlite", "postgres"), ("scan", "trigram")
WINDOWS = 6
"""As the reference has them: every 5 minutes of 30."""
SECONDS = 1800.0
"""Of the reference."""
USERS = 95_000
"""So that 36,000 more, which half an hour creates, are the reference's 38 %."""
RPS = 100.0
MOST_RPS = 300.0
"""More than that is no comparison any more: a service on this machine would be short of processor time."""
SHORTEST = 3.0
"""Seconds of a window, in which there are some hundred searches."""


@dataclass(frozen=True)
class Plan:
    """The load of both tests, and the time that they stand for. Seconds."""

    database: str = "sqlite"
    """Or postgres."""
    search: str = "scan"
    """Or trigram."""
    users: int = USERS
    rps: float = RPS
    seconds: float = SECONDS
    window: float | None = 20.0
    """Of each of the WINDOWS; what is between them is skipped. None: nothing is."""
    seed: int = 1

    def __post_init__(self) -> None:
        """Raises MinerError for what cannot be."""
        for word, known in ((self.database, DATABASES), (self.search, SEARCHES)):
            if word not in known:
                raise MinerError(
                    f"{word!r} is none of {' and '.join(known)}.", f"Say {known[0]}, for example."
                )
        checks = {
            f"{self.users:,} users are": 1000 <= self.users <= 1_000_000,
            f"{self.rps:g} requests a second are": 1 <= self.rps <= MOST_RPS,
            f"{self.seconds:g} seconds are": WINDOWS * SHORTEST <= self.seconds <= 2 * SECONDS,
        }
        for said, fine in checks.items():
            if not fine:
                raise MinerError(
                    f"{said} not what an experiment can have.",
                    f"Give 1,000 to 1,000,000 users, 1 to {MOST_RPS:g} requests a second, "
                    f"{WINDOWS * SHORTEST:g} to {2 * SECONDS:g} seconds.",
                )
        if self.window is not None and not SHORTEST <= self.window <= self.seconds / WINDOWS:
            raise MinerError(
                f"A window of {self.window:g} s is not possible.",
                f"Give one of {SHORTEST:g} to {self.seconds / WINDOWS:g} s, or --full.",
            )

    @property
    def windows(self) -> tuple[tuple[float, float], ...]:
        """From when to when each window lasts, in seconds of the time that the experiment stands for."""
        every = self.seconds / WINDOWS
        if self.window is None:
            return tuple((n * every, (n + 1) * every) for n in range(WINDOWS))
        apart = (self.seconds - self.window) / (WINDOWS - 1)
        return tuple((n * apart, n * apart + self.window) for n in range(WINDOWS))

    @property
    def skipped(self) -> float:
        """Seconds between two windows that pass in no time."""
        (_, end), (start, _) = self.windows[:2]
        return start - end

    def created_in(self, seconds: float) -> int:
        """The users that the scenario creates in so many seconds."""
        return math.floor(seconds * self.rps * CREATED)
