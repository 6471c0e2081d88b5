"""Small stores that the tests of `miner.paths` are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from miner.store import Store

START = datetime(2026, 3, 2, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SCHEMA = pa.schema(
    [
        ("source_id", pa.int32()),
        ("line", pa.int64()),
        ("started", pa.timestamp("us", "UTC")),
        ("finished", pa.timestamp("us", "UTC")),
        ("method", pa.string()),
        ("target", pa.string()),
        ("status", pa.uint16()),
        ("address", pa.string()),
        ("user", pa.string()),
        ("agent", pa.string()),
        ("forwarded", pa.string()),
        ("client_session", pa.string()),
    ]
)
SOURCE = """
    INSERT INTO sources VALUES (1, 'small.log', '', 'combined', 0, $lines, $lines, 0, 0, 0, NULL, NULL, now())
    RETURNING source_id
"""


def request(at: float, target: str = "/things", **fields: Any) -> dict[str, Any]:
    """A request `at` seconds after the start that took no time, with other fields as given."""
    moment = START + timedelta(seconds=at)
    known = {"source_id": 1, "method": "GET", "status": 200, "address": "192.0.2.1", "agent": BROWSER}
    return {"started": moment, "finished": moment, "target": target, **known, **fields}


@contextmanager
def store_of(rows: list[dict[str, Any]]) -> Iterator[Store]:
    """A store in memory with these requests, in the order of a log."""
    numbered = [{**row, "line": line} for line, row in enumerate(rows, 1)]
    with Store.open(None) as store, store.offering("given", pa.Table.from_pylist(numbered, SCHEMA)):
        store.ask("INSERT INTO requests BY NAME FROM given RETURNING line")
        store.ask(SOURCE, lines=len(rows))
        yield store
