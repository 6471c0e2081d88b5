"""Objectives become OpenSLO documents that keep the rules of its specification."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import GET, objective

from miner.objectives import Objective, Objectives, openslo

NAME = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"}
TEXT = {"type": "string", "minLength": 1}
DESCRIPTION = {"type": "string", "maxLength": 1050}
DURATION = {"type": "string", "pattern": "^[1-9][0-9]*[mhdwMQY]$"}
SHARE = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}


def closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """The schema of a table with these keys and no others."""
    keys = {**required, **(optional or {})}
    return {"type": "object", "properties": keys, "required": list(required), "additionalProperties": False}


SOURCE = closed(
    {"metricSource": closed({"spec": {"type": "object"}}, {"metricSourceRef": NAME, "type": TEXT})}
)
RATIO = closed({"counter": {"type": "boolean"}, "total": SOURCE}, {"good": SOURCE, "bad": SOURCE})
GOAL = closed(
    {"target": SHARE},
    {
        "displayName": TEXT,
        "op": {"enum": ["lte", "gte", "lt", "gt"]},
        "value": {"type": "number"},
        "timeSliceTarget": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "timeSliceWindow": DURATION,
    },
)
WINDOW = closed({"duration": DURATION, "isRolling": {"const": True}})
SPECS = {
    "Service": closed({}, {"description": DESCRIPTION}),
    "SLI": {
        **closed({}, {"description": DESCRIPTION, "thresholdMetric": SOURCE, "ratioMetric": RATIO}),
        "oneOf": [{"required": ["thresholdMetric"]}, {"required": ["ratioMetric"]}],
    },
    "SLO": closed(
        {
            "service": NAME,
            "indicatorRef": NAME,
            "timeWindow": {"type": "array", "items": WINDOW, "minItems": 1, "maxItems": 1},
            "budgetingMethod": {"enum": ["Occurrences", "Timeslices"]},
            "objectives": {"type": "array", "items": GOAL, "minItems": 1, "maxItems": 1},
        },
        {"description": DESCRIPTION},
    ),
}
"""By kind, as the specification has it: https://github.com/OpenSLO/OpenSLO, version openslo/v1."""


def documents(*objectives: Objective) -> list[dict[str, Any]]:
    """The documents of these objectives, which keep the rules."""
    text = openslo(Objectives(objectives=objectives))
    found = list(yaml.safe_load_all(text))
    for document in found:
        kind = document["kind"]
        head = {"apiVersion": {"const": "openslo/v1"}, "kind": {"enum": list(SPECS)}}
        metadata = closed({"name": NAME}, {"displayName": TEXT})
        jsonschema.validate(document, closed({**head, "metadata": metadata, "spec": SPECS[kind]}))
    names = [document["metadata"]["name"] for document in found]
    assert len(set(names)) == len(names)
    by_name = {document["metadata"]["name"]: document for document in found}
    for slo in found:
        if slo["kind"] == "SLO":
            assert by_name[slo["spec"]["service"]]["kind"] == "Service"
            indicator = by_name[slo["spec"]["indicatorRef"]]
            assert indicator["kind"] == "SLI"
            must_fit(slo["spec"], indicator["spec"])
    return found


def must_fit(slo: dict[str, Any], indicator: dict[str, Any]) -> None:
    """An operator and a value go with a threshold only, and slices with their budget only."""
    (goal,) = slo["objectives"]
    assert ({"op", "value"} <= set(goal)) == ("thresholdMetric" in indicator)
    assert ({"timeSliceTarget", "timeSliceWindow"} <= set(goal)) == (slo["budgetingMethod"] == "Timeslices")


def goal_of(one: Objective) -> dict[str, Any]:
    """What the SLO of an objective demands, without what it is called."""
    *_, slo = documents(one)
    (goal,) = slo["spec"]["objectives"]
    return {key: value for key, value in goal.items() if key != "displayName"}


@pytest.mark.parametrize(
    ("of", "goal"),
    [
        (objective("p95 latency", below="20ms"), {"op": "lte", "value": 0.02, "target": 0.95}),
        (objective("p99.9 latency", below="1s"), {"op": "lte", "value": 1.0, "target": 0.999}),
        (objective("p50 latency", below="2m", per="session"), {"op": "lte", "value": 120.0, "target": 0.5}),
        (objective("error share", below="1%"), {"target": 0.99}),
        (objective("client error share", below="0.1%"), {"target": 0.999}),
        (
            objective("p95 latency", below="20ms", every="5m"),
            {"op": "lte", "value": 0.02, "target": 0.999, "timeSliceTarget": 0.95, "timeSliceWindow": "5m"},
        ),
        (
            objective("throughput", above="90 rps", every="1m"),
            {"op": "gte", "value": 90.0, "target": 0.999, "timeSliceTarget": 1.0, "timeSliceWindow": "1m"},
        ),
    ],
    ids=lambda given: str(given.measure) if isinstance(given, Objective) else "",
)
def test_what_is_demanded(of: Objective, goal: dict[str, Any]) -> None:
    """A percentile is a share of requests within a time, a share of errors what is left of the budget."""
    assert goal_of(of) == goal


@pytest.mark.parametrize(
    ("of", "reason"),
    [
        (objective("latency growth"), "it compares the end of a run with its beginning"),
        (objective("p95 lateness"), "lateness is of a load generator, not of a service"),
        (objective("mean latency"), "a mean has no share of good requests"),
        (objective("p95 latency", within="10% of the recorded"), "its limit is relative to a recording"),
        (objective("p95 latency", warn="10ms"), "it warns, and has no limit"),
        (objective("error share", below="0%", least=1), "a target of 100 % leaves no budget"),
        (
            objective("throughput"),
            "a throughput over the whole time has no slices; give it an every",
        ),
        (objective("p95 latency", every="90s"), "its window is no whole number of minutes"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_cannot_be_said_is_listed(of: Objective, reason: str) -> None:
    """An objective that OpenSLO has no words for is in a comment with the reason, and in no document."""
    text = openslo(Objectives(objectives=(of,)))
    assert f"# - it holds: {reason}\n" in text
    assert [document["kind"] for document in documents(of)] == ["Service"]


def test_what_the_user_fills_in_is_marked() -> None:
    """The queries say what they must give, and of which requests; boundaries are in the description."""
    of = objective("error share", below="1%", endpoint=GET, path="buy", under="100 rps for 30m", warm_up="1m")
    _, sli, slo = documents(of)
    ratio = sli["spec"]["ratioMetric"]
    queries = [ratio[part]["metricSource"]["spec"]["query"] for part in ("bad", "total")]
    where = "to GET /things in the user path buy, at the client"
    assert queries == [f"FILL IN: requests with errors {where}", f"FILL IN: all requests {where}"]
    said = "error share below 1 %, under 100 rps for 30m, after a warm-up of 1m"
    assert slo["spec"]["description"] == said
    assert openslo(Objectives(objectives=(of,))).startswith(
        "# Objectives as OpenSLO v1. Fill in, where it says FILL IN"
    )


names = st.text(min_size=1, max_size=90).filter(str.isprintable)


@settings(max_examples=30, deadline=None)
@given(st.lists(names, min_size=1, max_size=5, unique=True), names)
def test_any_name_becomes_one_that_is_allowed(called: list[str], endpoint: str) -> None:
    """Whatever objectives are called, names are labels and differ, and hostile text stays data."""
    goals = [objective("p95 latency", endpoint=endpoint).model_copy(update={"name": name}) for name in called]
    slos = [document for document in documents(*goals) if document["kind"] == "SLO"]
    assert [slo["metadata"]["displayName"] for slo in slos] == called


def test_alike_names_are_numbered() -> None:
    """Names that become the same label get a number, also where they are as long as they may be."""
    called = ["a b", "a-b", "A.B", "x" * 80, "x" * 79]
    goals = [objective("p95 latency").model_copy(update={"name": name}) for name in called]
    labels = [one["metadata"]["name"] for one in documents(*goals) if one["kind"] == "SLO"]
    assert labels == ["a-b", "a-b-2", "a-b-3", "x" * 63, "x" * 61 + "-2"]
    assert all(re.fullmatch(NAME["pattern"], label) for label in labels)
