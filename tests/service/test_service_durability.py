"""What was answered is there afterwards, whatever is killed, and what is gone is said to be gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psutil
from service_process import served_in_process
from sqlalchemy import Engine, select

from service.audit import audit
from service.database import open_database
from service.embedded import embedded_postgres
from service.tables import friend_requests, friendships, users

pytest_plugins = ("running_service",)
PREFIX = "/friend-service/v1"
PATIENCE = 30
"""Seconds after which what should come is taken never to come."""
WRITERS, ANSWERED = 8, 200
"""Who write at once, and after how many answers to them something is killed."""


@dataclass
class Promised:
    """What a writer was answered, and so what may be found later; where no answer came, either of two."""

    users: dict[int, str] = field(default_factory=dict)
    requests: dict[int, set[str]] = field(default_factory=dict)
    friends: dict[tuple[int, int], set[bool]] = field(default_factory=dict)


class Writer:
    """Somebody who makes pairs of users, and has them ask, answer and part, until that no longer works."""

    def __init__(self, url: str, number: int, answered: Callable[[], None]) -> None:
        self._client = httpx.Client(base_url=url + PREFIX, timeout=PATIENCE)
        self._number, self._answered, self.promised = number, answered, Promised()

    def run(self) -> Promised:
        with self._client:
            for turn in count():
                try:
                    self._meet(turn)
                except httpx.TransportError:
                    return self.promised
                except httpx.HTTPStatusError as error:
                    if error.response.status_code != 503:
                        raise
                    return self.promised
        raise AssertionError("a writer never stops by itself")

    def _meet(self, turn: int) -> None:
        promised = self.promised
        one, other = (self._join(f"{who}_{self._number}.{turn}") for who in ("one", "other"))
        asked = self._send("POST", "/friends", one, {"userId": one, "friendId": other})
        request, pair = asked["requestId"], (one, other)
        promised.requests[request] = {"pending", "accepted"}
        promised.friends[pair] = {False, True}
        self._send("PUT", f"/friend-requests/{request}", other, {"status": "accepted"})
        promised.requests[request] = {"accepted"}
        promised.friends[pair] = {True}
        if turn % 2:
            promised.friends[pair] = {False, True}
            self._send("DELETE", f"/friends/{other}/{one}", other)
            promised.friends[pair] = {False}

    def _join(self, name: str) -> int:
        user: int = self._send("POST", "/users", 1, {"username": name})["userId"]
        self.promised.users[user] = name
        return user

    def _send(self, method: str, target: str, caller: int, body: object = None) -> Any:
        answer = self._client.request(method, target, json=body, headers={"X-User-Id": str(caller)})
        answer.raise_for_status()
        self._answered()
        return answer.json() if answer.content else None


def broken(promises: list[Promised], engine: Engine) -> list[object]:
    """What was promised, and is not so."""
    with engine.connect() as db:
        names = {row.user_id: row.username for row in db.execute(select(users))}
        requests = {row.request_id: row.status for row in db.execute(select(friend_requests))}
        friends = {(row.low_id, row.high_id) for row in db.execute(select(friendships))}
    return [
        fact
        for promised in promises
        for fact in (
            *(user for user in promised.users.items() if names.get(user[0]) != user[1]),
            *(asked for asked in promised.requests.items() if requests.get(asked[0]) not in asked[1]),
            *(pair for pair in promised.friends.items() if (pair[0] in friends) not in pair[1]),
        )
    ]


def written_until(url: str, kill: Callable[[], object]) -> list[Promised]:
    """What was promised to those who wrote when something was killed, in the midst of it."""
    answers, enough = count(1), threading.Event()

    def answered() -> None:
        if next(answers) == ANSWERED:
            enough.set()

    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(Writer(url, number, answered).run) for number in range(WRITERS)]
        for writer in writing:
            writer.add_done_callback(lambda _: enough.set())  # with an error, if none was killed
        assert enough.wait(PATIENCE)
        kill()
        promises = [writer.result(PATIENCE) for writer in writing]
    assert sum(len(promised.users) for promised in promises) > ANSWERED / 4
    return promises


def wait_for(url: str, status: int) -> httpx.Response:
    """The first answer from there that has this status."""
    late = threading.Event()
    deadline = threading.Timer(PATIENCE, late.set)
    deadline.start()
    try:
        while (answer := httpx.get(url, timeout=PATIENCE)).status_code != status:
            assert not late.wait(0.02), f"{url} answers {answer.status_code}, not {status}"
    finally:
        deadline.cancel()
    return answer


def test_a_service_that_is_killed_has_kept_its_word(database_url: str, tmp_path: Path) -> None:
    """After kill -9 amid writes all that was answered is there, and a new service goes on with it."""
    with served_in_process(database_url, tmp_path) as served:
        promises = written_until(served.url, served.kill)
    engine = open_database(database_url)
    assert broken(promises, engine) == []
    assert audit(engine) == []
    engine.dispose()
    with served_in_process(database_url, tmp_path) as served:
        body = {"username": "after_all"}
        assert httpx.post(f"{served.url}{PREFIX}/users", json=body).status_code == 201


@contextmanager
def own_postgres() -> Iterator[tuple[str, Path]]:
    """A PostgreSQL server to kill, and where its data is."""
    # Not in pytest's folder: each pytest that starts takes it away from everyone but its own user.
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder).resolve() / "data"
        with embedded_postgres(data) as url:
            yield url, data


def kill_postgres(data: Path) -> None:
    """The server is gone, and all of its processes are: they go when their parent does."""
    parent = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
    processes = [parent, *parent.children(recursive=True)]
    os.kill(parent.pid, signal.SIGKILL)
    assert not psutil.wait_procs(processes, PATIENCE)[1]


def start_postgres(data: Path) -> None:
    from embedded_postgres.postgres_server import PostgresServer

    PostgresServer._instances[data].ensure_postgres_running()


def test_a_database_that_is_killed_is_missed_and_found_again(tmp_path: Path) -> None:
    """Without PostgreSQL the answer is 503; once it is back, so is the service, and all that was there."""
    with own_postgres() as (url, data), served_in_process(url, tmp_path) as served:
        promises = written_until(served.url, lambda: kill_postgres(data))
        gone = wait_for(f"{served.url}/readyz", 503)
        assert gone.headers["Retry-After"] == "1"
        assert gone.json() == {"detail": "the database does not answer; try again"}
        assert httpx.get(f"{served.url}/healthz").status_code == 200
        start_postgres(data)
        wait_for(f"{served.url}/readyz", 200)
        body = {"username": "after_all"}
        assert httpx.post(f"{served.url}{PREFIX}/users", json=body).status_code == 201
        engine = open_database(url)
        assert broken(promises, engine) == []
        assert audit(engine) == []
        engine.dispose()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process writes to the file for as long as the block runs."""
    program = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "db.execute('BEGIN EXCLUSIVE'); print(flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"\n"
        yield
        process.communicate()


def test_a_file_that_is_locked_is_missed_for_so_long(tmp_path: Path) -> None:
    """While another process writes for too long writers to SQLite are told to try again, readers not."""
    path = tmp_path / "friends.db"
    with (
        served_in_process(f"sqlite:///{path}?timeout=0.3", tmp_path) as served,
        httpx.Client(base_url=served.url, timeout=PATIENCE) as client,
    ):
        assert client.post(f"{PREFIX}/users", json={"username": "before"}).status_code == 201
        with locked(path):
            refused = client.post(f"{PREFIX}/users", json={"username": "meanwhile"})
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
            assert client.get(f"{PREFIX}/users/1").status_code == 200
            assert client.get("/healthz").status_code == 200
        assert client.post(f"{PREFIX}/users", json={"username": "meanwhile"}).json()["userId"] == 2
