"""Recorded sessions are sent as they were: what was asked for, by whom, in which order and when."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from conftest import LOG, SAMPLE
from stub import Answer, Request, Stub, serving

from miner.errors import MinerError, TooLittleData
from miner.exact import tape_of
from miner.ingest import ingest
from miner.paths import prepare
from miner.replay import Load, Run, replay
from miner.replay.tape import request, values
from miner.store import Store

SCENARIO = Path(__file__).parents[2] / "generated" / "friend_service.py"
OPENAPI = str(SAMPLE / "openapi.json")
RATE, SPEED, SECONDS = 30.0, 20.0, 5.0
LOAD = Load(sessions_per_second=RATE, speed=SPEED)
FIRST = """\
SELECT session_id::VARCHAR AS session, position, method, target, requests.started, status,
    coalesce(requests."user", split_part(sessions.visitor, ' ', 2)) AS person, requests."user" AS sent_by
FROM requests JOIN sessions USING (session_id)
WHERE session_id IN (SELECT session_id FROM sessions ORDER BY started LIMIT $sessions)
ORDER BY session, position
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample log, with its sessions."""
    file = tmp_path_factory.mktemp("exact") / "friends.duckdb"
    with Store.open(file) as filled:
        ingest([LOG], filled)
        prepare(filled, openapi=OPENAPI)
    return file


@pytest.fixture(scope="module", params=[1, 2], ids=["one process", "two processes"])
def played(
    request: pytest.FixtureRequest, store: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Stub]:
    """The first sessions of the log at 20 times their speed, and what the service got."""
    out = tmp_path_factory.mktemp("played") / "run"
    with serving(ids) as stub, tape_of(store, LOAD, SECONDS) as tape:
        run = replay(SCENARIO, stub.url, out=out, load=LOAD, tape=tape, processes=request.param)
    return run, stub


def due(store: Path) -> int:
    """How many sessions had begun when the part that is replayed was over."""
    with Store.open(store, create=False) as known:
        began = known.ask("SELECT epoch(started) AS began FROM sessions ORDER BY began").to_pandas()["began"]
    recorded = len(began) / (began.iloc[-1] - began.iloc[0])
    return int((began <= began.iloc[0] + SECONDS * RATE / recorded).sum())


def ids(_: Stub, asked: Request) -> Answer:
    """An answer with other ids than those that were recorded."""
    return Answer(201 if asked.method == "POST" else 200, [{"requestId": 7, "friendId": 8}])


@pytest.mark.loop
def test_every_session_is_sent_as_it_was_recorded(played: tuple[Run, Stub], store: Path) -> None:
    """The same requests in the same order in each session, and all of them got there."""
    run, stub = played
    with Store.open(store, create=False) as known:
        recorded = known.ask(FIRST, sessions=run.sessions_started).to_pandas()
    log = pd.read_parquet(run.log).sort_values(["session", "position"], ignore_index=True)
    assert run.complete
    assert run.exact
    assert run.sessions_started == due(store)
    columns = ["session", "position", "method", "target"]
    pd.testing.assert_frame_equal(log[columns].astype(str), recorded[columns].astype(str))
    got = Counter((asked.method, asked.target) for asked in stub.got if asked.target != "/")
    assert got == Counter(zip(recorded["method"], recorded["target"], strict=True))
    assert len(json.loads((run.folder / "run.json").read_text())["command"]) > 5
    lines = (run.folder / "tape.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == run.sessions_started


@pytest.mark.loop
def test_they_are_sent_when_they_were(played: tuple[Run, Stub], store: Path) -> None:
    """A pause is a twentieth of what it was, within 20 ms at the median; the generator kept up."""
    run, _ = played
    with Store.open(store, create=False) as known:
        recorded = known.ask(FIRST, sessions=run.sessions_started).to_pandas()
    log = pd.read_parquet(run.log).sort_values(["session", "position"], ignore_index=True)
    since = {
        name: (of["started"] - of.groupby("session")["started"].transform("first")).dt.total_seconds()
        for name, of in {"log": log, "recorded": recorded}.items()
    }
    off = (since["log"] - since["recorded"] / SPEED).abs()
    assert off.median() < 0.02
    assert off.quantile(0.95) < 0.1
    first = [of[of["position"] == 1].set_index("session")["started"] for of in (log, recorded)]
    ran, was = ((of - of.min()).dt.total_seconds().sort_index() for of in first)
    ahead = ran - was / was.max() * ran.max()
    assert (ahead - ahead.median()).abs().quantile(0.9) < 0.7  # each process has a clock of its own
    assert run.kept_up, run.verdict


@pytest.mark.loop
def test_whoever_asked_asks_again(played: tuple[Run, Stub], store: Path) -> None:
    """Credentials are those of the recorded user; bodies come from the scenario."""
    run, stub = played
    with Store.open(store, create=False) as known:
        recorded = known.ask(FIRST, sessions=run.sessions_started).to_pandas()
    logged_in = recorded[recorded["sent_by"].notna()]
    made = Counter(
        (asked.method, asked.target, asked.headers.get("X-User-Id"))
        for asked in stub.got
        if asked.target != "/"
    )
    known_users = Counter(zip(logged_in["method"], logged_in["target"], logged_in["person"], strict=True))
    same = sum((made & known_users).values()) / sum(known_users.values())
    assert same > 0.99
    bodies = [
        json.loads(asked.body) for asked in stub.got if asked.target.endswith("/v1/users") and asked.body
    ]
    assert sum("username" in body for body in bodies) > 0.8 * len(bodies) > 0


@pytest.mark.parametrize(
    ("load", "run_time", "said"),
    [
        (Load(profile="spike"), 5, "--profile cannot be had with --exact"),
        (Load(mix={"remove_friend": 1.0}), 5, "--mix cannot be had with --exact"),
        (Load(closed=True), 5, "--closed cannot be had with --exact"),
        (Load(scale=1e6), 5, "sessions a second are more than 200"),
        (Load(), None, r"It would take 1\d\.\d days to replay what was recorded"),
        (Load(scale=0), 5, "cannot be 0"),
    ],
)
def test_what_a_recording_cannot_have_is_refused(
    load: Load, run_time: float | None, said: str, store: Path
) -> None:
    """The sentence names it."""
    with pytest.raises(MinerError, match=said), tape_of(store, load, run_time):
        pass


def test_a_recording_without_people_has_no_tape(tmp_path: Path) -> None:
    """There is nothing to send."""
    log = tmp_path / "a.log"
    log.write_text('192.0.2.1 - - [02/Mar/2026:00:00:07 +0000] "GET / HTTP/1.1" 200 5 "-" "kube-probe/1"\n')
    with pytest.raises(TooLittleData), tape_of(log, Load(), 5):
        pass


def test_another_locustfile_has_nothing_to_ask_with(store: Path, tmp_path: Path) -> None:
    """Bodies and credentials are in a generated one."""
    file = tmp_path / "own.py"
    file.write_text("from locust import HttpUser\n")
    with (
        serving(ids) as stub,
        tape_of(store, LOAD, SECONDS) as tape,
        pytest.raises(MinerError, match="of no endpoint how to ask for it"),
    ):
        replay(file, stub.url, out=tmp_path / "run", tape=tape)


@pytest.mark.parametrize(
    ("target", "route", "endpoint", "params", "query"),
    [
        ("/a/7?x=1&x=2&y=", "/a/{id}", "GET /a/{id}", {"id": "7"}, {"x": ["1", "2"], "y": [""]}),
        ("/a/7/b%20c", "/a/{id}/{name}", "GET /a/{id}/{name}", {"id": "7", "name": "b c"}, {}),
        ("/f/report-7.pdf", "/f/report-{n}.pdf", "GET /f/report-{n}.pdf", {"n": "7"}, {}),
        ("/a;jsessionid=9/b", "/a/b", "GET /a/b", {}, {}),
        ("/other", "/a/{id}", "GET /other", {}, {}),
        ("/x\r\nEvil: 1", "/a/{id}", "GET /x%0D%0AEvil:%201", {}, {}),
        ("/a/%0d%0aEvil: 1", "/a/{id}", "GET /a/{id}", {"id": "\r\nEvil: 1"}, {}),
    ],
)  # fmt: skip
def test_a_target_is_taken_apart(
    target: str, route: str, endpoint: str, params: dict[str, str], query: dict[str, list[str]]
) -> None:
    """Into its route's parameters and its query; what does not fit is sent as it is, but escaped."""
    row = {"method": "GET", "route": route, "target": target, "status": 200}
    made = request(row, {"GET /a/{id}": "view"})
    assert (made["endpoint"], made["params"], made["query"]) == (endpoint, params, query)
    assert made["method"] == ("view" if endpoint == "GET /a/{id}" else "")


def test_routes_are_no_patterns() -> None:
    """What looks like a regular expression in a route is only text."""
    assert values("/a.b/{x}", "/aXb/1") is None
    assert values("/a(.*)/{x}", "/a(.*)/1") == {"x": "1"}
