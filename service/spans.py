"""A span for each exchange, made by the OpenTelemetry SDK and written as OTLP/JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AnyValue

from service.exchange import Exchange
from service.json_log import text_of

SERVICE = "friend-service"
BATCH = 256
"""Spans in a line at most, some 250 kB."""
SAMPLED = TraceFlags(TraceFlags.SAMPLED)
UNSET, BROKEN = Status(StatusCode.UNSET), Status(StatusCode.ERROR)
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
"""Those that the semantic conventions know by name."""
LOCAL, REMOTE = 0x100, 0x300
"""Flags of a span whose parent is known to be of this service, or another."""


class Spans:
    """The spans of one process: `lines` is how a LogFile writes exchanges as OTLP/JSON.

    Every exchange is recorded, also where the caller's trace is not sampled: this is a log.
    """

    def __init__(self) -> None:
        provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}), shutdown_on_exit=False)
        self._resource, self._ids = provider.resource, provider.id_generator
        self._callers = TraceContextTextMapPropagator()

    def lines(self, exchanges: Sequence[Exchange]) -> bytes:
        """A document of OTLP/JSON for every 256 exchanges."""
        batches = (exchanges[start : start + BATCH] for start in range(0, len(exchanges), BATCH))
        return b"".join(document([self.span(one) for one in batch]) for batch in batches)

    def span(self, exchange: Exchange) -> ReadableSpan:
        """The span of kind SERVER of the exchange, a child of the caller's if there is one."""
        # An exchange is over when we hear of it. A tracer, which starts spans and ends them later, would
        # come to the same span, but takes fifteen times as long.
        parent = self._parent(exchange.traceparent)
        return ReadableSpan(
            name_of(exchange),
            SpanContext(
                parent.trace_id if parent else self._ids.generate_trace_id(),
                self._ids.generate_span_id(),
                is_remote=False,
                trace_flags=SAMPLED,
            ),
            parent,
            self._resource,
            attributes_of(exchange),
            kind=SpanKind.SERVER,
            status=BROKEN if exchange.status >= 500 else UNSET,
            start_time=nanoseconds(exchange.started),
            end_time=nanoseconds(exchange.finished),
        )

    def _parent(self, traceparent: bytes) -> SpanContext | None:
        if not traceparent:
            return None
        caller = self._callers.extract({"traceparent": traceparent.decode("latin-1")}, Context())
        context = get_current_span(caller).get_span_context()
        return context if context.is_valid else None


def document(spans: Sequence[ReadableSpan]) -> bytes:
    """Spans of one process as a line of OTLP/JSON, whose ids are hex, unlike other bytes.

    Source: the JSON encoding in the OTLP specification, and trace.proto.
    """
    resource = {"attributes": encoded(spans[0].resource.attributes)}
    scoped = {"scope": {"name": SERVICE}, "spans": [document_of(span) for span in spans]}
    return orjson.dumps(
        {"resourceSpans": [{"resource": resource, "scopeSpans": [scoped]}]}, option=orjson.OPT_APPEND_NEWLINE
    )


def nanoseconds(moment: datetime) -> int:
    """Since 1970, exactly: a float would not hold them."""
    return (moment - EPOCH) // MICROSECOND * 1000


def name_of(exchange: Exchange) -> str:
    """Method and route: a name must not hold what differs from one request to the next."""
    method = exchange.method if exchange.method in METHODS else "HTTP"
    return f"{method} {exchange.route}" if exchange.route else method


def attributes_of(exchange: Exchange) -> dict[str, AnyValue]:
    """What the semantic conventions for HTTP servers say of a request, stable since 1.23."""
    path, _, query = exchange.target.partition(b"?")
    known = exchange.method in METHODS
    attributes: dict[str, AnyValue] = {
        "http.request.method": exchange.method if known else "_OTHER",
        "url.scheme": exchange.scheme,
        "url.path": text_of(path) or "/",
        "network.protocol.version": exchange.http_version,
        "http.response.status_code": exchange.status,
        "http.response.body.size": exchange.size,
    }
    more = {
        "http.request.method_original": None if known else exchange.method,
        "url.query": text_of(query),
        "http.route": exchange.route,
        "client.address": exchange.address,
        "user_agent.original": text_of(exchange.agent),
        "user.id": text_of(exchange.user),
        "error.type": str(exchange.status) if exchange.status >= 500 else None,
    }
    attributes.update((name, value) for name, value in more.items() if value)
    if referer := text_of(exchange.referer):
        attributes["http.request.header.referer"] = (referer,)
    return attributes


def document_of(span: ReadableSpan) -> dict[str, Any]:
    """The span as OTLP/JSON has it."""
    context, parent = span.context, span.parent
    document = {
        "traceId": f"{context.trace_id:032x}",
        "spanId": f"{context.span_id:016x}",
        "flags": context.trace_flags | (REMOTE if parent else LOCAL),
        "name": span.name,
        "kind": 2,
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": encoded(span.attributes or {}),
        "status": {"code": span.status.status_code.value},
    }
    if parent:
        document["parentSpanId"] = f"{parent.span_id:016x}"
    return document


def encoded(attributes: Mapping[str, AnyValue]) -> list[dict[str, Any]]:
    """Attributes as OTLP/JSON has them."""
    return [{"key": name, "value": _value(value)} for name, value in attributes.items()]


def _value(value: AnyValue) -> dict[str, Any]:
    if isinstance(value, int):
        return {"intValue": str(value)}  # JSON's numbers would not hold all 64 bits
    if isinstance(value, tuple):
        return {"arrayValue": {"values": [_value(one) for one in value]}}
    return {"stringValue": str(value)}
