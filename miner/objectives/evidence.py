"""What was measured of a run or a recording, as tables that objectives are judged on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from miner.errors import MinerError, TooLittleData
from miner.objectives.rows import end, sent, table
from miner.objectives.run_facts import lasted, remarks, scenario, signed
from miner.objectives.service_log import logged, routes
from miner.session_files import read_sessions
from miner.store import Store
from miner.verify.sources import kind, prepared, run_facts
from miner.workload import Workload
from miner.workload_file import load

SHORTEST = 1e-3
"""Seconds from which on a rate means something."""
NOTHING_MEASURED = {
    "workload": "a workload file: nothing was measured of it",
    "rows": "a table of sessions: nothing was measured of it",
}


@dataclass(frozen=True)
class Evidence:
    """What was measured of a run or a recording.

    The tables have `miner.objectives.rows.COLUMNS`: a row per request, `at` when it was sent in seconds since
    the beginning, `failed` where its answer was not the one intended.
    """

    name: str
    """Of the run's scenario, or of the log."""
    client: pd.DataFrame | None
    service: pd.DataFrame | None
    recorded: pd.DataFrame | None
    """The baseline of relative objectives."""
    lasted: float
    """Seconds for which sessions started."""
    rate: float
    """Requests a second over that time."""
    endpoints: frozenset[str]
    """Those that exist, whether or not they were asked for."""
    remarks: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """The endpoint of each short name, as the workload has it."""
    paths: frozenset[str] = frozenset()
    """The user paths that exist; none: they are not known."""


def evidence(
    of: Path | str,
    *,
    service_log: Path | None = None,
    recorded: Path | None = None,
    openapi: str | None = None,
) -> Evidence:
    """What was measured of the run, log or store at `of`; `service_log` is what the service logged of a run.

    Raises MinerError if something cannot be read, TooLittleData if there is nothing in it.
    """
    of = Path(of)
    if kind(of) == "run":
        found = of_run(of, service_log, openapi)
    elif service_log:
        raise MinerError("A service's log goes with a run.", f"{of} is none; leave --service-log out.")
    else:
        found = of_recording(of, openapi)
    if recorded is None:
        return found
    baseline, said = of_baseline(Path(recorded), list(found.names.values()), openapi)
    return replace(found, recorded=baseline, remarks=(*found.remarks, *said))


def of_recording(of: Path, openapi: str | None, endpoints: list[str] | None = None) -> Evidence:
    """What a log or store has: all of it is measured at the service. Endpoints are named as in `endpoints`.

    Raises MinerError if it cannot be read, TooLittleData if there is nothing in it.
    """
    if what := NOTHING_MEASURED.get(kind(of)):
        raise MinerError(f"{of} is {what}.", "Name a run, a log or a store.")
    with prepared(of, openapi, routes(endpoints or [])) as (store, said):
        return of_store(store, of.name, said)


def of_store(store: Store, name: str, remarks: tuple[str, ...] = ()) -> Evidence:
    """What a store has whose requests are in sessions. Raises TooLittleData if there are none."""
    service = recorded_rows(store, name)
    until = end(service)
    return Evidence(
        name=name,
        client=None,
        service=service,
        recorded=None,
        lasted=until,
        rate=len(service) / until if until > SHORTEST else 0.0,
        endpoints=frozenset(service["endpoint"]),
        remarks=remarks,
        paths=frozenset(service["path"].dropna()),
    )


def recorded_rows(store: Store, name: str) -> pd.DataFrame:
    """The requests of the sessions in a store. Raises TooLittleData if there are none."""
    rows = store.fetch("miner.objectives", "requests").to_pandas()
    if rows.empty:
        raise TooLittleData(f"There is no session in {name}.", "Name something with traffic in it.")
    return table(rows, int(rows["started"].min()))


def of_run(folder: Path, service_log: Path | None, openapi: str | None) -> Evidence:
    """What the client measured of the run in `folder`, and its service. Raises MinerError, TooLittleData."""
    facts = run_facts(folder)
    requests = sent(read_sessions(folder / "requests.parquet"), folder.name)
    if requests.empty:
        raise TooLittleData(f"No request was made in {folder}.", "Replay again.")
    begun = int(requests["meant"].min())
    client = table(requests, begun)
    until = lasted(facts, client)
    during = int((client["at"] < until).sum())
    name = scenario(facts, folder)
    workload = _workload(folder / f"{name}.toml")
    names = {one: endpoint.request for one, endpoint in workload.endpoints.items()} if workload else {}
    found = Evidence(
        name=workload.name if workload else name,
        client=client,
        service=None,
        recorded=None,
        lasted=until,
        rate=during / until,
        endpoints=frozenset(names.values()) or frozenset(client["endpoint"]),
        remarks=tuple(remarks(folder.name, facts, len(client), during, until)),
        names=names,
        paths=frozenset(workload.paths.names) if workload else frozenset(client["path"].dropna()),
    )
    if service_log is None:
        return found
    rows, said = logged(service_log, requests, list(names.values()), openapi, signed=signed(facts))
    path_of = client.drop_duplicates("session").set_index("session")["path"]
    service = table(rows.assign(path=rows["session"].map(path_of)), begun)
    return replace(found, service=service, remarks=(*found.remarks, *said))


def of_baseline(
    recorded: Path, endpoints: list[str], openapi: str | None
) -> tuple[pd.DataFrame | None, tuple[str, ...]]:
    """The requests that relative objectives refer to, and what is to be said of them. Raises MinerError."""
    if kind(recorded) != "run":
        other = of_recording(recorded, openapi, endpoints)
        return other.service, other.remarks
    other = of_run(recorded, None, openapi)
    said = f"Relative objectives refer to what was measured at the client of the run {recorded.name}."
    return other.client, (*other.remarks, said)


def _workload(file: Path) -> Workload | None:
    """The workload that the run's scenario came from; none where it came from elsewhere."""
    return load(file) if file.is_file() else None
