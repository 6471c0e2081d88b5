"""A stream of bytes becomes batches of lines, exactly as many as it has, whatever bytes are in it.

Lines are found by numpy in the buffer that was read, and Arrow refers to them there: nothing is copied.
A CSV reader will not do: DuckDB's stops at bytes that are not UTF-8 and loses blank lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import xxhash

from miner.ingest.raw_text import kept

BLOCK = 1 << 20
"""Bytes read at a time: small enough for the processor's cache and for every thread to have work."""
LONGEST = 8 << 20
"""Bytes of a line, beyond which it is no request."""
KEPT = 1 << 20
"""Bytes that are kept of a longer one."""
HEAD = 1 << 16
"""Bytes of the beginning that tell quickly whether a file may be known."""
NEWLINE = 10
LINES = pa.schema([("line", pa.int64()), ("raw", pa.string()), ("exact", pa.string())])
EMPTY = np.zeros(0, np.uint8)
Bytes = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass
class Seen:
    """What has gone by of a stream so far."""

    bytes: int = 0
    lines: int = 0
    finished: bool = True
    """Whether the last byte ended a line."""
    asides: Counter[str] = field(default_factory=Counter)
    """What records were, if not plain requests: how many of each kind."""
    services: set[str] = field(default_factory=set)
    """Names of services whose spans were not asked for."""
    hash: xxhash.xxh3_128 = field(default_factory=xxhash.xxh3_128)
    head: xxhash.xxh3_128 = field(default_factory=xxhash.xxh3_128)

    def add(self, block: Bytes) -> None:
        """The block has gone by too."""
        self.hash.update(block.data)
        if self.bytes < HEAD:
            self.head.update(block[: HEAD - self.bytes].data)
        self.bytes += len(block)
        self.finished = bool(block[-1] == NEWLINE)


def batches(stream: BinaryIO, seen: Seen, *, in_json: bool = False) -> Iterator[pa.RecordBatch]:
    r"""Batches of (line, raw, exact): `line` counts from 1, the line end belongs to `raw`.

    Bytes that are not UTF-8 are `\xhh` in `raw`, and `exact` keeps them; else it is null. A line longer
    than LONGEST has no `raw`, and its beginning in `exact`. With `in_json`, JSON can be made of `raw`.
    """
    begun = EMPTY
    while True:
        buffer, block = _read(stream, begun)
        fresh = block[len(begun) :]
        if not len(fresh):
            break
        seen.add(fresh)
        ends = np.flatnonzero(block == NEWLINE)
        if len(ends):
            begun = block[int(ends[-1]) + 1 :]
            yield from _whole_lines(buffer, block, ends, seen, in_json)
        elif len(block) > LONGEST:
            yield _long(block[:KEPT].tobytes(), seen)
            begun, more = _after_long(stream, seen)
            if not more:
                return
        else:
            begun = block
    if len(begun):
        yield _batch(pa.py_buffer(begun.tobytes()), begun, np.array([len(begun) - 1]), seen, in_json)


def _whole_lines(
    buffer: pa.Buffer, block: Bytes, ends: Any, seen: Seen, in_json: bool
) -> Iterator[pa.RecordBatch]:
    """The lines of a block up to the last end. Only the first can be too long: it is all that was begun."""
    if ends[0] > LONGEST:
        first = int(ends[0]) + 1
        yield _long(block[:KEPT].tobytes(), seen)
        buffer, block, ends = buffer.slice(first), block[first:], ends[1:] - first
    if len(ends):
        yield _batch(buffer, block[: int(ends[-1]) + 1], ends, seen, in_json)


def _read(stream: BinaryIO, begun: Bytes) -> tuple[pa.Buffer, Bytes]:
    """A new buffer with what was begun and the next block."""
    size = max(len(begun), BLOCK)
    buffer = pa.allocate_buffer(len(begun) + size)
    space = np.frombuffer(buffer, np.uint8)
    space[: len(begun)] = begun
    count = stream.readinto(space[len(begun) :].data)  # type: ignore[attr-defined]
    return buffer, space[: len(begun) + (count or 0)]


def _batch(buffer: pa.Buffer, block: Bytes, ends: Any, seen: Seen, in_json: bool) -> pa.RecordBatch:
    """The lines of a block that ends where the last of them does."""
    count = len(ends)
    offsets = np.zeros(count + 1, np.int32)
    np.add(ends, 1, out=offsets[1:], casting="unsafe")
    parts = [None, pa.py_buffer(offsets), buffer]
    numbers = pa.array(np.arange(seen.lines + 1, seen.lines + count + 1))
    seen.lines += count
    raw = pa.Array.from_buffers(pa.string(), count, parts)
    exact = pa.nulls(count, pa.string())
    if block.max() > 127:
        lines = pa.Array.from_buffers(pa.binary(), count, parts)
        try:
            raw = lines.cast(pa.string())
            if _has_ours(block):
                raw, exact = _to_keep(lines, in_json)
        except pa.ArrowInvalid:
            raw, exact = _to_keep(lines, in_json)
    return pa.RecordBatch.from_arrays([numbers, raw, exact], schema=LINES)


def _has_ours(block: Bytes) -> bool:
    """Whether there may be characters that stand for bytes in `kept`."""
    return bool(((block[:-1] == 0xEF) & ((block[1:] & 0xFE) == 0x9E)).any())


def _to_keep(lines: pa.Array, in_json: bool) -> tuple[pa.Array, pa.Array]:
    """Lines to read, and as they are where that is something else."""
    texts, exact = [], []
    for line in lines.to_pylist():
        text, own = line.decode("utf-8", "miner.json" if in_json else "backslashreplace"), kept(line)
        texts.append(text)
        exact.append(None if text == own else own.removesuffix("\n").removesuffix("\r"))
    return pa.array(texts, pa.string()), pa.array(exact, pa.string())


def _long(beginning: bytes, seen: Seen) -> pa.RecordBatch:
    """The batch of a line that is too long."""
    seen.lines += 1
    row = {"line": [seen.lines], "raw": [None], "exact": [kept(beginning)]}
    return pa.RecordBatch.from_pydict(row, schema=LINES)


def _after_long(stream: BinaryIO, seen: Seen) -> tuple[Bytes, bool]:
    """What was read beyond the end of a line that is too long, and whether there was an end."""
    while True:
        _, block = _read(stream, EMPTY)
        if not len(block):
            return EMPTY, False
        seen.add(block)
        ends = np.flatnonzero(block == NEWLINE)
        if len(ends):
            return block[int(ends[0]) + 1 :], True
