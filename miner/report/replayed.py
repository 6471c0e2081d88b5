"""What the page shows of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from miner.errors import MinerError
from miner.replay import Run, load_run
from miner.report.latencies import Latencies, of_run, window_of


@dataclass(frozen=True)
class Sent:
    """The requests of a window: when its middle is in seconds, how many a second, and how late they were."""

    at: float
    rate: float
    late_p50: float
    late_p99: float


@dataclass(frozen=True)
class Replayed:
    """A run: its facts, how long answers took, and how punctually requests were sent."""

    run: Run
    latencies: Latencies
    sent: tuple[Sent, ...]


def replayed(folder: Path) -> Replayed:
    """What there is in the folder of a run. Raises MinerError if it is none."""
    run = load_run(folder)
    columns = ["endpoint", "started", "duration", "late", "failed"]
    try:
        rows = pd.read_parquet(run.log, columns=columns)
    except (OSError, ValueError) as error:
        raise MinerError(f"{folder} has no requests.", "Make the run again with `mine replay`.") from error
    if rows.empty:
        raise MinerError(f"{folder} has no requests.", "Make the run again with `mine replay`.")
    requests = rows.assign(at=(rows["started"] - rows["started"].min()).dt.total_seconds())
    return Replayed(run, of_run(requests), _sent(requests))


def _sent(requests: pd.DataFrame) -> tuple[Sent, ...]:
    """The last window is left out where it is not whole."""
    lasted = float(requests["at"].max())
    width = window_of(lasted)
    windows = requests["late"].groupby((requests["at"] // width).astype(int))
    late = windows.quantile([0.5, 0.99]).unstack()
    return tuple(
        Sent((place + 0.5) * width, n / width, float(late.loc[place, 0.5]), float(late.loc[place, 0.99]))
        for place, n in windows.size().items()
        if (place + 1) * width <= lasted or place == 0
    )
