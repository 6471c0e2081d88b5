"""The statements of the service. Each is built once: to build one takes longer than to run most of them."""

from __future__ import annotations

from sqlalchemy import Subquery, and_, bindparam, delete, insert, select, union_all, update

from service.tables import friend_requests, friendships, users

LIMIT = 50
"""Rows in an answer, at most."""

INSERT_USER = insert(users).returning(users)
USER = select(users).where(users.c.user_id == bindparam("user_id"))

# LIKE ignores case in SQLite. Ordered by the bare name, SQLite would walk the index that keeps names unique
# and stop after 50 hits; this search is meant to read every user.
SEARCH = (
    select(users)
    .where(users.c.username.like(bindparam("pattern"), escape="\\"))
    .order_by(users.c.username.concat(""))
    .limit(LIMIT)
)


def _friends() -> Subquery:
    """Ids of a user's friends, whichever of the two has the lower id."""
    low, high, since = friendships.c.low_id, friendships.c.high_id, friendships.c.since
    return union_all(
        select(high.label("friend_id"), since).where(low == bindparam("user_id")),
        select(low.label("friend_id"), since).where(high == bindparam("user_id")),
    ).subquery()


_friend = _friends().c
FRIENDS = (
    select(_friend.friend_id, users.c.username, _friend.since)
    .join(users, users.c.user_id == _friend.friend_id)
    .order_by(_friend.friend_id)
)

_request = friend_requests.c
PENDING = (
    select(
        _request.request_id,
        _request.user_id.label("from_user_id"),
        users.c.username,
        _request.created_at,
    )
    .join(users, users.c.user_id == _request.user_id)
    .where(_request.friend_id == bindparam("user_id"), _request.status == "pending")
    .order_by(_request.request_id)
    .limit(LIMIT)
)

INSERT_REQUEST = insert(friend_requests).returning(friend_requests)
REQUEST = select(_request.status).where(_request.request_id == bindparam("request_id"))
ANSWER_REQUEST = (
    update(friend_requests)
    .where(_request.request_id == bindparam("answered_id"), _request.status == "pending")
    .values(status=bindparam("answer"))
    .returning(friend_requests)
)

_are_friends = and_(
    friendships.c.low_id == bindparam("low"),
    friendships.c.high_id == bindparam("high"),
)
FRIENDSHIP = select(friendships.c.since).where(_are_friends)
INSERT_FRIENDSHIP = insert(friendships)
DELETE_FRIENDSHIP = delete(friendships).where(_are_friends)
