"""A friend-service in a process of its own, started as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 120
"""Seconds after which a service that a test still waits for is taken for broken, and killed."""


@dataclass
class Served:
    """A service that is ready, and what it wrote to stderr."""

    process: subprocess.Popen[str]
    url: str
    errors: Path

    def ended(self) -> tuple[int, str]:
        """The exit code, once it has ended, and what it has said since it was ready."""
        said, _ = self.process.communicate()
        return self.process.returncode, said + self.errors.read_text()

    def kill(self) -> None:
        """It is gone, without having been asked."""
        self.process.kill()
        self.process.wait()


@contextmanager
def served_in_process(database: str, folder: Path, *options: str) -> Iterator[Served]:
    """The service runs in `folder` while the block does, on any free port; then it is stopped."""
    command = [sys.executable, "-m", "service", "serve", "--port", "0", "--database", database, *options]
    errors = folder / "stderr"
    with (
        errors.open("a") as stderr,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        ) as process,
    ):
        guard = threading.Timer(PATIENCE, process.kill)
        guard.start()
        try:
            assert process.stdout
            ready = process.stdout.readline()
            assert ready.startswith("friend-service on http://127.0.0.1:"), errors.read_text()
            yield Served(process, ready.split()[-1], errors)
        finally:
            process.terminate()
            process.wait()
            guard.cancel()
