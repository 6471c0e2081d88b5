"""What the processes of a run wrote becomes one request log and one record of the load."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

WRITTEN = "session path endpoint method target status started duration late".split()  # noqa: SIM905
COLUMNS = "session path position endpoint method target status started duration think late".split()  # noqa: SIM905
"""Of `requests.parquet`, by start: seconds, but `started`, which is a time; `think` is null for the first."""
LOAD = "at cpu users busy waiting".split()  # noqa: SIM905
"""Of `load.parquet`: each second of each process, its share of a core, and how many users are in sessions."""


def merge(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """The requests and the load of all processes, which are in `folder` now, and what they counted.

    The counts are requests, failures, started, finished and never_started.
    """
    parts = [_read(part, WRITTEN) for part in _parts(folder, "requests", "csv")]
    requests = _placed(pd.concat(parts) if parts else pd.DataFrame(columns=WRITTEN))
    loads = [_read(part, LOAD) for part in _parts(folder, "load", "csv")]
    load = pd.concat(loads or [pd.DataFrame(columns=LOAD)]).sort_values("at", ignore_index=True)
    counts = {"failures": 0, "started": 0, "finished": 0, "never_started": 0}
    for part in _parts(folder, "summary", "json"):
        for name, count in json.loads(part.read_text(encoding="utf-8")).items():
            counts[name] = counts.get(name, 0) + count
    requests.to_parquet(folder / "requests.parquet", index=False)
    load.to_parquet(folder / "load.parquet", index=False)
    for kind, ending in (("requests", "csv"), ("load", "csv"), ("summary", "json")):
        for part in _parts(folder, kind, ending):
            part.unlink()
    return requests, load, {**counts, "requests": len(requests)}


def _parts(folder: Path, kind: str, ending: str) -> list[Path]:
    return sorted(folder.glob(f"{kind}-*.{ending}"))


def _read(part: Path, columns: list[str]) -> pd.DataFrame:
    """The rows of a process; one that was killed may have left half a line."""
    kinds = {name: str for name in ("session", "path", "endpoint", "method", "target") if name in columns}
    rows = pd.read_csv(part, names=columns, dtype=kinds, keep_default_na=False, na_values={columns[-1]: ""})
    return rows.dropna(subset=columns[-1:])


def _placed(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` by start, with their position in the session and the pause since all before were answered."""
    rows = rows.sort_values("started", kind="stable", ignore_index=True)
    rows = rows.astype({"status": int, "started": float, "duration": float, "late": float})
    by_session = rows["session"]
    answered = (rows["started"] + rows["duration"]).groupby(by_session).cummax().groupby(by_session).shift()
    think = (rows["started"] - answered).clip(lower=0.0)
    return rows.assign(
        position=rows.groupby("session").cumcount() + 1,
        think=np.where(answered.isna(), np.nan, think),
        started=pd.to_datetime((rows["started"] * 1e6).round(), unit="us", utc=True),
    )[COLUMNS]
