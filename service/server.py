"""The friend-service on a port, until it is told to stop."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
from contextlib import ExitStack, closing
from functools import partial
from types import FrameType

import uvicorn
from uvicorn.supervisors import Multiprocess

from service.errors import ServiceError
from service.metrics import forget_process
from service.protocol import Protocol
from service.worker import Settings, app_of, check

STOP_SECONDS = 30
"""How long requests in flight may take to finish before they are cut off."""
START_SECONDS = 30
"""How long a worker may take until it serves."""
HUNG_SECONDS = 30
"""After which a worker that gives no sign of life is replaced."""


class Server(uvicorn.Server):
    """A server that says on stdout when it is ready, and whose stopping is no failure."""

    def __init__(self, config: uvicorn.Config, ready: str) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self._ready, flush=True)  # noqa: T201

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        # uvicorn raises the signal it was stopped by once more, after it has stopped. We exit with 0.
        self.should_exit = True


class Workers(Multiprocess):
    """Several servers on one port, each in a process of its own; one that dies is replaced."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], ready: str) -> None:
        super().__init__(config, sockets)
        self._ready = ready

    def init_processes(self) -> None:
        super().init_processes()
        if all(process.wait_until_ready(START_SECONDS, self.should_exit) for process in self.processes):
            print(self._ready, flush=True)  # noqa: T201

    def keep_subprocess_alive(self) -> None:
        before = {process.pid for process in self.processes if process.pid is not None}
        super().keep_subprocess_alive()
        for ended in before - {process.pid for process in self.processes}:
            forget_process(ended)


def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """The service has run until SIGTERM or SIGINT, and every request in flight was answered.

    Port 0 is any free port. Raises ServiceError.
    """
    check(settings)
    with ExitStack() as stack:
        listener = stack.enter_context(closing(listen(host, port)))
        ready = f"friend-service on {url_of(listener)}"
        config = config_of(settings, workers)
        if workers > 1:
            # Where prometheus_client has its processes add up their numbers.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = stack.enter_context(tempfile.TemporaryDirectory())
            Workers(config, [listener], ready).run()
        else:
            server = Server(config, ready)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, server.stop)
            server.run(sockets=[listener])


def config_of(settings: Settings, workers: int) -> uvicorn.Config:
    """How uvicorn serves the app of these settings."""
    return uvicorn.Config(
        partial(app_of, settings),
        factory=True,
        workers=workers,
        http=Protocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="error",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_worker_healthcheck=HUNG_SECONDS,
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections. Raises ServiceError."""
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


def url_of(listener: socket.socket) -> str:
    """Where the socket can be reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"
