"""A friend-service in process, with its log and a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from service.app import create_app
from service.database import open_database

PREFIX = "/friend-service/v1"


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

    def send(self, method: str, target: str, body: object = None) -> tuple[int, str]:
        """Status and body of the answer; the target is what follows the service's prefix."""
        answer = self.request(method, PREFIX + target, json=body)
        return answer.status_code, answer.text

    def status(self, method: str, target: str, body: object = None) -> int:
        return self.send(method, target, body)[0]

    def json(self, method: str, target: str, body: object = None) -> dict[str, int]:
        answer: dict[str, int] = self.request(method, PREFIX + target, json=body).json()
        return answer

    def items(self, target: str) -> list[dict[str, int | str]]:
        answer: list[dict[str, int | str]] = self.request("GET", PREFIX + target).json()
        return answer

    def befriend(self, one: int, other: int) -> None:
        request = self.json("POST", "/friends", {"userId": one, "friendId": other})
        assert self.status("PUT", f"/friend-requests/{request['requestId']}", {"status": "accepted"}) == 200


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'friends.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def running(engine: Engine) -> Running:
    clock, log = Clock(), StringIO()
    return Running(engine, create_app(engine, access_log=log, now=clock.now), log, clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()
