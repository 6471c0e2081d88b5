"""Replays that objectives go with: stopped when one is lost, judged at the end."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pandas as pd
import pytest
from stub import Answer, Request, Stub, serving

from miner.cli import run as mine
from miner.errors import MinerError
from miner.judged import Judging
from miner.objectives import Objective, Objectives
from miner.replay import Load, load_run
from miner.scenario_writer import write_scenario
from miner.watching import SETTLED, planned, watching
from miner.workload import Arrivals, Endpoint, Exponential, Move, Workload
from miner.workload import Path as UserPath
from miner.workload_file import dumps

SLOW, QUICK = 0.15, 0.0
"""Seconds that the service takes."""
RATE, RUN_TIME = 15.0, 40
"""Sessions a second, of two requests, and seconds for which they start."""
SOON = 25.0
"""Seconds of requests after which a run that is lost from its beginning is over; it would have RUN_TIME."""
DESK = Workload(
    name="desk",
    arrivals=Arrivals(mean=RATE),
    endpoints={"look": Endpoint(request="GET /things"), "take": Endpoint(request="POST /taken")},
    paths=(
        UserPath(
            name="look_then_take",
            share=1.0,
            start={"look": 1.0},
            moves={
                "look": {"take": Move(p=1.0, think=Exponential(mean=0.2))},
                "take": {"leave": Move(p=1.0)},
            },
        ),
    ),
)
FILE = """\
version = 1

[[objectives]]
name = "quick"
endpoint = "look"
measure = "p90 latency"
below = "100ms"

[[objectives]]
name = "steady"
measure = "latency growth"
below = "500%"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the load test and its objectives are."""
    write_scenario(DESK, tmp_path / "desk.py", besides={tmp_path / "desk.toml": dumps(DESK)})
    (tmp_path / "objectives.toml").write_text(FILE, encoding="utf-8")
    return tmp_path


def replayed(folder: Path, seconds: float, *more: str) -> int:
    """The exit code of a watched replay against a service that takes so long for an answer."""

    def answer(_: Stub, __: Request) -> Answer:
        time.sleep(seconds)
        return Answer()

    with serving(answer) as stub:
        options = ["--objectives", f"{folder}/objectives.toml", "--out", f"{folder}/run", "--json", *more]
        return mine(["replay", f"{folder}/desk.py", "--host", stub.url, *options])


def test_a_run_that_is_lost_is_stopped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends before its time, says which objective was lost and why, and what there is of it is judged."""
    assert replayed(folder, SLOW, "--abort-on-fail", "--run-time", f"{RUN_TIME}s") == 1
    run = load_run(folder / "run")
    started = pd.read_parquet(run.log)["started"]
    assert (started.max() - started.min()).total_seconds() < SOON
    assert run.stopped.startswith("quick: ")
    assert "can no longer" in run.stopped
    assert not run.complete
    told = json.loads(capsys.readouterr().out)
    assert told["stopped"] == run.stopped
    assert told["objectives"]["outcomes"][0]["verdict"] == "fail"


def test_a_run_that_may_still_pass_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Watching changes nothing where objectives hold, and the exit code says that they did."""
    assert replayed(folder, QUICK, "--abort-on-fail", "--run-time", "10s") == 0
    run = load_run(folder / "run")
    assert (run.complete, run.stopped) == (True, "")
    assert json.loads(capsys.readouterr().out)["objectives"]["passed"]


def test_a_run_is_judged_without_being_watched(folder: Path) -> None:
    """Without --abort-on-fail it goes on to its end, and fails then."""
    assert replayed(folder, SLOW, "--run-time", "10s") == 1
    assert load_run(folder / "run").complete


def requests(latency: float, count: int, seconds: float) -> pd.DataFrame:
    """So many requests, one after the other, as a run has them on disk."""
    at = pd.to_datetime([1_700_000_000 + seconds * n / count for n in range(count)], unit="s", utc=True)
    return pd.DataFrame(
        {
            "session": [str(n) for n in range(count)], "path": "look_then_take", "position": 1,
            "endpoint": "GET /things", "method": "GET", "target": "/things", "status": 200,
            "started": at, "duration": latency, "think": None, "late": 0.0, "failed": False,
        }
    )  # fmt: skip


QUICK_ENOUGH = Objectives(
    objectives=(Objective(name="quick", measure="p90 latency", below="100ms", every="10s"),)
)


def test_what_is_not_settled_is_not_judged(folder: Path) -> None:
    """A window is over when its last requests had time to be answered, and not before."""
    look = watching(QUICK_ENOUGH, folder / "desk.py", 1000)
    assert look(requests(0.2, 0, 1.0)) is None
    assert look(requests(0.2, 200, 10 + SETTLED / 2)) is None
    assert "quick: " in (look(requests(0.2, 200, 10 + 2 * SETTLED)) or "")
    assert look(requests(0.05, 200, 10 + 2 * SETTLED)) is None


def test_objectives_at_the_service_wait_for_the_end(folder: Path) -> None:
    """What only the service's log tells is not known while the run goes on."""
    at_service = QUICK_ENOUGH.objectives[0].model_copy(update={"measured_at": "service"})
    look = watching(Objectives(objectives=(at_service,)), folder / "desk.py", 1000)
    assert look(requests(9.0, 1000, 60.0)) is None


def test_the_planned_requests_are_those_of_the_load(folder: Path) -> None:
    """Sessions a second times two requests times seconds."""
    assert planned(folder / "desk.py", Load(scale=2.0), 10.0, None) == pytest.approx(2 * RATE * 2 * 10)


@pytest.mark.parametrize("workload", [True, False])
def test_an_endpoint_that_the_scenario_has_not_is_said_before_the_run(workload: bool, folder: Path) -> None:
    """The nearest one is named, whether or not the workload file is beside the locustfile."""
    if not workload:
        (folder / "desk.toml").unlink()
    wrong = Objectives(
        objectives=(Objective(name="x", endpoint="GET /thing", measure="p50 latency", below="1s"),)
    )
    with pytest.raises(MinerError, match="GET /things"):
        watching(wrong, folder / "desk.py", 1000)


@pytest.mark.parametrize(
    "options",
    [["--abort-on-fail"], ["--service-log", "a.log"], ["--recorded", "a.log"]],
    ids=lambda of: of[0],
)
def test_what_goes_with_objectives_needs_them(
    options: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two lines say so, and nothing has run."""
    assert mine(["replay", f"{folder}/desk.py", "--host", "http://127.0.0.1:9", *options]) == 2
    assert "--objectives F.toml" in capsys.readouterr().err


def test_what_was_recorded_is_named_by_the_file_or_by_the_option(folder: Path) -> None:
    """The option overrules the file."""
    file = folder / "objectives.toml"
    file.write_text(FILE.replace("version = 1", 'version = 1\nrecorded = "a.log"'), encoding="utf-8")
    found = [
        Judging.of(file, service_log=None, recorded=given, openapi=None).recorded
        for given in (None, Path("b.log"))
    ]
    assert found == [folder / "a.log", Path("b.log")]
