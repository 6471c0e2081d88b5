"""Lines of a W3C extended log, each with the header that is in force for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from miner.ingest.lines import LINES

WITH_HEADER = LINES.append(pa.field("header", pa.string())).append(pa.field("day", pa.string()))
DIRECTIVE = re.compile(r"#(Fields|Date):\s*(.*?)\s*$", re.IGNORECASE)


def with_headers(batches: Iterable[pa.RecordBatch], header: str | None) -> Iterator[pa.RecordBatch]:
    """The batches with the names of the columns (lower case, a space between) and the day of each line.

    `#Fields` and `#Date` hold for the lines after them; `header` holds before the first.
    """
    names, day = header and header.lower(), None
    for batch in batches:
        start = 0
        marked = pc.fill_null(pc.starts_with(batch.column("raw"), "#"), False)
        for place in pc.indices_nonzero(marked).to_pylist():
            found = DIRECTIVE.match(batch.column("raw")[place].as_py())
            if not found:
                continue
            if place > start:
                yield _with(batch.slice(start, place - start), names, day)
            start = place
            if found[1].lower() == "fields":
                names = " ".join(found[2].lower().split())
            else:
                day = found[2].partition(" ")[0]
        yield _with(batch.slice(start), names, day)


def _with(batch: pa.RecordBatch, names: str | None, day: str | None) -> pa.RecordBatch:
    same = [pa.repeat(pa.scalar(text, pa.string()), batch.num_rows) for text in (names, day)]
    return pa.RecordBatch.from_arrays([*batch.columns, *same], schema=WITH_HEADER)
