"""A log file as a stream of lines, exactly as many as it has, whatever bytes are in it.

Lines are split by Arrow, not by a CSV reader. DuckDB 2.0's stops at bytes that are not UTF-8, stops at
quotes unless it is lenient, and when it is lenient makes a line too many where line ends are mixed.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.compute as pc

from miner.errors import MinerError

BLOCK = 1 << 20
"""Bytes per batch of lines, more or less: small batches keep every DuckDB thread busy."""
LINES = pa.schema([("line", pa.int64()), ("raw", pa.large_string())])
GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class LogFile:
    """A log as it was when we first read it: what is appended later belongs to the next ingest."""

    path: Path
    fingerprint: str
    bytes: int
    lines: int
    binary: bool

    @property
    def name(self) -> str:
        """The file's name without its folder, which is nobody else's business."""
        return self.path.name

    def batches(self, limit: int | None = None) -> Iterator[pa.RecordBatch]:
        r"""Batches of (line, raw): `line` counts from 1, bytes that are not UTF-8 are `\xhh` in `raw`."""
        done, first = 0, 1
        end = self.bytes if limit is None else min(limit, self.bytes)
        with opened(self.path) as file:
            while done < end and (block := file.read(min(BLOCK, self.bytes - done))):
                if not block.endswith(b"\n"):
                    block += file.readline(self.bytes - done - len(block))
                done += len(block)
                batch = split(block, first)
                first += batch.num_rows
                yield batch

    def reader(self) -> pa.RecordBatchReader:
        """All lines, as a stream that can be read once."""
        return pa.RecordBatchReader.from_batches(LINES, self.batches())

    def head(self) -> pa.Table:
        """The first lines, about a block of them."""
        return pa.Table.from_batches(self.batches(BLOCK), LINES)


def split(block: bytes, first: int) -> pa.RecordBatch:
    """The lines of `block`, numbered from `first`."""
    text = block.removesuffix(b"\n").decode("utf-8", "backslashreplace")
    if first == 1:
        text = text.removeprefix(BYTE_ORDER_MARK)
    raw = pc.split_pattern(pa.array([text], pa.large_string()), "\n").values
    return pa.record_batch([pa.array(range(first, first + len(raw)), pa.int64()), raw], schema=LINES)


def examine(path: Path) -> LogFile:
    """The log at `path`, read once to know its size and fingerprint. Raises MinerError if it cannot be."""
    digest, size, lines, last, binary = hashlib.sha256(), 0, 0, b"\n", False
    try:
        with opened(path) as file:
            while block := file.read(BLOCK):
                binary = binary or (not size and b"\0" in block)
                digest.update(block)
                size += len(block)
                lines += block.count(b"\n")
                last = block[-1:]
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "its compressed data is damaged"
        raise MinerError(f"Cannot read {path}: {reason}.", "Name a log file that you may read.") from error
    if not size:
        raise MinerError(f"{path} is empty.", "Name a log with requests in it.")
    return LogFile(path, digest.hexdigest(), size, lines + (last != b"\n"), binary)


def opened(path: Path) -> BinaryIO:
    """The file at `path`, uncompressed on the way if it is gzip."""
    with path.open("rb") as file:
        compressed = file.read(len(GZIP)) == GZIP
    return cast("BinaryIO", gzip.open(path)) if compressed else path.open("rb")


def check(path: Path) -> None:
    """`path` is a file. Raises MinerError if it is not."""
    if path.is_dir():
        raise MinerError(f"{path} is a folder.", "Name the log files in it.")
    if not path.exists():
        raise MinerError(f"There is no file {path}.", "Check the name.")
