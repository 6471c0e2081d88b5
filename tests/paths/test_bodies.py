"""Bodies are valid, take what the log knows before what a document shows, and say why there is none."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from bodies import document, drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from small_logs import request, store_of

from miner import workload as w
from miner.errors import MinerError
from miner.paths import mine_workload
from miner.paths.bodies import Known, body_of
from miner.paths.openapi import Document
from miner.workload_file import dumps, parse

CASES = tomllib.loads(Path(__file__).parents[1].joinpath("cases", "openapi_bodies.toml").read_text("utf-8"))[
    "cases"
]
POST = "POST /things"
DRAWS = 200
SECONDS = 5.0
"""What a large document may take on a slow machine; here it is a tenth of that."""


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_cases(case: dict[str, Any]) -> None:
    """A body's fields are drawn from what the case says."""
    parts = {key: json.loads(text) for key, text in case.get("parts", {}).items()}
    schema = json.loads(case["schema"])
    asked = document(schema, media=case.get("media", "application/json"), **parts)
    expected = w.Endpoint.model_validate(
        {"request": POST, "body": case.get("body"), "params": case.get("seen", {})}
        | ({"request": "POST /{item_id}"} if "seen" in case else {})
    )
    known = Known(seen=expected.params.get, fresh=case.get("conflict", False))
    body = body_of(asked, POST, known)
    assert body.why == case.get("why")
    assert body.fields == expected.body
    assert body.patterns == tuple(case.get("patterns", ()))
    assert body.encoding == case.get("encoding", "json")
    if body.fields is not None and "seen" not in case and not body.patterns and "conflict" not in case:
        must_fit(body.fields, schema, parts)


def must_fit(fields: dict[str, w.Value], schema: Any, parts: dict[str, Any]) -> None:
    """Each of 200 bodies drawn is valid by the reference of JSON Schema (seed 1)."""
    validator = Validator({**written_anew(schema), **written_anew(parts)})
    rng = np.random.default_rng(1)
    for _ in range(DRAWS):
        validator.validate(drawn(w.Structure(fields=fields), rng))


def written_anew(schema: Any) -> Any:
    """The schema of 3.0 as JSON Schema has it."""
    if isinstance(schema, list):
        return [written_anew(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: written_anew(inner) for key, inner in schema.items()}
    for key, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if found.get(key) is True:
            found[key] = found.pop(bound)
    if found.pop("nullable", False):
        found["type"] = [found["type"], "null"]
    if isinstance(found.get("required"), list):
        hidden = [name for name, inner in found.get("properties", {}).items() if inner.get("readOnly")]
        found["required"] = [name for name in found["required"] if name not in hidden]
    return found


def exactly(_: Any, step: float, value: Any, __: Any) -> Any:
    """The rule of multiples without the noise of floating point."""
    if isinstance(value, int | float) and Decimal(str(value)) % Decimal(str(step)):
        yield jsonschema.ValidationError(f"{value} is no multiple of {step}")


Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"multipleOf": exactly})

NAMES = st.sampled_from(["a", "b", "user_id", "c d"])
PATTERNS = ["^[a-z]+$", r"^\d{3}-\d{4}$", "^(x|yy)?z*$", "^https?://", "^[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}$"]
BOUNDS = st.integers(-50, 50)
SCALARS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={"minLength": st.integers(0, 20), "maxLength": st.integers(20, 90)},
    ),
    st.builds(lambda pattern: {"type": "string", "pattern": pattern}, st.sampled_from(PATTERNS)),
    st.builds(lambda form: {"type": "string", "format": form}, st.sampled_from(["uuid", "email", "date"])),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number"])},
        optional={
            "minimum": BOUNDS,
            "exclusiveMaximum": BOUNDS.map(lambda n: n + 120),
            "multipleOf": st.sampled_from([1, 2, 0.5, 0.01, 7]),
        },
    ),
    st.builds(lambda options: {"enum": options}, st.lists(st.integers() | st.text(), min_size=1)),
    st.just({"type": ["boolean", "null"]}),
)


def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Schemas made of others."""
    return st.one_of(objects(inner), lists(inner), st.builds(lambda one: {"anyOf": [one]}, inner))


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects, some of whose fields are required."""
    properties = st.dictionaries(NAMES, inner, max_size=3)
    return st.builds(
        lambda fields, most: {"type": "object", "properties": fields, "required": [*fields][:most]},
        properties,
        st.integers(0, 3),
    )


def lists(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists with a least length."""
    return st.builds(
        lambda of, least: {"type": "array", "items": of, "minItems": least}, inner, st.integers(0, 3)
    )


SCHEMAS = st.recursive(SCALARS, grown, max_leaves=6)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, SCHEMAS, min_size=1), st.randoms(use_true_random=False))
def test_bodies_are_valid(properties: dict[str, Any], random: Any) -> None:
    """Whatever a schema asks for, bodies drawn from what is made of it are valid."""
    schema = {"type": "object", "properties": properties, "required": [*properties]}
    body = body_of(document(schema), POST, Known())
    assert body.fields is not None or body.why
    rng = np.random.default_rng(random.getrandbits(32))
    for _ in range(5 if body.fields else 0):
        Validator(schema).validate(drawn(w.Structure(fields=body.fields or {}), rng))


TEXTS = ["\"'`", "\x00", "\ud800", "\u2028", "x" * 10_001, "(a+)+$", "(" * 500, "#/a", "{a}"]
ODD = st.one_of(
    st.sampled_from([None, True, -1, 10**400, float("nan"), 1e308, *TEXTS]), st.floats(), st.text(max_size=5)
)
KEYWORDS = """
type properties required items enum const oneOf anyOf allOf $ref pattern format minimum maximum multipleOf
minLength maxLength minItems maxItems prefixItems example examples default discriminator not nullable
propertyName mapping additionalProperties minProperties readOnly uniqueItems exclusiveMinimum
"""
WORDS = st.sampled_from(KEYWORDS.split())


def tangled(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists and tables of anything, with keywords among the keys."""
    return st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.sampled_from(TEXTS), inner)


HOSTILE = st.recursive(ODD, tangled, max_leaves=15)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(WORDS, HOSTILE), HOSTILE)
def test_hostile_documents_are_survived(schema: dict[str, Any], other: Any) -> None:
    """Whatever a document holds, a body is made that a workload file can hold, or it is said why not."""
    asked = document(schema, a=other)
    try:
        body = body_of(asked, POST, Known())
        asked.response(POST)
    except MinerError:
        return
    endpoint = w.Endpoint(request=POST, body=body.fields)
    json.dumps(endpoint.model_dump(), ensure_ascii=False, allow_nan=False).encode()
    assert body.fields is not None or body.why or asked.content(POST) is None


def shop(rows: list[dict[str, Any]], spec: Document, monkeypatch: pytest.MonkeyPatch) -> w.Workload:
    """The workload of these requests, each visitor's in a session of its own."""
    monkeypatch.setattr("miner.paths.foundations.load", lambda _: spec)
    with store_of(rows) as store:
        return mine_workload(store, paths=1, openapi="given")


def things(status: int = 201) -> list[dict[str, Any]]:
    """Twenty users who make a thing each and look at it; some answers are `status`."""
    rows: list[dict[str, Any]] = []
    for n in range(20):
        who = {"user": str(n + 1)}
        rows.append(request(n * 10, "/things", method="POST", status=status if n == 3 else 201, **who))
        rows.append(request(n * 10 + 1, f"/things/{n + 100}", **who))
    return rows


WHOLE: dict[str, Any] = {"type": "integer"}
BODY = {
    "properties": {"user_id": WHOLE, "thing_id": WHOLE, "name": {"type": "string"}},
    "example": {"user_id": 7, "thing_id": 3, "name": 'A "thing"\u2028'},
}


@pytest.mark.parametrize("status", [201, 409])
def test_what_the_log_knows_wins(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are those of the log, the rest is the example's; texts are new where there were conflicts."""
    workload = shop(things(status), document(BODY), monkeypatch)
    endpoint = next(one for one in workload.endpoints.values() if one.request == POST)
    assert endpoint.body is not None
    assert endpoint.body["user_id"] == w.Identity(low=1, high=20)
    assert endpoint.body["thing_id"] == w.Popular(low=100, high=119)
    new = isinstance(endpoint.body["name"], w.Text)
    assert new is (status == 409)
    assert parse(dumps(workload)) == workload
    said = " ".join(workload.recorded.unknown)
    assert "describes 1 of 2 endpoints; not GET /things/{thing_id}." in said
    assert "no log has it" not in said


PETS, EMPTY = Document({"paths": {"/pets": {"get": {}}}}), Document({"paths": {}})
ODD_PATTERN = {"properties": {"a\n": {"type": "string", "pattern": r"(a)\1"}}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            document(BODY, media="image/png"),
            "body of POST /things: it is image/png, which a workload cannot say",
        ),
        (
            document({"type": "array"}),
            "body of POST /things: it is a list, which a workload cannot say (50.0%",
        ),
        (
            document(ODD_PATTERN),
            r"The pattern of a\n of POST /things: no text is known that matches it (50.0%",
        ),
        (PETS, "describes none of the recorded endpoints: it is of another service"),
        (PETS, "(it has GET /pets)."),
        (EMPTY, "The body of POST /things: no log has it, and the OpenAPI document does not describe it"),
        (EMPTY, "(it has none at all)."),
    ],
)
def test_what_is_not_known_is_said(spec: Document, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies that cannot be made, patterns that are not kept and foreign documents are listed as unknown."""
    assert expected in "\n".join(shop(things(), spec, monkeypatch).recorded.unknown)


def fan_out() -> dict[str, Any]:
    """Each of 40 schemas holds the next twice: 2 ** 40 in all."""
    return {
        f"S{n}": {"required": ["a", "b"], "properties": {key: {"$ref": f"#/x/S{n + 1}"} for key in "ab"}}
        for n in range(40)
    }


def all_of_fan_out() -> dict[str, Any]:
    """Each of 30 schemas is the next and the next."""
    parts = {f"S{n}": {"allOf": [{"$ref": f"#/x/S{n + 1}"}] * 2} for n in range(30)}
    return parts | {"S30": {"properties": {"a": {}}}}


def forms_of_forms() -> dict[str, Any]:
    """Each of 30 schemas is one of three like the next, none of which can be."""
    parts: dict[str, Any] = {f"S{n}": {"oneOf": [{"$ref": f"#/x/S{n + 1}"}] * 3} for n in range(30)}
    return parts | {"S30": False}


def deep_all_of() -> dict[str, Any]:
    """One schema in another, 300 deep."""
    inner: dict[str, Any] = {}
    for _ in range(300):
        inner = {"allOf": [inner, {"properties": {"a": inner}}]}
    return {"S0": inner}


@pytest.mark.parametrize("parts", [fan_out, all_of_fan_out, forms_of_forms, deep_all_of])
def test_large_schemas_do_not_hang(parts: Callable[[], dict[str, Any]]) -> None:
    """Documents that mean far more than they hold are given up in time, for 200 endpoints."""
    started = time.perf_counter()
    asked = document({"$ref": "#/x/S0"}, x=parts())
    for _ in range(200):
        body = body_of(asked, POST, Known())
        assert body.why or body.fields is not None
        asked.response(POST)
    assert time.perf_counter() - started < SECONDS


def test_wide_documents_do_not_hang() -> None:
    """Of 5,000 paths in some 5 MB, 200 are asked, and 20,000 targets find their template."""
    fields = {f"field{n}": {"type": "string", "description": "x" * 40} for n in range(10)}
    body = {"requestBody": {"content": {"application/json": {"schema": {"properties": fields}}}}}
    paths = {f"/area{n % 50}/things{n}/{{id}}": {"post": body} for n in range(5_000)}
    started = time.perf_counter()
    asked = Document(json.loads(json.dumps({"openapi": "3.1.0", "paths": paths})))
    for n in range(200):
        fields_made = body_of(asked, f"POST /area{n % 50}/things{n}/{{id}}", Known()).fields
        assert fields_made is not None
        assert len(fields_made) == 10
    for n in range(20_000):
        assert asked.template(f"/area{n % 50}/things{n % 5_000}/{n}")
    assert time.perf_counter() - started < SECONDS
