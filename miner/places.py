"""Where the verbs find what they read, and where they put what they make."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import duckdb

from miner.errors import MinerError
from miner.store import Store, remove

STDIN = "-"
IMPORTED = frozenset(sys.stdlib_module_names | {"locust", "gevent", "requests", "test"})
"""Names that no locustfile may have: Locust puts its folder where modules are looked for first."""


@contextmanager
def logs_on_disk(logs: Sequence[str]) -> Iterator[list[Path]]:
    """The paths of the logs; while the block runs, what came from stdin is one of them."""
    with tempfile.TemporaryDirectory() as folder:
        stdin = Path(folder) / "stdin"
        if STDIN in logs:
            with stdin.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
        yield [stdin if log == STDIN else Path(log) for log in logs]


@contextmanager
def store_to_fill(db: Path | None, memory: str | None = None) -> Iterator[Store]:
    """The store at `db`, or one that is gone afterwards; a new file that got no log is gone if it raises."""
    if db is None:
        with (
            tempfile.TemporaryDirectory() as folder,
            Store.open(Path(folder) / "logs.duckdb", memory=memory) as store,
        ):
            yield store
        return
    new = not db.exists()
    store = Store.open(db, memory=memory)
    try:
        yield store
    except BaseException:
        unused = new and not has_source(store)
        store.close()
        if unused:
            remove(db)
        raise
    finally:
        store.close()


def has_source(store: Store) -> bool:
    """Whether any log is in the store, as far as it can still be asked."""
    try:
        return bool(store.table("sources").num_rows)
    except (MinerError, duckdb.Error):
        return False


def workload_name(log: str) -> str:
    """What to call the workload of a log: the file's name up to its first dot."""
    return Path(log).name.lstrip(".").partition(".")[0] or "log"


def file_name(name: str) -> str:
    """The workload's name, changed where a Python file of that name would hide a module that Locust needs."""
    return f"{name}_traffic" if name in IMPORTED else name


def free_folder(parent: Path, name: str) -> Path:
    """The first of `name`-1, `name`-2 and so on that is not in `parent`. Raises MinerError."""
    try:
        return next(place for n in count(1) if not (place := parent / f"{name}-{n}").exists())
    except OSError as error:
        raise MinerError(
            f"Cannot look into {parent}: {error.strerror}.", "Name a folder with --out."
        ) from error
