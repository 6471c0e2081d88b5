"""The body of a request, made up from an OpenAPI document: each field is drawn so that the body is valid."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from miner import workload as w
from miner.paths.choices import branches_of, key_of
from miner.paths.fitting import Fitting, Flat, as_json, kinds, writable
from miner.paths.numbers import integers, numbers
from miner.paths.openapi import Document
from miner.paths.samples import sample
from miner.paths.schemas import Schema, Schemas, Unusable, merged
from miner.paths.texts import free_text, text

DEEPEST = 30
MOST_VALUES = 500
"""Values of one body, those that were tried in vain included."""
PLENTY = 100
FEW_LEVELS = 4
"""Values, and objects inside one another, from which on fields that nobody calls required are left out."""
MOST_OPTIONS = 1_000
ITEMS = 3
"""Most items of a list that may have any number of them."""
NOTHING: Any = object()
INFERRED = {
    "object": ("properties", "required", "additionalProperties", "minProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems"),
    "string": ("pattern", "minLength", "maxLength", "format", "contentEncoding"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
"""What a schema without a type must be, by the rules that it has."""


@dataclass(frozen=True)
class Known:
    """What the log says of fields that a document can only describe."""

    seen: Callable[[str], w.Value | None] = lambda _: None
    """Ids that are in the log, by the name of their field."""
    people: Callable[[str], w.Value | None] = lambda _: None
    """Ids of users, for fields that may be of people."""
    fresh: bool = False
    """Whether the service refused what it had already: texts must be new each time."""


@dataclass(frozen=True)
class Body:
    """The fields of a body; none if it has none or cannot be made, and `why` in that case."""

    fields: dict[str, w.Value] | None = None
    encoding: Literal["json", "form"] = "json"
    why: str | None = None
    patterns: tuple[str, ...] = ()
    """Fields whose pattern could not be kept."""


def body_of(document: Document, endpoint: str, known: Known) -> Body:
    """The body that the document describes. Raises MinerError if its references are circular."""
    content = document.content(endpoint)
    if content is None:
        return Body()
    if content.encoding is None:
        return Body(why=f"it is {content.media}, which a workload cannot say")
    maker = Maker(document.schemas, known)
    try:
        fields = _fields(maker.value(content.schema, "", examples=content.examples))
    except (Unusable, RecursionError) as error:
        return Body(why=str(error) if isinstance(error, Unusable) else "it is nested too deep")
    return Body(fields, content.encoding, patterns=tuple(dict.fromkeys(maker.patterns)))


def _fields(value: w.Value) -> dict[str, w.Value]:
    """The fields of a value that is an object. Raises Unusable for others."""
    if isinstance(value, w.Structure):
        return value.fields
    constant = sample(value) if isinstance(value, w.LiteralValue) else None
    if isinstance(constant, dict) and all(map(writable, constant)):
        return {name: literal([inner]) for name, inner in constant.items()}
    what = "a list" if isinstance(value, w.Series) or isinstance(constant, list) else "no object"
    raise Unusable(f"it is {what}, which a workload cannot say")


def literal(options: list[Any]) -> w.LiteralValue:
    """One of the options, all alike. Raises Unusable if the workload can hold none of them."""
    if all(isinstance(option, str) for option in options):
        texts, typed = [option for option in options if writable(option)], False
    else:
        texts, typed = [found for option in options if (found := as_json(option)) is not None], True
    distinct = list(dict.fromkeys(texts))[:MOST_OPTIONS]
    if not distinct:
        raise Unusable("its only values cannot be written")
    return w.LiteralValue(values={one: 1 / len(distinct) for one in distinct}, typed=typed)


@dataclass
class Maker:
    """Makes the values of one body."""

    schemas: Schemas
    known: Known
    patterns: list[str] = field(default_factory=list)
    _made: int = 0
    _open: list[str] = field(default_factory=list)
    _depth: int = 0

    def value(self, schema: Any, name: str, *, examples: tuple[Any, ...] = ()) -> w.Value:
        """What the field `name` is drawn from; `examples` count before its own. Raises Unusable."""
        self._made += 1
        if self._made > MOST_VALUES or self._depth > DEEPEST:
            raise Unusable("it is too large" if self._made > MOST_VALUES else "it is nested too deep")
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        with self._inside(reference):
            flat = self.schemas.flat(schema)
            if isinstance(reference, str) and (key := key_of(flat, schema, self.schemas)):
                flat = self._marked(flat, key)
            return self._of(flat, name, examples)

    @contextmanager
    def _inside(self, reference: Any) -> Iterator[None]:
        """A `$ref` is not followed inside itself."""
        if isinstance(reference, str) and reference in self._open:
            raise Unusable("it holds itself without end")
        self._open.append(str(reference))
        self._depth += 1
        try:
            yield
        finally:
            self._open.pop()
            self._depth -= 1

    def _of(self, flat: Schema, name: str, examples: tuple[Any, ...]) -> w.Value:
        if branches_of(flat):
            return self._chosen(flat, name, examples)
        if "enum" in flat:
            return self._one_of(flat)
        candidates = [*examples, *_own_examples(flat)]
        fitting = (one for one in candidates if self._usable(flat, one))
        example = next(fitting, NOTHING)
        kind = _kind(flat, example)
        if kind == "object":
            return self._object(flat, example, candidates)
        if kind == "array":
            return self._list(flat, name, example)
        return self._plain(kind, flat, name, example)

    def _usable(self, flat: Schema, example: Any) -> bool:
        if example is None or as_json(example) is None:
            return False
        return Fitting(self.schemas).fits(Flat(flat), example)

    def _one_of(self, flat: Schema) -> w.Value:
        """All options that are allowed; nothing is none of them if there is something."""
        rules = Flat({key: rule for key, rule in flat.items() if key != "enum"})
        options = flat["enum"][: MOST_OPTIONS * 2]
        fitting = [option for option in options if Fitting(self.schemas).fits(rules, option)]
        if not fitting:
            raise Unusable("none of its values fits")
        return literal([option for option in fitting if option is not None] or fitting)

    def _plain(self, kind: str, flat: Schema, name: str, example: Any) -> w.Value:
        if kind == "integer" and (ids := self.known.seen(name)):
            return ids
        if example is not NOTHING and not (self.known.fresh and isinstance(example, str)):
            return literal([example])
        match kind:
            case "integer":
                return self.known.people(name) or integers(flat)
            case "number":
                return numbers(flat)
            case "boolean":
                return literal([True, False])
            case "null":
                return literal([None])
        return self._text(flat, name)

    def _text(self, flat: Schema, name: str) -> w.Value:
        found = text(flat)
        if found is None:
            self.patterns.append(name)
        return found or free_text(flat)

    def _chosen(self, flat: Schema, name: str, examples: tuple[Any, ...]) -> w.Value:
        """What the first usable branch gives, rather one that no other branch fits as well."""
        keyword, branches, base = branches_of(flat) or ("", [], flat)
        first, why = None, Unusable("none of its forms can be made")
        fits = Fitting(self.schemas).fits
        shown = [one for one in (*examples, *_own_examples(flat)) if as_json(one) is not None][:1]
        for branch in sorted(branches, key=lambda one: not any(fits(one, example) for example in shown)):
            said = len(self.patterns)
            try:
                found = self._branch(base, branch, name, examples)
            except Unusable as error:
                del self.patterns[said:]
                why = error
                continue
            if keyword == "anyOf" or not self._fits_another(branches, branch, found):
                return found
            first = first or found
        if first is None:
            raise why
        return first

    def _branch(self, base: Schema, branch: Any, name: str, examples: tuple[Any, ...]) -> w.Value:
        self._made += 1
        if self._made > MOST_VALUES:
            raise Unusable("it is too large")
        reference = branch.get("$ref") if isinstance(branch, dict) else None
        with self._inside(reference):
            flat = merged(base, self.schemas.flat(branch))
            if isinstance(reference, str) and (key := key_of(flat, branch, self.schemas)):
                flat = self._marked(flat, key)
            return self._of(flat, name, examples)

    def _fits_another(self, branches: list[Any], branch: Any, value: w.Value) -> bool:
        shown = sample(value)
        return any(Fitting(self.schemas).fits(one, shown) for one in branches if one is not branch)

    def _marked(self, flat: Schema, key: tuple[str, str]) -> Schema:
        """The schema whose discriminating field has the value that says so, if it may have it."""
        name, says = key
        own = flat.get("properties", {}).get(name, {})
        rest = {word: rule for word, rule in flat.items() if word != "discriminator"}
        if not Fitting(self.schemas).fits(own, says):
            return rest
        mark = {"properties": {name: {"enum": [says]}}}
        required = [*flat["required"], name] if "required" in flat and name not in flat["required"] else None
        return merged(rest, mark | ({"required": required} if required else {}))

    def _object(self, flat: Schema, example: Any, candidates: list[Any]) -> w.Value:
        """The fields of a whole example, else those that are required."""
        partial = next((one for one in candidates if isinstance(one, dict)), {})
        shown = partial if example is NOTHING else example
        required = flat.get("required", ())
        names = self._names(flat) if example is NOTHING else list(dict.fromkeys([*required, *shown]))
        fields: dict[str, w.Value] = {}
        for name in names:
            try:
                self._add(fields, flat, name, shown)
            except Unusable as error:
                if name in required:
                    raise error if "without end" in str(error) else Unusable(_in(name, error)) from None
        for name in [*flat.get("properties", {}), *_made_up_names(flat)]:
            if len(fields) >= flat.get("minProperties", 0):
                break
            if name not in fields:
                self._add(fields, flat, name, shown)
        return w.Structure(fields=fields)

    def _add(self, fields: dict[str, w.Value], flat: Schema, name: Any, shown: dict[str, Any]) -> None:
        """The field, unless only the service writes it."""
        rest = flat.get("additionalProperties", {})
        schema = flat.get("properties", {}).get(name, rest if isinstance(rest, dict) else {})
        if self.schemas.flat(schema).get("readOnly"):
            return
        if not isinstance(name, str) or not writable(name):
            raise Unusable("its name cannot be written")
        fields[name] = self.value(schema, name, examples=(shown[name],) if name in shown else ())

    def _names(self, flat: Schema) -> list[Any]:
        """The required fields; all, if no word is said of them and they are not too many."""
        if "required" in flat:
            return list(dict.fromkeys(name for name in flat["required"] if isinstance(name, str)))
        plenty = self._made > PLENTY or self._depth > FEW_LEVELS
        return [] if plenty else list(flat.get("properties", {}))

    def _list(self, flat: Schema, name: str, example: Any) -> w.Value:
        """A list like the example; else of what its items are."""
        if example is not NOTHING and not self._must_be_made(example):
            return literal([example])
        low, high = flat.get("minItems", 0), flat.get("maxItems", ITEMS)
        if first := flat.get("prefixItems"):
            return self._tuple(flat, name, first)
        try:
            shown = tuple(example[:1]) if example is not NOTHING else ()
            of = self.value(flat.get("items", {}), name, examples=shown)
        except Unusable:
            if low:
                raise
            return literal([[]])
        least = max(low, min(1, flat.get("maxItems", 1)))
        most = max(least, min(high, ITEMS))
        if low > 1_000 or low > flat.get("maxItems", low):
            raise Unusable("no list is as long as it must be")
        if flat.get("uniqueItems") and most > 1:
            return _distinct(of, max(low, 1))
        return w.Series(of=of, lengths=tuple(range(least, most + 1)))

    def _must_be_made(self, example: list[Any]) -> bool:
        """Whether items are rather made: what they hold may be known better, or must be new."""
        return any(isinstance(one, dict) or (self.known.fresh and isinstance(one, str)) for one in example)

    def _tuple(self, flat: Schema, name: str, first: list[Any]) -> w.Value:
        """One list: the workload has none whose items differ."""
        rest = [flat.get("items", {})] * max(0, min(flat.get("minItems", 0), 1_000) - len(first))
        schemas = [*first, *rest][: flat.get("maxItems", MOST_VALUES)]
        return literal([[sample(self.value(schema, name)) for schema in schemas]])


def _in(name: str, error: Unusable) -> str:
    """Why, and of which field: a field inside another is told by the innermost."""
    why = str(error)
    return why if why.startswith("its field ") else f"its field {name[:60]!r} cannot be made: {why}"


def _made_up_names(flat: Schema) -> list[str]:
    """Names for fields that may be called anything."""
    missing = min(flat.get("minProperties", 0), MOST_VALUES)
    return [f"key{n}" for n in range(1, missing + 1)] if flat.get("additionalProperties", True) else []


def _own_examples(flat: Schema) -> list[Any]:
    listed = flat.get("examples")
    found = [flat["example"]] if "example" in flat else []
    found += listed[:10] if isinstance(listed, list) else []
    return [*found, flat["default"]] if "default" in flat else found


def _kind(flat: Schema, example: Any) -> str:
    """The type of the value: the example's, if there is one that fits."""
    given = [kind for kind in flat.get("type", []) if kind != "null"] or flat.get("type", [])
    if example is not NOTHING:
        own = kinds(example)
        return next((kind for kind in own if kind in given), own[0])
    if given:
        return str(given[0])
    return next((kind for kind, rules in INFERRED.items() if any(rule in flat for rule in rules)), "string")


def _distinct(of: w.Value, least: int) -> w.Value:
    """A list whose items differ. Raises Unusable if there are too few."""
    if least <= 1:
        return w.Series(of=of, lengths=(1,))
    match of:
        case w.LiteralValue() if len(of.values) >= least:
            values = list(of.values)[:least]
            return literal([[json.loads(one) if of.typed else one for one in values]])
        case w.Popular() | w.Identity() if of.high - of.low >= least:
            return literal([list(range(of.low, of.low + least))])
        case w.Formatted() | w.Text() | w.Joined():
            return w.Series(of=of, lengths=(least,))
    raise Unusable("its items cannot be told apart")
