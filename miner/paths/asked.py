"""Requests in the order of the log, with the values of their parameters."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from miner.paths.values import unquote_segments
from miner.store import Store

MOST_REQUESTS = 100_000
"""Requests that are looked at: a share of one in a hundred of them is known to 3 % of itself."""
FAR = 200
"""Requests of one session that are looked at, lest a few machines fill the sample."""


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
    fresh: bool = True
    """Whether nobody in the whole log had asked for the same target before."""
    worked: bool = False
    """Whether another request for the same target succeeded, sampled or not."""

    @property
    def good(self) -> bool:
        """Whether the service accepted it."""
        return self.status < 400


def read_steps(store: Store, least: int = 1) -> list[Step]:
    """The requests of some sessions of at least `least` so many requests, in the order of the log."""
    rows = store.fetch("miner.paths", "walked_targets", most=MOST_REQUESTS, far=FAR, least=least)
    return [
        Step(
            row["session"],
            row["endpoint"],
            row["status"],
            parameters(row["endpoint"], row["target"]),
            row["named"],
            row["fresh"],
            row["worked"],
        )
        for row in rows.to_pylist()
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
