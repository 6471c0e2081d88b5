"""One step: a replay at a scale, and the objectives checked on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from miner.capacity.step import Step, told
from miner.errors import MinerError
from miner.judged import wait_until_whole
from miner.objectives import Objectives, check
from miner.replay import Load, Run, replay
from miner.workload import WRITES


@dataclass(frozen=True)
class Setting:
    """What is the same in all steps. Raises MinerError for a run time that cannot be."""

    locustfile: Path
    host: str
    objectives: Objectives
    out: Path
    load: Load
    run_time: float
    seed: int = 1
    processes: int = 1
    service_log: Path | None = None
    recorded: Path | None = None
    openapi: str | None = None
    allow_remote: bool = False
    allow_writes: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.run_time < math.inf:
            raise MinerError(f"The run time cannot be {self.run_time:g}.", "Give a number above 0.")


def measured(setting: Setting, scale: float, number: int) -> Step:
    """The step of that number has run, and is in the folder `step-N`. Raises MinerError, KeyboardInterrupt.

    Each step has sessions of its own: by them a service's log tells one run from another, and a step that is
    made again is not the same by the dice.
    """
    run = _run(setting, scale, number)
    if setting.service_log:
        wait_until_whole(setting.service_log)
    checked = check(
        setting.objectives,
        run.folder,
        service_log=setting.service_log,
        recorded=setting.recorded,
        openapi=setting.openapi,
    )
    verdict, why, times = told(run, checked.outcomes)
    return Step(
        number=number,
        scale=scale,
        sessions_per_second=run.sessions_per_second,
        kept_up=run.kept_up,
        limited_by=run.limited_by,
        verdict=verdict,
        why=why,
        enough_at=scale * times,
        outcomes=checked.outcomes,
        **_sent(run),
    )


def _run(setting: Setting, scale: float, number: int) -> Run:
    """The run of a step. Raises KeyboardInterrupt if it was cut short: then it tells nothing."""
    run = replay(
        setting.locustfile,
        setting.host,
        out=setting.out / f"step-{number}",
        load=replace(setting.load, scale=setting.load.scale * scale),
        run_time=setting.run_time,
        seed=setting.seed + number - 1,
        processes=setting.processes,
        sign=setting.service_log is not None,
        allow_remote=setting.allow_remote,
        allow_writes=setting.allow_writes,
    )
    if run.interrupted:
        raise KeyboardInterrupt
    return run


def _sent(run: Run) -> dict[str, float]:
    """Requests a second while sessions started, and at the end of that, and the share of those that write."""
    rows = pd.read_parquet(run.log, columns=["started", "method"])
    at = (rows["started"] - rows["started"].min()).dt.total_seconds()
    third = run.run_time / 3
    return {
        "requests_per_second": float((at < run.run_time).sum() / run.run_time),
        "at_end": float(((at >= 2 * third) & (at < 3 * third)).sum() / third),
        "writes": float(rows["method"].isin(WRITES).mean()),
    }
