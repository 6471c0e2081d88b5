"""The main job: logs become a workload, a locustfile and answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from miner.generate import dangers
from miner.ingest import ingest
from miner.output_files import must_take_files
from miner.paths import mine
from miner.places import file_name, logs_on_disk, store_to_fill, workload_name
from miner.scenario_writer import write_scenario
from miner.screen.answers import Answers, answers
from miner.screen.progress import reading as progressing
from miner.screen.show_answers import show_answers
from miner.screen.terminal import heading, lines, show_json, working
from miner.screen.terminal import out as stdout
from miner.workload import Workload
from miner.workload_file import dumps

RESAMPLES = 5
"""How often sessions are drawn again, to see whether the user paths are stable."""


@dataclass(frozen=True)
class MinedLogs:
    """What was found in logs, and the files it was written to."""

    workload: Workload
    answers: Answers
    workload_file: Path
    locustfile: Path


def mine_logs(
    logs: Sequence[str],
    *,
    out: Path,
    db: Path | None = None,
    name: str | None = None,
    memory: str | None = None,
    overwrite: bool = False,
    reading: dict[str, Any] | None = None,
    mining: dict[str, Any] | None = None,
) -> MinedLogs:
    """`out` holds the workload file and the locustfile of the logs, both or neither.

    Files that somebody has edited are only written anew with `overwrite`. `reading` has the options of
    `miner.ingest.ingest`, `mining` those of `miner.paths.mine`. Raises MinerError.
    """
    must_take_files(out)
    with logs_on_disk(logs) as files, store_to_fill(db, memory) as store:
        with progressing() as progress:
            report = ingest(files, store, progress=progress, **(reading or {}))
        with working("Mining user paths"):
            named = name or workload_name(logs[0])
            mined = mine(store, name=named, resamples=RESAMPLES, **(mining or {}))
        workload, found = mined.workload, answers(store, mined, report.remarks)
    stem = file_name(workload.name)
    workload_file, locustfile = out / f"{stem}.toml", out / f"{stem}.py"
    write_scenario(workload, locustfile, overwrite=overwrite, besides={workload_file: dumps(workload)})
    return MinedLogs(workload, found, workload_file, locustfile)


def show_mined(mined: MinedLogs, *, json: bool) -> None:
    """The answers, what was written, and what to do next are on stdout."""
    if json:
        written = {"workload": str(mined.workload_file), "locustfile": str(mined.locustfile)}
        show_json({**mined.answers.as_dict(), "written": written})
        return
    console = stdout()
    show_answers(console, mined.answers)
    heading(console, "Written")
    lines(console, [f"{mined.workload_file}: the workload, to review and edit"])
    lines(console, [f"{mined.locustfile}: the load test, and beside it its runtime and its hooks"])
    if found := dangers(mined.workload):
        heading(console, "Look at these before you run it against a service that matters")
        lines(console, found)
    heading(console, "Next")
    command = f"mine replay {mined.locustfile} --host http://127.0.0.1:8000 --sessions-per-second 2"
    lines(console, [command])
