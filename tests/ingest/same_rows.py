"""What a store holds, in forms in which two stores can be compared."""

from __future__ import annotations

from collections import Counter
from typing import Any

from miner.store import Store

PLACE = frozenset({"source_id", "line"})
"""Where a request was logged, which is no part of what was asked."""
OF_THIS_RUN = frozenset({"source_id", "ingested_at", "recognised"})
"""Columns of `sources` that say how a file was read first: they differ between runs that read the same."""
COUNTED = ("lines", "requests", "rejects", "blanks", "duplicates")
HASHED = """
    SELECT md5(string_agg(CAST(row_ AS VARCHAR), chr(10) ORDER BY row_.name, row_.line)) AS hash
    FROM (
        SELECT sources.name, t.* EXCLUDE (source_id) FROM {table} AS t JOIN sources USING (source_id)
    ) AS row_
"""

Row = dict[str, Any]


def contents(store: Store) -> dict[str, list[Row]]:
    """Every source, request and reject: those of a source follow its name, in the order of its lines."""
    sources = store.table("sources").to_pylist()
    names = {source["source_id"]: source["name"] for source in sources}
    found = {"sources": sorted((without(row, OF_THIS_RUN) for row in sources), key=lambda row: row["name"])}
    for table in ("requests", "rejects"):
        rows = [
            {"source": names[row["source_id"]], **without(row, {"source_id"})}
            for row in store.table(table).to_pylist()
        ]
        found[table] = sorted(rows, key=lambda row: (row["source"], row["line"]))
    return found


def rows_of(store: Store) -> dict[str, list[Row]]:
    """What `contents` has of requests and rejects, whatever the files are called and how they are packed."""
    found = contents(store)
    return {table: [without(row, {"source"}) for row in found[table]] for table in ("requests", "rejects")}


def asked(store: Store) -> Counter[str]:
    """How often each request is in the store, wherever it was logged."""
    return Counter(str(sorted(without(row, PLACE).items())) for row in store.table("requests").to_pylist())


def refused(store: Store) -> Counter[str]:
    """How often each reject is in the store, wherever it was logged."""
    return Counter(str(sorted(without(row, PLACE).items())) for row in store.table("rejects").to_pylist())


def counted(store: Store) -> Row:
    """The lines of all sources, and how many of them became what."""
    sources = store.table("sources").to_pylist()
    return {column: sum(source[column] for source in sources) for column in COUNTED}


def hashes(store: Store) -> Row:
    """What identifies the content of a store: its sources, and a hash of the rows in order of their names."""
    found: Row = {
        table: store.ask(HASHED.format(table=table))["hash"][0].as_py() for table in ("requests", "rejects")
    }
    found["sources"] = contents_of_sources(store)
    return found


def contents_of_sources(store: Store) -> list[Row]:
    """Every source without what differs between runs, in order of the names."""
    rows = [without(row, OF_THIS_RUN) for row in store.table("sources").to_pylist()]
    return sorted(rows, key=lambda row: row["name"])


def must_conserve(store: Store) -> None:
    """Every line is a request, a reject, a blank or a duplicate, and the tables have as many rows."""
    known = set()
    for source in store.table("sources").to_pylist():
        parts = [source[column] for column in COUNTED[1:]]
        assert source["lines"] == sum(parts), source
        for table, count in zip(("requests", "rejects"), parts[:2], strict=True):
            found = store.ask(
                f"SELECT count(*) AS n, count(DISTINCT line) AS places FROM {table} "  # noqa: S608
                "WHERE source_id = $source AND line BETWEEN 1 AND $lines",
                source=source["source_id"],
                lines=source["lines"],
            ).to_pylist()
            assert found == [{"n": count, "places": count}], (table, source)
        known.add(source["source_id"])
    for table in ("requests", "rejects"):
        assert set(store.table(table)["source_id"].to_pylist()) <= known


def without(row: Row, columns: frozenset[str] | set[str]) -> Row:
    """The row without some of its columns."""
    return {name: value for name, value in row.items() if name not in columns}
