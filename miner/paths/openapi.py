"""What an OpenAPI document tells about endpoints that no log can: templates, bodies, responses."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from miner.errors import MinerError

SECONDS = 10.0
MOST_BYTES = 20_000_000
DEPTH = 20
"""`$ref`s followed one after another before a document is called circular."""
Schema = dict[str, Any]


def load(where: str | Path) -> Document:
    """The OpenAPI document in a JSON file or at an http(s) URL. Raises MinerError if it is none."""
    try:
        text = _read(str(where))
        data = json.loads(text)
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise MinerError(
            f"Cannot read an OpenAPI document from {where}: {_reason(error)}.", "Name a JSON file or its URL."
        ) from error
    described = isinstance(data, dict) and isinstance(data.get("paths"), dict)
    if not described or not str(data.get("openapi", "")).startswith("3."):
        raise MinerError(
            f"{where} is no OpenAPI 3 document.", "Its top level must say openapi: 3.0 or 3.1, and paths."
        )
    return Document(data)


def _reason(error: Exception) -> str:
    match error:
        case json.JSONDecodeError() | UnicodeDecodeError() | RecursionError():
            return "it is not JSON"
        case URLError(reason=OSError(strerror=str(why))) | OSError(strerror=str(why)):
            return why
    return str(error)


def _read(where: str) -> str:
    if where.startswith(("http://", "https://")):
        with urlopen(where, timeout=SECONDS) as answer:  # noqa: S310 (the scheme is checked)
            return str(answer.read(MOST_BYTES).decode("utf-8"))
    return Path(where).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Document:
    """An OpenAPI document, asked by endpoint (method and route)."""

    data: Schema

    @cached_property
    def templates(self) -> list[tuple[re.Pattern[str], str]]:
        """A pattern for each path template, those with the fewest parameters first."""
        paths = [
            path for path in self.data.get("paths", {}) if isinstance(path, str) and path.startswith("/")
        ]
        ordered = sorted(paths, key=lambda path: (path.count("{"), path))
        return [(re.compile(_pattern(path)), path) for path in ordered]

    def template(self, path: str) -> str | None:
        """The path template that `path` is an instance of, if there is one."""
        return next((template for pattern, template in self.templates if pattern.fullmatch(path)), None)

    def operation(self, endpoint: str) -> Schema | None:
        """The operation of an endpoint such as `GET /users/{user_id}`, or none."""
        method, _, route = endpoint.partition(" ")
        item = self.data.get("paths", {}).get(route)
        found = item.get(method.lower()) if isinstance(item, dict) else None
        return found if isinstance(found, dict) else None

    def operation_id(self, endpoint: str) -> str | None:
        """The name that the document gives the endpoint, if any."""
        found = (self.operation(endpoint) or {}).get("operationId")
        return found if isinstance(found, str) else None

    def headers(self, endpoint: str) -> list[str]:
        """Names of the headers that the endpoint declares as parameters."""
        declared = (self.operation(endpoint) or {}).get("parameters")
        parameters = [self.resolve(p) for p in declared] if isinstance(declared, list) else []
        return [str(p["name"]) for p in parameters if p.get("in") == "header" and "name" in p]

    def body(self, endpoint: str) -> dict[str, Schema] | None:
        """The schemas of the required fields of the endpoint's JSON body; none if it has no body."""
        schema = self._json((self.operation(endpoint) or {}).get("requestBody"))
        if schema is None:
            return None
        fields = _table(schema.get("properties"))
        required = schema.get("required")
        required = required if isinstance(required, list) else list(fields)
        return {str(name): self.resolve(fields[name]) for name in required if name in fields}

    def response(self, endpoint: str) -> tuple[dict[str, Schema], bool]:
        """Fields of a successful JSON response, and whether it is a list of items with them."""
        responses = _table((self.operation(endpoint) or {}).get("responses"))
        good = next((responses[code] for code in sorted(responses) if str(code).startswith("2")), None)
        schema = self._json(good) or {}
        listed = schema.get("type") == "array"
        item = self.resolve(schema.get("items", {})) if listed else schema
        return _table(item.get("properties")), listed

    def resolve(self, schema: Any) -> Schema:
        """`schema` with a `$ref` at its top replaced by what it refers to. Raises MinerError if circular."""
        for _ in range(DEPTH):
            if not isinstance(schema, dict):
                return {}
            reference = schema.get("$ref")
            if not isinstance(reference, str):
                return schema
            schema = self.data
            for key in reference.removeprefix("#/").split("/"):
                schema = (
                    schema.get(key.replace("~1", "/").replace("~0", "~"))
                    if isinstance(schema, dict)
                    else None
                )
        raise MinerError("The OpenAPI document refers to itself in a circle.", "Correct its $ref entries.")

    def _json(self, part: Any) -> Schema | None:
        content = _table(self.resolve(part).get("content"))
        media = next((value for kind, value in content.items() if "json" in kind), None)
        return self.resolve(media.get("schema", {})) if isinstance(media, dict) else None


def _table(part: Any) -> Schema:
    """`part` if it is what it should be: documents are written by strangers."""
    return part if isinstance(part, dict) else {}


def _pattern(template: str) -> str:
    """A pattern for the paths of a template: a parameter is one segment, not empty."""
    pieces = re.split(r"(\{[^{}/]+\})", template)
    return "".join("[^/]+" if piece.startswith("{") else re.escape(piece) for piece in pieces)
