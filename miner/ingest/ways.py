"""How the lines of a format are taken apart: each way makes the view `fields` of the lines that arrive."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from duckdb import CaseExpression, Expression
from duckdb import ColumnExpression as column  # noqa: N813 (they read as what they are in SQL)
from duckdb import FunctionExpression as call  # noqa: N813

from miner.errors import MinerError
from miner.ingest.dialects import End
from miner.ingest.fields import FIELDS
from miner.ingest.formats import FORMATS, Format, Kind
from miner.ingest.split_plan import (
    EXACT,
    LINE,
    LINE_END,
    NULL,
    RAW,
    TOO_LONG,
    Relation,
    TakeApart,
    at,
    blank,
    constant,
    exact,
    fields,
    quick,
    stages,
)
from miner.ingest.template import escaped, json_template, template

UNITS = {"duration": 1.0, "duration_s": 1.0, "duration_ms": 1e-3, "duration_us": 1e-6, "duration_ns": 1e-9}
ALIASES = {
    "started": "stamp",
    "time": "stamp",
    "finished": "ended",
    "session": "client_session",
    "path": "target",
}
MAPPING_HINT = "Write it like --field started=ts,method=req.method,target=req.url,status=res.code."
BY_PARTS = re.compile(r"\.|(?=\[\d+\])")
INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Way:
    """A format, ready to take lines apart."""

    name: str
    kind: Kind
    exact: TakeApart
    quick: TakeApart | None = None
    stamped: End = "end"
    unit: float = 1.0
    stages: tuple[tuple[str, str], ...] = ()
    """For templates: beginnings of a line as patterns, and what is wrong where one does not match."""
    paths: dict[str, list[str]] = field(default_factory=dict)
    """For JSON: where each field may be."""
    sign: tuple[str, ...] = ()
    """For JSON: paths that its objects have."""
    fields: dict[str, tuple[str, ...]] | None = None
    header: str | None = None
    origin: bool = False
    also: tuple[str, ...] = ()
    """Formats that the same server writes into the same file."""


def way(name: str, form: Format) -> Way:
    """How lines of the format are taken apart."""
    match form.kind:
        case "template":
            return replace(of_template(name, form.template, form), also=form.also, origin=form.origin)
        case "json":
            return of_json(
                name, {key: tuple(map(json_path, paths)) for key, paths in form.fields.items()}, form
            )
        case "w3c":
            return Way(name, "w3c", of_columns(name), header=form.header)
    return Way(name, "records", of_records, stamped=form.stamped or "end", unit=form.unit)


def of_template(name: str, text: str, form: Format | None = None) -> Way:
    """How lines that a format string describes are taken apart. Raises MinerError if it cannot be used."""
    if (objects := json_template(text)) is not None:
        begun, lasted = objects["stamp"][1], objects.get("lasted")
        made = Format(text, stamped=begun.stamped or "end", unit=lasted[1].unit if lasted else 1.0)
        return of_json(name, {field: (path,) for field, (path, _) in objects.items()}, made)
    line = template(text)
    stamp, lasted_ = line.meaning("stamp"), line.meaning("lasted")
    # Apache and nginx both write `combined`: which end it stamps does not follow from its template.
    stamped = (form and form.stamped) or (stamp and stamp.stamped) or "end"
    return Way(
        name,
        "template",
        exact(name, line),
        quick(line),
        stamped=stamped,
        unit=lasted_.unit if lasted_ else 1.0,
        stages=tuple(stages(name, line)),
    )


def of_mapping(name: str, mapping: str) -> Way:
    """How JSON lines or tables are taken apart by what the user says. Raises MinerError."""
    found: dict[str, tuple[str, ...]] = {}
    unit = 1.0
    for part in filter(None, (part.strip() for part in mapping.split(","))):
        key, equals, path = (text.strip() for text in part.partition("="))
        if not equals or not path:
            raise MinerError(f"--field {part!r} does not say which field is where.", MAPPING_HINT)
        if key in UNITS:
            key, unit = "lasted", UNITS[key]
        key = ALIASES.get(key, key)
        if key not in FIELDS:
            raise MinerError(f"--field: there is no field {key!r}.", f"Fields: {', '.join(known_fields())}.")
        found[key] = (path,)
    stamped: End = "start"
    if "stamp" not in found and "ended" in found:
        found["stamp"], stamped = found.pop("ended"), "end"
    needed = {"stamp": "started", "target": "target", "status": "status"}
    missing = [
        word
        for key, word in needed.items()
        if key not in found and not (key == "target" and "request" in found)
    ]
    if "method" not in found and "request" not in found:
        missing.append("method")
    if missing:
        raise MinerError(f"--field does not say where {' and '.join(missing)} can be found.", MAPPING_HINT)
    made = Format(mapping, kind="json", unit=unit, stamped=stamped)
    ready = of_json(name, {key: tuple(map(json_path, paths)) for key, paths in found.items()}, made)
    return replace(ready, fields=found)


def known_fields() -> list[str]:
    """The fields as users write them."""
    return sorted(
        (set(FIELDS) - {"stamp", "lasted", "ended", "client_session"})
        | set(UNITS)
        | {"started", "finished", "session"}
    )


def json_path(path: str) -> str:
    """`request.headers.User-Agent[0]` as a JSON pointer (RFC 6901), in which any name can be written."""
    return "".join(
        "/" + escaped(part.strip("[]") if INDEX.fullmatch(part) else part) for part in BY_PARTS.split(path)
    )


def flat(pointer: str) -> str | None:
    """The pointer to a key that has the dots in its name, as some exporters write them."""
    names = pointer.split("/")[1:]
    return "/" + ".".join(names) if len(names) > 1 else None


def of_json(name: str, where: dict[str, tuple[str, ...]], form: Format) -> Way:
    """How lines of JSON are taken apart, given the paths of each field."""
    paths: list[str] = []
    places: dict[str, list[int]] = {}
    for key, options in where.items():
        for path in options:
            for one in filter(None, (path, flat(path))):
                paths.append(one)
                places.setdefault(key, []).append(len(paths))
    text = call("rtrim", RAW, constant(LINE_END))

    def take_apart(lines: Relation) -> Relation:
        checked = lines.select(LINE, RAW, EXACT, text.alias("text")).select(
            LINE, RAW, EXACT, column("text"), is_object(column("text")).alias("fits")
        )
        values = CaseExpression(
            column("fits"), call("json_extract_string", column("text"), constant(paths))
        ).otherwise(constant(None))
        flaw = CaseExpression(RAW.isnull(), constant(TOO_LONG)).when(column("fits"), NULL)
        cut = checked.select(LINE, RAW, EXACT, column("fits"), values.alias("found"))
        found = {key: either([at(column("found"), place) for place in some]) for key, some in places.items()}
        if "target" in found:
            found["target"] = without_origin(found["target"])
        return cut.select(
            LINE, RAW, EXACT, blank().alias("blank"),
            flaw.otherwise(constant("line is no JSON object")).alias("flaw"), *fields(found),
        )  # fmt: skip

    where_all = {key: [paths[place - 1] for place in some] for key, some in places.items()}
    sign = tuple(map(json_path, form.sign))
    return Way(
        name, "json", take_apart, stamped=form.stamped or "end", unit=form.unit, paths=where_all, sign=sign
    )


def is_object(text: Expression) -> Expression:
    """Whether the text is a JSON object; `json_type` raises for what is no JSON."""
    return CaseExpression(call("json_valid", text), call("json_type", text) == constant("OBJECT")).otherwise(
        constant(False)
    )


def either(options: Sequence[Expression]) -> Expression:
    """The first that is there and not empty."""
    return first_of(*(call("nullif", option, constant("")) for option in options))


def first_of(first: Expression, *others: Expression) -> Expression:
    """The first that is not null."""
    found = CaseExpression(first.isnotnull(), first)
    for other in others:
        found = found.when(other.isnotnull(), other)
    return found.otherwise(NULL)


def without_origin(target: Expression) -> Expression:
    """The target without scheme and host, which balancers log."""
    return call("regexp_replace", target, constant(r"^https?://[^/?#]*"), constant(""))


# -- lines whose columns are named by a header


W3C_COLUMNS: dict[str, tuple[str, ...]] = {
    "address": ("c-ip", "x-client-ip"),
    "forwarded": ("x-forwarded-for", "cs(x-forwarded-for)"),
    "remote_user": ("cs-username",),
    "method": ("cs-method",),
    "target": ("cs-uri-stem", "cs-uri"),
    "query": ("cs-uri-query",),
    "status": ("sc-status",),
    "bytes": ("sc-bytes",),
    "referrer": ("cs(referer)", "cs(referrer)"),
    "agent": ("cs(user-agent)",),
}
TAB, SPACE = constant("\t"), constant(" ")
WRITTEN_QUOTED = r'"(?:[^"]|"")*"|[^ \t]+'


def of_columns(name: str) -> TakeApart:
    """Takes lines of a W3C extended log apart, by the `#Fields` in force, which `header` has."""
    more = constant(f"not {name}: more or fewer values than #Fields names")

    def take_apart(lines: Relation) -> Relation:
        text = call("rtrim", RAW, constant(LINE_END))
        header = column("header")
        cut = lines.select(
            LINE, RAW, EXACT, column("day"), text.alias("text"), values_of(text).alias("found"),
            call("string_split", header, SPACE).alias("names"),
        )  # fmt: skip
        aside = blank() | call("starts_with", RAW, constant("#"))
        flaw = (
            CaseExpression(RAW.isnull(), constant(TOO_LONG))
            .when(column("names").isnull(), constant(f"not {name}: no #Fields before it"))
            .when(call("len", column("names")) != call("len", column("found")), more)
            .otherwise(NULL)
        )
        return cut.select(LINE, RAW, EXACT, aside.alias("blank"), flaw.alias("flaw"), *fields(columns()))

    return take_apart


def values_of(text: Expression) -> Expression:
    """The values of a line: between tabs if there are any, else between spaces, some of them in quotes."""
    return (
        CaseExpression(call("contains", text, TAB), call("string_split", text, TAB))
        .when(
            call("contains", text, constant('"')), call("regexp_extract_all", text, constant(WRITTEN_QUOTED))
        )
        .otherwise(call("string_split", call("trim", text, SPACE), SPACE))
    )


def value(name: str) -> Expression:
    """The value of a column; null if the header does not name it, or it is `-`."""
    place = call("list_position", column("names"), constant(name))
    written = call("list_extract", column("found"), place)
    inner = call("substring", written, constant(2), call("length", written) - constant(2))
    plain = CaseExpression(
        call("starts_with", written, constant('"')), call("replace", inner, constant('""'), constant('"'))
    ).otherwise(written)
    return call("nullif", plain, constant("-"))


def columns() -> dict[str, Expression]:
    """Our fields from the columns of a W3C log."""
    found = {field: either([value(name) for name in names]) for field, names in W3C_COLUMNS.items()}
    day = first_of(value("date"), column("day"))
    found["stamp"] = CaseExpression(value("time").isnull(), value("x-timestamp")).otherwise(
        call("concat", day, SPACE, value("time"), constant("Z"))
    )
    # The draft says seconds; IIS logs milliseconds, and no fractions.
    took = value("time-taken")
    unit = CaseExpression(call("contains", took, constant(".")), constant("s")).otherwise(constant("ms"))
    found["lasted"] = CaseExpression(took.isnull(), NULL).otherwise(call("concat", took, unit))
    for name in ("agent", "forwarded"):
        spaced = call("replace", found[name], constant("+"), SPACE)
        found[name] = CaseExpression(
            call("contains", found[name], constant("%")), call("url_decode", found[name])
        ).otherwise(spaced)
    return found


# -- records, which arrive as fields


def of_records(records: Relation) -> Relation:
    """What arrives is taken apart already."""
    return records


@cache
def all_ways() -> dict[str, Way]:
    """A way for each of FORMATS."""
    return {name: way(name, form) for name, form in FORMATS.items()}
