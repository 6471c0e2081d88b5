"""What an ingest did: what was read, and what could not be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from miner.errors import one_line
from miner.ingest.raw_text import readable
from miner.store import Store

SHOWN = 120
"""Characters of a line that are enough to recognise it."""


@dataclass(frozen=True)
class SourceReport:
    """One file: lines = requests + rejects + blanks + duplicates."""

    source_id: int
    name: str
    format: str
    prefix: str | None
    """What stands before each of its lines: the name of one of `prefixes.PREFIXES`, or docker."""
    recognised: str
    """Why it was read in this format."""
    lines: int
    requests: int
    rejects: int
    blanks: int
    duplicates: int
    first_at: datetime | None
    last_at: datetime | None
    clock: float | None
    """Resolution of the log's clock in seconds; None without requests."""
    durations: bool
    """Whether the log says how long requests took. If not, finished equals started."""
    restamped: bool
    """Whether somebody rewrote its time stamps: then no pause in it is true."""
    masked: int
    """Values in targets and referrers that look like secrets: they are not in the store."""


@dataclass(frozen=True)
class IngestReport:
    """The files that were read, and what the reader should know about them."""

    sources: tuple[SourceReport, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Rejected:
    """Why `count` lines could not be read, with the first as an example, safe to print."""

    reason: str
    count: int
    source: str
    line: int
    example: str


def source_reports(store: Store) -> tuple[SourceReport, ...]:
    """A report for every file in the store, in the order they were read."""
    return tuple(SourceReport(**row) for row in store.fetch("miner.ingest", "source_reports").to_pylist())


def rejects_by_reason(store: Store) -> list[Rejected]:
    """The reasons why lines could not be read, the most frequent first."""
    rows = store.fetch("miner.ingest", "rejects_by_reason").to_pylist()
    return [
        Rejected(row["reason"], row["count"], one_line(row["source"]), row["line"], shortened(row["raw"]))
        for row in rows
    ]


def shortened(raw: str) -> str:
    """The beginning of `raw`, with everything escaped that a terminal would not print as it is."""
    text = one_line(readable(raw[:SHOWN]))
    return text[:SHOWN] + "…" if len(text) > SHOWN or len(raw) > SHOWN else text
