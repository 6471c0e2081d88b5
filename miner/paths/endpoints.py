"""Everything a workload says of its endpoints: values, bodies, statuses, latency."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from miner import workload as w
from miner.paths import values
from miner.paths.bodies import Body, Known, body_of
from miner.paths.links import linked
from miner.paths.names import endpoint_names
from miner.paths.openapi import Document
from miner.paths.routes import snake
from miner.paths.said import unknown
from miner.paths.values import Sample
from miner.store import Store

MOST_SAMPLES = 50_000
"""Distinct targets of an endpoint that are looked at."""
MOSTLY = 0.5
CONSUMED = 0.95
"""Share of successful requests with a target of its own from which targets are used up by their use."""
CONFLICT = 409
"""The status of a write of what is there already."""


@dataclass(frozen=True)
class Evidence:
    """What the store and the OpenAPI document tell of all endpoints."""

    names: dict[str, str]
    """Name of each endpoint, most used first."""
    samples: dict[str, list[Sample]]
    identity: w.Identity | None
    document: Document | None

    def uses(self, endpoint: str) -> dict[str, list[values.Use]]:
        """The uses of the path parameters of an endpoint."""
        return values.path_uses(endpoint.partition(" ")[2], self.samples[endpoint])

    @cached_property
    def path_ids(self) -> dict[str, w.Popular]:
        """The ids that path parameters had, by their name; of several, those of the most used endpoint."""
        found: dict[str, w.Popular] = {}
        for name, uses in ((name, uses) for one in self.names for name, uses in self.uses(one).items()):
            ids = [use.value for use in uses if use.sample.status < 400]
            if name not in found and ids and all(value.isascii() and value.isdigit() for value in ids):
                found[name] = w.Popular(low=min(map(int, ids)), high=max(map(int, ids)))
        return found


def read_endpoints(
    store: Store, endpoints: list[str], document: Document | None
) -> tuple[dict[str, w.Endpoint], list[str]]:
    """The endpoints of the sessions in the store, by name, most used first; and what is not known of them."""
    evidence = _evidence(store, endpoints, document)
    usage: dict[str, list[dict[str, int]]] = defaultdict(list)
    for row in store.fetch("miner.paths", "usage").to_pylist():
        usage[row["endpoint"]].append(row)
    latencies = {row["endpoint"]: row for row in store.fetch("miner.paths", "latencies").to_pylist()}
    bodies = {endpoint: _body(evidence, endpoint, usage[endpoint]) for endpoint in evidence.names}
    found = {
        name: _endpoint(evidence, endpoint, usage[endpoint], latencies.get(endpoint), bodies[endpoint])
        for endpoint, name in evidence.names.items()
    }
    return linked(store, found, document), unknown(found.values(), document, bodies)


def _evidence(store: Store, endpoints: list[str], document: Document | None) -> Evidence:
    samples: dict[str, list[Sample]] = defaultdict(list)
    for row in store.fetch("miner.paths", "samples", most=MOST_SAMPLES, few=values.FEW_VISITORS).to_pylist():
        samples[row.pop("endpoint")].append(Sample(**row))
    users = (s.user for rows in samples.values() for s in rows if s.user is not None)
    names = dict(zip(endpoints, endpoint_names(endpoints, document), strict=True))
    return Evidence(names, samples, values.identity_range(users), document)


def _endpoint(
    evidence: Evidence,
    endpoint: str,
    usage: list[dict[str, int]],
    latency: dict[str, float] | None,
    body: Body,
) -> w.Endpoint:
    requests = sum(row["requests"] for row in usage)
    caller = sum(row["with_user"] for row in usage) >= MOSTLY * requests
    return w.Endpoint(
        request=endpoint,
        n=requests,
        params=_params(evidence, endpoint),
        query=_query(evidence, endpoint),
        headers=_headers(evidence, endpoint) if caller else {},
        body=body.fields,
        encoding=body.encoding,
        caller=caller,
        identifies=None if caller else _identifies(evidence, endpoint),
        statuses={row["status"]: round(row["requests"] / requests, 4) for row in usage},
        latency=latency and _latency(latency["median"], latency["sigma"]),
    )


def _latency(median: float, sigma: float) -> w.Latency:
    return w.Latency(median=float(f"{median:.3g}"), sigma=round(sigma, 3))


def _params(evidence: Evidence, endpoint: str) -> dict[str, w.Value]:
    found = {}
    for name, uses in evidence.uses(endpoint).items():
        drawn = values.draw(uses, evidence.identity)
        listed = None if isinstance(drawn, w.Identity) else _listed(evidence, endpoint, name)
        found[name] = listed or drawn
    return found


def _query(evidence: Evidence, endpoint: str) -> dict[str, w.Value]:
    """What most requests have in their query."""
    samples = evidence.samples[endpoint]
    requests = sum(sample.requests for sample in samples)
    return {
        name: values.draw(uses, evidence.identity)
        for name, uses in values.query_uses(samples).items()
        if sum(use.sample.requests for use in uses) >= MOSTLY * requests
    }


def _headers(evidence: Evidence, endpoint: str) -> dict[str, w.Value]:
    """The header that carries the user, where the document declares one that sounds like it."""
    names = evidence.document.headers(endpoint) if evidence.document and evidence.identity else []
    return {name: evidence.identity for name in names if evidence.identity and _is_user(name)}


def _is_user(name: str) -> bool:
    return snake(name).removeprefix("x_") in {"user_id", "user", "account_id", "customer_id", "uid"}


def _listed(evidence: Evidence, endpoint: str, parameter: str) -> w.Listed | None:
    """Where a visitor was shown the value, if using it uses it up: what is answered or removed is gone."""
    if evidence.document is None or endpoint.partition(" ")[0] not in w.WRITES:
        return None
    good = [sample for sample in evidence.samples[endpoint] if sample.status < 400]
    requests = sum(sample.requests for sample in good)
    if not requests or len({sample.target for sample in good}) < CONSUMED * requests:
        return None
    for shown, name in evidence.names.items():
        fields, many = evidence.document.response(shown)
        for field in fields:
            if many and shown.startswith("GET ") and snake(field) == parameter:
                return w.Listed(endpoint=name, field=field)
    return None


def _identifies(evidence: Evidence, endpoint: str) -> str | None:
    """The field of a new user's id, for a write that is made before there is a user."""
    if evidence.document is None or evidence.identity is None or not endpoint.startswith("POST "):
        return None
    fields, many = evidence.document.response(endpoint)
    return None if many else next((field for field in fields if _is_user(field)), None)


def _body(evidence: Evidence, endpoint: str, usage: list[dict[str, int]]) -> Body:
    """The body that the document describes, with what the log says of ids, and of what is refused twice."""
    if evidence.document is None:
        return Body()
    known = Known(
        seen=lambda name: _seen_ids(evidence, name),
        people=lambda name: _ids_of_people(evidence, name),
        fresh=any(row["status"] == CONFLICT for row in usage),
    )
    return body_of(evidence.document, endpoint, known)


def _seen_ids(evidence: Evidence, name: str) -> w.Value | None:
    """The user's own id for fields that sound like it; else the ids of a path parameter of that name."""
    if _is_user(name) and evidence.identity:
        return evidence.identity
    return evidence.path_ids.get(snake(name))


def _ids_of_people(evidence: Evidence, name: str) -> w.Value | None:
    """The ids of users, for fields that may be of people."""
    if snake(name).endswith("_id") and evidence.identity:
        return w.Popular(low=evidence.identity.low, high=evidence.identity.high)
    return None
