"""What the contenders that are Python do: each is run alone, as `work.py NAME LOG FOLDER`.

Each takes a combined log apart into typed columns (address, user, time stamp in UTC, method, target, status,
bytes, referrer, agent) and returns how many requests it found. Imports are where they are used, so that a
contender pays for its own only.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from miner.store import Store

BLOCK = 1 << 20
SLICE = 200_000
"""Lines that are enough to know how long Python takes for one."""
MEMORY = "512MB"
STAMP = "%d/%b/%Y:%H:%M:%S %z"
COMBINED = (
    r"^(?P<address>\S+) \S+ (?P<user>\S+) \[(?P<stamp>[^\]]+)\] "
    r'"(?P<method>[A-Z]+) (?P<target>\S+) HTTP/[0-9.]+" (?P<status>[1-9][0-9]{2}) (?P<bytes>[0-9]+|-) '
    r'"(?P<referrer>[^"]*)" "(?P<agent>[^"]*)"$'
)


def count_lines(log: Path, _: Path) -> int:
    """Lines, and nothing else: what reading the file costs."""
    with log.open("rb", buffering=0) as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(BLOCK), b""))


def ours(log: Path, folder: Path) -> int:
    """Our ingest, into a store on disk."""
    from miner.ingest import ingest

    with open_store(folder) as store:
        return sum(source.requests for source in ingest([log], store).sources)


def ours_with_panels(log: Path, folder: Path) -> int:
    """Our ingest, and then the panels that GoAccess shows."""
    from panels import panels

    from miner.ingest import ingest

    with open_store(folder) as store:
        requests = sum(source.requests for source in ingest([log], store).sources)
        report = json.dumps(panels(store))
        (folder / "report.json").write_text(report, encoding="utf-8")
        return requests


def store_only(rows: Path, folder: Path) -> int:
    """The rows of a Parquet file, all fields of them known, into our table on disk: nothing is read."""
    import duckdb

    with open_store(folder):
        pass
    with duckdb.connect(
        folder / "traffic.duckdb", config={"memory_limit": MEMORY, "preserve_insertion_order": False}
    ) as connection:
        insert = "INSERT INTO requests BY NAME SELECT * FROM read_parquet($rows)"
        found = connection.execute(insert, {"rows": str(rows)}).fetchone()
        return int(found[0]) if found else 0


def sessions(rows: Path, folder: Path) -> int:
    """The same rows, and then sessions, routes, moves and samples of think time from them."""
    from miner.paths import prepare
    from miner.paths.chains import read_moves
    from miner.paths.pauses import read_pauses
    from miner.store import Store

    stored = store_only(rows, folder)
    with Store.open(folder / "traffic.duckdb") as store:
        basis = prepare(store)
        read_pauses(store, read_moves(store)[0].outside, basis.gap.seconds)
    return stored


def open_store(folder: Path) -> Store:
    """A new store on disk, held to the memory that is usual."""
    from miner.store import Store

    return Store.open(folder / "traffic.duckdb", memory=MEMORY)


def polars_in_memory(log: Path, _: Path) -> int:
    """Polars, into a table in memory."""
    return int(polars_columns(log).collect(engine="streaming").height)


def polars_to_parquet(log: Path, folder: Path) -> int:
    """Polars, streamed into a Parquet file."""
    return parquet(polars_columns(log), folder)


def polars_by_pattern(log: Path, folder: Path) -> int:
    """Polars with a regular expression, which keeps odd lines apart, streamed into a Parquet file."""
    pl = import_module("polars")  # not one of our dependencies: the type checker need not know it
    groups = pl.col("line").str.extract_groups(COMBINED)
    fields = pl.scan_lines(log).select(groups).unnest("line").filter(pl.col("address").is_not_null())
    known = {name: pl.col(name).replace("-", None) for name in ("user", "bytes", "referrer", "agent")}
    typed = fields.with_columns(**known).with_columns(
        pl.col("stamp").str.to_datetime(STAMP, time_unit="us", strict=False),
        pl.col("status").cast(pl.UInt16),
        pl.col("bytes").cast(pl.Int64, strict=False),
    )
    return parquet(typed, folder)


def polars_columns(log: Path) -> Any:
    """The columns, by the cheapest way that we found: as a CSV with spaces, which trusts every line.

    Of three ways it took the least CPU time. Taking lines apart at quotes took a tenth more, and the two
    were too close in wall time to tell apart.
    """
    pl = import_module("polars")
    schema = dict.fromkeys(["address", "identity", "user", "stamp", "zone", "request"], pl.String)
    schema |= {"status": pl.UInt16, "bytes": pl.Int64, "referrer": pl.String, "agent": pl.String}
    lines = pl.scan_csv(
        log,
        has_header=False,
        separator=" ",
        schema=schema,
        null_values=["-"],
        truncate_ragged_lines=True,
        ignore_errors=True,
    )
    asked = pl.col("request").str.splitn(" ", 2)
    return lines.select(
        "address",
        "user",
        (pl.col("stamp") + " " + pl.col("zone")).str.to_datetime(f"[{STAMP}]", time_unit="us", strict=False),
        asked.struct[0].alias("method"),
        asked.struct[1].str.strip_suffix(" HTTP/1.1").alias("target"),
        "status",
        "bytes",
        "referrer",
        "agent",
    )


def parquet(rows: Any, folder: Path) -> int:
    """The rows are in a Parquet file. Returns how many they are."""
    pl = import_module("polars")
    rows.sink_parquet(folder / "traffic.parquet")
    return int(pl.scan_parquet(folder / "traffic.parquet").select(pl.len()).collect().item())


def python_by_line(log: Path, _: Path) -> int:
    """Python's own regular expressions, line by line, on a slice of the log; stamps are remembered."""
    match = re.compile(COMBINED).match
    moment = lru_cache(lambda stamp: datetime.strptime(stamp, STAMP).astimezone(UTC))
    found = 0
    with log.open(encoding="utf-8", errors="backslashreplace", newline="\n") as lines:
        for line in islice(lines, SLICE):
            if fields := match(line):
                address, user, stamp, method, target, status, size, referrer, agent = fields.groups()
                row = (
                    address,
                    user,
                    moment(stamp),
                    method,
                    target,
                    int(status),
                    number(size),
                    referrer,
                    agent,
                )
                found += len(row) == 9
    return found


def number(text: str) -> int | None:
    """The number; None where the log has `-`."""
    return None if text == "-" else int(text)


WORK: dict[str, Callable[[Path, Path], int]] = {
    work.__name__: work
    for work in (
        count_lines,
        ours,
        ours_with_panels,
        store_only,
        sessions,
        polars_in_memory,
        polars_to_parquet,
        polars_by_pattern,
        python_by_line,
    )
}


if __name__ == "__main__":
    name, log, folder = sys.argv[1:]
    sys.stdout.write(f"{WORK[name](Path(log), Path(folder))}\n")
