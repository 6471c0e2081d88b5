"""Whatever happens on a connection, the service answers others, and lets go of who wastes its time."""

from __future__ import annotations

import json
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from service import guard, protocol
from service.server import Server, config_of
from service.worker import Settings

if TYPE_CHECKING:
    from running_service import Running

pytest_plugins = ("running_service",)
PATIENCE = 30
"""Seconds after which a service that does nothing is taken for broken."""
SHORT = 0.5
"""Seconds that are long enough for a client in a hurry."""
AGAIN = 0.05
SLOW_CLIENTS = 20
LOG = "access.log"
HEAD = b"GET /healthz HTTP/1.1\r\nHost: friends\r\n"
NEW_USER = (
    b"POST /friend-service/v1/users HTTP/1.1\r\nHost: friends\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b"
)
SEARCH = b"GET /friend-service/v1/users?username=user HTTP/1.1\r\nHost: friends\r\n\r\n"
LAST = b"GET /healthz HTTP/1.1\r\nHost: friends\r\nConnection: close\r\n\r\n"
GARBAGE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # how TLS begins
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"hello\r\n\r\n",
    b"\x00" * 100,
    b"GET /healthz HTTP/9.9\r\n\r\n",
    b"GET /a\x01b HTTP/1.1\r\n\r\n",
    b"CONNECT friends:80 HTTP/1.1\r\n\r\n",
    HEAD + b"X Y: z\r\n\r\n",
    HEAD + b"X: a\x00b\r\n\r\n",
    HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    HEAD + b"Content-Length: -3\r\n\r\n",
    HEAD + b"Content-Length: 99999999999999999999999999\r\n\r\n",
    HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc",
)
OVERSIZED = (
    b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET /healthz?" + b"x" * 1_000_000 + b" HTTP/1.1\r\n\r\n",
    HEAD + b"X: " + b"x" * 40_000 + b"\r\n\r\n",
    HEAD + b"X: " + b"x" * 40_000,
    HEAD + b"X: x\r\n" * 20_000 + b"\r\n",
)


@pytest.fixture
def address(database_url: str, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Where the service listens, as it does when it is started from the command line."""
    server = Server(config_of(Settings(database_url, access_log=tmp_path / LOG), 1), "ready")
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join()


def connect(address: tuple[str, int], said: bytes = b"") -> socket.socket:
    """A connection on which so much was said."""
    connection = socket.create_connection(address, timeout=PATIENCE)
    connection.sendall(said)
    return connection


def heard(connection: socket.socket) -> bytes:
    """All that the service says until it closes the connection, which it may do without reading all of it."""
    parts = []
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def answers(said: bytes) -> list[tuple[int, Any]]:
    """Status and body of each answer, all of which have the headers that every answer has."""
    found = []
    while said:
        head, _, said = said.partition(b"\r\n\r\n")
        assert b"\r\nx-content-type-options: nosniff" in head
        assert b"\r\nserver:" not in head.lower()
        length = re.search(rb"\r\ncontent-length: (\d+)", head)
        assert length
        found.append((int(head.split()[1]), json.loads(said[: int(length[1])])))
        said = said[int(length[1]) :]
    return found


def statuses(said: bytes) -> list[int]:
    return [status for status, _ in answers(said)]


def works(address: tuple[str, int]) -> bool:
    """The service answers somebody new."""
    with connect(address, LAST) as connection:
        return answers(heard(connection)) == [(200, {"status": "ok"})]


def trickle(connection: socket.socket, said: bytes) -> bytes:
    """What the service says to who says something, byte by byte, until it has had enough."""
    connection.settimeout(AGAIN)
    for number in range(int(PATIENCE / AGAIN)):
        try:
            part = connection.recv(65536)
            connection.settimeout(PATIENCE)
            return part + heard(connection)
        except TimeoutError:
            connection.send(said[number : number + 1])
    raise TimeoutError("it still listens")


def test_a_request_takes_from_its_first_byte(address: tuple[str, int], tmp_path: Path) -> None:
    """The time that a request's head took to arrive is in the log, not only what came after it."""
    with connect(address, LAST[:10]) as slow:
        assert works(address)  # by now the service has read what the slow one said
        began = monotonic()
        while monotonic() < began + SHORT:
            assert works(address)
        waited = monotonic() - began
        slow.sendall(LAST[10:-2] + b"X-User-Id: 7\r\n\r\n")
        assert statuses(heard(slow))[0] == 200
    while not (took := re.search(r' (\d+\.\d+) "7"$', (tmp_path / LOG).read_text(), re.MULTILINE)):
        assert monotonic() < began + PATIENCE
    assert float(took[1]) >= round(waited, 3)


def test_who_is_slow_is_let_go(
    running: Running, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A head or a body that comes byte by byte is 408 after some time, and a silent connection is closed."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", SHORT)
    monkeypatch.setattr(guard, "BODY_SECONDS", SHORT)
    with connect(address) as silent:
        assert heard(silent) == b""
    with connect(address) as head:
        assert answers(trickle(head, b"GET /" + b"x" * 1000)) == [(408, {"detail": "request timeout"})]
    with connect(address, NEW_USER % (1000, b'{"username": "')) as body:
        assert answers(trickle(body, b"x" * 1000)) == [(408, {"detail": "the body came too slowly"})]
    monkeypatch.undo()
    assert works(address)
    assert running.items("/users?username=x") == []


def test_who_is_slow_holds_up_nobody(running: Running, address: tuple[str, int]) -> None:
    """While many requests and many bodies are on their way, others are answered."""
    with ExitStack() as stack:
        slow = [stack.enter_context(connect(address, HEAD)) for _ in range(SLOW_CLIENTS)]
        body = NEW_USER % (30, b'{"username": "')
        slow += [stack.enter_context(connect(address, body)) for _ in range(SLOW_CLIENTS)]
        assert works(address)
        with connect(address, NEW_USER % (20, b'{"username": "mira"}') + LAST) as quick:
            assert statuses(heard(quick)) == [201, 200]
        for connection in slow:  # they were neither answered nor let go meanwhile
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)
        slow[0].setblocking(True)
        slow[0].sendall(b"Connection: close\r\n\r\n")
        assert statuses(heard(slow[0])) == [200]
    assert [user["username"] for user in running.items("/users?username=mi")] == ["mira"]


def test_who_leaves_holds_up_nobody(running: Running, address: tuple[str, int]) -> None:
    """Connections that end or break in the middle of a request or of its answer leave no trace."""
    running.people(*(f"user{number:02}" for number in range(50)))
    unfinished = (b"", b"GET /hea", HEAD, NEW_USER % (30, b'{"username": "mira'), SEARCH[:-2])
    for said in (*unfinished, SEARCH, SEARCH * 100):
        for broken in (False, True):
            with connect(address, said) as connection:
                if broken:  # it is reset, not closed
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    for _ in range(SLOW_CLIENTS):
        assert works(address)
    assert len(running.items("/users?username=user")) == 50
    assert running.items("/users?username=mira") == []


def test_what_is_no_request_is_refused(address: tuple[str, int]) -> None:
    """Garbage is 400, and the connection is closed."""
    for said in GARBAGE:
        with connect(address, said) as connection:
            assert answers(heard(connection)) == [(400, {"detail": "bad request"})], said
    assert works(address)


def test_a_head_that_is_too_large_is_refused(address: tuple[str, int]) -> None:
    """A head of more than 32 KiB is 431, finished or not, and the connection is closed."""
    for said in OVERSIZED:
        with connect(address) as connection:
            with suppress(BrokenPipeError, ConnectionResetError):  # it does not want to hear the rest
                connection.sendall(said)
            assert statuses(heard(connection)) == [431], said[:50]
    assert works(address)


def test_a_body_that_is_too_large_is_not_waited_for(running: Running, address: tuple[str, int]) -> None:
    """A body of more than 64 KiB is 413 as soon as that is known, and the connection is closed."""
    chunked = NEW_USER.replace(b"Content-Length: %d\r\n\r\n%b", b"Transfer-Encoding: chunked\r\n\r\n")
    hesitant = NEW_USER.replace(b"Host", b"Expect: 100-continue\r\nHost")
    for said in (NEW_USER % (10**9, b""), hesitant % (10**9, b""), chunked + b"11170\r\n" + b"a" * 70_000):
        with connect(address, said) as connection:
            assert statuses(heard(connection)) == [413]
    assert works(address)
    assert running.items("/users?username=a") == []


def test_requests_in_a_row_are_answered_in_a_row(running: Running, address: tuple[str, int]) -> None:
    """Requests that come before the answers to those before them are answered one after the other."""
    names = [f"user{number}" for number in range(5)]
    bodies = [json.dumps({"username": name}).encode() for name in names]
    said = b"".join(NEW_USER % (len(body), body) + SEARCH for body in bodies)
    with connect(address, said + LAST) as connection:
        found = [body for _, body in answers(heard(connection))]
    assert [created["username"] for created in found[:-1:2]] == names
    seen = [[user["username"] for user in users] for users in found[1:-1:2]]
    assert seen == [names[: number + 1] for number in range(5)]
    assert len(running.items("/users?username=user")) == 5
