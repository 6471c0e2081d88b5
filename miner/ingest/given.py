"""What a user says about logs: their format, by name or as the server's own format string."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from miner.errors import MinerError
from miner.ingest.dialects import dialect_of
from miner.ingest.formats import FORMATS
from miner.ingest.ways import Way, all_ways, of_mapping, of_template, way
from miner.store import Store

NAMED_TEMPLATE = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)=(?=.*[$%<])(.*)", re.DOTALL)
PASTED, MAPPED = "pasted", "mapped"


@dataclass(frozen=True)
class Asked:
    """The options of an ingest; see there."""

    format: str | None = None
    fields: str | None = None
    service: str | None = None
    timezone: str | None = None
    pseudonymise: bool = False


def asked_way(asked: Asked, store: Store) -> Way | None:
    """How the user says that logs are to be read; a format that was described is saved. Raises MinerError."""
    if asked.fields is not None:
        if asked.format in {"csv", "parquet"}:
            mapped = of_mapping(MAPPED, asked.fields)
            table = way(asked.format, FORMATS[asked.format])
            return replace(table, fields=mapped.fields, unit=mapped.unit, stamped=mapped.stamped)
        name = new_name(asked.format) if asked.format else MAPPED
        found = of_mapping(name, asked.fields)
        save(store, name, None, asked.fields)
        return found
    if asked.format is None:
        return None
    saved = saved_ways(store)
    if asked.format in saved:
        return saved[asked.format]
    if asked.format in FORMATS:
        return way(asked.format, FORMATS[asked.format])
    name, template = PASTED, asked.format
    if named := NAMED_TEMPLATE.fullmatch(asked.format):
        name, template = new_name(named[1]), named[2]
    elif dialect_of(asked.format) is None:
        choices = ", ".join([*saved, *FORMATS])
        raise MinerError(f"There is no format '{asked.format}'.", f"Choose one of: {choices}.")
    found = of_template(name, template)
    save(store, name, template, None)
    return found


def new_name(name: str) -> str:
    """The name. Raises MinerError if a format that comes with the tool has it."""
    if name in FORMATS:
        raise MinerError(f"The format '{name}' comes with the tool.", "Save yours under another name.")
    return name


def save(store: Store, name: str, template: str | None, fields: str | None) -> None:
    """The format can be named from now on."""
    store.run("miner.ingest", "save_format", name=name, template=template, fields=fields)


def saved_ways(store: Store) -> dict[str, Way]:
    """The formats that users described."""
    rows = store.fetch("miner.ingest", "formats_saved").to_pylist()
    return {
        row["name"]: of_template(row["name"], row["template"])
        if row["template"]
        else of_mapping(row["name"], row["fields"])
        for row in rows
    }


def known_ways(store: Store) -> list[Way]:
    """All formats that a log may have: those that users described come first."""
    return [*saved_ways(store).values(), *all_ways().values()]
