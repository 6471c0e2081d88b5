"""Requests that a page makes at once are one step; those that people make one after another are not."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path as FilePath

import numpy as np
import pandas as pd
import pytest
from small_logs import START, request, store_of

from miner import compare, simulate
from miner.paths import prepare
from miner.paths.at_once import Combination, combined, grouped, within_seconds, within_ticks
from miner.paths.mine import mine
from miner.simulate import COLUMNS, requests
from miner.workload import Arrivals, Endpoint, Latency, Lognormal, Move, Path, Step, Workload
from miner.workload_file import dumps

SEED = 4
JITTER = 0.1
"""Seconds after the first within which the other requests of a step are made, in the planted log."""
HOME, ITEM = "view_home_and_2_more", "list_reviews_and_1_more"
SLOW = Latency(median=0.08, sigma=0.4)
SHOP = Workload(
    name="shop",
    arrivals=Arrivals(mean=0.2),
    endpoints={
        "view_home": Endpoint(request="GET /home", latency=SLOW),
        "list_news": Endpoint(request="GET /news", latency=SLOW),
        "list_offers": Endpoint(request="GET /offers", latency=SLOW),
        "view_item": Endpoint(request="GET /item", latency=SLOW),
        "list_reviews": Endpoint(request="GET /reviews", latency=SLOW),
        "create_order": Endpoint(request="POST /orders", latency=SLOW),
    },
    steps={
        HOME: Step(requests={"view_home": 1.0, "list_news": 1.0, "list_offers": 0.7}),
        ITEM: Step(requests={"list_reviews": 2.4, "view_item": 1.0}),
    },
    paths=(
        Path(
            name="buy",
            share=1.0,
            start={HOME: 0.8, "view_item": 0.2},
            moves={
                HOME: {ITEM: Move(p=0.7, think=Lognormal(median=9, sigma=0.7)), "leave": Move(p=0.3)},
                ITEM: {
                    HOME: Move(p=0.3, think=Lognormal(median=20, sigma=0.5)),
                    "create_order": Move(p=0.3, think=Lognormal(median=12, sigma=0.6)),
                    "leave": Move(p=0.4),
                },
                "view_item": {HOME: Move(p=0.8, think=Lognormal(median=6, sigma=0.6)), "leave": Move(p=0.2)},
                "create_order": {"leave": Move(p=1.0)},
            },
        ),
    ),
)


def planted(sessions: int, seed: int, tick: float = 1e-6) -> list[dict[str, object]]:
    """A log of the shop whose clock has ticks of so many seconds, a visitor a session."""
    steps = requests(SHOP, sessions, seed)
    rng = np.random.default_rng(seed)
    later = rng.uniform(0, JITTER, len(steps)) * steps.duplicated(["session", "turn"])
    seconds = (steps["started"] - START).dt.total_seconds() + later
    rows = []
    for row, at in zip(steps.itertuples(), seconds, strict=True):
        ended = np.floor((at + row.duration) / tick) * tick
        started = START + timedelta(seconds=ended - row.duration)
        rows.append(
            request(
                0,
                row.target,
                method=row.method,
                started=started,
                finished=START + timedelta(seconds=ended),
                address=f"10.0.{row.session // 250}.{row.session % 250}",
            )
        )
    return sorted(rows, key=lambda row: row["finished"])


@pytest.fixture(scope="module")
def mined() -> Workload:
    with store_of(planted(3000, SEED)) as store:
        return mine(store, name="shop").workload


def test_planted_steps_come_back(mined: Workload) -> None:
    """The steps of several requests, and how often each is made: within 0.05 (seed 4, 3000 sessions)."""
    assert set(mined.steps) == {HOME, ITEM}
    for name, step in mined.steps.items():
        assert list(step.requests) == list(SHOP.steps[name].requests)
        assert step.requests == pytest.approx(SHOP.steps[name].requests, abs=0.05)
    assert mined.recorded.at_once == pytest.approx(0.4, abs=0.35)


def test_think_time_runs_between_steps(mined: Workload) -> None:
    """From the end of a step's last request to the start of the next step: the planted laws come back."""
    moves, true = mined.paths[0].moves, SHOP.paths[0].moves
    for step, to in ((HOME, ITEM), (ITEM, HOME), (ITEM, "create_order")):
        found, planted_law = moves[step][to], true[step][to]
        assert found.p == pytest.approx(planted_law.p, abs=0.05)
        assert isinstance(found.think, Lognormal)
        assert isinstance(planted_law.think, Lognormal)
        assert found.think.median == pytest.approx(planted_law.think.median, rel=0.1)
        assert found.think.sigma == pytest.approx(planted_law.think.sigma, abs=0.1)


def test_a_step_is_stored_with_its_requests() -> None:
    """Requests of one step share its number, which counts from 1 in each session without holes."""
    with store_of(planted(300, SEED)) as store:
        prepare(store)
        rows = store.ask(
            "SELECT session_id, list(step ORDER BY position) AS steps FROM requests GROUP BY session_id"
        ).to_pylist()
    assert any(len(set(row["steps"])) < len(row["steps"]) for row in rows)
    for row in rows:
        assert row["steps"][0] == 1
        assert set(np.diff(row["steps"])) <= {0, 1}


def test_sessions_of_the_mined_workload_match_held_out_ones(mined: Workload, tmp_path: FilePath) -> None:
    """Simulated from what was mined, against unseen sessions: no worse than 1.5 times the noise."""
    held_out = simulate(SHOP, 3000, SEED + 1)
    file = tmp_path / "mined.toml"
    file.write_text(dumps(mined), encoding="utf-8")
    found = compare(held_out, file)
    for figure in found.figures:
        if figure.ratio is not None and figure.name != "arrivals":
            assert figure.ratio < 1.5, figure
    assert next(figure.distance for figure in found.figures if figure.name == "auc") < 0.55


def test_the_order_in_a_step_is_no_difference(mined: Workload, tmp_path: FilePath) -> None:
    """Which of the requests made at once the log shows first is chance, and is not compared."""
    file = tmp_path / "mined.toml"
    file.write_text(dumps(mined), encoding="utf-8")
    sessions = simulate(SHOP, 3000, SEED + 2)
    shuffled = sessions.copy()
    rng = np.random.default_rng(SEED)
    jitter = rng.uniform(0, 0.03, len(sessions)) * (sessions["think"] == 0)
    shuffled["started"] = sessions["started"] + pd.to_timedelta(jitter, unit="s")
    order = rng.random(len(sessions))
    turn = (sessions["think"] != 0).cumsum()
    shuffled = shuffled.iloc[np.lexsort((order, turn))]
    shuffled["position"] = shuffled.groupby("session").cumcount() + 1
    found = {figure.name: figure.ratio for figure in compare(file, shuffled[COLUMNS]).figures}
    for name in ("moves", "triples", "think_time"):
        ratio = found[name]
        assert ratio is not None
        assert ratio < 1.6, found


def test_coarse_clocks_show_steps_too() -> None:
    """With stamps in whole seconds most of what is made at once is still seen as such, and it says why."""
    with store_of(planted(1000, SEED, tick=1.0)) as store:
        found = prepare(store)
        joined = store.ask(
            "SELECT count(*) FILTER (WHERE step < position) AS n, count(*) AS all FROM requests"
        )
    assert found.at_once.seconds == 0.5
    assert "in the same tick" in found.at_once.why
    assert joined["n"][0].as_py() > 0.3 * joined["all"][0].as_py()


def test_people_do_nothing_at_once() -> None:
    """Pauses of people, with a fine clock and a coarse one, show no steps of several requests."""
    rng = np.random.default_rng(SEED)
    for pauses in (rng.lognormal(1.5, 1.0, 20_000), rng.exponential(2.0, 20_000), rng.gamma(2, 3, 20_000)):
        assert within_seconds(pauses).seconds is None
        phase = rng.random(len(pauses))
        assert within_ticks(np.floor(phase + pauses) - np.floor(phase), 1.0).seconds is None
    assert within_seconds(np.array([])).seconds is None


def test_a_few_close_requests_are_chance() -> None:
    """Fewer than 30, or one in 200, make no steps."""
    rng = np.random.default_rng(SEED)
    pauses = rng.lognormal(2.0, 0.7, 20_000)
    assert within_seconds(np.concatenate([pauses, np.full(60, 0.02)])).seconds is None
    found = within_seconds(np.concatenate([pauses, np.full(600, 0.02)]))
    assert found.seconds is not None
    assert 0.03 <= found.seconds <= 1


def test_a_long_poll_is_not_made_with_what_follows() -> None:
    """What a visitor does while an answer takes half a minute are steps of their own."""
    rows = []
    for visit in range(200):
        at, who = visit * 500.0, f"10.0.0.{visit}"
        ends = START + timedelta(seconds=at + 30)
        rows += [request(at, "/poll", address=who, finished=ends)]
        rows += [request(at + 8 * n, f"/page{n}", address=who) for n in (1, 2, 3)]
        rows += [request(at + 60, f"/call{n}", address=who) for n in (1, 2, 3)]
    with store_of(sorted(rows, key=lambda row: row["started"])) as store:
        prepare(store)
        steps = store.ask(
            "SELECT DISTINCT list(step ORDER BY position) AS s FROM requests GROUP BY session_id"
        )
    assert steps["s"].to_pylist() == [[1, 2, 3, 4, 5, 5, 5]]


def test_alike_combinations_are_one_step() -> None:
    """What only lacks something joins what has it; what has something else does not; rare ones are none."""
    seen = [
        (Counter([0, 1, 2, 3]), 500, 0),
        (Counter([4, 1, 2, 3]), 300, 4),
        (Counter([0, 1, 2]), 90, 0),
        (Counter([5, 5]), 80, 5),
        (Counter([0, 3]), 40, 0),
        (Counter([5, 5, 5]), 30, 5),
        (Counter([6, 7]), 9, 6),
    ]
    assert grouped(seen) == [[0, 2, 4], [1], [3, 5]]


def test_a_step_names_what_it_holds_in_order_of_frequency() -> None:
    """The most frequent first; of equals the one that comes first."""
    found = combined([(Counter([0, 1, 2, 2]), 3, 1), (Counter([0, 1]), 1, 1)])
    assert found == Combination({2: 1.5, 1: 1.0, 0: 1.0}, 1, 4)
    assert list(found.requests) == [2, 1, 0]
