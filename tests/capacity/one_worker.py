"""Services whose limit is known, and the load test that is to find it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from miner.capacity import Setting
from miner.generate import generate
from miner.objectives import Objective, Objectives
from miner.replay import Load
from miner.workload import Arrivals, Endpoint, Exponential, Move, Popular, Workload
from miner.workload import Path as UserPath

EACH = 0.02
"""Seconds that the only worker of the service takes for a request: it bears 50 a second at most."""
POLL = 0.02
"""Seconds after which the service sees that it is no longer needed."""
RATE = 5.0
"""Sessions a second, as recorded, of two requests each."""
DESK = Workload(
    name="desk",
    arrivals=Arrivals(mean=RATE),
    endpoints={
        "look": Endpoint(request="GET /things"),
        "take": Endpoint(request="POST /things/{thing_id}", params={"thing_id": Popular(low=1, high=9)}),
    },
    paths=(
        UserPath(
            name="look_then_take",
            share=1.0,
            start={"look": 1.0},
            moves={
                "look": {"take": Move(p=1.0, think=Exponential(mean=1.0))},
                "take": {"leave": Move(p=1.0)},
            },
        ),
    ),
)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def one_worker(each: float = EACH) -> Iterator[str]:
    """A service at the URL that is given: requests are served one after the other, and take so long each."""
    busy = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with busy:
                time.sleep(each)  # the work
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def setting(out: Path, host: str, load: Load, *objectives: dict[str, Any], **more: Any) -> Setting:
    """A search in a folder of its own, for a service and objectives."""
    locustfile = out.parent / "desk.py"
    locustfile.write_text(generate(DESK), encoding="utf-8")
    held = Objectives(objectives=tuple(Objective(**one) for one in objectives))
    return Setting(locustfile, host, held, out, load, **{"run_time": 3.0, **more})
