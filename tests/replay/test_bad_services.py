"""A replay of a service that fails: what there is, is kept, and it is said what was wrong."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pandas as pd
import pytest
from stub import Answer, Request, Stub, serving

from miner.replay import Load, Run, load_run, replay
from miner.scenario_writer import write_scenario
from miner.workload import Workload

THINK = {"law": "exponential", "mean": 0.05}
SITE = Workload.model_validate(
    {
        "name": "desk",
        "arrivals": {"mean": 10.0},
        "endpoints": {"look": {"request": "GET /look"}},
        "paths": [
            {
                "name": "look", "share": 1, "start": {"look": 1.0},
                "moves": {"look": {"look": {"p": 0.5, "think": THINK}, "leave": {"p": 0.5}}},
            }
        ],
    }
)  # fmt: skip


def replayed(stub: Stub, folder: Path) -> Run:
    """Two seconds of twenty sessions each."""
    write_scenario(SITE, folder / "desk.py")
    load = Load(sessions_per_second=20)
    return replay(folder / "desk.py", stub.url, out=folder / "run", load=load, run_time=2, seed=4)


@pytest.mark.loop
@pytest.mark.parametrize("status", [500, 429])
def test_errors_that_were_not_recorded_are_failures(status: int, tmp_path: Path) -> None:
    """Each of them counts, and the run is a whole one."""
    with serving(lambda *_: Answer(status)) as stub:
        run = replayed(stub, tmp_path)
    assert run.failures == run.requests == len(stub.got) - 1  # one to see whether somebody answers
    assert run.complete
    assert set(pd.read_parquet(run.log)["status"]) == {status}


@pytest.mark.loop
def test_redirects_to_another_host_are_not_followed_but_said(tmp_path: Path) -> None:
    """The log names where nobody went."""
    with serving(lambda *_: Answer(301, headers={"Location": "https://shop.example/look"})) as stub:
        run = replayed(stub, tmp_path)
    assert run.requests == len(stub.got) - 1
    said = (run.folder / "locust.log").read_text(encoding="utf-8")
    assert f"{run.requests} answers were redirects to https://shop.example, and not followed" in said


@pytest.mark.loop
def test_a_service_that_dies_leaves_a_run(tmp_path: Path) -> None:
    """Requests without an answer are failures of status 0; what was answered before is kept."""
    got = count()

    def answer(stub: Stub, _: Request) -> Answer:
        stub.dead = next(got) == 20
        return Answer()

    with serving(answer) as stub:
        run = replayed(stub, tmp_path)
    status = pd.read_parquet(run.log)["status"].value_counts()
    assert status[200] >= 20
    assert status[0] == run.failures > 5
    assert load_run(run.folder) == run
