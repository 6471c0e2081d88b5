"""Both tests run, each against a fresh friend-service, whose own log says how long searches took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from miner.experiment.plan import Plan
from miner.experiment.traffic import SEARCH
from miner.friend_service import service, serving
from miner.ingest import ingest
from miner.replay import Load, Run, replay
from miner.store import Store

STANDARD, SCENARIO = "standard", "scenario"
LOG = "service.log"
CALIBRATION = 60.0
"""Seconds of searches before the tests, unless a window is shorter; the objective is set by their median."""
LEAD = 2.0
"""Seconds at the beginning of each run that count for nothing: the first sessions have no second request yet,
and the service has not answered anything yet."""
SEEDED_BY, ADDED_BY, SEEDS = 7, 1000, 100
"""Where the seeds begin of users that are there first, and added; how far those of experiments are apart."""
During = Callable[[str, float], AbstractContextManager[None]]
"""While its block runs, that is shown to go on which it is told, and how many seconds it takes, if known."""


@dataclass(frozen=True)
class Window:
    """A run, and the time that it stands for; seconds."""

    run: Run
    began: float
    """Before its first request, since 1970."""
    start: float
    """When it begins in the time of the experiment, without LEAD."""
    lasts: float
    added: int = 0
    """Users that were inserted before it."""


@dataclass(frozen=True)
class Performed:
    """One test: what the service logged in its windows, and what the generator says of itself."""

    test: str
    logged: pd.DataFrame
    """A row per request: `endpoint`, `at` (seconds of the time it stands for), `latency`, `status`."""
    runs: tuple[Run, ...]
    added: int
    """Users that were inserted in the place of skipped time."""


@dataclass(frozen=True)
class Bench:
    """Where a test takes place."""

    plan: Plan
    test: str
    scripts: Path
    """The folder with the files of both tests."""
    scratch: Path
    """For the database, which is gone afterwards."""
    folder: Path
    """For the service's log, and the runs."""
    during: During

    @property
    def database(self) -> str:
        """As the service wants it."""
        return "postgres" if self.plan.database == "postgres" else "sqlite:///friends.db"

    def seed(self) -> None:
        """The database is there, and has the plan's users."""
        self.scratch.mkdir()
        self.folder.mkdir()
        users = ("--users", f"{self.plan.users}", "--seed", f"{SEEDED_BY}")
        with self.during(f"Seeding {self.plan.users:,} users", 0.0):
            service("seed", *users, "--database", self.database, folder=self.scratch)

    def add(self, users: int, seed: int) -> None:
        """So many users more are in the database, all at once."""
        more = ("--more", "--users", f"{users}", "--seed", f"{ADDED_BY + seed}")
        with self.during(f"Adding {users:,} users, as many as the skipped time creates", 0.0):
            service("seed", *more, "--database", self.database, folder=self.scratch)

    @contextmanager
    def serving(self, search: str) -> Iterator[str]:
        """While the block runs, the service answers at the URL given, and logs to the microsecond."""
        options = ("--search", search, "--json-log", str(self.folder / LOG))
        with serving(self.database, *options, folder=self.scratch) as host:
            yield host

    def run(self, test: str, host: str, name: str, seconds: float, number: int = 0) -> Run:
        """A run of one of the tests, for so long.

        Those of the standard test are all alike, to the moment of each request. What the scenario creates
        must be new each time, so that another number makes another run.
        """
        differs = number if test == SCENARIO else 0
        with self.during(f"{test.capitalize()} test, {name.replace('-', ' ')}", seconds):
            return replay(
                self.scripts / f"{test}.py", host, out=self.folder / name, load=Load(rps=self.plan.rps),
                run_time=seconds, seed=self.plan.seed * SEEDS + differs,
            )  # fmt: skip


def calibrated(bench: Bench) -> float:
    """The median seconds of a search, of a service that scans, while searches alone come."""
    seconds = bench.plan.window or CALIBRATION
    with bench.serving("scan") as host:
        began = time.time()
        bench.run(STANDARD, host, "calibration", LEAD + seconds)
    logged = _during(read_log(bench.folder / LOG), began, seconds)
    return float(logged.loc[logged["endpoint"] == SEARCH, "latency"].median())


def performed(benches: Sequence[Bench]) -> list[Performed]:
    """The test of each bench has run on its database. Their windows take turns.

    So what else this machine does meanwhile, and how fast it is, falls on all of them alike.
    """
    with ExitStack() as services:
        hosts = [services.enter_context(bench.serving(bench.plan.search)) for bench in benches]
        every = [_windows(bench, host) for bench, host in zip(benches, hosts, strict=True)]
        windows = list(zip(*zip(*every, strict=True), strict=True))
    return [_logged(bench, own) for bench, own in zip(benches, windows, strict=True)]


def _windows(bench: Bench, host: str) -> Iterator[Window]:
    """A run for each window of the plan; what is skipped before it is made up for."""
    plan = bench.plan
    for number, (start, end) in enumerate(plan.windows, 1):
        skipped = max(0.0, plan.skipped - LEAD) if number > 1 and bench.test == SCENARIO else 0.0
        if added := plan.created_in(skipped):
            bench.add(added, number)
        began = time.time()
        run = bench.run(bench.test, host, f"window-{number}", LEAD + end - start, number)
        yield Window(run, began, start, end - start, added)


def _logged(bench: Bench, windows: Sequence[Window]) -> Performed:
    """What the service logged in the windows, by the time that they stand for."""
    log = read_log(bench.folder / LOG)
    parts = []
    for one in windows:
        rows = _during(log, one.began, one.lasts)
        parts.append(rows.assign(at=rows["at"] - LEAD + one.start))
    return Performed(
        bench.test,
        pd.concat(parts, ignore_index=True),
        tuple(one.run for one in windows),
        sum(one.added for one in windows),
    )


def _during(log: pd.DataFrame, began: float, lasts: float) -> pd.DataFrame:
    """What came in the seconds after LEAD, `at` since the first request of the run that `began` then."""
    at = log["at"] - log.loc[log["at"] >= began, "at"].min()  # Locust takes a moment to start
    return log.assign(at=at)[at.between(LEAD, LEAD + lasts, inclusive="left")]


def read_log(log: Path) -> pd.DataFrame:
    """A row per request that the service logged."""
    with Store.open(None) as store:
        ingest([log], store)
        return store.fetch("miner.experiment", "logged").to_pandas()
