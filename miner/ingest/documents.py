"""Documents of JSON become the things they hold, one by one, whatever the size of the file.

A file holds a document per line, as the collector's file exporter writes them, or documents of many lines.
Where its first line is a document of its own, every line is parsed alone, so that a broken one is one flaw
and the others go on. Else the file is streamed, and only the part of a document that leads to the thing
being read is in memory.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

import orjson

from miner.ingest.document_stream import Stream
from miner.ingest.document_tree import NO_OBJECT, Found, Layout, in_document
from miner.ingest.json_values import shown

LONGEST_LINE = 8 << 20
"""Bytes of a line that is parsed as one; a longer one is streamed."""
BLOCK = 1 << 16
BROKEN = "document is no JSON from here on"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
OPENING = (b"{", b"[")
BEGINNING = re.compile(rb"\n(?=[{\[])")
"""Where a line begins as a document does. Most that do so in a document of many lines are indented."""
INDENTED = re.compile(rb"\s*[{\[]\s*\n[ \t]")
"""How a document begins whose lines are indented, so that none within it begins as a document does."""
HEAD = 64
"""Bytes that tell whether a document is indented."""

Piece = tuple[bytes, bool]
"""Some bytes of a file, and whether a document may begin with them."""


def found(stream: BinaryIO, layouts: tuple[Layout, ...]) -> Iterator[Found]:
    """All that the documents in `stream` hold where the layouts lead, in order, and their flaws."""
    first = first_line(stream)
    if first.startswith(OPENING) and not is_whole(first, layouts):
        yield from in_pieces(pieces(chain((first,), blocks(stream))), layouts)
        return
    line = first
    while line:
        if not line.isspace():
            yield from in_line(line, stream, layouts)
        line = stream.readline(LONGEST_LINE)


def first_line(stream: BinaryIO) -> bytes:
    """The first line that is not blank, from its first character on. Empty if there is none."""
    line = stream.readline(LONGEST_LINE).removeprefix(BYTE_ORDER_MARK)
    while line.isspace():
        line = stream.readline(LONGEST_LINE)
    return line.lstrip()


def is_whole(line: bytes, layouts: tuple[Layout, ...]) -> bool:
    """Whether `line` is JSON by itself. One too long to tell is: people break lines long before."""
    if goes_on(line):
        return True
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return patiently(line, layouts) is not None
    return True


def goes_on(line: bytes) -> bool:
    """Whether `line` is only the beginning of a line."""
    return len(line) >= LONGEST_LINE and not line.endswith(b"\n")


def in_line(line: bytes, stream: BinaryIO, layouts: tuple[Layout, ...]) -> Iterator[Found]:
    """What the document in a line holds, or that the line is none."""
    if goes_on(line):
        rest = rest_of_line(line, stream)
        yield from in_pieces(((part, part is line) for part in rest), layouts, NO_OBJECT)
        deque(rest, maxlen=0)
        return
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        things = patiently(line, layouts)
        yield from [Found(flaw=NO_OBJECT, raw=shown(line))] if things is None else things
    else:
        yield from in_document(value, layouts)


def patiently(line: bytes, layouts: tuple[Layout, ...]) -> list[Found] | None:
    """What a line holds that orjson refuses: nested deep, half a surrogate pair, bytes that are no UTF-8."""
    stream = Stream(layouts)
    things = [*stream.feed(line), *stream.close()]
    return None if stream.broken else things


def in_pieces(parts: Iterable[Piece], layouts: tuple[Layout, ...], flaw: str = BROKEN) -> Iterator[Found]:
    """What the documents in a stream hold. Where one is broken, reading goes on at the next that begins."""
    reading = Reading(layouts, flaw)
    try:
        for part, begins in parts:
            yield from reading.take(part, begins)
        yield from reading.end()
    finally:
        reading.leave()


class Reading:
    """Reading documents that may be broken, one after another."""

    def __init__(self, layouts: tuple[Layout, ...], flaw: str) -> None:
        self._layouts, self._flaw = layouts, flaw
        self._stream: Stream | None = None
        """The document that is being read; none after one that is broken, until the next begins."""
        self._head = self._last = b""

    def take(self, part: bytes, begins: bool) -> Iterator[Found]:
        """What is complete with this part, with which a document may begin."""
        if self._stream and begins and (self._stream.idle or INDENTED.match(self._head)):
            yield from self.end()
        things: list[Found] = []
        if self._stream:
            things = self._stream.feed(part)
            yield from things
            yield from self._broken(self._last if begins and not things else part)
        if begins and not things and not self._stream:
            self._stream, self._head = Stream(self._layouts), b""
            yield from self._stream.feed(part)
            yield from self._broken(part)
        self._head += part[: HEAD - len(self._head)]
        self._last = part

    def end(self) -> Iterator[Found]:
        """What is complete as nothing follows."""
        if self._stream:
            yield from self._stream.close()
            yield from self._broken(self._last)
            self._stream = None

    def leave(self) -> None:
        """Nothing more is read, also if a document is open."""
        if self._stream:
            self._stream.leave()

    def _broken(self, part: bytes) -> Iterator[Found]:
        """The flaw, if the document is broken; it is no longer read then."""
        if self._stream and self._stream.broken:
            self._stream = None
            yield Found(flaw=self._flaw, raw=shown(part))


def pieces(parts: Iterator[bytes]) -> Iterator[Piece]:
    """The parts, divided where a document may begin."""
    at_line_start = True
    for part in parts:
        for piece in divided(part):
            yield piece, at_line_start and piece.startswith(OPENING)
            at_line_start = piece.endswith(b"\n")


def divided(part: bytes) -> Iterator[bytes]:
    """The part in pieces, of which all but the first begin as a document does."""
    start = 0
    for beginning in BEGINNING.finditer(part):
        yield part[start : beginning.end()]
        start = beginning.end()
    yield part[start:]


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The rest of a stream, block by block."""
    while block := stream.read(BLOCK):
        yield block


def rest_of_line(line: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """A line, of which `line` is the beginning, part by part."""
    while line:
        yield line
        line = b"" if line.endswith(b"\n") else stream.readline(BLOCK)
