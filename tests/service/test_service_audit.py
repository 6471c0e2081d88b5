"""What an audit finds in a database whose tables forbid nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Column, Engine, MetaData, Table, create_engine, insert

from service.audit import SHOWN, audit
from service.database import open_database
from service.people import SEEDED_AT
from service.seed import seed
from service.tables import friend_requests, friendships, metadata, users

pytest_plugins = ("running_service",)
AT = datetime(2026, 3, 23, 10, 11, 12, tzinfo=UTC)


@pytest.fixture
def lax(database_url: str) -> Iterator[Engine]:
    """The tables of the service without a single constraint, and three users."""
    strict = open_database(database_url)
    metadata.drop_all(strict)
    strict.dispose()
    engine = create_engine(strict.url)
    without = MetaData()
    for table in metadata.sorted_tables:
        Table(table.name, without, *(Column(column.name, column.type) for column in table.columns))
    without.create_all(engine)
    put(engine, users, *({"user_id": n, "username": f"user{n}", "created_at": AT} for n in (1, 2, 3)))
    yield engine
    engine.dispose()


def put(engine: Engine, table: Table, *rows: dict[str, Any]) -> None:
    with engine.begin() as db:
        db.execute(insert(table), list(rows))


def asked(number: int, one: int, other: int, status: str, **columns: int) -> dict[str, Any]:
    """A request of the one to the other."""
    pair = {"user_id": one, "friend_id": other, "low_id": min(one, other), "high_id": max(one, other)}
    return {"request_id": number, "status": status, "created_at": AT} | pair | columns


def friends(one: int, other: int, since: datetime = AT) -> dict[str, Any]:
    return {"low_id": one, "high_id": other, "since": since}


ACCEPTED = asked(1, 1, 2, "accepted")
SEEDED = friends(1, 2, SEEDED_AT)


@pytest.mark.parametrize(
    ("requests", "friendly"),
    [
        ([], []),
        ([], [SEEDED]),
        ([ACCEPTED], []),  # they parted
        ([ACCEPTED], [friends(1, 2)]),
        ([asked(1, 2, 1, "accepted"), asked(2, 2, 1, "declined")], [friends(1, 2)]),
        ([ACCEPTED, asked(2, 2, 1, "pending"), asked(3, 1, 3, "pending")], []),
    ],
)
def test_nothing_is_found_where_nothing_is_wrong(
    lax: Engine, requests: list[dict[str, Any]], friendly: list[dict[str, Any]]
) -> None:
    """What can come about by asking, answering, parting and seeding is sound."""
    if requests:
        put(lax, friend_requests, *requests)
    if friendly:
        put(lax, friendships, *friendly)
    assert audit(lax) == []


@pytest.mark.parametrize(
    ("table", "rows", "found"),
    [
        (
            users,
            [{"user_id": 4, "username": "user1", "created_at": AT}],
            ["The username 'user1' is that of several users."],
        ),
        (friendships, [friends(2, 2, SEEDED_AT)], ["The user 2 is a friend of themselves."]),
        (
            friendships,
            [friends(2, 1, SEEDED_AT)],
            ["The friendship of 2 and 1 has the higher id first."],
        ),
        (
            friendships,
            [SEEDED, friends(2, 1, SEEDED_AT)],
            [
                "The friendship of 2 and 1 has the higher id first.",
                "The users 1 and 2 are friends more than once.",
            ],
        ),
        (
            friendships,
            [friends(8, 9, SEEDED_AT)],
            [
                "There is no user 8 for the friendship of 8 and 9.",
                "There is no user 9 for the friendship of 8 and 9.",
            ],
        ),
        (friendships, [friends(1, 3)], ["The users 1 and 3 are friends, but neither has accepted"]),
        (friend_requests, [asked(1, 9, 1, "declined")], ["There is no user 9 for a request from 9 to 1."]),
        (friend_requests, [asked(1, 1, 1, "accepted")], ["The request 1 is from user 1 to themselves."]),
        (
            friend_requests,
            [asked(1, 1, 2, "pending", high_id=3)],
            ["The request 1 is kept as between 1 and 3, and is not."],
        ),
        (
            friend_requests,
            [asked(1, 1, 2, "maybe")],
            ["The request 1 is neither pending, accepted nor declined, but 'maybe'."],
        ),
        (
            friend_requests,
            [asked(1, 1, 2, "pending"), asked(2, 2, 1, "pending")],
            ["Several requests between 1 and 2 are pending."],
        ),
    ],
)
def test_what_must_never_be_is_said(
    lax: Engine, table: Table, rows: list[dict[str, Any]], found: list[str]
) -> None:
    """Each thing that must never be is found by itself, with the ids to look for."""
    put(lax, table, *rows)
    said = audit(lax)
    assert len(said) == len(found)
    assert all(sentence.startswith(start) for sentence, start in zip(said, found, strict=True))


def test_a_request_pending_between_friends_is_found(lax: Engine) -> None:
    """Friends with a request that waits are found, whichever way it goes."""
    put(lax, friendships, SEEDED)
    put(lax, friend_requests, asked(7, 2, 1, "pending"))
    assert audit(lax) == ["The request 7 is pending between 1 and 2, who are friends."]


def test_many_of_a_kind_are_counted(lax: Engine) -> None:
    """Of what is wrong many times the first are named, and the others counted."""
    put(lax, friend_requests, *(asked(number, 1, 1, "accepted") for number in range(1, SHOWN + 6)))
    said = audit(lax)
    assert len(said) == SHOWN
    assert said[-1] == f"The request {SHOWN} is from user 1 to themselves. And 5 more like it."


def test_a_seeded_database_is_sound(engine: Engine) -> None:
    """Seeding makes nothing that must never be."""
    seed(engine, 300)
    assert audit(engine) == []
