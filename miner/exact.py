"""The recorded sessions themselves as a load: for those who want the tape, and to see what a model loses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from miner.replay import Load, Tape, taped
from miner.verify.sources import prepared


@contextmanager
def tape_of(
    recorded: Path | str, load: Load, run_time: float | None = None, openapi: str | None = None
) -> Iterator[Tape]:
    """While the block runs, the sessions of the log or store `recorded` can be replayed at their times.

    The `load` may have them follow each other faster (`sessions_per_second`, `rps`, `scale`) and shorten all
    times (`speed`). Those that start within `run_time` seconds of the replay are sent, or all. Raises
    MinerError, TooLittleData.
    """
    with prepared(Path(recorded), openapi) as (store, _):
        yield taped(store, load, run_time)
