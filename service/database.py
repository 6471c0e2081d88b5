"""The one place that knows which database is underneath."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from service.errors import ServiceError
from service.tables import metadata

BUSY_SECONDS = 10
"""How long a writer waits for another before it gives up."""
CONNECTIONS = 40
"""As many as there are threads to serve requests, so that none waits for a connection."""


def open_database(url: str) -> Engine:
    """The database at `url`, writable and with all tables. Raises ServiceError."""
    parsed = _parse(url)
    engine = _sqlite(parsed)
    try:
        metadata.create_all(writing(engine))
        with writing(engine).begin():
            pass  # begins to write and so finds out whether the file may be written
    except DBAPIError as error:
        engine.dispose()
        raise ServiceError(
            f"Cannot use the database {parsed.render_as_string()}: {error.orig}.",
            "Name a SQLite file in a directory you can write to, such as sqlite:///friends.db.",
        ) from error
    return engine


def writing(engine: Engine) -> Engine:
    """`engine`, whose transactions are known from the start to write."""
    return engine.execution_options(writing=True)


def _parse(url: str) -> URL:
    hint = "Only SQLite is supported so far; say for example sqlite:///friends.db."
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ServiceError(f"{url!r} is not a database URL.", hint) from error
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ServiceError(f"Databases of the kind {parsed.drivername!r} are not supported.", hint)
    return parsed


def _sqlite(url: URL) -> Engine:
    # A database in memory lives and dies with its connection, so there must be exactly one.
    connections = 1 if url.database in (None, "", ":memory:") else CONNECTIONS
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -16000")  # 16 MB: a hundred thousand users fit in


def _begin(connection: Connection) -> None:
    # A transaction that reads and then writes cannot wait for its turn in SQLite: it fails at once if
    # another wrote in between. One that says beforehand that it will write waits like any other.
    immediate = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
