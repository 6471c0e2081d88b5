"""Writes friend-service.log: two weeks of the planted population on the real service, in process.

    python sample_logs/make.py [FOLDER]

The clock is virtual: the service asks it for the time, and it jumps from one request to the next.
Everything but the measured request times is a function of SEED.
"""

from __future__ import annotations

import asyncio
import csv
import heapq
import io
import itertools
import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from miner.workload import Workload
from miner.workload_file import load
from noise import noise, not_requests
from players import Hands, Player, players
from service.access_log import combined_lines
from service.app import create_app
from service.database import open_database
from service.log_file import at_once
from service.seed import seed

HERE = Path(__file__).parent
SEED = 20260302
USERS = 5000
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
SECONDS = 14 * 86_400.0
NOT_REQUESTS = 40


@dataclass
class Clock:
    """The virtual time, in seconds after FIRST."""

    seconds: float = 0.0

    def now(self) -> datetime:
        """The virtual time as the service sees it."""
        return FIRST + timedelta(seconds=self.seconds)


class Recording:
    """The service under a virtual clock, everyone who uses it, and the log that comes of it."""

    def __init__(self, workload: Workload) -> None:
        engine = open_database("sqlite://")
        self.clock, self.log = Clock(), io.StringIO()
        self.app = create_app(engine, sinks=[at_once(self.log, combined_lines)], now=self.clock.now)
        seed(engine, USERS, seed=SEED)
        self.hands = Hands(workload, SEED)
        self.draw = random.Random(SEED)
        self.order = itertools.count()
        self.due: list[tuple[float, int, Player | tuple[str, httpx.Request] | None]] = []
        """What happens next: a player's next step, somebody else's request, or a bare line."""

    def plan(self, when: float, what: Player | tuple[str, httpx.Request] | None) -> None:
        """Puts `what` at `when`; what falls after the recording's end is not recorded."""
        if when < SECONDS:
            heapq.heappush(self.due, (when, next(self.order), what))

    async def play(self) -> None:
        """Lets everything happen in the order of the virtual clock."""
        while self.due:
            self.clock.seconds, _, what = heapq.heappop(self.due)
            if what is None:
                stamp = self.clock.now().strftime("%d/%b/%Y:%H:%M:%S %z")
                self.log.write(not_requests(stamp, self.draw) + "\n")
            elif isinstance(what, Player):
                await self.step(what)
            else:
                await self.send(*what)

    async def step(self, player: Player) -> None:
        """A player's next request, and the pause after it."""
        name, _ = player.steps.pop(0)
        request = self.hands.request(player, name)
        response = await self.send(player.address, request)
        self.hands.learn(player, name, request, response)
        if player.steps:
            self.plan(self.clock.seconds + player.steps[0][1], player)

    async def send(self, address: str, request: httpx.Request) -> httpx.Response:
        """The service's answer to `request` from `address`."""
        transport = httpx.ASGITransport(self.app, client=(address, 50_000))
        response = await transport.handle_async_request(request)
        await response.aread()
        return response


def main() -> None:
    """Writes friend-service.log and friend-service.truth.csv."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    workload = load(HERE / "players.toml")
    recording = Recording(workload)
    with (out / "friend-service.truth.csv").open("w", newline="", encoding="utf-8") as file:
        truth = csv.writer(file, lineterminator="\n")
        truth.writerow(["session", "path", "started", "requests", "address"])
        for start, player in players(workload, SECONDS, SEED):
            started = (FIRST + timedelta(seconds=start)).isoformat(timespec="seconds")
            truth.writerow([player.session, player.path, started, len(player.steps), player.address])
            recording.plan(start, player)
    for when, address, request in noise(SECONDS, SEED):
        recording.plan(when, (address, request))
    for _ in range(NOT_REQUESTS):
        recording.plan(recording.draw.uniform(0, SECONDS), None)
    asyncio.run(recording.play())
    (out / "friend-service.log").write_text(recording.log.getvalue(), encoding="ascii")


if __name__ == "__main__":
    main()
