"""Whatever small store there is, a valid workload comes of it, or a sentence about why none can."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from small_logs import request, store_of

from miner import workload as w
from miner.errors import MinerError, TooLittleData
from miner.paths import mine, prepare
from miner.paths.chains import Walked, count_moves
from miner.paths.groups import find_groups
from miner.paths.mine import LEAST_SESSIONS
from miner.paths.pauses import Pauses
from miner.paths.user_paths import DIGITS, digits, user_paths
from miner.simulate import simulate
from miner.workload_file import dumps, parse

SEED = 1
QUICKLY = [Phase.explicit, Phase.reuse, Phase.generate]
"""An example takes about a second, so that a failing one is not made smaller."""
STEPS = ["a", "b", "c", "d"]
walks = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=6), min_size=1, max_size=14)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), phases=QUICKLY)
@given(walks, st.integers(1, 3), st.floats(0, 300), st.integers(0, 99))
@example([[3], [1, 0, 1], [1, 0, 1], [3], [3], [3], [0, 1, 2, 3, 3, 0], [3]], 3, 103.4, 93)
def test_any_sessions_have_valid_user_paths(
    sessions: list[list[int]], components: int, longest: float, seed: int
) -> None:
    """User paths of any sessions make a workload that can be written, read and simulated."""
    shapes = sorted({tuple(session) for session in sessions})
    times = np.array([sessions.count(list(shape)) for shape in shapes], dtype=float)
    steps = np.array([step for shape in shapes for step in shape])
    moves = count_moves(STEPS, np.array([len(shape) for shape in shapes]), steps, times)
    shape = np.array([shapes.index(tuple(one)) for one in sessions])
    walked = Walked(steps, np.array([len(one) for one in shapes]), shape, len(STEPS))
    rows = [
        (index, before * len(STEPS) + after)
        for index, one in enumerate(sessions)
        for before, after in pairwise(one)
    ]
    session, move = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    think = np.round(np.random.default_rng(seed).random(len(rows)) * longest)
    pauses = Pauses(session, move, think, 1.0, len(STEPS))
    groups, _ = find_groups(walked, pauses, components, SEED)
    named = user_paths(moves, walked, groups, pauses, STEPS)
    found, remembered = named.paths, named.remembered
    workload = w.Workload(
        name="small",
        arrivals=w.Arrivals(mean=1.0),
        endpoints={step: w.Endpoint(request=f"GET /{step}") for step in STEPS},
        steps={name: w.Step(requests={STEPS[code]: 1.0}) for name, code in remembered.items()},
        paths=tuple(found),
    )
    assert parse(dumps(workload)) == workload
    assert 1 <= len(found) <= components
    assert sum(path.sessions for path in found) == pytest.approx(len(sessions), abs=len(found))
    assert simulate(workload, 20)["session"].nunique() == 20


targets = st.sampled_from(
    ["/", "/users/1", "/users/2?full=1", "/users?q=%00", "//x/y", "/a.css", "/.env", "/é"]
)
requests = st.builds(
    request,
    st.integers(0, 40_000),
    targets,
    user=st.none() | st.sampled_from("123"),
    status=st.sampled_from([200, 201, 404, 500, 999]),
    method=st.sampled_from(["GET", "POST", "DELETE", "BREW"]),
    address=st.none() | st.sampled_from(["192.0.2.1", "2001:db8::1"]),
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=QUICKLY)
@given(st.lists(requests, min_size=20, max_size=60))
def test_any_store_gives_a_workload_or_a_sentence(rows: list[dict[str, Any]]) -> None:
    """Random requests are mined into a valid workload, or refused as too little data."""
    with store_of(rows) as store:
        try:
            workload = mine(store, name="any", paths=2, gap=600.0).workload
        except TooLittleData:
            return
        assert parse(dumps(workload)) == workload
        kept = store.ask("SELECT count(*) AS n FROM requests WHERE session_id IS NOT NULL")["n"][0].as_py()
        assert sum(endpoint.n for endpoint in workload.endpoints.values()) == kept


def visits(many: int, **fields: Any) -> list[dict[str, Any]]:
    """As many visits of two requests each, every one by another user."""
    return [
        request(n * 4000 + step * 7, f"/{'ab'[step]}", **{"user": f"{n}", **fields})
        for n in range(many)
        for step in range(2)
    ]


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([], "No request in the log was made by a person"),
        (visits(30, agent="Googlebot/2.1"), "No request in the log was made by a person"),
        ([request(n, user="1") for n in range(40)], "too few sessions to mine: 1, not even 10"),
        ([request(n * 5, user="1") for n in range(5000)], "too few sessions to mine: 1, not even 10"),
        (visits(LEAST_SESSIONS - 1), "too few sessions to mine: 9, not even 10"),
        (visits(30, user=None, address=None, agent=None), "neither users nor addresses"),
    ],
    ids=["nothing", "bots", "one session", "one busy visitor", "nine sessions", "nobody named"],
)
def test_a_store_too_poor_to_mine_says_why(rows: list[dict[str, Any]], what: str) -> None:
    """Too little or too poor data is refused with its reason, exit code 3, and requests are kept."""
    with store_of(rows) as store:
        with pytest.raises(TooLittleData, match=what) as error:
            mine(store, name="poor")
        assert store.table("requests").num_rows == len(rows)
    assert error.value.exit_code == 3


def test_enough_is_mined() -> None:
    """Ten sessions that are all alike are one path with the moves that they made."""
    with store_of(visits(LEAST_SESSIONS)) as store:
        (path,) = mine(store, name="enough").workload.paths
        assert set(store.table("sessions")["path"].to_pylist()) == {path.name}
    assert (path.share, path.sessions, path.pace, path.start) == (1.0, 10, 0.0, {"view_a": 1.0})
    assert path.moves["view_a"]["view_b"].n == 10
    assert path.moves["view_b"] == {"leave": w.Move(p=1.0, n=10)}


def test_a_log_whose_stamps_are_all_equal_is_mined() -> None:
    """Where the clock stands still, sessions are whole and nobody pauses."""
    rows = [request(0, f"/{step}", user=f"{n}") for n in range(30) for step in "ab"]
    with store_of(rows) as store:
        workload = mine(store, name="still").workload
    assert (workload.recorded.sessions, workload.recorded.requests) == (30, 60)
    assert simulate(workload, 100)["think"].max() < 1.0


@pytest.mark.parametrize("options", [{"gap": 0.0}, {"gap": -5.0}, {"visitor": "cookie"}, {"paths": 0}])
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    """A gap, key or number of paths that cannot be is refused before anything is changed."""
    with store_of(visits(20)) as store:
        with pytest.raises(MinerError) as error:
            mine(store, name="odd", **options)
        assert error.value.exit_code == 2
        assert store.table("sessions").num_rows == 0


def test_sessions_end_with_silence() -> None:
    """A silence longer than the gap ends a session, one as long does not; all requests are numbered."""
    rows = [request(at, user="1") for at in (0, 100, 200.5, 300.5)]
    with store_of(rows) as store:
        found = prepare(store, gap=100.0)
        table = store.ask("SELECT session_id, position FROM requests ORDER BY line").to_pydict()
    assert (found.sessions, found.requests, found.gap.why) == (2, 4, "as asked")
    assert table == {"session_id": [1, 1, 2, 2], "position": [1, 2, 1, 2]}


def test_preparing_again_changes_nothing() -> None:
    """Foundations can be laid again, with other options in between."""
    with store_of(visits(20)) as store:
        before, sessions = prepare(store), store.table("sessions")
        prepare(store, gap=1.0, visitor="address")
        assert store.table("sessions") != sessions
        assert (prepare(store), store.table("sessions")) == (before, sessions)


def test_the_order_of_rows_does_not_matter() -> None:
    """The same requests, read in another order, are the same workload."""
    rows = visits(20)
    texts = []
    for given_rows in (rows, rows[::-1]):
        with store_of(given_rows) as store:
            texts.append(dumps(mine(store, name="order", paths=1).workload))
    assert texts[0] == texts[1]


def test_numbers_are_short() -> None:
    """A number keeps as many significant digits as are no noise, whatever its size."""
    assert digits(1.0) == 1.0
    assert digits(98765.4) == round(98765.4, DIGITS - 5)
    assert digits(0.00123456) == round(0.00123456, DIGITS + 2)
