"""Exchanges as lines at the end of a file, written in the background and never in halves."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TextIO

from service.errors import ServiceError
from service.exchange import Exchange, Sink

Lines = Callable[[Sequence[Exchange]], bytes]
"""How exchanges are written: whole lines, with their line breaks."""

SECONDS = 0.5
"""How long an exchange waits at most until it is written: a crash may cost a second."""
ENOUGH = 256
"""Exchanges that are written without waiting for the time. One by one they would take four times as long."""
TOO_MUCH = 50_000
"""Exchanges that wait at most, some 50 MB: a disk that hangs must not fill the memory."""


class LogFile:
    """A sink that appends exchanges to a file, where other processes may do so with a LogFile of their own.

    They are in the file half a second later, even if the process is killed then. A log that was moved or
    removed is begun anew. What cannot be written is lost: stderr says so once, `lost` counts the exchanges
    and `on_lost` is told how many. Raises ServiceError if the file cannot be opened.
    """

    def __init__(self, path: Path, lines: Lines, on_lost: Callable[[int], object] = lambda _: None) -> None:
        self.lost = 0
        self._path, self._lines, self._on_lost = path, lines, on_lost
        self._waiting: list[Exchange] = []
        self._lock, self._writing, self._due = Lock(), Lock(), Event()
        self._closed = self._said = False
        try:
            self._file = _open(path)
        except OSError as error:
            raise ServiceError(
                f"Cannot write the log {path}: {error.strerror}.",
                "Name a file in a directory you can write to.",
            ) from error
        self._torn = _ends_in_half_a_line(path)
        self._thread = Thread(target=self._write_now_and_then, name=f"log {path.name}", daemon=True)
        self._thread.start()

    def __call__(self, exchange: Exchange) -> None:
        """The exchange is written soon. Returns at once, whatever the disk does."""
        with self._lock:
            waiting = len(self._waiting)
            if waiting < TOO_MUCH:
                self._waiting.append(exchange)
        if waiting >= TOO_MUCH:
            self._lose(1, "It takes lines too slowly")
        elif waiting == ENOUGH:
            self._due.set()

    def flush(self) -> None:
        """All exchanges so far are in the file, or lost."""
        with self._writing:
            with self._lock:
                exchanges, self._waiting = self._waiting, []
            if exchanges:
                self._append(exchanges)

    def close(self) -> None:
        """All exchanges are in the file, and it is closed."""
        self._closed = True
        self._due.set()
        self._thread.join()
        self.flush()
        os.close(self._file)
        if self.lost:
            sys.stderr.write(f"{self.lost} requests are not in the log {self._path}.\n")

    def _write_now_and_then(self) -> None:
        while not self._closed:
            self._due.wait(SECONDS)
            self._due.clear()
            self.flush()

    def _append(self, exchanges: list[Exchange]) -> None:
        try:
            if self._moved():
                self._begin_anew()
            lines = self._lines(exchanges)
            whole = b"\n" + lines if self._torn else lines
            # A single write: what other processes append comes before or after it, never between.
            left = whole[os.write(self._file, whole) :]
        except OSError as error:
            self._lose(len(exchanges), error.strerror or str(error))
            return
        self._torn = len(left) > 0
        if left:
            self._lose(len(exchanges) * left.count(b"\n") // lines.count(b"\n"), "No space left on device")

    def _moved(self) -> bool:
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(self._file))
        except FileNotFoundError:
            return True
        except OSError:
            return False  # who may no longer look at the file may still write it

    def _begin_anew(self) -> None:
        new = _open(self._path)
        os.close(self._file)
        self._file, self._torn = new, _ends_in_half_a_line(self._path)

    def _lose(self, count: int, why: str) -> None:
        with self._lock:
            said, self._said = self._said, True
            self.lost += count
        self._on_lost(count)
        if not said:
            sys.stderr.write(f"Requests are missing in the log {self._path}: {why}.\n")


def at_once(log: TextIO, lines: Lines) -> Sink:
    """A sink that writes to `log`, where every exchange can be seen as soon as it is over."""

    def write(exchange: Exchange) -> None:
        log.write(lines((exchange,)).decode())
        log.flush()

    return write


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def _ends_in_half_a_line(path: Path) -> bool:
    """Whether a writer was killed or ran out of space: what is appended must not become part of that line."""
    try:
        with path.open("rb") as file:
            return file.seek(0, os.SEEK_END) > 0 and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n"
    except OSError:
        return False  # it cannot be read, as a pipe or a device cannot from its end
