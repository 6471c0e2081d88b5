"""Locust as a subprocess: how it is called, how it is stopped, and what it says when it fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_WITHIN = 20.0
"""Seconds that Locust gets to write what it has when it is interrupted."""


@dataclass(frozen=True)
class Ended:
    """How Locust ended: its exit code, whether it was interrupted, and why if that was not the user."""

    code: int
    interrupted: bool = False
    why: str = ""


def command(files: Sequence[str], folder: str, options: dict[str, str]) -> list[str]:
    """The command line of Locust after the interpreter, with `--name=value` or `--name` for each option.

    `files` are the locustfile and the plugins that go with it, `folder` is where they write.
    """
    return [
        "-m",
        "locust",
        "-f",
        ",".join(files),
        "--headless",
        "--only-summary",
        "--exit-code-on-error=0",
        f"--record={folder}",
        f"--csv={folder}/stats",
        f"--logfile={folder}/locust.log",
        *(f"--{name}={value}" if value else f"--{name}" for name, value in options.items()),
    ]


def run_locust(
    arguments: list[str], folder: Path, look: Callable[[], str] = str, every: float = 1.0
) -> Ended:
    """Locust has run to its end, or as far as it came when the user pressed Ctrl-C.

    Every so many seconds somebody may `look`; if that finds a reason, which is not empty, the run is stopped.
    """
    # Its own process group: Ctrl-C reaches Locust once, from here, and no child outlives it.
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  (our own interpreter, no shell)
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=_environment(),
        )
        try:
            while not (why := _looked_at(process, look, every)):
                if process.returncode is not None:
                    return Ended(process.returncode)
            return Ended(_stopped(process), interrupted=True, why=why)
        except KeyboardInterrupt:
            return Ended(_stopped(process), interrupted=True)
        finally:
            _end_group(process)


def last_words(folder: Path) -> str:
    """The last line that Locust wrote, of its log or of its output."""
    for name in ("output.txt", "locust.log"):
        file = folder / name
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n") if file.exists() else []
        if spoken := [line.strip() for line in lines if line.strip()]:
            return spoken[-1][-300:]
    return "it said nothing"


def _environment() -> dict[str, str]:
    """The environment without settings of Locust, which would change the run unseen.

    Python compiles the locustfile for this run only: nothing is left beside it.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    return {**own, "PYTHONDONTWRITEBYTECODE": "1"}


def _looked_at(process: subprocess.Popen[bytes], look: Callable[[], str], every: float) -> str:
    """Why the run is to be stopped, if there is a reason, after so many seconds; or it has ended."""
    try:
        process.wait(every)
    except subprocess.TimeoutExpired:
        return look()
    return ""


def _stopped(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(STOP_WITHIN)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        return process.wait()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Nothing of Locust runs any more, its workers included."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.poll()
