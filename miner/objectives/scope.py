"""Which requests an objective is about, and the samples that they make."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

import numpy as np
import pandas as pd

from miner.errors import MinerError
from miner.objectives.evidence import Evidence
from miner.objectives.objective import Objective
from miner.verify.steps import shape

GAVE_UP = 499
"""What nginx logs where the client closed the connection before the answer."""


class NoData(Exception):
    """There is no verdict, for the reason that it says."""


def endpoint_of(objective: Objective, evidence: Evidence) -> str | None:
    """The endpoint that is meant, as in the evidence. Raises MinerError with the nearest if there is none."""
    if objective.endpoint is None:
        return None
    wanted = evidence.names.get(objective.endpoint, objective.endpoint)
    if found := _alike(wanted, evidence.endpoints):
        return found
    raise _no_such("endpoint", objective.endpoint, {*evidence.endpoints, *evidence.names}, evidence.name)


def _alike(endpoint: str, names: Collection[str]) -> str | None:
    """The one of `names` that is `endpoint`, or differs in the names of parameters only, if there is one."""
    if endpoint in names:
        return endpoint
    return min((name for name in names if shape(name) == shape(endpoint)), default=None)


def must_have_path(objective: Objective, evidence: Evidence) -> None:
    """Raises MinerError naming the nearest if the user path is none of those that are known."""
    if objective.path and evidence.paths and objective.path not in evidence.paths:
        raise _no_such("user path", objective.path, evidence.paths, evidence.name)


def _no_such(what: str, name: str, names: Collection[str], of: str) -> MinerError:
    near = get_close_matches(name, sorted(names), n=1, cutoff=0.0)
    hint = f"The nearest is {near[0]!r}." if near else "There are none."
    return MinerError(f"There is no {what} {name!r} in {of}.", hint)


def table_of(objective: Objective, evidence: Evidence) -> pd.DataFrame:
    """The requests as measured at the client, or at the service. Raises NoData if they were not."""
    table = evidence.client if objective.measured_at == "client" else evidence.service
    if table is not None:
        return table
    if objective.measured_at == "client":
        raise NoData("a recording has what its service measured, and nothing of the client")
    raise NoData("the service's log of the run is missing; name it with --service-log")


def scoped(objective: Objective, table: pd.DataFrame, endpoint: str | None) -> pd.DataFrame:
    """The requests in `table` that the objective is about. Raises NoData if there are none, or none known."""
    rows = table
    if objective.path:
        if len(table) and table["path"].isna().all():
            raise NoData("the user path of its requests is not known")
        rows = rows[(rows["path"] == objective.path).fillna(False).astype(bool)]
    if endpoint:
        rows = rows[rows["endpoint"] == _alike(endpoint, rows["endpoint"].unique())]
    if objective.per == "session" and len(table) and table["session"].isna().all():
        raise NoData("the sessions of its requests are not known")
    if rows.empty:
        asked = [f"to {endpoint}" if endpoint else "", f"in {objective.path}" if objective.path else ""]
        raise NoData(" ".join(["no request was made", *filter(None, asked)]))
    return rows


def samples(objective: Objective, rows: pd.DataFrame) -> pd.DataFrame:
    """What is measured: `at`, `latency`, `late`, `failed` and `client_error` of each request, or session."""
    made = by_request(rows)
    return made if objective.per == "request" else by_session(made)


def by_request(rows: pd.DataFrame) -> pd.DataFrame:
    """A sample per request, with its session.

    Failed is what was not answered as intended; where nobody knows the intention, an error of the service, or
    what was given up. A request without an answer took until it was given up.
    """
    status = rows["status"].to_numpy(int)
    theirs = (status >= 400) & (status < 500)
    ours = (status >= 500) | (status == GAVE_UP) | (status == 0)
    intended = rows["failed"].isna().to_numpy(bool)
    failed = np.where(intended, ours, rows["failed"].fillna(False).to_numpy(bool))
    return pd.DataFrame(
        {
            "at": rows["at"].to_numpy(float),
            "session": rows["session"].to_numpy(object),
            "latency": rows["latency"].to_numpy(float),
            "late": rows["late"].to_numpy(float),
            "failed": failed,
            "client_error": theirs & ~failed,
        }
    )


def by_session(made: pd.DataFrame) -> pd.DataFrame:
    """A sample per session: the sum of its waits, the lateness of its first request, failed if any of it did.

    Requests are sorted first, so that sums do not depend on the order of rows.
    """
    groups = made.sort_values(["session", "at", "late", "latency"]).groupby("session")
    return pd.DataFrame(
        {
            "at": groups["at"].min(),
            "latency": groups["latency"].sum(skipna=False),
            "late": groups["late"].first(),
            "failed": groups["failed"].any(),
            "client_error": groups["client_error"].any(),
        }
    ).reset_index()
