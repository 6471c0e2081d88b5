"""Documents that were mutated at random are records and flaws, and never an error."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from telemetry import BEFORE, STABLE, jaeger, otlp, otlp_span, parse, read

MUTATIONS = 60
"""Documents that a property is tried on."""


def mutated(value: Any, draw: random.Random) -> Any:
    """The value with something in it exchanged, doubled, renamed or gone."""
    odd: list[Any] = [None, True, 0, -1, 2.5, 2**62, "", "x", [], {}, [[1]], {"a": {}}, {"stringValue": [1]}]
    if not isinstance(value, dict | list) or not value or draw.random() < 0.1:
        return draw.choice(odd)
    place = draw.choice(list(value) if isinstance(value, dict) else range(len(value)))
    what = draw.random()
    if what < 0.7:
        value[place] = mutated(value[place], draw)
    elif what < 0.85:
        del value[place]
    elif isinstance(value, list):
        value.append(value[place])
    else:
        value[draw.choice(["kind", "spans", "data", "key", "value", "tags"])] = value[place]
    return value


def documents(draw: random.Random) -> Iterator[Any]:
    """A document of each kind, mutated a few times."""
    for document in (otlp(otlp_span(STABLE), otlp_span(BEFORE)), jaeger(BEFORE), [otlp(otlp_span(STABLE))]):
        changed: Any = json.loads(json.dumps(document))
        for _ in range(draw.randint(1, 4)):
            changed = mutated(changed, draw)
        yield changed


@settings(max_examples=MUTATIONS, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([None, "shop"]))
def test_no_document_raises(draw: random.Random, service: str | None) -> None:
    """Whatever the types in a document are, it gives text, and the same over many lines as on one."""
    for document in documents(draw):
        on_one = read(document, service=service)
        for record in on_one:
            assert all(value is None or value.encode() is not None for value in record.values())
            assert "blank" in record or record["raw"]
        if isinstance(document, dict | list) and document:
            over_many = read(document, service=service, indent=1)
            assert [one for one in on_one if "flaw" not in one] == [
                one for one in over_many if "flaw" not in one
            ]
            assert [one.get("flaw") for one in on_one] == [one.get("flaw") for one in over_many]


@settings(max_examples=MUTATIONS, deadline=None)
@given(st.data(), st.sampled_from([None, 1]))
def test_no_bytes_raise(data: st.DataObject, indent: int | None) -> None:
    """A file cut off anywhere, with any bytes anywhere, gives records, and every flaw has a text."""
    content = bytearray(
        "\n".join(json.dumps(one, indent=indent) for one in (otlp(otlp_span(STABLE)), {})).encode()
    )
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    for record in parse(bytes(content[: data.draw(st.integers(0, len(content)))])):
        assert "flaw" not in record or record["raw"]
