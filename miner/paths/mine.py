"""The sessions in a store become a Workload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from miner import workload as w
from miner.errors import MinerError, TooLittleData
from miner.paths.arrivals import read_arrivals
from miner.paths.at_once import steps_at_once
from miner.paths.chains import read_moves
from miner.paths.endpoints import read_endpoints
from miner.paths.foundations import Foundations, prepare
from miner.paths.groups import Group, Tried, find_groups
from miner.paths.names import unique
from miner.paths.pauses import read_pauses
from miner.paths.stability import Stability, stability
from miner.paths.user_paths import Sure, user_paths
from miner.store import Store

LEAST_SESSIONS = 10
"""Sessions below which nothing is mined."""
SEED = 1


@dataclass(frozen=True)
class Mined:
    """A workload, and how it came about."""

    workload: w.Workload
    foundations: Foundations
    tried: tuple[Tried, ...]
    """How well each number of paths that was tried explains how sessions move."""
    sure: tuple[Sure, ...]
    """How sure the parameters of think times and the paces are."""
    stability: Stability | None = None
    """Whether the paths are found again in sessions drawn again, if that was asked for."""


def mine(
    store: Store,
    *,
    name: str,
    paths: int | None = None,
    seed: int = SEED,
    resamples: int = 0,
    **foundations: Any,
) -> Mined:
    """The workload of the requests in the store, whose sessions then know their user path.

    `paths` is a number of user paths, `resamples` how often sessions are drawn again to see whether the paths
    are stable, `foundations` are options of `miner.paths.prepare`; what is not given is found in the data.
    Raises MinerError for unusable options, TooLittleData if there are too few sessions.
    """
    if paths is not None and paths < 1:
        raise MinerError(f"{paths} user paths cannot be mined.", "Ask for at least one.")
    basis = prepare(store, **foundations)
    if basis.sessions < LEAST_SESSIONS:
        raise TooLittleData(
            f"The log has too few sessions to mine: {basis.sessions}, not even {LEAST_SESSIONS}.",
            "Name more logs, or a longer one.",
        )
    moves, walked = read_moves(store)
    pauses = read_pauses(store, moves.outside, basis.gap.seconds)
    endpoints, unknown = read_endpoints(store, moves.endpoints, basis.document)
    at_once = steps_at_once(moves.combinations, list(endpoints))
    names = [*endpoints, *at_once]
    # Threads only get in one another's way: no array is large enough for them.
    with threadpool_limits(1):
        groups, tried = find_groups(walked, pauses, paths, seed)
        found = user_paths(moves, walked, groups, pauses, names)
        stable = stability(walked, pauses, groups, paths, seed, resamples) if resamples else None
    _store_paths(store, groups, [path.name for path in found.paths])
    steps = at_once | {
        name: at_once.get(names[code]) or w.Step(requests={names[code]: 1.0})
        for name, code in sorted(found.remembered.items())
    }
    workload = w.Workload(
        name=unique(name, []),
        recorded=_recorded(store, basis, pauses.clock, unknown),
        arrivals=read_arrivals(store, basis.sample),
        endpoints=endpoints,
        steps=steps,
        paths=tuple(found.paths),
    )
    return Mined(workload, basis, tuple(tried), tuple(found.sure), stable)


def mine_workload(store: Store, *, name: str = "workload", **options: Any) -> w.Workload:
    """The workload that `mine` finds, alone; the options are the same."""
    return mine(store, name=name, **options).workload


def _recorded(store: Store, foundations: Foundations, clock: float, unknown: list[str]) -> w.Recorded:
    row = store.fetch("miner.paths", "recorded").to_pylist()[0]
    return w.Recorded(
        sources=tuple(row["sources"]),
        first_at=row["first_at"],
        last_at=row["last_at"],
        sessions=foundations.sessions,
        requests=foundations.requests,
        sampled=foundations.sample,
        visitor=foundations.visitors.key,
        clock=clock,
        gap=foundations.gap.seconds,
        at_once=foundations.at_once.seconds,
        unknown=tuple(unknown),
    )


def _store_paths(store: Store, groups: list[Group], names: list[str]) -> None:
    """`sessions.path` holds the most probable user path of each session."""
    chosen = np.argmax([group.member for group in groups], axis=0)
    table = pa.table(
        {
            "session_id": np.arange(1, len(chosen) + 1),
            "path": pa.array(names, pa.string()).take(pa.array(chosen)),
        }
    )
    with store.offering("session_paths", table):
        store.run("miner.paths", "set_paths")
