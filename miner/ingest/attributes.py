"""The attributes of a span, or the tags that Jaeger calls them, by name and as text."""

from __future__ import annotations

from collections.abc import KeysView
from typing import Any

import orjson

from miner.ingest.json_values import objects, text_of

REQUEST_HEADER, RESPONSE_HEADER = "http.request.header.", "http.response.header."
HEADERS = (REQUEST_HEADER, RESPONSE_HEADER)


class Attributes:
    """Attributes, of which only those that are asked for become text."""

    def __init__(self, pairs: Any) -> None:
        self._values = {
            named(key): pair.get("value")
            for pair in objects(pairs)
            if isinstance(key := pair.get("key"), str)
        }

    def names(self) -> KeysView[str]:
        """The names of all attributes, also of those that are empty."""
        return self._values.keys()

    def get(self, name: str) -> str | None:
        """The attribute as text; None if it is missing or empty."""
        text = any_value(self._values.get(name))
        return unlisted(text) if text and name.startswith(HEADERS) else text

    def first(self, *names: str) -> str | None:
        """The first of these attributes that is there."""
        return next((text for name in names if (text := self.get(name)) is not None), None)


def named(key: str) -> str:
    """The name of an attribute: a header's has dashes, also where it was written before 1.23."""
    return key.replace("_", "-") if key.startswith(HEADERS) else key


def any_value(value: Any) -> str | None:
    """The text of a value, which OTLP wraps in its type; of a list, that of its elements with commas."""
    if not isinstance(value, dict):
        return text_of(value)
    for kind, inner in value.items():
        if kind == "arrayValue":
            return joined(inner.get("values") if isinstance(inner, dict) else inner)
        if (text := text_of(inner)) is not None:
            return text
    return None


def joined(values: Any) -> str | None:
    """The elements of a list with commas between them."""
    elements = values if isinstance(values, list) else []
    texts = [text_of(next(iter(one.values()), None) if isinstance(one, dict) else one) for one in elements]
    return ", ".join(filter(None, texts)) or None


def unlisted(text: str) -> str:
    """A header as text. Jaeger, which has no lists, holds the JSON of one."""
    if not text.startswith("["):
        return text
    try:
        return joined(orjson.loads(text)) or text
    except orjson.JSONDecodeError:
        return text
