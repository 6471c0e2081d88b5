"""What holds of a verdict whatever was measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import GET, POST, objective, planted

from miner.objectives import Evidence, judge

RANK = {"pass": 0, "warn": 1, "no data": 2, "fail": 3}
LATENCIES = ("p50 latency", "p95 latency", "p99.9 latency", "mean latency")
MEASURES = (
    *LATENCIES,
    "mean lateness",
    "error share",
    "client error share",
    "throughput",
    "mean latency growth",
)


@st.composite
def runs(draw: st.DrawFn) -> Evidence:
    """A minute of a few dozen requests with anything that can be measured."""
    n = draw(st.integers(1, 60))
    chosen = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = pd.DataFrame(
        {
            "at": chosen.integers(0, 60, n) + chosen.random(n) * draw(st.sampled_from([0.0, 0.9])),
            "endpoint": chosen.choice([GET, POST], n),
            "path": chosen.choice(["browse", "buy"], n),
            "session": chosen.choice([f"s{i}" for i in range(9)], n),
            "status": chosen.choice([0, 200, 404, 499, 500], n),
            "latency": chosen.lognormal(-3, 1, n),
            "late": chosen.exponential(0.01, n),
            "failed": pd.array(chosen.random(n) < 0.2, "boolean"),
        }
    )
    return planted(client=rows.sort_values("at", ignore_index=True))


keys = st.fixed_dictionaries(
    {"least": st.integers(1, 5)},
    optional={
        "every": st.sampled_from(["10s", "25s", "1m"]),
        "warm_up": st.sampled_from(["5s", "20s"]),
        "per": st.just("session"),
        "endpoint": st.sampled_from([GET, POST]),
        "path": st.sampled_from(["browse", "buy"]),
    },
)
latency_limits = st.sampled_from(["10ms", "50ms", "0.2s"])


def shuffled(run: Evidence, seed: int) -> Evidence:
    """The same requests in another order."""
    assert run.client is not None
    return replace(run, client=run.client.sample(frac=1, random_state=seed))


def slower(run: Evidence, by: float) -> Evidence:
    """The same requests, all of which took longer."""
    assert run.client is not None
    return replace(run, client=run.client.assign(latency=run.client["latency"] + by))


@settings(max_examples=60, deadline=None)
@given(runs(), st.sampled_from(MEASURES), keys, st.integers(0, 99))
def test_the_order_of_rows_is_irrelevant(
    run: Evidence, measure: str, given: dict[str, object], seed: int
) -> None:
    """The same requests in any order have the same outcome, to the last bit."""
    of = objective(measure, **given)
    assert judge(of, run) == judge(of, shuffled(run, seed))


@settings(max_examples=60, deadline=None)
@given(runs(), st.sampled_from(LATENCIES), keys, latency_limits, st.floats(0, 1))
def test_slower_is_never_better(
    run: Evidence, measure: str, given: dict[str, object], limit: str, by: float
) -> None:
    """What fails still fails when every request took longer, and no value falls."""
    of = objective(measure, below=limit, warn="5ms", **given)
    before, after = judge(of, run), judge(of, slower(run, by))
    assert before.verdict in {"no data", after.verdict} or RANK[after.verdict] > RANK[before.verdict]
    assert (before.verdict == "no data") <= (after.verdict in {"no data", "fail"})
    if before.value is not None and after.value is not None and before.verdict != "no data":
        assert after.value >= before.value


@settings(max_examples=60, deadline=None)
@given(runs(), st.sampled_from(MEASURES), keys)
def test_an_outcome_is_whole(run: Evidence, measure: str, given: dict[str, object]) -> None:
    """There is always a sentence in one line; the verdict is that of a window, and no window is worse."""
    outcome = judge(objective(measure, **given), run)
    assert outcome.sentence.isprintable()
    assert outcome.sentence.endswith(".")
    if outcome.windows:
        verdicts = [window.verdict for window in outcome.windows]
        assert outcome.verdict == max(verdicts, key=lambda one: RANK[one])
        assert (outcome.value, outcome.n) in {(window.value, window.n) for window in outcome.windows}


@settings(max_examples=40, deadline=None)
@given(runs(), keys, st.sampled_from([GET, POST]))
def test_others_do_not_matter(run: Evidence, given: dict[str, object], endpoint: str) -> None:
    """An objective of an endpoint has the same outcome without the requests to others."""
    assert run.client is not None
    of = objective("mean latency", **{**given, "endpoint": endpoint})
    alone = replace(run, client=run.client[run.client["endpoint"] == endpoint])
    assert judge(of, run) == judge(of, alone)
