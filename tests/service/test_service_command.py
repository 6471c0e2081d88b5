"""`python -m service`, started as a user starts it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from service.__main__ import main, openapi

PATIENCE = 15
"""Seconds after which a service that does nothing is taken for broken."""
COMMAND = [sys.executable, "-m", "service"]


@contextmanager
def served(tmp_path: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running service on any free port, and its URL."""
    database = f"sqlite:///{tmp_path / 'friends.db'}"
    command = [*COMMAND, "serve", "--port", "0", "--database", database, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        guard = threading.Timer(PATIENCE, process.kill)
        guard.start()
        try:
            assert process.stdout
            ready = process.stdout.readline()
            assert ready.startswith("friend-service on http://127.0.0.1:"), process.communicate()
            yield process, ready.split()[-1]
        finally:
            process.kill()
            guard.cancel()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_service_serves_until_it_is_stopped(tmp_path: Path, stop: signal.Signals) -> None:
    """A stopped service has logged every response, left no trace on stderr and exits with 0."""
    log = tmp_path / "access.log"
    with served(tmp_path, "--access-log", str(log)) as (process, url):
        with httpx.Client(base_url=url) as client:
            statuses = [client.get("/healthz").status_code for _ in range(20)]
        process.send_signal(stop)
        assert process.communicate(timeout=PATIENCE) == ("", "")
    assert statuses == [200] * 20
    assert process.returncode == 0
    assert [line.split('"')[1] for line in log.read_text().splitlines()] == ["GET /healthz HTTP/1.1"] * 20


def test_requests_in_flight_are_answered(tmp_path: Path) -> None:
    """A request whose body arrives after the service was told to stop is still answered and logged."""
    log = tmp_path / "access.log"
    body = b'{"username": "late_guest"}'
    head = (
        b"POST /friend-service/v1/users HTTP/1.1\r\nHost: friends\r\nExpect: 100-continue\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    with served(tmp_path, "--access-log", str(log)) as (process, url):
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=PATIENCE) as late:
            late.sendall(head)
            assert late.recv(1000).startswith(b"HTTP/1.1 100 ")  # so the request is being served
            process.send_signal(signal.SIGTERM)
            _wait_until_refused(address)
            late.sendall(body)
            assert late.recv(1000).startswith(b"HTTP/1.1 201 ")
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
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
        ([], "The following arguments are required: serve|seed|openapi."),
        (["serve", "--port", "65536"], "Argument --port: '65536' is not a port from 0 to 65535."),
        (["serve", "--search", "trigram"], "Argument --search: invalid choice: 'trigram'"),
        (["serve", "--database", "friends.db"], "'friends.db' is not a database URL."),
        (["serve", "--database", "postgresql://db/friends"], "Databases of the kind 'postgresql' are not"),
        (
            ["serve", "--database", "sqlite:////nowhere/at/all.db"],
            "Cannot use the database sqlite:////nowhere",
        ),
        (["serve", "--access-log", "/nowhere/at/all.log"], "Cannot write the access log /nowhere/at/all.log"),
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


def test_a_database_is_seeded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Seeding is done once; a second time it is refused."""
    arguments = ["seed", "--users", "50", "--database", f"sqlite:///{tmp_path / 'friends.db'}"]
    assert [main(arguments), main(arguments)] == [0, 2]
    assert capsys.readouterr().err.startswith("The database already has users.\n")


def test_the_openapi_document_says_what_each_endpoint_takes_and_answers() -> None:
    """Every operation has its name, its errors as a Problem, and the caller's header where one can call."""
    document = json.loads(openapi())
    operations = {o["operationId"]: o for path in document["paths"].values() for o in path.values()}
    assert {name: sorted(o["responses"]) for name, o in operations.items()} == {
        "check_health": ["200"],
        "create_user": ["201", "409", "422"],
        "search_users": ["200", "422"],
        "view_user": ["200", "404", "422"],
        "list_friends": ["200", "404", "422"],
        "list_friend_requests": ["200", "404", "422"],
        "add_friend": ["201", "404", "409", "422"],
        "answer_friend_request": ["200", "404", "409", "422"],
        "remove_friend": ["204", "404", "422"],
    }
    problem = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers = [a for o in operations.values() for status, a in o["responses"].items() if status >= "400"]
    assert all(answer["content"] == problem for answer in answers)
    anonymous = {
        n for n, o in operations.items() if "X-User-Id" not in {p["name"] for p in o.get("parameters", [])}
    }
    assert anonymous == {"check_health", "create_user"}


def test_bodies_in_the_openapi_document_have_examples() -> None:
    """Every request body has an example."""
    schemas = json.loads(openapi())["components"]["schemas"]
    assert [schemas[name]["examples"] for name in ("NewUser", "NewFriend", "Answer")] == [
        [{"username": "mira_holm27"}],
        [{"userId": 812, "friendId": 94}],
        [{"status": "accepted"}],
    ]
