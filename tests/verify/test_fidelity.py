"""Planted truth: what `compare` finds where the difference is known, and where there is none."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from miner.errors import TooLittleData
from miner.session_files import log_lines
from miner.simulate import requests, simulate
from miner.verify import Fidelity, compare
from miner.verify.figures import FIGURES
from miner.verify.sources import of_frame
from miner.verify.steps import all_endpoints, pooled, walks
from miner.workload import Workload
from miner.workload_file import dumps, load

PLAYERS = Path(__file__).parents[2] / "sample_logs" / "players.toml"
SESSIONS = 4_000
SEED_A, SEED_B, SEED_LOG = 1, 2, 5
SAME = 1.5
"""The highest ratio to the floor that two samples of one distribution may have."""
OTHER = 2.0
"""The lowest ratio of a figure that must notice a change."""
FLOOR_TOLERANCE = 0.5
BLIND = 0.55
"""The highest AUC of a classifier that cannot tell A from B."""
SEARCH = "GET /friend-service/v1/users"
BEFRIEND = "POST /friend-service/v1/friends"

Data = dict[str, Any]


@cache
def players() -> Workload:
    """The players, with a service that takes about 30 ms."""
    data = load(PLAYERS).model_dump()
    for endpoint in data["endpoints"].values():
        endpoint["latency"] = {"median": 0.03, "sigma": 0.5}
    return Workload.model_validate(data)


@cache
def recorded() -> pd.DataFrame:
    return simulate(players(), SESSIONS, SEED_A)


def changed(data: Data) -> Fidelity:
    """Fidelity of what the changed players do, to what the players do."""
    return compare(recorded(), simulate(Workload.model_validate(data), SESSIONS, SEED_B))


def raised(fidelity: Fidelity, least: float = OTHER) -> set[str]:
    return {figure.name for figure in fidelity.figures if (figure.ratio or 0.0) > least}


def test_two_samples_of_one_workload_are_alike() -> None:
    """Every ratio of two samples of one workload is near or below 1, and no classifier tells them apart."""
    fidelity = compare(recorded(), simulate(players(), SESSIONS, SEED_B))
    assert raised(fidelity, SAME) == set()
    assert fidelity["auc"].distance <= BLIND
    assert fidelity.passes(SAME)
    assert fidelity.remarks == ()


def test_a_set_is_like_itself() -> None:
    """Every distance of a set of sessions to itself is 0, also if its rows are shuffled."""
    shuffled = recorded().sample(frac=1.0, random_state=SEED_A)
    fidelity = compare(recorded(), shuffled)
    assert {figure.distance for figure in fidelity.figures if figure.name != "auc"} == {0.0}
    assert fidelity["auc"].distance == 0.5
    assert fidelity.differences == ()


def test_slower_users_change_pauses_and_durations_only() -> None:
    """Pauses 1.5 times as long raise the figures of time, and no other."""
    slower = recorded().assign(think=recorded()["think"] * 1.5)
    fidelity = compare(recorded(), rebuilt(slower))
    assert raised(fidelity, 1.0) == {"session_duration", "think_time", "think_time_by_move"}
    assert fidelity["auc"].distance > BLIND
    assert "pause" in fidelity.remarks[-1]
    worst = next(difference for difference in fidelity.differences if difference.what == "pause")
    assert worst.b == pytest.approx(worst.a * 1.5, rel=0.05)


def test_a_changed_move_raises_what_depends_on_moves() -> None:
    """A move taken more often raises moves and triples, and is named; pauses of each move stay alike."""
    data = players().model_dump()
    moves = data["paths"][0]["moves"]["search_users"]
    moves["add_friend"]["p"], moves["view_user"]["p"] = 0.45, 0.07
    fidelity = changed(data)
    assert {"moves", "triples", "request_mix"} <= raised(fidelity)
    assert not {"think_time_by_move", "client_errors", "arrivals"} & raised(fidelity, SAME)
    assert f"{SEARCH} -> {BEFRIEND}" in {one.name for one in fidelity.differences[:3]}


def test_more_client_errors_raise_that_figure_only() -> None:
    """Twice as many client errors raise `client_errors`, and nothing else."""
    data = players().model_dump()
    for endpoint in data["endpoints"].values():
        failed = sum(share for status, share in endpoint["statuses"].items() if status >= 400)
        good = (1 - 2 * failed) / (1 - failed)
        endpoint["statuses"] = {
            status: share * (2 if status >= 400 else good) for status, share in endpoint["statuses"].items()
        }
    fidelity = changed(data)
    assert raised(fidelity, SAME) == {"client_errors"}
    assert fidelity["client_errors"].ratio == pytest.approx(20, abs=8)


def test_requests_to_a_new_endpoint_are_noticed() -> None:
    """Where a tenth of requests goes elsewhere the mix differs by a tenth, and a remark names the place."""
    other = simulate(players(), SESSIONS, SEED_A)
    elsewhere = np.random.default_rng(SEED_B).random(len(other)) < 0.1
    other.loc[elsewhere, "endpoint"] = "GET /friend-service/v2/feed"
    fidelity = compare(recorded(), other)
    assert fidelity["request_mix"].distance == pytest.approx(0.1, abs=0.01)
    assert {"request_mix", "moves", "triples"} <= raised(fidelity)
    assert not {"session_length", "session_duration", "arrivals"} & raised(fidelity, 1.0)
    assert any("GET /friend-service/v2/feed" in remark for remark in fidelity.remarks)


def test_other_arrivals_are_noticed() -> None:
    """Bursts raise `arrivals` only, and so does the same number of sessions without a rhythm of the day."""
    bursts = moved(
        recorded(), np.repeat(np.arange(SESSIONS // 4) * 960.0, 4) + np.tile([0, 1, 2, 3], SESSIONS // 4)
    )
    assert raised(compare(recorded(), bursts), SAME) == {"arrivals"}
    data = players().model_dump()
    data["arrivals"]["by_hour"] = ()
    assert raised(changed(data), SAME) == {"arrivals"}


def test_another_rate_is_no_other_arrivals() -> None:
    """A minute of Poisson arrivals at a hundred times the rate is as faithful as two weeks."""
    data = players().model_dump()
    data["arrivals"] = {"mean": 40.0}
    assert raised(changed(data), SAME) == set()


def test_a_coarse_clock_is_no_difference(tmp_path: Path) -> None:
    """A log stamped in whole seconds is as faithful to its workload as exact sessions are."""
    steps = requests(players(), SESSIONS, SEED_LOG)
    nobody = steps["user"].isna() | ~steps["endpoint"].map(
        {endpoint.request: endpoint.caller for endpoint in players().endpoints.values()}
    ).astype(bool)
    steps["user"] = steps["user"].astype(object).mask(nobody, None)
    log, workload = tmp_path / "players.log", tmp_path / "players.toml"
    log.write_text(log_lines(steps), encoding="ascii")
    workload.write_text(dumps(players()), encoding="utf-8")
    for a, b in ((log, workload), (workload, log)):
        fidelity = compare(a, b, seed=SEED_B)
        assert fidelity.clock == 1.0
        assert raised(fidelity, SAME) == set()
        assert fidelity["auc"].distance <= BLIND


def test_the_floor_is_what_samples_of_half_the_size_differ_by() -> None:
    """The floor is near the typical distance between two samples of half the size."""
    floors = {figure.name: figure.floor for figure in compare(recorded(), recorded()).figures}
    distances = [half_sized_pair(seed) for seed in range(10, 22)]
    for name in FIGURES:
        typical = float(np.sqrt(np.mean([one[name] ** 2 for one in distances])))
        assert floors[name] == pytest.approx(typical, rel=FLOOR_TOLERANCE), name


def test_few_sessions_are_said_or_refused() -> None:
    """Less than half of A's sessions are remarked on; fewer than 50 are refused with exit code 3."""
    fidelity = compare(recorded(), simulate(players(), 500, SEED_B))
    assert "B has 500 sessions, less than half of A's 4000" in fidelity.remarks[0]
    with pytest.raises(TooLittleData, match="B has 49 sessions"):
        compare(recorded(), simulate(players(), 49, SEED_B))


def test_one_step_sessions_can_be_compared() -> None:
    """Sessions of one request each have no pauses, and are alike nevertheless."""
    single = recorded()[recorded()["position"] == 1]
    fidelity = compare(single, single)
    assert fidelity["think_time"].distance == 0.0
    assert fidelity.passes(SAME)


def test_json_has_the_contract_names() -> None:
    """Each figure is a key with distance, floor and ratio; the frame has a row for each."""
    fidelity = compare(recorded(), recorded())
    names = [
        "request_mix",
        "moves",
        "triples",
        "session_length",
        "session_duration",
        "think_time",
        "think_time_by_move",
        "client_errors",
        "arrivals",
        "auc",
    ]
    said = fidelity.as_dict()
    assert [key for key in said if key in names] == names
    assert set(said["moves"]) == {"distance", "floor", "ratio", "n"}
    assert list(fidelity.frame().index) == names
    assert fidelity.worst.name in names
    assert fidelity.passes(0.0)


def half_sized_pair(seed: int) -> dict[str, float]:
    """Every distance between two samples of half the sessions."""
    a, b = (of_frame(simulate(players(), SESSIONS // 2, 2 * seed + odd), "a sample") for odd in (0, 1))
    endpoints = all_endpoints(a, b)
    both = pooled(walks(a, a, endpoints, seed), walks(b, a, endpoints, seed))
    in_a = np.arange(SESSIONS) < SESSIONS // 2
    return {name: prepare(both)[0](in_a) for name, prepare in FIGURES.items()}


def rebuilt(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` with starts that follow from pauses and durations."""
    before = rows.groupby("session")["duration"].shift(fill_value=0.0)
    busy = (rows["think"].fillna(0.0) + before).groupby(rows["session"]).cumsum()
    began = rows.groupby("session")["started"].transform("first")
    return rows.assign(started=began + pd.to_timedelta(busy, unit="s"))


def moved(rows: pd.DataFrame, starts: np.ndarray[Any, Any]) -> pd.DataFrame:
    """`rows` with session `i` starting `starts[i]` seconds after the first."""
    began = rows.groupby("session")["started"].transform("first")
    new = rows["started"].min() + pd.to_timedelta(starts[rows["session"]], unit="s")
    return rows.assign(started=rows["started"] - began + new)
