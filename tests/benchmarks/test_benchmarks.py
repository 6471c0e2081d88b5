"""The benchmarks run, and compare like with like. How fast anything is depends on the machine: no test."""

from __future__ import annotations

import ipaddress
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contenders import CONTENDERS
from make_log import make_log
from panels import SHOWN, panels
from work import COMBINED, polars_by_pattern, polars_to_parquet

from miner.ingest import ingest
from miner.store import Store

COMMAND = Path(__file__).parent / "ingest.py"
LINES = 2_000
DOCUMENTATION = [
    ipaddress.ip_network(block)
    for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]
SAME = """
    SELECT address, "user", epoch_us(started), method, target, status, bytes, referrer, agent
    FROM requests
    ORDER BY line
"""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small log without odd lines."""
    path = tmp_path_factory.mktemp("benchmark") / "access.log"
    make_log(path, LINES)
    return path


@pytest.mark.parametrize("lines", [0, 1, 49, 120_000])
def test_a_log_has_as_many_lines_as_asked_for(tmp_path: Path, lines: int) -> None:
    """Neither the end of a chunk nor odd lines make a log longer or shorter."""
    make_log(tmp_path / "a.log", lines, odd=0.3)
    content = (tmp_path / "a.log").read_bytes()
    assert content.count(b"\n") == lines
    assert content.endswith(b"\n") or not lines


def test_equal_seeds_make_equal_logs(tmp_path: Path) -> None:
    """A log depends on its seed, and on nothing else."""
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        make_log(tmp_path / name, LINES, seed=seed, odd=0.05)
    first, second, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == second
    assert first != other


def test_odd_lines_are_the_share_asked_for(tmp_path: Path, log: Path) -> None:
    """Without odd lines every line is a combined one; with a share of them, about that share is not."""
    make_log(tmp_path / "odd.log", 20_000, odd=0.2)
    assert all(re.match(COMBINED, line) for line in log.read_text().splitlines())
    odd = [line for line in (tmp_path / "odd.log").read_text().splitlines() if not re.match(COMBINED, line)]
    assert 0.18 < len(odd) / 20_000 < 0.22


def test_addresses_are_those_for_documentation(log: Path) -> None:
    """No address in a log that we publish belongs to anybody."""
    found = {ipaddress.ip_address(line.split(" ")[0]) for line in log.read_text().splitlines()}
    assert len(found) > LINES / 4
    assert all(any(address in block for block in DOCUMENTATION) for address in found)


def test_every_contender_finds_every_request() -> None:
    """A small run ends well, and whoever is installed found as many requests as there are lines."""
    ended = subprocess.run(
        [sys.executable, COMMAND, "--lines", str(LINES), "--rounds", "1", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    installed = {name for name, each in CONTENDERS.items() if not each.missing} - {"miner-grown"}
    assert {found["name"]: found["rows"] for found in report["contenders"]} == dict.fromkeys(installed, LINES)
    assert set(report["skipped"]) == set(CONTENDERS) - installed - {"miner-grown"}
    for found in report["contenders"]:
        assert found["seconds"] > 0
        assert found["peak_bytes"] > 1_000_000


@pytest.mark.parametrize("work", [polars_to_parquet, polars_by_pattern])
def test_polars_makes_the_same_table(log: Path, tmp_path: Path, work: Callable[[Path, Path], int]) -> None:
    """What polars is measured at has the same values as our requests, of the same types."""
    pl = pytest.importorskip("polars")
    work(log, tmp_path)
    theirs = pl.read_parquet(tmp_path / "traffic.parquet")
    assert str(theirs.schema["stamp"]) == "Datetime(time_unit='us', time_zone='UTC')"
    stamp = theirs["stamp"].dt.epoch("us")
    with Store.open(None) as store:
        ingest([log], store, format="combined")
        assert rows_of(store) == theirs.with_columns(stamp=stamp).rows()


def rows_of(store: Store) -> list[tuple[Any, ...]]:
    """Our requests, with the columns that are compared."""
    return list(zip(*store.ask(SAME).to_pydict().values(), strict=True))


@pytest.mark.skipif(bool(CONTENDERS["goaccess"].missing), reason="goaccess is not installed")
def test_our_panels_say_what_goaccess_says(log: Path, tmp_path: Path) -> None:
    """The panels that ours is measured with hold the hits that GoAccess counts."""
    subprocess.run(
        CONTENDERS["goaccess"].command(log, tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    report = json.loads((tmp_path / "report.json").read_text())
    with Store.open(None) as store:
        ingest([log], store, format="combined")
        ours = panels(store)
    for panel in ("visitors", "requests", "static_requests", "not_found", "hosts", "visit_time", "referrers"):
        found = [row for row in ours if row["panel"] == panel]
        theirs = report[panel]["data"]
        assert sorted(row["hits"] for row in found) == sorted(row["hits"]["count"] for row in theirs)
        assert len(found) <= SHOWN
    assert ours[0]["visitors"] == report["general"]["unique_visitors"]


def test_all_contenders_are_held_against_the_same_sessions() -> None:
    """Ours, what one would do otherwise, and the planted truth have every figure on one small population."""
    small = ["--seeds", "1", "--sessions", "500", "--population", "overlapping", "--json"]
    done = subprocess.run(
        [sys.executable, COMMAND.with_name("user_paths.py"), *small], capture_output=True, check=True
    )
    trials = {trial["contender"]: trial for trial in json.loads(done.stdout)}
    assert set(trials) == {"truth", "ours", "normal pauses", "k-means", "HDBSCAN", "single chain"}
    assert len({tuple(trial["ratios"]) for trial in trials.values()}) == 1
    assert trials["ours"]["paths"] == trials["truth"]["paths"] == 2
    assert trials["single chain"]["paths"] == 1
    assert trials["single chain"]["of_best"] == 0
    assert trials["ours"]["of_best"] > 0.9


@pytest.mark.loop
def test_generated_code_is_held_against_code_by_hand() -> None:
    """Both make requests on one core, and a large workload is generated; all three are told."""
    done = subprocess.run(
        [sys.executable, COMMAND.with_name("scenario.py"), "--seconds", "5", "--rounds", "1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = re.findall(r"by hand: (\d\.\d\d)", done.stdout)
    assert len(said) == 2
    assert all(float(ratio) > 0 for ratio in said)
    assert "200 endpoints, 12 paths" in done.stdout
    assert len(re.findall(r"  (?:in one file|as files) \d+\.\d\d \(\d+\.\d\)", done.stdout)) == 2


@pytest.mark.loop
def test_a_replay_is_held_against_plain_locust() -> None:
    """With and without the request log on one core, and users who pause; both are told."""
    done = subprocess.run(
        [
            sys.executable, COMMAND.with_name("replay.py"), "--seconds", "3", "--rounds", "1",
            "--users", "50", "--pause", "0.1",
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    ratio = re.search(r"for the same CPU: (\d\.\d\d\d)", done.stdout)
    assert ratio
    assert float(ratio[1]) > 0
    assert re.search(
        r"50 users with pauses of 0.1 s, sent later than meant: \d+\.\d\d ms at p50", done.stdout
    )
