"""A workload's files are written: the workload, the locustfile with what it needs, and the hooks once."""

from __future__ import annotations

from pathlib import Path

from miner.errors import MinerError
from miner.generate import scenario_files
from miner.places import IMPORTED
from miner.seals import write_sealed
from miner.workload import Workload


def write_scenario(
    workload: Workload,
    locustfile: Path,
    *,
    only: str | None = None,
    http: bool = False,
    overwrite: bool = False,
    besides: dict[Path, str] | None = None,
) -> list[Path]:
    """The files of the scenario are written beside each other, and so is what is to be written `besides`.

    All or none of them are. Returns those that were written; hooks that are there are left alone. Raises
    MinerError: EditedByHand, unless it may `overwrite`, if somebody has changed one of them.
    """
    folder = locustfile.parent
    anew, once = scenario_files(workload, locustfile.name, only=only, http=http)
    if locustfile.stem in IMPORTED:
        raise MinerError(f"{locustfile.name} would hide a module that Locust needs.", "Call it otherwise.")
    odd = len(anew) < 2 or locustfile.name in once or locustfile.suffix != ".py"
    if odd and not locustfile.is_dir():
        raise MinerError(f"The locustfile cannot be called {locustfile.name}.", "Call it NAME.py.")
    texts = {folder / name: text for name, text in anew.items()} | (besides or {})
    return write_sealed(texts, once={folder / name: text for name, text in once.items()}, overwrite=overwrite)
