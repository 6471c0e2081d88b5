"""The statements of the service. Each is built once: to build one takes longer than to run most of them."""

from __future__ import annotations

from sqlalchemy import Integer, Subquery, and_, bindparam, delete, insert, literal, select, union_all, update

from service.tables import ID, friend_requests, friendships, users
from service.tables import PENDING as IS_PENDING

_USER_ID = bindparam("user_id", type_=ID)
_AFTER, _ROWS = bindparam("after", type_=ID), bindparam("rows", type_=Integer)
"""A list is read in pages: so many rows, of those after the last one that was shown."""

ANYTHING = select(literal(1))
INSERT_USER = insert(users).returning(users)
USER = select(users).where(users.c.user_id == _USER_ID)

# Who changes something between two users holds both of them until it is done; in the order of their ids, so
# that none waits for one who waits. In SQLite there is one writer at a time, and nothing to hold.
BOTH = (
    select(users.c.user_id)
    .where(users.c.user_id.in_([bindparam("low"), bindparam("high")]))
    .order_by(users.c.user_id)
    .with_for_update(key_share=True)
)


def _friends() -> Subquery:
    """A page of a user's friends, by id. Each half of it comes out of an index in this order."""
    low, high, since = friendships.c.low_id, friendships.c.high_id, friendships.c.since
    higher = select(high.label("friend_id"), since).where(low == _USER_ID, high > _AFTER)
    lower = select(low.label("friend_id"), since).where(high == _USER_ID, low > _AFTER)
    halves = (select(half.order_by("friend_id").limit(_ROWS).subquery()) for half in (higher, lower))
    return union_all(*halves).subquery()


_friend = _friends().c
FRIENDS = (
    select(_friend.friend_id, users.c.username, _friend.since)
    .join(users, users.c.user_id == _friend.friend_id)
    .order_by(_friend.friend_id)
    .limit(_ROWS)
)

_request = friend_requests.c
# The status is no parameter, as PostgreSQL's plan for any status uses no index of pending requests.
PENDING = (
    select(
        _request.request_id,
        _request.user_id.label("from_user_id"),
        users.c.username,
        _request.created_at,
    )
    .join(users, users.c.user_id == _request.user_id)
    .where(_request.friend_id == _USER_ID, IS_PENDING, _request.request_id > _AFTER)
    .order_by(_request.request_id)
    .limit(_ROWS)
)

INSERT_REQUEST = insert(friend_requests).returning(friend_requests)
REQUEST = select(friend_requests).where(_request.request_id == bindparam("request_id"))
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
