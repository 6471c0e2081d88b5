"""Requests as tables of one form, wherever they were measured."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from miner.errors import MinerError

COLUMNS = ("at", "endpoint", "path", "session", "status", "latency", "late", "failed")
"""Of a table of requests: seconds, and `at` since the beginning; what is not known is null."""


def sent(rows: pd.DataFrame, of: str) -> pd.DataFrame:
    """The requests of the run `of`, `started` and `meant` to be in microseconds since 1970.

    In runs of older versions, failed is what got no answer, or an error of the service. Raises MinerError if
    the columns hold something else.
    """
    try:
        started = rows["started"].dt.as_unit("us").astype("int64")
        late = rows["late"].astype(float).fillna(0.0) if "late" in rows else pd.Series(0.0, rows.index)
        status = rows["status"].astype("int64")
        return rows.assign(
            started=started,
            meant=started - (late * 1e6).round().astype("int64"),
            endpoint=rows["endpoint"].astype(str),
            path=rows["path"].replace("", None),
            session=rows["session"].astype(str),
            status=status,
            latency=rows["duration"].astype(float),
            late=late,
            failed=rows["failed"].astype(bool) if "failed" in rows else (status == 0) | (status >= 500),
        )
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise MinerError(
            f"The requests of the run {of} are not those of a run: {reason}.", "Replay again."
        ) from error


def table(rows: pd.DataFrame, begun: int) -> pd.DataFrame:
    """`rows` with COLUMNS, by time since `begun`, in microseconds; `started` is in microseconds too.

    What a coarse clock has before the beginning is at the beginning.
    """
    unknown: dict[str, Any] = {"late": np.nan, "failed": pd.array([None] * len(rows), "boolean")}
    known = rows.assign(
        at=((rows["started"] - begun) / 1e6).clip(lower=0.0),
        **{name: values for name, values in unknown.items() if name not in rows},
    )
    known = known[list(COLUMNS)].astype({"failed": "boolean", "late": float, "latency": float})
    return known.sort_values("at", kind="stable", ignore_index=True)


def end(table: pd.DataFrame) -> float:
    """The seconds within which all of its requests were sent, the last one included."""
    return math.nextafter(float(table["at"].max()), math.inf)
