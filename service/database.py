"""The one place that knows which database is underneath."""

from __future__ import annotations

import re
from contextlib import ExitStack
from threading import Lock
from typing import Any

from alembic.util import CommandError
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from service.errors import ServiceError
from service.migrations import migrate

BUSY_SECONDS = 10
"""How long a writer waits for another, and a request for a connection, before it gives up."""
SQLITE_CONNECTIONS = 40
"""As many as there are threads to serve requests, so that none waits for a connection."""
POSTGRES_CONNECTIONS = 10
"""For each worker. PostgreSQL allows 100 by default, and more at once than it has cores make it slower."""
POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")
SQLITE = ("sqlite", "sqlite+pysqlite")
LOGIN = re.compile(r"(?<=//).*(?=@)|(?<=password=)[^&]*")
LOCK = 8_203_017
"""The number under which PostgreSQL lets one process at a time change tables; any unused one would do."""
HINT = (
    "Say for example sqlite:///friends.db, postgresql://user@localhost/friends,"
    " or postgres for a server of your own."
)


def open_database(url: str) -> Engine:
    """The database at `url`, writable and with all tables. Raises ServiceError."""
    parsed = _parse(url)
    with ExitStack() as unless_it_works:
        try:
            engine = _sqlite(parsed) if parsed.drivername in SQLITE else _postgres(parsed)
            unless_it_works.callback(engine.dispose)
            with writing(engine).begin() as db:
                alone(db)
                migrate(db)
        except (DBAPIError, CommandError, TypeError, ValueError) as error:  # the last two: wrong options
            raise _unusable(parsed, error) from error
        unless_it_works.pop_all()
    return engine


def writing(engine: Engine) -> Engine:
    """`engine` for transactions, which are known from the start to write.

    Without it each statement is for itself, and sees one state: enough to read.
    """
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="READ COMMITTED")
    writer = engine.execution_options()
    event.listen(writer, "begin", _begin)  # not on `engine`, where it would slow down all that is read
    return writer


def alone(db: Connection) -> None:
    """Until its transaction ends, a writing one, nobody else seeds or changes tables, however long."""
    if db.dialect.name == "postgresql":  # in SQLite nobody else writes at all
        db.exec_driver_sql("SET LOCAL statement_timeout = 0")
        db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # the latter for a port that is no number
        raise ServiceError(f"{_shown(url)!r} is not a database URL.", HINT) from error
    if parsed.drivername in POSTGRES:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in SQLITE:
        raise ServiceError(f"Databases of the kind {parsed.drivername!r} are not supported.", HINT)
    return parsed


def _unusable(url: URL, error: Exception) -> ServiceError:
    why = str(error.orig if isinstance(error, DBAPIError) else error).strip().rstrip(".?")
    if isinstance(error, CommandError):
        hint = "Use the version of the service that migrated it last, or a new database."
    elif url.drivername in SQLITE:
        hint = "Name a SQLite file in a directory you can write to, such as sqlite:///friends.db."
    else:
        hint = "Check that the server runs, and the user, database and options of the URL."
    return ServiceError(f"Cannot use the database {_shown(url.render_as_string())}: {why}.", hint)


def _shown(url: str) -> str:
    """`url` without who logs in and how."""
    return LOGIN.sub("***", url)


def _sqlite(url: URL) -> Engine:
    # A database in memory lives and dies with its connection, so there must be exactly one.
    connections = 1 if url.database in (None, "", ":memory:") else SQLITE_CONNECTIONS
    engine = create_engine(
        url.set(query={"timeout": str(BUSY_SECONDS), **url.query}),
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        connect_args={"check_same_thread": False},
        execution_options={"one_writer": Lock()},
    )
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "checkin", _let_the_next_write)
    return engine


def _set_up_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what was answered is on disk, as in PostgreSQL
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -16000")  # 16 MB: a hundred thousand users fit in


def _begin(connection: Connection) -> None:
    # Whoever waits for another process sleeps for up to a tenth of a second; for another thread, no longer
    # than that one takes.
    one_writer: Lock = connection.get_execution_options()["one_writer"]
    held = connection.connection.record_info
    if held is not None and "one_writer" not in held and one_writer.acquire(timeout=BUSY_SECONDS):
        held["one_writer"] = one_writer
    # A transaction that reads and then writes cannot wait for its turn in SQLite: it fails at once if
    # another wrote in between. One that says beforehand that it will write waits like any other.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _let_the_next_write(_connection: Any, record: ConnectionPoolEntry) -> None:
    if one_writer := (record.record_info or {}).pop("one_writer", None):
        one_writer.release()


def _postgres(url: URL) -> Engine:
    limits = f"-c lock_timeout={BUSY_SECONDS}s -c statement_timeout={BUSY_SECONDS}s"
    return create_engine(
        url,
        isolation_level="AUTOCOMMIT",  # to change it for each that reads would take a third of its time
        pool_size=POSTGRES_CONNECTIONS,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        connect_args={
            "application_name": "friend-service",
            "connect_timeout": BUSY_SECONDS,
            "tcp_user_timeout": BUSY_SECONDS * 1000,  # a machine that is gone cannot say so
            "options": f"{limits} {url.query.get('options', '')}",
        },
    )
