"""An OpenAPI document answers for its endpoints, or is refused with a sentence."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from miner.errors import MinerError
from miner.paths.openapi import Document, load

OPENAPI = Path(__file__).parents[2] / "sample_logs" / "openapi.json"
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
    return Document({"openapi": "3.1.0", "paths": {path: {"post": operation}}, **PARTS})


def test_the_services_own_document_is_read() -> None:
    """The friend-service's document tells its routes, operations, caller's header and list items."""
    known = load(OPENAPI)
    route = known.template("/friend-service/v1/users/812/friends")
    assert route == "/friend-service/v1/users/{user_id}/friends"
    assert known.headers(f"GET {route}")
    fields, many = known.response(f"GET {route}")
    assert many
    assert fields
    assert set(known.body("POST /friend-service/v1/friends") or {}) == {"userId", "friendId"}


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
    assert known.body("POST /users") == {"name": {"type": "string", "maxLength": 9}}
    assert known.resolve({"$ref": "#/components/schemas/a~1b~0c"}) == {"type": "integer"}
    assert known.resolve({"$ref": "#/nowhere/at/all"}) == {}


def test_circular_references_are_refused() -> None:
    """A document that refers to itself in a circle is refused, not followed for ever."""
    known = document({"requestBody": content({"$ref": "#/x/Loop"})})
    with pytest.raises(MinerError, match="refers to itself in a circle"):
        known.body("POST /users")


def test_only_required_fields_are_sent() -> None:
    """A body has its required fields; all, if none is said to be; none, if there is no JSON."""
    both: dict[str, Any] = {"properties": {"a": {}, "b": {}}}
    asked: list[tuple[dict[str, Any], set[str]]] = [
        ({**both, "required": ["b"]}, {"b"}),
        (both, {"a", "b"}),
        ({**both, "required": []}, set()),
    ]
    for schema, names in asked:
        assert set(document({"requestBody": content(schema)}).body("POST /users") or {}) == names
    form = {"content": {"application/x-www-form-urlencoded": {"schema": both}}}
    assert document({"requestBody": form}).body("POST /users") is None
    assert document({}).body("POST /users") is None


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
    assert not known.body("POST /users")
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
        '{"swagger": "2.0", "paths": {}}',
        "[" * 100000,
    ],
    ids=range(9),
)
def test_what_is_no_document_is_refused(tmp_path: Path, text: str) -> None:
    """YAML, lists, older versions and documents without paths are refused by name."""
    file = tmp_path / "openapi.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(MinerError, match=r"is not JSON|is no OpenAPI 3 document"):
        load(file)


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
