"""Who is measured, on which file, and how many requests each says it found."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from panels import STATIC
from work import SLICE, WORK

HERE = Path(__file__).parent
GOACCESS = shutil.which("goaccess")


def in_python(work: str) -> Callable[[Path, Path], list[str]]:
    """The command for one of the functions in work.py."""
    if work not in WORK:
        raise KeyError(work)
    return lambda log, folder: [sys.executable, str(HERE / "work.py"), work, str(log), str(folder)]


def goaccess(log: Path, folder: Path) -> list[str]:
    """GoAccess as it comes, on all cores where its version can."""
    command = ["goaccess", str(log), "--log-format=COMBINED", "--no-global-config", "--no-progress"]
    command += [f"--static-file=.{ending}" for ending in STATIC]
    command += ["-o", str(folder / "report.json")]
    return command + ([f"--jobs={os.cpu_count()}"] if goaccess_has_jobs() else [])


def goaccess_has_jobs() -> bool:
    """Whether this GoAccess can use several cores: it can from 1.8 on."""
    return "--jobs" in first_words("goaccess", "--help")


def first_words(*command: str) -> str:
    """What the command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def printed_rows(output: str, _: Path) -> int:
    """What work.py printed."""
    return int(output)


def goaccess_rows(_: str, folder: Path) -> int:
    """The requests that GoAccess could read."""
    report = json.loads((folder / "report.json").read_text(encoding="utf-8", errors="replace"))
    return int(report["general"]["valid_requests"])


@dataclass(frozen=True)
class Contender:
    """One way to do the work."""

    title: str
    command: Callable[[Path, Path], list[str]]
    """From the log and an empty folder for what it leaves."""
    rows: Callable[[str, Path], int] = printed_rows
    log: str = "plain"
    """Which log it reads: plain, gzip, grown (10 times the lines), or rows (those of the plain one)."""
    at_most: int | None = None
    """It reads no more lines than this; its times are scaled to the whole."""
    rival: str | None = None
    """Which of ours does the same work."""
    missing: str | None = None
    """Why it cannot run here, if it cannot."""


NO_POLARS = None if find_spec("polars") else "polars is not installed"
NO_GOACCESS = None if GOACCESS else "goaccess is not installed"

CONTENDERS: dict[str, Contender] = {
    "scan": Contender("counting lines: the floor", in_python("count_lines")),
    "miner": Contender("ours, to DuckDB on disk", in_python("ours")),
    "miner-gzip": Contender("ours, from gzip", in_python("ours"), log="gzip"),
    "miner-panels": Contender("ours, with GoAccess' panels", in_python("ours_with_panels")),
    "miner-grown": Contender("ours, 10 times the lines", in_python("ours"), log="grown"),
    "store": Contender("rows into our table, not read from text", in_python("store_only"), log="rows"),
    "sessions": Contender("the same, then sessions, routes, moves", in_python("sessions"), log="rows"),
    "polars": Contender(
        "polars, to a table in memory", in_python("polars_in_memory"), rival="miner", missing=NO_POLARS
    ),
    "polars-parquet": Contender(
        "polars, to Parquet", in_python("polars_to_parquet"), rival="miner", missing=NO_POLARS
    ),
    "polars-pattern": Contender(
        "polars by pattern, to Parquet", in_python("polars_by_pattern"), rival="miner", missing=NO_POLARS
    ),
    "python": Contender(
        f"Python's re (of {SLICE:,} lines)",
        in_python("python_by_line"),
        at_most=SLICE,
        rival="miner",
    ),
    "goaccess": Contender(
        "GoAccess, to its report", goaccess, rows=goaccess_rows, rival="miner-panels", missing=NO_GOACCESS
    ),
}


def versions() -> dict[str, str]:
    """The version of everything that is measured and installed."""
    found = {"python": sys.version.split()[0]}
    found |= {name: version(name) for name in ("duckdb", "pyarrow", "polars") if find_spec(name)}
    if GOACCESS:
        found["goaccess"] = first_words("goaccess", "--version").split()[2].rstrip(".")
    return found
