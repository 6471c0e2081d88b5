"""One value of those that are drawn: what a schema can be asked about."""

from __future__ import annotations

import json
from typing import Any

from miner import workload as w

FORMATTED = {
    "uuid": "0b9d6b1e-8d3e-4f43-9d47-0a7b5b0f1f11",
    "date": "2026-03-02",
    "date-time": "2026-03-02T09:30:00Z",
    "time": "09:30:00Z",
    "email": "user812@example.com",
    "uri": "https://example.com/812",
    "hostname": "host812.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "MDEyMzQ1Njc4OWFiY2RlZg==",
}


def sample(value: w.Value) -> Any:
    """A value that may be drawn, always the same."""
    match value:
        case w.Structure():
            return {name: sample(inner) for name, inner in value.fields.items()}
        case w.Series():
            return [sample(value.of) for _ in range(value.lengths[0])]
        case w.LiteralValue():
            first = next(iter(value.values))
            return json.loads(first) if value.typed else first
        case w.Joined():
            return "".join(str(sample(part)) for part in value.parts)
        case w.Text():
            return (value.alphabet * (value.lengths[0] // len(value.alphabet) + 1))[: value.lengths[0]]
        case w.Formatted():
            return FORMATTED[value.format]
    return _number(value)


def _number(value: w.Value) -> float:
    match value:
        case w.Number():
            return round(value.low + (value.high - value.low) * 0.37, value.decimals)
        case w.Popular() | w.Identity():
            return value.low
    raise TypeError(f"no body has a {value.draw}")
