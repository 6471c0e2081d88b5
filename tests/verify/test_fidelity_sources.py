"""Whatever holds sessions is read alike: logs, stores, workload files, rows, runs and frames."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from miner.errors import MinerError, TooLittleData
from miner.ingest import ingest
from miner.paths import prepare
from miner.session_files import write_sessions
from miner.simulate import simulate
from miner.store import Store
from miner.verify import compare
from miner.verify.sources import How, of_frame, read, stamps
from miner.verify.steps import cut, walks
from miner.workload import Workload
from miner.workload_file import load

PLAYERS = Path(__file__).parents[2] / "sample_logs" / "players.toml"
SESSIONS = 300
SEED = 3
HOW = How(sessions=0, seed=SEED, openapi=None)
MANY_TICKS = 10_000


@cache
def players() -> Workload:
    """The players, with a service that takes about 30 ms."""
    data = load(PLAYERS).model_dump()
    for endpoint in data["endpoints"].values():
        endpoint["latency"] = {"median": 0.03, "sigma": 0.5}
    return Workload.model_validate(data)


@cache
def rows() -> pd.DataFrame:
    return simulate(players(), SESSIONS, SEED)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_session_rows_are_what_was_simulated(tmp_path: Path, ending: str) -> None:
    """Sessions written to a file and read from it do not differ from the frame, and have no clock."""
    file = tmp_path / f"rows{ending}"
    write_sessions(players(), SESSIONS, SEED, file)
    fidelity = compare(rows(), file)
    assert {figure.distance for figure in fidelity.figures if figure.name != "auc"} == {0.0}
    assert fidelity.clock == 0.0


def test_a_store_is_read_like_its_log(tmp_path: Path) -> None:
    """A store gives what its log gives, whether its sessions were made before or not."""
    log = tmp_path / "players.log"
    write_sessions(players(), SESSIONS, SEED, log)
    fresh, ready = tmp_path / "fresh.duckdb", tmp_path / "ready.db"
    for file in (fresh, ready):
        with Store.open(file) as store:
            ingest([log], store)
            if file == ready:
                prepare(store)
    for file in (fresh, ready):
        fidelity = compare(log, file)
        assert fidelity["triples"].distance == fidelity["think_time"].distance == 0.0
        assert fidelity.clock == 1.0


def test_a_workload_is_simulated_as_often_as_the_other_side_asks() -> None:
    """A workload gives at least 5,000 sessions, and as many as the other side has if that is more."""
    assert read(PLAYERS, HOW).sessions == 5_000
    assert read(PLAYERS, How(5_100, SEED, None)).sessions == 5_100


def test_the_speed_of_a_run_is_undone(tmp_path: Path) -> None:
    """A run at ten times the speed has the pauses of one at its own, and its durations are kept."""
    fidelity = compare(rows(), run(tmp_path / "run", speed=10.0))
    assert max(figure.distance for figure in fidelity.figures if figure.name != "auc") < 0.01
    assert not any("run" in remark for remark in fidelity.remarks)
    assert compare(rows(), tmp_path / "run" / "requests.parquet")["think_time"].distance > 0.5


def test_a_run_that_was_stopped_is_remarked_on(tmp_path: Path) -> None:
    """A run that is not complete says so, and how many of its requests got no answer."""
    fidelity = compare(rows(), run(tmp_path / "run", complete=False, silent=2))
    assert "stopped early" in fidelity.remarks[0]
    assert f"2 of {len(rows())} requests got no answer" in fidelity.remarks[1]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"speed": 0}', '{"speed": "fast"}', '{"speed": NaN}'])
def test_a_folder_without_a_speed_is_no_run(tmp_path: Path, text: str) -> None:
    """A folder is a run only if its run.json tells a speed above 0."""
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(MinerError):
        compare(rows(), tmp_path)


def test_what_is_no_table_of_sessions_is_refused() -> None:
    """A frame without a needed column, with words for statuses or without rows is refused."""
    with pytest.raises(MinerError, match="'started' is missing"):
        compare(rows(), rows().drop(columns="started"))
    with pytest.raises(MinerError, match="no table of sessions"):
        compare(rows(), rows().assign(status="fine"))
    with pytest.raises(TooLittleData, match="no session"):
        compare(rows(), rows().iloc[:0])


def test_names_of_parameters_are_no_difference() -> None:
    """`/users/{id}` and `/users/{user_id}` are one endpoint: who named the parameter is no user's doing."""
    renamed = rows().assign(endpoint=rows()["endpoint"].str.replace("{user_id}", "{id}", regex=False))
    assert compare(rows(), renamed)["request_mix"].distance == 0.0


def test_the_clock_is_found_in_the_stamps() -> None:
    """The clock is the coarsest unit that one end of all requests is on, and it is said which end."""
    second = 1_000_000
    whole = np.arange(1, 100, dtype=np.int64) * 60 * second
    odd = np.arange(1, 100, dtype=np.int64) * 31_001
    assert stamps(whole - odd, whole) == (60 * second, "end")
    assert stamps(whole + second - odd, whole + second) == (second, "end")
    assert stamps(whole + second, whole + second + odd) == (second, "start")
    assert stamps(whole + 1_000, whole + 1_000) == (1_000, "end")
    assert stamps(whole + odd, whole + odd * 2) == (0, "end")


def test_the_phase_of_a_simulation_against_the_clock_is_uniform() -> None:
    """Simulated requests end anywhere within a second, so that cutting them to it is what a log does."""
    steps = of_frame(simulate(players(), MANY_TICKS // 4, SEED), "rows")
    phases = (steps.started + steps.duration) % 1_000_000 / 1e6
    counts = np.histogram(phases, 20, (0, 1))[0] / len(phases)
    assert np.abs(counts - 0.05).max() < 0.01
    started, ended = cut(steps, 1_000_000, "end")
    assert not (ended % 1_000_000).any()
    assert (ended - started == steps.duration).all()


def test_slow_requests_do_not_lengthen_pauses_on_a_coarse_clock() -> None:
    """On a one-second clock pauses keep their distribution, whatever part of a second requests take."""
    medians = []
    for duration in (0.0, 0.3, 0.5, 0.9):
        steps = of_frame(paused(duration), "rows")
        clocked = walks(steps, replace(steps, clock=1_000_000), steps.endpoints, SEED)
        medians.append(np.nanquantile(clocked.think, [0.25, 0.5, 0.75]))
    assert np.ptp(np.array(medians), axis=0).max() <= 0.2


def paused(duration: float) -> pd.DataFrame:
    """Sessions of two requests of this duration, 2 to 6 seconds apart."""
    rng = np.random.default_rng(SEED)
    start = np.sort(rng.random(MANY_TICKS)) * 1e6
    think = rng.uniform(2.0, 6.0, MANY_TICKS)
    seconds = np.column_stack([start, start + duration + think]).ravel()
    return pd.DataFrame(
        {
            "session": np.repeat(np.arange(MANY_TICKS), 2),
            "position": np.tile([1, 2], MANY_TICKS),
            "endpoint": "GET /",
            "status": 200,
            "started": pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(seconds, unit="s"),
            "duration": duration,
        }
    )


def run(folder: Path, *, speed: float = 1.0, complete: bool = True, silent: int = 0) -> Path:
    """The folder of a run of `rows()` in which pauses were divided by `speed`."""
    folder.mkdir()
    think = rows()["think"] / speed
    before = rows().groupby("session")["duration"].shift(fill_value=0.0)
    busy = (think.fillna(0.0) + before).groupby(rows()["session"]).cumsum()
    began = rows().groupby("session")["started"].transform("first")
    hurried = rows().assign(think=think, started=began + pd.to_timedelta(busy, unit="s"), late=0.0)
    hurried.loc[: silent - 1, "status"] = 0
    hurried.sort_values("started").to_parquet(folder / "requests.parquet", index=False)
    facts = {"speed": speed, "complete": complete}
    (folder / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder
