"""What is said of a generator that fell behind: from when on, and what kept it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from miner.replay.verdict import judged

BEGAN = pd.Timestamp("2026-03-02 14:00:00", tz="UTC")
SECONDS, RATE = 300, 20


def requests(late: np.ndarray, duration: np.ndarray) -> pd.DataFrame:
    """Requests that were meant to be sent evenly, and were so late."""
    meant = np.arange(SECONDS * RATE) / RATE
    started = BEGAN + pd.to_timedelta(meant + late, unit="s")
    return pd.DataFrame({"started": started.as_unit("us"), "late": late, "duration": duration})


def load(cpu: float, busy: int, users: int = 40) -> pd.DataFrame:
    """Each second of a process, so busy all the time."""
    at = BEGAN.timestamp() + np.arange(1.0, SECONDS)
    return pd.DataFrame({"at": at, "cpu": cpu, "users": users, "busy": busy, "waiting": 0})


PUNCTUAL = np.full(SECONDS * RATE, 0.001)
FROM_200 = np.arange(SECONDS * RATE) / RATE > 200
LATER = np.where(FROM_200, 1.5, 0.001)
QUICK = np.full(SECONDS * RATE, 0.01)


def test_a_generator_that_kept_up_is_said_to() -> None:
    """Also where the service became slow: that is what was to be found out."""
    slow = np.where(FROM_200, 2.0, 0.01)
    assert judged(requests(PUNCTUAL, slow), load(0.4, 30), 0).kept_up
    late_once = np.where(np.arange(SECONDS * RATE) % 100 == 0, 3.0, 0.001)
    assert judged(requests(late_once, QUICK), load(0.4, 30), 0).kept_up


@pytest.mark.parametrize(
    ("duration", "of", "limit", "said"),
    [
        (QUICK, load(0.97, 12), "cpu", "took 97% of a core each"),
        (QUICK, load(0.3, 40), "users", "all 40 users were in sessions"),
        (np.where(FROM_200, 2.0, 0.01), load(0.3, 40), "service", "2 s at the median, and 0.01 s before"),
        (QUICK, load(0.3, 12), "", "something else on this machine"),
        (QUICK, load(0.3, 12).head(0), "", "something else on this machine"),
    ],
    ids=["cpu", "users", "service", "something else", "no load known"],
)
def test_what_kept_it_is_named(duration: np.ndarray, of: pd.DataFrame, limit: str, said: str) -> None:
    """The time is that of the first window in which one in twenty was late."""
    verdict = judged(requests(LATER, duration), of, 0)
    assert (verdict.kept_up, verdict.limited_by) == (False, limit)
    assert said in verdict.sentence
    assert "from 14:03:2" in verdict.sentence


def test_users_are_looked_at_while_sessions_wait_for_them() -> None:
    """At the end of a run sessions only finish: who is idle then says nothing of the time before."""
    full, after = load(0.3, 40).assign(waiting=5), load(0.3, 2)
    late = full["at"] < BEGAN.timestamp() + 230
    verdict = judged(requests(LATER, QUICK), pd.concat([full[late], after[~late]]), 0)
    assert verdict.limited_by == "users"


def test_sessions_that_never_started_are_late_too() -> None:
    """A run that ended before its queue is no run that kept up."""
    verdict = judged(requests(PUNCTUAL, QUICK), load(0.3, 40), 7)
    assert not verdict.kept_up
    assert "7 sessions never started" in verdict.sentence
