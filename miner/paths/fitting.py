"""Whether a value fits a schema: an example does not always."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from miner.paths.patterns import fits as fits_pattern
from miner.paths.schemas import LONGEST, Schema, Schemas, Unusable, finite

MOST_STEPS = 3_000
"""Schemas that are asked about one value before it is said not to fit."""
MOST_NODES = 1_000
FORMS = {
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "date": r"\d{4}-\d\d-\d\d",
    "date-time": r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)",
    "email": r"[^@\s]+@[^@\s]+",
    "ipv4": r"\d{1,3}(\.\d{1,3}){3}",
    "ipv6": r"[0-9a-fA-F:.]{2,45}",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:\S*",
}
"""What texts of a format look like at least."""


def writable(text: str) -> bool:
    """Whether a workload can hold `text`: it is not too long, and is not torn from a pair of surrogates."""
    return len(text) <= LONGEST and not re.search("[\ud800-\udfff]", text)


def as_json(value: Any) -> str | None:
    """`value` as JSON; none if a workload cannot hold it."""
    if not _is_small(value):
        return None
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        return None
    return text if writable(text) else None


def _is_small(value: Any) -> bool:
    """Whether it has few parts: those of what is repeated by reference count each time."""
    left = [value]
    for _ in range(MOST_NODES):
        if not left:
            return True
        one = left.pop()
        if isinstance(one, str) and len(one) > LONGEST:
            return False
        left += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        if len(left) > MOST_NODES:
            return False
    return not left


def kinds(value: Any) -> list[str]:
    """The types that a JSON value is of, the narrowest first."""
    match value:
        case None:
            return ["null"]
        case bool():
            return ["boolean"]
        case int():
            return ["integer", "number"]
        case float():
            return ["integer", "number"] if value.is_integer() else ["number"]
        case str():
            return ["string"]
        case list():
            return ["array"]
    return ["object"]


def same(one: Any, other: Any) -> bool:
    """Whether two values are one in JSON: 1 is not true."""
    return kinds(one)[0] == kinds(other)[0] and bool(one == other)


class Fitting:
    """Asks schemas about one value."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas
        self.steps = 0

    def fits(self, schema: Any, value: Any) -> bool:
        """Whether `value` fits; false if that cannot be said in time."""
        try:
            return self._fits(schema, value)
        except (TimeoutError, RecursionError, Unusable):
            return False

    def _fits(self, schema: Any, value: Any) -> bool:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TimeoutError
        try:
            flat = schema if isinstance(schema, Flat) else self.schemas.flat(schema)
        except Unusable:
            return False
        return all(self._rules(flat, value))

    def _rules(self, flat: Schema, value: Any) -> Iterator[bool]:
        own = kinds(value)
        yield "type" not in flat or bool(set(own) & set(flat["type"]))
        yield "enum" not in flat or any(same(value, option) for option in flat["enum"])
        match value:
            case str():
                yield from _text(flat, value)
            case list():
                yield from self._list(flat, value)
            case dict():
                yield from self._object(flat, value)
            case int() | float() if own[-1] == "number":
                yield from _number(flat, value)
        for keyword, branches in flat.get("choices", ()):
            fitting = sum(self._fits(branch, value) for branch in branches)
            yield fitting == 1 if keyword == "oneOf" else fitting > 0
        if "not" in flat:
            yield not self._fits(flat["not"], value)

    def _list(self, flat: Schema, value: list[Any]) -> Iterator[bool]:
        yield flat.get("minItems", 0) <= len(value) <= flat.get("maxItems", len(value))
        if flat.get("uniqueItems"):
            yield len({json.dumps(item, sort_keys=True) for item in value}) == len(value)
        first = flat.get("prefixItems", [])
        yield all(self._fits(schema, item) for schema, item in zip(first, value, strict=False))
        yield all(self._fits(flat.get("items", {}), item) for item in value[len(first) :])

    def _object(self, flat: Schema, value: dict[str, Any]) -> Iterator[bool]:
        properties = flat.get("properties", {})
        yield flat.get("minProperties", 0) <= len(value) <= flat.get("maxProperties", len(value))
        missing = [name for name in flat.get("required", ()) if name not in value]
        yield all(self.schemas.flat(properties.get(name, {})).get("readOnly") for name in missing)
        others = value.keys() - properties.keys() if "patternProperties" not in flat else set()
        rest = flat.get("additionalProperties", True)
        yield all(self._fits(rest, value[name]) for name in others)
        yield all(self._fits(properties[name], value[name]) for name in value.keys() & properties.keys())


class Flat(dict[str, Any]):
    """A schema that is flat already."""


def _text(flat: Schema, value: str) -> Iterator[bool]:
    yield flat.get("minLength", 0) <= len(value) <= flat.get("maxLength", len(value))
    form = FORMS.get(flat.get("format", ""))
    yield form is None or len(value) > LONGEST or bool(re.fullmatch(form, value))
    yield "pattern" not in flat or fits_pattern(flat["pattern"], value) is not False


def _number(flat: Schema, value: float) -> Iterator[bool]:
    number = finite(value)
    yield number is not None
    yield flat.get("minimum", value) <= value <= flat.get("maximum", value)
    low, high = flat.get("exclusiveMinimum"), flat.get("exclusiveMaximum")
    yield (low is None or value > low) and (high is None or value < high)
    if "multipleOf" in flat and number is not None:
        yield (Fraction(str(number)) / Fraction(str(flat["multipleOf"]))).denominator == 1
