"""What the page is made of: sections of blocks. The template knows how each kind looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from miner.report.pictures import Picture

ROWS, MOST = 15, 100
"""Rows of a long table that are in sight, and that there are at most."""
GOOD, FAIR, BAD, NONE = "good", "fair", "bad", "none"
"""What a verdict means: each has a colour and a sign of its own, and always a word beside it."""


@dataclass(frozen=True)
class Word:
    """A verdict in a word, and what it means: GOOD, FAIR, BAD or NONE."""

    text: str
    means: str
    kind: ClassVar[str] = "word"


@dataclass(frozen=True)
class Code:
    """Something that is written just so: an endpoint, a step, a file."""

    text: str
    kind: ClassVar[str] = "code"


@dataclass(frozen=True)
class Noted:
    """A name, and a sentence about it."""

    text: str
    note: str
    kind: ClassVar[str] = "noted"


Cell: TypeAlias = str | Word | Code | Noted


Row: TypeAlias = tuple[Cell, ...]


@dataclass(frozen=True)
class Column:
    """A column by its heading; numbers are aligned to the right."""

    name: str
    right: bool


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row says what the row is about."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    more: str = ""
    """What is not in it."""
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class Figure:
    """A chart, and the numbers behind it as a table."""

    id: str
    picture: Picture
    table: Table | None
    kind: ClassVar[str] = "figure"


@dataclass(frozen=True)
class Figures:
    """Small charts of the same kind beside each other, and how they read."""

    figures: tuple[Figure, ...]
    says: str
    kind: ClassVar[str] = "figures"


@dataclass(frozen=True)
class Prose:
    """Sentences, in one paragraph."""

    text: str
    kind: ClassVar[str] = "prose"


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    items: tuple[str, ...]
    kind: ClassVar[str] = "points"


@dataclass(frozen=True)
class Said:
    """One sentence with its verdict before it."""

    word: Word
    text: str
    kind: ClassVar[str] = "said"


@dataclass(frozen=True)
class Commands:
    """A line to type, and what for."""

    says: str
    line: str
    kind: ClassVar[str] = "commands"


@dataclass(frozen=True)
class More:
    """Blocks that are out of sight until they are asked for."""

    says: str
    blocks: tuple[Block, ...]
    kind: ClassVar[str] = "more"


Block: TypeAlias = Table | Figure | Figures | Prose | Points | Said | Commands | More


@dataclass(frozen=True)
class Part:
    """A part of a section, with a heading of its own."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Section:
    """A section of the page: its blocks, then its parts."""

    id: str
    title: str
    blocks: tuple[Block, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """A question of the head and its answer; `link` is the section that has more."""

    question: str
    word: Word
    text: str
    link: str


@dataclass(frozen=True)
class Number:
    """A number of the head, and of what."""

    value: str
    of: str


def table(
    id: str,  # noqa: A002 (as in HTML)
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Row],
    more: str = "",
) -> Table:
    """A table; a column whose name begins with `>` is aligned to the right, as in `miner.screen`."""
    headed = tuple(Column(name.lstrip(">"), name.startswith(">")) for name in columns)
    return Table(id, caption, headed, tuple(rows), more)


def long_table(
    id: str,  # noqa: A002
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Row],
    what: str,
) -> Iterator[Block]:
    """A table, if there are rows, whose later ones are a click away; no more than MOST are shown."""
    if rows:
        yield table(id, caption, columns, rows[:ROWS])
    if later := rows[ROWS:MOST]:
        from_here = f"{caption}, from the {ROWS + 1}th on"
        rest = table(f"{id}-more", from_here, columns, later, some(len(rows), MOST, what))
        yield More(f"{len(rows) - ROWS:,} more {what}", (rest,))


def some(number: int, shown: int, what: str) -> str:
    """What is said of those that are not shown."""
    return f"And {number - shown:,} more {what}." if number > shown else ""
