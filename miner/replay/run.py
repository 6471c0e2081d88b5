"""What is left of a replay: a folder, and the facts in its `run.json`."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from miner.errors import MinerError


@dataclass(frozen=True)
class Run:
    """A replay that took place. Times are seconds; `started_at` is UTC; `folder` is where its files are."""

    folder: Path
    command: tuple[str, ...]
    """Without the paths of this machine."""
    versions: dict[str, str]
    host: str
    seed: int
    speed: float
    scale: float
    sessions_per_second: float
    """What was wanted, `scale` included."""
    run_time: float
    users: int
    processes: int
    started_at: str
    requests: int
    failures: int
    """Requests whose answer was not the one intended."""
    sessions_started: int
    sessions_finished: int
    sessions_never_started: int
    late_p50: float
    late_p99: float
    complete: bool
    """Whether every session that was due has started and ended."""

    @property
    def log(self) -> Path:
        """The request log, `requests.csv`."""
        return self.folder / "requests.csv"


def write_run(run: Run) -> None:
    """`run.json` holds all facts of `run` but its folder."""
    facts: dict[str, Any] = asdict(run)
    del facts["folder"]
    text = json.dumps(facts, indent=2) + "\n"
    (run.folder / "run.json").write_text(text, encoding="utf-8")


def load_run(folder: Path | str) -> Run:
    """The run in `folder`. Raises MinerError if there is none."""
    try:
        facts = json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))
        return Run(folder=Path(folder), **{**facts, "command": tuple(facts["command"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise MinerError(f"{folder} is not the folder of a run.", "Make one with `mine replay`.") from error


def merge(folder: Path) -> dict[str, float]:
    """One `requests.csv`, by start, of all processes' logs; returns what the processes counted.

    Keys: requests, failures, started, finished, never_started, late_p50, late_p99.
    """
    rows: list[dict[str, str]] = []
    columns: list[str] = []
    for part in sorted(folder.glob("requests-*.csv")):
        with part.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            # A process that was killed may have left half a line.
            rows += [row for row in reader if row.get("late")]
            columns = list(reader.fieldnames or columns)
        part.unlink()
    rows.sort(key=lambda row: row["started"])
    _place(rows)
    if columns:
        with (folder / "requests.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return {**_counts(folder, rows), **_lateness(rows)}


def _place(rows: list[dict[str, str]]) -> None:
    """`rows`, by start, have their position in the session, and seconds since all before were answered."""
    sessions: dict[str, tuple[int, float]] = {}
    for row in rows:
        started = datetime.fromisoformat(row["started"]).timestamp()
        position, answered = sessions.get(row["session"], (0, started))
        sessions[row["session"]] = position + 1, max(answered, started + float(row["duration"]))
        row["position"] = str(position + 1)
        row["think"] = f"{max(0.0, started - answered):.6f}" if position else ""


def _counts(folder: Path, rows: list[dict[str, str]]) -> dict[str, float]:
    counts = {"failures": 0.0, "started": 0.0, "finished": 0.0, "never_started": 0.0}
    for part in folder.glob("summary-*.json"):
        for name, count in json.loads(part.read_text(encoding="utf-8")).items():
            counts[name] = counts.get(name, 0) + count
        part.unlink()
    return {**counts, "requests": len(rows)}


def _lateness(rows: list[dict[str, str]]) -> dict[str, float]:
    late = sorted(float(row["late"]) for row in rows if row["position"] == "1")
    at = {
        name: late[math.ceil(len(late) * p) - 1] if late else 0.0 for name, p in (("50", 0.5), ("99", 0.99))
    }
    return {f"late_p{name}": value for name, value in at.items()}
