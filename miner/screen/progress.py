"""How far an ingest is, on a terminal: bytes done, lines a second, time left. Piped, nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from miner.errors import one_line
from miner.ingest import Progress as Read
from miner.screen.terminal import Plain, count

LONGEST = 30
"""Characters of a file's name that are shown."""


@contextmanager
def reading() -> Iterator[Callable[[Read], None] | None]:
    """What the block gives to an ingest, so that it shows how far it is; None if nobody would see."""
    console = Plain(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[speed]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Reading", total=None, speed="")
        began = monotonic()

        def show(read: Read) -> None:
            speed = f"{count(read.lines / max(monotonic() - began, 0.001))} lines/s"
            name = one_line(read.name)[-LONGEST:]
            bar.update(task, completed=read.done, total=read.total, description=name, speed=speed)

        yield show
