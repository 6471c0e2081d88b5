"""How near what is mined comes to what was planted, beside what one would do otherwise, on the same sessions.

`uv run python tests/benchmarks/user_paths.py --seeds 20 --clock 0.001`; README.md beside this file says what
is measured.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "paths"))

from populations import POPULATIONS, Planted, agreement, best_possible, drawn, found_paths, stored
from rivals import RIVALS

from miner.simulate import simulate
from miner.verify import compare
from miner.workload import Workload

TRUTH = "truth"
"""The planted population itself: nobody can come nearer to the held-out sessions, but by chance."""
HELD_OUT = 10_000
"""Added to the seed for the sessions that are held out."""
SIMULATED = 20_000
"""Added to the seed of the simulation."""


@dataclass(frozen=True)
class Trial:
    """One contender on the sessions of one seed of one population."""

    population: str
    seed: int
    contender: str
    paths: int
    planted: int
    of_best: float
    """Adjusted Rand index, as a share of the best possible."""
    ratios: dict[str, float]
    """Of each figure of fidelity to the held-out sessions."""
    auc: float
    seconds: float

    @property
    def worst(self) -> tuple[float, str]:
        """The largest ratio, and of which figure."""
        return max((ratio, name) for name, ratio in self.ratios.items())


def trial(population: str, seed: int, contender: str, sessions: int, clock: float) -> Trial:
    """What `contender` makes of `sessions` sessions, held against as many others of the same population."""
    planted, held = drawn(population, sessions, seed), drawn(population, sessions, seed + HELD_OUT)
    began = perf_counter()
    if contender == TRUTH:
        found, share = planted.population, 1.0
    else:
        with stored(planted, clock) as store:
            found = RIVALS[contender](store)
            share = agreement(planted, found_paths(store)) / max(best_possible(planted), 1e-9)
    seconds = perf_counter() - began
    ratios, auc = _fidelity(held, found, sessions, seed, clock)
    paths = len(planted.population.paths)
    return Trial(population, seed, contender, len(found.paths), paths, share, ratios, auc, seconds)


def _fidelity(
    held: Planted, found: Workload, sessions: int, seed: int, clock: float
) -> tuple[dict[str, float], float]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "held.duckdb"
        with stored(held, clock, path):
            pass
        fidelity = compare(path, simulate(found, sessions, seed + SIMULATED))
    ratios = {figure.name: figure.ratio for figure in fidelity.figures if figure.ratio is not None}
    return ratios, fidelity["auc"].distance


def table(trials: list[Trial], title: str) -> Table:
    """A row for each contender on each population: means over seeds, but for the paths and the Rand index."""
    shown = Table(title=title, title_justify="left")
    for column in ("population", "contender", "paths right", "Rand (least)", "worst figure (mean)"):
        shown.add_column(column)
    for column in ("all figures", "auc", "auc (most)", "seconds"):
        shown.add_column(column, justify="right")
    for population in dict.fromkeys(one.population for one in trials):
        for contender in dict.fromkeys(one.contender for one in trials):
            rows = [one for one in trials if (one.population, one.contender) == (population, contender)]
            means = {name: float(np.mean([one.ratios[name] for one in rows])) for name in rows[0].ratios}
            worst = max(means, key=lambda name: means[name])
            shown.add_row(
                population,
                contender,
                f"{sum(one.paths == one.planted for one in rows)} of {len(rows)}",
                f"{np.mean([one.of_best for one in rows]):.3f} ({min(one.of_best for one in rows):.3f})",
                f"{means[worst]:.2f} {worst}",
                f"{np.mean(list(means.values())):.2f}",
                f"{np.mean([one.auc for one in rows]):.3f}",
                f"{max(one.auc for one in rows):.3f}",
                f"{np.mean([one.seconds for one in rows]):.1f}",
            )
    return shown


def run(
    populations: Iterable[str],
    contenders: Iterable[str],
    seeds: int,
    sessions: int,
    clock: float,
    processes: int,
) -> list[Trial]:
    """All trials, in their order."""
    jobs = [
        (name, seed, contender)
        for name in populations
        for seed in range(1, seeds + 1)
        for contender in contenders
    ]
    with ProcessPoolExecutor(processes) as pool:
        return [future.result() for future in [pool.submit(trial, *job, sessions, clock) for job in jobs]]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=4_000)
    parser.add_argument("--clock", type=float, default=0.001, help="seconds between ticks of the log's clock")
    parser.add_argument("--population", action="append", choices=list(POPULATIONS))
    parser.add_argument("--only", action="append", choices=[*RIVALS, TRUTH], metavar="CONTENDER")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    contenders = given.only or [TRUTH, *RIVALS]
    names = given.population or list(POPULATIONS)
    trials = run(names, contenders, given.seeds, given.sessions, given.clock, given.processes)
    if given.json:
        sys.stdout.write(json.dumps([asdict(one) for one in trials], indent=1) + "\n")
        return
    title = f"{given.seeds} seeds of {given.sessions:,} sessions, clock of {given.clock:g} s"
    Console(width=150).print(table(trials, title))


if __name__ == "__main__":
    main()
