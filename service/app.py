"""The friend-service as an ASGI app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import Engine

from service.database import open_database
from service.exchange import Sink, Watch
from service.friends import Friends
from service.guard import Guard, RateLimit
from service.metrics import Metrics
from service.problems import explain_errors
from service.routes import open_routes, routes
from service.search import How


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def create_app(
    database: str | Engine,
    *,
    search: How = "scan",
    sinks: Sequence[Sink] = (),
    metrics: Metrics | None = None,
    rate_limit: RateLimit | None = None,
    now: Callable[[], datetime] = utc_now,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
) -> FastAPI:
    """The friend-service on a database: a URL, or an engine from `open_database`.

    Every exchange is handed to the `sinks`, and counted for GET /metrics. `now` stamps it, and what is
    created. Raises ServiceError.
    """
    engine = open_database(database) if isinstance(database, str) else database
    metrics = metrics or Metrics(engine)
    app = FastAPI(
        title="friend-service",
        version="1.0.0",
        summary="Users who look for each other and become friends.",
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,
        docs_url=None,  # its pages load programs from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.friends = Friends(engine, now, search)
    app.include_router(open_routes)
    app.include_router(routes)
    app.add_route("/metrics", metrics.show, include_in_schema=False)
    explain_errors(app)
    app.add_middleware(Guard, rate_limit=rate_limit)
    app.add_middleware(Watch, sinks=[metrics.finished, *sinks], now=now, begun=[metrics.begun])
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
