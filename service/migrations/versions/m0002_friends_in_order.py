"""Friends with a lower id come out of their index in order, so that a page of them is read and no more."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """The index has the other id, too."""
    op.drop_index("ix_friendships_high_id", "friendships")
    op.create_index("friends_with_lower_id", "friendships", ["high_id", "low_id"])
