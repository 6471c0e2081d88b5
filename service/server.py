"""The friend-service on a port, until it is told to stop."""

from __future__ import annotations

import signal
import socket
from contextlib import ExitStack, closing
from pathlib import Path
from types import FrameType
from typing import TextIO

import uvicorn
from fastapi import FastAPI

from service.app import create_app
from service.database import open_database
from service.errors import ServiceError

STOP_SECONDS = 30
"""How long requests in flight may take to finish before they are cut off."""


class Server(uvicorn.Server):
    """A server that says on stdout when it is ready, and whose stopping is no failure."""

    def __init__(self, app: FastAPI, ready: str) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                access_log=False,
                log_level="warning",
                lifespan="off",
                proxy_headers=False,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self._ready, flush=True)  # noqa: T201

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        # uvicorn raises the signal it was stopped by once more, after it has stopped. We exit with 0.
        self.should_exit = True


def serve(host: str, port: int, database_url: str, access_log: Path | None) -> None:
    """The service has run until SIGTERM or SIGINT, and every request in flight was answered.

    Port 0 is any free port. Raises ServiceError.
    """
    with ExitStack() as stack:
        log = stack.enter_context(_open_log(access_log)) if access_log else None
        engine = open_database(database_url)
        stack.callback(engine.dispose)
        listener = stack.enter_context(closing(_listen(host, port)))
        server = Server(create_app(engine, access_log=log), f"friend-service on {_url(listener)}")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, server.stop)
        server.run(sockets=[listener])


def _open_log(path: Path) -> TextIO:
    try:
        return path.open("a", encoding="ascii")
    except OSError as error:
        raise ServiceError(
            f"Cannot write the access log {path}: {error.strerror}.",
            "Name a file in a directory you can write to with --access-log.",
        ) from error


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio turns off Nagle's delay only where a socket says that it is TCP.
        listener = socket.socket(family, kind, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        raise ServiceError(
            f"Cannot listen on {host}:{port}: {error.strerror}.",
            "Stop what is using it, or choose another with --port (0 is any free port).",
        ) from error
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"
