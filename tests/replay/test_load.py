"""How much load a replay is: rates, mixes, profiles, and the users that they take."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2
from stub import WITHIN, Answer, Request, Stub, locust, rows, serving

from miner.generate.prose import BUSY
from miner.generate.runtime_text import runtime
from miner.replay import Load, Run, replay
from miner.replay.constants import PathSays, Says, constants
from miner.replay.load import PEAKS, PROFILES, ROOM
from miner.scenario_writer import write_scenario
from miner.workload import Workload

THINK = {"law": "exponential", "mean": 0.01}
SHOP = Workload.model_validate(
    {
        "name": "desk",
        "arrivals": {"mean": 10.0},
        "endpoints": {name: {"request": f"GET /{name}"} for name in ("look", "buy")},
        "paths": [
            {
                "name": path, "share": share, "start": {path: 1.0},
                "moves": {path: {path: {"p": 0.5, "think": THINK}, "leave": {"p": 0.5}}},
            }
            for path, share in (("look", 0.9), ("buy", 0.1))
        ],
    }
)  # fmt: skip
SAYS = Says(
    sessions_per_second=0.5,
    paths=(PathSays("look", 75, 2.0, 10.0), PathSays("buy", 25, 6.0, 50.0)),
    by_hour=(0.5,) * 12 + (1.5,) * 12,
)
SECONDS, RATE = 10.0, 50.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the scenario is."""
    write_scenario(SHOP, tmp_path / "desk.py")
    return tmp_path


@pytest.mark.parametrize(
    ("load", "rate", "users"),
    [
        (Load(), 0.5, 0.5 * (1.5 * 20 + 3)),
        (Load(scale=3), 1.5, 1.5 * (1.5 * 20 + 3)),
        (Load(speed=10), 0.5, 0.5 * (1.5 * 2 + 3)),
        (Load(rps=30), 10, 10 * (1.5 * 20 + 3)),
        (Load(rps=30, mix={"buy": 0.5}), 7.5, 7.5 * (1.5 * 30 + 4)),
        (Load(sessions_per_second=2, mix={"look": 1.0}), 2, 2 * (1.5 * 10 + 2)),
        (Load(profile="peak"), 0.5, 0.75 * (1.5 * 20 + 3)),
        (Load(profile="spike"), 0.5, 2 * (1.5 * 20 + 3)),
        (Load(closed=True), 0.5, 0.5 * 1.5 * 20),
    ],
    ids=lambda value: repr(value)[:60] if isinstance(value, Load) else "",
)
def test_rate_and_users_follow_from_the_scenario(load: Load, rate: float, users: float) -> None:
    """Half a session of 3 requests and 20 s starts a second; a request may take a second."""
    options = load.options(SAYS)
    assert float(options["sessions-per-second"]) == pytest.approx(rate)
    assert int(options["users"]) == -int(-users // 1) + 10


def test_users_are_reckoned_as_the_scenario_does() -> None:
    """The runtime is never imported here, so that what both know stands twice: it is the same."""
    said = {
        target.id: ast.literal_eval(node.value)
        for node in ast.parse(runtime()).body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id in ("BUSY", "PROFILES")
    }
    assert said["BUSY"] == BUSY == ROOM
    assert {name: max(of) for name, of in said["PROFILES"].items() if of} == PEAKS
    assert set(said["PROFILES"]) == set(PROFILES)


def test_a_scenario_says_what_it_is_like(folder: Path) -> None:
    """What is read from the file is what its workload has."""
    says = constants(folder / "desk.py")
    assert says.sessions_per_second == 10.0
    assert says.paths == (PathSays("look", 900.0, 2.0, 0.01), PathSays("buy", 100.0, 2.0, 0.01))


@pytest.fixture(scope="module")
def spike(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with a spike in its middle, in another mix."""
    folder = tmp_path_factory.mktemp("spike")
    write_scenario(SHOP, folder / "desk.py")
    with serving(lambda *_: Answer()) as stub:
        load = Load(rps=2 * RATE, profile="spike", mix={"buy": 0.7})
        return replay(folder / "desk.py", stub.url, out=folder / "run", load=load, run_time=SECONDS, seed=3)


@pytest.mark.loop
def test_profile_and_mix_are_kept(spike: Run) -> None:
    """Four times as many sessions start in the spike, and seven of ten buy: within four deviations."""
    log = pd.read_parquet(spike.log)
    first = log[log["position"] == 1]
    assert spike.kept_up, spike.verdict
    at = (first["started"] - first["started"].min()).dt.total_seconds()
    within = int(at.between(0.4 * SECONDS, 0.5 * SECONDS).sum())
    assert within == pytest.approx(4 * RATE * SECONDS / 10, abs=4 * (4 * RATE * SECONDS / 10) ** 0.5)
    assert len(first) == pytest.approx(1.3 * RATE * SECONDS, abs=4 * (1.3 * RATE * SECONDS) ** 0.5)
    bought = float((first["path"] == "buy").mean())
    assert bought == pytest.approx(0.7, abs=4 * (0.7 * 0.3 / len(first)) ** 0.5)


@pytest.mark.loop
def test_arrivals_are_poisson(folder: Path) -> None:
    """Counts per quarter of a second are as dispersed as chance makes them (two-sided, 0.1 %)."""
    with serving(lambda *_: Answer()) as stub:
        load = Load(sessions_per_second=RATE)
        run = replay(folder / "desk.py", stub.url, out=folder / "run", load=load, run_time=SECONDS, seed=3)
    log = pd.read_parquet(run.log)
    first = log.loc[log["position"] == 1, "started"]
    at = (first - first.min()).dt.total_seconds()
    counts = np.histogram(at, np.arange(1.0, SECONDS - 0.25, 0.25))[0]  # users come within the first second
    statistic = ((counts - counts.mean()) ** 2).sum() / counts.mean()
    assert 0.001 < chi2(len(counts) - 1).cdf(statistic) < 0.999
    assert run.late_p50 < 0.005


def slow(_: Stub, __: Request) -> Answer:
    time.sleep(0.5)
    return Answer()


@pytest.mark.loop
def test_a_slow_service_gets_its_load_unless_users_wait_for_it(folder: Path) -> None:
    """A request takes half a second where next to nothing was expected: only closed users come less often."""
    sessions = {}
    for kind, more in {"open": ["-u", "80", "-r", "80"], "closed": ["-u", "10", "--closed"]}.items():
        with serving(slow) as stub:
            locust(folder, stub.url, *more, "--session-run-time=6")
            sessions[kind] = rows(folder)["SESSION all paths"]
    assert sessions["open"] == pytest.approx(15 * 6, abs=4 * (15 * 6) ** 0.5)
    # 10 users, who rest for 10 / 15 s and need a second for a session
    assert sessions["closed"] == pytest.approx(6 * 10 / (10 / 15 + 1.0), abs=12)


@pytest.mark.loop
def test_workers_that_were_started_by_hand_share_the_sessions(folder: Path) -> None:
    """A master and two workers, each a process of its own: the rate is that of all of them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with serving(lambda *_: Answer()) as stub:
        base = [sys.executable, "-m", "locust", "-f", "desk.py"]
        workers = [
            subprocess.Popen(
                [*base, "--worker", f"--master-port={port}"], cwd=folder,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for _ in range(2)
        ]  # fmt: skip
        try:
            done = subprocess.run(
                [
                    *base, "--master", f"--master-bind-port={port}", "--expect-workers=2", "--headless",
                    "-u", "20", "-r", "20", "--sessions-per-second=30", "-t", "10", "--json-file=stats",
                    f"--host={stub.url}", "--only-summary",
                ],
                cwd=folder, capture_output=True, text=True, timeout=WITHIN, check=False,
            )  # fmt: skip
        finally:
            for worker in workers:
                worker.terminate()
                worker.wait(WITHIN)
    assert rows(folder)["SESSION all paths"] == pytest.approx(300, abs=4 * 300**0.5), done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--mix=nobody=1"], "there is no path nobody, but look, buy"),
        (["--mix=look=1.5"], "not at least 0, and 1 together"),
        (["--mix=look=x"], "--mix look=x"),
        (["--arrivals=spike", "--session-run-time=0"], "needs to know how long"),
        (["--arrivals=spike", "--closed"], "which --closed takes away"),
        (["--rps=5000"], "5000 requests per second are more than --max-rps allows"),
    ],
)
def test_loads_that_cannot_be_are_refused(options: list[str], said: str, folder: Path) -> None:
    """The reason is in Locust's log, and nothing is sent."""
    with serving(lambda *_: Answer()) as stub:
        done = locust(folder, stub.url, "--sessions-per-second=0", *options)
    assert said in done.stderr
    assert done.returncode == 2
    assert stub.got == []
