"""A database full of people, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Insert,
    Integer,
    MetaData,
    Table,
    case,
    insert,
    literal,
    select,
)
from sqlalchemy.exc import DBAPIError

from service.database import writing
from service.errors import ServiceError
from service.names import GIVEN, SURNAMES
from service.tables import UtcDateTime, friend_requests, friendships, users

FRIENDS_EACH = 16
"""Friends of a user, on average."""
REQUESTS_EACH = 10
"""Pending friend requests to a user, on average."""
SEEDED_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""When everything was created; the clock would make each database another."""
AT_ONCE = 10_000
"""Rows handed to the database in one call."""

# Pairs go in as bare numbers, and the database makes its rows of them: three times as fast as sending rows.
PAIRS = Table(
    "seeded_pairs",
    MetaData(),
    Column("position", Integer, primary_key=True),
    Column("user_id", Integer),
    Column("friend_id", Integer),
    prefixes=["TEMPORARY"],
)
LOW = case((PAIRS.c.user_id < PAIRS.c.friend_id, PAIRS.c.user_id), else_=PAIRS.c.friend_id)
HIGH = case((PAIRS.c.user_id < PAIRS.c.friend_id, PAIRS.c.friend_id), else_=PAIRS.c.user_id)
Pair = tuple[int, int]
Row = dict[str, Any]


def seed(engine: Engine, users: int, seed: int = 7) -> None:
    """The empty database of `engine` has `users` users, with friends and pending requests.

    Where there are too few users for that many pairs, half of the pairs are used. Raises ServiceError.
    """
    chance = Random(seed)
    try:
        with writing(engine).begin() as db:
            _must_be_empty(db)
            _fill(db, users, chance)
    except DBAPIError as error:
        raise ServiceError(
            f"Cannot seed the database: {error.orig}.", "Stop what else writes to it, and seed again."
        ) from error


def _must_be_empty(db: Connection) -> None:
    if db.execute(select(users.c.user_id).limit(1)).first():
        raise ServiceError(
            "The database already has users.",
            "Name a new database, or delete this one first.",
        )


def _fill(db: Connection, people: int, chance: Random) -> None:
    _insert(db, insert(users), _users(usernames(people, chance)))
    pairs = _pairs(people, chance)
    friends = len(pairs) * FRIENDS_EACH // (FRIENDS_EACH + 2 * REQUESTS_EACH)
    PAIRS.create(db)
    _insert(db, insert(PAIRS), (_either_way(pair, chance) for pair in pairs))
    with _indexed_afterwards(db, friendships, friend_requests):
        _befriend(db, friends)
        _request(db, friends)
    PAIRS.drop(db)


@contextmanager
def _indexed_afterwards(db: Connection, *tables: Table) -> Iterator[None]:
    """Indexes are made at the end, sorted, and not row by row."""
    indexes = sorted((index for table in tables for index in table.indexes), key=lambda i: str(i.name))
    for index in indexes:
        index.drop(db)
    yield
    for index in indexes:
        index.create(db)


def usernames(people: int, chance: Random) -> list[str]:
    """As many different names, such as `mira_holm27`."""
    names: dict[str, None] = {}  # a set that keeps its order
    while len(names) < people:
        names[f"{chance.choice(GIVEN)}_{chance.choice(SURNAMES)}{chance.randrange(1, 1000)}"] = None
    return list(names)


def _pairs(people: int, chance: Random) -> list[Pair]:
    """Different pairs of user ids, lower id first, in random order."""
    # A friendship counts for both users, a request only for the one who is asked.
    wanted = people * (FRIENDS_EACH + 2 * REQUESTS_EACH) // 2
    wanted = min(wanted, people * (people - 1) // 4)
    pairs: dict[Pair, None] = {}
    while len(pairs) < wanted:
        one, other = int(chance.random() * people) + 1, int(chance.random() * people) + 1
        if one != other:
            pairs[(one, other) if one < other else (other, one)] = None
    return list(pairs)


def _users(names: Iterable[str]) -> Iterator[Row]:
    for user_id, name in enumerate(names, start=1):
        yield {"user_id": user_id, "username": name, "created_at": SEEDED_AT}


def _either_way(pair: Pair, chance: Random) -> Row:
    one, other = pair if chance.random() < 0.5 else reversed(pair)
    return {"user_id": one, "friend_id": other}


def _befriend(db: Connection, friends: int) -> None:
    """The first pairs are friends."""
    chosen = (
        select(LOW, HIGH, literal(SEEDED_AT, UtcDateTime))
        .where(PAIRS.c.position <= friends)
        .order_by(LOW, HIGH)
    )
    db.execute(insert(friendships).from_select(["low_id", "high_id", "since"], chosen))


def _request(db: Connection, friends: int) -> None:
    """In the pairs that are left one has asked the other."""
    asked = (PAIRS.c.user_id, PAIRS.c.friend_id, LOW, HIGH)
    chosen = (
        select(*asked, literal("pending"), literal(SEEDED_AT, UtcDateTime))
        .where(PAIRS.c.position > friends)
        .order_by(PAIRS.c.position)
    )
    into = ["user_id", "friend_id", "low_id", "high_id", "status", "created_at"]
    db.execute(insert(friend_requests).from_select(into, chosen))


def _insert(db: Connection, statement: Insert, rows: Iterable[Row]) -> None:
    remaining = iter(rows)
    while batch := list(islice(remaining, AT_ONCE)):
        db.execute(statement, batch)
