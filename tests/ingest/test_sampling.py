"""Sampled spans are recognised."""

from __future__ import annotations

import pytest
from telemetry import Object

from miner.ingest.attributes import Attributes
from miner.ingest.sampling import sampled


@pytest.mark.parametrize(
    ("attributes", "trace_state", "says"),
    [
        ({}, "ot=th:c", True),
        ({}, "vendor=x, ot=rv:6e6d1a75832a2f;th:fd70a4", True),
        ({}, "ot=th:0", False),
        ({}, "ot=p:8;r:62", True),
        ({}, "ot=p:0;r:62", False),
        ({}, "other=th:c", False),
        ({}, "ot=th:zebra", False),
        ({"sampling.probability": 0.25}, None, True),
        ({"sampling.probability": "1"}, None, False),
        ({"sampling.threshold": "c"}, None, True),
        ({"SampleRate": 10}, None, True),
        ({"SampleRate": 1}, None, False),
        ({"sampleRate": "many"}, None, False),
        ({"microsoft.sample_rate": 25}, None, True),
        ({"microsoft.sample_rate": 100}, None, False),
        ({"sampler.type": "probabilistic", "sampler.param": 0.1}, None, True),
        ({"sampler.type": "probabilistic", "sampler.param": 1}, None, False),
        ({"sampler.type": "ratelimiting", "sampler.param": 2}, None, True),
        ({"sampler.type": "const", "sampler.param": True}, None, False),
        ({"sampler.type": [1]}, "=;:,,", False),
    ],
)
def test_sampling_is_what_the_span_says(attributes: Object, trace_state: str | None, says: bool) -> None:
    """A span is sampled if its trace state, or an attribute, tells a probability below 1."""
    pairs = [{"key": key, "value": value} for key, value in attributes.items()]
    assert sampled(Attributes(pairs), trace_state) is says
