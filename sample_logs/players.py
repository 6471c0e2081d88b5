"""The planted population: people who walk the paths of players.toml on the real service."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np

from miner import workload as w
from miner.simulate import start_times, walk

UNKNOWN_ID = 9_000_000
"""Ids from here on never exist: asking for one is answered 404."""
REST = 7200.0
"""Seconds for which a user who has left stays away: sessions of one user never touch."""
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.2 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.2 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Mobile Safari/537.36",
    "FriendsApp/4.2 (Android 16; Pixel 10)",
)
"""Agents of invented visitors: the browsers' shapes are public, the app is made up."""


@dataclass
class Player:
    """One session of one person: who they are, where they come from, what they do next."""

    session: int
    path: str
    steps: list[tuple[str, float]]
    """Each step with the seconds of thinking before it; 0 before the first."""
    identity: int
    address: str
    agent: str
    shown: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    """Items of the last response to each endpoint, not yet used."""


def players(workload: w.Workload, seconds: float, seed: int) -> Iterator[tuple[float, Player]]:
    """Who comes within `seconds` of the first midnight, and when, in order of arrival."""
    rng = np.random.default_rng(seed)
    expected = round(workload.arrivals.mean * seconds)
    starts = start_times(workload.arrivals, expected * 2, rng)
    starts = starts[starts < seconds]
    steps = walk(workload, len(starts), rng).fillna({"think": 0.0})
    high = max(v.high for e in workload.endpoints.values() for v in e.values() if isinstance(v, w.Identity))
    away_until: dict[int, float] = {}
    for (session, rows), start in zip(steps.groupby("session", sort=True), starts, strict=True):
        identity = int(rng.integers(1, high + 1))
        while away_until.get(identity, 0.0) > start:
            identity = int(rng.integers(1, high + 1))
        away_until[identity] = start + float(rows["think"].sum()) + REST
        address, agent = _origin(identity, rows["path"].iloc[0], int(session))
        walked = list(zip(rows["step"], rows["think"], strict=True))
        yield float(start), Player(int(session), rows["path"].iloc[0], walked, identity, address, agent)


def _origin(identity: int, path: str, session: int) -> tuple[str, str]:
    """Where a visitor comes from. A user keeps an address and agent; a newcomer has new ones.

    Addresses are of the documentation ranges (RFC 3849, RFC 5737); every third visitor shares one
    of 254 with others, as behind a company's router.
    """
    number = identity if path != "newcomers" else 10_000 + session
    agent = AGENTS[int(random.Random(number).random() ** 2 * len(AGENTS))]
    if number % 3 == 0:
        return f"203.0.113.{1 + number // 3 % 254}", agent
    return f"2001:db8:{number // 4096:x}:{number % 4096:x}::{1 + number % 7:x}", agent


class Hands:
    """Turns steps into HTTP requests with values that exist, and remembers what was answered."""

    def __init__(self, workload: w.Workload, seed: int) -> None:
        self.endpoints = workload.endpoints
        self.draw = random.Random(seed)
        self.owed: Counter[tuple[str, int]] = Counter()
        """Client errors still to be provoked; below 0, those that happened by themselves."""
        self.succeeded: dict[tuple[str, int], deque[dict[str, Any]]] = defaultdict(lambda: deque(maxlen=200))
        """Bodies by step and by who may send them again: see `_own`."""

    def request(self, player: Player, step: str) -> httpx.Request:
        """The request for `step`, made so that one of the recorded statuses is the answer."""
        endpoint = self.endpoints[step]
        sent_before = self.succeeded[step, self._own(step, player)]
        intended = self._intend(step, endpoint, clashes=bool(sent_before))
        params = {name: self._value(value, player) for name, value in endpoint.params.items()}
        query = {name: self._value(value, player) for name, value in endpoint.query.items()}
        body = {name: self._value(value, player) for name, value in (endpoint.body or {}).items()}
        if intended == 404 and params:
            params[next(reversed(params))] = UNKNOWN_ID + self.draw.randrange(1000)
        elif intended == 404 and body:
            body[next(reversed(body))] = UNKNOWN_ID + self.draw.randrange(1000)
        elif intended == 409:
            body = self.draw.choice(sent_before)
        elif intended == 422:
            query = {}
        target = endpoint.route
        for name, given in params.items():
            target = target.replace(f"{{{name}}}", quote(str(given), safe=""))
        headers = {name: str(self._value(value, player)) for name, value in endpoint.headers.items()}
        return httpx.Request(
            endpoint.method,
            f"http://friends.example{target}",
            params=query or None,
            headers={**headers, "User-Agent": player.agent},
            json=body or None,
            extensions={"body": body, "intended": intended},
        )

    def _intend(self, step: str, endpoint: w.Endpoint, *, clashes: bool) -> int:
        """A status by its share and by what is owed, and 409 only if something `clashes` when sent again."""
        intended = self.draw.choices(list(endpoint.statuses), list(endpoint.statuses.values()))[0]
        success = min(endpoint.statuses)
        if self.owed[step, intended] < 0:
            self.owed[step, intended] += 1
            intended = success
        if intended == 409 and not clashes:
            self.owed[step, 409] += 1
            return success
        if intended == success and clashes and self.owed[step, 409] > 0:
            self.owed[step, 409] -= 1
            return 409
        return intended

    def _own(self, step: str, player: Player) -> int:
        """Who alone may send a body of `step` again: the player it names; 0 if it names nobody."""
        body = self.endpoints[step].body or {}
        return player.identity if any(isinstance(value, w.Identity) for value in body.values()) else 0

    def learn(self, player: Player, step: str, request: httpx.Request, response: httpx.Response) -> None:
        """Keeps what a visitor sees in a response: lists of items, a new identity, names taken."""
        status, intended = response.status_code, request.extensions["intended"]
        if status != intended:
            self.owed[step, status] -= status >= 400
            self.owed[step, intended] += intended >= 400
        if not response.is_success or not response.content:
            return
        answer = json.loads(response.content)
        if isinstance(answer, list):
            player.shown[step] = answer
        elif request.extensions["body"]:
            self.succeeded[step, self._own(step, player)].append(request.extensions["body"])
        if field_name := self.endpoints[step].identifies:
            player.identity = answer[field_name]

    def _value(self, value: w.Value, player: Player) -> Any:
        match value:
            case w.Identity():
                return player.identity
            case w.Popular():
                return self.draw.randint(value.low, value.high)
            case w.LiteralValue():
                return self.draw.choices(list(value.values), list(value.values.values()))[0]
            case w.Text():
                return "".join(self.draw.choices(value.alphabet, k=self.draw.choice(value.lengths)))
            case w.Listed():
                items = player.shown[value.endpoint]
                return items.pop(0)[value.field] if items else UNKNOWN_ID
