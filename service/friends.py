"""Users, their friendships and their requests, kept in a database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from service import queries
from service.database import writing
from service.errors import Clash, Forbidden, Unknown
from service.schemas import Answer, Friend, FriendRequest, IncomingRequest, NewFriend, User
from service.search import How, search_by

Caller = int | None
"""Who calls: the id of a user, or nobody that we know."""


class Friends:
    """Every question and change the service knows, each one transaction. `now` stamps what is created.

    A list is at most `rows` long, and begins after the one whose name or id is `after`.
    Raises Forbidden, Unknown and Clash; ServiceError where the database cannot search in that way.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime], search: How = "scan") -> None:
        self._reader, self._writer, self._now = engine, writing(engine), now
        self._search = search_by(search, engine)

    def check(self) -> None:
        """The database answers."""
        with self._reader.connect() as db:
            db.execute(queries.ANYTHING)

    def create_user(self, username: str) -> User:
        values = {"username": username, "created_at": self._now()}
        try:
            with self._writer.begin() as db:
                row = db.execute(queries.INSERT_USER, values).one()
        except IntegrityError as error:
            raise Clash(f"the username {username} is taken") from error
        return User(**row._asdict())

    def search(self, part: str, rows: int, after: str = "") -> list[User]:
        statement, values = self._search(part)
        with self._reader.connect() as db:
            found = db.execute(statement, values | {"rows": rows, "after": after})
            return [User(**row._asdict()) for row in found]

    def user(self, user_id: int) -> User:
        with self._reader.connect() as db:
            return _user(db, user_id)

    def friends_of(self, user_id: int, rows: int, after: int = 0) -> list[Friend]:
        page = {"user_id": user_id, "rows": rows, "after": after}
        with self._reader.connect() as db:
            found = db.execute(queries.FRIENDS, page).all()
            if not found:
                _user(db, user_id)
        return [Friend(**row._asdict()) for row in found]

    def requests_to(self, user_id: int, rows: int, after: int = 0) -> list[IncomingRequest]:
        page = {"user_id": user_id, "rows": rows, "after": after}
        with self._reader.connect() as db:
            found = db.execute(queries.PENDING, page).all()
            if not found:
                _user(db, user_id)
        return [IncomingRequest(**row._asdict()) for row in found]

    def ask(self, new: NewFriend) -> FriendRequest:
        low, high = sorted((new.user_id, new.friend_id))
        values = {"low_id": low, "high_id": high, "status": "pending", "created_at": self._now()}
        try:
            with self._writer.begin() as db:
                _hold(db, low, high)
                if db.execute(queries.FRIENDSHIP, {"low": low, "high": high}).first():
                    raise Clash(f"the users {low} and {high} are already friends")
                row = db.execute(queries.INSERT_REQUEST, values | new.model_dump()).one()
        except IntegrityError as error:
            raise Clash(f"a request between the users {low} and {high} is pending") from error
        return FriendRequest(**row._asdict())

    def answer(self, caller: Caller, request_id: int, answer: Answer) -> FriendRequest:
        """The request is answered, by the one who was asked."""
        values = {"answered_id": request_id, "answer": answer.status}
        with self._writer.begin() as db:
            asked = db.execute(queries.REQUEST, {"request_id": request_id}).one_or_none()
            if asked is None:
                raise Unknown(f"there is no friend request {request_id}")
            act_for(asked.friend_id, caller)
            _hold(db, asked.low_id, asked.high_id)
            row = db.execute(queries.ANSWER_REQUEST, values).one_or_none()
            if row is None:
                raise Clash(f"the friend request {request_id} is already answered")
            if answer.status == "accepted":
                pair = {"low_id": row.low_id, "high_id": row.high_id}
                db.execute(queries.INSERT_FRIENDSHIP, pair | {"since": self._now()})
        return FriendRequest(**row._asdict())

    def part(self, user_id: int, friend_id: int) -> None:
        """The two are no longer friends."""
        low, high = sorted((user_id, friend_id))
        with self._writer.begin() as db:
            gone = db.execute(queries.DELETE_FRIENDSHIP, {"low": low, "high": high})
        if not gone.rowcount:
            raise Unknown(f"the users {user_id} and {friend_id} are not friends")


def act_for(user_id: int, caller: Caller) -> None:
    """The caller is that user. Raises Forbidden."""
    if caller != user_id:
        raise Forbidden(f"only the user {user_id} may do that, not {caller or 'nobody'}")


def _user(db: Connection, user_id: int) -> User:
    row = db.execute(queries.USER, {"user_id": user_id}).one_or_none()
    if row is None:
        raise Unknown(f"there is no user {user_id}")
    return User(**row._asdict())


def _hold(db: Connection, low: int, high: int) -> None:
    """Both users are there, and nobody else changes anything between them until the transaction ends."""
    there = db.execute(queries.BOTH, {"low": low, "high": high}).scalars().all()
    for user_id in (low, high):
        if user_id not in there:
            raise Unknown(f"there is no user {user_id}")
