"""What an experiment ran on: figures of another machine are others."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

CPUINFO, MEMINFO = Path("/proc/cpuinfo"), Path("/proc/meminfo")
PACKAGES = ("locust", "fastapi", "sqlalchemy", "uvicorn")


@dataclass(frozen=True)
class Machine:
    """Its processor, how many cores this process may use, memory in GiB, and what ran on it."""

    system: str
    processor: str
    cores: int
    memory: float
    python: str
    database: str
    versions: dict[str, str]


def this_machine(database: str) -> Machine:
    """The machine that this runs on; what it does not tell is empty."""
    total = _found(MEMINFO, r"MemTotal:\s*(\d+) kB")
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        processor=_found(CPUINFO, r"model name\s*:\s*(.+)") or platform.processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory=round(int(total) / 2**20, 1) if total else 0.0,
        python=platform.python_version(),
        database=database,
        versions={name: version(name) for name in PACKAGES},
    )


def _found(file: Path, pattern: str) -> str:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(pattern, text)
    return " ".join(found[1].split()) if found else ""
