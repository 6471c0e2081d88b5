"""What JSON values are as text: fields, raw records, durations. Nothing here raises, whatever a value is."""

from __future__ import annotations

from typing import Any

import orjson

Record = dict[str, str | None]
"""A span, an entry or a broken line: canonical fields as text and `raw`.

It is no request where it has a `flaw`, and why is what it says, or is `blank`, and why is in `aside`.
"""
Object = dict[str, Any]

SHOWN = 1 << 20
"""Characters that are kept of a raw record."""
DEEPEST = 64
"""Levels of nesting that are kept. No field of ours lies deeper than ten."""
LONGEST_NUMBER = 20
"""Digits of the largest number that is a time: 64 bits have no more."""
UNDECODED = {0xDC00 + byte: chr(0xF700 + byte) for byte in range(0x80, 0x100)}
"""Bytes that are no UTF-8, as rejects show them: one private-use character each."""


def blank(aside: str, **fields: str | None) -> Record:
    """The record of what is no request by design."""
    return {"blank": "1", "aside": aside, **fields}


def shown(line: bytes) -> str:
    """The text of a line that cannot be parsed, from which its bytes can be made again."""
    text = line[:SHOWN].removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "surrogateescape")
    return text.translate(UNDECODED)


def compact(value: Any) -> str:
    """`value` as JSON on one line, and not longer than SHOWN."""
    try:
        raw = orjson.dumps(value)
    except TypeError:  # nested deeper than 254 levels, half a surrogate pair, or more than 64 bits
        raw = orjson.dumps(tame(value, DEEPEST))
    return raw.decode("utf-8")[:SHOWN]


def tame(value: Any, depth: int) -> Any:
    """`value` without what JSON of others could not hold: null takes the place of what lies too deep."""
    if isinstance(value, dict):
        return {clean(key): tame(inner, depth - 1) for key, inner in value.items()} if depth else None
    if isinstance(value, list):
        return [tame(inner, depth - 1) for inner in value] if depth else None
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    return value


def clean(text: str) -> str:
    """`text`, where half a surrogate pair, which has no bytes, is written as its escape."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def text_of(value: Any) -> str | None:
    """A string, number or boolean as text, 200.0 as "200". None if it is empty, or holds other values."""
    if isinstance(value, str):
        return (value if value.isascii() else clean(value)) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return str(int(value))
    return str(value) if isinstance(value, int | float) else None


def number_of(value: Any) -> int | None:
    """A number without its fraction, which may be written as text. None if it is none."""
    if isinstance(value, float):
        return round(value) if abs(value) < 2**63 else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def seconds(nanoseconds: int) -> str:
    """A duration in seconds, exactly: 12345678 ns are "0.012345678"."""
    sign = "-" if nanoseconds < 0 else ""
    whole, rest = divmod(abs(nanoseconds), 10**9)
    return f"{sign}{whole}.{rest:09d}"


def objects(value: Any) -> list[Object]:
    """The objects in a list; none if it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def within(holder: Object, name: str) -> Object:
    """The object of that name; an empty one if there is none."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}
