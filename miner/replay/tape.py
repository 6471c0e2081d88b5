"""The recorded sessions themselves, as they are to be sent: a line of JSON for each."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import numpy as np
import numpy.typing as npt

from miner.errors import MinerError, TooLittleData
from miner.replay.constants import PathSays, Says
from miner.replay.load import PATIENCE, SPARE_USERS, Load
from miner.store import Store

LEAD = 2.0
"""Seconds until the first session: by then all users are there."""
LONGEST = 3600.0
"""Seconds that a run may take without being asked for."""
SENSIBLE = 600.0
"""Seconds of a run that is proposed instead."""
PARAMETER = re.compile(r"\{[^{}]*\}")
MATRIX = re.compile(r";[^/]*")
AS_IT_IS = "/%:@!$&'()*+,;=~"
"""What a path may have besides letters, digits and `_.-`."""

Floats = npt.NDArray[np.float64]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Tape:
    """The part of a recording that is sent: all sessions that began `until` then, in seconds since 1970."""

    store: Store
    until: float
    began: Floats
    """Of each session, in order."""
    finished: Floats
    requests: Floats
    hurry: float
    """How many times faster sessions follow each other than they did."""
    speed: float
    """What pauses are divided by."""
    run_time: float
    """Seconds in which they start."""

    @property
    def rate(self) -> float:
        """Sessions that are to start a second, on average."""
        return len(self.began) / max(self.run_time - LEAD, 1.0)

    def options(self, users: int | None) -> dict[str, str]:
        """Locust's options for it; with as many users as there are ever sessions at once, and some more."""
        crowd = users or self._most_at_once() + SPARE_USERS
        return {
            "users": f"{crowd}",
            "spawn-rate": f"{crowd}",
            "sessions-per-second": f"{self.rate:g}",
            "speed": f"{self.speed:g}",
            "max-rps": "inf",
        }

    def write(self, file: Path, methods: Mapping[str, str]) -> None:
        """A line for each session; its requests are made by the `methods` of the scenario that it has."""
        rows = self.store.fetch("miner.replay", "taped_requests", until=self.until)
        with file.open("w", encoding="utf-8") as lines:
            each = (row for batch in rows.to_batches(10_000) for row in batch.to_pylist())
            for _, session in groupby(each, key=lambda row: row["session"]):
                lines.write(json.dumps(self._line(list(session), methods)) + "\n")

    def _line(self, session: list[Row], methods: Mapping[str, str]) -> dict[str, Any]:
        first = session[0]
        start = LEAD + (first["began"] - float(self.began[0])) / self.hurry
        return {
            "at": start,
            "session": f"{first['session']}",
            "path": first["path"],
            "user": first["person"],
            "steps": [
                [
                    {"at": start + (row["started"] - first["began"]) / self.speed, **request(row, methods)}
                    for row in step
                ]
                for _, step in groupby(session, key=lambda row: row["step"])
            ],
        }

    def _most_at_once(self) -> int:
        """Sessions under way at once, if each request takes a second longer than it did."""
        start = (self.began - self.began[0]) / self.hurry
        end = start + (self.finished - self.began) / self.speed + PATIENCE * self.requests
        ended = np.searchsorted(np.sort(end), start, side="left")
        return int((np.arange(1, len(start) + 1) - ended).max())


def taped(store: Store, load: Load, run_time: float | None) -> Tape:
    """The sessions of a store that start within `run_time` seconds of a replay under `load`.

    Requests must have been put in sessions. Raises MinerError for a load that a recording cannot have,
    TooLittleData if there is no session.
    """
    for word, given in {"profile": load.profile != "mean", "mix": load.mix, "closed": load.closed}.items():
        if given:
            raise MinerError(f"--{word} cannot be had with --exact.", "Leave one of them out.")
    rows = store.fetch("miner.replay", "taped_sessions")
    began, finished, requests = (
        rows.column(name).to_numpy().astype(np.float64) for name in ("began", "finished", "requests")
    )
    if not len(began):
        raise TooLittleData("There is no session to replay.", "Name a recording with traffic in it.")
    lasts = float(began[-1] - began[0])
    recorded = len(began) / max(lasts, 1.0)
    session = PathSays("recorded", 1.0, float(requests.mean()), float((finished - began).mean()))
    hurry = load.rate(Says(recorded, (session,))) / recorded
    if load.sessions_per_second is None and load.rps is None:  # all times are shorter, not pauses alone
        hurry *= load.speed
    load.must_allow(recorded * hurry)
    if run_time is None and lasts / hurry > LONGEST:
        raise MinerError(
            f"It would take {spelt(lasts / hurry)} to replay what was recorded.",
            "Take its beginning with --run-time 10m, or have sessions follow each other faster: --scale "
            f"{math.ceil(lasts / hurry / SENSIBLE * load.scale)}.",
        )
    seconds = lasts / hurry if run_time is None else run_time
    until = float(began[0]) + seconds * hurry
    played = began <= until
    return Tape(
        store, until, began[played], finished[played], requests[played], hurry, load.speed, LEAD + seconds
    )


def request(row: Row, methods: Mapping[str, str]) -> dict[str, Any]:
    """How a request is made again: the values of its route's parameters, and of its query by name."""
    path, _, query = row["target"].partition("?")
    params = values(row["route"], path)
    route = quote(path, safe=AS_IT_IS) if params is None else row["route"]
    endpoint = f"{row['method']} {route}"
    asked: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        asked.setdefault(name, []).append(value)
    return {
        "method": methods.get(endpoint, ""),
        "endpoint": endpoint,
        "params": params or {},
        "query": asked,
        "status": row["status"],
    }


def values(route: str, path: str) -> dict[str, str] | None:
    """The values of the parameters of `route` in `path`; None if it is not of that route."""
    names = [found[1:-1] for found in PARAMETER.findall(route)]
    pattern = "([^/]*)".join(map(re.escape, PARAMETER.split(route)))
    found = re.fullmatch(pattern, path) or re.fullmatch(pattern, MATRIX.sub("", path))
    return dict(zip(names, map(unquote, found.groups()), strict=True)) if found else None


def spelt(seconds: float) -> str:
    """Hours, or days where they are many."""
    return f"{seconds / 3600:.1f} hours" if seconds < 2 * 86_400 else f"{seconds / 86_400:.1f} days"
