"""How the tables of the friend-service came to be what `tables` says, step by step."""

from __future__ import annotations

from threading import RLock

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect

ONE_AT_A_TIME = RLock()
"""Alembic keeps what it works on where all threads of the process see it."""
BASELINE = "0001"
"""What databases have that were made before there were migrations."""


def migrate(db: Connection) -> None:
    """The database has the tables of today, whatever it had; its rows are still there.

    `db` is in a transaction in which it is alone, so that all of it is done or nothing. Raises
    CommandError where the database is of a later version than this.
    """
    config = Config()
    config.set_main_option("script_location", "service:migrations")
    config.attributes["connection"] = db
    tables = inspect(db).get_table_names()
    with ONE_AT_A_TIME:
        if "users" in tables and "alembic_version" not in tables:
            command.stamp(config, BASELINE)
        command.upgrade(config, "head")
