"""Which field of a response has the id of what a write made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from miner.paths.openapi import Document
from miner.paths.routes import snake
from miner.paths.schemas import Schema, Unusable

ID = "id"
"""The field, where no document says otherwise."""
DEEPEST = 3
"""Objects inside one another that are looked into: envelopes are not deeper."""
MOST_FIELDS = 300
ID_WORDS = frozenset({"id", "uuid", "guid"})


def made_field(document: Document | None, write: str, param: str) -> str:
    """The field that is called like the parameter, else one that is called or looks like an id, else `id`.

    It may be inside an envelope. Where a response has none, the id is in its Location.
    """
    if document is None or document.response(write)[1]:
        return ID
    found = list(_scalars(document, document.answer(write)))
    names = [name for name, _ in found]
    alike = [name for name in names if _plain(name) == _plain(param)]
    plain = [name for name in names if _plain(name) == ID]
    like_ids = [name for name, schema in found if _is_id(name, schema)]
    return next(iter([*alike, *plain, *like_ids]), ID)


def _scalars(document: Document, schema: Any) -> Iterator[tuple[str, Schema]]:
    """The fields that are no objects or lists, the outermost first, and on each level the required ones."""
    level, seen = [schema], 0
    for _ in range(DEEPEST):
        inner = []
        for one in level:
            for name, part in _required_first(document, one):
                if (seen := seen + 1) > MOST_FIELDS:
                    return
                flat = _flat(document, part)
                if "properties" in flat or "object" in flat.get("type", ()):
                    inner.append(part)
                elif "array" not in flat.get("type", ()):
                    yield name, flat
        level = inner


def _required_first(document: Document, schema: Any) -> list[tuple[str, Any]]:
    required = _flat(document, schema).get("required", [])
    return sorted(document.fields(schema).items(), key=lambda item: item[0] not in required)


def _flat(document: Document, schema: Any) -> Schema:
    try:
        return document.schemas.flat(schema)
    except (Unusable, RecursionError):
        return {}


def _plain(name: str) -> str:
    """`orderId`, `order_id` and `OrderID` alike."""
    return snake(name).replace("_", "")


def _is_id(name: str, schema: Schema) -> bool:
    """Whether it is called like some id, and is a whole number or a UUID."""
    whole = "integer" in schema.get("type", ()) or schema.get("format") in {"uuid", "guid"}
    return whole and snake(name).rpartition("_")[2] in ID_WORDS
