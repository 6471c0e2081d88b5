"""What could not be known of the endpoints, in sentences."""

from __future__ import annotations

from collections.abc import Collection

from miner import workload as w
from miner.errors import one_line
from miner.paths.bodies import Body
from miner.paths.openapi import Document

SHOWN = 3
"""Endpoints of a long list that are named."""
LONGEST = 80
"""Characters of a name that are enough to find it."""
WITH_BODIES = frozenset({"POST", "PUT", "PATCH"})


def unknown(
    endpoints: Collection[w.Endpoint], document: Document | None, bodies: dict[str, Body]
) -> list[str]:
    """What could not be known of the endpoints, a sentence each, with its share of requests."""
    total = sum(endpoint.n for endpoint in endpoints) or 1
    sentences = _undescribed(endpoints, document) if document else []
    for endpoint in endpoints:
        body = bodies.get(endpoint.request, Body())
        share = f"{endpoint.n / total:.1%} of requests"
        if why := _why(endpoint, document, body):
            sentences.append(f"The body of {endpoint.request}: {one_line(why)} ({share}).")
        for name in body.patterns:
            text = f"{_short(name)} of {endpoint.request}"
            sentences.append(f"The pattern of {text}: no text is known that matches it ({share}).")
    if document is None and any(endpoint.caller for endpoint in endpoints):
        sentences.append("How a request says who its user is: give --openapi, or add headers by hand.")
    with_body = [endpoint for endpoint in endpoints if endpoint.body]
    if with_body:
        share = f"{sum(endpoint.n for endpoint in with_body) / total:.1%} of requests"
        sentences.append(f"What people wrote in bodies: made up from the OpenAPI document ({share}).")
    return sentences


def _why(endpoint: w.Endpoint, document: Document | None, body: Body) -> str | None:
    """Why the body is not known; none if it is, or if there is none."""
    if body.why or endpoint.body is not None:
        return body.why
    if endpoint.method not in WITH_BODIES:
        return None
    if document is None:
        return "no log has it; give --openapi"
    described = document.operation(endpoint.request) is not None
    return None if described else "no log has it, and the OpenAPI document does not describe it"


def _undescribed(endpoints: Collection[w.Endpoint], document: Document) -> list[str]:
    """How much of what was recorded the document describes, if not all."""
    missing = [one.request for one in endpoints if document.operation(one.request) is None]
    if not missing:
        return []
    if len(missing) == len(endpoints):
        has = _listed(document.endpoints(), SHOWN) or "none at all"
        why = f"it is of another service, or routes have another prefix (it has {has})"
        return [f"The OpenAPI document describes none of the recorded endpoints: {why}."]
    known = len(endpoints) - len(missing)
    counts = f"{known} of {len(endpoints)} endpoints"
    return [f"The OpenAPI document describes {counts}; not {_listed(missing, SHOWN)}."]


def _listed(names: list[str], most: int) -> str:
    """The first of the names, and how many more there are."""
    shown = ", ".join(map(_short, names[:most]))
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _short(name: str) -> str:
    text = one_line(name)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
