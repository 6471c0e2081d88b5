"""What an OpenAPI document tells about endpoints that no log can: templates, bodies, responses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from miner.paths.choices import branches_of
from miner.paths.fitting import writable
from miner.paths.openapi_file import read_data
from miner.paths.schemas import Schema, Schemas, Unusable, merged
from miner.workload import METHODS, PARAMETER, ROUTE

MOST_SERVERS = 20
MOST_PARAMETERS = 3
"""Parameters in one segment of a path; with more it takes for ever to say which part is which."""
TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}")
"""Names that a header can have."""
FORM = "application/x-www-form-urlencoded"
Places = tuple[int, tuple[int, ...]]
Literals = tuple[str, ...]


@dataclass(frozen=True)
class Content:
    """A body that the document describes."""

    media: str
    """Its media type, or several."""
    encoding: Literal["json", "form"] | None
    """How a workload can write it; none if it cannot."""
    schema: Any = None
    examples: tuple[Any, ...] = ()


def load(where: str | Path) -> Document:
    """The OpenAPI document in a JSON or YAML file or at an http(s) URL. Raises MinerError if it is none."""
    return Document(read_data(str(where)))


@dataclass(frozen=True)
class Document:
    """An OpenAPI document, asked by endpoint (method and route)."""

    data: Schema

    @cached_property
    def schemas(self) -> Schemas:
        """The schemas of the document."""
        return Schemas(self.data)

    @cached_property
    def _items(self) -> dict[str, Any]:
        """What is said of each template: of its paths, and of these behind the paths of its servers."""
        own = {path: item for path, item in _table(self.data.get("paths")).items() if _is_route(path)}
        behind = {prefix + path: item for prefix in self._prefixes() for path, item in own.items()}
        return {path: item for path, item in behind.items() if _is_route(path)} | own

    def _prefixes(self) -> Iterator[str]:
        servers = self.data.get("servers")
        for server in servers[:MOST_SERVERS] if isinstance(servers, list) else ():
            url = _table(server).get("url")
            if not isinstance(url, str):
                continue
            for name, variable in _table(_table(server).get("variables")).items():
                url = url.replace(f"{{{name}}}", str(_table(variable).get("default", ""))[:1_000])
            prefix = _path(url).rstrip("/")
            if ROUTE.fullmatch(prefix) and "{" not in prefix:
                yield prefix

    @cached_property
    def _templates(self) -> dict[Places, dict[Literals, list[tuple[re.Pattern[str], str]]]]:
        """The templates by which of how many segments have parameters, and by what the others are."""
        found: dict[Places, dict[Literals, list[tuple[re.Pattern[str], str]]]] = {}
        for path in self._items:
            segments = path.split("/")
            places = len(segments), tuple(at for at, one in enumerate(segments) if "{" in one)
            literals = tuple(one for one in segments if "{" not in one)
            alike = found.setdefault(places, {}).setdefault(literals, [])
            alike.append((re.compile(_pattern(path)), path))
        return found

    def template(self, path: str) -> str | None:
        """The path template that `path` is an instance of, with the fewest parameters, if there is one."""
        segments = path.split("/")
        fitting = []
        for (depth, places), known in self._templates.items():
            if depth == len(segments):
                literals = tuple(one for at, one in enumerate(segments) if at not in places)
                alike = known.get(literals, [])
                fitting += [template for pattern, template in alike if pattern.fullmatch(path)]
        return min(fitting, key=lambda template: (template.count("{"), template), default=None)

    def operation(self, endpoint: str) -> Schema | None:
        """The operation of an endpoint such as `GET /users/{user_id}`, or none."""
        found = self._item(endpoint).get(endpoint.partition(" ")[0].lower())
        return found if isinstance(found, dict) else None

    def _item(self, endpoint: str) -> Schema:
        """What is said of the endpoint's route, all its methods together."""
        return self.schemas.resolve(self._items.get(endpoint.partition(" ")[2]))

    def endpoints(self) -> list[str]:
        """The endpoints that the document describes, by its own paths."""
        own = [path for path in _table(self.data.get("paths")) if path in self._items]
        named = (f"{method} {path}" for path in own for method in sorted(METHODS))
        return [endpoint for endpoint in named if self.operation(endpoint) is not None]

    def operation_id(self, endpoint: str) -> str | None:
        """The name that the document gives the endpoint, if any."""
        found = (self.operation(endpoint) or {}).get("operationId")
        return found if isinstance(found, str) else None

    def headers(self, endpoint: str) -> list[str]:
        """Names of the headers that the endpoint, or its path, declares as parameters."""
        parts = [self.operation(endpoint) or {}, self._item(endpoint)]
        declared = [part["parameters"] for part in parts if isinstance(part.get("parameters"), list)]
        parameters = [self.schemas.resolve(one) for some in declared for one in some]
        names = [str(one["name"]) for one in parameters if one.get("in") == "header" and "name" in one]
        return [name for name in dict.fromkeys(names) if TOKEN.fullmatch(name)]

    def content(self, endpoint: str) -> Content | None:
        """The body of the endpoint's requests, rather as JSON; none if it has no body."""
        body = self.schemas.resolve((self.operation(endpoint) or {}).get("requestBody"))
        by_media = {kind: part for kind, part in _table(body.get("content")).items() if isinstance(kind, str)}
        json = next((kind for kind in by_media if _is_json(kind)), None)
        form = next((kind for kind in by_media if kind.lower().startswith(FORM)), None)
        media = json or form
        if not by_media:
            return None
        if media is None:
            return Content(" or ".join(kind[:60] for kind in list(by_media)[:3]), None)
        part = self.schemas.resolve(by_media[media])
        return Content(media, "json" if json else "form", part.get("schema", {}), tuple(self._examples(part)))

    def _examples(self, part: Schema) -> Iterator[Any]:
        if "example" in part:
            yield part["example"]
        for named in _table(part.get("examples")).values():
            example = self.schemas.resolve(named)
            yield from (example[key] for key in ("dataValue", "value") if key in example)

    def response(self, endpoint: str) -> tuple[dict[str, Schema], bool]:
        """Fields of a successful JSON response, and whether it is a list of items with them."""
        schema = self._form(self.answer(endpoint))
        listed = "array" in schema.get("type", ())
        fields = self._form(schema.get("items", {})) if listed else schema
        return self._written(fields), listed

    def fields(self, schema: Any) -> dict[str, Any]:
        """The fields of an object that a schema describes, in its first form."""
        return self._written(self._form(schema))

    def _written(self, flat: Schema) -> dict[str, Any]:
        own = flat.get("properties", {})
        return {name: schema for name, schema in own.items() if isinstance(name, str) and writable(name)}

    def answer(self, endpoint: str) -> Any:
        """The schema of the first successful response that has one."""
        responses = _table((self.operation(endpoint) or {}).get("responses"))
        for code in sorted(map(str, responses)):
            content = _table(self.schemas.resolve(responses.get(code)).get("content"))
            media = next((part for kind, part in content.items() if _is_json(str(kind))), None)
            if code.startswith("2") and media is not None:
                return self.schemas.resolve(media).get("schema", {})
        return {}

    def _form(self, schema: Any) -> Schema:
        """The schema, flat and in its first form; empty if it has none."""
        try:
            flat = self.schemas.flat(schema)
            for _ in range(MOST_SERVERS):
                if not (found := branches_of(flat)):
                    break
                flat = merged(found[2], self.schemas.flat(found[1][0]))
        except (Unusable, RecursionError):
            return {}
        return flat


def _table(part: Any) -> Schema:
    """`part` if it is what it should be: documents are written by strangers."""
    return part if isinstance(part, dict) else {}


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _is_json(media: str) -> bool:
    return "json" in media.lower() or media.strip() == "*/*"


def _is_route(path: Any) -> bool:
    """Whether a workload can have the path as a route, each parameter with a name of its own."""
    if not isinstance(path, str) or not ROUTE.fullmatch(path):
        return False
    names = PARAMETER.findall(path)
    rest = PARAMETER.sub("", path)
    most = max(segment.count("{") for segment in path.split("/"))
    return len(set(names)) == len(names) and most <= MOST_PARAMETERS and not {"{", "}"} & set(rest)


def _pattern(template: str) -> str:
    """A pattern for the paths of a template: a parameter is part of one segment, not empty."""
    pieces = re.split(r"(\{[^{}/]+\})", template)
    return "".join("[^/]+" if piece.startswith("{") else re.escape(piece) for piece in pieces)
