"""How text reaches the terminal: stdout is data, stderr is everything else.

Nothing printed here is markup: what comes from a log is shown as it is, with control characters escaped.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from json import dumps
from pathlib import Path
from typing import Any, Literal, TypeVar

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from miner.errors import one_line
from miner.output_files import write_files

T = TypeVar("T")
DAYS = 3
"""From so many on, a time is told in days."""
WIDEST = 100
"""Columns beyond which a table is harder to read, not easier."""
KEPT_WHOLE = frozenset({"name", "figure"})
"""Columns that are never wrapped."""
LONG_NAME = 34
"""Characters of a name that fit into a table beside five numbers."""


class Plain(Console):
    """A console without markup, emoji codes or guessed highlights, which says when nobody reads it."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False)
        self.width = min(self.width, WIDEST)

    def on_broken_pipe(self) -> None:
        """Raises BrokenPipeError again: the command decides what it means."""
        raise BrokenPipeError


def out() -> Console:
    """The console of stdout as it is now."""
    return Plain()


def say(text: str) -> None:
    """`text` is on stderr, wrapped between words."""
    Plain(stderr=True).print(Text(one_line(text)))


def give(text: str, out: Path | None) -> None:
    """`text` is on stdout, or in the file `out`. Raises MinerError if it cannot be written."""
    if out is None:
        sys.stdout.write(text)
        return
    write_files({out: text})
    say(f"Wrote {out}.")


def show_json(facts: Any) -> None:
    """`facts` are on stdout as JSON."""
    sys.stdout.write(dumps(facts, indent=2, default=_in_json, ensure_ascii=False) + "\n")


def show(facts: T, as_text: Callable[[Console, T], None], *, json: bool, remarks: Sequence[str] = ()) -> None:
    """`facts` are on stdout, as text or as JSON; each of `remarks` is on stderr."""
    if json:
        show_json(in_json(facts))
    else:
        as_text(out(), facts)
    for remark in remarks:
        say(remark)


def in_json(facts: Any) -> Any:
    """Dataclasses as dictionaries, by their own `as_dict` where they have one."""
    if isinstance(facts, list | tuple):
        return [in_json(one) for one in facts]
    return facts.as_dict() if hasattr(facts, "as_dict") else asdict(facts)


def _in_json(value: Any) -> Any:
    """Times, paths and numbers of numpy in terms of JSON."""
    if isinstance(value, datetime):
        return value.isoformat()
    item = getattr(value, "item", None)
    return item() if item else str(value)


@contextmanager
def working(what: str) -> Iterator[None]:
    """While the block runs, a terminal shows that it does."""
    console = Plain(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(Text(one_line(what))):
        yield


@contextmanager
def lasting(what: str, seconds: float) -> Iterator[None]:
    """While the block runs, a terminal shows how much of its `seconds` have gone by; 0: it is not known."""
    if not seconds:
        with working(what):
            yield
        return
    console = Plain(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), ByTime(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task(one_line(what), total=seconds)
        yield


class ByTime(ProgressColumn):
    """A bar that is full when the task's total, in seconds, has gone by."""

    def render(self, task: Task) -> ProgressBar:
        """The bar now."""
        bar = BarColumn().render(task)
        bar.update(min(task.elapsed or 0.0, task.total or 0.0), task.total)
        return bar


def heading(console: Console, text: str) -> None:
    """A blank line and `text` in bold are printed."""
    console.print()
    console.print(Text(one_line(text), style="bold"))


def lines(console: Console, texts: Sequence[str]) -> None:
    """Each of `texts` is a paragraph, set in by two; a `- ` at its beginning hangs out."""
    for text in texts:
        hang = "    " if text.startswith("- ") else "  "
        for line in textwrap.wrap(
            one_line(text), console.width, initial_indent="  ", subsequent_indent=hang, break_on_hyphens=False
        ):
            console.print(Text(line), soft_wrap=True)


def table(console: Console, columns: Sequence[str], rows: Iterable[Iterable[str | Text]]) -> None:
    """A table is printed, set in by two. A column whose name starts with '>' is aligned to the right."""
    headed = any(column.lstrip(">") for column in columns)
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_header=headed)
    for column in columns:
        right = column.startswith(">")
        justify: Literal["right", "left"] = "right" if right else "left"
        grid.add_column(
            column.lstrip(">"), justify=justify, overflow="fold", no_wrap=right or column in KEPT_WHOLE
        )
    for row in rows:
        grid.add_row(*(cell if isinstance(cell, Text) else Text(one_line(cell)) for cell in row))
    with console.capture() as drawn:
        console.print(Padding(grid, (0, 0, 0, 2)))
    # Rich fills up every row with blanks, which a file does not need.
    console.file.writelines(line.rstrip() + "\n" for line in drawn.get().splitlines())


def name(identifier: str) -> Text:
    """A long name is on two lines, parted at a `_then_`."""
    text = one_line(identifier)
    return Text(text.replace("_then_", "_then_\n", 1) if len(text) > LONG_NAME else text)


def count(number: float) -> str:
    """`12,345`."""
    return f"{number:,.0f}"


def share(part: float) -> str:
    """`45.1 %`, `<0.1 %` for what would round to nothing, `-` for none at all."""
    if not part:
        return "-"
    return f"{part:.1%}".replace("%", " %") if part >= 0.0005 else "<0.1 %"


def duration(seconds: float) -> str:
    """`0.8 s`, `12 s`, `4.5 min`, `2.8 h`, `7 d`."""
    if round(seconds) < 90:
        return f"{seconds:.1f}".removesuffix(".0") + " s" if seconds < 9.95 else f"{seconds:.0f} s"
    number, unit = (seconds / 60, "min") if seconds < 5400 else (seconds / 3600, "h")
    number, unit = (number / 24, "d") if seconds >= DAYS * 86_400 else (number, unit)
    return f"{number:.1f}".removesuffix(".0") + f" {unit}"
