"""What one command takes: wall time, CPU time and the most memory that it had at once.

The kernel counts what a process had before it became the command, and a fork of a large process is large.
So the command is started by this small file, run as a script in an interpreter without extras.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """One run of a command."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    """Resident, with the pages of files that are mapped into memory."""
    output: str


def measure(command: list[str]) -> Measured:
    """The command has run, alone as far as we are concerned. Raises RuntimeError if it failed."""
    ended = subprocess.run(
        [sys.executable, "-I", "-S", __file__, *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(
            f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}"
        )
    output, _, figures = ended.stdout.rstrip().rpartition("\n")
    return Measured(**json.loads(figures), output=output)


def main(command: list[str]) -> int:
    """The command's figures are the last line of stdout. Returns how it ended."""
    begin = time.monotonic()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    seconds = time.monotonic() - begin
    unit = 1 if sys.platform == "darwin" else 1024
    figures = {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * unit,
    }
    sys.stdout.write("\n" + json.dumps(figures) + "\n")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
