"""A step of several requests is made at once by the generated locustfile, and mined again as what it was."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pandas as pd
import pytest

from miner import compare
from miner.generate import generate
from miner.generate.scenario import scenario
from miner.replay import Load, replay
from miner.workload import (
    Arrivals,
    Endpoint,
    Exponential,
    Identity,
    LiteralValue,
    Move,
    Recorded,
    Step,
    Workload,
)
from miner.workload import Path as UserPath
from miner.workload_file import dumps, parse

ME = Identity(low=1, high=10**9)
HEADERS = {"X-User-Id": ME}
TOGETHER = ("/home", "/news", "/offers")
CLOSE = 0.1
"""Distance between 250 sessions and their workload that chance hardly exceeds: 1.63 / sqrt(250)."""
PATIENCE = 5.0
"""Seconds for which one request waits for the others of its step: it fails if they come one by one."""
NEWS = Workload(
    name="news",
    arrivals=Arrivals(mean=3.0),
    recorded=Recorded(at_once=0.3),
    endpoints={
        **{path[1:]: Endpoint(request=f"GET {path}", headers=HEADERS) for path in TOGETHER},
        "article": Endpoint(request="GET /article", query={"a": LiteralValue(values={"1": 1.0})}),
    },
    steps={"open_home": Step(requests={path[1:]: 1.0 for path in TOGETHER}, n=700)},
    paths=(
        UserPath(
            name="read",
            share=1.0,
            start={"open_home": 1.0},
            moves={
                "open_home": {"article": Move(p=0.6, think=Exponential(mean=2.0)), "leave": Move(p=0.4)},
                "article": {"open_home": Move(p=0.3, think=Exponential(mean=3.0)), "leave": Move(p=0.7)},
            },
        ),
    ),
)


class Service(BaseHTTPRequestHandler):
    """Answers what belongs together when all of it has been asked for by one visitor."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    meetings: ClassVar[defaultdict[str, threading.Barrier]] = defaultdict(
        lambda: threading.Barrier(len(TOGETHER))
    )

    def do_GET(self) -> None:
        status = 200
        if self.path in TOGETHER:
            try:
                self.meetings[self.headers["X-User-Id"]].wait(PATIENCE)
            except threading.BrokenBarrierError:
                status = 500
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@pytest.fixture
def service() -> Iterator[str]:
    with Server(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.loop
def test_requests_of_a_step_are_made_at_once(service: str, tmp_path: Path) -> None:
    """A service that answers only when all of them are there answers all; the run is like its workload."""
    file, workload = tmp_path / "news.py", tmp_path / "news.toml"
    file.write_text(generate(NEWS), encoding="utf-8")
    workload.write_text(dumps(NEWS), encoding="utf-8")
    load = Load(sessions_per_second=25, speed=4)
    run = replay(file, service, out=tmp_path / "run", load=load, run_time=10, seed=3)
    assert run.complete
    assert run.failures == 0
    rows = pd.read_parquet(run.log).to_dict("records")
    sessions = defaultdict(list)
    for row in rows:
        sessions[row["session"]].append(row)
    for some in sessions.values():
        assert [row["position"] for row in some] == list(range(1, len(some) + 1))
    first = [{row["target"] for row in some[: len(TOGETHER)]} for some in sessions.values()]
    assert all(targets == set(TOGETHER) for targets in first)
    found = {figure.name: figure for figure in compare(workload, run.folder).figures}
    for name in ("request_mix", "moves", "triples", "session_length", "think_time"):
        assert found[name].distance < CLOSE, found[name]


def test_the_locustfile_says_what_is_asked_at_once() -> None:
    """Each request of such a step is named with how often it is made."""
    called = " ".join(scenario(NEWS).split())
    assert "open_home = step( {" in called
    for name, often in NEWS.steps["open_home"].requests.items():
        assert f'"{name}": {often}' in called


def test_the_workload_file_holds_steps() -> None:
    """What is written is read again as the same."""
    assert parse(dumps(NEWS)) == NEWS
