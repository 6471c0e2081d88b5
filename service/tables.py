"""The tables of the friend-service as its statements know them; `migrations` makes them.

What must never happen is forbidden here, by the database.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    text,
)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, in and out. SQLite has no zones, and PostgreSQL answers in that of the connection."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


ID = BigInteger().with_variant(Integer, "sqlite")
"""An id of 64 bits. SQLite's integers all have as many, but only INTEGER counts up by itself."""
USERNAME = String(64).with_variant(String(64, collation="C"), "postgresql")
"""Names are ordered and compared byte by byte, on each database and whatever the server's language is."""

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("user_id", ID, primary_key=True),
    Column("username", USERNAME, nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
)

friend_requests = Table(
    "friend_requests",
    metadata,
    Column("request_id", ID, primary_key=True),
    Column("user_id", ID, ForeignKey("users.user_id"), nullable=False),
    Column("friend_id", ID, ForeignKey("users.user_id"), nullable=False),
    # The same two, in order, so that one index sees a request whichever way it goes.
    Column("low_id", ID, nullable=False),
    Column("high_id", ID, nullable=False),
    Column("status", String(8), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint("status IN ('pending', 'accepted', 'declined')"),
    CheckConstraint(
        "low_id < high_id AND ((low_id = user_id AND high_id = friend_id)"
        " OR (low_id = friend_id AND high_id = user_id))"
    ),
)

PENDING = text("status = 'pending'")
# Forbids a second pending request between two users, also one in the other direction.
Index(
    "one_pending_request",
    friend_requests.c.low_id,
    friend_requests.c.high_id,
    unique=True,
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)
# Finds the pending requests to a user in the order in which they are listed.
Index(
    "pending_requests_of",
    friend_requests.c.friend_id,
    friend_requests.c.request_id,
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)

# One row for a friendship, so that it cannot hold for one of the two only. The primary key finds the friends
# with a higher id than the user's, in their order, and the index those with a lower one.
friendships = Table(
    "friendships",
    metadata,
    Column("low_id", ID, ForeignKey("users.user_id"), primary_key=True),
    Column("high_id", ID, ForeignKey("users.user_id"), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    CheckConstraint("low_id < high_id"),
    Index("friends_with_lower_id", "high_id", "low_id"),
    sqlite_with_rowid=False,
)
