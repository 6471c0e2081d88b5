"""Users, friend requests and friendships."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
USERNAME = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The tables are there."""
    op.create_table(
        "users",
        sa.Column("user_id", ID, primary_key=True),
        sa.Column("username", USERNAME, nullable=False, unique=True),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_table(
        "friend_requests",
        sa.Column("request_id", ID, primary_key=True),
        sa.Column("user_id", ID, sa.ForeignKey("users.user_id"), nullable=False),
        sa.Column("friend_id", ID, sa.ForeignKey("users.user_id"), nullable=False),
        sa.Column("low_id", ID, nullable=False),
        sa.Column("high_id", ID, nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("status IN ('pending', 'accepted', 'declined')"),
        sa.CheckConstraint(
            "low_id < high_id AND ((low_id = user_id AND high_id = friend_id)"
            " OR (low_id = friend_id AND high_id = user_id))"
        ),
    )
    pending = sa.text("status = 'pending'")
    for name, columns, unique in (
        ("one_pending_request", ["low_id", "high_id"], True),
        ("pending_requests_of", ["friend_id", "request_id"], False),
    ):
        op.create_index(
            name, "friend_requests", columns, unique=unique, sqlite_where=pending, postgresql_where=pending
        )
    op.create_table(
        "friendships",
        sa.Column("low_id", ID, sa.ForeignKey("users.user_id"), primary_key=True),
        sa.Column("high_id", ID, sa.ForeignKey("users.user_id"), primary_key=True),
        sa.Column("since", MOMENT, nullable=False),
        sa.CheckConstraint("low_id < high_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_friendships_high_id", "friendships", ["high_id"])
