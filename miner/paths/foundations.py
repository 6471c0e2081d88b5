"""Requests become sessions: what is left out, who visits, which routes, where sessions end."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from miner.errors import MinerError, TooLittleData
from miner.paths.excluded import excluded, mark_excluded, mark_unanswered
from miner.paths.gap import Gap, find_gap
from miner.paths.openapi import Document, load
from miner.paths.routes import find_routes
from miner.paths.visitors import set_visitors
from miner.store import Store


@dataclass(frozen=True)
class Foundations:
    """How requests were made into sessions, with the reasons."""

    visitor: str
    """The key that tells visitors apart."""
    visitor_why: str
    gap: Gap
    excluded: dict[str, int]
    """Requests left out, by reason."""
    sessions: int
    requests: int
    document: Document | None


def prepare(
    store: Store, *, openapi: str | None = None, visitor: str | None = None, gap: float | None = None
) -> Foundations:
    """Every request in the store has its visitor, route and session, or why it is no user step.

    `gap` is seconds; where it or `visitor` is not given it is found in the data. Raises MinerError
    for unusable options, TooLittleData if there is nothing to make sessions from.
    """
    if gap is not None and gap <= 0:
        raise MinerError(f"A gap of {gap:g} seconds ends no session.", "Give a number above 0.")
    if false := store.fetch("miner.paths", "restamped").column("name").to_pylist():
        raise TooLittleData(
            f"The time stamps of {', '.join(false)} were rewritten, so its pauses and sessions are nobody's.",
            "Leave the file out, into a new store.",
        )
    document = load(openapi) if openapi else None
    with store.transaction():
        mark_excluded(store)
        paths = store.fetch("miner.paths", "targets").column("path").to_pylist()
        templates = find_routes(paths, document).routes
        table = pa.table(
            {
                "path": pa.array(list(templates), pa.string()),
                "route": pa.array(list(templates.values()), pa.string()),
            }
        )
        with store.offering("templates", table):
            store.run("miner.paths", "set_routes")
        mark_unanswered(store)
        key, why = set_visitors(store, visitor)
        found = Gap(gap, "as asked") if gap else find_gap(store)
        store.run("miner.paths", "set_sessions", gap=found.seconds)
    counts = store.fetch("miner.paths", "session_counts").to_pylist()[0]
    if not counts["sessions"]:
        raise TooLittleData("There is no session in the log.", "Name a log of people's traffic.")
    return Foundations(key, why, found, excluded(store), counts["sessions"], counts["requests"], document)
