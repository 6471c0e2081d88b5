"""The only way from a workload's values into code: `literal` and `identifier`; and how code is laid out.

What is laid out here is already formatted as the project's formatter would: on one line where it
fits, otherwise one item a line with a comma after the last.
"""

from __future__ import annotations

import builtins
import keyword
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH = 110


@dataclass(frozen=True)
class Call:
    """Items between brackets: `before`, the items, `after`. An item may have a comment of its own."""

    before: str
    items: Sequence[Code]
    after: str


@dataclass(frozen=True)
class Item:
    """One item of a Call: `before` (a key or a keyword), the code, and the comment behind it."""

    code: Code
    before: str = ""
    comment: str = ""


Code = str | Call | Item


def literal(value: object) -> str:
    """Source of `value`: a string, a number, a bool or None, in printable ASCII on one line.

    Raises TypeError for anything else, ValueError for numbers that Python cannot write.
    """
    if value is None or isinstance(value, bool):
        return str(value)
    if type(value) is str:
        return '"' + "".join(map(_escaped, value)) + '"'
    if type(value) is int:
        return str(value)
    if type(value) is float:
        if not math.isfinite(value):
            raise ValueError(f"{value} cannot be written as a number")
        return repr(value)
    raise TypeError(f"{type(value).__name__} cannot become code")


def constant(value: object) -> Code:
    """Source of a JSON `value`. Raises what `literal` raises."""
    match value:
        case dict():
            return Call(
                "{", [Item(constant(inner), f"{literal(key)}: ") for key, inner in value.items()], "}"
            )
        case list():
            return Call("[", [constant(inner) for inner in value], "]")
    return literal(value)


def identifier(name: str, taken: Iterable[str] = ()) -> str:
    """A Python name as close to `name` as can be: no keyword, no builtin, none of `taken`."""
    safe = "".join(char if char.isascii() and (char.isalnum() or char == "_") else "_" for char in name)
    safe = safe.strip("_") or "step"
    if safe[0].isdigit():
        safe = f"n{safe}"
    occupied = {*taken, *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
    while safe in occupied:
        safe += "_"
    return safe


def plain(text: str) -> str:
    """`text` as it may stand in a comment or docstring: one line of ASCII without quotes or backslashes."""
    swapped = text.replace("\\", "/").replace('"', "'")
    return "".join(
        char if " " <= char <= "~" else " " if char.isspace() else f"<U+{ord(char):04X}>" for char in swapped
    )


def mapping(items: Iterable[tuple[str, Code]]) -> Call:
    """A dict of `items`, whose keys are code already."""
    return Call("{", [Item(value, before=f"{key}: ") for key, value in items], "}")


def flat(code: Code) -> str:
    """`code` on one line, without comments."""
    match code:
        case str():
            return code
        case Item():
            return code.before + flat(code.code)
        case Call():
            return code.before + ", ".join(flat(item) for item in code.items) + code.after


def lay(code: Code, indent: int = 0, before: str = "", after: str = "", comment: str = "") -> str:
    """`code` between `before` and `after`, indented by `indent` spaces, in lines of at most WIDTH."""
    remark = f"  # {comment}" if comment else ""
    line = " " * indent + before + flat(code) + after
    if isinstance(code, Item):
        return lay(code.code, indent, before + code.before, after, comment or code.comment)
    if isinstance(code, str) or (not _remarks(code) and len(line + remark) <= WIDTH) or not code.items:
        return line + remark
    lines = [" " * indent + before + code.before]
    lines += [lay(item, indent + 4, after=",") for item in code.items]
    return "\n".join([*lines, " " * indent + code.after + after + remark])


def _remarks(code: Code) -> bool:
    if isinstance(code, Call):
        return any(_remarks(item) for item in code.items)
    return isinstance(code, Item) and (bool(code.comment) or _remarks(code.code))


def _escaped(char: str) -> str:
    if char == "\\":
        return "\\\\"
    if " " <= char <= "~" and char != '"':
        return char
    point = ord(char)
    return f"\\x{point:02x}" if point < 256 else f"\\u{point:04x}" if point < 65536 else f"\\U{point:08x}"
