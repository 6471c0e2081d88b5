"""Sessions that nobody expects are mined, generated and simulated all the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from populations import POPULATIONS, Planted, stored

from miner.generate.scenario import scenario
from miner.laws import median
from miner.paths.mine import mine
from miner.simulate import simulate
from miner.workload import Workload

SEED = 1
STEPS = ("home", "search", "item", "basket")
LONG = 50_000
Pause = Callable[[np.random.Generator], float]


def walks(sessions: int = 300) -> list[list[str]]:
    """Sessions that go anywhere from anywhere."""
    rng = np.random.default_rng(SEED)
    return [[STEPS[step] for step in rng.integers(0, 4, rng.geometric(0.3))] for _ in range(sessions)]


def mined(sessions: list[list[str]], pause: Pause, tick: float = 1e-6) -> Workload:
    """What is mined from sessions of these steps, from which a locustfile and sessions can be made."""
    rng = np.random.default_rng(SEED)
    rows = []
    for session, steps in enumerate(sessions):
        at = round(rng.uniform(0, 2 * 86_400) * 1e6)
        for step in steps:
            rows.append((session, "GET", f"/{step}", 200, at, 0.02))
            at += round((pause(rng) + 0.02) * 1e6)
    steps = pd.DataFrame(rows, columns=["session", "method", "target", "status", "started", "duration"])
    steps["started"] = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(steps["started"], unit="us")
    with stored(Planted(POPULATIONS["wizard"], steps, np.zeros(len(sessions), int)), tick) as store:
        workload = mine(store, name="odd").workload
    text = scenario(workload)
    assert all(f'    name = "{path.name}"\n' in text for path in workload.paths)
    assert simulate(workload, 20)["session"].nunique() == 20
    assert sum(path.sessions for path in workload.paths) == pytest.approx(len(sessions), rel=0.02)
    return workload


@pytest.mark.parametrize("step", ["home", "search"])
def test_a_session_of_fifty_thousand_steps(step: str) -> None:
    """It is mined with the others, and makes no path of its own."""
    odd = [["home", step] * (LONG // 2)]
    assert len(mined(walks() + odd, lambda rng: float(rng.lognormal(0, 0.5))).paths) == 1


@pytest.mark.parametrize("seconds", [0.0, 5.0])
def test_pauses_that_are_all_alike(seconds: float) -> None:
    """Every move keeps the one pause there is, and nobody has a pace."""
    workload = mined(walks(), lambda _: seconds)
    for path in workload.paths:
        laws = [move.think for moves in path.moves.values() for move in moves.values() if move.think]
        assert [median(law) for law in laws] == pytest.approx([seconds] * len(laws), abs=1e-3)
        assert path.pace == 0


@pytest.mark.parametrize("tick", [1.0, 60.0])
def test_pauses_shorter_than_a_tick(tick: float) -> None:
    """Where a coarse clock shows next to nothing, laws stay below a tick and a half."""
    workload = mined(walks(), lambda rng: float(rng.exponential(0.1)), tick)
    assert workload.recorded.clock == tick
    for moves in workload.paths[0].moves.values():
        assert all(median(move.think) < 1.5 * tick for move in moves.values() if move.think)


def test_endpoints_that_are_seen_once() -> None:
    """Forty sessions of two requests that nobody else makes are one path."""
    workload = mined([[f"p{one}x", f"q{one}y"] for one in range(40)], lambda rng: float(rng.exponential(3)))
    assert len(workload.paths) == 1


def test_sessions_that_all_go_the_same_way() -> None:
    """Ten of them are enough for one path, whose every move is certain."""
    workload = mined([["home", "search", "item"]] * 10, lambda rng: float(rng.exponential(3)))
    assert [move.p for moves in workload.paths[0].moves.values() for move in moves.values()] == [1, 1, 1]
