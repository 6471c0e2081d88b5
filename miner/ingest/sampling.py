"""Whether a span says that it stands for others that were not recorded.

Sources: OpenTelemetry's TraceState handling and probability sampling (`ot=th:`, formerly `ot=p:`) and its
sampling attributes, the tags of Jaeger's samplers, and the attributes of Honeycomb's and Azure Monitor's.
Sampling that leaves no trace in the spans (a collector's tail sampling, a parent's decision of old SDKs)
cannot be recognised; that a span's parent is missing means nothing, for the parent may be the client's.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from miner.ingest.attributes import Attributes

THRESHOLD = re.compile(r"(?=.*[1-9a-fA-F])[0-9a-fA-F]{1,14}")
"""How much of 2^56 is rejected, without trailing zeros: nothing is, if there is no other digit."""
EXPONENT = re.compile(r"[1-9]|[1-5][0-9]|6[0-3]")
"""p of a probability of 2^-p; 63 means that nothing would be sampled."""
LIMITED = frozenset({"ratelimiting", "lowerbound"})
"""Jaeger's samplers that drop what exceeds a rate; its probabilistic one has the probability as parameter."""

SAYS: dict[str, Callable[[str], bool]] = {
    "sampling.probability": lambda value: number(value) < 1,
    "sampling.threshold": lambda value: THRESHOLD.fullmatch(value) is not None,
    "sampleRate": lambda value: number(value) > 1,
    "SampleRate": lambda value: number(value) > 1,
    "microsoft.sample_rate": lambda value: number(value) < 100,
    "_MS.sampleRate": lambda value: number(value) < 100,
    "sampler.type": lambda value: value in LIMITED,
}
"""Which values of an attribute say so."""


def sampled(attributes: Attributes, trace_state: str | None = None) -> bool:
    """Whether the span was sampled with a probability below 1, as far as it says."""
    if by_trace_state(trace_state) or by_jaeger(attributes):
        return True
    return any(SAYS[name](attributes.get(name) or "") for name in SAYS.keys() & attributes.names())


def by_jaeger(attributes: Attributes) -> bool:
    """Whether Jaeger's probabilistic sampler says so."""
    return attributes.get("sampler.type") == "probabilistic" and number(attributes.get("sampler.param")) < 1


def by_trace_state(trace_state: str | None) -> bool:
    """Whether OpenTelemetry's member of a trace state, `ot=th:c;rv:6e6d1a75832a2f`, says so."""
    for member in (trace_state or "").split(","):
        vendor, _, entries = member.strip().partition("=")
        if vendor == "ot":
            pairs = dict(entry.partition(":")[::2] for entry in entries.split(";"))
            return bool(THRESHOLD.fullmatch(pairs.get("th", "")) or EXPONENT.fullmatch(pairs.get("p", "")))
    return False


def number(text: str | None) -> float:
    """The number that is written there; nan, which is neither more nor less than any, if there is none."""
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")
