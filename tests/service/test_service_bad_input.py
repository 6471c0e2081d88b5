"""Whatever is sent, the service refuses it in one sentence, shows nothing of its inside, and goes on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import Engine, select

from service.app import create_app
from service.guard import LARGEST
from service.rate_limit import per_caller
from service.tables import metadata

if TYPE_CHECKING:
    from running_service import Running
    from starlette.types import Scope

pytest_plugins = ("running_service",)
PREFIX = "/friend-service/v1"
USERS, FRIENDS, REQUEST = f"{PREFIX}/users", f"{PREFIX}/friends", f"{PREFIX}/friend-requests/1"
JSON, CALLER = {"Content-Type": "application/json"}, {"X-User-Id": "1"}
LONGEST_SENTENCE = 500
SAFE = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
ODD_NAMES = (
    "mira😀holm", "\N{MAN}\u200d\N{GIRL}", "מירה_חולם", "mira\u202emloh", "mi\u0301\u0302\u0303ra",
    "\uff4d\uff49\uff52\uff41", "mira\ue000", "mira\uffff", "mira\U0010ffff", "mira\n", "mira\x1b[2J",
    "\ufeffmira", "\u0130\u0131\u017f\u212a",
)  # fmt: skip


@contextmanager
def unharmed(running: Running) -> Iterator[None]:
    """There are some users; after the block the database is as before, and the service works."""
    one, other, third = running.people("one", "other", "third")
    running.ask(other, one)
    running.befriend(one, third)
    before = rows(running.engine)
    yield
    assert rows(running.engine) == before
    assert running.answer(one, 1, "accepted").status_code == 200
    assert [friend["friendId"] for friend in running.items(f"/users/{one}/friends")] == [other, third]


def rows(engine: Engine) -> dict[str, list[Any]]:
    """All that the database holds."""
    with engine.connect() as db:
        return {table.name: sorted(db.execute(select(table)).all()) for table in metadata.sorted_tables}


def refused(answer: httpx.Response) -> int:
    """The status of an answer that says no in one sentence, and nothing else."""
    assert answer.headers["content-type"] == "application/json"
    assert SAFE.items() <= answer.headers.items()
    assert "server" not in answer.headers
    said: dict[str, str] = answer.json()
    assert list(said) == ["detail"]
    assert 0 < len(said["detail"]) < LONGEST_SENTENCE
    assert "\n" not in said["detail"]
    assert "Traceback" not in answer.text
    return answer.status_code


def statuses(running: Running, method: str, url: str, bodies: Iterable[bytes]) -> dict[bytes, int]:
    """How each body was refused that user 1 sent as JSON."""
    return {
        body: refused(running.request(method, url, content=body, headers=JSON | CALLER)) for body in bodies
    }


def all_refused(running: Running, status: int, url: str, *bodies: bytes, method: str = "POST") -> None:
    """Each body that user 1 sends as JSON is refused with that status."""
    assert statuses(running, method, url, bodies) == dict.fromkeys(bodies, status)


def test_what_is_no_id_is_refused(running: Running) -> None:
    """An id in a body is a whole number from 1 to 2**53 - 1, and is written as one."""
    numbers = (
        "0", "-1", str(2**53), str(2**63), str(-(2**63)), "1" + "0" * 400, "1e400", "-1e400", "NaN",
        "-Infinity", "1.5", '"1"', "true", "null", "[1]", '{"id": 1}', '""',
    )  # fmt: skip
    with unharmed(running):
        all_refused(running, 422, FRIENDS, *(f'{{"userId": {n}, "friendId": 2}}'.encode() for n in numbers))
        all_refused(running, 422, FRIENDS, *(f'{{"userId": 1, "friendId": {n}}}'.encode() for n in numbers))
        # Python refuses to read a number of more than 4300 digits: https://docs.python.org/3/library/stdtypes.html
        all_refused(running, 400, FRIENDS, b'{"userId": 1, "friendId": ' + b"9" * 5000 + b"}")


def test_what_is_no_id_outside_of_bodies_is_refused(running: Running) -> None:
    """An id in a target and that of the caller are numbers from 1 to 2**53 - 1."""
    junk = (
        "-1",
        "x",
        "1e3",
        "0x10",
        "1,2",
        "null",
        "\u0661",
        "9" * 5000,
        str(2**53),
        "1;drop table users",
        "😀",
    )
    with unharmed(running):
        for text in ("0", "%00", "%ff%fe", "x" * 30_000, *junk):
            assert refused(running.request("GET", f"{USERS}/{text}")) == 422
            assert refused(running.request("DELETE", f"{FRIENDS}/1/{text}", headers=CALLER)) == 422
        for text in ("0", "x" * 30_000, *junk):
            as_whom = {b"X-User-Id": text.encode()}
            assert refused(running.request("GET", f"{USERS}/1", headers=as_whom)) == 422
        for text in junk:
            for name in ("after", "limit"):
                assert refused(running.request("GET", f"{USERS}/1/friends", params={name: text})) == 422


def test_bodies_of_another_shape_are_refused(running: Running) -> None:
    """A body has the fields of the endpoint, each of its type, and no others."""
    with unharmed(running):
        all_refused(
            running, 422, USERS, b"{}", b"[]", b"7", b"null", b"true", b'""', b'"mira"', b'{"username": 7}',
            b'{"username": null}', b'{"username": ["mira"]}', b'{"username": {"a": "mira"}}',
            b'{"username": "mira", "admin": true}', b'{"username": "mira", "": 1}', b'{"Username": "mira"}',
            b'{"username": "mira", "__proto__": {}}', b'{"username": "mira", "\\ud800": 1}',
        )  # fmt: skip
        all_refused(
            running, 422, FRIENDS, b"{}", b"[1, 2]", b'{"userId": 1}',
            b'{"userId": 1, "friendId": 2, "status": "accepted"}',
        )  # fmt: skip
        all_refused(
            running, 422, REQUEST, b"{}", b'"accepted"', b'{"status": "pending"}', b'{"status": "Accepted"}',
            b'{"status": 1}', b'{"status": ["accepted"]}', b'{"status": "accepted", "requestId": 1}',
            method="PUT",
        )  # fmt: skip


def test_what_is_no_json_is_refused(running: Running) -> None:
    """A body that is cut off, goes on, is nested without end, or is no text is refused."""
    deep = LARGEST // 2
    with unharmed(running):
        all_refused(
            running, 422, USERS, b"", b'{"username": "mir', b"username=mira", b'{"username": "mira",}',
            b'{"username": "mira"} {"username": "mira"}', b'{"username": "mira"} // hello',
            b'{"username": "mi\nra"}', b'{"username": "mira"}\0', b"{'username': 'mira'}", b"\0" * 1000,
        )  # fmt: skip
        all_refused(
            running, 400, USERS, b"[" * LARGEST, b"[" * deep + b"]" * deep, b'{"a":' * (LARGEST // 5),
            b'{"username": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", b'{"username": "mira\xff\xfe"}',
            b'{"username": "mira\xc0\xaf"}', bytes(range(1, 256)),
        )  # fmt: skip


def test_names_in_other_letters_are_refused(running: Running) -> None:
    """A name of other letters, of no letters or of half a letter is refused, escaped or not."""
    halves = ("mira\0", "mira\ud800", "\udc00mira")
    with unharmed(running):
        for ascii_only in (True, False):
            bodies = (json.dumps({"username": n}, ensure_ascii=ascii_only) for n in ODD_NAMES + halves)
            all_refused(running, 422, USERS, *(body.encode(errors="surrogatepass") for body in bodies))


def test_whatever_is_searched_for_is_a_text(running: Running) -> None:
    """A search for letters that no name has finds nobody; for what no database can hold it is refused."""
    hostile = ("' OR 1=1 --", "%", "\\", "%%\\%", "*", '"', 'one" OR "', "NEAR(one)", "$1", ":pattern", "{0}")
    with unharmed(running):
        for text in ODD_NAMES + hostile:
            for after in ("", text):
                answer = running.request("GET", USERS, params={"username": text, "after": after})
                assert (answer.status_code, answer.json()) == (200, [])
        for query in ("username=%ff%fe", "username=%ed%a0%80", "username=one&after=%f4%8f%bf%bf"):
            assert running.request("GET", f"{USERS}?{query}").json() == []
        for query in (
            "username=%00",
            "username=o&after=%00",
            "username=",
            "username=" + "x" * 60_000,
            "u=one",
        ):
            assert refused(running.request("GET", f"{USERS}?{query}")) == 422


def test_a_long_query_is_answered(running: Running) -> None:
    """What a query has beside its parameters does not matter, however much it is."""
    with unharmed(running):
        more = "&".join(f"x{number}={number}" for number in range(5000))
        answer = running.request("GET", f"{USERS}?username=thi&{more}")
        assert [user["username"] for user in answer.json()] == ["third"]


def test_a_name_of_a_megabyte_is_refused(running: Running) -> None:
    """More than 64 KiB are refused, whether or not their number is said beforehand; so is a long name."""
    large = b'{"username": "' + b"a" * 1_000_000 + b'"}'

    async def piecewise() -> AsyncIterator[bytes]:
        for start in range(0, len(large), 10_000):
            yield large[start : start + 10_000]

    with unharmed(running):
        assert refused(running.request("POST", USERS, content=large, headers=JSON)) == 413
        assert refused(running.request("POST", USERS, content=piecewise(), headers=JSON)) == 413
        endless = JSON | {"Content-Length": "9" * 5000}
        assert refused(running.request("POST", USERS, content=b"{}", headers=endless)) == 413
        keys = json.dumps({f"key{number}": number for number in range(3000)}).encode()
        all_refused(running, 422, USERS, large[:60_000] + b'"}', b'{"' + b"k" * 60_000 + b'": 1}', keys)


def test_a_body_is_json_and_says_so(running: Running) -> None:
    """A body of another type, or of none, is refused."""
    kinds = (
        "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data", "json", "*/*",
        "", "application/jsonp", "application/vnd.api+json", "text/html, application/json",
    )  # fmt: skip
    with unharmed(running):
        for method in ("POST", "GET"):
            for headers in ({}, *({"Content-Type": kind} for kind in kinds)):
                answer = running.request(method, USERS, content=b'{"username": "mira"}', headers=headers)
                assert refused(answer) == 415


def test_odd_json_is_json(running: Running) -> None:
    """Byte order mark, blanks and escapes do not matter, and of a field that comes twice the last counts."""
    odd = JSON | {"Content-Type": "Application/JSON; charset=utf-8"}
    for number, body in enumerate(
        (
            b'{"username": "mira", "username": "mira0"}',
            b'\xef\xbb\xbf{"username": "mira1"}',
            b' \r\n\t{"username":\n"mira2"} \n',
            b'{"\\u0075sername": "mira\\u0033"}',
        )
    ):
        answer = running.request("POST", USERS, content=body, headers=odd)
        assert (answer.status_code, answer.json()["username"]) == (201, f"mira{number}")


def test_other_methods_are_told_which_there_are(running: Running) -> None:
    """A method that a target does not have is 405, with those that it has."""
    has = {
        "/healthz": {"GET"}, USERS: {"GET", "POST"}, f"{USERS}/1": {"GET"}, FRIENDS: {"POST"},
        f"{FRIENDS}/1/2": {"DELETE"}, REQUEST: {"PUT"},
    }  # fmt: skip
    with unharmed(running):
        for url, methods in has.items():
            for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"} - methods:
                answer = running.request(method, url)
                assert refused(answer) == 405
                assert set(answer.headers["allow"].split(", ")) == methods


def test_unknown_targets_are_not_found(running: Running) -> None:
    """A target that the service does not have is 404, however near it is to one that there is."""
    targets = (
        "/", "/nowhere", "/docs", "/redoc", "/%ff", "/%00", f"{USERS}/", f"{USERS}/1/", f"{PREFIX}//users",
        f"{USERS}/1/friends/", "/friend-service/v2/users", f"{PREFIX}/USERS", "/" + "x" * 30_000, "/.env",
        f"{USERS}/%2e%2e/1", "/%2e%2e/%2e%2e/etc/passwd",
    )  # fmt: skip
    with unharmed(running):
        assert [refused(running.request("GET", target)) for target in targets] == [404] * len(targets)


def test_a_broken_service_shows_nothing_of_its_inside(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What breaks is answered with 500 and no word of why, which is in the log of the service."""

    def broken(*_: object) -> None:
        raise RuntimeError("the secret is 1234")

    with unharmed(running), monkeypatch.context() as patched:
        patched.setattr(running.app.state.friends, "user", broken)
        answer = running.request("GET", f"{USERS}/1")
        assert refused(answer) == 500
        assert answer.json() == {"detail": "something went wrong here"}
        assert "the secret is 1234" in caplog.text


def test_a_caller_who_asks_too_often_has_to_wait(running: Running) -> None:
    """Each caller may make as many requests as the limit says, and is then told how long to wait."""
    running.app = create_app(running.engine, rate_limit=per_caller("3/hour"), now=running.clock.now)
    answers = [running.request("GET", "/healthz", headers=CALLER) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    for answer in answers[3:]:
        assert refused(answer) == 429
        assert 0 < int(answer.headers["retry-after"]) <= 3600
    assert running.request("GET", "/healthz", headers={"X-User-Id": "2"}).status_code == 200
    assert [running.request("GET", "/healthz").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_a_limit_of_ones_own_is_asked(running: Running) -> None:
    """A hook sees each request, and the seconds that it says are rounded up; one that breaks is 500."""
    waits = {"/healthz": 0.0, "/readyz": 1.2}

    def limit(scope: Scope) -> float:
        return waits[scope["path"]]

    running.app = create_app(running.engine, rate_limit=limit, now=running.clock.now)
    assert running.request("GET", "/healthz").status_code == 200
    answer = running.request("GET", "/readyz")
    assert (refused(answer), answer.headers["retry-after"]) == (429, "2")
    assert refused(running.request("GET", "/nowhere")) == 500
