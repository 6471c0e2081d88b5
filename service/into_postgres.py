"""A population becomes rows in PostgreSQL, as fast as it can be done in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from service.chance import Numbers
from service.database import alone, writing
from service.people import SEEDED_AT, People

ROWS_AT_ONCE = 20_000
"""Rows handed to the server in one piece."""
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
"""Of the binary format: https://www.postgresql.org/docs/current/sql-copy.html."""
MICROSECONDS = (SEEDED_AT - datetime(2000, 1, 1, tzinfo=UTC)) // datetime.resolution
"""A moment as PostgreSQL keeps it."""

LOCK = "LOCK TABLE users, friend_requests, friendships IN ACCESS EXCLUSIVE MODE"
# Rows of a table that was emptied in the same transaction can be written as ones that everyone sees.
EMPTY = "TRUNCATE users, friend_requests, friendships RESTART IDENTITY"
# To find a million ids among a million it is several times as fast to sort both as to hash one.
SETTINGS = """
    SELECT set_config('maintenance_work_mem', '256MB', true), set_config('enable_hashjoin', 'off', true)
"""
USERS = "COPY users (user_id, username, created_at) FROM STDIN (FREEZE)"
FRIENDSHIPS = "COPY friendships (low_id, high_id, since) FROM STDIN (FORMAT binary, FREEZE)"
REQUESTS = """
    COPY friend_requests (request_id, user_id, friend_id, low_id, high_id, status, created_at)
    FROM STDIN (FORMAT binary, FREEZE)
"""
NEXT_IDS = """
    SELECT setval(pg_get_serial_sequence('users', 'user_id'), max(user_id)) FROM users
    UNION ALL
    SELECT setval(pg_get_serial_sequence('friend_requests', 'request_id'), max(request_id))
    FROM friend_requests
"""
ANALYZE = "ANALYZE users, friend_requests, friendships"

INDEXES = """
    WITH seeded AS (SELECT unnest('{users, friend_requests, friendships}'::regclass[]) AS relation)
    SELECT
        format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)),
        contype = 'f' AS foreign_key,
        conname AS name
    FROM pg_constraint
    WHERE contype IN ('p', 'u', 'f') AND conrelid IN (SELECT relation FROM seeded)
    UNION ALL
    SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid), false, relname
    FROM pg_index
    JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid IN (SELECT relation FROM seeded)
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
    ORDER BY foreign_key, name
"""
"""How to drop and how to make each key and index; foreign keys, which need the others, come last."""


@contextmanager
def begun(engine: Engine) -> Iterator[Connection]:
    """A transaction to fill the database in; nobody else reads or writes the tables."""
    with writing(engine).begin() as db:
        alone(db)
        db.exec_driver_sql(LOCK)
        yield db


@contextmanager
def without_indexes(db: Connection) -> Iterator[None]:
    """In the block the empty tables have no keys and no indexes; they are made after it, each by one sort."""
    driver: Any = db.connection.driver_connection
    driver.execute(SETTINGS)
    driver.execute(EMPTY)
    indexes = driver.execute(INDEXES).fetchall()
    for drop, *_ in reversed(indexes):
        driver.execute(drop)
    yield
    for _, make, *_ in indexes:
        driver.execute(make)
    driver.execute(NEXT_IDS)
    driver.execute(ANALYZE)


def insert_users(db: Connection, people: People) -> None:
    """The users are there."""
    driver: Any = db.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(USERS) as copy:
        copy.write("".join(_user_lines(people.usernames)))


def insert_friendships(db: Connection, people: People) -> None:
    """The friendships are there."""
    _copy(db, FRIENDSHIPS, *people.friends, MICROSECONDS)


def insert_requests(db: Connection, people: People) -> None:
    """The friend requests are there."""
    asking, asked = people.requests
    ids = np.arange(1, len(asking) + 1)
    ordered = np.minimum(asking, asked), np.maximum(asking, asked)
    _copy(db, REQUESTS, ids, asking, asked, *ordered, b"pending", MICROSECONDS)


def _user_lines(usernames: list[str]) -> Iterator[str]:
    for user_id, username in enumerate(usernames, start=1):
        yield f"{user_id}\t{username}\t2026-01-01 00:00:00+00\n"


def _copy(db: Connection, statement: str, *columns: Numbers | int | bytes) -> None:
    """Each row of `columns` is copied; a column that is one value has it in each row."""
    arrays = np.broadcast_arrays(*columns)
    driver: Any = db.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(SIGNATURE)
        for start in range(0, len(arrays[0]), ROWS_AT_ONCE):
            copy.write(_binary([column[start : start + ROWS_AT_ONCE] for column in arrays]))
        copy.write(END)


def _binary(columns: list[NDArray[Any]]) -> bytes:
    """Rows as COPY reads them: how many values, and each with its length before it, highest byte first."""
    types = [">i8" if column.dtype.kind == "i" else column.dtype.str for column in columns]
    fields = [("values", ">i2")]
    for place, kind in enumerate(types):
        fields += [(f"length {place}", ">i4"), (f"value {place}", kind)]
    rows = np.empty(len(columns[0]), fields)
    rows["values"] = len(columns)
    for place, column in enumerate(columns):
        rows[f"length {place}"] = rows.dtype[f"value {place}"].itemsize
        rows[f"value {place}"] = column
    return rows.tobytes()
