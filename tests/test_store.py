"""The store opens, says why it cannot, and is the one door to SQL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from miner.errors import MinerError
from miner.store import VERSION, Store, quoted

CONTRACT = {
    "sources": "source_id name fingerprint format bytes lines requests rejects blanks duplicates first_at "
    "last_at ingested_at",
    "requests": "source_id line visitor started finished method target route endpoint status bytes address "
    "user agent referrer trace_id excluded session_id position",
    "rejects": "source_id line reason raw",
    "sessions": "session_id visitor started finished requests path",
}
HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_a_new_store_has_the_tables_of_the_contract() -> None:
    """The tables and columns that users and checks rely on are there, in their order, before any others."""
    with Store.open(None) as store:
        columns = {name: " ".join(store.table(name).column_names) + " " for name in store.tables()}
    assert set(columns) == {*CONTRACT, "formats", "source_facts"}
    assert all(columns[name].startswith(contract + " ") for name, contract in CONTRACT.items())


def test_times_are_in_utc() -> None:
    """A time stamp means the same on every machine."""
    with Store.open(None) as store:
        answer = store.ask("SELECT CAST(TIMESTAMPTZ '2026-03-23 10:00:00+02' AS VARCHAR) AS at")
    assert answer["at"].to_pylist() == ["2026-03-23 08:00:00+00"]


def test_a_store_keeps_its_rows(tmp_path: Path) -> None:
    """What was stored is there when the file is opened again."""
    with Store.open(tmp_path / "traffic.duckdb") as store:
        store.ask("INSERT INTO rejects VALUES (1, $line, 'why', 'raw') RETURNING line", line=7)
    with Store.open(tmp_path / "traffic.duckdb", create=False) as store:
        assert store.table("rejects")["line"].to_pylist() == [7]


def test_what_a_dead_maker_left_beside_a_store_is_gone(tmp_path: Path) -> None:
    """A process that died between making the store and tidying up; what a living one makes is kept."""
    maker = subprocess.Popen([sys.executable, "-c", ""])
    maker.wait()
    file = tmp_path / "a.duckdb"
    Store.open(file).close()
    left, under_way = (tmp_path / f".a.duckdb.{process}.new" for process in (maker.pid, os.getpid()))
    for leftover in (left, under_way):
        leftover.touch()
    Store.open(file).close()
    assert {path.name for path in tmp_path.iterdir()} == {file.name, under_way.name}


def test_a_transaction_is_all_or_nothing() -> None:
    """An error in a transaction leaves nothing of it behind."""
    with Store.open(None) as store:
        with pytest.raises(duckdb.ConversionException), store.transaction():
            store.ask("INSERT INTO rejects VALUES (1, 1, 'why', 'raw'), (1, $line, '', '')", line="x")
        with suppress(LookupError), store.transaction():
            store.ask("INSERT INTO rejects VALUES (1, 1, 'why', 'raw') RETURNING line")
            raise LookupError
        assert store.table("rejects").num_rows == 0


def test_sql_files_are_built_fetched_and_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A .sql file next to a package's code is a table, an answer or a script, with named parameters."""
    package = tmp_path / "wing_with_sql"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "gaps.sql").write_text("-- A row is a gap.\nSELECT $gap AS gap")
    (package / "more.sql").write_text(
        "-- more gaps\nINSERT INTO gaps VALUES ($a);\nINSERT INTO gaps VALUES ($b), ($a);\n-- end\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with Store.open(None) as store:
        store.build("wing_with_sql", "gaps", gap=1.5)
        store.build("wing_with_sql", "gaps", gap=2.5)
        store.run("wing_with_sql", "more", a=3.5, b=4.5)
        assert store.table("gaps")["gap"].to_pylist() == [2.5, 3.5, 4.5, 3.5]
        assert store.fetch("wing_with_sql", "gaps", gap=9.0).to_pylist() == [{"gap": 9.0}]


def test_sql_does_not_read_python_variables() -> None:
    """A name in SQL is a table or nothing, even if a Python variable has that name."""
    mine = pa.table({"x": [1]})
    with Store.open(None) as store:
        with pytest.raises(duckdb.CatalogException):
            store.ask("SELECT * FROM mine")
        with store.offering("mine", mine):
            assert store.ask("SELECT * FROM mine").num_rows == 1


@pytest.mark.parametrize("name", ['a"b', "a b", "", "A", "a;drop", "../a"])
def test_names_are_plain_words(name: str) -> None:
    """Nothing but a plain lower-case word becomes an SQL identifier or the name of a file."""
    with pytest.raises(ValueError, match=f"^{re.escape(name)}$"):
        quoted(name)


@pytest.mark.parametrize("content", [b"", b"hello" * 1000, None], ids=["empty", "text", "truncated"])
def test_a_file_that_is_no_store_is_named(tmp_path: Path, content: bytes | None) -> None:
    """What is not DuckDB, or only the beginning of it, is refused in one sentence and left as it was."""
    file = tmp_path / "traffic.duckdb"
    Store.open(file).close()
    file.write_bytes(file.read_bytes()[:5000] if content is None else content)
    size = file.stat().st_size
    with pytest.raises(MinerError, match="is not a DuckDB file, or it is truncated"):
        Store.open(file)
    assert file.stat().st_size == size


def test_a_database_of_someone_else_is_refused(tmp_path: Path) -> None:
    """A DuckDB file that we did not make is not written to."""
    with duckdb.connect(tmp_path / "other.duckdb") as other:
        other.execute("CREATE TABLE t (x INTEGER)")
    with pytest.raises(MinerError, match="not a store of this tool"):
        Store.open(tmp_path / "other.duckdb")


def test_a_store_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    """A schema that we do not know yet is not guessed at."""
    with Store.open(tmp_path / "traffic.duckdb") as store:
        store.ask("UPDATE meta SET version = $next RETURNING version", next=VERSION + 1)
    with pytest.raises(MinerError, match="newer version"):
        Store.open(tmp_path / "traffic.duckdb")


def test_a_store_in_use_says_by_whom(tmp_path: Path) -> None:
    """A store that another process has open names that process."""
    file = tmp_path / "traffic.duckdb"
    Store.open(file).close()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(MinerError, match=f"open in another process .process {holder.pid}"):
            Store.open(file)
        holder.communicate()


def test_a_store_cannot_be_where_there_is_no_folder(tmp_path: Path) -> None:
    """A folder, or a file in a folder that does not exist, is refused, and nothing is left there."""
    with pytest.raises(MinerError, match="is a folder"):
        Store.open(tmp_path)
    with pytest.raises(MinerError, match="No such file or directory"):
        Store.open(tmp_path / "none" / "traffic.duckdb")
    with pytest.raises(MinerError, match="There is no store at"):
        Store.open(tmp_path / "traffic.duckdb", create=False)
    assert list(tmp_path.iterdir()) == []
