"""What the page shows of a store, beside the answers."""

from __future__ import annotations

from dataclasses import dataclass

from miner.plots.think_times import plot_each_think_time
from miner.report.latencies import Latencies, recorded
from miner.report.pictures import Spec
from miner.store import Store
from miner.workload import Workload


@dataclass(frozen=True)
class ReadFile:
    """A log file and what became of its lines; in `masked` values something looked like a secret."""

    name: str
    format: str
    lines: int
    requests: int
    rejects: int
    blanks: int
    duplicates: int
    masked: int | None


@dataclass(frozen=True)
class Recording:
    """What was recorded: the files, how long answers took, and charts of the most frequent pauses."""

    files: tuple[ReadFile, ...]
    latencies: Latencies | None
    """None where the logs have no durations."""
    think_times: tuple[Spec, ...]


def recording(store: Store, workload: Workload) -> Recording:
    """What there is in the store that `workload` was mined from."""
    files = tuple(ReadFile(**row) for row in store.fetch("miner.report", "sources").to_pylist())
    timed = any(
        move.think is not None
        for path in workload.paths
        for of in path.moves.values()
        for move in of.values()
    )
    charts = plot_each_think_time(workload, store) if timed else []
    return Recording(files, recorded(store), tuple(chart.to_dict() for chart in charts))
