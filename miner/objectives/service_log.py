"""What the service of a run logged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from miner.errors import MinerError
from miner.ingest import ingest
from miner.paths import prepare
from miner.paths.excluded import REASONS
from miner.store import Store
from miner.workload import PARAMETER, ROUTE

SLACK = 1_000_000
"""Microseconds around a run for which the log's clock may be off."""
KEPT = {True: REASONS, False: tuple(reason for reason in REASONS if reason != "health check")}
"""What is not left out of a log whose requests are signed, or not."""


def logged(
    log: Path, sent: pd.DataFrame, endpoints: Sequence[str], openapi: str | None, *, signed: bool
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The requests of a run as the service logged them, and what is to be said of them.

    `sent` are the run's own. Endpoints are named as in `endpoints`, else as in the OpenAPI document, else as
    they are found. Unless they are `signed`, they are all that the log has between the run's first and last
    request, and of no known session. Raises MinerError if the log has none.
    """
    sessions = pa.table({"session": pa.array(sent["session"].unique(), pa.string())})
    first, last = int(sent["started"].min()) - SLACK, int(sent["started"].max()) + SLACK
    with Store.open(None) as store:
        report = ingest([log], store)
        prepare(
            store, openapi=openapi, visitor="address + agent", include=KEPT[signed], routes=routes(endpoints)
        )
        with store.offering("sessions_sent", sessions):
            found = store.fetch("miner.objectives", "logged", signed=signed, first=first, last=last)
    if not found.num_rows:
        how = "that names a session of it" if signed else "at its time"
        raise MinerError(f"{log} has no request of the run {how}.", "Name what the service logged then.")
    return found.to_pandas(), (*report.remarks, _said(log.name, len(sent), found.num_rows, signed=signed))


def routes(endpoints: Sequence[str]) -> list[str]:
    """The routes of `endpoints` that have parameters, by which values are told from literals."""
    found = []
    for route in dict.fromkeys(endpoint.partition(" ")[2] for endpoint in endpoints):
        names = PARAMETER.findall(route)
        if names and len(set(names)) == len(names) and ROUTE.fullmatch(route):
            found.append(route)
    return found


def _said(log: str, sent: int, found: int, *, signed: bool) -> str:
    if signed:
        return f"Of the run's {sent:,} requests, {found:,} are in {log}."
    return (
        f"The run was not signed: the {found:,} requests in {log} at its time are taken for its {sent:,}. "
        "Replay with --sign to tell them from others."
    )
