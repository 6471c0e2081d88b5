"""`mine demo`: the whole loop on the included service, from a log to the proof that a replay matches it."""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import NoReturn, TextIO

from rich.console import Console
from rich.text import Text

from miner.errors import MinerError
from miner.main_job import MinedLogs, mine_logs
from miner.places import free_folder
from miner.replay import Load, Run, replay
from miner.screen.reports import must_pass, show_fidelity, show_run
from miner.screen.show_answers import show_answers
from miner.screen.terminal import count, heading, lasting, lines, out, working
from miner.verify import Fidelity, compare
from miner.workload import Workload

LOG = Path("sample_logs", "friend-service.log")
SECONDS = 55.0
"""For which sessions start."""
PART = 0.55
"""Of the recorded sessions are replayed: with fewer than half, noise hides what differs."""
SPEED = 20.0
"""Pauses are divided by this, or two recorded weeks would not fit into a minute."""
GATE, AUC_GATE = 2.0, 0.60
READY = "friend-service on "
START_WITHIN, STOP_WITHIN = 30.0, 35.0
INSTALL = "Install what it needs: pip install 'scenario-miner[service]'."


def walk(folder: Path, seconds: float = SECONDS) -> bool:
    """The loop was walked, and `folder` holds what came of it. Returns whether the replay was faithful.

    Sessions start for so many `seconds`. Raises MinerError.
    """
    log, console = find_log(), out()
    with tempfile.TemporaryDirectory() as scratch:
        document = Path(scratch, "openapi.json")
        document.write_text(service("openapi"), encoding="utf-8")
        title(console, f"1. The log becomes user paths: mine logs {log.name}")
        mined = mine_logs([str(log)], out=folder, mining={"openapi": str(document)})
        show_answers(console, mined.answers, brief=True)
        users = population(mined.workload)
        title(console, "2. The included friend-service starts")
        database = f"sqlite:///{scratch}/friends.db"
        with working(f"Seeding {users} users"):
            service("seed", "--users", f"{users}", "--database", database)
        with serving(database) as host:
            lines(console, [f"{host}, with {count(users)} users in a temporary SQLite file."])
            title(console, "3. The user paths become a load test, which runs against it: mine replay")
            run = replayed(console, mined, host, folder, seconds)
        title(console, "4. Is the replay like the log? mine compare")
        with working("Comparing"):
            found = compare(log, run.folder, openapi=str(document))
    show_fidelity(console, found)
    return verdict(console, found, mined, run)


def title(console: Console, text: str) -> None:
    """A rule across the terminal, with `text` in it."""
    console.print()
    console.rule(Text(text, style="bold"), align="left")


def find_log() -> Path:
    """The sample log, in the clone that this runs from or in the current folder. Raises MinerError."""
    for place in (Path(__file__).parents[1], Path()):
        if (place / LOG).is_file():
            return place / LOG
    raise MinerError(
        f"There is no {LOG} here.", "Run the demo in a clone of the repository, which has the sample logs."
    )


def population(workload: Workload) -> int:
    """The highest id that the workload uses: so many users there must be."""
    return workload.highest_id() or 1000


def replayed(console: Console, mined: MinedLogs, host: str, folder: Path, seconds: float) -> Run:
    """The run of the generated locustfile, at the rate that replays PART of the sessions in SECONDS."""
    rate = math.ceil(PART * mined.workload.recorded.sessions / SECONDS)
    lines(
        console,
        [f"{rate} sessions a second for {seconds:g} s, with pauses divided by {SPEED:g}."],
    )
    with lasting("Replaying", seconds):
        run = replay(
            mined.locustfile,
            host,
            out=free_folder(folder, "run"),
            load=Load(sessions_per_second=rate, speed=SPEED),
            run_time=seconds,
        )
    show_run(console, run)
    return run


def verdict(console: Console, found: Fidelity, mined: MinedLogs, run: Run) -> bool:
    """Whether the replay was faithful is said, and what was written where."""
    faithful = must_pass(found, GATE, AUC_GATE)
    worst = found.worst
    said = f"Every ratio is at most {GATE:g}; the highest is {worst.name}, {worst.ratio or 0:.2f}."
    lines(console, ["", said if faithful else "The replay is further from the log than it should be."])
    heading(console, "Written")
    lines(console, [f"{mined.workload_file}: what was found in the log, to review and edit"])
    lines(console, [f"{mined.locustfile}: the load test, for `mine replay` or plain `locust -f`"])
    lines(console, [f"{run.folder}: the replay, with the log of its requests"])
    heading(console, "Next")
    lines(console, ["mine logs YOUR.log"])
    return faithful


def service(*arguments: str) -> str:
    """What `python -m service` printed when it had done as asked. Raises MinerError if it failed."""
    ended = subprocess.run(command(*arguments), capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode:
        raise failure(ended.stderr)
    return ended.stdout


@contextmanager
def serving(database: str) -> Iterator[str]:
    """While the block runs, the friend-service answers at the URL given, on a free port."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(  # noqa: S603  (our own interpreter, no shell)
            command("serve", "--port", "0", "--database", database),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # Ctrl-C reaches the replay first, and the service from here
        )
        try:
            yield address(process) or complain(errors)
        finally:
            stop(process)


def command(*arguments: str) -> list[str]:
    """The friend-service, which the miner does not import, with this interpreter."""
    return [sys.executable, "-m", "service", *arguments]


def address(process: subprocess.Popen[str]) -> str:
    """Where the service says that it is, or nothing if it ends or is silent for too long."""
    too_late = Timer(START_WITHIN, process.kill)
    too_late.start()
    try:
        said = process.stdout.readline() if process.stdout else ""
    finally:
        too_late.cancel()
    return said.strip().removeprefix(READY) if said.startswith(READY) else ""


def stop(process: subprocess.Popen[str]) -> None:
    """The process has ended."""
    process.terminate()
    try:
        process.wait(STOP_WITHIN)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def complain(errors: TextIO) -> NoReturn:
    """Raises MinerError with what the service wrote to stderr."""
    errors.seek(0)
    raise failure(errors.read())


def failure(said: str) -> MinerError:
    """Why the friend-service did not do as asked."""
    if "No module named" in said:
        return MinerError("The friend-service is not installed.", INSTALL)
    # It complains in two lines like we do; of a traceback the last line says most.
    spoken = [line for line in said.splitlines() if line.strip()]
    what, hint = spoken if len(spoken) == 2 else ((spoken or ["nothing said"])[-1], "Start the demo again.")
    return MinerError(f"The friend-service failed: {what}", hint)
