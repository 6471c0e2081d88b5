"""Turns access logs into load tests that behave like your users, and proves how well they match.

    import miner

    workload = miner.mine("access.log")
    sessions = miner.simulate(workload, sessions=5000)
    miner.compare("access.log", sessions).frame()
    workload.paths["search_then_befriend"]
    miner.think_times(workload)

Tables are pandas frames; `miner.plots` has pictures. Whatever a user can get wrong raises MinerError.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from miner.errors import MinerError, TooLittleData
from miner.workload import Path as UserPath
from miner.workload import Workload
from miner.workload_file import dumps, load

if TYPE_CHECKING:
    import pandas as pd

    from miner.verify import Fidelity

__version__ = "0.1.0"
__all__ = [
    "MinerError",
    "TooLittleData",
    "Workload",
    "compare",
    "dumps",
    "generate",
    "load",
    "mine",
    "moves",
    "replay",
    "simulate",
    "think_times",
]

# What needs DuckDB, pandas and scikit-learn is imported when it is used: `import miner` is quick.


READING = {"format", "fields", "service", "timezone", "pseudonymise"}


def mine(
    logs: str | Path | Sequence[str | Path],
    *,
    db: str | Path | None = None,
    name: str | None = None,
    **options: Any,
) -> Workload:
    """The workload recorded in one or more access logs.

    The store is kept in the file `db`, if given. `options` are those of `miner.paths.mine_workload`:
    `paths`, `seed`, `openapi`, `visitor`, `gap` (seconds), `routes`, `include`, `exclude`, `sample`; and of
    `miner.ingest.ingest`: `format`, `fields`, `service`, `timezone`, `pseudonymise`. Raises MinerError and
    TooLittleData.
    """
    from miner.ingest import ingest
    from miner.paths import mine_workload
    from miner.places import store_to_fill

    files = [logs] if isinstance(logs, str | Path) else list(logs)
    reading = {key: options.pop(key) for key in READING & options.keys()}
    with store_to_fill(Path(db) if db else None) as store:
        ingest(files, store, **reading)
        return mine_workload(store, name=name or Path(files[0]).stem, **options)


def simulate(workload: Workload, sessions: int = 1000, seed: int = 1) -> pd.DataFrame:
    """One row per request of `sessions` sessions drawn from `workload`; see `miner.simulate.simulate`."""
    from miner.simulate import simulate as draw

    return draw(workload, sessions, seed)


def moves(of: Workload | UserPath) -> pd.DataFrame:
    """One row per move of a workload or of one of its paths: `path`, `from`, `to`, `p` and `n`.

    `from` is `enter` where a session begins, `to` is `leave` where it ends; `p` is the probability of the
    move (0..1), `n` how often it was recorded.
    """
    from miner.frames import moves as frame

    return frame(of)


def think_times(of: Workload | UserPath) -> pd.DataFrame:
    """One row per think time of a workload or of one of its paths; see `miner.frames.think_times`.

    Columns are `path`, `from`, `to`, `law`, `parameters`, `median`, `mean` and `p95` (seconds), `n`, `ks`
    and `paced`.
    """
    from miner.frames import think_times as frame

    return frame(of)


def generate(workload: Workload, *, http: bool = False) -> str:
    """The text of the locustfile that behaves like `workload`, in one file; of an HttpUser if `http`."""
    from miner.generate import generate as write

    return write(workload, http=http)


def replay(locustfile: str | Path, host: str, **options: Any) -> Any:
    """A run of `locustfile` against `host`; see `miner.replay.replay` for the options."""
    from miner.replay import replay as run

    return run(locustfile, host, **options)


def compare(a: Any, b: Any, **options: Any) -> Fidelity:
    """The fidelity of `b` to `a`: logs, stores, workload files, runs or frames of sessions."""
    from miner.verify import compare as measure

    return measure(a, b, **options)


class Package(ModuleType):
    """The functions that `miner` offers stay when modules of the same names are imported.

    `miner.simulate`, `miner.generate` and `miner.replay` are functions and modules at once, and the
    first import of a module would put it in place of the function.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, ModuleType) and name in __all__):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = Package
