"""How long it takes to seed a database, by stage, beside the same rows inserted plainly in the same run.

`uv run python tests/benchmarks/seeding.py --users 1000000`. Who inserts plainly has drawn the people before,
and sends rows one by one (`executemany` to SQLite, `COPY` to PostgreSQL) in one transaction, with keys and
indexes in place. Each is a process of its own with a new database; PostgreSQL's server is apart from it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from measure import Measured, measure
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, Engine, text

from service.database import open_database, writing
from service.embedded import embedded_postgres
from service.people import MOST_PAIRS, SEEDED_AT, People, draw_people
from service.seed import INTO

SEED = 7
MEGABYTE = 1e6
STAGES = ("draw", "begin", "users", "friendships", "requests", "indexes", "commit")
INSERTS = {
    "users": "INSERT INTO users VALUES (?, ?, ?)",
    "friendships": "INSERT INTO friendships VALUES (?, ?, ?)",
    "requests": "INSERT INTO friend_requests VALUES (?, ?, ?, ?, ?, ?, ?)",
}
COPIES = {
    "users": "COPY users FROM STDIN",
    "friendships": "COPY friendships FROM STDIN",
    "requests": "COPY friend_requests FROM STDIN",
}


class Stopwatch:
    """Seconds of each stage, from the end of the one before."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = perf_counter()

    def lap(self, stage: str) -> None:
        """The stage has ended."""
        now = perf_counter()
        self.seconds[stage], self._since = now - self._since, now


def ours(engine: Engine, users: int, most_pairs: int) -> dict[str, float]:
    """What `service.seed.seed` does, stage by stage."""
    into = INTO[engine.dialect.name]
    watch = Stopwatch()
    people = draw_people(users, SEED, most_pairs)
    watch.lap("draw")
    with into.begun(engine) as db:
        with into.without_indexes(db):
            watch.lap("begin")
            into.insert_users(db, people)
            watch.lap("users")
            into.insert_friendships(db, people)
            watch.lap("friendships")
            into.insert_requests(db, people)
            watch.lap("requests")
        watch.lap("indexes")
    engine.dispose()  # the last connection to SQLite moves what is in its log
    watch.lap("commit")
    return watch.seconds


def plain(engine: Engine, users: int, most_pairs: int) -> dict[str, float]:
    """The same rows, one by one into the tables as they are."""
    people = draw_people(users, SEED, most_pairs)
    watch = Stopwatch()
    with writing(engine).begin() as db:
        if engine.dialect.name == "postgresql":
            db.execute(text("SET LOCAL statement_timeout = 0"))
        watch.lap("begin")
        for stage, rows in rows_of(people).items():
            send(db, stage, rows)
            watch.lap(stage)
    engine.dispose()
    watch.lap("commit")
    return watch.seconds


def rows_of(people: People) -> dict[str, Iterable[tuple[Any, ...]]]:
    """The rows of each table."""
    at = repeat(SEEDED_AT.replace(tzinfo=None).isoformat(" ", "microseconds"))
    asking, asked = (ids.tolist() for ids in people.requests)
    low, high = map(min, asking, asked), map(max, asking, asked)
    return {
        "users": zip(count(1), people.usernames, at),
        "friendships": zip(*(ids.tolist() for ids in people.friends), at, strict=False),
        "requests": zip(count(1), asking, asked, low, high, repeat("pending"), at),
    }


def send(db: Connection, stage: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """The rows are in their table."""
    driver: Any = db.connection.driver_connection
    if db.dialect.name == "sqlite":
        driver.executemany(INSERTS[stage], rows)
        return
    with driver.cursor() as cursor, cursor.copy(COPIES[stage]) as copy:
        for row in rows:
            copy.write_row(row)


CONTENDERS = {"ours": ours, "plain": plain}


@contextmanager
def new_database(kind: str) -> Iterator[Engine]:
    """An empty database with all tables."""
    with TemporaryDirectory() as name:
        if kind == "sqlite":
            yield open_database(f"sqlite:///{Path(name) / 'friends.db'}")
            return
        with embedded_postgres(Path(name) / "data") as url:
            engine = open_database(url)
            yield engine
            engine.dispose()


def show(measured: dict[tuple[str, str], Measured], users: int) -> None:
    """Seconds by stage and the most memory of each, as a table."""
    table = Table(title=f"{users:,} users, seconds")
    table.add_column("")
    seconds: list[dict[str, float]] = []
    for (kind, who), each in measured.items():
        table.add_column(f"{kind}, {who}", justify="right")
        seconds.append(json.loads(each.output))
    for stage in STAGES:
        table.add_row(stage, *(f"{each[stage]:.2f}" if stage in each else "" for each in seconds))
    table.add_section()
    table.add_row("all", *(f"{sum(each.values()):.2f}" for each in seconds))
    table.add_row("CPU, without the server", *(f"{each.cpu_seconds:.2f}" for each in measured.values()))
    table.add_row(
        "peak MB, without the server", *(f"{each.peak_bytes / MEGABYTE:,.0f}" for each in measured.values())
    )
    Console(width=110).print(table)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measures how long it takes to seed a database.")
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument(
        "--most-pairs", type=int, default=MOST_PAIRS, help="friendships and requests, at most"
    )
    parser.add_argument("--only", nargs="+", choices=sorted(INTO), default=sorted(INTO, reverse=True))
    parser.add_argument("--one", nargs=2, metavar=("DATABASE", "WHO"), help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """The comparison is printed. Returns 2 if one could not run."""
    args = options()
    if args.one:
        kind, who = args.one
        with new_database(kind) as engine:
            sys.stdout.write(json.dumps(CONTENDERS[who](engine, args.users, args.most_pairs)))
        return 0
    sizes = ["--users", str(args.users), "--most-pairs", str(args.most_pairs)]
    try:
        measured = {
            (kind, who): measure([sys.executable, __file__, "--one", kind, who, *sizes])
            for kind in args.only
            for who in CONTENDERS
        }
    except RuntimeError as failed:
        sys.stderr.write(f"{failed}\n")
        return 2
    show(measured, args.users)
    return 0


if __name__ == "__main__":
    sys.exit(main())
