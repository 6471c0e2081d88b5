"""What the attributes of a span say of an HTTP request, in every version of OpenTelemetry's conventions.

The names that are stable since 1.23 come first, then those of before; an instrumentation in between writes
both. Sources: the semantic conventions for HTTP spans, their migration guide, and the tags of OpenTracing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from miner.ingest.attributes import REQUEST_HEADER, RESPONSE_HEADER, Attributes
from miner.ingest.json_values import Record
from miner.ingest.route_templates import normalised, route_of

NAMES: dict[str, tuple[str, ...]] = {
    "address": (
        "client.address",
        "http.client_ip",
        "client.socket.address",
        "network.peer.address",
        "net.sock.peer.addr",
        "net.peer.ip",
        "peer.ipv4",
        "peer.ipv6",
    ),
    "forwarded": (f"{REQUEST_HEADER}x-forwarded-for",),
    "user": ("user.id", "enduser.id", "enduser.pseudo.id", "user.name"),
    "session": ("session.id",),
    "status": ("http.response.status_code", "http.status_code"),
    "bytes": (
        "http.response.body.size",
        "http.response_content_length",
        f"{RESPONSE_HEADER}content-length",
        "http.response.size",
    ),
    "referrer": (f"{REQUEST_HEADER}referer",),
    "agent": ("user_agent.original", "http.user_agent", f"{REQUEST_HEADER}user-agent"),
}
"""Where each field is, the best place first."""
METHOD, METHOD_BEFORE, METHOD_ORIGINAL = "http.request.method", "http.method", "http.request.method_original"
URLS = ("http.target", "url.full", "http.url")
ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def is_http(attributes: Attributes) -> bool:
    """Whether this is a span of HTTP, and not of a queue or a remote procedure."""
    return any(name.startswith(("http.", "url.")) for name in attributes.names())


def request_of(attributes: Attributes) -> Record | None:
    """The fields of the request; None if it has no URL."""
    target = target_of(attributes)
    if target is None:
        return None
    fields: Record = {field: attributes.first(*names) for field, names in NAMES.items()}
    route = route_of(attributes.get("http.route"), target)
    return fields | {"method": method_of(attributes), "target": target, "route": route}


def method_of(attributes: Attributes) -> str | None:
    """The method as the client sent it: invented ones are `_OTHER` in the place of the known ones."""
    method = attributes.get(METHOD)
    if method == "_OTHER":
        return attributes.first(METHOD_ORIGINAL, METHOD_BEFORE, METHOD)
    return method or attributes.get(METHOD_BEFORE)


def target_of(attributes: Attributes) -> str | None:
    """Path and query, never with a host. The route stands in for the path where nothing else is known."""
    return next(targets_of(attributes), None)


def targets_of(attributes: Attributes) -> Iterator[str]:
    """The target in all the ways that it is told, the best first."""
    path, query = attributes.get("url.path"), (attributes.get("url.query") or "").removeprefix("?")
    if "url.path" in attributes.names():
        yield rooted(path or "") + (f"?{query}" if query and "?" not in (path or "") else "")
    for name in URLS:
        if url := attributes.get(name):
            yield without_origin(url)
    if route := attributes.get("http.route"):
        yield normalised(route) or rooted(route)


def without_origin(url: str) -> str:
    """The path and query of a URL, which may have none but these."""
    origin = ORIGIN.match(url)
    return rooted(url[origin.end() :].partition("#")[0] if origin else url)


def rooted(path: str) -> str:
    """The path from the root: frameworks leave the first slash out of routes, and URLs an empty path."""
    return path if path.startswith("/") or path == "*" else f"/{path}"
