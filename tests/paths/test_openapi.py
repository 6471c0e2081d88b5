"""An OpenAPI document answers for its endpoints, or is refused with a sentence."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner import workload as w
from miner.errors import MinerError
from miner.paths.bodies import Known, body_of
from miner.paths.made import made_field
from miner.paths.names import endpoint_names
from miner.paths.openapi import Document, load
from miner.paths.texts import LETTERS

OPENAPI = Path(__file__).parents[2] / "sample_logs" / "openapi.json"
WHOLE = {"type": "integer"}
USER = {"type": "object", "required": ["name"], "properties": {"name": {"$ref": "#/x/Name"}, "age": {}}}
PARTS = {
    "components": {"schemas": {"User": USER, "a/b~c": {"type": "integer"}}},
    "x": {
        "Name": {"type": "string", "maxLength": 9},
        "Loop": {"$ref": "#/x/Loop2"},
        "Loop2": {"$ref": "#/x/Loop"},
    },
}


def content(schema: dict[str, Any]) -> dict[str, Any]:
    """A body or response of JSON."""
    return {"content": {"application/json": {"schema": schema}}}


def document(operation: Any, path: str = "/users") -> Document:
    """A document whose only endpoint is `POST path`."""
    return Document({"openapi": "3.1.0", "paths": {path: {"post": operation}}} | PARTS)


def fields(known: Document) -> dict[str, w.Value] | None:
    """The fields of the body of `POST /users`."""
    return body_of(known, "POST /users", Known()).fields


def test_the_services_own_document_is_read() -> None:
    """The friend-service's document tells its routes, operations, caller's header and list items."""
    known = load(OPENAPI)
    route = known.template("/friend-service/v1/users/812/friends")
    assert route == "/friend-service/v1/users/{user_id}/friends"
    assert known.headers(f"GET {route}")
    fields, many = known.response(f"GET {route}")
    assert many
    assert fields
    body = body_of(known, "POST /friend-service/v1/friends", Known())
    assert list(body.fields or {}) == ["userId", "friendId"]


def test_literals_win_over_parameters() -> None:
    """Of two templates that fit, the one with fewer parameters is taken; a parameter is one segment."""
    paths: dict[str, Any] = {"/{a}/{b}": {}, "/users/{id}": {}, "/users/me": {}, "no slash": {}, "/x.y": {}}
    known = Document({"paths": paths})
    asked = {
        "/users/me": "/users/me", "/users/1": "/users/{id}", "/a/b": "/{a}/{b}", "/a": None, "/a/": None,
        "/users/1/2": None, "/xzy": None, "no slash": None,
    }  # fmt: skip
    assert {path: known.template(path) for path in asked} == asked


def test_references_are_followed() -> None:
    """A body's schema may be elsewhere in the document, and so may its fields'."""
    known = document({"requestBody": content({"$ref": "#/components/schemas/User"})})
    assert fields(known) == {"name": w.Text(alphabet=LETTERS, lengths=(8, 9))}
    assert known.schemas.resolve({"$ref": "#/components/schemas/a~1b~0c"}) == {"type": "integer"}
    assert known.schemas.resolve({"$ref": "#/nowhere/at/all"}) == {}
    assert known.schemas.at("#/components/schemas/User/required/0") == "name"


def test_circular_references_are_refused() -> None:
    """A document that refers to itself in a circle is refused, not followed for ever."""
    known = document({"requestBody": content({"$ref": "#/x/Loop"})})
    with pytest.raises(MinerError, match="refers to itself in a circle"):
        fields(known)


def test_only_required_fields_are_sent() -> None:
    """A body has its required fields; all, if none is said to be; none, if there is no JSON."""
    both: dict[str, Any] = {"properties": {"a": {}, "b": {}}}
    asked: list[tuple[dict[str, Any], set[str]]] = [
        ({**both, "required": ["b"]}, {"b"}),
        (both, {"a", "b"}),
        ({**both, "required": []}, set()),
    ]
    for schema, names in asked:
        assert set(fields(document({"requestBody": content(schema)})) or {}) == names
    assert fields(document({})) is None


def test_the_first_good_response_is_taken() -> None:
    """Fields are those of the lowest 2xx response: of the items if it is a list."""
    item = {"properties": {"id": {"type": "integer"}}}
    one = {"404": content({"properties": {"why": {}}}), "201": content(item)}
    assert document({"responses": one}).response("POST /users") == (item["properties"], False)
    many = {"200": content({"type": "array", "items": item})}
    assert document({"responses": many}).response("POST /users") == (item["properties"], True)
    assert document({"responses": {"204": {}}}).response("POST /users") == ({}, False)


def test_headers_and_names_are_told() -> None:
    """Headers are the declared ones, not other parameters; the name is the operationId."""
    parameters = [{"in": "header", "name": "X-User-Id"}, {"in": "query", "name": "q"}, {"in": "header"}]
    known = document({"parameters": parameters, "operationId": "createUser"})
    assert known.headers("POST /users") == ["X-User-Id"]
    assert known.operation_id("POST /users") == "createUser"
    assert known.operation_id("GET /users") is None


@pytest.mark.parametrize(
    "operation",
    [
        None,
        [],
        {"parameters": None, "responses": None, "requestBody": None},
        {"parameters": {"a": 1}},
        {"responses": {"200": None}},
        {"requestBody": {"content": []}},
        {"operationId": 7},
        {"requestBody": content({"properties": None, "required": None})},
        {"requestBody": content({"required": "a"})},
    ],
)
def test_odd_documents_tell_nothing(operation: Any) -> None:
    """Where a document is not what it should be, it tells nothing rather than breaking."""
    known = document(operation)
    assert known.headers("POST /users") == []
    assert not fields(known)
    assert known.response("POST /users") == ({}, False)
    assert known.operation_id("POST /users") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "openapi: 3.0.0",
        "[]",
        "null",
        '"3.0"',
        '{"openapi": "3.1.0"}',
        '{"openapi": "3.1.0", "paths": []}',
        '{"openapi": "4.0.0", "paths": {}}',
        "some prose",
    ],
    ids=range(9),
)
def test_what_is_no_document_is_refused(tmp_path: Path, text: str) -> None:
    """Lists, prose, other versions and documents without paths are refused by name."""
    file = tmp_path / "openapi.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(MinerError, match=r"openapi\.json is no OpenAPI 3 document"):
        load(file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{"a": 1,\n "b" 2}', "it is not JSON, line 2, column 6: Expecting ':' delimiter."),
        (b'{"a": 1', "it is not JSON, line 1, column 8"),
        (b"a: [1", "it is not YAML, line 2, column 1: did not find expected"),
        (b"a: 1\nb: c: d", "it is not YAML, line 2, column 5: mapping values are not allowed"),
        (b"a: *b", "it is not YAML, line 1, column 4: found undefined alias"),
        (b"a: !!python/object:os.x {}", "it is not YAML, line 1, column 4: could not determine"),
        (b"? [1]\n: 2", "it is not YAML, line 1, column 3: a key is no text"),
        (b"a: \x00", "it is not YAML, character 4: control characters are not allowed"),
        (b"a: !!int x", "invalid literal"),
        (b"a: !!bool x", "'x'"),
        (b"[" * 100_000, "it is nested too deep"),
        (b"a: " + b"[" * 100_000, "exceeded maximum nesting depth|while increasing|found"),
        (b"\xff\xfe", "it is not text in UTF-8"),
        (b"openapi: 3.0.0\nswagger: 1\n", "is no OpenAPI 3 document"),
        (b'{"swagger": "2.0", "paths": {}}', r"is a Swagger 2\.0 document\. Convert it to OpenAPI 3"),
    ],
    ids=range(15),
)
def test_a_broken_document_is_told_where(tmp_path: Path, text: bytes, said: str) -> None:
    """One line says what is wrong and where, one what to do."""
    file = tmp_path / "openapi.yaml"
    file.write_bytes(text)
    with pytest.raises(MinerError, match=said) as caught:
        load(file)
    assert caught.value.hint.endswith(".")
    assert len(caught.value.what) < 300


def test_yaml_is_what_json_has(tmp_path: Path) -> None:
    """Dates, `no` and times stay text, keys are text as written, merges are merged; a BOM is no matter."""
    text = """\
openapi: 3.1
paths: {/a: {get: {responses: {200: {x: y}}}}}
texts: [2020-01-01, no, on, 12:30, 010, 0x1F, .inf, !!timestamp 2020-01-01, !mine z, !!binary aGk=]
others: [1, -2.5, 1e3, true, ~, null]
base: &base {a: 1, b: 2}
both: {<<: *base, b: 3, 2020-01-01: 4}
"""
    file = tmp_path / "openapi.yaml"
    file.write_text(text, encoding="utf-8-sig")
    data = load(file).data
    assert data["texts"] == [
        "2020-01-01", "no", "on", "12:30", "010", "0x1F", ".inf", "2020-01-01", "z", "aGk="
    ]  # fmt: skip
    assert data["others"] == [1, -2.5, 1000.0, True, None, None]
    assert data["both"] == {"a": 1, "b": 3, "2020-01-01": 4}
    assert load(file).response("GET /a") == ({}, False)
    assert data["paths"]["/a"]["get"]["responses"] == {"200": {"x": "y"}}


def bombs() -> dict[str, str]:
    """YAML whose aliases and merges stand for 50 ** 30 values."""
    start = "openapi: 3.0.0\npaths: {}\na0: &a0 {k: 1, l: 2}\n"
    named = ",".join
    return {
        "aliases": start + "".join(f"a{n}: &a{n} [{named([f'*a{n - 1}'] * 50)}]\n" for n in range(1, 30)),
        "merges": start
        + "".join(f"a{n}: &a{n} {{<<: [{named([f'*a{n - 1}'] * 50)}], z{n}: 1}}\n" for n in range(1, 30)),
        "itself": start + "b: &b {<<: *b, x: *b}\n",
    }


@pytest.mark.parametrize("kind", ["aliases", "merges", "itself"])
def test_aliases_do_not_fill_the_memory(tmp_path: Path, kind: str) -> None:
    """What a document repeats by reference is not written out, as examples and defaults neither."""
    file = tmp_path / "openapi.yaml"
    file.write_text(bombs()[kind], encoding="utf-8")
    started = time.perf_counter()
    data = load(file).data
    last = data["b" if kind == "itself" else "a29"]
    schema = {"properties": {"a": {"example": last}, "b": {"enum": [last, 1]}, "c": last}}
    known = document({"requestBody": content(schema)})
    assert set(fields(known) or {}) >= {"a", "b"}
    assert time.perf_counter() - started < 2.0


@pytest.mark.parametrize(
    "servers",
    [
        [{"url": "https://x.example/api/v1"}],
        [{"url": "/api/v1/"}],
        [None, {"url": 7}, {"url": "http://[::1"}, {"url": "https://x.example"}, {"url": "/api/v1"}],
        [{"url": "https://x/{base}/v1", "variables": {"base": {"default": "api"}, "odd": None}}],
    ],
)
def test_servers_have_paths(servers: Any) -> None:
    """Templates count with the path of a server before them and without; both are the same operation."""
    operation = {"operationId": "readUser"}
    known = Document({"servers": servers, "paths": {"/users/{id}": {"get": operation}}})
    assert known.template("/api/v1/users/7") == "/api/v1/users/{id}"
    assert known.template("/users/7") == "/users/{id}"
    assert known.template("/v1/users/7") is None
    assert known.operation("GET /api/v1/users/{id}") == known.operation("GET /users/{id}") == operation
    assert known.endpoints() == ["GET /users/{id}"]


def test_paths_may_be_elsewhere() -> None:
    """Path items, their parameters, bodies and examples may be references; a path's headers count."""
    item = {"parameters": [{"$ref": "#/x/who"}], "post": {"requestBody": {"$ref": "#/x/body"}}}
    body = content({"required": ["a"], "properties": {"a": {"type": "integer"}}})
    body["content"]["application/json"]["examples"] = {"one": {"$ref": "#/x/example"}}
    known = Document(
        {
            "paths": {"/users": {"$ref": "#/x/item"}},
            "x": {
                "item": item,
                "who": {"in": "header", "name": "X-User-Id"},
                "body": body,
                "example": {"value": {"a": 5}},
            },
        }
    )
    assert known.headers("POST /users") == ["X-User-Id"]
    assert fields(known) == {"a": w.LiteralValue(values={"5": 1.0}, typed=True)}


def test_json_comes_before_forms() -> None:
    """Of several media types JSON is taken, then a form; of others the names are told."""
    form: dict[str, Any] = {"application/x-www-form-urlencoded": {"schema": {}}}
    for media, encoding in (
        (form | {"application/vnd.api+json": {}}, "json"),
        ({"text/xml": {}} | form, "form"),
        ({"text/xml": {}, "image/png": {}}, None),
    ):
        found = document({"requestBody": {"content": media}}).content("POST /users")
        assert found is not None
        assert found.encoding == encoding


def test_only_what_can_be_a_route_is_a_template() -> None:
    """Paths that no route can be are left out; names within a segment are parameters too."""
    odd = [
        "/a b",
        "/ä",
        "/{}",
        "/{a}/{a}",
        "/{a b}",
        "/x?y={z}",
        "/{a}{b}{c}{d}",
        "/{a",
        "//x",
        "/a}",
        "",
        "\ud800",
    ]
    known = Document({"paths": {path: {"get": {}} for path in [*odd, "/files/{name}.{kind}"]}})
    assert known.endpoints() == ["GET /files/{name}.{kind}"]
    assert known.template("/files/a.json") == "/files/{name}.{kind}"
    assert known.template("/files/.json") is None


@pytest.mark.parametrize(
    ("param", "schema", "field"),
    [
        ("order_id", {"properties": {"id": {}, "orderId": {"type": "integer"}}}, "orderId"),
        ("orderID", {"properties": {"order_id": {"format": "uuid"}}}, "order_id"),
        ("order_id", {"properties": {"data": {"$ref": "#/x/Order"}, "status": {}}}, "ID"),
        ("order_id", {"properties": {"lines": {"type": "array"}, "id": {}}}, "id"),
        ("id", {"properties": {"number": {}, "orderNo": {}, "order_uuid": {"format": "uuid"}}}, "order_uuid"),
        ("id", {"required": ["b_id"], "properties": {"a_id": WHOLE, "b_id": WHOLE}}, "b_id"),
        ("order_id", {"oneOf": [{"$ref": "#/x/Order"}, {"type": "string"}]}, "ID"),
        ("order_id", {"type": "array", "items": {"$ref": "#/x/Order"}}, "id"),
        ("order_id", {"$ref": "#/x/Self"}, "id"),
        ("order_id", {}, "id"),
        ("order_id", {"properties": {"order_id": {"type": "object"}, "\ud800": {}}}, "id"),
    ],
)
def test_the_field_of_what_was_made(param: str, schema: Any, field: str) -> None:
    """It is called like the parameter, else it is an id, perhaps in an envelope; else it is `id`."""
    known = document({"responses": {"200": {}, "201": content(schema)}})
    known.data["x"] = {
        "Order": {"properties": {"ID": {"type": "integer"}, "at": {}}},
        "Self": {"properties": {"self": {"$ref": "#/x/Self"}}},
    }
    assert made_field(known, "POST /users", param) == field
    assert made_field(None, "POST /users", param) == "id"


@given(st.text(), st.text())
def test_names_from_a_document_are_safe(one: str, other: str) -> None:
    """Whatever operations and headers are called, endpoints have names of their own, headers are tokens."""
    odd = {"operationId": one, "parameters": [{"in": "header", "name": other}]}
    known = Document({"paths": {"/a": {"get": odd, "post": odd | {"operationId": one * 3_000}}}})
    names = endpoint_names(["GET /a", "POST /a"], known)
    assert len(set(names)) == 2
    assert all(w.IDENTIFIER.fullmatch(name) for name in names)
    assert all(name.isascii() and name.isprintable() and " " not in name for name in known.headers("GET /a"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A document that is not there is named, with the reason."""
    with pytest.raises(MinerError, match=r"from .*none\.json: No such file or directory\."):
        load(tmp_path / "none.json")


@pytest.mark.parametrize("url", ["http://127.0.0.1:port/x", "http://", "http://[::1"])
def test_an_odd_address_is_refused(url: str) -> None:
    """What is no URL is refused with a sentence, and nothing is asked."""
    with pytest.raises(MinerError, match="Cannot read an OpenAPI document"):
        load(url)


def test_a_service_that_is_down_is_named() -> None:
    """A closed port is refused at once, with the URL and the reason."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/openapi.json"
        with pytest.raises(MinerError, match=rf"from {url}: Connection refused\."):
            load(url)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.0 404 Not Found\r\n\r\n", "404"),
        (b"SSH-2.0-OpenSSH\r\n", "SSH"),
        (b"", "closed"),
        (None, ""),
    ],
)
def test_a_url_is_asked(answer: bytes | None, expected: str) -> None:
    """A document is read from a URL; errors, other protocols and silence are refused with a sentence."""
    good = json.dumps({"openapi": "3.1.0", "paths": {"/a": {}}}).encode()
    said = b"HTTP/1.0 200 OK\r\n\r\n" + good if answer is None else answer
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=answer_once, args=(server, said))
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/openapi.json"
        if answer is None:
            assert load(url).template("/a") == "/a"
        else:
            with pytest.raises(MinerError, match=expected):
                load(url)
        thread.join()


def answer_once(server: socket.socket, said: bytes) -> None:
    """One client was told `said`."""
    client, _ = server.accept()
    with client:
        client.recv(4096)
        client.sendall(said)
