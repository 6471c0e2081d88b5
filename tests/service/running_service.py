"""A friend-service in process on either database, with its log and a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from service.access_log import combined_lines
from service.app import create_app
from service.database import open_database
from service.embedded import embedded_postgres
from service.log_file import at_once

PREFIX = "/friend-service/v1"
TEMPLATE = "friends_of_nobody"


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = datetime(2026, 3, 23, 10, 11, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Running:
    """A service in process."""

    engine: Engine
    app: FastAPI
    log: StringIO
    clock: Clock

    def people(self, *names: str) -> list[int]:
        """The ids of new users with these names."""
        return [self.json("POST", "/users", {"username": name})["userId"] for name in names]

    def request(self, method: str, url: str, **rest: Any) -> httpx.Response:
        """The answer to a request from 192.0.2.7."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=("192.0.2.7", 5000))
            async with httpx.AsyncClient(transport=transport, base_url="http://friends") as client:
                return await client.request(method, url, **rest)

        return asyncio.run(ask())

    def call(
        self, method: str, target: str, body: object = None, caller: int | None = None
    ) -> httpx.Response:
        """The answer to the caller; the target is what follows the service's prefix."""
        headers = {} if caller is None else {"X-User-Id": str(caller)}
        return self.request(method, PREFIX + target, json=body, headers=headers)

    def send(
        self, method: str, target: str, body: object = None, caller: int | None = None
    ) -> tuple[int, str]:
        """Status and body of the answer."""
        answer = self.call(method, target, body, caller)
        return answer.status_code, answer.text

    def status(self, method: str, target: str, body: object = None, caller: int | None = None) -> int:
        return self.call(method, target, body, caller).status_code

    def json(
        self, method: str, target: str, body: object = None, caller: int | None = None
    ) -> dict[str, int]:
        answer: dict[str, int] = self.call(method, target, body, caller).json()
        return answer

    def items(self, target: str, caller: int | None = None) -> list[dict[str, int | str]]:
        answer: list[dict[str, int | str]] = self.call("GET", target, caller=caller).json()
        return answer

    def ask(self, one: int, other: int) -> httpx.Response:
        """The one asks the other to be friends."""
        return self.call("POST", "/friends", {"userId": one, "friendId": other}, one)

    def answer(self, caller: int, request: int, status: str) -> httpx.Response:
        """The caller answers a friend request."""
        return self.call("PUT", f"/friend-requests/{request}", {"status": status}, caller)

    def befriend(self, one: int, other: int) -> None:
        assert self.answer(other, self.ask(one, other).json()["requestId"], "accepted").status_code == 200


@pytest.fixture(scope="session")
def folder_for_postgres() -> Iterator[Path]:
    """A folder outside pytest's, which each pytest that starts makes unreadable for PostgreSQL's user."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def new_postgres_database(folder_for_postgres: Path) -> Iterator[Callable[[], str]]:
    """Makes empty databases with all tables, on a PostgreSQL server that is started for the tests."""
    with embedded_postgres(folder_for_postgres / "data") as url:
        server = make_url(url).set(drivername="postgresql+psycopg")
        admin = create_engine(server, isolation_level="AUTOCOMMIT")

        def create(name: str, template: str) -> str:
            with admin.connect() as db:
                db.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
            return server.set(database=name).render_as_string(hide_password=False)

        open_database(create(TEMPLATE, "template1")).dispose()
        numbers = count(1)
        yield lambda: create(f"friends_{next(numbers)}", TEMPLATE)
        admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database; the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'friends.db'}"
    url: str = request.getfixturevalue("new_postgres_database")()
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def running(engine: Engine) -> Running:
    clock, log = Clock(), StringIO()
    app = create_app(engine, sinks=[at_once(log, combined_lines)], now=clock.now)
    return Running(engine, app, log, clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()
