"""What an experiment plans, and what it makes of what the service logged."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from miner.errors import MinerError
from miner.experiment.conduct import LEAD, Performed
from miner.experiment.findings import Experiment, line, objective
from miner.experiment.machine import this_machine
from miner.experiment.plan import SECONDS, SHORTEST, USERS, WINDOWS, Plan
from miner.experiment.show import show_experiment
from miner.experiment.traffic import CREATE, CREATED, REQUESTS, SEARCH, SEARCHES, growing
from miner.generate import generate
from miner.plots.experiment import plot_experiment
from miner.simulate import simulate

REFERENCE = 0.38
"""By how much the reference's search became slower, which is how much its table grew."""
BASE = 0.008
"""Seconds that a search takes at first."""
RNG = 5
PLAN = Plan()
WRONG: dict[str, Any] = {
    "database": "sqlite3",
    "search": "regex",
    "users": 10,
    "rps": 100_000.0,
    "seconds": 1.0,
    "window": 301.0,
}


def made(test: str, grows: float, *, plan: Plan = PLAN, rps: float = 100.0) -> Performed:
    """A log of a test in which searches take BASE, and at the end `grows` more, give or take a tenth."""
    rng = np.random.default_rng(RNG)
    parts = []
    for start, end in plan.windows:
        at = np.sort(rng.uniform(start, end, round(rps * (end - start))))
        median = BASE * (1 + grows * at / plan.seconds)
        searches = np.arange(len(at)) % 5 < (5 if test == "standard" else 2)
        names = np.where(searches, SEARCH, CREATE)
        noise = rng.uniform(0.9, 1.1, len(at))
        parts.append(pd.DataFrame({"endpoint": names, "at": at, "latency": median * noise, "status": 201}))
    return Performed(test, pd.concat(parts, ignore_index=True), (), 0)


def found(standard: float = 0.0, scenario: float = REFERENCE, plan: Plan = PLAN) -> Experiment:
    lines = (
        line(plan, BASE, made("standard", standard, plan=plan)),
        line(plan, BASE, made("scenario", scenario, plan=plan)),
    )
    return Experiment(plan, BASE, lines, this_machine("SQLite 3"))


def printed(experiment: Experiment, encoding: str = "utf-8") -> str:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    show_experiment(Console(file=file, width=100, markup=False, highlight=False), experiment)
    file.flush()
    file.seek(0)
    return file.read()


@given(
    seconds=st.floats(WINDOWS * SHORTEST, 2 * SECONDS),
    share=st.floats(0.01, 1.0),
)
def test_windows_and_what_is_skipped_make_up_the_whole_time(seconds: float, share: float) -> None:
    """Six windows of equal length, the first at the beginning, the last to the end, with equal gaps."""
    window = max(SHORTEST, share * seconds / WINDOWS)
    plan = Plan(seconds=seconds, window=window)
    assert len(plan.windows) == WINDOWS
    assert plan.windows[0][0] == 0
    assert plan.windows[-1][1] == pytest.approx(seconds)
    assert all(end - start == pytest.approx(window) for start, end in plan.windows)
    gaps = [later[0] - earlier[1] for earlier, later in pairwise(plan.windows)]
    assert gaps == pytest.approx([plan.skipped] * (WINDOWS - 1), abs=1e-6)
    assert plan.skipped * (WINDOWS - 1) + window * WINDOWS == pytest.approx(seconds)


def test_nothing_is_skipped_in_real_time() -> None:
    """Without a time lapse the windows follow each other."""
    plan = Plan(window=None)
    assert plan.skipped == 0
    assert plan.windows[3] == (900.0, 1200.0)


@pytest.mark.parametrize(("option", "value"), WRONG.items())
def test_a_plan_that_cannot_be_is_refused(option: str, value: Any) -> None:
    """Each of its figures has bounds, which are said."""
    with pytest.raises(MinerError) as refused:
        replace(PLAN, **{option: value})
    assert refused.value.hint


def test_half_an_hour_makes_the_table_grow_as_the_reference_did() -> None:
    """100 requests a second create 20 users a second, and 36,000 of them are 38 % of those at first."""
    assert PLAN.created_in(1.0) == 20
    assert PLAN.created_in(SECONDS) / USERS == pytest.approx(REFERENCE, abs=0.005)


def test_the_scenario_has_the_split_of_the_reference() -> None:
    """Two thirds of sessions search and then ask to be friends, the others create a user, under one load."""
    workload = growing(1000, 100.0)
    sessions = simulate(workload, 3000, seed=RNG)
    shares = sessions["endpoint"].value_counts(normalize=True)
    assert shares[SEARCH] == pytest.approx(SEARCHES, abs=0.02)
    assert shares[CREATE] == pytest.approx(CREATED, abs=0.02)
    assert len(sessions) / 3000 == pytest.approx(REQUESTS, abs=0.02)
    assert workload.arrivals.mean * REQUESTS == pytest.approx(100)
    compile(generate(workload), "scenario.py", "exec")


def test_growth_is_from_the_first_window_to_the_last() -> None:
    """The medians, the growth and the verdicts are those that were planted."""
    experiment = found()
    scenario = experiment.line("scenario")
    assert [point.p50 for point in scenario.points] == pytest.approx(
        [BASE * (1 + REFERENCE * (start + end) / 2 / SECONDS) for start, end in PLAN.windows], rel=0.02
    )
    assert scenario.growth == pytest.approx(REFERENCE, abs=0.02)
    assert experiment.line("standard").growth == pytest.approx(0.0, abs=0.02)
    assert (experiment.line("standard").outcome.verdict, scenario.outcome.verdict) == ("pass", "fail")
    assert experiment.told_apart


def test_growth_counts_in_windows_of_the_whole_time() -> None:
    """In real time the first and the last window are five minutes, and between their middles it is less."""
    assert found(plan=Plan(window=None)).line("scenario").growth == pytest.approx(
        (1 + REFERENCE * 11 / 12) / (1 + REFERENCE / 12) - 1, abs=0.02
    )


@pytest.mark.parametrize(
    ("standard", "scenario", "said"),
    [
        (0.0, 0.38, "Only the scenario test shows"),
        (0.0, 0.0, "Neither test shows"),
        (0.38, 0.38, "was not steady"),
        (-0.38, 0.38, "was not steady"),
    ],
)
def test_what_it_says_follows_from_both_growths(standard: float, scenario: float, said: str) -> None:
    """A standard test that is not flat tells nothing, in whichever direction it went."""
    assert said in " ".join(printed(found(standard, scenario)).split())


def test_the_ratio_of_both_tests_knows_no_slow_machine() -> None:
    """Where the machine becomes half as fast, the scenario still grew as it did beside the other."""
    experiment = found()
    slow = [
        replace(line, points=tuple(replace(p, p50=p.p50 * (1 + n / 5)) for n, p in enumerate(line.points)))
        for line in experiment.lines
    ]
    slowed = replace(experiment, lines=tuple(slow))
    assert slowed.line("standard").growth == pytest.approx(1.0, abs=0.05)
    assert slowed.beside(-1) / slowed.beside(0) - 1 == pytest.approx(REFERENCE, abs=0.03)
    said = f"{experiment.beside(-1):.2f} times at the end"
    assert said in " ".join(printed(slowed).split())


def test_less_load_than_planned_is_no_verdict() -> None:
    """The objective is for the load of the plan: under less it is neither met nor missed."""
    done = made("scenario", REFERENCE, rps=80.0)
    assert line(PLAN, BASE, done).outcome.verdict == "no data"


def test_the_objective_is_where_the_reference_has_it() -> None:
    """20 ms to 16 ms, relative to what a search takes here."""
    assert objective(PLAN, 0.016).limit == pytest.approx(0.020)
    assert found().limit == pytest.approx(BASE * 1.25)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_picture_at_the_terminal_takes_what_the_terminal_can_show(encoding: str) -> None:
    """Bars are as long as medians, of blocks or of plain characters."""
    text = printed(found(), encoding)
    bars = [count for row in text.splitlines() if (count := row.count("█") + row.count("#"))]
    assert len(bars) == WINDOWS
    assert bars == sorted(bars)
    assert bars[0] < bars[-1]


def test_the_time_lapse_is_said() -> None:
    """What was skipped, and what was inserted for it, is in the text; in real time nothing of it is."""
    lapse = found()
    added = replace(lapse, lines=tuple(replace(one, added=17_000) for one in lapse.lines))
    assert "34,000 users" in " ".join(printed(added).split())
    assert "time lapse" in printed(added)
    assert "time lapse" not in printed(found(plan=Plan(window=None)))


def test_the_picture_has_both_tests_and_the_objective() -> None:
    """A point for each window of each test, and the limit."""
    rows = [row for data in plot_experiment(found()).to_dict()["datasets"].values() for row in data]
    points = {(row["test"], row["minute"]) for row in rows if "test" in row}
    assert len(points) == 2 * WINDOWS
    assert {row["said"] for row in rows if "said" in row} == {"objective: 10 ms"}


def test_a_lead_is_shorter_than_what_is_skipped() -> None:
    """So the users that a window's lead creates are not inserted a second time."""
    assert 0 < LEAD < PLAN.skipped
