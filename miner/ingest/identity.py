"""Whether a file was read before: by what is in it, not by its name."""

from __future__ import annotations

from dataclasses import dataclass

import xxhash

from miner.ingest.files import LogFile
from miner.ingest.lines import BLOCK, HEAD
from miner.ingest.opened import opened
from miner.store import Store


@dataclass(frozen=True)
class Known:
    """A source in the store that has something to do with a file."""

    source_id: int
    name: str
    bytes: int
    lines: int
    blanks: int
    duplicates: int
    finished: bool


@dataclass(frozen=True)
class Identity:
    """What the store has of a file already."""

    same: Known | None = None
    """All of it."""
    grown: Known | None = None
    """Its beginning: the rest is new."""
    longer: Known | None = None
    """Another file of its name, which was longer."""
    next_id: int = 1


def identity(log: LogFile, store: Store) -> Identity:
    """What the store has of the file.

    The file is read as a whole only if it begins like a source; files are told apart by XXH3 of 128 bits.
    """
    rows = store.fetch("miner.ingest", "known_sources").to_pylist()
    next_id = max((row["source_id"] for row in rows), default=0) + 1
    with opened(log.path, log.member) as (stream, _):
        head = stream.read(HEAD)
    alike = [row for row in rows if xxhash.xxh3_128_hexdigest(head[: row["bytes"]]) == row["head"]]
    if alike:
        size, digests = _digests(log, sorted({row["bytes"] for row in alike}))
        equal = [row for row in alike if digests.get(row["bytes"]) == row["fingerprint"]]
        if equal:
            row = max(equal, key=lambda one: one["bytes"])
            if row["bytes"] == size:
                return Identity(same=_known(row), next_id=next_id)
            return Identity(grown=_known(row), next_id=next_id)
    named = [row for row in rows if row["name"] == log.name]
    longer = named[-1] if named and log.member is None and _shorter(log, named[-1]["bytes"]) else None
    return Identity(longer=_known(longer) if longer else None, next_id=next_id)


def _known(row: dict[str, object]) -> Known:
    return Known(**{name: row[name] for name in Known.__dataclass_fields__})  # type: ignore[arg-type]


def _digests(log: LogFile, lengths: list[int]) -> tuple[int, dict[int, str]]:
    """The file's size, and the fingerprints of its beginnings of these lengths."""
    digest, done = xxhash.xxh3_128(), 0
    found: dict[int, str] = {}
    left = [*lengths]
    with opened(log.path, log.member) as (stream, _):
        while True:
            size = min(BLOCK, left[0] - done) if left else BLOCK
            block = stream.read(size)
            if not block:
                return done, found
            digest.update(block)
            done += len(block)
            if left and done == left[0]:
                found[left.pop(0)] = digest.hexdigest()


def _shorter(log: LogFile, size: int) -> bool:
    """Whether the file has fewer bytes than that."""
    done = 0
    with opened(log.path, log.member) as (stream, _):
        while done < size and (block := stream.read(BLOCK)):
            done += len(block)
    return done < size
