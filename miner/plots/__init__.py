"""Pictures of a workload and of replays, as Altair charts.

    from miner import plots

    plots.plot_paths(workload)
    plots.plot_path(workload.paths["search_then_befriend"])
    plots.plot_think_times(workload, "traffic.duckdb")
    plots.plot_arrivals(workload)
    plots.plot_runs({"monday": "runs/shop-1", "tuesday": "runs/shop-2"})
    plots.plot_fidelity("access.log", "runs/shop-1")
    plots.plot_capacity(found)

Names from a log are only ever values in a chart's data, never field names or expressions.
"""

from importlib.util import find_spec

from miner.errors import MinerError

if find_spec("altair") is None:
    raise MinerError(
        "Pictures need Altair, which is not installed.",
        "Install it with `pip install 'scenario-miner[notebook]'`.",
    )

from miner.plots.arrivals import plot_arrivals
from miner.plots.capacity import plot_capacity
from miner.plots.fidelity import plot_fidelity
from miner.plots.graph import plot_path
from miner.plots.runs import plot_runs
from miner.plots.shares import plot_paths
from miner.plots.think_times import plot_think_times

__all__ = [
    "plot_arrivals",
    "plot_capacity",
    "plot_fidelity",
    "plot_path",
    "plot_paths",
    "plot_runs",
    "plot_think_times",
]
