"""Starts `mine` as often as a test needs it, each time as a process of its own.

Most of the time of a short `mine` is spent on imports. So one process imports everything once, and forks
itself for each command: what a command does, it does in a process that can be killed, limited or raced.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

SUFFIXES = (".out", ".err")
CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class Ended:
    """How a process ended: a negative code is the signal that killed it."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Order:
    """A command, where it runs, and what is taken away from it."""

    arguments: tuple[str, ...]
    folder: str
    output: str
    largest_file: int | None = None
    """Bytes beyond which no file can grow: what happens then is what happens on a full disk."""
    powers: bool = True
    """Whether an administrator may do what the modes of files forbid."""
    at: float = 0.0
    """Moment of the monotonic clock before which the command does not begin."""


class Starter:
    """The process that forks the commands, seen from the test."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._outputs: dict[int, Path] = {}
        self._started = 0

    def start(
        self,
        *arguments: str | Path,
        largest_file: int | None = None,
        powers: bool = True,
        at: float = 0.0,
    ) -> int:
        """`mine` runs in the current folder; the id of its process, which stays its own until `end`."""
        output = self._folder / f"output-{self._started}"
        self._started += 1
        for suffix in SUFFIXES:  # a process that is killed at once has not made them
            output.with_suffix(suffix).touch()
        order = Order(tuple(map(str, arguments)), str(Path.cwd()), str(output), largest_file, powers, at)
        pid = int(self._answer(json.dumps(asdict(order))))
        self._outputs[pid] = output
        return pid

    def end(self, pid: int) -> Ended:
        """The process has ended by itself or by a signal."""
        code = int(self._answer(str(pid)))
        output = self._outputs.pop(pid)
        out, err = (output.with_suffix(suffix).read_text(encoding="utf-8") for suffix in SUFFIXES)
        return Ended(code, out, err)

    def run(self, *arguments: str | Path, largest_file: int | None = None, powers: bool = True) -> Ended:
        """`mine` was started, and has ended."""
        return self.end(self.start(*arguments, largest_file=largest_file, powers=powers))

    def _answer(self, order: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@contextmanager
def starter(folder: Path) -> Iterator[Starter]:
    """Commands can be started in the block; what they print is kept in `folder`."""
    command = [sys.executable, __file__]
    # A fork keeps only the thread that forks; the libraries are told to have no other.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield Starter(process, folder)
        process.communicate()


def serve() -> None:
    """Every line of stdin that is an order was started, and every one that is a process id waited for."""
    # What the verbs import when they run.
    import miner.ingest
    import miner.paths
    import miner.places
    import miner.screen.reports
    import miner.screen.terminal  # noqa: F401

    say("ready")
    for line in sys.stdin:
        told = json.loads(line)
        if isinstance(told, int):
            say(str(os.waitstatus_to_exitcode(os.waitpid(told, 0)[1])))
        else:
            pid = os.fork()
            if not pid:
                os._exit(obey(Order(**told)))
            say(str(pid))


def say(text: str) -> None:
    """The test can read the line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def obey(order: Order) -> int:
    """The command has run; its exit code."""
    from miner.cli import run

    os.chdir(order.folder)
    for stream, suffix in zip((sys.stdout, sys.stderr), SUFFIXES, strict=True):
        file = os.open(order.output + suffix, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, stream.fileno())
    if order.largest_file is not None:
        # Python ignores the signal, so that a write beyond the limit is an error, as on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (order.largest_file, order.largest_file))
    if not order.powers:
        give_up_powers()
    while time.monotonic() < order.at:
        pass
    code = run(order.arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def give_up_powers() -> None:
    """An administrator is bound by the modes of files, as everybody is."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    if os.geteuid() == 0 and ctypes.CDLL(None, use_errno=True).capset(header, none) != 0:
        raise OSError(ctypes.get_errno(), "capset")


if __name__ == "__main__":
    serve()
