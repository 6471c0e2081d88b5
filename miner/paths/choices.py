"""Which forms a schema has, and what tells them apart."""

from __future__ import annotations

from typing import Any

from miner.paths.fitting import writable
from miner.paths.schemas import Schema, Schemas

MOST_BRANCHES = 20


def branches_of(flat: Schema) -> tuple[str, list[Any], Schema] | None:
    """The keyword and branches of the first choice in a schema, and the rest; none if there is none.

    What may be nothing comes last. A discriminator with a mapping is a choice of those that it names.
    """
    if choices := flat.get("choices"):
        keyword, branches = choices[0]
        rest = {word: rule for word, rule in flat.items() if word != "choices"}
        ordered = sorted(branches[:MOST_BRANCHES], key=_is_null)
        return keyword, ordered, rest | ({"choices": choices[1:]} if choices[1:] else {})
    targets = [target for _, target in _mapping(flat)][:MOST_BRANCHES]
    if not targets or "enum" in _discriminating(flat):
        return None
    rest = {word: rule for word, rule in flat.items() if word != "discriminator"}
    return "anyOf", [{"$ref": target} for target in dict.fromkeys(targets)], rest


def key_of(flat: Schema, schema: Schema, schemas: Schemas) -> tuple[str, str] | None:
    """The discriminating field of what `schema` refers to, and what it must say; none if nothing does."""
    name = flat.get("discriminator", {}).get("propertyName")
    reference = str(schema["$ref"])
    if not isinstance(name, str):
        return None
    for key, target in _mapping(flat):
        if target == reference:
            return name, key
    last = reference.rpartition("/")[2]
    own = schemas.resolve(schema)
    is_base = "discriminator" in own or "choices" in flat or not writable(last)
    return None if is_base else (name, last)


def _mapping(flat: Schema) -> list[tuple[str, str]]:
    """The keys of the discriminator, and where each leads."""
    given = flat.get("discriminator", {}).get("mapping")
    pairs = given.items() if isinstance(given, dict) else ()
    named = [(key, target) for key, target in pairs if isinstance(key, str) and isinstance(target, str)]
    return [
        (key, target if "#" in target or "/" in target else f"#/components/schemas/{target}")
        for key, target in named
        if writable(key)
    ]


def _discriminating(flat: Schema) -> Schema:
    found = flat.get("properties", {}).get(flat.get("discriminator", {}).get("propertyName"))
    return found if isinstance(found, dict) else {}


def _is_null(branch: Any) -> bool:
    return isinstance(branch, dict) and branch.get("type") in ("null", ["null"])
