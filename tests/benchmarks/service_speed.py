"""How fast each endpoint of the friend-service is, beside its bare SQL and a service written by hand.

    python tests/benchmarks/service_speed.py [--sizes 1000 20000 200000] [--database sqlite postgresql]

On each database and for each number of users, the service and the one of `handwritten.py`, each a process of
its own, are asked the same over a few open connections: an endpoint after the other, and for each endpoint
one service after the other, in rounds. The bare SQL is run in the same rounds, in this process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import psutil
from handwritten import PREFIX, Store
from sqlalchemy import Engine, text

from service.database import open_database
from service.embedded import embedded_postgres
from service.names import GIVEN, SURNAMES
from service.seed import seed

SIZES = (1_000, 20_000, 200_000)
DATABASES = ("sqlite", "postgresql")
SEED = 7
CONNECTIONS = 4
REQUESTS, ROUNDS = 400, 5
FEWER = 4
"""Searches and requests on one connection are so many times fewer, as they take longer."""
PAGE = 50
KNOWN = text(
    "SELECT 1 FROM friendships WHERE low_id = :low AND high_id = :high UNION ALL"
    " SELECT 1 FROM friend_requests WHERE low_id = :low AND high_id = :high AND status = 'pending'"
)
Call = tuple[Any, ...]
"""The arguments of one call of an endpoint, as the methods of `Store` take them."""
Message = tuple[str, str, int | None, dict[str, object] | None]
"""Method, target, caller and body."""

WIRE: dict[str, Callable[..., Message]] = {
    "create_user": lambda name: ("POST", "/users", None, {"username": name}),
    "search_users": lambda part, _: ("GET", f"/users?username={part}", 1, None),
    "view_user": lambda user: ("GET", f"/users/{user}", 1, None),
    "list_friends": lambda user, _: ("GET", f"/users/{user}/friends", 1, None),
    "list_friend_requests": lambda user, _: ("GET", f"/users/{user}/friend-requests", user, None),
    "add_friend": lambda one, other: ("POST", "/friends", one, {"userId": one, "friendId": other}),
    "answer_friend_request": lambda user, request, status: (
        "PUT", f"/friend-requests/{request}", user, {"status": status},
    ),
    "remove_friend": lambda one, other: ("DELETE", f"/friends/{one}/{other}", one, None),
}  # fmt: skip
"""What each endpoint is sent for a call."""


@dataclass
class Asked:
    """What becomes of calls that come one after the other on each connection."""

    seconds: list[float] = field(default_factory=list)
    bodies: dict[int, bytes] = field(default_factory=dict)
    """By the number of the call."""


class Connection(asyncio.Protocol):
    """Takes a request from those that are left as soon as the one before is answered."""

    def __init__(self, left: Iterator[tuple[int, bytes]], asked: Asked) -> None:
        self._left, self._asked = left, asked
        self._heard = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError("the service closed the connection"))

    def _next(self) -> None:
        following = next(self._left, None)
        if following is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._number, request = following
        self._sent = perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, end, body = self._heard.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if not end or len(body) < int(length or 0):
            return
        self._asked.seconds.append(perf_counter() - self._sent)
        if head[9:10] != b"2":
            self.done.set_exception(RuntimeError(self._heard.decode()))
            self._transport.abort()
            return
        self._asked.bodies[self._number] = body
        self._heard = b""
        self._next()


async def ask(port: int, requests: list[bytes], connections: int) -> Asked:
    """The requests are answered. Raises RuntimeError if one is refused."""
    asked, left = Asked(), iter(enumerate(requests))
    loop = asyncio.get_running_loop()
    open_ = [
        await loop.create_connection(lambda: Connection(left, asked), "127.0.0.1", port)
        for _ in range(min(connections, len(requests)))
    ]
    await asyncio.gather(*(connection.done for _, connection in open_))
    return asked


def written(endpoint: str, call: Call) -> bytes:
    """A request as it goes over the wire."""
    method, target, caller, body = WIRE[endpoint](*call)
    lines = [f"{method} {PREFIX}{target} HTTP/1.1", "Host: friends", "Accept: */*"]
    content = b"" if body is None else json.dumps(body).encode()
    if caller:
        lines.append(f"X-User-Id: {caller}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


class Calls:
    """Calls of each endpoint on a database with so many users, such that all succeed."""

    def __init__(self, name: str, users: int, engine: Engine) -> None:
        self._name, self._users, self._engine = name, users, engine
        self._chance = random.Random(f"{SEED} {name}")
        self._created = 0
        self._pairs: list[tuple[int, int]] = []
        self.requests: list[int] = []
        """What came of the last calls of add_friend."""

    def of(self, endpoint: str, count: int) -> list[Call]:
        draw: Callable[[int], list[Call]] = getattr(self, f"_{endpoint}", self._any_users)
        return draw(count)

    def _any_users(self, count: int) -> list[Call]:
        return [(self._someone(), PAGE + 1) for _ in range(count)]

    def _view_user(self, count: int) -> list[Call]:
        return [(self._someone(),) for _ in range(count)]

    def _create_user(self, count: int) -> list[Call]:
        first, self._created = self._created, self._created + count
        return [(f"{self._name}{number}",) for number in range(first, self._created)]

    def _search_users(self, count: int) -> list[Call]:
        return [(self._chance.choice(GIVEN + SURNAMES), PAGE + 1) for _ in range(count)]

    def _add_friend(self, count: int) -> list[Call]:
        """Users who do not know each other yet."""
        pairs: dict[tuple[int, int], tuple[int, int]] = {}
        with self._engine.connect() as db:
            while len(pairs) < count:
                one, other = self._someone(), self._someone()
                low, high = sorted((one, other))
                if low != high and not db.execute(KNOWN, {"low": low, "high": high}).first():
                    pairs[low, high] = (one, other)
        self._pairs = list(pairs.values())
        return list(self._pairs)

    def _answer_friend_request(self, _: int) -> list[Call]:
        asked = zip(self._pairs, self.requests, strict=True)
        return [(other, request, "accepted") for (_, other), request in asked]

    def _remove_friend(self, _: int) -> list[Call]:
        return list(self._pairs)

    def _someone(self) -> int:
        return self._chance.randint(1, self._users)


@dataclass
class Figures:
    """What was measured of one endpoint of one contender, over all rounds."""

    seconds: list[float] = field(default_factory=list)
    """Of each request, with several connections open."""
    alone: list[float] = field(default_factory=list)
    """The same with one connection; of the bare SQL, of each call."""
    wall: float = 0.0
    cpu: float = 0.0
    """CPU seconds of the process that serves, with several connections open."""

    def row(self) -> dict[str, float]:
        cuts = statistics.quantiles(self.seconds, n=100) if self.seconds else [0.0] * 99
        return {
            "requests per second": len(self.seconds) / self.wall if self.wall else 0.0,
            "p50 ms": 1e3 * cuts[49],
            "p99 ms": 1e3 * cuts[98],
            "cpu us": 1e6 * self.cpu / len(self.seconds) if self.seconds else 0.0,
            "alone us": 1e6 * statistics.median(self.alone),
        }


class Served:
    """A service in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], calls: Calls) -> None:
        ready = process.stdout.readline() if process.stdout else ""
        if "http://" not in ready:
            raise RuntimeError(f"{process.args!r} does not serve")
        self._port, self._process, self._calls = (
            int(ready.rpartition(":")[2]),
            psutil.Process(process.pid),
            calls,
        )

    def measure(self, endpoint: str, count: int, connections: int, figures: Figures) -> None:
        requests = [written(endpoint, call) for call in self._calls.of(endpoint, count)]
        cpu, began = self._cpu(), perf_counter()
        asked = asyncio.run(ask(self._port, requests, connections))
        wall, cpu = perf_counter() - began, self._cpu() - cpu
        if endpoint == "add_friend":
            answers = (json.loads(asked.bodies[number]) for number in range(count))
            self._calls.requests = [answer["requestId"] for answer in answers]
        if connections == 1:
            figures.alone += asked.seconds
        else:
            figures.seconds += asked.seconds
            figures.wall += wall
            figures.cpu += cpu

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


class Bare:
    """The SQL of the endpoints on one connection."""

    def __init__(self, store: Store, calls: Calls) -> None:
        self._store, self._calls = store, calls

    def measure(self, endpoint: str, count: int, connections: int, figures: Figures) -> None:
        if connections > 1:
            return
        run, rows = getattr(self._store, endpoint), []
        for call in self._calls.of(endpoint, count):
            began = perf_counter()
            rows.append(run(*call))
            figures.alone.append(perf_counter() - began)
        if endpoint == "add_friend":
            self._calls.requests = [row[0] for row in rows]


@contextmanager
def contenders(url: str, users: int, *bare: str) -> Iterator[dict[str, Served | Bare]]:
    """Ours, the one by hand and the bare SQL on the database at `url`."""
    commands = {
        "ours": ["-m", "service", "serve", "--port", "0", "--database", url],
        "by hand": [str(Path(__file__).with_name("handwritten.py")), url, *bare],
    }
    with ExitStack() as stack:
        engine = open_database(url)
        stack.callback(engine.dispose)
        running: dict[str, Served | Bare] = {"sql": Bare(Store(url), Calls("sql", users, engine))}
        for name, command in commands.items():
            process = stack.enter_context(
                subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
            )
            stack.callback(process.terminate)
            running[name] = Served(process, Calls(name.replace(" ", "_"), users, engine))
        yield running


def measure(url: str, users: int, rounds: int, requests: int, *bare: str) -> dict[str, dict[str, Figures]]:
    """Figures of each contender by endpoint, on a seeded database."""
    found: dict[str, dict[str, Figures]] = defaultdict(lambda: defaultdict(Figures))
    chance = random.Random(SEED)
    with contenders(url, users, *bare) as running:
        for number in range(rounds + 1):
            for connections in (CONNECTIONS, 1):
                for endpoint in WIRE:
                    fewer = FEWER if connections == 1 or endpoint == "search_users" else 1
                    for name in chance.sample(list(running), len(running)):
                        figures = found[endpoint][name] if number else Figures()  # the first round warms up
                        running[name].measure(endpoint, max(requests // fewer, 2), connections, figures)
    return found


def seeded(url: str, users: int) -> None:
    """The new database has users, and the database knows how many."""
    engine = open_database(url)
    seed(engine, users, SEED)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as db:
        db.execute(text("VACUUM ANALYZE" if db.dialect.name == "postgresql" else "ANALYZE"))
    engine.dispose()


@contextmanager
def new_database(kind: str) -> Iterator[str]:
    """The URL of an empty database."""
    with TemporaryDirectory() as folder:
        if kind == "sqlite":
            yield f"sqlite:///{folder}/friends.db"
        else:
            with embedded_postgres(Path(folder) / "postgres") as url:
                yield url


def main() -> None:
    """A table for each database and size, or the numbers as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="users")
    parser.add_argument("--database", choices=DATABASES, nargs="+", default=DATABASES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="to an endpoint in a round")
    parser.add_argument("--bare", action="store_true", help="by hand without guard and metrics around it")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for kind in options.database:
        for users in options.sizes:
            with new_database(kind) as url:
                seeded(url, users)
                bare = ["--bare"] if options.bare else []
                found = measure(url, users, options.rounds, options.requests, *bare)
            rows = {
                endpoint: {name: figures.row() for name, figures in by_name.items()}
                for endpoint, by_name in found.items()
            }
            if options.json:
                said = json.dumps({"database": kind, "users": users, "endpoints": rows})
            else:
                said = f"\n{kind}, {users:,} users\n{table(rows)}"
            sys.stdout.write(said + "\n")
            sys.stdout.flush()


HEADINGS = (
    f"{'':<22}{'SQL':>7}{'alone':>8}{'over SQL':>10} |{'ours/s':>9}{'p50':>8}{'p99':>8}{'CPU':>7} |"
    f"{'by hand/s':>10}{'p50':>8}{'p99':>8}{'CPU':>7} |{'CPU':>7}{'rate':>7}\n"
    f"{'':<22}{'us':>7}{'us':>8}{'us':>10} |{'':>9}{'ms':>8}{'ms':>8}{'us':>7} |"
    f"{'':>10}{'ms':>8}{'ms':>8}{'us':>7} |{'ratio':>7}{'ratio':>7}\n"
)


def table(rows: dict[str, dict[str, dict[str, float]]]) -> str:
    """A line for each endpoint."""
    return HEADINGS + "\n".join(
        _line(endpoint, **{name.replace(" ", "_"): row for name, row in by_name.items()})
        for endpoint, by_name in rows.items()
    )


def _line(endpoint: str, sql: dict[str, float], ours: dict[str, float], by_hand: dict[str, float]) -> str:
    def served(row: dict[str, float], width: int) -> str:
        rate = f"{row['requests per second']:>{width},.0f}"
        return f"{rate}{row['p50 ms']:>8.2f}{row['p99 ms']:>8.2f}{row['cpu us']:>7,.0f}"

    alone, bare = ours["alone us"], sql["alone us"]
    ratios = ours["cpu us"] / by_hand["cpu us"], by_hand["requests per second"] / ours["requests per second"]
    return (
        f"{endpoint:<22}{bare:>7,.0f}{alone:>8,.0f}{alone - bare:>10,.0f} |{served(ours, 9)} |"
        f"{served(by_hand, 10)} |{ratios[0]:>7.2f}{ratios[1]:>7.2f}"
    )


if __name__ == "__main__":
    main()
