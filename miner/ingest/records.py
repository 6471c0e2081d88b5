"""Files whose records are no lines: documents and tables. A record arrives as its fields."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from miner.errors import MinerError
from miner.ingest.fields import FIELDS
from miner.ingest.har import har
from miner.ingest.json_values import Record
from miner.ingest.lines import Seen
from miner.ingest.spans import spans

ROWS = 4096
TEXT = ("raw", "exact", "flaw", *FIELDS)
RECORDS = pa.schema([("line", pa.int64()), ("blank", pa.bool_()), *((name, pa.string()) for name in TEXT)])
COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    "stamp": ("started", "start", "timestamp", "time", "ts", "date", "datetime", "@timestamp"),
    "ended": ("finished", "ended", "end"),
    "address": ("address", "client", "client_ip", "ip", "remote_addr", "host"),
    "user": ("user", "user_id"),
    "client_session": ("session", "session_id"),
    "method": ("method", "request_method"),
    "target": ("target", "url", "path", "uri", "request_uri"),
    "request": ("request",),
    "status": ("status", "status_code", "code"),
    "bytes": ("bytes", "size"),
    "referrer": ("referrer", "referer"),
    "agent": ("agent", "user_agent"),
    "lasted": ("duration",),
    "trace_id": ("trace_id",),
    "route": ("route",),
}
"""Names of columns that need no --field."""


@dataclass(frozen=True)
class Asked:
    """What a user says about records."""

    service: str | None = None
    fields: dict[str, tuple[str, ...]] | None = None


Read = Callable[[BinaryIO, Asked, Seen], Iterator[pa.RecordBatch]]
SAMPLED = "sampled"


def batches(name: str, stream: BinaryIO, seen: Seen, asked: Asked) -> Iterator[pa.RecordBatch]:
    """Batches of records with their number from 1 in `line`; `seen` knows all bytes at the end."""
    watched = Watched(stream, seen)
    for batch in READERS[name](cast("BinaryIO", watched), asked, seen):
        numbers = pa.array(range(seen.lines + 1, seen.lines + batch.num_rows + 1), pa.int64())
        seen.lines += batch.num_rows
        yield batch.set_column(0, RECORDS.field("line"), numbers)
    while watched.read(1 << 20):
        pass
    seen.finished = True


class Watched(io.RawIOBase):
    """A stream of which `seen` is told what was read."""

    def __init__(self, stream: BinaryIO, seen: Seen) -> None:
        super().__init__()
        self._stream, self._seen = stream, seen

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Bytes put into `buffer`; 0 at the end."""
        block = self._stream.read(len(buffer))
        if block:
            self._seen.add(np.frombuffer(block, np.uint8))
            buffer[: len(block)] = block
        return len(block)


def from_dicts(records: Iterable[Record], seen: Seen | None = None) -> Iterator[pa.RecordBatch]:
    """Batches of the records; `seen` knows what those are that are no requests."""
    left = iter(records)
    while some := list(islice(left, ROWS)):
        for one in some if seen else ():
            note(one, seen)
        columns: dict[str, list[Any]] = {name: [one.get(name) for one in some] for name in TEXT}
        columns["client_session"] = [one.get("session") for one in some]
        columns["raw"] = [one.get("raw") or "" for one in some]
        rows = {"line": [0] * len(some), "blank": [bool(one.get("blank")) for one in some], **columns}
        yield pa.RecordBatch.from_pydict(rows, schema=RECORDS)


def note(record: Record, seen: Seen | None) -> None:
    """`seen` knows of the record, if there is something to say of it."""
    if seen is None:
        return
    kinds = [record.get("aside"), record.get("flaw"), SAMPLED if record.get("sampled") else None]
    seen.asides.update(kind for kind in kinds if kind)
    if service := record.get("service"):
        seen.services.add(service)


def of_spans(stream: BinaryIO, asked: Asked, seen: Seen) -> Iterator[pa.RecordBatch]:
    """Spans of OpenTelemetry or Jaeger."""
    return from_dicts(
        spans(cast("BinaryIO", io.BufferedReader(cast("Any", stream), 1 << 20)), asked.service), seen
    )


def of_har(stream: BinaryIO, asked: Asked, seen: Seen) -> Iterator[pa.RecordBatch]:  # noqa: ARG001
    """Entries of an HTTP archive."""
    return from_dicts(har(cast("BinaryIO", io.BufferedReader(cast("Any", stream), 1 << 20))), seen)


def of_csv(stream: BinaryIO, asked: Asked, seen: Seen) -> Iterator[pa.RecordBatch]:  # noqa: ARG001
    """Rows of a CSV table with a header; its header is a blank record, a row of another width a reject."""
    lines = io.BufferedReader(cast("Any", stream), 1 << 20)
    header = lines.readline()
    columns = pa.csv.read_csv(io.BytesIO(header)).column_names
    mapping = mapped(columns, asked.fields)
    yield from from_dicts([{"blank": "1", "raw": header.decode("utf-8", "backslashreplace")}])
    odd: list[Record] = []

    def invalid(row: pa.csv.InvalidRow) -> str:
        flaw = "not csv: more or fewer values than its header names"
        odd.append({"flaw": flaw, "raw": row.text})
        return "skip"

    reader = pa.csv.open_csv(
        cast("Any", lines),
        read_options=pa.csv.ReadOptions(column_names=columns, use_threads=False),
        parse_options=pa.csv.ParseOptions(
            newlines_in_values=True, invalid_row_handler=invalid, ignore_empty_lines=False
        ),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=True,
            null_values=["", "-"],
            check_utf8=True,
        ),
    )
    for batch in reader:
        yield from_table(batch, mapping)
        yield from from_dicts(odd)
        odd.clear()
    yield from from_dicts(odd)


def of_parquet(stream: BinaryIO, asked: Asked, seen: Seen) -> Iterator[pa.RecordBatch]:  # noqa: ARG001
    """Rows of a Parquet table."""
    file = pa.parquet.ParquetFile(pa.BufferReader(stream.read()))
    mapping = mapped(file.schema_arrow.names, asked.fields)
    for batch in file.iter_batches(ROWS):
        yield from_table(batch, mapping)


def mapped(columns: list[str], fields: dict[str, tuple[str, ...]] | None) -> dict[str, str]:
    """The column of each field: as asked, else by its name. Raises MinerError if one is missing."""
    if fields is None:
        found = {
            field: name
            for field, names in COLUMN_NAMES.items()
            for name in [next((one for one in columns if one.lower() in names), None)]
            if name
        }
        must_map(found, columns)
        return found
    for field, (name, *_) in fields.items():
        if name not in columns:
            raise MinerError(
                f"--field: there is no column {name!r} for {field}.", f"Columns: {', '.join(columns[:20])}."
            )
    return {field: name for field, (name, *_) in fields.items()}


def must_map(found: dict[str, str], columns: list[str]) -> None:
    """Raises MinerError unless the columns found are enough."""
    if not (
        {"stamp", "status"} <= found.keys() and ("request" in found or {"method", "target"} <= found.keys())
    ):
        raise MinerError(
            f"The table's columns do not tell started, method, target and status: {', '.join(columns[:20])}.",
            "Say which is which, like --field started=ts,method=verb,target=url,status=code.",
        )


def from_table(batch: pa.RecordBatch, mapping: dict[str, str]) -> pa.RecordBatch:
    """The rows of a table as records."""
    count = batch.num_rows
    found = {field: as_text(batch.column(name)) for field, name in mapping.items()}
    rows = batch.to_pylist() if count else []
    found["raw"] = pa.array(
        [",".join("" if v is None else str(v) for v in row.values()) for row in rows], pa.string()
    )
    columns = [
        pa.array([0] * count, pa.int64()),
        pa.array([False] * count, pa.bool_()),
        *(found.get(name, pa.nulls(count, pa.string())) for name in TEXT),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=RECORDS)


def as_text(values: pa.Array) -> pa.Array:
    """Values as text; times in UTC as ISO 8601."""
    if pa.types.is_timestamp(values.type):
        zone = "Z" if values.type.tz else ""
        naive = values.cast(pa.timestamp("us", values.type.tz))
        if zone:
            naive = pc.local_timestamp(naive.cast(pa.timestamp("us", "UTC")))
        return pc.binary_join_element_wise(naive.cast(pa.string()), zone, "")
    return values.cast(pa.string())


READERS: dict[str, Read] = {
    "otlp": of_spans,
    "jaeger": of_spans,
    "har": of_har,
    "csv": of_csv,
    "parquet": of_parquet,
}
