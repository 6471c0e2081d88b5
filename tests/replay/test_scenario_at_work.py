"""A generated scenario at work: its options, its hooks, its rails, and what Locust's tables say."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import pytest
from stub import WITHIN, Answer, Request, Stub, locust, rows, serving

from miner.cli import run
from miner.generate import generate
from miner.scenario_writer import write_scenario
from miner.workload import Workload
from miner.workload_file import dumps

T = TypeVar("T")
DESK = Workload.model_validate(
    {
        "name": "desk",
        "arrivals": {"mean": 10.0},
        "endpoints": {
            "open_ticket": {
                "request": "POST /tickets",
                "body": {
                    "title": {"draw": "text", "alphabet": "abc", "lengths": [3, 9]},
                    "tags": {"draw": "series", "of": {"draw": "formatted", "format": "uuid"}, "lengths": [1]},
                },
                "statuses": {201: 0.8, 401: 0.2},
            },
            "view_ticket": {
                "request": "GET /tickets/{ticket_id}",
                "params": {
                    "ticket_id": {
                        "draw": "created", "endpoint": "open_ticket", "field": "id", "share": 1.0,
                        "otherwise": {"draw": "popular", "low": 1, "high": 9},
                    }
                },
                "headers": {"X-User": {"draw": "identity", "low": 1, "high": 9}},
                "statuses": {200: 0.9, 404: 0.1},
            },
        },
        "paths": [
            {
                "name": "open_then_view",
                "share": 1.0,
                "start": {"open_ticket": 1.0},
                "moves": {
                    "open_ticket": {"view_ticket": {"p": 1, "think": {"law": "exponential", "mean": 0.01}}},
                    "view_ticket": {"leave": {"p": 1}},
                },
            }
        ],
    }
)  # fmt: skip
HOOKS = """
from desk_runtime import Hooks as Default

class Hooks(Default):
    def on_start(self, visitor):
        visitor.memory["token"] = visitor.client.post("/login", json=dict(visitor.account)).json()["token"]

    def headers(self, visitor):
        return {"Authorization": visitor.memory["token"]}

    def on_request(self, visitor, endpoint, sent):
        if endpoint == "POST /tickets":
            sent["body"]["title"] = "changed"

    def on_response(self, visitor, endpoint, response):
        if endpoint.startswith("GET") and response.status_code == 200:
            response.failure("Not good enough.")
"""


def answer(desk: Stub, request: Request) -> Answer:
    """A service of tickets: who has logged in may open one."""
    if request.method == "GET":
        found = int(urlsplit(request.target).path.split("/")[-1] or 0) < 1_000_000
        return Answer(200 if found else 404, {})
    if request.target == "/login":
        return Answer(200, {"token": "secret-7"})
    if "Authorization" not in request.headers and request.target == "/tickets":
        return Answer(401, {})
    return Answer(201, {"ticket": {"ticketNo": len(desk.got) + 1000, "state": "open"}})


@pytest.fixture
def desk() -> Iterator[Stub]:
    with serving(answer) as stub:
        yield stub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the scenario is, its hooks included."""
    write_scenario(DESK, tmp_path / "desk.py")
    return tmp_path


def test_hooks_log_in_and_are_asked_before_and_after_each_request(folder: Path, desk: Stub) -> None:
    """A visitor of --test-users logs in, carries a token except for a 401, and checks what comes back."""
    (folder / "desk_hooks.py").write_text(HOOKS, encoding="utf-8")
    (folder / "users.csv").write_text("id,password\n71,a\n72,b\n", encoding="utf-8")
    done = locust(folder, desk.url, "--test-users=users.csv")
    logins = [json.loads(request.body) for request in desk.got if request.target == "/login"]
    assert {(one["id"], one["password"]) for one in logins} == {("71", "a"), ("72", "b")}
    opened = [request for request in desk.got if request.target == "/tickets"]
    assert all('"title": "changed"' in request.body for request in opened)
    tokens = Counter(request.headers.get("Authorization") for request in opened)
    assert set(tokens) == {"secret-7", None}
    viewed = [request.headers for request in desk.got if request.method == "GET"]
    assert {headers["X-User"] for headers in viewed} == {"71", "72"}
    found = json.loads((folder / "stats.json").read_text(encoding="utf-8"))
    failed = {row["name"]: row["num_failures"] for row in found if row["num_failures"]}
    assert failed == {"/tickets/{ticket_id}": rows(folder)["GET /tickets/{ticket_id}"]}
    assert done.returncode == 1


def test_tables_have_expected_errors_and_sessions_in_rows_of_their_own(folder: Path, desk: Stub) -> None:
    """Client errors that were wanted are successes; sessions do not count as requests."""
    (folder / "desk_hooks.py").write_text(HOOKS.replace("response.failure", "str"), encoding="utf-8")
    done = locust(folder, desk.url)
    assert done.returncode == 0, done.stderr
    table = rows(folder)
    sessions = table["SESSION all paths"]
    assert sessions == table["SESSION open_then_view"] == table["POST /login"] > 10
    assert table["POST /tickets"] + table["POST /tickets [401]"] == sessions
    assert table["GET /tickets/{ticket_id} [404]"] > 0
    assert sum(n for name, n in table.items() if "SESSION" not in name) == len(desk.got) == 3 * sessions
    assert f"Sessions: {sessions} started, {sessions} finished, 0 never started" in done.stderr


def test_equal_seeds_give_equal_sessions(folder: Path, desk: Stub) -> None:
    """What visitors ask and send is the same again, and another seed gives something else."""
    (folder / "desk_hooks.py").write_text("from desk_runtime import Hooks as Hooks\n", encoding="utf-8")
    drawn = []
    for seed in (7, 7, 8):
        desk.got.clear()
        locust(folder, desk.url, f"--seed={seed}")
        drawn.append([request.body for request in desk.got if request.method == "POST"])
    few = min(map(len, drawn)) - 5  # how many sessions start within two seconds is a matter of the clock
    assert few > 10
    assert set(drawn[0][:few]) <= set(drawn[1])
    assert not set(drawn[0]) & set(drawn[2])


@pytest.mark.parametrize("form", ["in one file", "with HttpUser", "in two processes"])
def test_it_runs_in_every_form(form: str, folder: Path, desk: Stub) -> None:
    """In one file without hooks, with Locust's other user class, and in several processes."""
    (folder / "one.py").write_text(generate(DESK), encoding="utf-8")
    write_scenario(DESK, folder / "slow.py", http=True)
    more = ["--processes=2"] if form == "in two processes" else []
    file = {"in one file": "one.py", "with HttpUser": "slow.py"}.get(form, "desk.py")
    done = locust(folder, desk.url, *more, file=file)
    assert rows(folder)["SESSION open_then_view"] > 10, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("processes", [[], ["--processes=2"]], ids=["one process", "two processes"])
@pytest.mark.parametrize(
    ("host", "options", "said"),
    [
        ("http://192.0.2.1", [], "the scenario changes data. Allow it with --allow-writes."),
        ("", ["--sessions-per-second=900"], "1800 requests per second are more than --max-rps allows"),
        ("", ["--test-users=missing.csv"], "The test users in missing.csv cannot be read"),
    ],
    ids=["another host", "too fast", "no test users"],
)  # fmt: skip
def test_what_must_not_run_does_not(
    host: str, options: list[str], said: str, processes: list[str], folder: Path, desk: Stub
) -> None:
    """The reason is in the log, the exit code is not 0, and not one request is made."""
    done = locust(folder, host or desk.url, *options, *processes)
    assert said in done.stderr
    assert done.returncode != 0
    assert desk.got == []


def test_probing_finds_the_field_of_a_new_id(
    folder: Path, desk: Stub, capsys: pytest.CaptureFixture[str]
) -> None:
    """The service is asked once; what it calls the id is in the locustfile, and said."""
    workload = folder / "desk.toml"
    workload.write_text(dumps(DESK), encoding="utf-8")
    assert run(["generate", str(workload), "--out", str(folder / "desk.py"), "--probe", desk.url]) == 0
    assert "POST /tickets answered 401" in capsys.readouterr().err
    open_desk = DESK.endpoints["open_ticket"].model_copy(update={"request": "POST /desk"})
    workload.write_text(
        dumps(DESK.model_copy(update={"endpoints": DESK.endpoints | {"open_ticket": open_desk}})),
        encoding="utf-8",
    )
    desk.got.clear()
    assert run(["generate", str(workload), "--out", str(folder / "desk.py"), "--probe", desk.url]) == 0
    assert "POST /desk answers with 'ticketNo', not 'id'" in capsys.readouterr().err
    assert desk.targets("POST") == ["/desk"]
    written = " ".join((folder / "desk.py").read_text(encoding="utf-8").split()).replace("( ", "(")
    assert 'created("POST /desk", "ticketNo"' in written


@pytest.mark.parametrize("host", ["http://192.0.2.1", "nonsense"])
def test_probing_goes_nowhere_by_itself(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another machine has to be allowed, and what is no URL is refused."""
    workload = tmp_path / "desk.toml"
    workload.write_text(dumps(DESK), encoding="utf-8")
    assert run(["generate", str(workload), "--out", str(tmp_path / "desk.py"), "--probe", host]) == 2
    assert capsys.readouterr().err.count("\n") == 2
    assert not (tmp_path / "desk.py").exists()


def test_it_runs_in_the_web_ui(folder: Path, desk: Stub) -> None:
    """Started, and stopped, by its buttons, twice; the options of the scenario are in its form."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "locust", "-f", "desk.py", "--web-host=127.0.0.1", f"--web-port={port}"]
    with (folder / "locust.log").open("w") as log:
        process = subprocess.Popen([*command, f"--host={desk.url}"], cwd=folder, stdout=log, stderr=log)
    ui = f"http://127.0.0.1:{port}"
    try:
        page = until(lambda: httpx.get(ui).text)
        missing = {"sessions_per_second", "test_users", "allow_writes"} - set(re.findall(r"\w+", page))
        assert not missing
        for _ in range(2):
            desk.got.clear()
            form = {"user_count": 10, "spawn_rate": 10, "sessions_per_second": 20, "host": desk.url}
            assert httpx.post(f"{ui}/swarm", data=form).json()["success"]
            until(lambda: len(desk.got) > 20)
            assert httpx.post(f"{ui}/stop").is_success
            names = [row["method"] for row in httpx.get(f"{ui}/stats/requests").json()["stats"]]
            assert "SESSION" in names
    finally:
        process.terminate()
        process.wait(WITHIN)
    assert "Traceback" not in (folder / "locust.log").read_text()


def test_it_runs_with_open_telemetry(folder: Path, desk: Stub) -> None:
    """Locust's own telemetry has a span for each request, under the scenario's name."""
    exporters = {
        "OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none",
    }  # fmt: skip
    write_scenario(DESK, folder / "slow.py", http=True)
    done = locust(folder, desk.url, "--otel", file="slow.py", environment=exporters)
    assert "not enabled" not in done.stderr
    assert done.stdout.count('"span_id"') >= len(desk.got) > 20


def until(ask: Callable[[], T]) -> T:
    """What `ask` answers, once it answers something; a while of nothing, or of refusals, is a failure."""
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        with suppress(httpx.TransportError):
            if answer := ask():
                return answer
        time.sleep(0.05)
    raise AssertionError("it never came")
