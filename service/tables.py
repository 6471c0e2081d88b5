"""The tables of the friend-service. What must never happen is forbidden here, by the database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
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
    """A moment in UTC, in and out. SQLite has no zones, so the zone is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value


metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("user_id", Integer, primary_key=True),
    Column("username", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
)

friend_requests = Table(
    "friend_requests",
    metadata,
    Column("request_id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.user_id"), nullable=False),
    Column("friend_id", ForeignKey("users.user_id"), nullable=False),
    # The same two, in order, so that one index sees a request whichever way it goes.
    Column("low_id", Integer, nullable=False),
    Column("high_id", Integer, nullable=False),
    Column("status", String(8), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint("status IN ('pending', 'accepted', 'declined')"),
    CheckConstraint(
        "low_id < high_id AND ((low_id = user_id AND high_id = friend_id)"
        " OR (low_id = friend_id AND high_id = user_id))"
    ),
)

PENDING = text("status = 'pending'")
Index(
    "one_pending_request",
    friend_requests.c.low_id,
    friend_requests.c.high_id,
    unique=True,
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)
Index(
    "pending_requests_of",
    friend_requests.c.friend_id,
    friend_requests.c.request_id,
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)

friendships = Table(
    "friendships",
    metadata,
    Column("low_id", ForeignKey("users.user_id"), primary_key=True),
    Column("high_id", ForeignKey("users.user_id"), primary_key=True, index=True),
    Column("since", UtcDateTime, nullable=False),
    CheckConstraint("low_id < high_id"),
    sqlite_with_rowid=False,
)
