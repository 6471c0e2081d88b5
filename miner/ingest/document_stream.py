"""A document becomes the things it holds while it is read, and is never in memory as a whole.

A tree is built from the events of the parser. On the way from the document to the things, every element of a
list is handed over as soon as it is complete, and leaves the tree; of what lies beside that way, only what is
named in KEPT is built.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ijson

from miner.ingest.document_tree import Found, Layout, in_document, in_element, in_object
from miner.ingest.json_values import DEEPEST, Object

KEPT = frozenset({"resource"})
"""Values that say something of all things beside them."""
START = {"start_map": dict, "start_array": list}
END = frozenset({"end_map", "end_array"})
SURROGATE = re.compile("[\udc80-\udcff]")
"""A byte that is no UTF-8, as Python decodes it."""


@dataclass(slots=True)
class Level:
    """An object or list that is not complete yet."""

    value: Any
    ahead: tuple[Layout, ...]
    """Where the things are, seen from here; empty if it is not on the way to any."""
    key: str = ""
    """The name of the value that is being read."""

    def ahead_of(self, value: Object | list[Any]) -> tuple[Layout, ...]:
        """Where the things are, seen from the value of this object that begins."""
        return tuple(
            layout[1:] for layout in self.ahead if self.key in layout[0].names and layout[0].fits(value)
        )


class Stream:
    """Documents, one after another, that are fed in parts."""

    def __init__(self, layouts: tuple[Layout, ...]) -> None:
        self.broken = False
        """Whether what was fed is no JSON: nothing more can be read."""
        self._tree = Tree(layouts)
        self._events = ijson.sendable_list()
        self._parser = ijson.basic_parse_coro(self._events, multiple_values=True)
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    @property
    def idle(self) -> bool:
        """Whether no document is open."""
        return self._tree.is_empty

    def feed(self, part: bytes) -> list[Found]:
        """The things that are complete with this part."""
        self._parse(escaped(self._decoder.decode(part)))
        return self._take()

    def close(self) -> list[Found]:
        """The things that are complete as nothing follows. What is not complete then is broken."""
        self._parse(escaped(self._decoder.decode(b"", final=True)))
        self._parse(b"", final=True)
        return self._take()

    def leave(self) -> None:
        """The parser is gone. The one in Python would complain on stderr that it was not done."""
        with suppress(Exception):
            self._parser.close()

    def _parse(self, part: bytes, final: bool = False) -> None:
        """Everything in `part` is an event, unless it is broken."""
        if self.broken or not (part or final):
            return
        try:
            self._parser.send(part)
        except StopIteration:  # all documents are complete
            return
        except Exception:  # JSONError, ValueError, SystemError, ...: the parsers have many
            self.broken = True
            # yajl leaves an event without a value, which must not be touched, where Python refuses a number.
            if self._events and self._events[-1][0] == "number":
                del self._events[-1]

    def _take(self) -> list[Found]:
        """The things that the events complete."""
        things = self._tree.take(self._events)
        self._events.clear()
        return things


class Tree:
    """The part of the documents that is in memory."""

    def __init__(self, layouts: tuple[Layout, ...]) -> None:
        self._layouts = layouts
        self._levels: list[Level] = []
        self._skipped = 0
        """Objects and lists that are open and whose content is skipped."""

    @property
    def is_empty(self) -> bool:
        """Whether no object and no list is open."""
        return not self._levels

    def take(self, events: Iterable[tuple[str, Any]]) -> list[Found]:
        """The things that are complete with these events of the parser."""
        things: list[Found] = []
        for event, value in events:
            if event in START:
                self._open(START[event]())
            elif event in END:
                things += self._close()
            elif self._skipped:
                continue
            elif event == "map_key":
                self._levels[-1].key = value
            else:
                things += self._put(float(value) if isinstance(value, Decimal) else value)
        return things

    def _open(self, value: Object | list[Any]) -> None:
        """An object or a list has begun."""
        if self._skipped:
            self._skipped += 1
            return
        ahead, built = self._place(value)
        self._levels.append(Level(value, ahead))
        self._skipped = 0 if ahead or built else 1

    def _place(self, value: Object | list[Any]) -> tuple[tuple[Layout, ...], bool]:
        """Where the things are, seen from the value that begins; and whether it is built if nowhere."""
        if not self._levels:
            return self._layouts, False
        above = self._levels[-1]
        if not above.ahead:
            return (), len(self._levels) < DEEPEST
        if isinstance(above.value, list):
            is_thing = () in above.ahead
            return (above.ahead if isinstance(value, dict) and not is_thing else ()), is_thing
        return above.ahead_of(value), above.key in KEPT

    def _close(self) -> tuple[Found, ...]:
        """The object or list that began last is complete."""
        if self._skipped > 1:
            self._skipped -= 1
            return ()
        self._skipped = 0
        return self._put(self._levels.pop().value)

    def _put(self, value: Any) -> tuple[Found, ...]:
        """A value is complete, and is in the tree, or is handed over."""
        if not self._levels:
            return tuple(in_document(value, self._layouts))
        above = self._levels[-1]
        if isinstance(above.value, dict):
            above.value[above.key] = value
        elif above.ahead:
            return self._hand_over(value, above.ahead)
        else:
            above.value.append(value)
        return ()

    def _hand_over(self, element: Any, ahead: tuple[Layout, ...]) -> tuple[Found, ...]:
        """What a complete element of a list on the way holds, that was not handed over before."""
        if len(self._levels) == 1:
            return tuple(in_object(element, self._layouts))
        name = self._levels[-2].key
        holders = tuple(level.value for level in self._levels if isinstance(level.value, dict))
        return tuple(one for layout in ahead for one in in_element(element, name, layout, holders))


def escaped(text: str) -> bytes:
    r"""The bytes of `text`, where one that was no UTF-8 is `\\xhh`: JSON's way to write `\xhh`."""
    if not text.isascii():
        text = SURROGATE.sub(lambda byte: rf"\\x{ord(byte[0]) - 0xDC00:02x}", text)
    return text.encode("utf-8")
