"""A generated locustfile against a service: what is sent, how fast, and what is left of it."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd
import pytest

from miner.errors import MinerError
from miner.generate import generate, standard
from miner.replay import Load, Run, load_run, replay
from miner.workload import (
    Arrivals,
    Endpoint,
    Exponential,
    Identity,
    Listed,
    LiteralValue,
    Move,
    Popular,
    Workload,
)
from miner.workload import Path as UserPath

SEED = 5
RATE = 20.0
RUN_TIME = 12.0
SPEED = 4.0
COLUMNS = "session path position endpoint method target status started duration think late failed".split()  # noqa: SIM905
ME = Identity(low=1, high=500)
SHOP = Workload(
    name="shop",
    arrivals=Arrivals(mean=3.0),
    endpoints={
        "list_things": Endpoint(request="GET /things", headers={"X-User-Id": ME}),
        "take_thing": Endpoint(
            request="PUT /things/{thing_id}",
            params={"thing_id": Listed(endpoint="list_things", field="thingId")},
            headers={"X-User-Id": ME},
            body={"how": LiteralValue(values={"now & \u00fcber/all": 1.0})},
            statuses={200: 0.8, 404: 0.2},
        ),
        "name_thing": Endpoint(
            request="POST /names",
            headers={"X-User-Id": ME},
            body={"name": Popular(low=1, high=10**9)},
            statuses={201: 0.7, 409: 0.15, 422: 0.15},
        ),
    },
    paths=(
        UserPath(
            name="take_one",
            share=0.75,
            start={"list_things": 1.0},
            pace=0.3,
            moves={
                "list_things": {"take_thing": Move(p=1.0, think=Exponential(mean=2.0))},
                "take_thing": {
                    "take_thing": Move(p=0.25, think=Exponential(mean=1.0)),
                    "leave": Move(p=0.75),
                },
            },
        ),
        UserPath(
            name="name_one",
            share=0.25,
            start={"name_thing": 1.0},
            moves={
                "name_thing": {"name_thing": Move(p=0.5, think=Exponential(mean=1.0)), "leave": Move(p=0.5)}
            },
        ),
    ),
)


class Shop(BaseHTTPRequestHandler):
    """Lists five things, lets them be taken, and gives each name once."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    names: set[str] = set()  # noqa: RUF012  (one service at a time)

    def do_GET(self) -> None:
        self._answer(200, [{"thingId": number} for number in range(1, 6)] if self.path == "/things" else {})

    def do_PUT(self) -> None:
        known = self._body() == {"how": "now & \u00fcber/all"} and self.path[-2:] in {
            f"/{n}" for n in range(1, 6)
        }
        self._answer(200 if known else 404, {})

    def do_POST(self) -> None:
        name = str(self._body().get("name", ""))
        status = 422 if not name else 409 if name in self.names else 201
        self.names.add(name)
        self._answer(status, {})

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""

    def _body(self) -> dict[str, object]:
        body: dict[str, object] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return body

    def _answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    Shop.names = set()
    with Server(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def locustfile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("locustfile") / "shop.py"
    file.write_text(generate(SHOP), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def run(locustfile: Path, shop: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("runs") / "first"
    return replay(
        locustfile,
        shop,
        out=out,
        load=Load(sessions_per_second=RATE / 2, scale=2, speed=SPEED),
        run_time=RUN_TIME,
        seed=SEED,
    )


@pytest.fixture(scope="module")
def sessions(run: Run) -> dict[str, list[dict[str, Any]]]:
    return rows_by_session(run.log)


def rows_by_session(log: Path) -> dict[str, list[dict[str, Any]]]:
    rows = pd.read_parquet(log)
    assert list(rows.columns) == COLUMNS
    return {str(session): of.to_dict("records") for session, of in rows.groupby("session")}


@pytest.mark.loop
def test_every_session_that_starts_is_walked_to_its_end(run: Run, sessions: dict[str, object]) -> None:
    """The run ends by itself when the last session has left, and says so."""
    assert run.complete
    assert run.sessions_started == run.sessions_finished == len(sessions)
    assert load_run(run.folder) == run


@pytest.mark.loop
def test_sessions_start_at_the_rate_that_is_wanted(run: Run) -> None:
    """A Poisson number of sessions starts (within four standard deviations), and hardly any late."""
    wanted = RATE * RUN_TIME
    assert run.sessions_started == pytest.approx(wanted, abs=4 * wanted**0.5)
    assert run.late_p99 < 0.1
    assert run.kept_up, run.verdict
    assert run.latency_p50 <= run.response_p50 <= run.latency_p50 + run.late_p99


@pytest.mark.loop
def test_sessions_walk_their_path(sessions: dict[str, list[dict[str, Any]]]) -> None:
    """Positions count from 1, the steps are those of the path, and the shares are as wanted."""
    paths = Counter(rows[0]["path"] for rows in sessions.values())
    assert paths["take_one"] / paths.total() == pytest.approx(0.75, abs=0.12)
    for rows in sessions.values():
        assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
        first, later = ("GET /things", "PUT /things/{thing_id}")
        if rows[0]["path"] == "take_one":
            assert [row["endpoint"] for row in rows] == [first, *[later] * (len(rows) - 1)]


@pytest.mark.loop
def test_pauses_are_divided_by_the_speed(sessions: dict[str, list[dict[str, Any]]]) -> None:
    """Think times have their mean over the speed; a session's first row has none."""
    assert all(math.isnan(rows[0]["think"]) for rows in sessions.values())
    pauses = [float(rows[1]["think"]) for rows in sessions.values() if rows[0]["path"] == "take_one"]
    assert fmean(pauses) * SPEED == pytest.approx(2.0 * 1.046, rel=0.3)


@pytest.mark.loop
def test_the_service_answers_what_was_intended(run: Run, sessions: dict[str, list[dict[str, Any]]]) -> None:
    """Client errors come in their shares, nearly all on purpose; what was shown is used once."""
    rows = [row for rows in sessions.values() for row in rows]
    statuses = Counter((row["method"], row["status"]) for row in rows)
    named = sum(count for (method, _), count in statuses.items() if method == "POST")
    for status in (409, 422):
        assert statuses["POST", status] / named == pytest.approx(0.15, abs=0.12)
    assert run.failures <= 2
    for walked in sessions.values():
        taken = [row["target"] for row in walked if row["method"] == "PUT" and row["status"] == 200]
        assert len(set(taken)) == len(taken)


@pytest.mark.loop
def test_the_folder_holds_everything_and_nothing_of_this_machine(run: Run, locustfile: Path) -> None:
    """The run can be read elsewhere: log, locustfile, Locust's own figures, and the facts."""
    assert {"requests.parquet", "load.parquet", "run.json", "shop.py", "locust.log", "stats_stats.csv"} <= {
        file.name for file in run.folder.iterdir()
    }
    facts = (run.folder / "run.json").read_text(encoding="utf-8")
    assert str(locustfile.parent) not in facts
    assert sys.prefix not in facts
    assert [file.name for file in run.folder.parent.iterdir()] == ["first"]


@pytest.mark.loop
def test_two_processes_share_the_sessions(locustfile: Path, shop: str, tmp_path: Path) -> None:
    """The rate is that of all processes together, and their logs become one."""
    load = Load(sessions_per_second=RATE, speed=50)
    run = replay(locustfile, shop, out=tmp_path / "run", load=load, run_time=10, processes=2)
    assert run.complete
    assert run.sessions_started == pytest.approx(RATE * 10, abs=4 * (RATE * 10) ** 0.5)
    assert len(rows_by_session(run.log)) == run.sessions_finished


@pytest.mark.loop
def test_the_standard_test_asks_one_thing(shop: str, tmp_path: Path) -> None:
    """Every session is one request, to the one endpoint."""
    file = tmp_path / "standard.py"
    file.write_text(standard(SHOP, "list_things"), encoding="utf-8")
    run = replay(file, shop, out=tmp_path / "run", load=Load(sessions_per_second=20), run_time=4)
    sessions = rows_by_session(run.log)
    assert {(len(rows), rows[0]["endpoint"]) for rows in sessions.values()} == {(1, "GET /things")}
    assert run.failures == 0


@pytest.mark.loop
def test_what_there_is_is_kept_on_ctrl_c(locustfile: Path, shop: str, tmp_path: Path) -> None:
    """An interrupted run is a run, marked as not complete, and nothing runs on."""
    code = (
        "import sys; from miner.replay import replay as r; r(*sys.argv[1:3], out=sys.argv[3], run_time=300)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, locustfile, shop, tmp_path / "run"])
    wait_for(lambda: any(file.stat().st_size > 500 for file in tmp_path.glob(".run-*/requests-*.jsonl")))
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(30) == 0
    run = load_run(tmp_path / "run")
    assert not run.complete
    assert run.requests > 0


def wait_for(condition: object, seconds: float = 30.0) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"locustfile": "missing.py"}, "Cannot read the locustfile"),
        ({"host": "http://127.0.0.1:9"}, "Nothing answers"),
        ({"host": "http://192.0.2.1"}, "is not on this machine"),
        ({"host": "ftp://127.0.0.1"}, "not the URL"),
        ({"host": "127.0.0.1:80"}, "not the URL"),
        ({"load": Load(sessions_per_second=500.0)}, "more than 200"),
        ({"load": Load(speed=0.0)}, "speed cannot be 0"),
        ({"load": Load(rps=1.0, sessions_per_second=1.0)}, "too many"),
        ({"load": Load(profile="wave")}, "no profile wave"),
        ({"load": Load(mix={"nobody": 0.5})}, "no user path nobody"),
        ({"load": Load(mix={"take_one": 1.5})}, "at least 0, and 1 together"),
        ({"run_time": float("inf")}, "run time cannot be inf"),
        ({"out": "/dev/null/run"}, "Cannot write"),
    ],
)
def test_what_cannot_be_replayed_is_refused(
    given: dict[str, object], complaint: str, locustfile: Path, shop: str, tmp_path: Path
) -> None:
    """Before anything is sent, the user is told what is wrong, and nothing is left behind."""
    arguments: dict[str, object] = {"locustfile": locustfile, "host": shop, "out": tmp_path / "run", **given}
    with pytest.raises(MinerError, match=complaint):
        replay(**arguments)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_run_is_not_overwritten(locustfile: Path, shop: str, tmp_path: Path) -> None:
    """A folder that holds something is refused."""
    (tmp_path / "note").write_text("mine", encoding="utf-8")
    with pytest.raises(MinerError, match="not empty"):
        replay(locustfile, shop, out=tmp_path)


def test_a_locustfile_that_crashes_is_quoted(shop: str, tmp_path: Path) -> None:
    """The last thing that Locust said is in the error, and no folder appears."""
    file = tmp_path / "broken.py"
    file.write_text(
        "class A:\n    sessions_per_second = 1.0\n\nraise ValueError('broken on purpose')\n", encoding="utf-8"
    )
    with pytest.raises(MinerError, match="broken on purpose"):
        replay(file, shop, out=tmp_path / "run", run_time=1)
    assert [file.name for file in tmp_path.iterdir()] == ["broken.py"]


def test_a_run_without_requests_is_no_run(locustfile: Path, shop: str, tmp_path: Path) -> None:
    """Who replays too little is told so."""
    with pytest.raises(MinerError, match="No session started"):
        replay(locustfile, shop, out=tmp_path / "run", load=Load(sessions_per_second=0.001), run_time=1)
