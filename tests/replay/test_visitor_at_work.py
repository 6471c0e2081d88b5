"""What a generated visitor keeps to himself, carries on, and does where a service is not as recorded."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from itertools import count
from pathlib import Path

import pytest
from stub import Answer, Request, Stub, locust, rows, serving

from miner.scenario_writer import write_scenario
from miner.workload import Workload

ME = {"draw": "identity", "low": 1, "high": 10**9}
POPULAR = {"draw": "popular", "low": 1, "high": 10**9}
THINK = {"law": "exponential", "mean": 0.01}
LONGER = {"law": "exponential", "mean": 0.05}
ITEM = {
    "name": "desk",
    "arrivals": {"mean": 10.0},
    "endpoints": {
        "view": {"request": "GET /items/{id}", "headers": {"X-User": ME}, "params": {"id": POPULAR}},
        "price": {
            "request": "GET /prices/{id}",
            "headers": {"X-User": ME},
            "params": {
                "id": {"draw": "carried", "endpoint": "view", "param": "id", "share": 1, "otherwise": POPULAR}
            },
        },
        "rename": {
            "request": "PUT /names/{id}", "headers": {"X-User": ME}, "params": {"id": ME},
            "body": {"name": {"draw": "text", "alphabet": "abc", "lengths": [3, 9]}},
            "statuses": {200: 0.5, 409: 0.5},
        },
        "note": {
            "request": "POST /notes", "headers": {"X-User": ME},
            "body": {"text": {"draw": "text", "alphabet": "abcdefghijklm", "lengths": [9, 12]}},
            "statuses": {201: 0.7, 409: 0.3},
        },
    },
    "steps": {"look": {"requests": {"view": 1.0, "price": 1.0}}},
}  # fmt: skip

FRIENDS = {
    "name": "desk",
    "arrivals": {"mean": 10.0},
    "endpoints": {
        "join": {
            "request": "POST /users", "identifies": "userId", "caller": False,
            "body": {"name": {"draw": "text", "alphabet": "abcdefghijklm", "lengths": [9, 12]}},
            "statuses": {201: 0.8, 409: 0.2},
        },
        "befriend": {
            "request": "POST /friends", "headers": {"X-User": ME},
            "body": {"pair": {"draw": "structure", "fields": {"userId": ME, "friendId": POPULAR}}},
            "statuses": {201: 0.8, 409: 0.2},
        },
    },
    "paths": [
        {
            "name": "walk", "share": 1, "start": {"join": 1},
            "moves": {
                "join": {"befriend": {"p": 1, "think": THINK}},
                "befriend": {
                    "befriend": {"p": 0.5, "think": THINK}, "join": {"p": 0.2, "think": THINK},
                    "leave": {"p": 0.3},
                },
            },
        }
    ],
}  # fmt: skip
"""Newcomers who make friends; some of them join once more, and are somebody else from then on."""
TOLERANCE = 0.06
"""Of a share of 0.2 in 400 requests or more: three standard deviations."""


def site(steps: dict[str, dict[str, object]], start: str) -> Workload:
    """The workload of one path."""
    path = {"name": "walk", "share": 1, "start": {start: 1}, "moves": steps}
    return Workload.model_validate({**ITEM, "paths": [path]})


LOOKING = site({"look": {"look": {"p": 0.75, "think": THINK}, "leave": {"p": 0.25}}}, "look")
NOTING = site(
    {
        "look": {"look": {"p": 0.6, "think": LONGER}, "note": {"p": 0.4, "think": LONGER}},
        "note": {"look": {"p": 0.7, "think": LONGER}, "leave": {"p": 0.3}},
    },
    "look",
)
RENAMING = site({"rename": {"rename": {"p": 0.75, "think": THINK}, "leave": {"p": 0.25}}}, "rename")


def ids(stub: Stub, kind: str) -> dict[str, list[str]]:
    """The ids that each visitor asked `kind` for, in their order."""
    found = defaultdict(list)
    for request in stub.got:
        if request.target.startswith(kind):
            found[request.headers["X-User"]].append(request.target.split("/")[-1])
    return dict(found)


def test_a_value_is_carried_within_a_step(tmp_path: Path) -> None:
    """Where two requests are made at once, the second has the value of the first, not of the step before."""
    write_scenario(LOOKING, tmp_path / "desk.py")
    with serving(lambda *_: Answer()) as stub:
        assert locust(tmp_path, stub.url).returncode == 0
        assert ids(stub, "/items/") == ids(stub, "/prices/")
        assert max(map(len, ids(stub, "/items/").values())) > 3


@pytest.mark.parametrize("http", [False, True], ids=["FastHttpUser", "HttpUser"])
def test_cookies_are_of_one_session_and_redirects_are_answers(http: bool, tmp_path: Path) -> None:
    """What a service sets is sent again until the visitor leaves; where it points to, nobody goes."""
    write_scenario(LOOKING, tmp_path / "desk.py", http=http)
    numbers = count()

    def answer(_: Stub, request: Request) -> Answer:
        cookie = {} if "Cookie" in request.headers else {"Set-Cookie": f"visit={next(numbers)}; Path=/"}
        return Answer(302, headers={"Location": "/elsewhere", **cookie})

    with serving(answer) as stub:
        assert locust(tmp_path, stub.url).returncode == 0
    seen = defaultdict(list)
    for request in stub.got:
        seen[request.headers["X-User"]].append(request.headers.get("Cookie", ""))
    sent = [sorted({cookie for cookie in cookies if cookie}) for cookies in seen.values()]
    assert all(len(cookies) <= 1 for cookies in sent)
    kept = [cookies[0] for cookies in sent if cookies]
    assert len(set(kept)) == len(kept) > 5
    assert all(cookies[2:] == [cookies[2]] * len(cookies[2:]) for cookies in seen.values() if cookies[2:])
    assert all(cookies[:2] == ["", ""] for cookies in seen.values())
    assert not [target for target in stub.targets("GET") if "elsewhere" in target]


def test_an_error_that_cannot_be_provoked_is_given_up(tmp_path: Path) -> None:
    """A service that takes the same name twice is not called wrong; the log says what could not be had."""
    write_scenario(RENAMING, tmp_path / "desk.py")
    with serving(lambda *_: Answer()) as stub:
        done = locust(tmp_path, stub.url)
    assert done.returncode == 0, done.stderr
    table = rows(tmp_path)
    assert table["PUT /names/{id} [200, not 409]"] == 4
    assert table["PUT /names/{id}"] > 40
    assert done.stderr.count("PUT /names/{id}: what should have been answered 409") == 1


def test_nobody_repeats_what_somebody_else_did(tmp_path: Path) -> None:
    """Of a service that lets nobody act for others no 403 comes, and conflicts have their recorded share."""
    write_scenario(Workload.model_validate(FRIENDS), tmp_path / "desk.py")
    taken: set[str] = set()
    forbidden = []

    def answer(stub: Stub, request: Request) -> Answer:
        body = json.loads(request.body)
        if "pair" in body and request.headers["X-User"] != str(body["pair"]["userId"]):
            forbidden.append(body)
            return Answer(403)
        if request.body in taken:
            return Answer(409)
        taken.add(request.body)
        return Answer(201, {"userId": 10**10 + len(stub.got)})

    with serving(answer) as stub:
        done = locust(tmp_path, stub.url, "--session-run-time=5", "--sessions-per-second=60")
    assert done.returncode == 0, done.stderr
    assert forbidden == []
    table = rows(tmp_path)
    for endpoint in ("POST /users", "POST /friends"):
        conflicts = table[f"{endpoint} [409]"]
        made = conflicts + table[endpoint]
        assert made > 400 or endpoint == "POST /users", table
        assert conflicts / made == pytest.approx(0.2, abs=TOLERANCE), table


def test_sessions_go_on_as_they_would_whatever_others_sent(tmp_path: Path) -> None:
    """With equal seeds a visitor makes as many requests, though others come sooner and send other things."""
    write_scenario(NOTING, tmp_path / "desk.py")
    made = []
    for rate in (15, 40):
        taken: set[str] = set()

        def answer(_: Stub, request: Request, taken: set[str] = taken) -> Answer:
            status = 409 if request.body in taken else 201
            taken.update([request.body] * (request.method == "POST"))
            return Answer(status)

        with serving(answer) as stub:
            assert (
                locust(tmp_path, stub.url, "-u=40", "-r=40", f"--sessions-per-second={rate}").returncode == 0
            )
        assert rows(tmp_path)["POST /notes [409]"] > 5
        made.append(Counter(request.headers["X-User"] for request in stub.got))
    both = made[0].keys() & made[1].keys()
    assert len(both) > 10
    assert [made[0][one] for one in both] == [made[1][one] for one in both]
