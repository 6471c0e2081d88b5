"""The workload file: a Workload as the TOML that people review, edit, diff and commit."""

from __future__ import annotations

import tomllib
from pathlib import Path as FilePath
from typing import Any

import tomlkit
from pydantic import ValidationError
from tomlkit.items import InlineTable, Table

from miner.errors import MinerError
from miner.workload import Workload

HEADER = """\
The traffic of {name}, as recorded: who comes, which paths they take, how long they pause.
Edit it and run `mine generate` on it again. Seconds are floats, shares are 0..1.
"""


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
        return Workload.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MinerError(f"{name} is not valid TOML: {error}.", "Correct that line.") from error
    except ValidationError as error:
        more = error.error_count() - 1
        hint = "Correct it and run this again." + (f" ({more} more after it.)" if more else "")
        raise MinerError(f"{name}: {sentence(error)}.", hint) from error


def sentence(error: ValidationError) -> str:
    """The first mistake, as a reviewer understands it: where it is and what is wrong."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    what = first["msg"].removeprefix("Value error, ")
    match first["type"]:
        case "missing":
            what = f"{where} is missing"
        case "extra_forbidden":
            what = f"{where} is not a key of the workload file"
        case "value_error":
            what = f"{where}: {what}" if where else what
        case _:
            what = f"{where} is {first['input']!r}: {what[:1].lower()}{what[1:]}"
    return what


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
    document.add("endpoints", _tables(data["endpoints"]))
    paths = tomlkit.aot()
    for path in data["paths"]:
        moves = path.pop("moves")
        paths.append(_table(path).add("moves", _tables(moves)))
    document.add("paths", paths)
    return tomlkit.dumps(document)


def _said(value: Any) -> Any:
    """`value` without the keys that hold nothing."""
    if isinstance(value, dict):
        return {str(key): _said(inner) for key, inner in value.items() if inner not in ({}, ())}
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
