"""The friend-service as one would write it with Starlette alone: bare drivers, the same SQL, checks by hand.

    python tests/benchmarks/handwritten.py DATABASE_URL [--bare]

It serves as `python -m service serve` does, until it is told to stop, behind the same guard and metrics, or
with --bare without them. The SQL is that of the service, turned into text once.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from string import ascii_letters, digits
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from sqlalchemy import Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.engine import Dialect, make_url
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from service import queries
from service.app import utc_now
from service.database import open_database
from service.exchange import Watch
from service.guard import Guard
from service.metrics import Metrics
from service.search import search_by
from service.server import Server, config_of, listen, url_of
from service.worker import Settings

PREFIX = "/friend-service/v1"
LARGEST_ID = 2**53 - 1
LETTERS = frozenset(ascii_letters + digits + "_.-")
PAGE, LONGEST_PAGE = 50, 200
Row = tuple[Any, ...]


class Refused(Exception):
    """The request is answered with that status and sentence."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class Store:
    """The database by bare statements: one connection for each thread, rows as the driver has them."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._sqlite = parsed.drivername == "sqlite"
        dialect: Dialect = sqlite.dialect(paramstyle="named") if self._sqlite else psycopg_dialect()  # type: ignore[no-untyped-call]
        engine = open_database(url)
        searching, _ = search_by("scan", engine)("any")
        engine.dispose()
        self._sql = {name: _text(statement, dialect) for name, statement in _statements(searching).items()}
        self._url = parsed.database or "" if self._sqlite else url.replace("+psycopg", "")
        self._of_thread = threading.local()
        self._begin = "BEGIN IMMEDIATE" if self._sqlite else "BEGIN"

    @property
    def _db(self) -> Any:
        try:
            return self._of_thread.db
        except AttributeError:
            self._of_thread.db = self._connect_sqlite() if self._sqlite else self._connect_postgres()
            return self._of_thread.db

    def _connect_sqlite(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._url, timeout=10, isolation_level=None, check_same_thread=False)
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "cache_size = -16000",
        ):
            db.execute(f"PRAGMA {pragma}")
        return db

    def _connect_postgres(self) -> psycopg.Connection[Row]:
        return psycopg.connect(self._url, autocommit=True, row_factory=tuple_row)

    def _run(self, name: str, **values: object) -> Any:
        sql, constants = self._sql[name]
        return self._db.execute(sql, constants | values)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute(self._begin)
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _now(self) -> object:
        now = datetime.now(UTC)
        return now.strftime("%Y-%m-%d %H:%M:%S.%f") if self._sqlite else now

    def create_user(self, username: str) -> Row:
        try:
            with self._writing():
                row: Row = self._run("insert_user", username=username, created_at=self._now()).fetchone()
        except (sqlite3.IntegrityError, psycopg.IntegrityError) as error:
            raise Refused(409, f"the username {username} is taken") from error
        return row

    def search_users(self, part: str, rows: int, after: str = "") -> list[Row]:
        found: list[Row] = self._run("search", part=part, rows=rows, after=after).fetchall()
        return found

    def view_user(self, user_id: int) -> Row:
        row: Row | None = self._run("user", user_id=user_id).fetchone()
        if row is None:
            raise Refused(404, f"there is no user {user_id}")
        return row

    def list_friends(self, user_id: int, rows: int, after: int = 0) -> list[Row]:
        return self._page("friends", user_id, rows, after)

    def list_friend_requests(self, user_id: int, rows: int, after: int = 0) -> list[Row]:
        return self._page("pending", user_id, rows, after)

    def _page(self, name: str, user_id: int, rows: int, after: int) -> list[Row]:
        found: list[Row] = self._run(name, user_id=user_id, rows=rows, after=after).fetchall()
        if not found:
            self.view_user(user_id)
        return found

    def add_friend(self, user_id: int, friend_id: int) -> Row:
        low, high = sorted((user_id, friend_id))
        try:
            with self._writing():
                self._hold(low, high)
                if self._run("friendship", low=low, high=high).fetchone():
                    raise Refused(409, f"the users {low} and {high} are already friends")
                row: Row = self._run(
                    "insert_request", user_id=user_id, friend_id=friend_id, low_id=low, high_id=high,
                    status="pending", created_at=self._now(),
                ).fetchone()  # fmt: skip
        except (sqlite3.IntegrityError, psycopg.IntegrityError) as error:
            raise Refused(409, f"a request between the users {low} and {high} is pending") from error
        return row

    def _hold(self, low: int, high: int) -> None:
        there = [row[0] for row in self._run("both", low=low, high=high).fetchall()]
        for user_id in (low, high):
            if user_id not in there:
                raise Refused(404, f"there is no user {user_id}")

    def answer_friend_request(self, caller: int | None, request_id: int, status: str) -> Row:
        with self._writing():
            asked = self._run("request", request_id=request_id).fetchone()
            if asked is None:
                raise Refused(404, f"there is no friend request {request_id}")
            act_for(asked[2], caller)
            self._hold(asked[3], asked[4])
            row: Row | None = self._run("answer", answered_id=request_id, answer=status).fetchone()
            if row is None:
                raise Refused(409, f"the friend request {request_id} is already answered")
            if status == "accepted":
                self._run("insert_friendship", low_id=row[3], high_id=row[4], since=self._now())
        return row

    def remove_friend(self, user_id: int, friend_id: int) -> None:
        low, high = sorted((user_id, friend_id))
        with self._writing():
            gone = self._run("delete_friendship", low=low, high=high).rowcount
        if not gone:
            raise Refused(404, f"the users {user_id} and {friend_id} are not friends")


def _statements(searching: Executable) -> dict[str, tuple[Executable, list[str] | None]]:
    """The statements of the service, with the columns that those have which insert."""
    return {
        "insert_user": (queries.INSERT_USER, ["username", "created_at"]),
        "search": (searching, None),
        "user": (queries.USER, None),
        "friends": (queries.FRIENDS, None),
        "pending": (queries.PENDING, None),
        "both": (queries.BOTH, None),
        "friendship": (queries.FRIENDSHIP, None),
        "insert_request": (
            queries.INSERT_REQUEST,
            ["user_id", "friend_id", "low_id", "high_id", "status", "created_at"],
        ),
        "request": (queries.REQUEST, None),
        "answer": (queries.ANSWER_REQUEST, None),
        "insert_friendship": (queries.INSERT_FRIENDSHIP, ["low_id", "high_id", "since"]),
        "delete_friendship": (queries.DELETE_FRIENDSHIP, None),
    }


def _text(statement: tuple[Any, list[str] | None], dialect: Dialect) -> tuple[str, dict[str, object]]:
    """The SQL of a statement, and the values that are always the same."""
    compiled = statement[0].compile(
        dialect=dialect, column_keys=statement[1], compile_kwargs={"render_postcompile": True}
    )
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


def number(text: str, least: int = 1, most: int = LARGEST_ID) -> int:
    """The number that a text is, within bounds."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise Refused(422, "that is no number, or too large or too small")
    return int(text)


def an_id(value: object) -> int:
    if type(value) is not int or not 1 <= value <= LARGEST_ID:
        raise Refused(422, "that is no id")
    return value


def caller_of(request: Request) -> int | None:
    header = request.headers.get("x-user-id")
    return None if header is None else number(header)


def act_for(user_id: int, caller: int | None) -> None:
    if caller != user_id:
        raise Refused(403, f"only the user {user_id} may do that, not {caller or 'nobody'}")


async def body_of(request: Request, *keys: str) -> list[object]:
    """The values of a JSON object with just these keys."""
    try:
        said = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise Refused(422, "the body is no JSON") from error
    if not isinstance(said, dict) or said.keys() != set(keys):
        raise Refused(422, f"the body has not just {', '.join(keys)}")
    return [said[key] for key in keys]


def stamp(value: str | datetime) -> str:
    """A moment as in JSON, from what the driver has."""
    text = value if isinstance(value, str) else value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return f"{text[:10]}T{text[11:19]}{'' if text.endswith('.000000') else text[19:26]}Z"


def user(row: Row) -> dict[str, object]:
    return {"userId": row[0], "username": row[1], "createdAt": stamp(row[2])}


def friend(row: Row) -> dict[str, object]:
    return {"friendId": row[0], "username": row[1], "since": stamp(row[2])}


def incoming(row: Row) -> dict[str, object]:
    return {"requestId": row[0], "fromUserId": row[1], "username": row[2], "createdAt": stamp(row[3])}


def friend_request(row: Row) -> dict[str, object]:
    return {"requestId": row[0], "userId": row[1], "friendId": row[2], "status": row[5]}


def paged(
    request: Request, found: list[Row], limit: int, column: int, shown: Callable[[Row], object]
) -> Response:
    """The first `limit` rows, and where the rest is."""
    headers = None
    if len(found) > limit:
        url = request.url.include_query_params(after=found[limit - 1][column])
        headers = {"Link": f'<{url.path}?{url.query}>; rel="next"'}
    return JSONResponse([shown(row) for row in found[:limit]], headers=headers)


def store(request: Request) -> Store:
    found: Store = request.app.state.store
    return found


async def create_user(request: Request) -> Response:
    (name,) = await body_of(request, "username")
    if not isinstance(name, str) or not 3 <= len(name) <= 64 or not LETTERS.issuperset(name):
        raise Refused(422, "that is no username")
    return JSONResponse(user(await run_in_threadpool(store(request).create_user, name)), 201)


async def search_users(request: Request) -> Response:
    caller_of(request)
    query = request.query_params
    part, after = query.get("username", ""), query.get("after", "")
    if not 1 <= len(part) <= 64 or len(after) > 64 or "\0" in part + after:
        raise Refused(422, "that is no part of a name")
    limit = number(query.get("limit", str(PAGE)), 1, LONGEST_PAGE)
    found = await run_in_threadpool(store(request).search_users, part, limit + 1, after)
    return paged(request, found, limit, 1, user)


async def view_user(request: Request) -> Response:
    user_id = number(request.path_params["user_id"])
    caller_of(request)
    return JSONResponse(user(await run_in_threadpool(store(request).view_user, user_id)))


async def list_friends(request: Request) -> Response:
    user_id = number(request.path_params["user_id"])
    caller_of(request)
    limit = number(request.query_params.get("limit", str(PAGE)), 1, LONGEST_PAGE)
    after = number(request.query_params.get("after", "0"), 0)
    found = await run_in_threadpool(store(request).list_friends, user_id, limit + 1, after)
    return paged(request, found, limit, 0, friend)


async def list_friend_requests(request: Request) -> Response:
    user_id = number(request.path_params["user_id"])
    act_for(user_id, caller_of(request))
    limit = number(request.query_params.get("limit", str(PAGE)), 1, LONGEST_PAGE)
    after = number(request.query_params.get("after", "0"), 0)
    found = await run_in_threadpool(store(request).list_friend_requests, user_id, limit + 1, after)
    return paged(request, found, limit, 0, incoming)


async def add_friend(request: Request) -> Response:
    user_id, friend_id = map(an_id, await body_of(request, "userId", "friendId"))
    if user_id == friend_id:
        raise Refused(422, "nobody can be their own friend")
    act_for(user_id, caller_of(request))
    row = await run_in_threadpool(store(request).add_friend, user_id, friend_id)
    return JSONResponse(friend_request(row), 201)


async def answer_friend_request(request: Request) -> Response:
    request_id = number(request.path_params["request_id"])
    (status,) = await body_of(request, "status")
    if status not in ("accepted", "declined"):
        raise Refused(422, "that is no answer")
    row = await run_in_threadpool(
        store(request).answer_friend_request, caller_of(request), request_id, str(status)
    )
    return JSONResponse(friend_request(row))


async def remove_friend(request: Request) -> Response:
    user_id, friend_id = (number(request.path_params[name]) for name in ("user_id", "friend_id"))
    act_for(user_id, caller_of(request))
    await run_in_threadpool(store(request).remove_friend, user_id, friend_id)
    return Response(status_code=204)


async def refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse({"detail": error.detail}, error.status)


def app_of(url: str) -> Starlette:
    """The endpoints on the database at `url`."""
    app = Starlette(
        routes=[
            Route(f"{PREFIX}/users", create_user, methods=["POST"]),
            Route(f"{PREFIX}/users", search_users),
            Route(f"{PREFIX}/users/{{user_id}}", view_user),
            Route(f"{PREFIX}/users/{{user_id}}/friends", list_friends),
            Route(f"{PREFIX}/users/{{user_id}}/friend-requests", list_friend_requests),
            Route(f"{PREFIX}/friends", add_friend, methods=["POST"]),
            Route(f"{PREFIX}/friend-requests/{{request_id}}", answer_friend_request, methods=["PUT"]),
            Route(f"{PREFIX}/friends/{{user_id}}/{{friend_id}}", remove_friend, methods=["DELETE"]),
        ],
        exception_handlers={Refused: refused},
    )
    app.state.store = Store(url)
    return app


def guarded(app: ASGIApp) -> ASGIApp:
    """The app with around it what is around ours."""
    metrics = Metrics()
    return Watch(Guard(app), [metrics.finished], utc_now, [metrics.begun])


def main(url: str, *bare: str) -> None:
    """It has served until it was told to stop."""
    config, app = config_of(Settings(url), 1), app_of(url)
    config.app, config.factory = app if bare else guarded(app), False
    with closing(listen("127.0.0.1", 0)) as listener:
        Server(config, f"by hand on {url_of(listener)}").run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
