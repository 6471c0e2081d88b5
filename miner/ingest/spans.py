"""Spans become records: OTLP as JSON, in lines or documents, and Jaeger's JSON.

Only spans of kind SERVER that speak of HTTP are requests; the others are blank, as are spans of other
services than the one asked for, and metrics and logs that share the file. OTLP is also read as Jaeger's and
Tempo's query interfaces wrap it, and with the name that scopes had before version 0.19. In a document of many
lines, a resource that comes only after its spans, as no exporter writes it, does not tell their service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from miner.ingest.attributes import Attributes
from miner.ingest.document_tree import Found, Layout, Step, walk
from miner.ingest.documents import found
from miner.ingest.http_attributes import is_http, request_of
from miner.ingest.json_values import Object, Record, blank, compact, number_of, seconds, text_of, within
from miner.ingest.sampling import sampled

OTLP: Layout = (
    Step(("resourceSpans", "batches")),
    Step(("scopeSpans", "instrumentationLibrarySpans")),
    Step(("spans",)),
)
WRAPPED: Layout = (Step(("result", "trace"), many=False), *OTLP)
JAEGER: Layout = (Step(("data",)),)
IN_TRACE: Layout = (Step(("spans",)),)
"""A trace of Jaeger is taken as a whole: what its spans refer to comes after them."""
OTHER_SIGNALS = frozenset({"resourceMetrics", "resourceLogs", "resourceProfiles"})
SERVER = frozenset({"2", "SERVER", "SPAN_KIND_SERVER"})
NO_SPANS = "document is of another signal, or empty"
NO_SERVER = "span is not of kind SERVER"
OTHER_SERVICE = "span is of another service"
NO_HTTP = "span is no HTTP request"
NO_URL = "span has no URL"
HEX = re.compile(r"[0-9a-fA-F]+")


def spans(stream: BinaryIO, service: str | None) -> Iterator[Record]:
    """A record per span, and one per line or part that cannot be parsed, in their order."""
    for one in found(stream, (OTLP, WRAPPED, JAEGER)):
        if one.flaw:
            yield flawed(one)
        elif one.place == "data":
            for inner in walk(one.value, IN_TRACE, one.holders):
                yield inner.reject() if inner.flaw else of_jaeger(inner, service)
        else:
            yield of_otlp(one, service)


def flawed(one: Found) -> Record:
    """What stands in the place of spans: a reject, but for an empty document or one of another signal."""
    if not one.holders and isinstance(one.value, dict) and OTHER_SIGNALS.issuperset(one.value):
        return blank(NO_SPANS)
    return one.reject()


def of_otlp(one: Found, service: str | None) -> Record:
    """The record of a span of OTLP."""
    span = one.value
    if (text_of(span.get("kind")) or "").upper() not in SERVER:
        return blank(NO_SERVER)
    if service is not None and service != (theirs := otlp_service(one.holders)):
        return blank(OTHER_SERVICE, service=theirs)
    attributes = Attributes(span.get("attributes"))
    started, ended = number_of(span.get("startTimeUnixNano")), number_of(span.get("endTimeUnixNano"))
    return record(
        span,
        attributes,
        stamp=text_of(span.get("startTimeUnixNano")) if started != 0 else None,
        lasted=seconds(ended - started) if started and ended else None,
        trace_id=trace_id(span.get("traceId")),
        sampled="1" if sampled(attributes, text_of(span.get("traceState"))) else None,
    )


def otlp_service(holders: tuple[Object, ...]) -> str | None:
    """The service that the resource around a span says it is of."""
    resources = (within(holder, "resource") for holder in holders if "resource" in holder)
    resource = next(resources, {})
    return Attributes(resource.get("attributes")).get("service.name")


def of_jaeger(one: Found, service: str | None) -> Record:
    """The record of a span of Jaeger, with its microseconds as nanoseconds."""
    span, trace = one.value, one.holders[-1]
    attributes = Attributes(span.get("tags"))
    if (attributes.get("span.kind") or "").upper() not in SERVER:
        return blank(NO_SERVER)
    if service is not None and service != (theirs := jaeger_service(span, trace)):
        return blank(OTHER_SERVICE, service=theirs)
    started, lasted = number_of(span.get("startTime")), number_of(span.get("duration"))
    return record(
        span,
        attributes,
        stamp=text_of(span.get("startTime")) if started is None else str(started * 1000) if started else None,
        lasted=text_of(span.get("duration")) if lasted is None else seconds(lasted * 1000),
        trace_id=trace_id(span.get("traceID")),
        sampled="1" if sampled(attributes, attributes.get("w3c.tracestate")) else None,
    )


def jaeger_service(span: Object, trace: Object) -> str | None:
    """The service of the span's process, which is in the span, or among those of the trace."""
    process = within(span, "process") or within(
        within(trace, "processes"), text_of(span.get("processID")) or ""
    )
    return text_of(process.get("serviceName"))


def record(span: Object, attributes: Attributes, **fields: str | None) -> Record:
    """The record of a SERVER span, given what its attributes do not say."""
    if not is_http(attributes):
        return blank(NO_HTTP)
    request = request_of(attributes)
    if request is None:
        return {"raw": compact(span), "flaw": NO_URL}
    return {"raw": compact(span), **fields, **request}


def trace_id(value: Any) -> str | None:
    """A trace's id: in lower case, unless it is written in base64, where case matters."""
    text = text_of(value)
    return text.lower() if text and HEX.fullmatch(text) else text
