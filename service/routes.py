"""The endpoints: what they take, what they answer, what they are called."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool as in_thread
from pydantic import BaseModel

from service.friends import Friends, act_for
from service.schemas import (
    LARGEST_ID,
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
PAGE, LONGEST_PAGE = 50, 200
PROBLEMS: dict[int | str, str] = {
    403: "The caller acts for somebody else",
    404: "Not there",
    409: "Clashes with what is there",
    422: "Not what the endpoint takes",
    503: "The database does not answer",
    "default": "Too large, too slow, too often, or not JSON",
}


NOBODY: Any = None
"""Not in the type of a caller, as FastAPI would say of each wrong id that it is not None either."""
Calling = Annotated[
    Id, Header(alias="X-User-Id", description="Who calls, as the gateway says", examples=[812])
]
"""Who calls. Whether that is true is for the gateway to know."""
Rows = Annotated[int, Query(alias="limit", ge=1, le=LONGEST_PAGE, description="Items in the answer, at most")]
AfterId = Annotated[int, Query(ge=0, le=LARGEST_ID, description="Only items with a higher id")]
NAME_PART = "^[^\\x00]*$"
"""No database can hold a NUL in a text."""
NEXT = {
    "Link": {
        "description": "Where the next page is, if there is one, as rel=next",
        "schema": {"type": "string"},
    }
}
Item = TypeVar("Item", bound=BaseModel)


def friends_of(request: Request) -> Friends:
    """What the app was made with."""
    friends: Friends = request.app.state.friends
    return friends


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documentation of those error statuses, and of what can go wrong everywhere."""
    said: tuple[int | str, ...] = (*statuses, 503, "default")
    return {status: {"model": Problem, "description": PROBLEMS[status]} for status in said}


def pages(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documentation of an endpoint that answers page by page."""
    return {200: {"headers": NEXT}, **problems(*statuses)}


def page(found: list[Item], limit: int, by: str, request: Request, response: Response) -> list[Item]:
    """The first `limit` of what was found; the answer's header Link says where the rest begins."""
    if len(found) > limit:
        last = getattr(found[limit - 1], by)
        query = urlencode({**request.query_params, "after": last})
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return found[:limit]


# Endpoints are async, as FastAPI takes a second thread to check the answers of others.
# A new user has no id to call with, and neither has whoever checks the health.
open_routes = APIRouter()
routes = APIRouter(prefix=PREFIX)


@open_routes.get("/healthz", summary="Is the service up?")
async def check_health() -> Health:
    """The service answers; whether its database does is another question."""
    return Health(status="ok")


@open_routes.get("/readyz", responses=problems(), summary="Can the service do its work?")
async def check_readiness(request: Request) -> Health:
    """The service answers, and so does its database."""
    await in_thread(friends_of(request).check)
    return Health(status="ready")


@open_routes.post(f"{PREFIX}/users", status_code=201, responses=problems(409, 422), summary="Create a user")
async def create_user(new: NewUser, request: Request) -> User:
    """A user with a name nobody else has."""
    return await in_thread(friends_of(request).create_user, new.username)


@routes.get("/users", responses=pages(422), summary="Search users by name")
async def search_users(
    username: Annotated[
        str,
        Query(
            min_length=1, max_length=64, pattern=NAME_PART, description="Part of the name", examples=["holm"]
        ),
    ],
    request: Request,
    response: Response,
    _: Calling = NOBODY,
    limit: Rows = PAGE,
    after: Annotated[str, Query(max_length=64, pattern=NAME_PART, description="Only later names")] = "",
) -> list[User]:
    """Users whose name contains the text, by name."""
    found = await in_thread(friends_of(request).search, username, limit + 1, after)
    return page(found, limit, "username", request, response)


@routes.get("/users/{user_id}", responses=problems(404, 422), summary="View a user")
async def view_user(user_id: Id, request: Request, _: Calling = NOBODY) -> User:
    """The user with that id."""
    return await in_thread(friends_of(request).user, user_id)


@routes.get("/users/{user_id}/friends", responses=pages(404, 422), summary="List a user's friends")
async def list_friends(
    user_id: Id,
    request: Request,
    response: Response,
    _: Calling = NOBODY,
    limit: Rows = PAGE,
    after: AfterId = 0,
) -> list[Friend]:
    """Friends of the user, by id."""
    found = await in_thread(friends_of(request).friends_of, user_id, limit + 1, after)
    return page(found, limit, "friend_id", request, response)


@routes.get(
    "/users/{user_id}/friend-requests",
    responses=pages(403, 404, 422),
    summary="List the friend requests that the caller has not answered",
)
async def list_friend_requests(
    user_id: Id,
    request: Request,
    response: Response,
    caller: Calling = NOBODY,
    limit: Rows = PAGE,
    after: AfterId = 0,
) -> list[IncomingRequest]:
    """Pending friend requests to the user, the oldest first. Only the user may read them."""
    act_for(user_id, caller)
    found = await in_thread(friends_of(request).requests_to, user_id, limit + 1, after)
    return page(found, limit, "request_id", request, response)


@routes.post(
    "/friends", status_code=201, responses=problems(403, 404, 409, 422), summary="Ask somebody to be friends"
)
async def add_friend(new: NewFriend, request: Request, caller: Calling = NOBODY) -> FriendRequest:
    """A pending friend request of the caller, unless the two are friends or one has asked already."""
    act_for(new.user_id, caller)
    return await in_thread(friends_of(request).ask, new)


@routes.put(
    "/friend-requests/{request_id}",
    responses=problems(403, 404, 409, 422),
    summary="Answer a friend request to the caller",
)
async def answer_friend_request(
    request_id: Id, answer: Answer, request: Request, caller: Calling = NOBODY
) -> FriendRequest:
    """The request with its answer. It can be answered once; accepted, it makes the two friends."""
    return await in_thread(friends_of(request).answer, caller, request_id, answer)


@routes.delete(
    "/friends/{user_id}/{friend_id}",
    status_code=204,
    responses=problems(403, 404, 422),
    summary="End a friendship of the caller",
)
async def remove_friend(user_id: Id, friend_id: Id, request: Request, caller: Calling = NOBODY) -> None:
    """The two are no longer friends."""
    act_for(user_id, caller)
    await in_thread(friends_of(request).part, user_id, friend_id)
