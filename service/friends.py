"""Users, their friendships and their requests, kept in a database."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from service import queries
from service.database import writing
from service.errors import Clash, Unknown
from service.schemas import Answer, Friend, FriendRequest, IncomingRequest, NewFriend, User

WILDCARDS = re.compile(r"[\\%_]")


class Friends:
    """Every question and change the service knows, each one transaction. `now` stamps what is created.

    Raises Unknown and Clash.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._reader, self._writer, self._now = engine, writing(engine), now

    def create_user(self, username: str) -> User:
        values = {"username": username, "created_at": self._now()}
        try:
            with self._writer.begin() as db:
                row = db.execute(queries.INSERT_USER, values).one()
        except IntegrityError as error:
            raise Clash(f"the username {username} is taken") from error
        return User.model_validate(row)

    def search(self, part: str) -> list[User]:
        pattern = "%" + WILDCARDS.sub(r"\\\g<0>", part) + "%"
        with self._reader.begin() as db:
            rows = db.execute(queries.SEARCH, {"pattern": pattern})
            return [User.model_validate(row) for row in rows]

    def user(self, user_id: int) -> User:
        with self._reader.begin() as db:
            return _user(db, user_id)

    def friends_of(self, user_id: int) -> list[Friend]:
        with self._reader.begin() as db:
            rows = db.execute(queries.FRIENDS, {"user_id": user_id}).all()
            if not rows:
                _user(db, user_id)
        return [Friend.model_validate(row) for row in rows]

    def requests_to(self, user_id: int) -> list[IncomingRequest]:
        with self._reader.begin() as db:
            rows = db.execute(queries.PENDING, {"user_id": user_id}).all()
            if not rows:
                _user(db, user_id)
        return [IncomingRequest.model_validate(row) for row in rows]

    def ask(self, new: NewFriend) -> FriendRequest:
        low, high = sorted((new.user_id, new.friend_id))
        values = {"low_id": low, "high_id": high, "status": "pending", "created_at": self._now()}
        try:
            with self._writer.begin() as db:
                _user(db, new.user_id)
                _user(db, new.friend_id)
                if db.execute(queries.FRIENDSHIP, {"low": low, "high": high}).first():
                    raise Clash(f"the users {low} and {high} are already friends")
                row = db.execute(queries.INSERT_REQUEST, values | new.model_dump()).one()
        except IntegrityError as error:
            raise Clash(f"a request between the users {low} and {high} is pending") from error
        return FriendRequest.model_validate(row)

    def answer(self, request_id: int, answer: Answer) -> FriendRequest:
        values = {"answered_id": request_id, "answer": answer.status}
        with self._writer.begin() as db:
            row = db.execute(queries.ANSWER_REQUEST, values).one_or_none()
            if row is None:
                raise _unanswerable(db, request_id)
            if answer.status == "accepted":
                pair = {"low_id": row.low_id, "high_id": row.high_id}
                db.execute(queries.INSERT_FRIENDSHIP, pair | {"since": self._now()})
        return FriendRequest.model_validate(row)

    def part(self, user_id: int, friend_id: int) -> None:
        """The two are no longer friends."""
        low, high = sorted((user_id, friend_id))
        with self._writer.begin() as db:
            gone = db.execute(queries.DELETE_FRIENDSHIP, {"low": low, "high": high})
        if not gone.rowcount:
            raise Unknown(f"the users {user_id} and {friend_id} are not friends")


def _user(db: Connection, user_id: int) -> User:
    row = db.execute(queries.USER, {"user_id": user_id}).one_or_none()
    if row is None:
        raise Unknown(f"there is no user {user_id}")
    return User.model_validate(row)


def _unanswerable(db: Connection, request_id: int) -> Exception:
    if db.execute(queries.REQUEST, {"request_id": request_id}).first():
        return Clash(f"the friend request {request_id} is already answered")
    return Unknown(f"there is no friend request {request_id}")
