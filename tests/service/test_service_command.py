"""`python -m service`, started as a user starts it."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from service_process import served_in_process

from service.__main__ import OWN_SERVER_FOLDER, main, openapi

pytest_plugins = ("running_service",)
ROOT = Path(__file__).parents[2]
USERS = "/friend-service/v1/users"
PATIENCE = 15
"""Seconds after which a service that does nothing is taken for broken."""
COMMAND = [sys.executable, "-m", "service"]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_service_serves_until_it_is_stopped(
    database_url: str, tmp_path: Path, stop: signal.Signals, workers: int
) -> None:
    """A stopped service has logged every response, left no trace on stderr and exits with 0."""
    log = tmp_path / "access.log"
    options = ["--access-log", str(log), "--workers", str(workers)]
    with served_in_process(database_url, tmp_path, *options) as service:
        statuses = [httpx.get(f"{service.url}/healthz").status_code for _ in range(20)]
        service.process.send_signal(stop)
        assert service.ended() == (0, "")
    assert statuses == [200] * 20
    assert [line.split('"')[1] for line in log.read_text().splitlines()] == ["GET /healthz HTTP/1.1"] * 20


@pytest.mark.parametrize("workers", ["1", "2"])
def test_requests_in_flight_are_answered(database_url: str, tmp_path: Path, workers: str) -> None:
    """A request whose body arrives after the service was told to stop is still answered and logged."""
    log = tmp_path / "access.log"
    body = b'{"username": "late_guest"}'
    head = (
        b"POST /friend-service/v1/users HTTP/1.1\r\nHost: friends\r\nExpect: 100-continue\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    options = ["--access-log", str(log), "--workers", workers]
    with served_in_process(database_url, tmp_path, *options) as service:
        address = ("127.0.0.1", int(service.url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=PATIENCE) as late:
            late.sendall(head)
            assert late.recv(1000).startswith(b"HTTP/1.1 100 ")  # so the request is being served
            service.process.send_signal(signal.SIGTERM)
            if workers == "1":  # else the process that is above the workers listens until they have ended
                _wait_until_refused(address)
            late.sendall(body)
            assert late.recv(1000).startswith(b"HTTP/1.1 201 ")
        assert service.ended() == (0, "")
    assert " 201 " in log.read_text()


def _wait_until_refused(address: tuple[str, int]) -> None:
    while True:
        try:
            socket.create_connection(address, timeout=PATIENCE).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:  # accepted just before the socket was closed
            continue


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    """A port that is taken is two lines on stderr and exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = ["--port", port, "--database", f"sqlite:///{tmp_path / 'friends.db'}"]
        ended = subprocess.run(
            [*COMMAND, "serve", *options], capture_output=True, text=True, timeout=PATIENCE
        )
    assert (ended.returncode, ended.stdout) == (2, "")
    what, hint = ended.stderr.splitlines()
    assert what == f"Cannot listen on 127.0.0.1:{port}: Address already in use."
    assert "--port" in hint


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ([], "The following arguments are required: serve|seed|audit|openapi."),
        (["serve", "--port", "65536"], "Argument --port: '65536' is not a port from 0 to 65535."),
        (["serve", "--search", "magic"], "Argument --search: invalid choice: 'magic'"),
        (["serve", "--workers", "0"], "Argument --workers: '0' is not a number from 1 to 64."),
        (["serve", "--rate-limit", "often", "--database", "sqlite://"], "'often' is not a rate."),
        (["serve", "--database", "friends.db"], "'friends.db' is not a database URL."),
        (["serve", "--database", "mysql://db/friends"], "Databases of the kind 'mysql' are not supported."),
        (
            ["serve", "--database", "postgresql://me:secret@127.0.0.1:1/friends"],
            "Cannot use the database postgresql+psycopg://***@127.0.0.1:1/friends: connection failed",
        ),
        (
            ["serve", "--database", "sqlite:////nowhere/at/all.db"],
            "Cannot use the database sqlite:////nowhere",
        ),
        (
            ["serve", "--access-log", "/nowhere/at/all.log", "--database", "sqlite://"],
            "Cannot write the log /nowhere/at/all.log: No such file or directory.",
        ),
        (["seed", "--users", "none"], "Argument --users: 'none' is not a number from 1 to "),
        (
            ["seed", "--users", "5", "--database", "sqlite:///{bad}"],
            "Cannot use the database sqlite:///{bad}",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_two_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], what: str
) -> None:
    """What cannot be used is said on stderr, with what to do, and the exit code is 2."""
    bad = tmp_path / "bad.db"
    bad.write_text("this is no database")
    assert main([argument.replace("{bad}", str(bad)) for argument in arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(what.replace("{bad}", str(bad)))
    assert len(said.err.splitlines()) == 2


def test_a_database_is_seeded(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Seeding is done once; a second time it is refused. What was seeded is as it must be."""
    arguments = ["seed", "--users", "50", "--database", database_url]
    assert [main(arguments), main(arguments)] == [0, 2]
    assert capsys.readouterr().err.startswith("The database already has users.\n")
    assert main(["audit", "--database", database_url]) == 0
    assert capsys.readouterr().out == "Nothing is there that must never be.\n"


def test_an_audit_finds_what_must_never_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What must never be, and got past the database, is said, and the exit code is 1."""
    url = f"sqlite:///{tmp_path / 'friends.db'}"
    assert main(["seed", "--users", "3", "--database", url]) == 0
    with sqlite3.connect(tmp_path / "friends.db") as db:  # where foreign keys are off
        db.execute("INSERT INTO friendships VALUES (3, 9, '2026-01-01 00:00:00')")
    db.close()
    assert main(["audit", "--database", url]) == 1
    assert "9" in capsys.readouterr().out


def test_the_database_may_be_named_in_the_environment(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --database it is the one of DATABASE_URL."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert main(["seed", "--users", "5"]) == 0
    assert main(["seed", "--users", "5", "--database", database_url]) == 2


def test_postgres_needs_no_server(folder_for_postgres: Path) -> None:
    """`--database postgres` starts a PostgreSQL, keeps its data, and stops it with the service."""
    postmaster = folder_for_postgres / OWN_SERVER_FOLDER / "postmaster.pid"
    for status in (201, 409):
        with served_in_process("postgres", folder_for_postgres) as service:
            answer = httpx.post(f"{service.url}{USERS}", json={"username": "first"})
            assert psutil.pid_exists(int(postmaster.read_text().split()[0]))
            service.process.terminate()
            assert service.ended() == (0, "")
        assert answer.status_code == status
        assert not postmaster.exists()  # PostgreSQL removes it when it has stopped


def test_a_worker_that_dies_is_replaced(database_url: str, tmp_path: Path) -> None:
    """Where one of two workers is killed, the service goes on, and has two again."""
    with served_in_process(database_url, tmp_path, "--workers", "2") as service:
        first = workers_of(service.process.pid)
        assert len(first) == 2
        psutil.Process(min(first)).kill()
        until = time.monotonic() + PATIENCE
        while len(now := workers_of(service.process.pid)) < 2 or min(first) in now:
            assert time.monotonic() < until
        assert {httpx.get(f"{service.url}/readyz").status_code for _ in range(20)} == {200}
        service.process.terminate()
        assert service.ended() == (0, "")


def workers_of(process: int) -> set[int]:
    """The processes that serve for the one above them."""
    return {child.pid for child in psutil.Process(process).children() if serves(child)}


def serves(child: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except psutil.NoSuchProcess:  # it has just ended, or nobody has asked yet how
        return False


def test_the_openapi_document_says_what_each_endpoint_takes_and_answers() -> None:
    """Every operation has its name, its errors as a Problem, and the caller's header where one can call."""
    document = json.loads(openapi())
    operations = {o["operationId"]: o for path in document["paths"].values() for o in path.values()}
    assert {name: sorted(o["responses"]) for name, o in operations.items()} == {
        "check_health": ["200"],
        "check_readiness": ["200", "503", "default"],
        "create_user": ["201", "409", "422", "503", "default"],
        "search_users": ["200", "422", "503", "default"],
        "view_user": ["200", "404", "422", "503", "default"],
        "list_friends": ["200", "404", "422", "503", "default"],
        "list_friend_requests": ["200", "403", "404", "422", "503", "default"],
        "add_friend": ["201", "403", "404", "409", "422", "503", "default"],
        "answer_friend_request": ["200", "403", "404", "409", "422", "503", "default"],
        "remove_friend": ["204", "403", "404", "422", "503", "default"],
    }
    problem = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers = [a for o in operations.values() for status, a in o["responses"].items() if status >= "400"]
    assert all(answer["content"] == problem for answer in answers)
    anonymous = {
        n for n, o in operations.items() if "X-User-Id" not in {p["name"] for p in o.get("parameters", [])}
    }
    assert anonymous == {"check_health", "check_readiness", "create_user"}


def test_bodies_in_the_openapi_document_have_examples() -> None:
    """Every request body has an example."""
    schemas = json.loads(openapi())["components"]["schemas"]
    assert [schemas[name]["examples"] for name in ("NewUser", "NewFriend", "Answer")] == [
        [{"username": "mira_holm27"}],
        [{"userId": 812, "friendId": 94}],
        [{"status": "accepted"}],
    ]
