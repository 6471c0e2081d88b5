"""How a database comes to be, what it forbids by itself, and what is said of one that cannot be used."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, make_url, select, text
from sqlalchemy.exc import IntegrityError

from service.database import BUSY_SECONDS, open_database, writing
from service.errors import ServiceError
from service.migrations import BASELINE
from service.tables import friend_requests, friendships, metadata, users

pytest_plugins = ("running_service",)
PATIENCE = 30
"""Seconds after which what should end is taken never to."""
AT = datetime(2026, 3, 23, 10, 11, 12, tzinfo=UTC)
SECRET = "sesame_open"  # noqa: S105
USERS = "INSERT INTO users (user_id, username, created_at) VALUES "
REQUEST = "INSERT INTO friend_requests (user_id, friend_id, low_id, high_id, status, created_at) VALUES "
FRIENDSHIP = "INSERT INTO friendships (low_id, high_id, since) VALUES "
ROWS = (
    USERS + "(1, 'one', :at), (2, 'two', :at), (3, 'six', :at)",
    FRIENDSHIP + "(1, 2, :at)",
    REQUEST + "(1, 2, 1, 2, 'accepted', :at), (3, 1, 1, 3, 'pending', :at)",
)
SHAPE = {
    "sqlite": "SELECT name, sql FROM sqlite_master",
    "postgresql": """
        SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION SELECT table_name || '.' || column_name, concat_ws(' ', data_type, character_maximum_length,
            collation_name, is_nullable, column_default, is_identity)
        FROM information_schema.columns WHERE table_schema = 'public'
    """,
}


def shape(engine: Engine) -> dict[str, str]:
    """The tables, columns, constraints and indexes as the database has them, by name."""
    with engine.connect() as db:
        found = db.execute(text(SHAPE[engine.dialect.name]))
        return {
            name: " ".join(sql.split()) for name, sql in found if sql and "alembic_version" not in sql + name
        }


def rows(engine: Engine) -> list[list[tuple[Any, ...]]]:
    """All rows of all tables."""
    with engine.connect() as db:
        return [
            [tuple(row) for row in db.execute(select(table).order_by(*table.primary_key))]
            for table in (users, friend_requests, friendships)
        ]


def fill(engine: Engine) -> None:
    with engine.begin() as db:
        for statement in ROWS:
            db.execute(text(statement), {"at": AT})


FILLED = [
    [(1, "one", AT), (2, "two", AT), (3, "six", AT)],
    [(1, 1, 2, 1, 2, "accepted", AT), (2, 3, 1, 1, 3, "pending", AT)],
    [(1, 2, AT)],
]


@pytest.fixture
def empty_url(database_url: str) -> str:
    """A database without any tables."""
    if database_url.startswith("postgresql"):
        engine = create_engine(database_url)
        with engine.begin() as db:
            db.execute(text("DROP SCHEMA public CASCADE"))
            db.execute(text("CREATE SCHEMA public"))
        engine.dispose()
    return database_url


def test_a_database_from_before_migrations_is_brought_up(empty_url: str) -> None:
    """Tables as they first were, filled, become those of today and keep their rows."""
    config, old = Config(), create_engine(empty_url)
    config.set_main_option("script_location", "service:migrations")
    with old.begin() as db:
        config.attributes["connection"] = db
        command.upgrade(config, BASELINE)
        db.execute(text("DROP TABLE alembic_version"))
    fill(old)
    assert "ix_friendships_high_id" in shape(old)
    old.dispose()
    engine = open_database(empty_url)
    assert rows(engine) == FILLED
    assert "friends_with_lower_id" in shape(engine)
    assert differences(engine) == []
    engine.dispose()


def differences(engine: Engine) -> list[Any]:
    """What Alembic would have to do so that the database had the tables that the statements know."""
    with engine.connect() as db:
        return list(compare_metadata(MigrationContext.configure(db), metadata))


def test_migrations_make_the_tables_that_statements_know(engine: Engine) -> None:
    """A database made by migrations has what `tables` says, down to the constraints and indexes."""
    assert differences(engine) == []
    made = shape(engine)
    metadata.drop_all(engine)
    metadata.create_all(engine)
    assert shape(engine) == made


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    """A database that is opened again is as it was."""
    fill(engine)
    made = shape(engine)
    open_database(engine.url.render_as_string(hide_password=False)).dispose()
    assert shape(engine) == made
    assert rows(engine) == FILLED


def test_a_migration_that_fails_has_changed_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new database in which one migration works and the next does not is still empty, and can be opened."""

    def drop_index(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr("alembic.op.drop_index", drop_index)
        with pytest.raises(OSError, match="disk full"):
            open_database(empty_url)
    engine = create_engine(empty_url)
    assert shape(engine) == {}
    engine.dispose()
    engine = open_database(empty_url)
    assert differences(engine) == []
    engine.dispose()


OPEN = "import sys; from service.database import open_database; open_database(sys.argv[1]).dispose()"


def test_an_empty_database_is_opened_by_several_at_once(empty_url: str) -> None:
    """Threads and processes that open a new database at the same time all find it with its tables."""
    start = threading.Barrier(6)

    def in_thread(_: int) -> int:
        start.wait(PATIENCE)
        engine = open_database(empty_url)
        with engine.connect() as db:
            users_there = len(db.execute(select(users)).all())
        engine.dispose()
        return users_there

    processes = [subprocess.Popen([sys.executable, "-c", OPEN, empty_url]) for _ in range(2)]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(in_thread, range(6))) == [0] * 6
    assert [process.wait(PATIENCE) for process in processes] == [0, 0]
    engine = open_database(empty_url)
    assert differences(engine) == []
    engine.dispose()


def test_threads_open_databases_of_their_own_at_once(tmp_path: Path) -> None:
    """Threads that open different new databases at the same time do not get in each other's way."""
    start = threading.Barrier(8)

    def in_thread(number: int) -> list[object]:
        start.wait(PATIENCE)
        engine = open_database(f"sqlite:///{tmp_path / str(number)}.db")
        found = differences(engine)
        engine.dispose()
        return found

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(in_thread, range(8))) == [[]] * 8


def test_a_database_of_a_later_version_is_refused(engine: Engine) -> None:
    """What a later version has migrated is left alone, and what to do is said."""
    with engine.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    made = shape(engine)
    with pytest.raises(ServiceError, match=r"Can't locate revision .*9999") as refused:
        open_database(engine.url.render_as_string(hide_password=False))
    assert refused.value.hint == "Use the version of the service that migrated it last, or a new database."
    assert shape(engine) == made


@pytest.mark.parametrize(
    "statement",
    [
        USERS + "(4, 'one', :at)",
        USERS + "(4, NULL, :at)",
        USERS + "(4, 'new', NULL)",
        USERS + "(1, 'new', :at)",
        REQUEST + "(1, 3, 1, 3, 'pending', :at)",  # as is one in the other direction
        REQUEST + "(3, 1, 1, 3, 'pending', :at)",
        REQUEST + "(1, 1, 1, 1, 'pending', :at)",
        REQUEST + "(2, 3, 3, 2, 'pending', :at)",
        REQUEST + "(2, 3, 1, 3, 'pending', :at)",
        REQUEST + "(2, 3, 2, 3, 'maybe', :at)",
        REQUEST + "(2, 3, 2, 3, NULL, :at)",
        REQUEST + "(2, 9, 2, 9, 'pending', :at)",
        REQUEST + "(9, 2, 2, 9, 'declined', :at)",
        "UPDATE friend_requests SET friend_id = 9",
        FRIENDSHIP + "(1, 2, :at)",
        FRIENDSHIP + "(2, 1, :at)",
        FRIENDSHIP + "(3, 3, :at)",
        FRIENDSHIP + "(3, 9, :at)",
        FRIENDSHIP + "(0, 3, :at)",
        FRIENDSHIP + "(2, 3, NULL)",
        "DELETE FROM users WHERE user_id = 1",
        "UPDATE users SET user_id = 9 WHERE user_id = 2",
    ],
)
def test_what_must_never_be_is_forbidden_by_the_database(engine: Engine, statement: str) -> None:
    """Also those who write to the tables by hand cannot do what must never be."""
    fill(engine)
    with pytest.raises(IntegrityError):
        write(engine, statement)
    assert rows(engine) == FILLED


@pytest.mark.parametrize(
    "statement",
    [
        USERS + "(4, 'ONE', :at)",
        REQUEST + "(3, 1, 1, 3, 'declined', :at)",
        REQUEST + "(2, 1, 1, 2, 'accepted', :at)",
        REQUEST + "(3, 2, 2, 3, 'pending', :at)",
        FRIENDSHIP + "(2, 3, :at)",
    ],
)
def test_what_may_be_is_not(engine: Engine, statement: str) -> None:
    """Names that differ in their case, answered requests again, and other pairs are as good as any."""
    fill(engine)
    write(engine, statement)
    assert rows(engine) != FILLED


def write(engine: Engine, statement: str) -> None:
    with engine.begin() as db:
        db.execute(text(statement), {"at": AT} if ":at" in statement else {})


def test_sqlite_has_readers_beside_its_writer(tmp_path: Path) -> None:
    """Every connection is in WAL mode, waits for the writer, knows foreign keys and syncs what it commits."""
    engine = open_database(f"sqlite:///{tmp_path / 'friends.db'}")
    wanted = {"journal_mode": "wal", "busy_timeout": BUSY_SECONDS * 1000, "foreign_keys": 1, "synchronous": 2}
    with engine.connect() as one, engine.connect() as other:
        for db in (one, other):
            found = {name: db.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
            assert found == wanted
    with writing(engine).begin() as writer, engine.connect() as reader:
        writer.execute(text(ROWS[0]), {"at": AT})
        assert reader.execute(select(users)).all() == []
    engine.dispose()


def test_the_wait_for_another_writer_can_be_set(tmp_path: Path) -> None:
    """A timeout in the URL of a SQLite file is that of its connections."""
    engine = open_database(f"sqlite:///{tmp_path / 'friends.db'}?timeout=0.3")
    with engine.connect() as db:
        assert db.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 300
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("friends.db", "'friends.db' is not a database URL."),
        ("", "'' is not a database URL."),
        (f"postgresql://me:{SECRET}@127.0.0.1:port/friends", "is not a database URL."),
        (f"postgresql//me:{SECRET}@127.0.0.1/friends", "is not a database URL."),
        (f"mysql://me:{SECRET}@127.0.0.1/friends", "Databases of the kind 'mysql' are not supported."),
        (
            f"postgresql+psycopg2://me:{SECRET}@127.0.0.1/friends",
            "Databases of the kind 'postgresql+psycopg2'",
        ),
        (f"postgresql://me:{SECRET}@127.0.0.1:1/friends", "Cannot use the database postgresql"),
        (f"postgresql://me:{SECRET}@127.0.0.1:1/friends?sslmode=maybe", "Cannot use the database postgresql"),
        (f"postgresql://me@127.0.0.1:1/friends?password={SECRET}", "Cannot use the database postgresql"),
        (
            f"postgresql://me:{SECRET}@127.0.0.1:1/friends?no_such_option=1",
            "Cannot use the database postgresql",
        ),
        (f"postgresql://me:{SECRET}@/friends?host=/nowhere/at/all", "Cannot use the database postgresql"),
        ("sqlite:////nowhere/at/all.db", "Cannot use the database sqlite:////nowhere/at/all.db: "),
        ("sqlite:///friends.db?timeout=long", "Cannot use the database sqlite:///friends.db?timeout=long: "),
    ],
)
def test_a_wrong_url_is_said_without_its_password(
    url: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be opened is said in a line, what to do in another, and a password in neither."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ServiceError) as refused:
        open_database(url)
    assert what in refused.value.what
    said = f"{refused.value.what}\n{refused.value.hint}"
    assert said.count("\n") == 1
    assert SECRET not in said
    assert refused.value.hint.endswith(".")


def test_a_user_without_rights_is_said(new_postgres_database: Callable[[], str]) -> None:
    """A PostgreSQL that lets nobody of that name in is said in two lines."""
    url = make_url(new_postgres_database()).set(username="nobody_at_all", password=SECRET)
    with pytest.raises(ServiceError, match='role "nobody_at_all" does not exist') as refused:
        open_database(url.render_as_string(hide_password=False))
    assert SECRET not in str(refused.value)
    assert refused.value.hint.startswith("Check that the server runs")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    """A file of another kind is refused and keeps its contents."""
    path = tmp_path / "notes.txt"
    path.write_text("this is no database")
    with pytest.raises(ServiceError, match="file is not a database"):
        open_database(f"sqlite:///{path}")
    assert path.read_text() == "this is no database"
