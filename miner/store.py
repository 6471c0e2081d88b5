"""The DuckDB file that holds everything, and the one door to SQL.

SQL lives in `.sql` files next to the code that needs it; its first line says what a row is. Values reach
it as `$named` parameters only. Rows come back as Arrow.
"""

from __future__ import annotations

import glob
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from miner.errors import MinerError

VERSION = 3
"""Of the schema. A store with a higher one was written by a newer release."""
MEMORY = re.compile(r"[1-9]\d{0,5} ?([KMGT]i?B)", re.IGNORECASE)
NAME = re.compile(r"[a-z][a-z0-9_]*")
SETTINGS: dict[str, Any] = {
    # A name in SQL is a table, never a Python variable that happens to be in scope.
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # Rows are told apart by source and line: to keep them in order would keep all but one core waiting.
    "preserve_insertion_order": False,
}
IN_OUR_WORDS = (
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.SerializationException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
)
TROUBLES: tuple[tuple[str, str, str], ...] = (
    (r"Is a directory", "{path} is a folder, not a store.", "Name a file in it, such as traffic.duckdb."),
    (
        r"Conflicting lock.*\(PID (\d+)\)",
        "{path} is open in another process ({0}).",
        "Close it there (a notebook, a DuckDB shell or another `mine`) and run this again.",
    ),
    (r"[Ll]ock on file|\block\b", "{path} is open in another process.", "Close it there and run this again."),
    (
        r"not a valid DuckDB|enough bytes|checksum|[Cc]orrupt",
        "{path} is not a DuckDB file, or it is truncated.",
        "Name another file, or remove this one and ingest the logs again.",
    ),
    (
        r"version number|newer version",
        "{path} was written by another version of DuckDB.",
        "Update the duckdb package, or ingest the logs into a new file.",
    ),
    (
        r"Out of Memory|failed to allocate|could not allocate|max_temp_directory",
        "There is not enough memory for {path}, or not enough room beside it.",
        "Allow more with --memory, or make room where the store is.",
    ),
    (
        r"Permission denied|Read-only",
        "{path} cannot be written.",
        "Name a file in a folder you can write to.",
    ),
    (
        r"No space left|File too large",
        "There is no space left for {path}.",
        "Free some, or put the store elsewhere.",
    ),
)


class Store:
    """An open store. Use it as a context manager, or `close` it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        self._connection = connection
        self._name = name

    @classmethod
    def open(cls, path: str | Path | None, *, create: bool = True, memory: str | None = None) -> Self:
        """A store with our tables: in the file at `path`, or in memory if that is None.

        A missing file is created, unless `create` is false. DuckDB uses up to `memory` (`512MB`), beyond
        which it uses the disk. Raises MinerError if the file cannot be used; one that was not there before
        is then not there either.
        """
        if path is None:
            return cls._connect(":memory:", "the store in memory", new=True, memory=memory)
        file = Path(path)
        remove_abandoned(file)  # also beside a store that is whole: its maker may have died just then
        if not file.exists():
            if not create:
                raise MinerError(f"There is no store at {file}.", "Fill one with `mine ingest LOG --db DB`.")
            cls._create(file)
        return cls._connect(str(file), str(file), memory=memory)

    @classmethod
    def _create(cls, file: Path) -> None:
        """An empty store is at `file`, where nothing was: at no moment is there half of one."""
        unfinished = file.with_name(f".{file.name}.{os.getpid()}.new")
        try:
            store = cls._connect(str(unfinished), str(file), new=True)
            try:
                store._execute("CHECKPOINT")  # at its end DuckDB would not say that the disk is full
            finally:
                store.close()
            os.link(unfinished, file)
        except FileExistsError:  # another process was as quick: its store will do
            return
        except OSError as error:
            raise MinerError(
                f"The store {file} cannot be made: {error.strerror}.",
                "Name a file in a folder you can write to.",
            ) from error
        finally:
            remove(unfinished)

    @classmethod
    def _connect(cls, place: str, name: str, *, new: bool = False, memory: str | None = None) -> Self:
        settings = {**SETTINGS, **({"memory_limit": checked_memory(memory)} if memory else {})}
        if place == ":memory:":  # what does not fit goes where temporary files go, not where we stand
            settings["temp_directory"] = str(Path(tempfile.gettempdir()) / f"mine-{os.getpid()}.tmp")
        try:
            connection = duckdb.connect(place, config=settings)
        except duckdb.Error as error:
            raise trouble(name, error) from error
        store = cls(connection, name)
        try:
            store._prepare(new)
        except BaseException:
            store.close()
            raise
        return store

    def _prepare(self, new: bool) -> None:
        self._execute("SET TimeZone = 'UTC'")
        if new:
            with self.transaction():
                self.run("miner", "schema", version=VERSION, salt=secrets.token_hex(16))
                self.run("miner", "requests")
        self._check_version()

    def _check_version(self) -> None:
        if "meta" not in self._names():
            raise MinerError(
                f"{self._name} is a DuckDB file, but not a store of this tool.", "Name another file."
            )
        version = self.ask("SELECT max(version) AS version FROM meta")["version"][0].as_py()
        if version is not None and version < VERSION:
            raise MinerError(
                f"{self._name} was written by an older version of this tool.",
                "Ingest the logs again, into a new file.",
            )
        if version is None or version > VERSION:
            raise MinerError(
                f"{self._name} was written by a newer version of this tool.",
                "Update scenario-miner, or ingest the logs into a new file.",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """The file is free for others. Closing twice does no harm."""
        self._connection.close()

    def tables(self) -> list[str]:
        """The names of the tables with data, in alphabetical order."""
        return sorted(self._names() - {"meta"})

    def table(self, name: str) -> pa.Table:
        """All rows of one table."""
        return self._rows("FROM " + quoted(name), {})

    def ask(self, sql: str, /, **params: Any) -> pa.Table:
        """The answer to what a person asks in SQL: in a notebook or a test. Our own code uses `fetch`."""
        return self._rows(sql, params)

    def fetch(self, package: str, name: str, /, **params: Any) -> pa.Table:
        """The rows of the SELECT in `name`.sql of `package`; nothing is stored."""
        return self._rows(script(package, name), params)

    def build(self, package: str, table: str, /, **params: Any) -> None:
        """`table` holds the rows of the SELECT in the .sql file of its name, and nothing else."""
        self._execute("CREATE OR REPLACE TABLE " + quoted(table) + " AS " + script(package, table), params)

    def run(self, package: str, name: str, /, **params: Any) -> None:
        """Every statement of `name`.sql of `package` was executed, each with the parameters it names."""
        for statement in self._connection.extract_statements(script(package, name)):
            own = {key: params[key] for key in statement.named_parameters}
            self._execute(statement, own)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in the block is stored, or nothing if it raises."""
        self._execute("BEGIN")
        try:
            yield
        except BaseException:
            with suppress(duckdb.Error):  # a fatal error has rolled back by itself
                self._connection.rollback()
            raise
        self._execute("COMMIT")

    @contextmanager
    def offering(
        self, name: str, rows: pa.Table | pa.RecordBatchReader | duckdb.DuckDBPyRelation
    ) -> Iterator[None]:
        """SQL in the block can read `rows` under `name`; a reader only once."""
        self._connection.register(quoted(name)[1:-1], rows)
        try:
            yield
        finally:
            with suppress(duckdb.Error):  # a transaction that failed takes no more words; it is gone anyway
                self._connection.unregister(name)

    @contextmanager
    def viewing(
        self, name: str, rows: str, make: Callable[[duckdb.DuckDBPyRelation], duckdb.DuckDBPyRelation]
    ) -> Iterator[None]:
        """SQL in the block can read, under `name`, what `make` makes of the table or view `rows`."""
        with self._own_words():
            made = make(self._connection.table(quoted(rows)[1:-1]))
        with self.offering(name, made):
            yield

    def _names(self) -> set[str]:
        return set(self.ask("SELECT table_name FROM duckdb_tables() WHERE NOT temporary")[0].to_pylist())

    def _rows(self, sql: str, params: dict[str, Any]) -> pa.Table:
        with self._own_words():
            return self._connection.sql(sql, params=params or None).to_arrow_table()

    def _execute(self, sql: str | duckdb.Statement, params: dict[str, Any] | None = None) -> None:
        with self._own_words():
            self._connection.execute(sql, params or None)

    @contextmanager
    def _own_words(self) -> Iterator[None]:
        try:
            yield
        except IN_OUR_WORDS as error:
            raise trouble(self._name, error) from error


def checked_memory(text: str) -> str:
    """The amount of memory. Raises MinerError if it is none."""
    if not MEMORY.fullmatch(text):
        raise MinerError(f"{text!r} is no amount of memory.", "Write it like 512MB or 4GB.")
    return text


def script(package: str, name: str) -> str:
    """The text of `name`.sql, which lies next to the code of `package`."""
    return files(package).joinpath(quoted(name)[1:-1] + ".sql").read_text(encoding="utf-8")


def quoted(name: str) -> str:
    """`name` as an SQL identifier. Raises ValueError unless it is a plain lower-case word."""
    if not NAME.fullmatch(name):
        raise ValueError(name)
    return '"' + name + '"'


def trouble(path: str, error: duckdb.Error) -> MinerError:
    """What DuckDB says about the file at `path`, in our words."""
    text = str(error)
    for pattern, what, hint in TROUBLES:
        if found := re.search(pattern, text):
            processes = tuple("process " + pid for pid in found.groups())
            return MinerError(what.format(*processes, path=path), hint)
    reason = text.rpartition(": ")[2].strip()
    return MinerError(
        f"The store {path} cannot be used: {reason}.", "Name a file in a folder you can write to."
    )


def remove_abandoned(file: Path) -> None:
    """Nothing is left beside `file` of processes that died while they made it."""
    for leftover in file.parent.glob(f".{glob.escape(file.name)}.*.new*"):
        process = leftover.name.removeprefix(f".{file.name}.").partition(".")[0]
        if process.isdecimal() and not alive(int(process)):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)


def alive(process: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def remove(file: Path) -> None:
    """Neither the store at `file` nor its write-ahead log exists, if we may remove them."""
    for leftover in (file, file.with_name(file.name + ".wal")):
        with suppress(OSError):
            leftover.unlink(missing_ok=True)
