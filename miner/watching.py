"""Objectives while a replay goes on: a run that can no longer meet them is stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from miner.errors import MinerError
from miner.objectives import Evidence, Objectives
from miner.objectives.evidence import of_baseline
from miner.objectives.rows import sent, table
from miner.objectives.scope import endpoint_of, must_have_path
from miner.objectives.watch import hopeless
from miner.replay import Load, Tape
from miner.replay.constants import constants
from miner.workload_file import load as load_workload

if TYPE_CHECKING:
    import pandas as pd

    from miner.replay.perform import Watch

SETTLED = 5.0
"""Seconds after which a request is taken to be answered: those under way are not in what is looked at."""
NOTHING = Evidence("", None, None, None, 0.0, 0.0, frozenset())


def watching(
    objectives: Objectives,
    locustfile: Path,
    planned: float,
    recorded: Path | None = None,
    openapi: str | None = None,
) -> Watch:
    """What a replay of so many `planned` requests is watched by: it says which objective is lost, and why.

    Those that are measured at the service are judged when the run is over. Raises MinerError if one names an
    endpoint or a path that the scenario has not.
    """
    known = known_to(locustfile, objectives)
    at_client = [one for one in objectives.objectives if one.measured_at == "client"]
    watched = [one for one in at_client if known.endpoints or one.endpoint is None]
    if recorded and any(one.relative for one in watched):
        known = replace(known, recorded=of_baseline(recorded, sorted(known.endpoints), openapi)[0])

    def look(rows: pd.DataFrame) -> str | None:
        if rows.empty:
            return None
        requests = sent(rows, "that goes on")
        client = table(requests, int(requests["meant"].min()))
        so_far = replace(known, client=client, lasted=float(client["at"].max()) - SETTLED)
        for one in watched:
            if why := hopeless(one, so_far, planned):
                return f"{one.name}: {why}"
        return None

    return look


def known_to(locustfile: Path, objectives: Objectives) -> Evidence:
    """What the scenario can ask for, with nothing measured yet.

    Raises MinerError if one of the objectives names an endpoint or a path that it has not.
    """
    known = _known(locustfile)
    for one in objectives.objectives if known.endpoints else ():
        endpoint_of(one, known)
        must_have_path(one, known)
    return known


def planned(locustfile: Path, load: Load, run_time: float, tape: Tape | None) -> float:
    """How many requests a replay is to make. Raises MinerError."""
    return float(tape.requests.sum()) if tape else load.requests(constants(locustfile)) * run_time


def _known(locustfile: Path) -> Evidence:
    """What can be asked for: as the workload beside the locustfile says, else as the locustfile does."""
    beside = locustfile.with_suffix(".toml")
    try:
        workload = load_workload(beside)
    except MinerError:
        says = constants(locustfile)
        paths = frozenset(path.name for path in says.paths)
        return replace(NOTHING, name=locustfile.stem, endpoints=frozenset(says.methods), paths=paths)
    names = {name: endpoint.request for name, endpoint in workload.endpoints.items()}
    return replace(
        NOTHING,
        name=workload.name,
        endpoints=frozenset(names.values()),
        names=names,
        paths=frozenset(workload.paths.names),
    )
