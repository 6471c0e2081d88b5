"""While a run goes on, an objective is given up only where nothing that comes can save it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import GET, REQUESTS, client, objective, planted

from miner.objectives import Evidence, hopeless, judge
from miner.objectives.watch import most


def until(run: Evidence, seconds: float) -> Evidence:
    """What is known of a run after so many seconds."""
    assert run.client is not None
    return replace(run, client=run.client[run.client["at"] < seconds], lasted=seconds)


@st.composite
def runs(draw: st.DrawFn) -> Evidence:
    """A minute of requests that may become slow, or fail, at some time, or recover."""
    n = draw(st.integers(20, 200))
    chosen = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    at = np.sort(chosen.random(n) * 60)
    bad = (at >= draw(st.sampled_from([0, 10, 30]))) & (at < draw(st.sampled_from([20, 40, 60])))
    rows = pd.DataFrame(
        {
            "at": at,
            "endpoint": GET,
            "path": "buy",
            "session": [f"s{one}" for one in chosen.integers(0, n // 3 + 1, n)],
            "status": np.where(chosen.random(n) < 0.3, 404, 200),
            "latency": np.where(bad, 1.0, 0.01) * chosen.random(n),
            "late": np.where(bad, 1.0, 0.01) * chosen.random(n),
            "failed": pd.array(bad & (chosen.random(n) < draw(st.sampled_from([0.1, 0.9]))), "boolean"),
        }
    )
    return planted(client=rows)


LIMITS = {
    "p50 latency": {"below": "50ms"},
    "p95 latency": {"below": "50ms"},
    "p90 lateness": {"below": "50ms"},
    "mean latency": {"below": "50ms"},
    "error share": {"below": "5%"},
    "client error share": {"below": "20%"},
    "throughput": {"above": "1 rps"},
    "latency growth": {"below": "10%"},
}


@settings(max_examples=300, deadline=None)
@given(
    runs(), st.sampled_from(sorted(LIMITS)), st.sampled_from([None, "7s", "10s"]), st.sampled_from([0, 5]),
    st.sampled_from(["request", "session"]), st.floats(1, 59), st.floats(0.92, 3),
)  # fmt: skip
def test_what_is_given_up_fails(
    run: Evidence, measure: str, every: str | None, warm_up: int, per: str, now: float, ahead: float
) -> None:
    """Whenever it is given up in the course of a run with no more requests than planned, it does not pass."""
    assert run.client is not None
    limit = {"above": "0.3 sessions/s"} if (measure, per) == ("throughput", "session") else LIMITS[measure]
    windows = {"every": every} if every else {}
    of = objective(measure, **limit, **windows, warm_up=f"{warm_up}s", per=per, least=1)
    if hopeless(of, until(run, now), planned=len(run.client) * ahead):
        assert judge(of, run).verdict == "fail"


BEYOND = "are beyond it already, of 1,459 that come at most."
GIVEN_UP: list[tuple[str, dict[str, Any], Evidence, float, str | None]] = [
    ("p95 latency", {"below": "100ms"}, planted(client=client().assign(latency=1.0)), 10.0,
     f"p95 latency can no longer be below 100 ms: 200 requests {BEYOND}"),
    ("p50 latency", {"below": "100ms"}, planted(client=client().assign(latency=1.0)), 10.0, None),
    ("error share", {"below": "1%"}, planted(client=client().assign(failed=True)), 2.0,
     f"error share can no longer be below 1 %: 40 requests {BEYOND}"),
    ("error share", {"below": "1%"}, planted(), 50.0, None),
    ("mean latency", {"below": "1ms"}, planted(), 59.0, None),
    ("mean latency", {"below": "1ms", "every": "20s"}, planted(), 19.9, None),
    ("mean latency", {"below": "1ms", "every": "20s"}, planted(), 20.0,
     "mean latency was 75.8 ms from 0s to 20s, below 1 ms was wanted (n = 400)."),
    ("throughput", {"above": "30 rps", "every": "20s"}, planted(), 45.0,
     "throughput was 20 rps from 0s to 20s, above 30 rps was wanted (n = 400)."),
    ("throughput", {"above": "30 rps"}, planted(), 59.0, None),
    ("latency growth", {"below": "0%"}, planted(slower=1.0), 59.0, None),
    ("p50 latency", {"warn": "1ms"}, planted(), 59.0, None),
    ("p50 latency", {"below": "1ms", "measured_at": "service"}, planted(service=None), 59.0, None),
    ("p50 latency", {"below": "1ms", "under": "for 2h"}, planted(), 59.0,
     f"p50 latency can no longer be below 1 ms: 1,174 requests {BEYOND}"),
]  # fmt: skip


@pytest.mark.parametrize("case", GIVEN_UP, ids=lambda case: f"{case[0]} {case[1]} at {case[3]:g}")
def test_when_it_is_given_up(case: tuple[str, dict[str, Any], Evidence, float, str | None]) -> None:
    """A window that ended and failed, or too many beyond a limit, is said; means and growth may recover."""
    measure, keys, run, now, sentence = case
    assert hopeless(objective(measure, **keys), until(run, now), planned=REQUESTS) == sentence


@pytest.mark.parametrize("planned", [1, 57, 300])
@pytest.mark.parametrize("measure", ["p50 latency", "p95 latency", "p99.9 latency", "error share"])
def test_it_is_given_up_as_soon_as_it_is_lost(measure: str, planned: int) -> None:
    """One request less beyond the limit, and a run of as many as can come would still pass."""
    n = most(planned)
    of = objective(measure, least=1, below="5%" if measure == "error share" else "0.5s")
    lost = next(bad for bad in range(n + 1) if judge(of, all_of(n, bad)).verdict == "fail")
    assert hopeless(of, until(all_of(n, lost), 30.0), planned)
    assert not hopeless(of, until(all_of(n, lost - 1), 30.0), planned)


def all_of(n: int, bad: int) -> Evidence:
    """A minute of `n` requests, of which the first `bad` failed just beyond half a second."""
    first = np.arange(n) < bad
    rows = pd.DataFrame(
        {
            "at": np.linspace(0, 29, n),
            "endpoint": GET,
            "path": "buy",
            "session": "s",
            "status": 200,
            "latency": np.where(first, 0.5 + 1e-9, 0.0),
            "late": 0.0,
            "failed": pd.array(first, "boolean"),
        }
    )
    return planted(client=rows)


def test_the_warm_up_is_not_held_against_it() -> None:
    """However slow the first requests were, they are left out."""
    rows = client()
    slow = planted(client=rows.assign(latency=np.where(rows["at"] < 30, 9.0, 0.01)))
    cold = objective("p95 latency", below="1s")
    assert hopeless(cold, until(slow, 40.0), REQUESTS)
    assert not hopeless(objective("p95 latency", below="1s", warm_up="30s"), until(slow, 40.0), REQUESTS)


def test_more_may_come_than_planned() -> None:
    """A tenth more, and four standard deviations of a count, may come."""
    assert most(10_000) == 11_400
    assert most(0) == 0
