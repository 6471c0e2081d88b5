"""A service that keeps what it got and answers as a test says, and Locust running a scenario against it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

WITHIN = 60.0
"""Seconds after which a Locust that should have ended is taken for one that hangs."""
POLL = 0.02
"""Seconds after which the service sees that it is no longer needed."""


@dataclass(frozen=True)
class Request:
    """What the service got."""

    method: str
    target: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Answer:
    """What the service says to it."""

    status: int = 200
    data: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Stub:
    """A service, and all that it got."""

    url: str = ""
    got: list[Request] = field(default_factory=list)
    senders: set[str] = field(default_factory=set)
    """The addresses that it came from."""
    dead: bool = False
    """Nobody is served any more: connections are closed."""

    def targets(self, method: str) -> list[str]:
        return [request.target for request in self.got if request.method == method]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def serving(answer: Callable[[Stub, Request], Answer], address: str = "127.0.0.1") -> Iterator[Stub]:
    """The service is there, at an address of this machine, as long as the test needs it."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            request = Request(self.command, self.path, dict(self.headers), body)
            stub.got.append(request)
            stub.senders.add(self.client_address[0])
            if stub.dead:
                self.close_connection = True
                return
            answered = answer(stub, request)
            text = json.dumps(answered.data).encode()
            self.send_response(answered.status)
            for name, value in {**answered.headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    with Server((address, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL,))
        thread.start()
        stub.url = f"http://{address}:{server.server_address[1]}"
        try:
            yield stub
        finally:
            server.shutdown()
            thread.join()


def locust(
    folder: Path, host: str, *options: str, file: str = "desk.py", environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Locust has run for about two seconds; `folder` has its statistics."""
    with socket.socket() as free:  # where its processes meet, if there are two
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return subprocess.run(
        [
            sys.executable, "-m", "locust", "-f", file, "--headless", "--only-summary", f"--host={host}",
            "-u", "10", "-r", "10", "--session-run-time=2", "--sessions-per-second=15", "--json-file=stats",
            "--seed=7", f"--master-bind-port={port}", f"--master-port={port}", *options,
        ],
        cwd=folder, capture_output=True, text=True, check=False, timeout=WITHIN,
        env=os.environ | (environment or {}),
    )  # fmt: skip


def rows(folder: Path) -> dict[str, int]:
    """How many requests by `METHOD name` in Locust's table."""
    table = json.loads((folder / "stats.json").read_text(encoding="utf-8"))
    return {f"{row['method']} {row['name']}": row["num_requests"] for row in table}
