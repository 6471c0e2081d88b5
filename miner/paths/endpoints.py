"""Everything a workload says of its endpoints: values, bodies, statuses, latency."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

from miner import workload as w
from miner.paths import values
from miner.paths.links import linked
from miner.paths.names import endpoint_names
from miner.paths.openapi import Document, Schema
from miner.paths.routes import snake
from miner.paths.values import Sample
from miner.store import Store

MOST_SAMPLES = 50_000
"""Distinct targets of an endpoint that are looked at."""
MOSTLY = 0.5
CONSUMED = 0.95
"""Share of successful requests with a target of its own from which targets are used up by their use."""
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
NAME_LENGTHS = (8, 9, 10, 11, 12)
"""Lengths of texts that a log cannot show: long enough to be new each time."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"


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


def read_endpoints(store: Store, endpoints: list[str], document: Document | None) -> dict[str, w.Endpoint]:
    """The endpoints of the sessions in the store, by name, most used first."""
    evidence = _evidence(store, endpoints, document)
    usage: dict[str, list[dict[str, int]]] = defaultdict(list)
    for row in store.fetch("miner.paths", "usage").to_pylist():
        usage[row["endpoint"]].append(row)
    latencies = {row["endpoint"]: row for row in store.fetch("miner.paths", "latencies").to_pylist()}
    found = {
        name: _endpoint(evidence, endpoint, usage[endpoint], latencies.get(endpoint))
        for endpoint, name in evidence.names.items()
    }
    return linked(store, found, document)


def _evidence(store: Store, endpoints: list[str], document: Document | None) -> Evidence:
    samples: dict[str, list[Sample]] = defaultdict(list)
    for row in store.fetch("miner.paths", "samples", most=MOST_SAMPLES, few=values.FEW_VISITORS).to_pylist():
        samples[row.pop("endpoint")].append(Sample(**row))
    users = (s.user for rows in samples.values() for s in rows if s.user is not None)
    names = dict(zip(endpoints, endpoint_names(endpoints, document), strict=True))
    return Evidence(names, samples, values.identity_range(users), document)


def _endpoint(
    evidence: Evidence, endpoint: str, usage: list[dict[str, int]], latency: dict[str, float] | None
) -> w.Endpoint:
    requests = sum(row["requests"] for row in usage)
    caller = sum(row["with_user"] for row in usage) >= MOSTLY * requests
    return w.Endpoint(
        request=endpoint,
        n=requests,
        params=_params(evidence, endpoint),
        query=_query(evidence, endpoint),
        headers=_headers(evidence, endpoint) if caller else {},
        body=_body(evidence, endpoint),
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
    if evidence.document is None or endpoint.partition(" ")[0] not in WRITES:
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


def _body(evidence: Evidence, endpoint: str) -> dict[str, w.Value] | None:
    schemas = evidence.document.body(endpoint) if evidence.document else None
    if schemas is None:
        return None
    return {name: _field(evidence, name, schema) for name, schema in schemas.items()}


def _field(evidence: Evidence, name: str, schema: Schema) -> w.Value:
    """What a body's field is drawn from: the log does not show it, so the schema and names decide."""
    if options := schema.get("enum"):
        share = 1 / len(options)
        return w.LiteralValue(values={str(option): share for option in options})
    if schema.get("type") == "integer":
        if _is_user(name) and evidence.identity:
            return evidence.identity
        return _known_ids(evidence, snake(name)) or _range(schema)
    low, high = int(schema.get("minLength", 1)), int(schema.get("maxLength", 64))
    lengths = tuple(n for n in NAME_LENGTHS if low <= n <= high) or (min(max(low, 8), high),)
    return w.Text(alphabet=LETTERS, lengths=lengths)


def _known_ids(evidence: Evidence, name: str) -> w.Value | None:
    """The ids that a path parameter of the same name had; else those of users, for ids of people."""
    for endpoint in evidence.names:
        uses = [use for use in evidence.uses(endpoint).get(name, []) if use.sample.status < 400]
        if uses and all(use.value.isdigit() for use in uses):
            ids = [int(use.value) for use in uses]
            return w.Popular(low=min(ids), high=max(ids))
    if name.endswith("_id") and evidence.identity:
        return w.Popular(low=evidence.identity.low, high=evidence.identity.high)
    return None


def _range(schema: Schema) -> w.Popular:
    low = math.ceil(schema.get("minimum", 1))
    return w.Popular(low=low, high=max(low, math.floor(schema.get("maximum", low + 99))))


def unknown(endpoints: dict[str, w.Endpoint], document: Document | None) -> list[str]:
    """What could not be known of the endpoints, a sentence each, with its share of requests."""
    total = sum(endpoint.n for endpoint in endpoints.values()) or 1
    sentences = []
    for endpoint in endpoints.values():
        share = f"{endpoint.n / total:.1%} of requests"
        if endpoint.body is None and endpoint.method in WRITES - {"DELETE"}:
            sentences.append(f"The body of {endpoint.request}: no log has it; give --openapi ({share}).")
    if document is None and any(endpoint.caller for endpoint in endpoints.values()):
        sentences.append("How a request says who its user is: give --openapi, or add headers by hand.")
    bodies = [e for e in endpoints.values() if e.body]
    if bodies:
        share = f"{sum(e.n for e in bodies) / total:.1%} of requests"
        sentences.append(f"What people wrote in bodies: made up from the OpenAPI document ({share}).")
    return sentences
