"""What a process that serves needs: the database, the logs and the app on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from service.access_log import combined_lines
from service.app import create_app
from service.database import open_database
from service.exchange import Sink
from service.json_log import json_lines
from service.log_file import LogFile
from service.metrics import Metrics
from service.rate_limit import per_caller
from service.search import How
from service.spans import Spans


@dataclass(frozen=True)
class Settings:
    """How to serve, as a worker that was started by another process is told."""

    database: str
    search: How = "scan"
    access_log: Path | None = None
    json_log: Path | None = None
    telemetry: Path | None = None
    rate_limit: str | None = None


def check(settings: Settings) -> None:
    """The settings are sound, and the database has what it takes. Raises ServiceError."""
    with ExitStack() as stack:
        _app(settings, stack)


def app_of(settings: Settings) -> FastAPI:
    """The app, which closes everything when it is shut down. Raises ServiceError."""
    return _app(settings, ExitStack())


def _app(settings: Settings, stack: ExitStack) -> FastAPI:
    @asynccontextmanager
    async def closing_all(_: FastAPI) -> AsyncIterator[None]:
        with stack:
            yield

    engine = open_database(settings.database)
    stack.callback(engine.dispose)
    metrics = Metrics(engine)
    return create_app(
        engine,
        search=settings.search,
        sinks=list(_sinks(settings, metrics, stack)),
        metrics=metrics,
        rate_limit=per_caller(settings.rate_limit) if settings.rate_limit else None,
        lifespan=closing_all,
    )


def _sinks(settings: Settings, metrics: Metrics, stack: ExitStack) -> Iterator[Sink]:
    for path, lines in (
        (settings.access_log, combined_lines),
        (settings.json_log, json_lines),
        (settings.telemetry, Spans().lines),
    ):
        if path:
            log = LogFile(path, lines, metrics.lost)
            stack.callback(log.close)
            yield log
