"""Ctrl-C, noticed also where a replay has dealt with it: that keeps the run, and returns as if whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def noticing() -> Iterator[Callable[[], bool]]:
    """While the block runs, Ctrl-C does what it does otherwise; what is given says whether it was pressed."""
    before = signal.getsignal(signal.SIGINT)
    pressed: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        if callable(before):
            before(number, frame)

    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield lambda: False  # signals reach the main thread only, and one that is ignored stays so
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
