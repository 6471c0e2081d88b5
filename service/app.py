"""The friend-service as an ASGI app."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy import Engine

from service.access_log import AccessLog
from service.database import open_database
from service.errors import Clash, Unknown
from service.friends import Friends
from service.routes import open_routes, routes


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def create_app(
    database_url: str | Engine,
    *,
    access_log: TextIO | None = None,
    now: Callable[[], datetime] = utc_now,
) -> FastAPI:
    """The friend-service on a database: a URL, or an engine from `open_database`.

    `now` stamps what is created and the lines of `access_log`. Raises ServiceError.
    """
    engine = open_database(database_url) if isinstance(database_url, str) else database_url
    app = FastAPI(
        title="friend-service",
        version="1.0.0",
        summary="Users who look for each other and become friends.",
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,
    )
    app.state.friends = Friends(engine, now)
    app.include_router(open_routes)
    app.include_router(routes)
    _explain_errors(app)
    if access_log is not None:
        app.add_middleware(AccessLog, log=access_log, now=now)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def _explain_errors(app: FastAPI) -> None:
    """Every error is answered with one sentence, as `detail`."""

    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        found = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return _problem(422, "; ".join(found))

    async def unknown(_: Request, error: Unknown) -> JSONResponse:
        return _problem(404, str(error))

    async def clash(_: Request, error: Clash) -> JSONResponse:
        return _problem(409, str(error))

    app.exception_handler(RequestValidationError)(invalid)
    app.exception_handler(Unknown)(unknown)
    app.exception_handler(Clash)(clash)


def _problem(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status_code=status)
