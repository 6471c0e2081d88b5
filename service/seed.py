"""A database full of people, the same ones for the same seed."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, bindparam, func, select, text
from sqlalchemy.exc import DBAPIError

from service import into_postgres, into_sqlite
from service.chance import Chance
from service.database import writing
from service.errors import ServiceError
from service.names import usernames
from service.people import MOST_PAIRS, SEEDED_AT, People, draw_people
from service.tables import users

INTO = {"postgresql": into_postgres, "sqlite": into_sqlite}
NEW_USER = text(
    "INSERT INTO users (username, created_at) VALUES (:username, :created_at) ON CONFLICT DO NOTHING"
).bindparams(bindparam("created_at", type_=users.c.created_at.type))
COUNT = select(func.count()).select_from(users)


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


def add(engine: Engine, count: int, seed: int = 7) -> None:
    """The database of `engine` has `count` users more, who know nobody, whatever else is using it.

    Names that are taken are left out, and others are drawn. Raises ServiceError.
    """
    try:
        with writing(engine).begin() as db:
            before = db.scalar(COUNT) or 0
            while missing := before + count - (db.scalar(COUNT) or 0):
                names = usernames(missing, Chance(seed))
                db.execute(NEW_USER, [{"username": name, "created_at": SEEDED_AT} for name in names])
                seed += 1
    except DBAPIError as error:
        raise ServiceError(f"Cannot add users: {error.orig}.", "See that the database runs.") from error


def _must_be_empty(db: Connection) -> None:
    if db.execute(select(users.c.user_id).limit(1)).first():
        raise ServiceError(
            "The database already has users.",
            "Name a new database, or delete this one first.",
        )
