"""`mine demo`: the whole loop on the included service, from a log to the proof that a replay matches it."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from miner.errors import MinerError
from miner.friend_service import service, serving
from miner.main_job import MinedLogs, mine_logs
from miner.output_files import write_files
from miner.places import free_folder
from miner.replay import Load, Run, replay
from miner.report import Asked, gathered, report
from miner.screen.reports import AUC_CLOSE, CLOSE, must_pass, show_fidelity, show_run
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


def walk(folder: Path, seconds: float = SECONDS) -> bool:
    """The loop was walked, and `folder` holds what came of it. Returns whether the replay was faithful.

    Sessions start for so many `seconds`. Raises MinerError.
    """
    log, console = find_log(), out()
    with tempfile.TemporaryDirectory() as scratch:
        document = Path(scratch, "openapi.json")
        document.write_text(service("openapi"), encoding="utf-8")
        title(console, f"1. The log becomes user paths: mine logs {log.name}")
        db = Path(scratch, "friend-service.duckdb")
        mined = mine_logs([str(log)], out=folder, db=db, mining={"openapi": str(document)})
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
            found = compare(db, run.folder, openapi=str(document))
        show_fidelity(console, found)
        page = reported(db, mined, run, found, Asked(log.name, run.folder.name, openapi=document.name))
    return verdict(console, found, mined, run, page)


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


def reported(db: Path, mined: MinedLogs, run: Run, found: Fidelity, asked: Asked) -> Path:
    """The page with all of it, which is beside the run."""
    page = run.folder.with_name("report.html")
    with working("Writing the report"):
        known = gathered(db, mined.workload, mined.answers, run=run.folder, fidelity=found, asked=asked)
        write_files({page: report(known)})
    return page


def verdict(console: Console, found: Fidelity, mined: MinedLogs, run: Run, page: Path) -> bool:
    """Whether the replay was faithful is said, and what was written where."""
    faithful = must_pass(found, CLOSE, AUC_CLOSE)
    worst = found.worst
    said = f"Every ratio is at most {CLOSE:g}; the highest is {worst.name}, {worst.ratio or 0:.2f}."
    lines(console, ["", said if faithful else "The replay is further from the log than it should be."])
    heading(console, "Written")
    lines(console, [f"{mined.workload_file}: what was found in the log, to review and edit"])
    lines(console, [f"{mined.locustfile}: the load test, for `mine replay` or plain `locust -f`"])
    lines(console, [f"{run.folder}: the replay, with the log of its requests"])
    lines(console, [f"{page}: all of this as one page, to open in a browser and to pass on"])
    heading(console, "Next")
    lines(console, ["mine logs YOUR.log"])
    return faithful
