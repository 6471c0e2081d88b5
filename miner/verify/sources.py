"""Whatever holds sessions is read into `Steps`: a new kind is an entry in READERS."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from miner.errors import MinerError, TooLittleData
from miner.ingest import ingest
from miner.paths import prepare
from miner.paths.excluded import REASONS
from miner.session_files import read_sessions
from miner.simulate import simulate
from miner.store import Store
from miner.verify.steps import Ints, Names, Steps, nearness
from miner.workload_file import load

Source: TypeAlias = str | Path | pd.DataFrame
NEEDED = ("session", "position", "endpoint", "status", "started", "duration")
CLOCKS = (60_000_000, 1_000_000, 1_000)
"""Microseconds that stamps may be whole multiples of, the coarsest first."""
LEAST_SIMULATED = 5_000


@dataclass(frozen=True)
class How:
    """What readers need to know beside the file."""

    sessions: int
    """How many to simulate."""
    seed: int
    openapi: str | None
    service_log: Path | None = None
    """What the service wrote of a run."""


def read(source: Source, how: How) -> Steps:
    """The sessions in `source`. Raises MinerError if it cannot be read, TooLittleData if there are none."""
    if how.service_log and kind(source) != "run":
        raise MinerError("A service's log goes with a run.", "Name the folder of one that was signed as B.")
    if isinstance(source, pd.DataFrame):
        steps = of_frame(source, "The frame")
    else:
        steps = READERS[kind(source)](Path(source), how)
    if not steps.sessions:
        named = "the frame" if isinstance(source, pd.DataFrame) else source
        raise TooLittleData(f"There is no session in {named}.", "Name something with traffic in it.")
    return steps


def kind(source: Source) -> str:
    """What `source` is, by its ending: a key of READERS, or `frame`."""
    if isinstance(source, pd.DataFrame):
        return "frame"
    path = Path(source)
    if path.is_dir():
        return "run"
    return ENDINGS.get(path.suffix, "log")


def of_log(path: Path, how: How) -> Steps:
    """The sessions of an access log, which is read into memory."""
    with prepared(path, how.openapi) as (store, remarks):
        return replace(of_tables(store), remarks=remarks)


def of_store(path: Path, how: How) -> Steps:
    """The sessions in a store."""
    with prepared(path, how.openapi) as (store, _):
        return of_tables(store)


@contextmanager
def prepared(
    recording: Path, openapi: str | None, routes: Sequence[str] = ()
) -> Iterator[tuple[Store, tuple[str, ...]]]:
    """The store at `recording`, or one with the log that is there, and what is to be said of the log.

    A store that was only ingested gets its sessions now, with these `routes` among those that are found.
    Raises MinerError.
    """
    if kind(recording) == "store":
        with Store.open(recording, create=False) as store:
            if not store.fetch("miner.paths", "session_counts").to_pylist()[0]["sessions"]:
                prepare(store, openapi=openapi, routes=routes)
            yield store, ()
        return
    with Store.open(None) as store:
        report = ingest([recording], store)
        prepare(store, openapi=openapi, routes=routes)
        yield store, tuple(report.remarks)


def of_tables(store: Store) -> Steps:
    """The sessions that the store's requests have been put in."""
    rows = store.fetch("miner.verify", "steps")
    names = pa.compute.dictionary_encode(rows.column("endpoint")).combine_chunks()
    steps = Steps(
        session=numbered(rows.column("session").to_numpy()),
        endpoint=names.indices.to_numpy(zero_copy_only=False).astype(np.int64),
        endpoints=tuple(names.dictionary.to_pylist()),
        status=rows.column("status").to_numpy(),
        started=rows.column("started").to_numpy(),
        duration=rows.column("duration").to_numpy(),
    )
    paths = user_paths(rows.column("path").to_pandas(), steps.session)
    clock, stamped = stamps(steps.started, steps.started + steps.duration)
    at_once = closest(steps, rows.column("step").to_numpy())
    return replace(steps, clock=clock, stamped=stamped, at_once=at_once, paths=paths)


def closest(steps: Steps, step: Ints) -> int | None:
    """The microseconds within which all requests that share a `step` with the one before were made."""
    joined = np.flatnonzero((np.diff(step) == 0) & (np.diff(steps.session) == 0)) + 1
    near = nearness(steps.started, steps.started + steps.duration, steps.session)[joined]
    return int(near.max()) if len(near) else None


def of_workload(path: Path, how: How) -> Steps:
    """Sessions simulated from a workload file, exact in time."""
    count = max(how.sessions, LEAST_SIMULATED)
    workload = load(path)
    steps = of_frame(simulate(workload, count, how.seed), path.name)
    seconds = workload.recorded.at_once
    return replace(steps, at_once=None if seconds is None else round(seconds * 1e6))


def of_rows(path: Path, how: How) -> Steps:  # noqa: ARG001 (readers have one signature)
    """The sessions of a table that `mine simulate` or `mine replay` wrote."""
    return of_frame(read_sessions(path), path.name)


def of_run(folder: Path, how: How) -> Steps:
    """The sessions of a replay, at the pace of the recorded users: its pauses times its speed."""
    facts = run_facts(folder)
    rows = read_sessions(folder / "requests.parquet").sort_values(["session", "position"], ignore_index=True)
    remarks = []
    if how.service_log:
        sent, rows = len(rows), served(how.service_log, rows, how.openapi)
        remarks.append(f"Of B's {sent} requests, {len(rows)} are in {how.service_log.name}.")
    if facts.get("complete") is not True:
        remarks.append(f"The run {folder.name} was stopped early: some of its sessions are not whole.")
    silent = int((rows["status"] == 0).sum())
    if silent:
        remarks.append(f"The run {folder.name}: {silent} of {len(rows)} requests got no answer.")
    steps = of_frame(rows, folder.name)
    clock, stamped = stamps(steps.started, steps.started + steps.duration) if how.service_log else (0, "end")
    paced = of_frame(unhurried(rows, facts["speed"]), folder.name)
    return replace(paced, clock=clock, stamped=stamped, remarks=tuple(remarks))


def served(log: Path, rows: pd.DataFrame, openapi: str | None) -> pd.DataFrame:
    """The requests of a run as its service logged them. Raises MinerError if the log has none of them."""
    with Store.open(None) as store:
        ingest([log], store)
        prepare(store, openapi=openapi, visitor="address + agent", include=REASONS)
        with store.offering("sessions_sent", pa.table({"session": pa.array(rows["session"].unique())})):
            logged = store.fetch("miner.verify", "served").to_pandas()
    if logged.empty:
        raise MinerError(
            f"{log} has no request of the run.", "Name the service's log of it, and replay with --sign."
        )
    answered = logged["started"] + pd.to_timedelta(logged["duration"], unit="s")
    by_session = logged["session"]
    before = answered.groupby(by_session).cummax().groupby(by_session).shift()
    think = (logged["started"] - before).dt.total_seconds().clip(lower=0.0)
    return logged.assign(think=think, path=None)


def run_facts(folder: Path) -> dict[str, Any]:
    """What `run.json` says. Raises MinerError unless it has the run's speed."""
    try:
        facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        speed = float(facts["speed"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise MinerError(f"{folder} is not the folder of a run.", "Make one with `mine replay`.") from error
    if not 0 < speed < math.inf:
        raise MinerError(f"{folder}: a speed of {speed:g} is no speed.", "Correct its run.json.")
    return {**facts, "speed": speed}


def unhurried(rows: pd.DataFrame, speed: float) -> pd.DataFrame:
    """`rows` (by session and position) with pauses `speed` times as long; requests take what they took."""
    if speed == 1.0:
        return rows
    longer = (rows["think"].fillna(0.0) * (speed - 1)).groupby(rows["session"]).cumsum()
    return rows.assign(started=rows["started"] + pd.to_timedelta((longer * 1e6).round(), unit="us"))


def of_frame(rows: pd.DataFrame, named: str) -> Steps:
    """The sessions in a table with the columns NEEDED, in any order. Raises MinerError if one is not."""
    if missing := [column for column in NEEDED if column not in rows]:
        raise MinerError(
            f"{named} is no table of sessions: the column {missing[0]!r} is missing.",
            "Use what `mine simulate` or `mine replay` wrote.",
        )
    rows = rows.sort_values(["session", "position"])
    codes, endpoints = pd.factorize(rows["endpoint"].astype(str))
    session = numbered(pd.factorize(rows["session"])[0])
    try:
        return Steps(
            session=session,
            endpoint=codes.astype(np.int64),
            endpoints=tuple(endpoints),
            status=rows["status"].to_numpy(np.int64),
            started=pd.to_datetime(rows["started"], utc=True).dt.as_unit("us").astype("int64").to_numpy(),
            duration=(rows["duration"].fillna(0.0) * 1e6).round().to_numpy(np.int64),
            paths=user_paths(rows["path"], session) if "path" in rows else None,
        )
    except (ValueError, TypeError) as error:
        raise MinerError(
            f"{named} is no table of sessions: {error}.", "Use what `mine simulate` or `mine replay` wrote."
        ) from error


def user_paths(names: pd.Series, session: Ints) -> Names | None:
    """The user path of each session, from a column of requests by session; None unless all are known."""
    of_session = names[np.diff(session, prepend=-1) > 0]
    return None if of_session.isna().any() or not len(of_session) else of_session.to_numpy(object)


def numbered(session: Ints) -> Ints:
    """Sessions as numbers from 0; the rows of one are together."""
    new = np.concatenate([[False], session[1:] != session[:-1]]) if len(session) else np.zeros(0, bool)
    return np.cumsum(new)


def stamps(started: Ints, ended: Ints) -> tuple[int, Literal["start", "end"]]:
    """The coarsest clock, in microseconds, that all ends or all starts are on, and which of them."""
    for clock in CLOCKS:
        if not (ended % clock).any():
            return clock, "end"
        if not (started % clock).any():
            return clock, "start"
    return 0, "end"


READERS: dict[str, Callable[[Path, How], Steps]] = {
    "log": of_log,
    "store": of_store,
    "workload": of_workload,
    "rows": of_rows,
    "run": of_run,
}
ENDINGS = {
    ".duckdb": "store",
    ".db": "store",
    ".toml": "workload",
    ".csv": "rows",
    ".parquet": "rows",
}
