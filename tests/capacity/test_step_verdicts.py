"""What a run tells of its scale: whose doing it is that an objective broke, and when nobody can say."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from steps import outcome, run, step

from miner.capacity.fit import for_steps
from miner.capacity.search import BROKE, HELD, TOO_LITTLE, UNKNOWN
from miner.capacity.step import MARGIN, of_limit, told
from miner.errors import MinerError
from miner.judged import wait_until_whole
from miner.objectives import Objective, Objectives, Outcome

SLOW = outcome("fail", 0.2)
AT_SERVICE = outcome("fail", 0.2, measured_at="service")
LATE = outcome("fail", 0.2, measure="p95 lateness")
FLOOR: dict[str, Any] = {"measure": "throughput", "below": None, "above": "90 rps", "measured_at": "service"}
TOO_FEW_SENT = outcome("fail", 80.0, 90.0, **FLOOR)


@pytest.mark.parametrize(
    ("limited_by", "failed", "verdict"),
    [
        (None, outcome(), HELD),
        (None, outcome("warn", 0.09), HELD),
        (None, SLOW, BROKE),
        (None, TOO_FEW_SENT, BROKE),
        ("service", SLOW, BROKE),
        ("service", LATE, BROKE),
        ("service", TOO_FEW_SENT, BROKE),
        ("service", outcome(), UNKNOWN),
        ("users", outcome(), UNKNOWN),
        ("users", SLOW, BROKE),
        ("users", LATE, UNKNOWN),
        ("users", TOO_FEW_SENT, UNKNOWN),
        ("cpu", outcome(), UNKNOWN),
        ("cpu", SLOW, UNKNOWN),
        ("cpu", AT_SERVICE, BROKE),
        ("cpu", TOO_FEW_SENT, UNKNOWN),
        ("", SLOW, UNKNOWN),
        ("", AT_SERVICE, BROKE),
    ],
)
def test_a_service_is_blamed_for_what_it_did(limited_by: str | None, failed: Outcome, verdict: str) -> None:
    """A generator that fell behind tells nothing, unless less load than meant was too much already."""
    found, why, _ = told(run(limited_by), (outcome(name="other"), failed))
    assert found == verdict
    assert why


def test_too_few_requests_ask_for_as_many_more() -> None:
    """A p95 needs 200: with 40 of them five times the scale is enough, and some more as numbers vary."""
    verdict, why, times = told(run(), (outcome(), outcome("no data", None, n=40)))
    assert (verdict, times) == (TOO_LITTLE, 5 * MARGIN)
    assert why == "It was None."


def test_what_broke_counts_more_than_what_cannot_be_told() -> None:
    """One objective that broke is enough."""
    assert told(run(), (outcome("no data", None, n=40), SLOW))[0] == BROKE


def test_an_objective_that_no_scale_can_tell_about_is_refused() -> None:
    """Where enough requests came and there is no verdict all the same, no other scale helps."""
    with pytest.raises(MinerError, match="cannot tell about 'quick'"):
        told(run(), (outcome("no data", None, n=400),))


def test_floors_are_shares_the_other_way_round() -> None:
    """Of what must be below, value over limit; of what must be above, limit over value; beyond 1 it broke."""
    assert of_limit(outcome(value=0.05)) == pytest.approx(0.5)
    assert of_limit(TOO_FEW_SENT) == pytest.approx(90 / 80)
    assert of_limit(outcome(value=None)) is None
    assert of_limit(outcome(limit=0.0)) is None
    found = step(
        1, 1.0, BROKE, outcome(name="a"), outcome("fail", 0.3, name="b"), outcome("fail", 0.9, name="c")
    )
    assert [one.objective.name for one in found.failed] == ["c", "b"]
    assert found.worst is not None
    assert found.worst[0].objective.name == "c"
    assert found.worst[1] == pytest.approx(9.0)


def test_the_load_that_objectives_are_about_is_left_out() -> None:
    """Load and duration are what a search varies; the scenario, the warm-up, windows and counts stay."""
    wanted: dict[str, Any] = {
        "under": "100 rps for 30m of the shop scenario",
        "warm_up": "5s",
        "every": "10s",
        "least": 7,
    }
    whole = outcome(**wanted).objective
    fitted = for_steps(Objectives(objectives=(whole,)), 30.0, None).objectives[0]
    assert str(fitted.under) == "of the shop scenario"
    assert fitted.model_copy(update={"under": whole.under}) == whole
    bare: Objective = outcome(under="100 rps").objective
    assert for_steps(Objectives(objectives=(bare,)), 30.0, None).objectives[0].under is None


def test_a_log_is_read_when_no_line_comes_any_more(tmp_path: Path) -> None:
    """What a server still had in its memory when the run ended is waited for."""
    log = tmp_path / "service.log"

    def write() -> None:
        for number in range(5):
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{number}\n")
            time.sleep(0.3)  # what the service buffers

    writer = threading.Thread(target=write)
    writer.start()
    wait_until_whole(log)
    assert log.read_text(encoding="utf-8") == "0\n1\n2\n3\n4\n"
    writer.join()
