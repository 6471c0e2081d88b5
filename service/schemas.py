"""What goes over the wire, as JSON in camelCase."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

LARGEST_ID = 2**53 - 1
"""The largest whole number that JSON means the same by for everyone: RFC 8259, section 6."""
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
AS_SAID = ConfigDict(extra="forbid", strict=True)
"""What a body says is taken as it is: no other fields, and neither "1" nor true is a number."""


def _whole(value: object) -> object:
    """2.0 is 2: JSON has one kind of numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WrittenId = Annotated[Id, BeforeValidator(_whole)]
"""An id in a body."""


class Message(BaseModel):
    """A JSON object with keys in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Problem(Message):
    """Why a request was not fulfilled."""

    detail: str


class Health(Message):
    """The service answers; ready also says that its database does."""

    status: Literal["ok", "ready"]


class NewUser(Message):
    """A user to be."""

    model_config = AS_SAID | ConfigDict(json_schema_extra={"examples": [{"username": "mira_holm27"}]})

    username: str = Field(min_length=3, max_length=64, pattern="^[A-Za-z0-9_.-]+$")


class User(Message):
    """Somebody who can have friends."""

    user_id: Id
    username: str
    created_at: datetime


class Friend(Message):
    """Another user, seen from one who is a friend since then."""

    friend_id: Id
    username: str
    since: datetime


class NewFriend(Message):
    """`userId` asks `friendId` to be friends."""

    model_config = AS_SAID | ConfigDict(json_schema_extra={"examples": [{"userId": 812, "friendId": 94}]})

    user_id: WrittenId
    friend_id: WrittenId

    @model_validator(mode="after")
    def _two_people(self) -> Self:
        if self.user_id == self.friend_id:
            raise ValueError("nobody can be their own friend")
        return self


class Answer(Message):
    """The answer to a friend request."""

    model_config = AS_SAID | ConfigDict(json_schema_extra={"examples": [{"status": "accepted"}]})

    status: Literal["accepted", "declined"]


class FriendRequest(Message):
    """`userId` asked `friendId` to be friends."""

    request_id: Id
    user_id: Id
    friend_id: Id
    status: Literal["pending", "accepted", "declined"]


class IncomingRequest(Message):
    """A friend request that waits for an answer, seen from the one who is asked."""

    request_id: Id
    from_user_id: Id
    username: str
    created_at: datetime
