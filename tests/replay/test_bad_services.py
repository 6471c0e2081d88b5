"""A replay of a service that fails: what there is, is kept, and it is said what was wrong."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import NoReturn

import pandas as pd
import pytest
from stub import Answer, Request, Stub, serving

from miner.errors import MinerError
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


def left(folder: Path, after: int) -> tuple[int, str, float]:
    """How a replay ended that was left with Ctrl-C when its service, after so many requests, hung.

    Its exit code, what it said, and the seconds from Ctrl-C to its end.
    """
    hangs = threading.Event()
    write_scenario(SITE, folder / "desk.py")

    def answer(stub: Stub, _: Request) -> Answer:
        if len(stub.got) > after:
            hangs.wait(60)
        return Answer()

    with serving(answer) as stub:
        process = mine(folder, stub, "--sessions-per-second", "20", "--run-time", "60")
        try:
            wait_for(lambda: len(stub.got) > after + 5)
        finally:  # a replay takes its Locust with it
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=30)[0]
            took = time.monotonic() - began
            hangs.set()
    return process.returncode, " ".join(said.split()), took


@pytest.mark.loop
def test_a_service_that_hangs_can_be_left(tmp_path: Path) -> None:
    """On Ctrl-C what was answered before is kept, without a wait for what never will be."""
    code, said, took = left(tmp_path, after=20)
    run = load_run(tmp_path / "run")
    assert code == 0, said
    assert took < 15
    assert not run.complete
    assert run.requests >= 19
    assert "not all sessions started and ended" in said


@pytest.mark.loop
def test_a_service_that_never_answers_leaves_no_run(tmp_path: Path) -> None:
    """The sentence does not say that nobody asked."""
    code, said, _ = left(tmp_path, after=1)
    assert code == 2
    assert "No request was answered before the run ended." in said
    assert not (tmp_path / "run").exists()


@pytest.mark.loop
def test_a_full_disk_ends_a_run_that_says_what_is_missing(tmp_path: Path) -> None:
    """No file may be longer than 48 KiB: the run ends when its log cannot grow; what there is, is kept."""
    write_scenario(SITE, tmp_path / "desk.py")
    with serving(lambda *_: Answer()) as stub:
        options = ["--sessions-per-second", "100", "--run-time", "60"]
        said = mine(tmp_path, stub, *options, limit=48).communicate(timeout=60)[0]
    run = load_run(tmp_path / "run")
    assert not run.complete
    assert 20 < len(pd.read_parquet(run.log)) == run.requests < len(stub.got)
    assert "Requests are missing" in " ".join(said.split())
    assert "File too large" in (run.folder / "locust.log").read_text(encoding="utf-8")


@pytest.mark.loop
def test_a_disk_that_takes_no_run_keeps_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where not even the tables fit, the log of each process is still there."""

    def full(_: Path) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys.modules["miner.replay.perform"], "merge", full)
    with (
        serving(lambda *_: Answer()) as stub,
        pytest.raises(MinerError, match="cannot be written to its end: No space left") as raised,
    ):
        replayed(stub, tmp_path)
    assert f"{tmp_path / 'run'}" in raised.value.hint
    assert list((tmp_path / "run").glob("requests-*.jsonl"))


def mine(folder: Path, stub: Stub, *options: str, limit: int | None = None) -> subprocess.Popen[str]:
    """`mine replay` of the scenario in `folder`, whose files may have so many KiB at most."""
    command = [sys.executable, "-m", "miner.cli", "replay", "desk.py", "--host", stub.url, "--out", "run"]
    limited = ["bash", "-c", f'ulimit -f {limit}; exec "$@"', "mine"] if limit else []
    return subprocess.Popen(
        [*limited, *command, *options],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
