"""Objectives as OpenSLO v1, for tools that watch a service in production.

By the specification at https://github.com/OpenSLO/OpenSLO, version openslo/v1: a Service, and for each
objective an SLI and an SLO that refers to it. A percentile becomes its share of good requests: p95 below
20 ms is that 95 % of them take at most 0.02 s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Any

import yaml

from miner.errors import one_line
from miner.objectives.measures import GROWTH
from miner.objectives.objective import Objective, Objectives
from miner.objectives.quantities import SHARE, clock

VERSION = "openslo/v1"
LONGEST_NAME = 63
"""Of a DNS label (RFC 1123), which names must be."""
LONGEST_DESCRIPTION = 1050
TIME_WINDOW = "28d"
"""Over which a budget is counted."""
ALL = 0.999
"""A target must be below 1: so nearly all slices of time must be good."""
FILL_IN = "FILL IN"
HEADER = """\
Objectives as OpenSLO v1. Fill in, where it says {fill_in}, what your monitoring is and how it is asked.
A service level is counted over {window}, a run is judged by itself: adapt timeWindow to your contract.
"""
NO_WINDOW = "its window is no whole number of minutes"


@dataclass(frozen=True)
class Level:
    """What OpenSLO has of an objective: the indicator's metric, and keys of the SLO's one objective."""

    metric: dict[str, Any]
    goal: dict[str, Any]


def openslo(objectives: Objectives, *, service: str = "service") -> str:
    """The YAML documents of `objectives`; those that OpenSLO cannot say are in comments, with the reason."""
    names: set[str] = set()
    of = _name(service, names)
    documents = [_document("Service", of, service, {"description": f"Where objectives of {service} hold."})]
    left_out = []
    for objective in objectives.objectives:
        why = _why_not(objective)
        if why:
            left_out.append(f"- {objective.name}: {why}")
        else:
            documents += _documents(objective, of, names)
    header = HEADER.format(fill_in=FILL_IN, window=TIME_WINDOW).splitlines()
    because = ["", "OpenSLO has no words for:", *left_out] if left_out else []
    comments = "".join(f"# {one_line(line)}".rstrip() + "\n" for line in [*header, *because])
    return comments + "---\n" + yaml.safe_dump_all(documents, sort_keys=False, width=110)


def _why_not(objective: Objective) -> str:
    """Why it cannot be said; empty if it can."""
    what, limit = objective.measure.what, objective.limit
    reasons = {
        "it compares the end of a run with its beginning": what == GROWTH,
        "lateness is of a load generator, not of a service": what == "lateness",
        "its limit is relative to a recording": objective.relative,
        "it warns, and has no limit": limit is None,
        "a mean has no share of good requests": objective.measure.statistic == "mean",
        "a target of 100 % leaves no budget": objective.measure.unit == SHARE and limit == 0,
        "a throughput over the whole time has no slices; give it an every": what == "throughput"
        and objective.every is None,
        NO_WINDOW: objective.every is not None and objective.every % 60 != 0,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _documents(objective: Objective, service: str, names: set[str]) -> list[dict[str, Any]]:
    """The indicator of an objective, and the SLO."""
    name = _name(objective.name, names)
    indicator = _name(f"{name[: LONGEST_NAME - 4]}-sli", names)
    level = _level(objective)
    goal = {"displayName": one_line(objective.name), **level.goal}
    method = "Occurrences"
    if objective.every is not None:
        method, share = "Timeslices", goal.pop("target")
        goal |= {"target": ALL, "timeSliceTarget": share, "timeSliceWindow": f"{objective.every // 60:.0f}m"}
    spec = {
        "description": _description(objective),
        "service": service,
        "indicatorRef": indicator,
        "timeWindow": [{"duration": TIME_WINDOW, "isRolling": True}],
        "budgetingMethod": method,
        "objectives": [goal],
    }
    return [
        _document(
            "SLI",
            indicator,
            objective.name,
            {"description": one_line(f"{objective.measure}{_where(objective)}"), **level.metric},
        ),
        _document("SLO", name, objective.name, spec),
    ]


def _level(objective: Objective) -> Level:
    """The metric and the goal, by what is measured."""
    limit, of = objective.limit or 0.0, f"{objective.per}s"
    match objective.measure.what:
        case "latency":
            good = float(Fraction(repr(objective.measure.percentile)) / 100)
            metric = {"thresholdMetric": _source(objective, f"seconds that {of} take")}
            return Level(metric, {"op": "lte", "value": limit, "target": good})
        case "throughput":
            metric = {"thresholdMetric": _source(objective, f"{of} a second")}
            return Level(metric, {"op": "gte", "value": limit, "target": 1.0})
        case what:
            bad = f"{of} with {what.removesuffix(' share')}s"
            ratio = {
                "counter": True,
                "bad": _source(objective, bad),
                "total": _source(objective, f"all {of}"),
            }
            return Level({"ratioMetric": ratio}, {"target": float(1 - Fraction(repr(limit)))})


def _source(objective: Objective, what: str) -> dict[str, Any]:
    """Where a metric comes from, which nobody but the user knows."""
    query = one_line(f"{FILL_IN}: {what}{_where(objective)}")
    return {"metricSource": {"type": FILL_IN, "spec": {"query": query}}}


def _where(objective: Objective) -> str:
    """Of which requests, and measured where."""
    endpoint = f" to {objective.endpoint}" if objective.endpoint else ""
    path = f" in the user path {objective.path}" if objective.path else ""
    return f"{endpoint}{path}, at the {objective.measured_at}"


def _description(objective: Objective) -> str:
    """The objective in words, with those boundaries that OpenSLO has not."""
    side = objective.measure.better
    said = f"{objective.measure} {side} {objective.below or objective.above}"
    if objective.under:
        said += f", under {objective.under}"
    if objective.warm_up:
        said += f", after a warm-up of {clock(objective.warm_up)}"
    return one_line(said)[:LONGEST_DESCRIPTION]


def _document(kind: str, name: str, shown: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "displayName": one_line(shown)}
    return {"apiVersion": VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _name(text: str, taken: set[str]) -> str:
    """`text` as a DNS label that is not `taken` yet, and is from now on."""
    label = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST_NAME].strip("-") or "objective"
    for number in count(2):
        if label not in taken:
            break
        end = f"-{number}"
        label = label.removesuffix(f"-{number - 1}")[: LONGEST_NAME - len(end)].rstrip("-") + end
    taken.add(label)
    return label
