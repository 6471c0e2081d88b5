"""The text of an OpenAPI document, JSON or YAML, becomes plain data."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import yaml

from miner.errors import MinerError

SECONDS = 10.0
MOST_BYTES = 20_000_000
HINT = "Name a JSON or YAML file, or its URL."
CORRECT = "Correct it there, or name another JSON or YAML file or URL."


def read_data(where: str) -> dict[str, Any]:
    """The data of an OpenAPI 3 document in a file or at an http(s) URL. Raises MinerError if it is none."""
    cannot = f"Cannot read an OpenAPI document from {where}:"
    try:
        raw = _read(where)
    except (OSError, HTTPException, ValueError) as error:
        raise MinerError(f"{cannot} {_reason(error)}.", HINT) from error
    if len(raw) > MOST_BYTES:
        raise MinerError(f"{cannot} it has more than {MOST_BYTES:,} bytes.", HINT)
    try:
        data = parsed(raw.decode("utf-8-sig"))
    except (ValueError, LookupError, RecursionError, yaml.YAMLError) as error:
        raise MinerError(f"{cannot} {_mistake(error)}.", CORRECT) from error
    return _checked(data, where)


def _read(where: str) -> bytes:
    if where.startswith(("http://", "https://")):
        with urlopen(where, timeout=SECONDS) as answer:  # noqa: S310 (the scheme is checked)
            return bytes(answer.read(MOST_BYTES + 1))
    with Path(where).open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _reason(error: Exception) -> str:
    match error:
        case URLError(reason=OSError(strerror=str(why))) | OSError(strerror=str(why)):
            return why
    return str(error)


def _mistake(error: Exception) -> str:
    """What is wrong with a text, and where."""
    match error:
        case json.JSONDecodeError():
            return f"it is not JSON, line {error.lineno}, column {error.colno}: {error.msg}"
        case UnicodeDecodeError():
            return "it is not text in UTF-8"
        case RecursionError():
            return "it is nested too deep"
        case yaml.MarkedYAMLError(problem_mark=mark) if mark:
            what = error.problem or error.context
            return f"it is not YAML, line {mark.line + 1}, column {mark.column + 1}: {what}"
        case yaml.reader.ReaderError():
            return f"it is not YAML, character {error.position + 1}: {error.reason}"
    return str(error)


def _checked(data: Any, where: str) -> dict[str, Any]:
    if isinstance(data, dict) and "swagger" in data and "openapi" not in data:
        raise MinerError(
            f"{where} is a Swagger {str(data['swagger'])[:20]} document.",
            "Convert it to OpenAPI 3: https://converter.swagger.io does, or npx swagger2openapi.",
        )
    described = isinstance(data, dict) and isinstance(data.get("paths"), dict)
    if not described or not str(data.get("openapi", "")).startswith("3."):
        raise MinerError(
            f"{where} is no OpenAPI 3 document.",
            "Its top level must say openapi: 3.0, 3.1 or 3.2, and paths.",
        )
    return dict(data)


def parsed(text: str) -> Any:
    """The data of JSON, if the text begins like it, else of YAML. Raises ValueError, YAMLError."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            if '"' in text[: error.pos].partition(":")[0]:
                raise
    return yaml.load(text, Loader=Loader)  # noqa: S506 (it is a safe one)


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as OpenAPI means it: what JSON has, with texts as keys; dates and `no` stay text."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping, each key as it is written; the last of equal ones counts."""
        if not isinstance(node, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(None, None, "a mapping was expected", node.start_mark)
        self.flatten_mapping(node)
        found: dict[Hashable, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key is no text", key.start_mark)
            found[key.value] = self.construct_object(value, deep=deep)
        return found

    def flatten_mapping(self, node: Any) -> None:
        """`<<` is replaced by the keys it stands for, each once: merges of merges would fill the memory."""
        own = [(key, value) for key, value in node.value if key.tag != MERGE]
        if len(own) == len(node.value):
            return
        merged = [value for key, value in node.value if key.tag == MERGE]
        node.value = own
        names = {key.value for key, _ in own if isinstance(key, yaml.ScalarNode)}
        for source in _sources(merged):
            self.flatten_mapping(source)
            for key, value in source.value:
                if isinstance(key, yaml.ScalarNode) and key.value not in names:
                    names.add(key.value)
                    node.value.append((key, value))


MERGE = "tag:yaml.org,2002:merge"


def _sources(values: list[Any]) -> list[Any]:
    """The mappings that are merged, each once."""
    lists = [value.value if isinstance(value, yaml.SequenceNode) else [value] for value in values]
    nodes = {id(node): node for some in lists for node in some}
    return [node for node in nodes.values() if isinstance(node, yaml.MappingNode)]


def _as_written(loader: Any, node: Any) -> Any:
    """A node of a kind that JSON does not have, as what it is made of."""
    match node:
        case yaml.MappingNode():
            return loader.construct_mapping(node, deep=True)
        case yaml.SequenceNode():
            return loader.construct_sequence(node, deep=True)
    return str(node.value)


Loader.yaml_implicit_resolvers = {}
for _kind, _form, _first in (
    ("null", r"(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"-?(?:0|[1-9][0-9]{0,400})$", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?$", list("-0123456789")),
    ("merge", r"<<$", ["<"]),
):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_form), _first)
for _kind in ("timestamp", "binary", "set", "omap", "pairs"):
    Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _as_written)
Loader.add_multi_constructor("!", lambda loader, _, node: _as_written(loader, node))
