"""What the processes of a run wrote becomes one request log and one record of the load."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd

WRITTEN = "session path endpoint name method url status started duration late failed".split()  # noqa: SIM905
"""Of a request, as the recorder has it: the duration in milliseconds."""
COLUMNS = "session path position endpoint method target status started duration think late failed".split()  # noqa: SIM905
"""Of `requests.parquet`, by start: seconds, but `started`, which is a time; `think` is null for the first.

`failed`: the answer was not the one intended, or there was none.
"""
LOAD = "at cpu users busy waiting".split()  # noqa: SIM905
"""Of `load.parquet`: each second of each process, its share of a core, and how many users are in sessions."""


def merge(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """The requests and the load of all processes, which are in `folder` now, and what they counted.

    The counts are requests, failures, started, finished and never_started, and of `lost` processes, which did
    not come to their end. Raises OSError if the disk is full.
    """
    recorded = _read(folder, "requests", WRITTEN)
    requests = _placed(recorded)
    load = _read(folder, "load", LOAD).astype(float).sort_values("at", ignore_index=True)
    sessions = int(requests["session"].nunique())
    counts = {"started": 0, "finished": 0, "never_started": 0, "lost": 0}
    summaries = sorted(folder.glob("summary-*.json"))
    for part in summaries:
        for name, count in json.loads(part.read_text(encoding="utf-8")).items():
            counts[name] += count
    if not counts["started"]:  # a locustfile of other hands, or a process that was killed
        counts |= {"started": sessions, "finished": sessions}
    requests.to_parquet(folder / "requests.parquet", index=False)
    load.to_parquet(folder / "load.parquet", index=False)
    for part in (*summaries, *folder.glob("requests-*.jsonl"), *folder.glob("load-*.jsonl")):
        part.unlink()
    return requests, load, {**counts, "requests": len(requests), "failures": int(recorded["failed"].sum())}


def so_far(folder: Path) -> pd.DataFrame:
    """The requests of all processes that are on disk yet, with COLUMNS; the last second is not."""
    return _placed(_read(folder, "requests", WRITTEN))


def _read(folder: Path, kind: str, columns: list[str]) -> pd.DataFrame:
    """The rows of all processes; one that was killed may have left half a line."""
    rows = []
    for part in sorted(folder.glob(f"{kind}-*.jsonl")):
        for line in part.read_text(encoding="utf-8").split("\n"):
            with suppress(ValueError):
                rows += json.loads(line)
    return pd.DataFrame(rows, columns=columns)


def _placed(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` by start, with their position in the session and the pause since all before were answered."""
    rows = rows.astype({"status": int, "started": float, "duration": float, "late": float, "failed": bool})
    rows = rows.sort_values("started", kind="stable", ignore_index=True)
    path = rows["url"].fillna("").astype(str).str.split("/", n=3).str.get(3).fillna("").astype(str)
    rows = rows.assign(
        session=rows["session"]
        .fillna("request-" + rows.index.astype(str).to_series(index=rows.index))
        .astype(str),
        path=rows["path"].fillna(""),
        endpoint=rows["endpoint"].fillna(rows["method"] + " " + rows["name"]),
        target="/" + path,
        duration=rows["duration"] / 1000,
    )
    by_session = rows["session"]
    answered = (rows["started"] + rows["duration"]).groupby(by_session).cummax().groupby(by_session).shift()
    think = (rows["started"] - answered).clip(lower=0.0)
    return rows.assign(
        position=rows.groupby("session").cumcount() + 1,
        think=np.where(answered.isna(), np.nan, think),
        started=pd.to_datetime((rows["started"] * 1e6).round(), unit="us", utc=True),
    )[COLUMNS]
