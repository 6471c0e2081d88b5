"""Bodies drawn from values, as a locustfile would draw them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from miner import workload as w
from miner.paths.openapi import Document
from miner.simulate import draw_formatted, draw_popular, draw_texts

Rng = np.random.Generator


def drawn(value: w.Value, rng: Rng) -> Any:
    """One value as JSON has it."""
    match value:
        case w.Structure():
            return {name: drawn(inner, rng) for name, inner in value.fields.items()}
        case w.Series():
            return [drawn(value.of, rng) for _ in range(int(rng.choice(value.lengths)))]
        case w.LiteralValue():
            text = str(rng.choice(np.array(list(value.values), dtype=object)))
            return json.loads(text) if value.typed else text
        case w.Text():
            return draw_texts(value, 1, rng)[0]
    return _plain(value, rng)


def _plain(value: w.Value, rng: Rng) -> Any:
    match value:
        case w.Joined():
            return "".join(drawn(part, rng) for part in value.parts)
        case w.Formatted():
            return draw_formatted(value.format, rng)
        case w.Number():
            return round(float(rng.uniform(value.low, value.high)), value.decimals)
        case w.Popular():
            return int(draw_popular(value, 1, rng)[0])
    raise TypeError(value)


def document(schema: Any, *, media: str = "application/json", **parts: Any) -> Document:
    """A document whose only endpoint is `POST /things`, with a body of that schema."""
    operation = {"requestBody": {"content": {media: {"schema": schema}}}}
    return Document({"openapi": "3.1.0", "paths": {"/things": {"post": operation}}, **parts})
