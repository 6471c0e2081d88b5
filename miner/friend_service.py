"""The included friend-service as a subprocess: the miner does not import it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import NoReturn, TextIO

from miner.errors import MinerError

READY = "friend-service on "
START_WITHIN, STOP_WITHIN = 30.0, 35.0
INSTALL = "Install what it needs: pip install 'scenario-miner[service]'."


def service(*arguments: str, folder: Path | None = None) -> str:
    """What `python -m service` printed when it had done as asked, in `folder` or here.

    Raises MinerError if it failed.
    """
    ended = subprocess.run(  # noqa: S603  (our own interpreter, no shell)
        _command(*arguments), capture_output=True, text=True, check=False, cwd=folder
    )
    if ended.returncode:
        raise _failure(ended.stderr)
    return ended.stdout


@contextmanager
def serving(database: str, *options: str, folder: Path | None = None) -> Iterator[str]:
    """While the block runs, the friend-service answers at the URL given, on a free port.

    `options` are more of those that `python -m service serve` has. Raises MinerError.
    """
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(  # noqa: S603
            _command("serve", "--port", "0", "--database", database, *options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=folder,
            start_new_session=True,  # Ctrl-C reaches the replay first, and the service from here
        )
        try:
            yield _address(process) or _complain(errors)
        finally:
            _stop(process)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "service", *arguments]


def _address(process: subprocess.Popen[str]) -> str:
    """Where the service says that it is, or nothing if it ends or is silent for too long."""
    too_late = Timer(START_WITHIN, process.kill)
    too_late.start()
    try:
        said = process.stdout.readline() if process.stdout else ""
    finally:
        too_late.cancel()
    return said.strip().removeprefix(READY) if said.startswith(READY) else ""


def _stop(process: subprocess.Popen[str]) -> None:
    """The process has ended."""
    process.terminate()
    try:
        process.wait(STOP_WITHIN)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def _complain(errors: TextIO) -> NoReturn:
    """Raises MinerError with what the service wrote to stderr."""
    errors.seek(0)
    raise _failure(errors.read())


def _failure(said: str) -> MinerError:
    """Why the friend-service did not do as asked."""
    if "No module named" in said:
        return MinerError("The friend-service is not installed.", INSTALL)
    # It complains in two lines like we do; of a traceback the last line says most.
    spoken = [line for line in said.splitlines() if line.strip()]
    what, hint = spoken if len(spoken) == 2 else ((spoken or ["nothing said"])[-1], "Start it again.")
    return MinerError(f"The friend-service failed: {what}", hint)
