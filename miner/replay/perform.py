"""One replay: what it is given is checked, Locust runs, and a folder appears that is whole or marked."""

from __future__ import annotations

import math
import platform
import shutil
import socket
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from miner.errors import MinerError
from miner.output_files import must_be_empty
from miner.replay.constants import beside, constants
from miner.replay.launch import Ended, command, last_words, run_locust
from miner.replay.load import Load
from miner.replay.merge import merge, so_far
from miner.replay.run import Run, write_run
from miner.replay.tape import Tape
from miner.replay.target import checked_host
from miner.replay.verdict import judged

if TYPE_CHECKING:
    import pandas as pd

RECORDED = Load()
"""As many sessions as were recorded, and as slow."""
RECORDER, PLAYER = (Path(__file__).with_name(f"{name}.py") for name in ("recorder", "player"))

Watch: TypeAlias = "Callable[[pd.DataFrame], str | None]"
"""Looks at the requests so far, and says why there is no use in going on, if there is none."""
SECOND, LOOKS = 1.0, 200
"""How often it looks: every second, but no more often than so many times, as each time all is read."""
TAPE = "tape.jsonl"
LOST = (
    "Requests are missing: a process was killed, or could not write them (locust.log says which). "
    "Make room on the disk if it is full, and replay again."
)


def replay(
    locustfile: Path | str,
    host: str,
    *,
    out: Path | str,
    load: Load = RECORDED,
    run_time: float = 60.0,
    tape: Tape | None = None,
    seed: int = 1,
    processes: int = 1,
    sign: bool = False,
    watch: Watch | None = None,
    allow_remote: bool = False,
    allow_writes: bool = False,
) -> Run:
    """`locustfile` has run against `host`; `out` holds the run: its requests, run.json and Locust's files.

    Sessions start for `run_time` seconds, or as the `tape` has them, which then says the load. The run ends
    when the last session does. With `sign`, the User-Agent of requests names their session, by which the
    service's own log can be compared. Who may `watch` is given the requests so far, as in `requests.parquet`,
    and stops the run by a sentence that says why. What there is then, or on Ctrl-C, is kept and marked as
    not complete. Raises MinerError.
    """
    source, folder = Path(locustfile).resolve(), Path(out)
    says = constants(source)
    for name, figure in {"run time": run_time, "processes": processes}.items():
        if not 0 < figure < math.inf:
            raise MinerError(f"The {name} cannot be {figure:g}.", "Give a number above 0.")
    if tape and not says.methods:
        raise MinerError(
            f"{source.name} says of no endpoint how to ask for it.", "Use a generated locustfile."
        )
    run_time, wanted = (tape.run_time, tape.options(load.users)) if tape else (run_time, load.options(says))
    url = checked_host(host, allow_remote=allow_remote)
    options = {
        "host": url,
        **wanted,
        "session-run-time": f"{run_time:g}",
        "seed": f"{seed}",
        **({"allow-writes": ""} if allow_writes else {}),
        **({"sign": ""} if sign else {}),
        **(_several(processes) if processes > 1 else {}),
    }
    scratch = _scratch(folder)
    try:
        if tape:
            tape.write(scratch / TAPE, says.methods)
            options |= {"tape": TAPE, "tape-parts": f"{processes}"}
        facts = _performed(source, options, scratch, watch, max(SECOND, run_time / LOOKS))
        run = Run(
            folder=scratch,
            versions=_versions(),
            host=url,
            seed=seed,
            speed=load.speed,
            scale=load.scale,
            sessions_per_second=tape.rate if tape else load.rate(says),
            run_time=run_time,
            exact=tape is not None,
            users=int(wanted["users"]),
            processes=processes,
            signed=sign,
            **facts,
        )
        return _published(run, folder)
    except OSError as error:
        with suppress(OSError):
            scratch.rename(folder)
        raise MinerError(
            f"The run cannot be written to its end: {error.strerror}.",
            f"Make room, and replay again. What there is of it is in {folder}.",
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _performed(
    source: Path, options: dict[str, str], scratch: Path, watch: Watch | None, every: float
) -> dict[str, Any]:
    """Locust has run and left its files in `scratch`; returns the facts of Run that came of it."""
    workload = source.with_suffix(".toml")
    for file in (source, *beside(source), *([workload] if workload.is_file() else [])):
        shutil.copyfile(file, scratch / file.name)
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    plugins = [RECORDER, PLAYER] if "tape" in options else [RECORDER]
    there = {**options, "tape": str(scratch / TAPE)} if "tape" in options else options
    arguments = command([*map(str, (source, *plugins))], str(scratch), there)
    ended = run_locust(arguments, scratch, lambda: watch(so_far(scratch)) or "" if watch else "", every)
    requests, load, counts = merge(scratch)
    _must_have_run(ended, counts, scratch)
    return {
        "command": ("python", *command([file.name for file in (source, *plugins)], ".", options)),
        "started_at": started_at,
        "requests": counts["requests"],
        "failures": counts["failures"],
        "sessions_started": counts["started"],
        "sessions_finished": counts["finished"],
        "sessions_never_started": counts["never_started"],
        **_percentiles(requests),
        "kept_up": (verdict := judged(requests, load, counts["never_started"])).kept_up,
        "limited_by": verdict.limited_by,
        "verdict": " ".join([verdict.sentence, *([LOST] if counts["lost"] else [])]),
        "interrupted": ended.interrupted and not ended.why,
        "stopped": ended.why,
        "complete": _complete(ended, counts),
    }


def _several(processes: int) -> dict[str, str]:
    """Processes that meet at a port of their own: other runs on this machine have theirs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    return {"processes": f"{processes}", "master-bind-port": port, "master-port": port}


def _scratch(folder: Path) -> Path:
    """A new folder beside `folder`, which must not hold anything yet."""
    try:
        must_be_empty(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent)).resolve()
    except OSError as error:
        raise MinerError(f"Cannot write to {folder}: {error.strerror}.", "Give another --out.") from error


def _percentiles(requests: pd.DataFrame) -> dict[str, float]:
    """Median and 99th percentile of lateness, latency and both together, in seconds."""
    late, duration = requests["late"], requests["duration"]
    of = {"late": late, "latency": duration, "response": late + duration}
    return {
        f"{name}_p{at:g}": round(float(values.quantile(at / 100)), 6)
        for name, values in of.items()
        for at in (50, 99)
    }


def _must_have_run(ended: Ended, counts: dict[str, int], scratch: Path) -> None:
    """Raises MinerError if Locust failed, or if nobody made a request."""
    if ended.code and not ended.interrupted:
        raise MinerError(
            f"Locust ended with exit code {ended.code}: {last_words(scratch)}",
            "Run the locustfile with `locust -f` to see all that it says.",
        )
    if not counts["requests"] and counts["started"]:
        raise MinerError(
            "No request was answered before the run ended.", "Look at the service, or replay for longer."
        )
    if not counts["requests"]:
        raise MinerError(
            "No session started, so no request was made.",
            "Replay for longer, or with more sessions per second.",
        )


def _complete(ended: Ended, counts: dict[str, int]) -> bool:
    whole = counts["started"] == counts["finished"] and not counts["never_started"] and not counts["lost"]
    return whole and not ended.interrupted


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
