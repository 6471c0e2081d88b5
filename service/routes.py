"""The endpoints: what they take, what they answer, what they are called."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic.json_schema import SkipJsonSchema

from service.friends import Friends
from service.schemas import (
    Answer,
    Friend,
    FriendRequest,
    Health,
    Id,
    IncomingRequest,
    NewFriend,
    NewUser,
    Problem,
    User,
)

PREFIX = "/friend-service/v1"
PROBLEMS = {404: "Not there", 409: "Clashes with what is there", 422: "Not what the endpoint takes"}


async def caller(
    x_user_id: Annotated[
        int | SkipJsonSchema[None],
        Header(alias="X-User-Id", description="Who calls, as the gateway says", examples=[812]),
    ] = None,
) -> None:
    """The caller's id is a number, if there is one. Nothing is checked against it yet."""


async def friends_of_app(request: Request) -> Friends:
    """What the app was made with."""
    friends: Friends = request.app.state.friends
    return friends


Store = Annotated[Friends, Depends(friends_of_app)]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documentation of those error statuses."""
    return {status: {"model": Problem, "description": PROBLEMS[status]} for status in statuses}


# A new user has no id to call with, and neither has whoever checks the health.
open_routes = APIRouter()
routes = APIRouter(prefix=PREFIX, dependencies=[Depends(caller)])


@open_routes.get("/healthz", summary="Is the service up?")
async def check_health() -> Health:
    """The service answers."""
    return Health()


@open_routes.post(f"{PREFIX}/users", status_code=201, responses=problems(409, 422), summary="Create a user")
def create_user(new: NewUser, store: Store) -> User:
    """A user with a name nobody else has."""
    return store.create_user(new.username)


@routes.get("/users", responses=problems(422), summary="Search users by name")
def search_users(
    username: Annotated[
        str, Query(min_length=1, max_length=64, description="Part of the name", examples=["holm"])
    ],
    store: Store,
) -> list[User]:
    """The first 50 users, by name, whose name contains the text; case does not matter."""
    return store.search(username)


@routes.get("/users/{user_id}", responses=problems(404, 422), summary="View a user")
def view_user(user_id: Id, store: Store) -> User:
    """The user with that id."""
    return store.user(user_id)


@routes.get("/users/{user_id}/friends", responses=problems(404, 422), summary="List a user's friends")
def list_friends(user_id: Id, store: Store) -> list[Friend]:
    """All friends of the user, by id."""
    return store.friends_of(user_id)


@routes.get(
    "/users/{user_id}/friend-requests",
    responses=problems(404, 422),
    summary="List the friend requests a user has not answered",
)
def list_friend_requests(user_id: Id, store: Store) -> list[IncomingRequest]:
    """The 50 oldest friend requests to the user that are pending."""
    return store.requests_to(user_id)


@routes.post("/friends", status_code=201, responses=problems(404, 409, 422), summary="Ask to be friends")
def add_friend(new: NewFriend, store: Store) -> FriendRequest:
    """A pending friend request, unless the two are friends or one of them has asked already."""
    return store.ask(new)


@routes.put(
    "/friend-requests/{request_id}", responses=problems(404, 409, 422), summary="Answer a friend request"
)
def answer_friend_request(request_id: Id, answer: Answer, store: Store) -> FriendRequest:
    """The request with its answer. It can be answered once; accepted, it makes the two friends."""
    return store.answer(request_id, answer)


@routes.delete(
    "/friends/{user_id}/{friend_id}",
    status_code=204,
    responses=problems(404, 422),
    summary="End a friendship",
)
def remove_friend(user_id: Id, friend_id: Id, store: Store) -> None:
    """The two are no longer friends, whoever asks."""
    store.part(user_id, friend_id)
