"""What is left of a replay: a folder, and the facts in its `run.json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
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
    exact: bool
    """Whether the recorded sessions themselves were sent."""
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
    """Seconds after which requests started, later than they were meant to."""
    latency_p50: float
    latency_p99: float
    """Seconds from the sending of a request to its answer."""
    response_p50: float
    response_p99: float
    """Seconds from when it was meant to be sent: what a late request hides counts here."""
    kept_up: bool
    verdict: str
    complete: bool
    """Whether every session that was due has started and ended."""
    limited_by: str = ""
    """If it did not keep up, what it was limited by, where that is known: cpu, users or service."""
    signed: bool = False
    """Whether the User-Agent of its requests names their session."""
    interrupted: bool = False
    """Whether the user pressed Ctrl-C before its end."""
    stopped: str = ""
    """Why it was stopped, if somebody watched it and saw no use in going on."""

    @property
    def log(self) -> Path:
        """The request log, `requests.parquet`."""
        return self.folder / "requests.parquet"


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
