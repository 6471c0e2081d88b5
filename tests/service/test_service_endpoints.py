"""What each endpoint answers."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, Select, text

from service.errors import Clash
from service.friends import Friends
from service.schemas import NewFriend
from service.search import search_by

if TYPE_CHECKING:
    from running_service import Running

pytest_plugins = ("running_service",)
PREFIX = "/friend-service/v1"
JSON = {"Content-Type": "application/json"}
NOBODY = 999_999
TOO_LARGE = 2**63


def test_a_new_user_can_be_viewed(running: Running) -> None:
    """What creating a user answers is what viewing the user answers, stamped by the clock."""
    status, created = running.send("POST", "/users", {"username": "mira_holm27"})
    assert status == 201
    assert json.loads(created) == {
        "userId": 1,
        "username": "mira_holm27",
        "createdAt": "2026-03-23T10:11:12Z",
    }
    assert running.send("GET", "/users/1") == (200, created)


@pytest.mark.parametrize(
    "name", ["ab", "a" * 65, "has space", "percent%", "line\n", "é" * 5, "\ud800" * 4, 7, None]
)
def test_a_bad_username_is_refused(running: Running, name: object) -> None:
    """A username is 3 to 64 letters, digits, '_', '.' and '-'."""
    body = json.dumps({"username": name})
    answer = running.request("POST", f"{PREFIX}/users", content=body, headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("body.username: ")


def test_usernames_are_unique(running: Running) -> None:
    """A username that is taken cannot be taken again."""
    running.people("mira")
    assert running.send("POST", "/users", {"username": "mira"}) == (
        409,
        '{"detail":"the username mira is taken"}',
    )


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("holm", ["ann_holm"]),
        ("olm", ["Holm.b", "ann_holm"]),
        ("_", ["ann_holm", "c_d"]),
        ("%", []),
        ("\\", []),
        ("c_d", ["c_d"]),
        ("zoe", []),
    ],
)
def test_search_finds_the_text_as_it_is(running: Running, part: str, found: list[str]) -> None:
    """A search finds every name that contains the text as it is written, and knows no wildcards."""
    running.people("ann_holm", "Holm.b", "c_d", "cxd")
    answer = running.request("GET", f"{PREFIX}/users", params={"username": part})
    assert [user["username"] for user in answer.json()] == found


def test_search_answers_the_first_50_by_name(running: Running) -> None:
    """A search answers 50 users at most, and those that come first by name."""
    running.people(*(f"user{number:02}" for number in reversed(range(60))))
    assert [user["username"] for user in running.items("/users?username=user")] == [
        f"user{number:02}" for number in range(50)
    ]


@pytest.mark.parametrize("query", ["", "?username=", "?username=" + "a" * 65])
def test_a_search_needs_a_text(running: Running, query: str) -> None:
    """A search without text, or with too much, is refused."""
    assert running.status("GET", f"/users{query}") == 422


def test_search_reads_every_user(running: Running) -> None:
    """The search uses no index, so it slows down as users come: the experiment is about that."""
    statement, values = search_by("scan", running.engine)("holm")
    plan = plan_of(running.engine, statement, values | {"after": "", "rows": 50})
    assert plan.startswith("SCAN users") or "Seq Scan on users" in plan


def plan_of(engine: Engine, statement: Select[Any], values: dict[str, object]) -> str:
    """How the database goes about the statement."""
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.connect() as db:
        compiled = statement.params(values).compile(engine, compile_kwargs={"literal_binds": True})
        return "\n".join(str(row[-1]) for row in db.exec_driver_sql(f"{explain}{compiled}"))


def test_a_request_waits_for_its_answer(running: Running) -> None:
    """A friend request is listed for the one who was asked, and only there, until it is answered."""
    asking, asked = running.people("asking", "asked")
    answer = running.ask(asking, asked)
    assert (answer.status_code, answer.text) == (
        201,
        '{"requestId":1,"userId":1,"friendId":2,"status":"pending"}',
    )
    waiting = {"requestId": 1, "fromUserId": 1, "username": "asking", "createdAt": "2026-03-23T10:11:12Z"}
    assert running.items(f"/users/{asked}/friend-requests", asked) == [waiting]
    assert running.items(f"/users/{asking}/friend-requests", asking) == []
    answer = running.answer(asked, 1, "declined")
    assert (answer.status_code, answer.text) == (
        200,
        '{"requestId":1,"userId":1,"friendId":2,"status":"declined"}',
    )
    assert running.items(f"/users/{asked}/friend-requests", asked) == []


def test_friendship_is_symmetric(running: Running) -> None:
    """An accepted request makes both friends of each other, and ending it ends it for both."""
    one, other, third = running.people("one", "other", "third")
    running.befriend(other, one)
    running.clock.move(60)
    running.befriend(other, third)
    at_once, later = "2026-03-23T10:11:12Z", "2026-03-23T10:12:12Z"
    assert running.items(f"/users/{one}/friends") == [{"friendId": 2, "username": "other", "since": at_once}]
    assert running.items(f"/users/{other}/friends") == [
        {"friendId": 1, "username": "one", "since": at_once},
        {"friendId": 3, "username": "third", "since": later},
    ]
    assert running.send("DELETE", f"/friends/{one}/{other}", caller=one) == (204, "")
    assert running.items(f"/users/{one}/friends") == []
    assert [friend["friendId"] for friend in running.items(f"/users/{other}/friends")] == [third]


@pytest.mark.parametrize("turned", [False, True])
def test_one_request_at_a_time(running: Running, turned: bool) -> None:
    """Who asked, was asked or is a friend cannot ask again; who was declined or left can."""
    one, other = running.people("one", "other")
    again = (other, one) if turned else (one, other)
    for answer, then in (("declined", 201), ("accepted", 409)):
        request = running.ask(one, other).json()["requestId"]
        assert running.ask(*again).status_code == 409
        assert running.answer(other, request, answer).status_code == 200
        assert running.answer(other, request, answer).status_code == 409
        asked = running.ask(*again)
        assert asked.status_code == then
        if then == 201:
            assert running.answer(again[1], asked.json()["requestId"], "declined").status_code == 200
    assert running.status("DELETE", f"/friends/{other}/{one}", caller=other) == 204
    assert running.ask(*again).status_code == 201


@pytest.mark.parametrize("caller", [None, 2, 3, NOBODY])
def test_callers_act_for_themselves(running: Running, caller: int | None) -> None:
    """Nobody asks, answers, parts or reads requests for somebody else, and nothing has changed then."""
    one, other, _ = running.people("one", "other", "third")
    request = running.ask(other, one).json()["requestId"]
    running.befriend(one, 3)
    for method, target, body in (
        ("POST", "/friends", {"userId": one, "friendId": NOBODY}),
        ("PUT", f"/friend-requests/{request}", {"status": "accepted"}),
        ("DELETE", f"/friends/{one}/3", None),
        ("GET", f"/users/{one}/friend-requests", None),
    ):
        status, text = running.send(method, target, body, caller)
        assert status == 403
        assert json.loads(text)["detail"].startswith(f"only the user {one} may do that, not ")
    assert [friend["friendId"] for friend in running.items(f"/users/{one}/friends")] == [3]
    assert [item["requestId"] for item in running.items(f"/users/{one}/friend-requests", one)] == [request]


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", f"/users/{NOBODY}", None),
        ("GET", f"/users/{NOBODY}/friends", None),
        ("POST", "/friends", {"userId": 1, "friendId": NOBODY}),
        ("PUT", f"/friend-requests/{NOBODY}", {"status": "accepted"}),
        ("DELETE", "/friends/1/2", None),
        ("DELETE", "/friends/1/1", None),
        ("GET", "/nowhere", None),
    ],
)
def test_what_is_not_there_is_not_found(running: Running, method: str, target: str, body: object) -> None:
    """An id of nobody and nothing is 404, with a sentence."""
    running.people("one", "other")
    status, text = running.send(method, target, body, 1)
    assert status == 404
    assert list(json.loads(text)) == ["detail"]


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/users/me", None),
        ("GET", f"/users/{TOO_LARGE}", None),
        ("GET", "/users/0/friends", None),
        ("GET", "/users/x/friend-requests", None),
        ("POST", "/friends", {"userId": 1}),
        ("POST", "/friends", {"userId": 1, "friendId": 1}),
        ("POST", "/friends", {"userId": 1, "friendId": TOO_LARGE}),
        ("POST", "/friends", None),
        ("PUT", "/friend-requests/1", {"status": "maybe"}),
        ("PUT", "/friend-requests/x", {"status": "accepted"}),
        ("DELETE", "/friends/1/x", None),
    ],
)
def test_what_makes_no_sense_is_refused(running: Running, method: str, target: str, body: object) -> None:
    """What an endpoint does not take is 422, with one sentence."""
    running.people("one")
    status, text = running.send(method, target, body)
    assert status == 422
    assert isinstance(json.loads(text)["detail"], str)


def test_the_caller_is_a_number_or_nobody(running: Running) -> None:
    """The header X-User-Id may be left out, and is a number where it is given."""
    running.people("one")
    answers = [
        running.request("GET", f"{PREFIX}/users/1", headers={"X-User-Id": user}).status_code
        for user in ("1", str(NOBODY), "me", "0", str(TOO_LARGE))
    ]
    assert answers == [200, 200, 422, 422, 422]


def test_a_caller_whom_nobody_knows_is_not_found(running: Running) -> None:
    """A caller with the id of nobody cannot ask, and has no requests."""
    running.people("one")
    assert running.ask(NOBODY, 1).status_code == 404
    assert running.status("GET", f"/users/{NOBODY}/friend-requests", caller=NOBODY) == 404


def test_the_health_checks_answer(running: Running) -> None:
    """The health checks are 200 and logged like any request."""
    assert running.request("GET", "/readyz").json() == {"status": "ready"}
    assert running.request("GET", "/healthz").json() == {"status": "ok"}
    assert '"GET /healthz HTTP/1.1" 200 15 ' in running.log.getvalue()


def test_of_many_who_ask_at_once_one_is_heard(running: Running) -> None:
    """Requests between the same two users at the same time leave one pending request."""
    one, other = running.people("one", "other")
    friends = Friends(running.engine, running.clock.now)

    def ask(number: int) -> bool:
        pair = (one, other) if number % 2 else (other, one)
        try:
            friends.ask(NewFriend(user_id=pair[0], friend_id=pair[1]))
        except Clash:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(40))) == 1
    with running.engine.connect() as db:
        assert db.scalar(text("SELECT count(*) FROM friend_requests")) == 1


def test_times_are_utc_whatever_the_clock_says(running: Running) -> None:
    """A clock in another zone stamps the same moment."""
    running.clock.at = running.clock.at.astimezone(timezone(timedelta(hours=5)))
    running.people("one")
    assert running.items("/users?username=one")[0]["createdAt"] == "2026-03-23T10:11:12Z"
    assert "[23/Mar/2026:10:11:12 +0000]" in running.log.getvalue()
