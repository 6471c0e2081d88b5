"""Requests in the order of the log, with the values of their parameters."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from miner.paths.values import unquote_segments
from miner.store import Store

MOST_SESSIONS = 20_000
"""Sessions that are looked at."""


@dataclass(frozen=True)
class Step:
    """A request: its session, what it asked for, and how it was answered."""

    session: int
    endpoint: str
    status: int
    values: dict[str, str]
    """Of the parameters of the route and of the query, by name."""
    named: bool = True
    """Whether the log names a user."""

    @property
    def good(self) -> bool:
        """Whether the service accepted it."""
        return self.status < 400


def read_steps(store: Store, least: int = 1) -> list[Step]:
    """The requests of some sessions of at `least` so many requests, in the order of the log."""
    rows = store.fetch("miner.paths", "walked_targets", most=MOST_SESSIONS, least=least).to_pylist()
    return [
        Step(
            row["session"],
            row["endpoint"],
            row["status"],
            parameters(row["endpoint"], row["target"]),
            row["named"],
        )
        for row in rows
    ]


def parameters(endpoint: str, target: str) -> dict[str, str]:
    """The values of the parameters of a target, by name; those of the route win."""
    segments = unquote_segments(target)
    found = {
        part[1:-1]: segments[place]
        for place, part in enumerate(endpoint.partition(" ")[2].split("/"))
        if part.startswith("{") and part.endswith("}") and place < len(segments)
    }
    return dict(parse_qsl(target.partition("?")[2], keep_blank_values=True)) | found
