"""Regular expressions as trees, and whether texts match them: in bounded time, as strangers write them."""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

LONGEST = 2_000
"""Characters of a pattern; longer ones are not read."""
MOST_STEPS = 200_000
"""Places in a text that are looked at before a match is given up."""
LAST = 0x10FFFF
Spans = tuple[tuple[int, int], ...]
CATEGORIES: dict[str, Spans] = {
    "DIGIT": ((48, 57),),
    "WORD": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "SPACE": ((9, 13), (32, 32)),
}


class Unreadable(ValueError):
    """A pattern that is none, or that has what is not understood here."""


@dataclass(frozen=True)
class Chars:
    """One character of the `spans`, which rise."""

    spans: Spans


@dataclass(frozen=True)
class Row:
    """One node behind the other."""

    of: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    """One of several nodes."""

    of: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """A node, `low` to `high` times."""

    of: Node
    low: int
    high: int


@dataclass(frozen=True)
class Edge:
    """The beginning of the text, or its end."""

    end: bool


@dataclass(frozen=True)
class Look:
    """What must follow, or must not, without being passed."""

    of: Node
    negated: bool


Node = Chars | Row | Choice | Repeat | Edge | Look


@lru_cache(maxsize=4096)
def read(pattern: str) -> Node | None:
    """The tree of an ECMA pattern; none if it is not understood."""
    if len(pattern) > LONGEST:
        return None
    parser: Any = importlib.import_module("re._parser")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = parser.parse(re.sub(r"\(\?<[A-Za-z_]\w*>", "(", pattern), re.ASCII)
        if parsed.state.flags & re.IGNORECASE:
            return None
        return _row(parsed)
    except (re.error, ValueError, OverflowError, RecursionError):
        return None


def _row(items: Iterable[tuple[Any, Any]]) -> Row:
    return Row(tuple(_node(str(op), given) for op, given in items))


def _node(op: str, given: Any) -> Node:
    if op not in READERS:
        raise Unreadable(op)
    return READERS[op](given)


def _group(given: Any) -> Node:
    _, added, removed, inner = given
    if added or removed:
        raise Unreadable("flags")
    return _row(inner)


def _look(given: Any, *, negated: bool) -> Node:
    direction, inner = given
    if direction < 0:
        raise Unreadable("what comes before")
    return Look(_row(inner), negated)


def _edge(given: Any) -> Node:
    if str(given) in {"AT_BEGINNING", "AT_BEGINNING_STRING"}:
        return Edge(end=False)
    if str(given) in {"AT_END", "AT_END_STRING"}:
        return Edge(end=True)
    raise Unreadable(str(given))


def _repeat(given: Any) -> Node:
    low, high, inner = given
    return Repeat(_row(inner), int(low), int(high))


def _class(given: Any) -> Chars:
    negated = bool(given) and str(given[0][0]) == "NEGATE"
    spans = [span for op, item in given[negated:] for span in _node(str(op), item).spans]  # type: ignore[union-attr]
    return Chars(_others(spans) if negated else _merged(spans))


def _category(given: Any) -> Chars:
    name = str(given).removeprefix("CATEGORY_")
    spans = CATEGORIES[name.removeprefix("NOT_")]
    return Chars(_others(spans) if name.startswith("NOT_") else spans)


def _merged(spans: Iterable[tuple[int, int]]) -> Spans:
    found: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def _others(spans: Iterable[tuple[int, int]]) -> Spans:
    """What is in none of the spans."""
    found, start = [], 0
    for low, high in _merged(spans):
        if start < low:
            found.append((start, low - 1))
        start = high + 1
    return tuple([*found, (start, LAST)] if start <= LAST else found)


READERS: dict[str, Callable[[Any], Node]] = {
    "LITERAL": lambda code: Chars(((code, code),)),
    "NOT_LITERAL": lambda code: Chars(_others([(code, code)])),
    "ANY": lambda _: Chars(_others([(10, 10), (13, 13), (0x2028, 0x2029)])),
    "RANGE": lambda ends: Chars((ends,)),
    "CATEGORY": _category,
    "IN": _class,
    "BRANCH": lambda given: Choice(tuple(_row(branch) for branch in given[1])),
    "SUBPATTERN": _group,
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
    "AT": _edge,
    "ASSERT": lambda given: _look(given, negated=False),
    "ASSERT_NOT": lambda given: _look(given, negated=True),
}
"""How each operation of Python's parser becomes a node; what is not here, back references above all, is not
understood."""


def matches(node: Node, text: Sequence[str]) -> bool:
    """Whether the pattern is found in every text that takes a character of each of the strings of `text`.

    Of an ordinary text each string is one character. False too if that takes too long to say.
    """
    try:
        return bool(Matcher(text).ends(node, set(range(len(text) + 1)), sure=True))
    except (TimeoutError, RecursionError):
        return False


class Matcher:
    """Where a node ends in a text: all places are followed at once, so nothing is tried twice."""

    def __init__(self, text: Sequence[str]) -> None:
        self.text = text
        self.steps = 0

    def ends(self, node: Node, starts: set[int], *, sure: bool) -> set[int]:
        """Where `node` can end if it begins at one of `starts`, for all characters or (not `sure`) some."""
        self.steps += len(starts) + 1
        if self.steps > MOST_STEPS:
            raise TimeoutError
        match node:
            case Chars():
                return {at + 1 for at in starts if at < len(self.text) and self._holds(node, at, sure)}
            case Row():
                for inner in node.of:
                    starts = self.ends(inner, starts, sure=sure) if starts else starts
                return starts
            case Choice():
                return set[int]().union(*(self.ends(inner, starts, sure=sure) for inner in node.of))
            case Repeat():
                return self._repeated(node, starts, sure=sure)
            case Edge():
                return starts & {len(self.text) if node.end else 0}
        kept = sure is not node.negated
        return {at for at in starts if bool(self.ends(node.of, {at}, sure=kept)) is not node.negated}

    def _holds(self, chars: Chars, at: int, sure: bool) -> bool:
        held = (any(low <= ord(char) <= high for low, high in chars.spans) for char in self.text[at])
        return all(held) if sure else any(held)

    def _repeated(self, node: Repeat, starts: set[int], *, sure: bool) -> set[int]:
        for _ in range(node.low):
            before, starts = starts, self.ends(node.of, starts, sure=sure)
            if not starts or starts == before:
                break
        found, new = set(starts), starts
        for _ in range(node.high - node.low):
            new = self.ends(node.of, new, sure=sure) - found
            found |= new
            if not new:
                break
        return found
