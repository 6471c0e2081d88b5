"""The answers to the five questions, as facts of the store and of the workload mined from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import sqrt
from typing import Any

from miner.generate.duration import requests_on
from miner.ingest import rejects_by_reason
from miner.laws import pace_share
from miner.paths import Mined
from miner.paths.causes import Cause, read_causes
from miner.paths.excluded import excluded
from miner.paths.groups import Tried
from miner.paths.intervals import WIDE
from miner.paths.stability import Stability
from miner.store import Store
from miner.workload import LEAVE, Path, Workload

MAIN_MOVES = 5
"""Moves of a path that are worth telling."""
READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class SessionLengths:
    """Question 1. Requests per session; `single` is the share of sessions with one; times are seconds."""

    sessions: int
    requests: int
    mean: float
    median: int
    p90: int
    most: int
    single: float
    seconds_median: float
    seconds_p90: float


@dataclass(frozen=True)
class ComingAgain:
    """Question 1. Share of sessions that another of the same visitor follows `within` seconds, and when."""

    share: float
    within: float
    median: float


@dataclass(frozen=True)
class MainMove:
    """A move that many of a path's sessions make: the probability of the next step, given the step."""

    step: str
    to: str
    p: float
    n: int


@dataclass(frozen=True)
class TakenPath:
    """Question 2. A user path: who takes it, and what they mainly do."""

    name: str
    share: float
    sessions: int
    requests_per_session: float
    start: dict[str, float]
    moves: tuple[MainMove, ...]
    pace_share: float
    """Share of the variance of log pauses that lies between visitors, not within them."""


@dataclass(frozen=True)
class Operation:
    """An endpoint and its share of all requests, and of those in the busiest hour."""

    name: str
    endpoint: str
    share: float
    share_busiest: float


@dataclass(frozen=True)
class Together:
    """Question 3. Sessions under way and requests per second: on average, and in the busiest hour."""

    sessions_mean: float
    sessions_busiest: float
    sessions_most: int
    requests_per_second_mean: float
    requests_per_second_busiest: float
    busiest_hour: datetime
    writing: float
    """Share of requests that are neither GET nor HEAD."""
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Pauses:
    """Question 4. The pauses of a path's sessions as logged, in seconds."""

    path: str
    pauses: int
    p10: float
    median: float
    p90: float
    p99: float


@dataclass(frozen=True)
class Answered:
    """Question 5. How an endpoint was answered."""

    name: str
    endpoint: str
    requests: int
    client_errors: float
    server_errors: float
    statuses: dict[int, int]


@dataclass(frozen=True)
class Answers:
    """What the logs say, and what they do not."""

    name: str
    sources: tuple[str, ...]
    first_at: datetime | None
    last_at: datetime | None
    visitor: str
    gap: float
    clock: float
    requests_per_session: SessionLengths
    coming_again: ComingAgain | None
    paths: tuple[TakenPath, ...]
    paths_tried: tuple[Tried, ...]
    stability: Stability | None
    at_the_same_time: Together
    pauses: tuple[Pauses, ...]
    client_error_share: float
    client_errors: tuple[Answered, ...]
    client_errors_by_path: dict[str, float]
    """Share of the requests on each path."""
    client_error_causes: tuple[Cause, ...]
    unknown: tuple[str, ...]
    remarks: tuple[str, ...]
    left_out: dict[str, int]
    """Requests that are no user steps, by reason."""
    unreadable: dict[str, int]
    """Lines that are no requests, by reason."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def answers(store: Store, mined: Mined, remarks: tuple[str, ...] = ()) -> Answers:
    """The answers for a store that was just `mined`."""
    workload = mined.workload
    recorded, again = workload.recorded, workload.arrivals.returning
    answered = _answered(store, workload)
    total = sum(one.requests for one in answered)
    return Answers(
        name=workload.name,
        sources=recorded.sources,
        first_at=recorded.first_at,
        last_at=recorded.last_at,
        visitor=recorded.visitor,
        gap=recorded.gap,
        clock=recorded.clock,
        requests_per_session=SessionLengths(**_rows(store, "session_lengths")[0]),
        coming_again=ComingAgain(again.share, again.within, again.median) if again else None,
        paths=_paths(workload),
        paths_tried=mined.tried,
        stability=mined.stability,
        at_the_same_time=_together(store, workload),
        pauses=_pauses(store, workload),
        client_error_share=sum(one.client_errors * one.requests for one in answered) / total,
        client_errors=answered,
        client_errors_by_path={row["path"]: row["share"] for row in _rows(store, "errors_by_path")},
        client_error_causes=tuple(read_causes(store)),
        unknown=recorded.unknown,
        remarks=(*_sampled(workload), *remarks),
        left_out=excluded(store),
        unreadable={reject.reason: reject.count for reject in rejects_by_reason(store)},
    )


def _sampled(workload: Workload) -> list[str]:
    """What it costs that only a share of the visitors was looked at: the 95 % error of a path's share."""
    recorded = workload.recorded
    if recorded.sampled == 1:
        return []
    error = max(WIDE * sqrt(path.share * (1 - path.share) / recorded.sessions) for path in workload.paths)
    off = f"{100 * error:.2g} points instead of {100 * error * sqrt(recorded.sampled):.2g}"
    kept = f"{100 * recorded.sampled:.3g} % of visitors were looked at"
    return [f"Only {kept}: shares of paths may be off by {off}. Counts are theirs, rates those of all."]


def _rows(store: Store, name: str, **params: Any) -> list[dict[str, Any]]:
    return store.fetch("miner.screen", name, **params).to_pylist()


def _paths(workload: Workload) -> tuple[TakenPath, ...]:
    """The user paths, the most taken first.

    Requests per session are those of the path's chain, not of the sessions that were put in it: a
    short session fits several paths and is put, whole, in the likeliest.
    """
    taken = [
        TakenPath(
            path.name,
            path.share,
            path.sessions,
            requests_on(workload, path),
            path.start,
            main_moves(path),
            pace_share(path),
        )
        for path in workload.paths
    ]
    return tuple(sorted(taken, key=lambda path: -path.share))


def main_moves(path: Path) -> tuple[MainMove, ...]:
    """The moves made most often, `leave` not counted."""
    moves = [
        MainMove(step, to, move.p, move.n)
        for step, nexts in path.moves.items()
        for to, move in nexts.items()
        if to != LEAVE
    ]
    return tuple(sorted(moves, key=lambda move: (-move.n, -move.p, move.step, move.to))[:MAIN_MOVES])


def _together(store: Store, workload: Workload) -> Together:
    busy, sampled = _rows(store, "together")[0], workload.recorded.sampled
    rows = _rows(store, "mix", hour=busy["hour"])
    total, in_hour = (sum(row[column] for row in rows) for column in ("requests", "in_hour"))
    names = _names(workload)
    operations = [
        Operation(
            names.get(row["endpoint"], ""), row["endpoint"], row["requests"] / total, row["in_hour"] / in_hour
        )
        for row in rows
    ]
    return Together(
        sessions_mean=busy["sessions_mean"] / sampled,
        sessions_busiest=busy["sessions_busiest"] / sampled,
        sessions_most=round(busy["sessions_most"] / sampled),
        requests_per_second_mean=busy["requests_mean"] / sampled,
        requests_per_second_busiest=busy["requests_busiest"] / sampled,
        busiest_hour=datetime.fromtimestamp(busy["hour"] * 3600, UTC),
        writing=sum(one.share for one in operations if one.endpoint.partition(" ")[0] not in READING),
        operations=tuple(operations),
    )


def _pauses(store: Store, workload: Workload) -> tuple[Pauses, ...]:
    """A row per path, in the order of `_paths`."""
    found = {row["path"]: Pauses(**row) for row in _rows(store, "pauses_by_path")}
    ordered = sorted(workload.paths, key=lambda path: -path.share)
    return tuple(found[path.name] for path in ordered if path.name in found)


def _answered(store: Store, workload: Workload) -> tuple[Answered, ...]:
    """A row per endpoint, the one with the highest share of client errors first."""
    statuses: dict[str, dict[int, int]] = {}
    for row in _rows(store, "answered"):
        statuses.setdefault(row["endpoint"], {})[row["status"]] = row["requests"]
    names = _names(workload)
    found = [
        Answered(
            name=names.get(endpoint, ""),
            endpoint=endpoint,
            requests=sum(counts.values()),
            client_errors=_of_class(counts, 4),
            server_errors=_of_class(counts, 5),
            statuses=counts,
        )
        for endpoint, counts in statuses.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.client_errors, -one.requests, one.endpoint)))


def _of_class(counts: dict[int, int], first_digit: int) -> float:
    """The share of statuses that start with `first_digit`."""
    return sum(n for status, n in counts.items() if status // 100 == first_digit) / sum(counts.values())


def _names(workload: Workload) -> dict[str, str]:
    """The name of each endpoint in the workload."""
    return {endpoint.request: name for name, endpoint in workload.endpoints.items()}
