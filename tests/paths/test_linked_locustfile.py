"""A generated locustfile against a service: visitors buy what they viewed and read what they ordered."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from value_populations import CARRIED, CREATED, LINKED

from miner.generate import generate

SEED = 3
RATE = 60
SECONDS = 6
CLOSE = 0.08
"""Tolerance of a share of some 150 requests: two and a half standard errors of the wider one."""
FIRST = 5001
"""The first order that the service makes; those that exist have lower numbers."""


class Shop(BaseHTTPRequestHandler):
    """Knows its visitors by a cookie; says of an order where it is, or what it is, as `says` has it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    says = "place"
    numbers = itertools.count()
    asked: defaultdict[str, list[str]]
    """The requests of each visitor; a place or an id that was made follows the one that made it."""

    def do_GET(self) -> None:
        self._answer(200, b"<html>")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/orders":
            self._answer(200, b"")
            return
        number = FIRST + next(self.numbers)
        if self.says == "place":
            self._answer(
                201, b"<html>", Location=f"http://shop.example/orders/{number}?thanks=1", made=number
            )
        else:
            order = {"order": {"lines": [{"id": 1}], "id": number}}
            self._answer(201, json.dumps(order).encode(), made=number)

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""

    def _answer(self, status: int, body: bytes, made: int | None = None, **headers: str) -> None:
        known = re.search(r"visitor=(\d+)", self.headers.get("Cookie", ""))
        visitor = known.group(1) if known else str(next(self.numbers))
        self.asked[visitor].append(f"{self.command} {self.path}")
        if made:
            self.asked[visitor].append(f"made {made}")
        self.send_response(status)
        for name, value in {**headers, "Set-Cookie": f"visitor={visitor}; Path=/"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@pytest.fixture(scope="module", params=["place", "fields"])
def sessions(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """What each visitor asked for, of a service that gives ids in its Location or in JSON."""
    file = tmp_path_factory.mktemp("linked") / "shop.py"
    file.write_text(generate(LINKED), encoding="utf-8")
    Shop.says, Shop.asked = request.param, defaultdict(list)
    with Server(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        _run(file, f"http://127.0.0.1:{server.server_address[1]}")
        server.shutdown()
        thread.join()
    return list(Shop.asked.values())


def _run(file: Path, host: str) -> None:
    options = f"--headless --users 60 --spawn-rate 60 --speed 100 --seed {SEED} --host {host}".split()
    options += f"--sessions-per-second {RATE} --session-run-time {SECONDS}".split()
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(file), *options],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def _share(sessions: list[list[str]], source: str, target: str) -> float:
    """How many values of `target` are the last one of `source` in their session, of those after one."""
    found = []
    for asked in sessions:
        last = None
        for one in asked:
            if (came := re.fullmatch(target, one)) and last is not None:
                found.append(came.group(1) == last)
            if given := re.fullmatch(source, one):
                last = given.group(1)
    assert len(found) > 80
    return sum(found) / len(found)


@pytest.mark.loop
def test_visitors_buy_what_they_viewed(sessions: list[list[str]]) -> None:
    """The item that goes into the basket is the one viewed last, in the planted share (seed 3)."""
    share = _share(sessions, r"GET /items/(\d+)", r"POST /items/(\d+)/basket")
    assert share == pytest.approx(CARRIED, abs=CLOSE)


@pytest.mark.loop
def test_visitors_read_what_they_ordered(sessions: list[list[str]]) -> None:
    """The order that is read is the visitor's own; who has none reads one that there is (seed 3)."""
    assert _share(sessions, r"made (\d+)", r"GET /orders/(\d+)") == pytest.approx(CREATED, abs=CLOSE)
    made = {one.split()[1] for asked in sessions for one in asked if one.startswith("made")}
    read = {one.rpartition("/")[2] for asked in sessions for one in asked if one.startswith("GET /orders/")}
    assert {int(number) for number in read - made} <= set(range(1000, 1401))


@pytest.mark.loop
def test_who_viewed_nothing_buys_something(sessions: list[list[str]]) -> None:
    """Where there is nothing to carry, an item of the catalogue is taken."""
    items = [int(one.split("/")[2]) for asked in sessions for one in asked if "/items/" in one]
    assert min(items) >= 1
    assert max(items) <= 500
