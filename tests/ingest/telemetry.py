"""One request as spans of every kind tell it, and how they are read."""

from __future__ import annotations

import io
import json
from typing import Any

from miner.ingest.json_values import Record
from miner.ingest.spans import spans

Object = dict[str, Any]

STARTED, ENDED = 1774260672250000000, 1774260672262345678
BEFORE: Object = {
    "http.method": "GET",
    "http.target": "/users/812?full=1",
    "http.scheme": "https",
    "http.route": "/users/:user_id",
    "http.status_code": 200,
    "http.response_content_length": 512,
    "http.user_agent": "curl/8.0",
    "http.client_ip": "192.0.2.1",
    "net.sock.peer.addr": "198.51.100.7",
    "enduser.id": "alice",
    "session.id": "s7kq1",
    "http.request.header.referer": ["https://example.org/"],
    "http.request.header.x_forwarded_for": ["192.0.2.1", "203.0.113.9"],
}
"""The attributes of a request, by the conventions of before 1.23."""
STABLE: Object = {
    "http.request.method": "GET",
    "url.path": "/users/812",
    "url.query": "full=1",
    "url.scheme": "https",
    "http.route": "/users/{user_id}",
    "http.response.status_code": 200,
    "http.response.body.size": 512,
    "user_agent.original": "curl/8.0",
    "client.address": "192.0.2.1",
    "network.peer.address": "198.51.100.7",
    "user.id": "alice",
    "session.id": "s7kq1",
    "http.request.header.referer": ["https://example.org/"],
    "http.request.header.x-forwarded-for": ["192.0.2.1", "203.0.113.9"],
}
"""The same request, by the stable ones."""
EXPECTED: Record = {
    "stamp": str(STARTED),
    "lasted": "0.012345678",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "sampled": None,
    "address": "192.0.2.1",
    "forwarded": "192.0.2.1, 203.0.113.9",
    "user": "alice",
    "session": "s7kq1",
    "status": "200",
    "bytes": "512",
    "referrer": "https://example.org/",
    "agent": "curl/8.0",
    "method": "GET",
    "target": "/users/812?full=1",
    "route": "/users/{user_id}",
}


def otlp_value(value: Any) -> Object:
    """A value as OTLP wraps it."""
    if isinstance(value, list):
        return {"arrayValue": {"values": [otlp_value(one) for one in value]}}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def otlp_span(attributes: Object, /, **changes: Any) -> Object:
    """A SERVER span of OTLP with the attributes, some of whose values are changed."""
    return {
        "traceId": "4BF92F3577B34DA6A3CE929D0E0E4736",
        "spanId": "00f067aa0ba902b7",
        "name": "GET",
        "kind": 2,
        "startTimeUnixNano": str(STARTED),
        "endTimeUnixNano": str(ENDED),
        "attributes": [{"key": key, "value": otlp_value(value)} for key, value in attributes.items()],
        "status": {},
    } | changes


def otlp(*members: Any, service: str = "shop") -> Object:
    """A document of OTLP with these spans."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {}, "spans": [*members]}]}]}


def jaeger(attributes: Object, **changes: Any) -> Object:
    """A document of Jaeger with one span, whose lists are JSON in text."""
    tags = [
        {"key": key, "type": "string", "value": json.dumps(value) if isinstance(value, list) else value}
        for key, value in {"span.kind": "server", **attributes}.items()
    ]
    span = {
        "traceID": "4bf92f3577b34da6a3ce929d0e0e4736",
        "startTime": STARTED // 1000,
        "duration": 12345,
        "tags": tags,
        "processID": "p1",
    }
    processes = {"p1": {"serviceName": "shop"}, "p2": {"serviceName": "payment"}}
    return {"data": [{"traceID": "1", "spans": [span | changes], "processes": processes}]}


def read(*documents: Any, service: str | None = None, indent: int | None = None) -> list[Record]:
    """The records of the documents, which are written one after another."""
    return parse("\n".join(json.dumps(one, indent=indent) for one in documents), service)


def parse(content: str | bytes, service: str | None = None) -> list[Record]:
    """The records of a file."""
    return list(spans(io.BytesIO(content.encode() if isinstance(content, str) else content), service))


def without_raw(record: Record) -> Record:
    """What the record says of the request."""
    return {key: value for key, value in record.items() if key != "raw"}
