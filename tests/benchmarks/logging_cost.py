"""What each kind of log costs the friend-service, in CPU time.

    python tests/benchmarks/logging_cost.py [ROUNDS]

In every round the app answers the same requests in process once without any log and once with each kind, in
an order that is drawn anew. CPU time is that of all threads, also of those that write. No server is in
between, so a request costs less, and a log a larger share of it, than when it is served. Every request is
watched and counted for Prometheus, log or not; what that costs is told by those that are `counted twice`.
"""

from __future__ import annotations

import asyncio
import gc
import math
import random
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from starlette.types import ASGIApp, Message

from service.access_log import combined_lines
from service.app import create_app, utc_now
from service.database import open_database
from service.exchange import Watch
from service.json_log import json_lines
from service.log_file import Lines, LogFile
from service.metrics import Metrics
from service.seed import seed
from service.spans import Spans

ROUNDS, REQUESTS, USERS, SEED = 100, 250, 1000, 7
AGENT = (
    b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
HEADERS = [
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", AGENT),
    (b"accept", b"*/*"),
    (b"accept-encoding", b"gzip, deflate"),
    (b"connection", b"keep-alive"),
    (b"x-user-id", b"812"),
]


async def answer(app: ASGIApp, user: int) -> None:
    """The app has answered who that user is."""
    target = f"/friend-service/v1/users/{user}"
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(
        {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": target,
            "raw_path": target.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": HEADERS,
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8000),
        },
        receive,
        send,
    )
    if sent[0]["status"] != 200:
        raise RuntimeError(f"{target} was answered with {sent[0]['status']}")


@dataclass(frozen=True)
class Kind:
    """The app with a kind of log."""

    app: ASGIApp
    flush: Callable[[], object] = lambda: None


async def cpu_seconds(kind: Kind) -> float:
    """CPU seconds that a request takes until it is logged, in all threads."""
    gc.collect()
    began = process_time()
    for user in range(1, REQUESTS + 1):
        await answer(kind.app, user)
    kind.flush()
    return (process_time() - began) / REQUESTS


@contextmanager
def kinds(folder: Path) -> Iterator[dict[str, Kind]]:
    """The same app without and with each kind of log."""
    with ExitStack() as stack:
        engine = open_database(f"sqlite:///{folder / 'friends.db'}")
        stack.callback(engine.dispose)
        seed(engine, USERS, SEED)
        app, metrics = create_app(engine), Metrics()

        def logged(name: str, lines: Lines) -> Kind:
            log = LogFile(folder / name, lines)
            stack.callback(log.close)
            return Kind(create_app(engine, sinks=[log]), log.flush)

        yield {
            "none": Kind(app),
            "none, again": Kind(app),
            "combined": logged("access.log", combined_lines),
            "json": logged("access.jsonl", json_lines),
            "spans": logged("spans.jsonl", Spans().lines),
            "counted twice": Kind(Watch(app, [metrics.finished], utc_now, [metrics.begun])),
        }


async def measure(rounds: int) -> dict[str, list[float]]:
    """CPU seconds per request of each kind, by round."""
    draw = random.Random(SEED)
    with TemporaryDirectory() as folder, kinds(Path(folder)) as each:
        for kind in each.values():
            await cpu_seconds(kind)
        found: dict[str, list[float]] = {name: [] for name in each}
        for _ in range(rounds):
            for name in draw.sample(list(each), len(each)):
                found[name].append(await cpu_seconds(each[name]))
    return found


def sure(values: list[float]) -> tuple[float, float]:
    """Between which values the median lies with 95 % certainty, whatever their distribution.

    Source: the binomial distribution of how many values lie below it, as a normal one.
    """
    middle, away = (len(values) - 1) / 2, 0.98 * math.sqrt(len(values))
    ranked = sorted(values)
    return ranked[max(0, math.floor(middle - away))], ranked[min(len(values) - 1, math.ceil(middle + away))]


def main() -> None:
    """Prints a line for each kind: requests per CPU second, and what is added to a request's CPU time."""
    found = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
    out = ["log           requests per CPU second   added: median of rounds (95 % sure)"]
    for name, seconds in found.items():
        added = [100 * (one / other - 1) for one, other in zip(seconds, found["none"], strict=True)]
        low, high = sure(added)
        speed = 1 / statistics.median(seconds)
        out.append(
            f"{name:<14}{speed:>22,.0f}   {statistics.median(added):+.1f} % ({low:+.1f} to {high:+.1f})"
        )
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
