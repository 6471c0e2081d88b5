"""How much load a replay is, and how many users it takes: worked out from what the locustfile says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from miner.errors import MinerError
from miner.replay.constants import PathSays, Says

MOST_SESSIONS_PER_SECOND = 200.0
"""More than this is a mistake more often than a wish."""
ROOM = 1.5
"""Users for each session that is under way on average."""
PATIENCE = 1.0
"""Seconds that each request may take before there are too few users."""
SPARE_USERS = 10
UNSAID = PathSays("", 1.0, 1.0, 30.0)
"""A session where a locustfile does not say."""
PEAKS = {"mean": 1.0, "step": 2.0, "spike": 4.0}
"""Times the mean rate when most sessions start, as the scenario has it; the others are as recorded."""
PROFILES = (*PEAKS, "recorded", "peak")


@dataclass(frozen=True)
class Load:
    """What is asked for: a rate of one kind or the recorded one, times `scale`, with pauses over `speed`."""

    sessions_per_second: float | None = None
    rps: float | None = None
    scale: float = 1.0
    speed: float = 1.0
    profile: str = "mean"
    mix: Mapping[str, float] | None = None
    closed: bool = False
    users: int | None = None
    most: float = MOST_SESSIONS_PER_SECOND

    def options(self, says: Says) -> dict[str, str]:
        """Locust's options for it. Raises MinerError where it cannot be."""
        rate, peak = self.rate(says), self._peak(says)
        requests, seconds = self._session(says)
        mix = ",".join(f"{name}={share:g}" for name, share in (self.mix or {}).items())
        self.must_allow(rate * peak)
        busy = ROOM * seconds / self.speed + (0.0 if self.closed else PATIENCE * requests)
        crowd = self.users or math.ceil(rate * peak * busy) + SPARE_USERS
        return {
            "users": f"{crowd}",
            "spawn-rate": f"{crowd}",
            "sessions-per-second": f"{rate:g}",
            "speed": f"{self.speed:g}",
            "max-rps": f"{self.most * max(1.0, requests):g}",
            **({"arrivals": self.profile} if self.profile != "mean" else {}),
            **({"mix": mix} if mix else {}),
            **({"closed": ""} if self.closed else {}),
        }

    def rate(self, says: Says) -> float:
        """Sessions a second on average, `scale` included. Raises MinerError."""
        if self.sessions_per_second is not None and self.rps is not None:
            raise MinerError("A rate of sessions and one of requests are too many.", "Give one of them.")
        recorded = says.sessions_per_second if self.sessions_per_second is None else self.sessions_per_second
        rate = recorded if self.rps is None else self.rps / self._session(says)[0]
        if rate is None:
            raise MinerError(
                "The locustfile does not say how many sessions start a second.",
                "Say it: --sessions-per-second 2.",
            )
        figures = {"sessions per second": rate * self.scale, "speed": self.speed}
        for name, figure in figures.items():
            if not 0 < figure < math.inf:
                raise MinerError(f"The {name} cannot be {figure:g}.", "Give a number above 0.")
        return rate * self.scale

    def requests(self, says: Says) -> float:
        """Requests a second on average. Raises MinerError."""
        return self.rate(says) * self._session(says)[0]

    def must_allow(self, rate: float) -> None:
        """Raises MinerError if so many sessions a second are more than there may be."""
        if rate > self.most:
            raise MinerError(
                f"{rate:g} sessions a second are more than {self.most:g}, the most that there may be.",
                "Lower --sessions-per-second, --scale or --speed, or allow it with most=... from Python.",
            )

    def _session(self, says: Says) -> tuple[float, float]:
        """Mean requests and seconds of a session, in this mix."""
        shares = self._shares(says.paths or (UNSAID,))
        return (
            math.fsum(share * path.requests for path, share in shares),
            math.fsum(share * path.seconds for path, share in shares),
        )

    def _shares(self, paths: tuple[PathSays, ...]) -> list[tuple[PathSays, float]]:
        """The share of each path: as the mix says, and as recorded among those that it does not name."""
        given = dict(self.mix or {})
        known = {path.name for path in paths}
        if unknown := sorted(given.keys() - known):
            raise MinerError(f"There is no user path {unknown[0]}.", f"There are {', '.join(sorted(known))}.")
        left = 1 - math.fsum(given.values())
        others = math.fsum(path.weight for path in paths if path.name not in given)
        if left < -1e-9 or min(given.values(), default=0.0) < 0 or (not others and left > 1e-9):
            raise MinerError("The shares of --mix are not at least 0, and 1 together.", "Correct them.")
        return [(path, given.get(path.name, left * path.weight / (others or 1.0))) for path in paths]

    def _peak(self, says: Says) -> float:
        """Times the mean rate when most sessions start."""
        if self.profile not in PROFILES:
            raise MinerError(f"There is no profile {self.profile}.", f"There are {', '.join(PROFILES)}.")
        if self.profile in PEAKS:
            return PEAKS[self.profile]
        return max(says.by_hour, default=1.0)
