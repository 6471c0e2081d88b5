"""Requests become sessions: what is left out, who visits, which routes, where sessions end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa

from miner.errors import MinerError, TooLittleData
from miner.paths.at_once import AtOnce, find_at_once
from miner.paths.excluded import excluded, mark_excluded, mark_unanswered
from miner.paths.gap import Gap, find_gap
from miner.paths.openapi import Document, load
from miner.paths.routes import find_routes
from miner.paths.visitors import Visitors, set_visitors
from miner.store import Store

NEVER = float("-inf")
"""Seconds within which no two requests are."""


@dataclass(frozen=True)
class Foundations:
    """How requests were made into sessions, with the reasons."""

    visitors: Visitors
    gap: Gap
    at_once: AtOnce
    excluded: dict[str, int]
    """Requests left out, by reason."""
    folded: dict[str, int]
    """Routes that are there only because the site had too many, and how many each stands for."""
    sessions: int
    requests: int
    document: Document | None
    sample: float = 1.0
    """Share of visitors that was looked at."""


def prepare(
    store: Store,
    *,
    openapi: str | None = None,
    visitor: str | None = None,
    gap: float | None = None,
    routes: Sequence[str] = (),
    include: Collection[str] = (),
    exclude: Sequence[str] = (),
    sample: float = 1.0,
) -> Foundations:
    """Every request in the store has its visitor, route and session, or why it is no user step.

    `openapi` is a file or URL, `visitor` a key of `miner.paths.visitors.KEYS`, `gap` seconds, `routes` are
    routes such as `/shop/{category}/{slug}`, `include` reasons such as `bots` for which nothing is left
    out, `exclude` endpoints such as `GET /internal/*` that are left out, `sample` the share of visitors that
    is looked at. What is not given is found in the data. Raises MinerError for unusable options,
    TooLittleData if there is nothing to make sessions from.
    """
    if gap is not None and gap <= 0:
        raise MinerError(f"A gap of {gap:g} seconds ends no session.", "Give a number above 0.")
    if not 0 < sample <= 1:
        raise MinerError(
            f"A sample of {sample:g} is no share of visitors.", "Give a number up to 1, like 0.1."
        )
    if false := store.fetch("miner.paths", "restamped").column("name").to_pylist():
        raise TooLittleData(
            f"The time stamps of {', '.join(false)} were rewritten, so its pauses and sessions are nobody's.",
            "Leave the file out, into a new store.",
        )
    document = load(openapi) if openapi else None
    mark_excluded(store, include=include, exclude=exclude)
    folded = _set_routes(store, document, routes)
    mark_unanswered(store, include=include)
    visitors = set_visitors(store, visitor, sample)
    silence = Gap(gap, "as asked") if gap else find_gap(store)
    at_once = find_at_once(store)
    together = NEVER if at_once.seconds is None else at_once.seconds
    store.run("miner.paths", "set_sessions", gap=silence.seconds, together=together)
    with store.transaction():
        store.run("miner.paths", "set_requests_aside")
        store.run("miner", "requests")
        store.run("miner.paths", "store_sessions", key=visitors.key)
    counts = store.fetch("miner.paths", "session_counts").to_pylist()[0]
    if not counts["sessions"]:
        raise TooLittleData("There is no session in the log.", "Name a log of people's traffic.")
    return Foundations(
        visitors,
        silence,
        at_once,
        excluded(store),
        folded,
        counts["sessions"],
        counts["requests"],
        document,
        sample,
    )


def _set_routes(store: Store, document: Document | None, rules: Sequence[str]) -> dict[str, int]:
    """The temporary tables `endpoints` and `routed` say which endpoint a target is of.

    Returns the folded routes.
    """
    paths = store.fetch("miner.paths", "unrouted").column("path").to_pylist()
    found = find_routes(paths, document, rules)
    table = pa.table(
        {
            "path": pa.array(list(found.routes), pa.string()),
            "route": pa.array(list(found.routes.values()), pa.string()),
        }
    )
    with store.offering("templates", table):
        store.run("miner.paths", "set_routes")
    return found.folded
