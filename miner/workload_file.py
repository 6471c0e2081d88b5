"""The workload file: a Workload as the TOML that people review, edit, diff and commit."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path as FilePath
from typing import Any

import tomlkit
from pydantic import ValidationError
from tomlkit.items import InlineTable, Table

from miner.errors import MinerError
from miner.workload import Workload

KINDS = ("law", "draw")
HEADER = """\
The traffic of {name}, as recorded: who comes, which paths they take, how long they pause.
Edit it and run `mine generate` on it again. Seconds are floats, shares are 0..1.
"""


VERSION = 1
HOLDING = frozenset({"body"})
"""Keys that mean something even if they hold nothing: an empty body is not the same as none."""
SHOWN = 60
"""Characters of a wrong value that are enough to find it."""
NUMBER, WHOLE, TABLE = "be a number", "be a whole number", "be a table"
TIME = "be a time with its offset, such as 2026-03-02T00:00:04Z"
PHRASES = {
    "greater_than": "be above {gt:g}",
    "greater_than_equal": "be at least {ge:g}",
    "less_than_equal": "be at most {le:g}",
    "finite_number": "be finite",
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "int_type": WHOLE,
    "int_parsing": WHOLE,
    "int_from_float": WHOLE,
    "bool_type": "be true or false",
    "bool_parsing": "be true or false",
    "string_type": "be text",
    "string_too_short": "have {min_length} or more characters",
    "string_too_long": "have at most {max_length} characters",
    "too_short": "have {min_length} or more",
    "dict_type": TABLE,
    "model_type": TABLE,
    "model_attributes_type": TABLE,
    "tuple_type": "be a list",
    "datetime_type": TIME,
    "datetime_parsing": TIME,
    "datetime_from_date_parsing": TIME,
    "timezone_aware": TIME,
}
"""What must be, by pydantic's name of the mistake."""


def load(file: str | FilePath) -> Workload:
    """The workload in `file`. Raises MinerError with a sentence if it is missing or impossible."""
    try:
        text = FilePath(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise MinerError(
            f"Cannot read the workload file {file}: {reason}.", "Write one with `mine logs` or `mine paths`."
        ) from error
    return parse(text, str(file))


def parse(text: str, name: str = "the workload") -> Workload:
    """The workload that `text` describes. Raises MinerError naming the first mistake."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise MinerError(f"{name} is not valid TOML: {error}.", "Correct that line.") from error
    _must_be_ours(data, name)
    try:
        return Workload.model_validate(data)
    except ValidationError as error:
        more = error.error_count() - 1
        hint = "Correct it and run this again." + (f" ({more} more after it.)" if more else "")
        raise MinerError(f"{name}: {sentence(error, data)}.", hint) from error


def _must_be_ours(data: dict[str, Any], name: str) -> None:
    """A file of another version may mean anything, so nothing else in it is judged."""
    if "version" not in data:
        raise MinerError(f"{name}: version is missing.", f"Begin the file with `version = {VERSION}`.")
    if data["version"] != VERSION:
        raise MinerError(
            f"{name} has version {data['version']!r}; this release reads version {VERSION}.",
            "Update scenario-miner, or write the file again with `mine paths`.",
        )


def sentence(error: ValidationError, data: dict[str, Any]) -> str:
    """The first mistake in `data`, as a reviewer understands it: where it is and what is wrong."""
    first = error.errors()[0]
    loc, where = first["loc"], place(first["loc"], data)
    given: Any = {"input": first["input"], **first.get("ctx", {})}
    match first["type"]:
        case "missing":
            return f"{where} is missing"
        case "extra_forbidden":
            return f"{where} is not a key of the workload file"
        case "union_tag_not_found":
            return f"{where}.{given['discriminator'].strip(chr(39))} is missing"
        case "union_tag_invalid":
            expected = given["expected_tags"].replace("'", "")
            return (
                f"{where}.{given['discriminator'].strip(chr(39))} is {given['tag']!r}, not one of {expected}"
            )
        case "value_error":
            # What is said of a path, and of all endpoints or paths, names them itself.
            what = first["msg"].removeprefix("Value error, ")
            names_itself = len(loc) <= 1 or (loc[0] == "paths" and len(loc) <= 3)
            return what if names_itself else f"{where}: {what}"
        case kind:
            must = PHRASES.get(kind, "be otherwise: " + first["msg"].lower()).format(**given)
            return f"{where} is {_shown(first['input'])}, but must {must}"


def place(loc: tuple[int | str, ...], data: Any) -> str:
    """Where in the file `loc` is: a path goes by its name, and what pydantic adds is left out."""
    parts = [""]
    for part in loc:
        if part == "[key]" or (isinstance(data, dict) and part not in data and part in _kinds(data)):
            continue
        data = _inner(data, part)
        if not isinstance(part, int):
            parts.append(part)
        elif parts[-1] == "paths":
            parts[-1] = (data.get("name") if isinstance(data, dict) else None) or f"paths[{part}]"
        else:
            parts[-1] += f"[{part}]"
    return ".".join(str(part) for part in parts[1:])


def _kinds(table: dict[str, Any]) -> tuple[Any, Any]:
    """What pydantic calls a table that is one of several kinds."""
    return table.get("law"), table.get("draw")


def _inner(data: Any, part: int | str) -> Any:
    try:
        return data[part]
    except (KeyError, IndexError, TypeError):
        return None


def _shown(value: object) -> str:
    """`value` as the file has it, or its beginning."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value) if isinstance(value, date) else repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def dumps(workload: Workload) -> str:
    """The text of the workload file. Equal workloads give equal bytes."""
    data = _said(workload.model_dump(exclude_none=True))
    document = tomlkit.document()
    for line in HEADER.format(name=workload.name).splitlines():
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    for key in ("version", "name"):
        document.add(key, _item(data[key]))
    for key in ("recorded", "arrivals"):
        if key in data:
            document.add(key, _table(data[key]))
    for key in ("endpoints", "steps"):
        if key in data:
            document.add(key, _tables(data[key]))
    paths = tomlkit.aot()
    for path in data["paths"]:
        moves = path.pop("moves")
        paths.append(_table(path).add("moves", _tables(moves)))
    document.add("paths", paths)
    return tomlkit.dumps(document)


def _said(value: Any) -> Any:
    """`value` without the keys that hold nothing; what kind of thing it is comes first."""
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda item: item[0] not in KINDS)
        return {str(key): _said(inner) for key, inner in ordered if key in HOLDING or inner not in ({}, ())}
    return [_said(inner) for inner in value] if isinstance(value, list | tuple) else value


def _tables(tables: dict[str, dict[str, Any]]) -> Table:
    """Tables below a name that has no keys of its own."""
    parent = tomlkit.table(is_super_table=True)
    for name, fields in tables.items():
        parent.add(name, _table(fields))
    return parent


def _table(fields: dict[str, Any]) -> Table:
    table = tomlkit.table()
    for key, value in fields.items():
        table.add(key, _item(value))
    return table


def _item(value: Any) -> Any:
    """`value` as a TOML item on one line: tables are inline."""
    if isinstance(value, dict):
        inline: InlineTable = tomlkit.inline_table()
        for key, inner in value.items():
            inline.append(key, _item(inner))
        return inline
    if isinstance(value, list):
        array = tomlkit.array()
        array.extend(_item(inner) for inner in value)
        return array
    return tomlkit.item(value)
