"""How users are searched by a part of their name: by reading all of them, or by an index of trigrams.

Both know the case of letters, know no wildcards, and find the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Engine,
    Integer,
    Select,
    String,
    bindparam,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from service.database import alone, writing
from service.errors import ServiceError
from service.tables import users

How = Literal["scan", "trigram"]
Found = tuple[Select[Any], dict[str, str]]
"""A statement and its values, but for `after` and `rows`."""
WILDCARDS = re.compile(r"[\\%_]")
TRIGRAM = 3
"""Letters of a text from which on the index helps; shorter ones have no trigram."""

SQLITE_INDEX = (
    """CREATE VIRTUAL TABLE users_by_trigram
       USING fts5(username, content='users', content_rowid='user_id', tokenize='trigram')""",
    "INSERT INTO users_by_trigram (users_by_trigram) VALUES ('rebuild')",
    """CREATE TRIGGER index_by_trigram AFTER INSERT ON users BEGIN
       INSERT INTO users_by_trigram (rowid, username) VALUES (new.user_id, new.username); END""",
)
"""FTS5 with its rows in `users`: https://www.sqlite.org/fts5.html#external_content_tables.

One trigger is enough, as users are never renamed, and of those who are gone the index may still speak.
"""
POSTGRES_INDEX = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX users_by_trigram ON users USING gin (username gin_trgm_ops)",
)
"""https://www.postgresql.org/docs/current/pgtrgm.html"""
INDEXED = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'users_by_trigram'",
    "postgresql": "SELECT 1 FROM pg_indexes WHERE indexname = 'users_by_trigram'",
}
UNINDEXED: ColumnElement[str] = literal_column("+users.username", users.c.username.type)
"""The name, looked up in no index and copied nowhere: https://www.sqlite.org/optoverview.html, unary +."""
PART: BindParameter[str] = bindparam("part", type_=String)
MATCHES = users.c.user_id.in_(
    text("SELECT rowid FROM users_by_trigram WHERE users_by_trigram MATCH :phrase").columns(users.c.user_id)
)
"""May find more than wanted, as FTS5 ignores the case of letters."""


def search_by(how: How, engine: Engine) -> Callable[[str], Found]:
    """What finds the users whose name contains a text, on the database of `engine`.

    For `trigram` the index is there afterwards. Raises ServiceError where the database can have none.
    """
    sqlite = engine.dialect.name == "sqlite"
    everyone = _everyone(sqlite)
    if how == "trigram":
        _make_index(engine, SQLITE_INDEX if sqlite else POSTGRES_INDEX)
        indexed = everyone.where(MATCHES) if sqlite else _indexed()

    def search(part: str) -> Found:
        if how == "scan" or len(part) < TRIGRAM:
            return everyone, {"part": part}
        if sqlite:
            return indexed, {"part": part, "phrase": '"' + part.replace('"', '""') + '"'}
        return indexed, {"pattern": "%" + WILDCARDS.sub(r"\\\g<0>", part) + "%"}

    return search


def _everyone(sqlite: bool) -> Select[Any]:
    # By the bare name either database might walk an index of names and stop after a page of hits, or use
    # the one of trigrams; this search is meant to read every user.
    if sqlite:
        return _page(func.instr(UNINDEXED, PART) > 0, UNINDEXED)
    return _page(func.strpos(users.c.username, PART) > 0, users.c.username.concat(""))


def _indexed() -> Select[Any]:
    """Of PostgreSQL, whose index knows LIKE."""
    return _page(users.c.username.like(bindparam("pattern"), escape="\\"), users.c.username)


def _page(contains: ColumnElement[bool], name: ColumnElement[str]) -> Select[Any]:
    return (
        select(users)
        .where(contains, name > bindparam("after"))
        .order_by(name)
        .limit(bindparam("rows", type_=Integer))
    )


def _make_index(engine: Engine, statements: tuple[str, ...]) -> None:
    try:
        with writing(engine).begin() as db:
            alone(db)
            if not db.execute(text(INDEXED[engine.dialect.name])).first():
                for statement in statements:
                    db.execute(text(statement))
    except DBAPIError as error:
        raise ServiceError(
            f"The database cannot search by trigrams: {error.orig}.",
            "Serve with --search scan, or use a server that has the extension pg_trgm (Debian has it in"
            " postgresql-contrib), or SQLite 3.34 or later.",
        ) from error
