"""What must never be in a database of the service, whoever wrote to it and however it was interrupted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    Table,
    case,
    except_,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from service.people import SEEDED_AT
from service.tables import UtcDateTime, friend_requests, friendships, users

SHOWN = 10
"""Sentences for one thing that is wrong; how many more there are is said in the last of them."""

Column = ColumnElement[Any]


def audit(engine: Engine) -> list[str]:
    """A sentence for each thing that must never be and is; none in a sound database.

    The tables and their columns have to be there, the constraints need not. Others may write meanwhile: each
    rule is one statement, which sees one state. A million users take some 20 seconds.
    """
    with engine.connect() as db:
        if engine.dialect.name == "postgresql":
            db.exec_driver_sql("SET LOCAL statement_timeout = 0")
        return [
            sentence
            for form, broken_by in FIRST_BROKEN_BY.items()
            for sentence in _sentences(form, [tuple(row) for row in db.execute(broken_by)])
        ]


def _first(broken_by: Select[Any]) -> Select[Any]:
    """The first rows, each with how many there are in all."""
    rows = broken_by.subquery()
    return select(rows, func.count().over()).order_by(*rows.c).limit(SHOWN)


def _sentences(form: str, rows: list[tuple[Any, ...]]) -> list[str]:
    said = [form.format(*row) for row in rows]
    if rows and (more := rows[0][-1] - SHOWN) > 0:
        said[-1] += f" And {more} more like it."
    return said


def _low(one: Column, other: Column) -> Column:
    return case((one < other, one), else_=other)


def _high(one: Column, other: Column) -> Column:
    return case((one < other, other), else_=one)


def _twice(one: Column, other: Column, *conditions: Column) -> Select[Any]:
    """Two users whom more than one row is about, whichever of them comes first in it."""
    two = (_low(one, other).label("low"), _high(one, other).label("high"))
    return select(*two).where(*conditions).group_by(*two).having(func.count() > 1)


def _nobody(table: Table, *ids: Column) -> Select[Any]:
    """Ids in the columns of users who are not there, with the two that the row is about."""
    there = exists().where
    missing = (select(id_.label("nobody"), *ids).where(~there(users.c.user_id == id_)) for id_ in ids)
    return select(*union_all(*missing).subquery(table.name).c)


_asked, _friend = friend_requests.c, friendships.c
_pending = _asked.status == "pending"
# Nothing can be said the other way round, as who accepted a request may have parted since, and nothing of
# those who are friends since the database was seeded, as they never asked. EXCEPT reads each table once.
_never_asked = except_(
    select(_friend.low_id, _friend.high_id).where(_friend.since != literal(SEEDED_AT, UtcDateTime)),
    select(_asked.low_id, _asked.high_id).where(_asked.status == "accepted"),
).subquery()


RULES: dict[str, Select[Any]] = {
    "The username {0!r} is that of several users.": (
        select(users.c.username).group_by(users.c.username).having(func.count() > 1)
    ),
    "The user {0} is a friend of themselves.": (
        select(_friend.low_id).where(_friend.low_id == _friend.high_id)
    ),
    "The friendship of {0} and {1} has the higher id first.": (
        select(_friend.low_id, _friend.high_id).where(_friend.low_id > _friend.high_id)
    ),
    "The users {0} and {1} are friends more than once.": _twice(_friend.low_id, _friend.high_id),
    "There is no user {0} for the friendship of {1} and {2}.": (
        _nobody(friendships, _friend.low_id, _friend.high_id)
    ),
    "There is no user {0} for a request from {1} to {2}.": (
        _nobody(friend_requests, _asked.user_id, _asked.friend_id)
    ),
    "The request {0} is from user {1} to themselves.": (
        select(_asked.request_id, _asked.user_id).where(_asked.user_id == _asked.friend_id)
    ),
    "The request {0} is kept as between {1} and {2}, and is not.": (
        select(_asked.request_id, _asked.low_id, _asked.high_id).where(
            or_(
                _asked.low_id != _low(_asked.user_id, _asked.friend_id),
                _asked.high_id != _high(_asked.user_id, _asked.friend_id),
            )
        )
    ),
    "The request {0} is neither pending, accepted nor declined, but {1!r}.": (
        select(_asked.request_id, _asked.status).where(
            _asked.status.not_in(("pending", "accepted", "declined"))
        )
    ),
    "Several requests between {0} and {1} are pending.": _twice(_asked.user_id, _asked.friend_id, _pending),
    "The request {0} is pending between {1} and {2}, who are friends.": (
        select(_asked.request_id, _friend.low_id, _friend.high_id).where(
            _pending, _asked.low_id == _friend.low_id, _asked.high_id == _friend.high_id
        )
    ),
    "The users {0} and {1} are friends, but neither has accepted a request of the other.": (
        select(*_never_asked.c)
    ),
}
"""What must never be: a sentence with a place for each column of the rows that break the rule."""
FIRST_BROKEN_BY = {form: _first(broken_by) for form, broken_by in RULES.items()}
