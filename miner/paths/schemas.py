"""Schemas of OpenAPI 3 become flat ones: no `$ref` or `allOf` at the top, one spelling of each rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any
from urllib.parse import unquote

from miner.errors import MinerError

DEEPEST = 40
"""Schemas inside one another, and `$ref`s one after another, that are followed."""
MOST_PARTS = 200
"""Members of an `allOf` that are looked at."""
LARGEST = 2**63 - 1
LONGEST = 10_000
"""Characters of a text that a workload takes from a document."""
TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
Schema = dict[str, Any]


class Unusable(Exception):
    """Why no value can be made of a schema, as the rest of a sentence."""


class Schemas:
    """The schemas of one document."""

    def __init__(self, data: Schema) -> None:
        self.data = data
        self._known: dict[str, Schema] = {}
        self._open: set[str] = set()

    def resolve(self, schema: Any) -> Schema:
        """`schema` with a `$ref` at its top replaced by what it refers to. Raises MinerError if circular."""
        for _ in range(DEEPEST):
            if not isinstance(schema, dict):
                return {}
            reference = schema.get("$ref")
            if not isinstance(reference, str):
                return schema
            schema = self.at(reference)
        raise MinerError("The OpenAPI document refers to itself in a circle.", "Correct its $ref entries.")

    def at(self, reference: str) -> Any:
        """What is at `#/a/b` in the document; none if there is nothing."""
        here: Any = self.data
        for key in reference.removeprefix("#").removeprefix("/").split("/") if reference != "#" else ():
            name = unquote(key).replace("~1", "/").replace("~0", "~")
            if isinstance(here, list) and name.isascii() and name.isdigit() and int(name) < len(here):
                here = here[int(name)]
            else:
                here = here.get(name, here.get(key)) if isinstance(here, dict) else None
        return here

    def flat(self, schema: Any, depth: int = 0) -> Schema:
        """The schema with what it refers to and is made of, in one. Raises Unusable, MinerError."""
        if depth > DEEPEST:
            raise Unusable("it is nested too deep")
        if schema is False:
            raise Unusable("nothing is allowed there")
        if not isinstance(schema, dict):
            return {}
        found: Schema = {}
        if isinstance(schema.get("$ref"), str):
            found = self._referred(schema["$ref"], depth)
        for part in _list(schema.get("allOf"))[:MOST_PARTS]:
            found = merged(found, self.flat(part, depth + 1))
        return merged(found, normal(schema))

    def _referred(self, reference: str, depth: int) -> Schema:
        if reference in self._known:
            return self._known[reference]
        self.resolve({"$ref": reference})
        target = self.at(reference)
        if target is None:
            raise Unusable(f"{reference[:80]} is not in the document")
        if reference in self._open:
            raise Unusable("it holds itself without end")
        self._open.add(reference)
        try:
            found = self.flat(target, depth + 1)
        finally:
            self._open.discard(reference)
        self._known[reference] = found
        return found


def normal(schema: Schema) -> Schema:
    """What `schema` says itself that is understood here, in the words of 3.1."""
    found = {key: schema[key] for key, right in RIGHT.items() if key in schema and right(schema[key])}
    found |= _figures(schema)
    if "required" in found:
        found["required"] = [name for name in found["required"] if isinstance(name, str)]
    if types := _types(schema):
        found["type"] = types
    if "const" in schema:
        found["enum"] = [schema["const"]]
    if isinstance(schema.get("items"), list):
        found["prefixItems"] = schema["items"]
    choices = [(key, schema[key]) for key in ("oneOf", "anyOf") if _list(schema.get(key))]
    return found | ({"choices": choices} if choices else {})


def _figures(schema: Schema) -> Schema:
    """Counts and bounds; in 3.0, a bound says beside it whether it is excluded."""
    given = {key: number for key in COUNTS | BOUNDS if (number := finite(schema.get(key))) is not None}
    found = {key: number for key, number in sorted(given.items()) if key in BOUNDS}
    found |= {key: math.floor(given[key]) for key in sorted(COUNTS & given.keys()) if given[key] >= 0}
    for key, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.get(key) is True and bound in found:
            found[key] = found.pop(bound)
    return found


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


RIGHT: dict[str, Callable[[Any], bool]] = {
    "properties": _is(dict),
    "required": _is(list),
    "additionalProperties": _is(dict, bool),
    "patternProperties": _is(dict),
    "items": _is(dict, bool),
    "prefixItems": _is(list),
    "uniqueItems": _is(bool),
    "enum": lambda value: bool(_list(value)),
    "pattern": _is(str),
    "format": _is(str),
    "contentEncoding": _is(str),
    "readOnly": _is(bool),
    "discriminator": _is(dict),
    "not": _is(dict),
    "multipleOf": lambda value: (finite(value) or 0) > 0,
    "example": lambda _: True,
    "examples": _is(list, dict),
    "default": lambda _: True,
}
"""The keywords that are understood, and what they must hold: documents are written by strangers."""
COUNTS = {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}


def finite(value: Any) -> float | None:
    """`value` if it is a number, at most as large as 64 bits hold."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return max(-LARGEST, min(LARGEST, value))


def _types(schema: Schema) -> list[str]:
    given = schema.get("type")
    named = given if isinstance(given, list) else [given]
    found = [kind for kind in TYPES if kind in named]
    found.sort(key=named.index)
    return [*found, "null"] if found and schema.get("nullable") is True and "null" not in found else found


def merged(one: Schema, other: Schema) -> Schema:
    """What fits both; where they only tell something, the other's word counts. Raises Unusable."""
    if not one or not other:
        return one or other
    found = one | other
    for key in one.keys() & other.keys() & BOTH.keys():
        found[key] = BOTH[key](one[key], other[key])
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _properties(one: Schema, other: Schema) -> Schema:
    both = {name: {"allOf": [one[name], other[name]]} for name in one.keys() & other.keys()}
    return one | other | both


def _common(one: list[Any], other: list[Any]) -> list[Any]:
    """What is in both; of types, integers are numbers."""
    found = [value for value in one if any(_same(value, another) for another in other)]
    if not found and "integer" in (*one, *other) and "number" in (*one, *other):
        found = ["integer"]
    if not found:
        raise Unusable("nothing fits all that it must be")
    return found


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _all_of(one: Any, other: Any) -> Any:
    return one if one == other else {"allOf": [one, other]}


def _one_pattern(one: str, other: str) -> str:
    if one != other:
        raise Unusable("it has two patterns")
    return one


def _multiple(one: float, other: float) -> float:
    a, b = Fraction(str(one)), Fraction(str(other))
    both = Fraction(
        math.lcm(a.numerator * b.denominator, b.numerator * a.denominator), a.denominator * b.denominator
    )
    return int(both) if both.denominator == 1 else float(both)


BOTH: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    "type": _common,
    "enum": _common,
    "properties": _properties,
    "patternProperties": _properties,
    "required": lambda one, other: [*one, *(name for name in other if name not in one)],
    "additionalProperties": lambda one, other: one is not False and (one if other is True else other),
    "items": _all_of,
    "uniqueItems": lambda one, other: one or other,
    "readOnly": lambda one, other: one or other,
    "pattern": _one_pattern,
    "multipleOf": _multiple,
    "choices": lambda one, other: one + [choice for choice in other if choice not in one],
}
"""How two rules of the same name become one; of all others, the other's counts."""
