"""What could not be known, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator

from miner.report.blocks import Block, Code, Points, Prose, Section, long_table
from miner.report.findings import Findings
from miner.report.recording import ReadFile
from miner.screen.terminal import count

MOST = 50
"""Sentences that are written."""


def limits(found: Findings) -> Section:
    """What could not be known, what was left out, and what was read."""
    return Section("limits", "What could not be known", tuple(_limits(found)))


def _limits(found: Findings) -> Iterator[Block]:
    answers = found.answers
    unknown = (*answers.unknown, *answers.remarks, *found.remarks)
    yield Points(unknown[:MOST]) if unknown else Prose("Nothing that was looked for.")
    left_out = [(f"requests: {reason}", count(n)) for reason, n in answers.left_out.items()]
    left_out += [(f"lines: {reason}", count(n)) for reason, n in answers.unreadable.items()]
    caption = "Left out, as no step of a user or as no request"
    yield from long_table("t-left-out", caption, ["what", ">how many"], left_out, "reasons")
    caption = "What was read: every line is a request, a reject, a blank or a duplicate"
    columns = [
        "file",
        "format",
        ">lines",
        ">requests",
        ">rejects",
        ">blanks",
        ">duplicates",
        ">masked values",
    ]
    yield from long_table("t-files", caption, columns, [*map(_read, found.recording.files)], "files")


def _read(file: ReadFile) -> tuple[str | Code, ...]:
    counts = file.lines, file.requests, file.rejects, file.blanks, file.duplicates, file.masked or 0
    return Code(file.name), file.format, *map(count, counts)
