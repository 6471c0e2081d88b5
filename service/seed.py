"""A database full of people, the same ones for the same seed."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from service import into_postgres, into_sqlite
from service.errors import ServiceError
from service.people import MOST_PAIRS, People, draw_people
from service.tables import users

INTO = {"postgresql": into_postgres, "sqlite": into_sqlite}


def seed(engine: Engine, users: int, seed: int = 7, most_pairs: int = MOST_PAIRS) -> None:
    """The empty database of `engine` has `users` users, with friends and pending requests.

    They have the ids from 1 on, and for the same seed the rows are the same on each kind of database. After
    an interruption the database is as empty as before. Raises ServiceError.
    """
    try:
        with INTO[engine.dialect.name].begun(engine) as db:
            _must_be_empty(db)
            fill(db, draw_people(users, seed, most_pairs))
    except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise ServiceError(
            f"Cannot seed the database: {reason}.", "Stop what else uses it, and seed again."
        ) from error


def fill(db: Connection, people: People) -> None:
    """The empty database holds `people`, as soon as its transaction is committed."""
    into = INTO[db.dialect.name]
    with into.without_indexes(db):
        into.insert_users(db, people)
        into.insert_friendships(db, people)
        into.insert_requests(db, people)


def _must_be_empty(db: Connection) -> None:
    if db.execute(select(users.c.user_id).limit(1)).first():
        raise ServiceError(
            "The database already has users.",
            "Name a new database, or delete this one first.",
        )
