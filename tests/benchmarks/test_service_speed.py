"""The service by hand is a peer of ours, and a small run of the benchmark ends well."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import handwritten
import httpx
import pytest
from service_speed import DATABASES, WIRE, new_database
from starlette.types import ASGIApp

from service.app import create_app
from service.database import open_database
from service.seed import seed

COMMAND = Path(__file__).with_name("service_speed.py")
PEOPLE = 60
Said = tuple[str, str, int | None, dict[str, object] | None]
READS: tuple[Said, ...] = (
    ("GET", "/users?username=a", 1, None),
    ("GET", "/users?username=a&limit=3", 1, None),
    ("GET", "/users?username=_&after=k", None, None),
    ("GET", "/users/7", None, None),
    ("GET", "/users/999", 7, None),
    ("GET", "/users/7/friends", 1, None),
    ("GET", "/users/7/friends?limit=1", 1, None),
    ("GET", "/users/7/friend-requests", 7, None),
    ("GET", "/users/7/friend-requests", 8, None),
    ("POST", "/friends", 7, {"userId": 7, "friendId": 999}),
    ("PUT", "/friend-requests/99999", 7, {"status": "accepted"}),
    ("DELETE", "/friends/7/999", 7, None),
)
REFUSED: tuple[Said, ...] = (
    ("GET", "/users?username=", 1, None),
    ("GET", "/users/x", None, None),
    ("GET", "/users/7/friends?limit=201", 1, None),
    ("POST", "/users", None, {"username": "a b"}),
    ("POST", "/users", None, {"username": "mira", "admin": True}),
    ("POST", "/friends", 7, {"userId": 7, "friendId": 7}),
    ("POST", "/friends", 7, {"userId": 7, "friendId": "8"}),
    ("PUT", "/friend-requests/1", 7, {"status": "maybe"}),
)


def answers(app: ASGIApp, said: Sequence[Said]) -> list[httpx.Response]:
    """The app's answers, one after the other."""

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url=f"http://friends{handwritten.PREFIX}"
        ) as client:
            return [
                await client.request(
                    method, target, json=body, headers={"X-User-Id": str(caller)} if caller else {}
                )
                for method, target, caller, body in said
            ]

    return asyncio.run(ask())


@pytest.mark.parametrize("kind", DATABASES)
def test_the_service_by_hand_answers_as_ours_does(kind: str) -> None:
    """Both say the same of the same database, change it in the same way, and refuse the same."""
    with new_database(kind) as url:
        engine = open_database(url)
        seed(engine, PEOPLE, 7)
        ours, by_hand = create_app(engine), handwritten.app_of(url)
        assert seen(answers(ours, READS)) == seen(answers(by_hand, READS))
        refused = [[a.status_code for a in answers(app, REFUSED)] for app in (ours, by_hand)]
        assert refused == [[422] * len(REFUSED)] * 2
        assert befriended(ours, "one") == befriended(by_hand, "two")
        engine.dispose()


def seen(given: Sequence[httpx.Response]) -> list[tuple[int, Any, str | None]]:
    """What a client sees of answers; a page of them says where the next is."""
    return [(a.status_code, a.json(), a.headers.get("link")) for a in given]


def befriended(app: ASGIApp, name: str) -> list[tuple[int, int | None]]:
    """Statuses, and how many are listed, while a new user becomes a friend of somebody and parts again."""
    (created,) = answers(app, [("POST", "/users", None, {"username": name})])
    new = created.json()["userId"]
    ask: Said = ("POST", "/friends", new, {"userId": new, "friendId": 7})
    part: Said = ("DELETE", f"/friends/{new}/7", new, None)
    asked, *others = answers(app, [ask, ask, ("POST", "/users", None, {"username": name})])
    accept: Said = ("PUT", f"/friend-requests/{asked.json()['requestId']}", 7, {"status": "accepted"})
    friends: Said = ("GET", f"/users/{new}/friends", None, None)
    others += answers(app, [accept, accept, ask, friends, part, part, friends])
    return [
        (a.status_code, len(a.json()) if a.request.method == "GET" else None)
        for a in (created, asked, *others)
    ]


def test_every_endpoint_is_measured() -> None:
    """A small run tells of each endpoint, on each database, what ours, one by hand and the bare SQL take."""
    small = ["--sizes", str(PEOPLE), "--rounds", "1", "--requests", "8", "--json"]
    ended = subprocess.run([sys.executable, COMMAND, *small], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(one["database"], one["users"]) for one in found] == [(kind, PEOPLE) for kind in DATABASES]
    for one in found:
        assert set(one["endpoints"]) == set(WIRE)
        for figures in one["endpoints"].values():
            assert set(figures) == {"sql", "ours", "by hand"}
            assert all(of["alone us"] > 0 for of in figures.values())
            assert all(figures[name]["requests per second"] > 0 for name in ("ours", "by hand"))
