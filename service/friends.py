"""Users, their friendships and their requests, kept in a database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, insert, select, union_all, update
from sqlalchemy.exc import IntegrityError

from service.database import writing
from service.errors import Clash, Unknown
from service.schemas import Answer, Friend, FriendRequest, IncomingRequest, NewFriend, User
from service.tables import friend_requests, friendships, users

LIMIT = 50
"""Items in an answer, at most."""


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
                row = db.execute(insert(users).values(values).returning(users)).one()
        except IntegrityError as error:
            raise Clash(f"the username {username} is taken") from error
        return User.model_validate(row)

    def search(self, part: str) -> list[User]:
        """Users whose name contains `part`, by reading every one of them.

        Without the hint SQLite would walk the index that keeps names unique, and stop after 50 hits.
        """
        found = users.c.username.contains(part, autoescape=True)  # LIKE ignores case in SQLite
        query = select(users).where(found).order_by(users.c.username).limit(LIMIT)
        with self._reader.begin() as db:
            rows = db.execute(query.with_hint(users, "NOT INDEXED", "sqlite"))
            return [User.model_validate(row) for row in rows]

    def user(self, user_id: int) -> User:
        with self._reader.begin() as db:
            row = db.execute(select(users).where(users.c.user_id == user_id)).one_or_none()
        if row is None:
            raise Unknown(f"there is no user {user_id}")
        return User.model_validate(row)

    def friends_of(self, user_id: int) -> list[Friend]:
        low, high, since = friendships.c.low_id, friendships.c.high_id, friendships.c.since
        both = union_all(
            select(high.label("friend_id"), since).where(low == user_id),
            select(low.label("friend_id"), since).where(high == user_id),
        ).subquery()
        query = (
            select(both.c.friend_id, users.c.username, both.c.since)
            .join(users, users.c.user_id == both.c.friend_id)
            .order_by(both.c.friend_id)
        )
        with self._reader.begin() as db:
            _must_exist(db, user_id)
            return [Friend.model_validate(row) for row in db.execute(query)]

    def requests_to(self, user_id: int) -> list[IncomingRequest]:
        asked = friend_requests.c
        query = (
            select(asked.request_id, asked.user_id.label("from_user_id"), users.c.username, asked.created_at)
            .join(users, users.c.user_id == asked.user_id)
            .where(asked.friend_id == user_id, asked.status == "pending")
            .order_by(asked.request_id)
            .limit(LIMIT)
        )
        with self._reader.begin() as db:
            _must_exist(db, user_id)
            return [IncomingRequest.model_validate(row) for row in db.execute(query)]

    def ask(self, new: NewFriend) -> FriendRequest:
        pair = _pair(new.user_id, new.friend_id)
        values = {
            "user_id": new.user_id,
            "friend_id": new.friend_id,
            "status": "pending",
            "created_at": self._now(),
        }
        try:
            with self._writer.begin() as db:
                _must_exist(db, new.user_id, new.friend_id)
                if db.scalar(select(friendships.c.since).where(_are(pair))):
                    raise Clash(f"the users {new.user_id} and {new.friend_id} are already friends")
                row = db.execute(
                    insert(friend_requests).values(values | pair).returning(friend_requests)
                ).one()
        except IntegrityError as error:
            raise Clash(f"a request between {new.user_id} and {new.friend_id} is pending") from error
        return FriendRequest.model_validate(row)

    def answer(self, request_id: int, answer: Answer) -> FriendRequest:
        request = friend_requests.c
        pending = (request.request_id == request_id, request.status == "pending")
        change = update(friend_requests).where(*pending).values(status=answer.status)
        with self._writer.begin() as db:
            row = db.execute(change.returning(friend_requests)).one_or_none()
            if row is None:
                if db.scalar(select(request.request_id).where(request.request_id == request_id)):
                    raise Clash(f"the friend request {request_id} is already answered")
                raise Unknown(f"there is no friend request {request_id}")
            if answer.status == "accepted":
                pair = {"low_id": row.low_id, "high_id": row.high_id}
                db.execute(insert(friendships).values(pair | {"since": self._now()}))
        return FriendRequest.model_validate(row)

    def part(self, user_id: int, friend_id: int) -> None:
        """The two are no longer friends."""
        with self._writer.begin() as db:
            gone = db.execute(delete(friendships).where(_are(_pair(user_id, friend_id))))
        if not gone.rowcount:
            raise Unknown(f"the users {user_id} and {friend_id} are not friends")


def _pair(one: int, other: int) -> dict[str, int]:
    return {"low_id": min(one, other), "high_id": max(one, other)}


def _are(pair: dict[str, int]) -> ColumnElement[bool]:
    return and_(friendships.c.low_id == pair["low_id"], friendships.c.high_id == pair["high_id"])


def _must_exist(db: Connection, *user_ids: int) -> None:
    known = set(db.scalars(select(users.c.user_id).where(users.c.user_id.in_(user_ids))))
    if missing := set(user_ids) - known:
        raise Unknown(f"there is no user {min(missing)}")
