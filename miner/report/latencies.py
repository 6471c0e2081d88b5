"""How long answers took, over time and by endpoint: of a recording, or of a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from miner.store import Store

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
WIDTHS = (
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR),
    *(DAY, 2 * DAY, 7 * DAY, 30 * DAY, 365 * DAY),
)
"""Seconds that a window can have."""
WINDOWS = 30
"""Of the time that is shown, at most, as long as the widest are wide enough."""
FEW = 10
"""Requests below which a window says nothing of how long they take."""


@dataclass(frozen=True)
class Window:
    """The requests of a window: when its middle is, in seconds, how many they are, how long they took."""

    at: float
    n: int
    p50: float
    p95: float


@dataclass(frozen=True)
class Took:
    """How long an endpoint took, in seconds; `failed` is the share of answers not intended, if known."""

    endpoint: str
    n: int
    p50: float
    p95: float
    p99: float
    longest: float
    failed: float | None
    windows: tuple[Window, ...]
    """Those with at least FEW requests."""


@dataclass(frozen=True)
class Latencies:
    """How long answers took: the endpoints with most requests first; `width` is of a window, in seconds."""

    width: float
    begins: datetime | None
    """What windows are counted from; none: the beginning of the run."""
    endpoints: tuple[Took, ...]


def recorded(store: Store) -> Latencies | None:
    """The latencies in a store that was mined; none if its logs have no durations."""
    span = store.fetch("miner.report", "span").to_pylist()[0]
    if not span["durations"] or span["begins"] is None:
        return None
    width = window_of(span["seconds"])
    rows = store.fetch("miner.report", "latencies", width=width).to_pylist()
    return Latencies(width, span["begins"], _by_endpoint(rows, width))


def of_run(requests: pd.DataFrame) -> Latencies:
    """Those of the requests of a run, which have `at`: the seconds since its beginning."""
    width = window_of(float(requests["at"].max()))
    windows = requests.assign(place=(requests["at"] // width).astype(int))
    rows = [*_rows(requests, ["endpoint"]), *_rows(windows, ["endpoint", "place"])]
    return Latencies(width, None, _by_endpoint(rows, width))


def window_of(seconds: float) -> float:
    """The width of windows by which so many seconds are shown."""
    return next((width for width in WIDTHS if seconds / width <= WINDOWS), WIDTHS[-1])


def _rows(requests: pd.DataFrame, by: list[str]) -> Iterable[dict[str, Any]]:
    """The rows of `latencies.sql`, of a frame."""
    groups = requests.groupby(by, sort=True)
    quantiles = groups["duration"].quantile([0.5, 0.95, 0.99]).unstack()
    table = pd.DataFrame(
        {
            "n": groups.size(),
            "p50": quantiles[0.5],
            "p95": quantiles[0.95],
            "p99": quantiles[0.99],
            "longest": groups["duration"].max(),
            "failed": groups["failed"].mean(),
        }
    )
    return table.reset_index().to_dict("records")


def _by_endpoint(rows: Iterable[dict[str, Any]], width: float) -> tuple[Took, ...]:
    """Rows without a `place` are of the whole time."""
    whole: list[dict[str, Any]] = []
    windows: dict[str, list[Window]] = {}
    for row in rows:
        if row.get("place") is None:
            whole.append(row)
        elif row["n"] >= FEW:
            middle = (int(row["place"]) + 0.5) * width
            window = Window(middle, int(row["n"]), float(row["p50"]), float(row["p95"]))
            windows.setdefault(row["endpoint"], []).append(window)
    found = [_took(row, windows.get(row["endpoint"], [])) for row in whole]
    return tuple(sorted(found, key=lambda one: (-one.n, one.endpoint)))


def _took(row: dict[str, Any], windows: list[Window]) -> Took:
    return Took(
        endpoint=str(row["endpoint"]),
        n=int(row["n"]),
        p50=float(row["p50"]),
        p95=float(row["p95"]),
        p99=float(row["p99"]),
        longest=float(row["longest"]),
        failed=None if row.get("failed") is None else float(row["failed"]),
        windows=tuple(sorted(windows, key=lambda window: window.at)),
    )
