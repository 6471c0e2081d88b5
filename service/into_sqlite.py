"""A population becomes rows in SQLite, as fast as it can be done in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine

from service.chance import Numbers
from service.database import writing
from service.people import People

SETTINGS = {"foreign_keys": 0, "ignore_check_constraints": 1, "cache_size": -262_144}
"""While rows go in: they were drawn as they must be, and the index of a million names fits into 256 MB."""
ROWS_AT_ONCE = 50
"""Rows in a statement: three times as fast as one. With more, SQLite takes longer to find a parameter."""
STATEMENTS_AT_ONCE = 2_000
"""Of so many the values become Python's numbers together."""

USER = "INSERT INTO users (username, created_at) VALUES (?, '2026-01-01 00:00:00.000000')"
FRIENDSHIPS = "INSERT INTO friendships (low_id, high_id, since) VALUES "
FRIENDSHIP = "(?, ?, '2026-01-01 00:00:00.000000')"
REQUESTS = "INSERT INTO friend_requests (user_id, friend_id, low_id, high_id, status, created_at) VALUES "
REQUEST = "(?{0}, ?{1}, min(?{0}, ?{1}), max(?{0}, ?{1}), 'pending', '2026-01-01 00:00:00.000000')"

INDEXES = """
    SELECT printf('DROP INDEX "%w"', name), sql
    FROM sqlite_master
    WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('users', 'friend_requests', 'friendships')
    ORDER BY name
"""
"""How to drop and how to make each index, but for those of keys, which cannot be dropped."""


@contextmanager
def begun(engine: Engine) -> Iterator[Connection]:
    """A transaction to fill the database in; nobody else writes, and rows are not checked one by one."""
    with writing(engine).connect() as db:
        driver: Any = db.connection.driver_connection
        before = {name: driver.execute(f"PRAGMA {name}").fetchone()[0] for name in SETTINGS}
        _set(driver, SETTINGS)  # before the transaction, within which foreign keys cannot be turned off
        try:
            with db.begin():
                yield db
        finally:
            _set(driver, before)


@contextmanager
def without_indexes(db: Connection) -> Iterator[None]:
    """In the block the empty tables have only their keys; all indexes are made after it, each by one sort."""
    driver: Any = db.connection.driver_connection
    indexes = driver.execute(INDEXES).fetchall()
    for drop, _ in indexes:
        driver.execute(drop)
    yield
    for _, make in indexes:
        driver.execute(make)


def insert_users(db: Connection, people: People) -> None:
    """The users are there."""
    driver: Any = db.connection.driver_connection
    driver.executemany(USER, zip(people.usernames))


def insert_friendships(db: Connection, people: People) -> None:
    """The friendships are there."""
    _insert(db, FRIENDSHIPS, FRIENDSHIP, people.friends)


def insert_requests(db: Connection, people: People) -> None:
    """The friend requests are there."""
    _insert(db, REQUESTS, REQUEST, people.requests)


def _set(driver: Any, settings: dict[str, int]) -> None:
    for name, value in settings.items():
        driver.execute(f"PRAGMA {name} = {value:d}")


def _insert(db: Connection, into: str, row: str, pairs: tuple[Numbers, Numbers]) -> None:
    """Each of `pairs` is a row."""
    driver: Any = db.connection.driver_connection
    values = np.column_stack(pairs)
    whole = len(values) // ROWS_AT_ONCE * ROWS_AT_ONCE
    for rows, block in ((ROWS_AT_ONCE, values[:whole]), (1, values[whole:])):
        places = (row.format(2 * place + 1, 2 * place + 2) for place in range(rows))
        driver.executemany(into + ", ".join(places), _in_turn(block.reshape(-1, 2 * rows)))


def _in_turn(values: Numbers) -> Iterator[list[int]]:
    for start in range(0, len(values), STATEMENTS_AT_ONCE):
        yield from values[start : start + STATEMENTS_AT_ONCE].tolist()
