"""One replay: what it is given is checked, Locust runs, and a folder appears that is whole or marked."""

from __future__ import annotations

import math
import platform
import shutil
import socket
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from miner.errors import MinerError
from miner.replay.constants import beside, constants
from miner.replay.launch import Ended, command, last_words, run_locust
from miner.replay.run import Run, merge, write_run
from miner.replay.target import checked_host

RECORDER = Path(__file__).with_name("recorder.py")
MOST_SESSIONS_PER_SECOND = 200.0
"""More than this is a mistake more often than a wish."""
ROOM = 1.5
"""Users for each session that is under way on average."""
SPARE_USERS = 10
LONGEST_SESSION = 30.0
"""Mean seconds of a session where a locustfile does not say."""


def replay(
    locustfile: Path | str,
    host: str,
    *,
    out: Path | str,
    sessions_per_second: float | None = None,
    scale: float = 1.0,
    speed: float = 1.0,
    run_time: float = 60.0,
    seed: int = 1,
    users: int | None = None,
    processes: int = 1,
    allow_remote: bool = False,
    allow_writes: bool = False,
    most: float = MOST_SESSIONS_PER_SECOND,
) -> Run:
    """`locustfile` has run against `host`; `out` holds the run: requests.csv, run.json and Locust's files.

    Sessions start for `run_time` seconds at `sessions_per_second` (the locustfile's own if not given)
    times `scale`; pauses are divided by `speed`. The run ends when the last session does. On
    Ctrl-C what there is is kept and marked as not complete. Raises MinerError.
    """
    source, folder = Path(locustfile).resolve(), Path(out)
    says = constants(source)
    rate = _rate(says, sessions_per_second) * scale
    _check_figures(rate, speed, run_time, most, processes)
    url = checked_host(host, allow_remote=allow_remote)
    busy = rate * says.get("session_seconds", LONGEST_SESSION) / speed
    crowd = users or math.ceil(busy * ROOM) + SPARE_USERS
    options = {
        "host": url,
        "users": f"{crowd}",
        "spawn-rate": f"{crowd}",
        "sessions-per-second": f"{rate:g}",
        "session-run-time": f"{run_time:g}",
        "speed": f"{speed:g}",
        "seed": f"{seed}",
        "max-rps": f"{most * max(1.0, says.get('session_requests', 1.0)):g}",
        **({"allow-writes": ""} if allow_writes else {}),
        **(_several(processes) if processes > 1 else {}),
    }
    scratch = _scratch(folder)
    try:
        facts = _performed(source, options, scratch)
        run = Run(
            folder=scratch,
            versions=_versions(),
            host=url,
            seed=seed,
            speed=speed,
            scale=scale,
            sessions_per_second=rate,
            run_time=run_time,
            users=crowd,
            processes=processes,
            **facts,
        )
        return _published(run, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _performed(source: Path, options: dict[str, str], scratch: Path) -> dict[str, Any]:
    """Locust has run and left its files in `scratch`; returns the facts of Run that came of it."""
    for file in (source, *beside(source)):
        shutil.copyfile(file, scratch / file.name)
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    ended = run_locust(command(str(source), str(RECORDER), str(scratch), options), scratch)
    counts = merge(scratch)
    _must_have_run(ended, counts, scratch)
    return {
        "command": ("python", *command(source.name, RECORDER.name, ".", options)),
        "started_at": started_at,
        "requests": int(counts["requests"]),
        "failures": int(counts["failures"]),
        "sessions_started": int(counts["started"]),
        "sessions_finished": int(counts["finished"]),
        "sessions_never_started": int(counts["never_started"]),
        "late_p50": counts["late_p50"],
        "late_p99": counts["late_p99"],
        "complete": _complete(ended, counts),
    }


def _several(processes: int) -> dict[str, str]:
    """Processes that meet at a port of their own: other runs on this machine have theirs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    return {"processes": f"{processes}", "master-bind-port": port, "master-port": port}


def _rate(says: dict[str, float], wanted: float | None) -> float:
    """Sessions per second: what the user wants, or what the locustfile says."""
    rate = wanted if wanted is not None else says.get("sessions_per_second")
    if rate is None:
        raise MinerError(
            "The locustfile does not say how many sessions start a second.",
            "Say it: --sessions-per-second 2.",
        )
    return rate


def _check_figures(rate: float, speed: float, run_time: float, most: float, processes: int) -> None:
    figures = {"sessions per second": rate, "speed": speed, "run time": run_time, "processes": processes}
    for name, figure in figures.items():
        if not (0 < figure < math.inf):
            raise MinerError(f"The {name} cannot be {figure:g}.", "Give a number above 0.")
    if rate > most:
        raise MinerError(
            f"{rate:g} sessions a second are more than {most:g}, the most that a replay starts.",
            "Lower --sessions-per-second or --scale, or allow it with most=... from Python.",
        )


def _scratch(folder: Path) -> Path:
    """A new folder beside `folder`, which must not hold anything yet."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise MinerError(f"{folder} is not empty.", "Give another --out, or remove it first.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent)).resolve()
    except OSError as error:
        raise MinerError(f"Cannot write to {folder}: {error.strerror}.", "Give another --out.") from error


def _must_have_run(ended: Ended, counts: dict[str, float], scratch: Path) -> None:
    """Raises MinerError if Locust failed, or if nobody made a request."""
    if ended.code and not ended.interrupted:
        raise MinerError(
            f"Locust ended with exit code {ended.code}: {last_words(scratch)}",
            "Run the locustfile with `locust -f` to see all that it says.",
        )
    if not counts["requests"]:
        raise MinerError(
            "No session started, so no request was made.",
            "Replay for longer, or with more sessions per second.",
        )


def _complete(ended: Ended, counts: dict[str, float]) -> bool:
    return not ended.interrupted and counts["started"] == counts["finished"] and not counts["never_started"]


def _versions() -> dict[str, str]:
    """What the run depends on."""
    names = ("locust", "scenario-miner")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def _published(run: Run, folder: Path) -> Run:
    """The run is where it should be, all at once."""
    write_run(run)
    try:
        if folder.exists():
            folder.rmdir()
        run.folder.chmod(0o755)
        run.folder.rename(folder)
    except OSError as error:
        raise MinerError(f"Cannot write to {folder}: {error.strerror}.", "Give another --out.") from error
    return replace(run, folder=folder)
