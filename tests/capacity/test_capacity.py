"""A service with a planted limit: the search finds it, and says what it cannot know."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from one_worker import EACH, RATE, one_worker, setting

from miner.capacity import Bounds, Step, capacity
from miner.capacity.search import AT_LEAST, BETWEEN, BEYOND, FOUND
from miner.capacity.step import MARGIN
from miner.errors import MinerError, TooLittleData
from miner.plots import plot_capacity
from miner.plots.drawn import draw
from miner.replay import Load

SHORT = 0.05
"""Seconds of a pause: sessions are over soon, and the load is there from the beginning."""
SPEED = 1 / SHORT
QUICK = {"name": "quick", "measure": "p95 latency", "below": "100ms", "least": 20}
BEARS = 1 / EACH / 2 / RATE
"""Times the recorded traffic at which the only worker has no pause left: sessions are of two requests."""
LOW, HIGH = 0.33, 1.2
"""Parts of that between which the limit is found: requests queue before, and in a short step they vary."""
WITHIN = 120.0
"""Seconds after which a search that should have ended is taken for one that hangs."""


@pytest.mark.loop
def test_the_limit_of_one_worker_is_found(tmp_path: Path) -> None:
    """It is where requests begin to queue, so not far below what the worker can do at most."""
    objectives = (
        QUICK,
        {"name": "no errors", "measure": "error share", "below": "10%", "under": "500 rps for 2h"},
    )
    told: list[Step] = []
    with one_worker() as host:
        found = capacity(
            setting(tmp_path / "out", host, Load(speed=SPEED), *objectives),
            Bounds(precision=1.0),
            progress=told.append,
        )
    assert found.found.answer in (FOUND, BETWEEN)
    assert found.held is not None
    assert LOW * BEARS <= found.held <= HIGH * BEARS
    assert [one.objective.name for one in found.broke_first] == ["quick"]
    assert "'quick' broke first: p95 latency was" in found.sentence
    assert "times the recorded traffic" in found.sentence
    assert tuple(told) == found.steps
    kept = json.loads((tmp_path / "out" / "capacity.json").read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(found.as_dict()))
    assert any("50.0% of requests may change data" in remark for remark in found.remarks)
    draw(plot_capacity(found), found.folder / "capacity.svg")
    assert "<svg" in (tmp_path / "out" / "capacity.svg").read_text(encoding="utf-8")


@pytest.mark.loop
def test_what_the_generator_cannot_send_is_unknown(tmp_path: Path) -> None:
    """With users for ten sessions at a time the service is not to blame for what is beyond them."""
    with one_worker(each=0.0) as host:
        found = capacity(
            setting(tmp_path / "out", host, Load(users=10, speed=4), QUICK),
            Bounds(start=3, most_scale=24, precision=1.0),
        )
    assert found.found.answer == BEYOND
    assert found.found.broke is None
    assert found.found.unknown is not None
    assert found.held is not None
    assert "Beyond that it is unknown. At " in found.sentence
    assert "The generator did not keep up" in found.sentence


@pytest.mark.loop
def test_what_is_known_is_kept_on_ctrl_c(tmp_path: Path) -> None:
    """A search that is interrupted in its second step answers with the first."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_capacity import interrupted; "
        "interrupted(sys.argv[2], sys.argv[3])"
    )
    with one_worker(each=0.0) as host:
        process = subprocess.Popen(
            [sys.executable, "-c", code, Path(__file__).parent, host, tmp_path / "out"],
            stdout=subprocess.PIPE,
        )
        wait_for(lambda: any(tmp_path.glob("out/.step-2-*/requests-*.jsonl")))
        os.kill(process.pid, signal.SIGINT)
        said = json.loads(process.communicate(timeout=WITHIN)[0])
    assert said == json.loads((tmp_path / "out" / "capacity.json").read_text(encoding="utf-8"))
    assert (said["answer"], said["stopped"], len(said["steps"])) == (AT_LEAST, "it was interrupted", 1)


def interrupted(host: str, out: str) -> None:
    """What the test interrupts; stdout has the answer all the same."""
    found = capacity(setting(Path(out), host, Load(speed=SPEED), QUICK))
    assert found.interrupted
    sys.stdout.write(json.dumps(found.as_dict()))


def wait_for(condition: object, seconds: float = WITHIN) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.loop
def test_what_no_step_can_tell_is_refused_after_the_first(tmp_path: Path) -> None:
    """Where the most that is allowed brings too few requests, it is said how long it would take."""
    rare = {"name": "rare", "measure": "p99.9 latency", "below": "1s"}
    said = r"10,000 are needed.*Give --run-time"
    with one_worker(each=0.0) as host, pytest.raises(TooLittleData, match=said) as refused:
        capacity(setting(tmp_path / "out", host, Load(speed=SPEED), rare), Bounds(most_scale=2))
    longer = refused.value.hint.split("--run-time ")[1].split("s")[0]
    assert int(longer) == pytest.approx(10_000 / 4 / RATE * MARGIN, rel=0.5)
    assert (tmp_path / "out" / "capacity.json").is_file()
    assert not (tmp_path / "out" / "step-2").exists()


@pytest.mark.parametrize(
    ("objective", "more", "complaint"),
    [
        ({"warm_up": "3s", "every": "2s"}, {}, "warm-up of 3s and a window of 2s, and a step lasts 3s"),
        ({"warm_up": "3s"}, {}, "needs a warm-up of 3s, and a step lasts 3s"),
        ({"measured_at": "service"}, {}, "there is no log of it"),
        ({"endpoint": "GET /thing"}, {}, "The nearest is 'GET /things'"),
        ({}, {"host": "http://192.0.2.1"}, "is not on this machine"),
        ({}, {"host": "http://127.0.0.1:9"}, "Nothing answers"),
        ({}, {"load": Load(rps=1.0, sessions_per_second=1.0)}, "too many"),
        ({}, {"run_time": 0.0}, "run time cannot be 0"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    objective: dict[str, str], more: dict[str, Any], complaint: str, tmp_path: Path
) -> None:
    """Before anything is sent, the user is told what is wrong, and no folder is left behind."""
    given: dict[str, Any] = {"host": "http://127.0.0.1:9", "load": Load(), **more}
    with pytest.raises(MinerError, match=complaint):
        capacity(setting(tmp_path / "out", given.pop("host"), given.pop("load"), QUICK | objective, **given))
    assert not (tmp_path / "out").exists()


def test_an_earlier_search_is_not_written_over(tmp_path: Path) -> None:
    """A folder that holds something is refused."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "capacity.json").write_text("{}", encoding="utf-8")
    with pytest.raises(MinerError, match="not empty"):
        capacity(setting(tmp_path / "out", "http://127.0.0.1:9", Load(), QUICK))
