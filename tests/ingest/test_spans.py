"""Spans of OTLP and Jaeger become records."""

from __future__ import annotations

import json
from typing import Any

import pytest
from telemetry import (
    BEFORE,
    ENDED,
    EXPECTED,
    STABLE,
    STARTED,
    Object,
    jaeger,
    otlp,
    otlp_span,
    read,
    without_raw,
)


@pytest.mark.parametrize("attributes", [BEFORE, STABLE, BEFORE | STABLE], ids=["before", "stable", "both"])
def test_both_conventions_give_the_same_record(attributes: Object) -> None:
    """A request is the same record by whichever conventions its span tells it, or by both."""
    (record,) = read(otlp(otlp_span(attributes)))
    assert without_raw(record) == EXPECTED
    assert json.loads(record["raw"] or "") == otlp_span(attributes)


@pytest.mark.parametrize("attributes", [BEFORE, STABLE], ids=["before", "stable"])
def test_jaeger_gives_the_same_record(attributes: Object) -> None:
    """A request is the same record from Jaeger, whose clock has microseconds and whose lists are text."""
    (record,) = read(jaeger(attributes))
    assert without_raw(record) == EXPECTED | {"lasted": "0.012345000"}


@pytest.mark.parametrize(
    ("kind", "is_request"),
    [
        (2, True),
        ("2", True),
        (2.0, True),
        ("SPAN_KIND_SERVER", True),
        ("server", True),
        *((kind, False) for kind in (None, 0, 1, 3, 4, 5, True, [2], {"a": 2}, "SPAN_KIND_CLIENT", "", 2.5)),
    ],
)
def test_only_spans_of_servers_are_requests(kind: Any, is_request: bool) -> None:
    """A span is a request if its kind is SERVER, however that is written; else it is blank."""
    (record,) = read(otlp(otlp_span(STABLE, kind=kind)))
    assert ("target" in record, record.get("blank")) == (is_request, None if is_request else "1")


def test_other_services_are_blank() -> None:
    """If a service is asked for, spans of others are blank and tell whose they are."""
    documents = [otlp(otlp_span(STABLE)), otlp(otlp_span(STABLE), service="payment"), jaeger(STABLE)]
    documents += [jaeger(STABLE, processID="p2"), jaeger(STABLE, process={"serviceName": "other"})]
    records = read(*documents, service="shop")
    assert ["target" in one for one in records] == [True, False, True, False, False]
    assert [one["service"] for one in records if "blank" in one] == ["payment", "payment", "other"]


def test_what_is_no_http_is_blank_and_what_has_no_url_is_a_flaw() -> None:
    """Remote procedures, queues and other signals are blank; a request without a URL is a flaw."""
    members: tuple[Object, ...] = (
        {"rpc.system": "grpc"},
        {"messaging.system": "kafka"},
        {},
        {"http.request.method": "GET"},
    )
    records = read(otlp(*map(otlp_span, members)), {"resourceMetrics": []}, {"resourceLogs": 5}, {})
    assert ["blank" in one for one in records] == [True] * 3 + [False] + [True] * 3
    assert records[3]["flaw"] == "span has no URL"


@pytest.mark.parametrize(
    ("attributes", "target"),
    [
        ({"url.path": "/a", "url.query": "?b=1"}, "/a?b=1"),
        ({"url.path": "", "url.query": ""}, "/"),
        ({"url.path": "/a?b=1", "url.query": "b=1"}, "/a?b=1"),
        ({"url.full": "https://user:secret@example.org:8443/a?b=1#top"}, "/a?b=1"),
        ({"url.full": "https://example.org"}, "/"),
        ({"url.full": "https://example.org?b=1"}, "/?b=1"),
        ({"http.url": "http://[::1]:80/a"}, "/a"),
        ({"http.target": "http://example.org/a?b=http://x/"}, "/a?b=http://x/"),
        ({"http.target": "*"}, "*"),
        ({"http.route": "users/:id"}, "/users/{id}"),
        ({"http.route": "/static/*"}, "/static/*"),
        ({"url.path": "/ü"}, "/ü"),
    ],
)
def test_the_target_is_path_and_query(attributes: Object, target: str) -> None:
    """The target never has a scheme, host or fragment, and begins with a slash."""
    (record,) = read(otlp(otlp_span({"http.method": "GET"} | attributes)))
    assert record["target"] == target


@pytest.mark.parametrize(
    ("attributes", "method"),
    [
        ({"http.request.method": "_OTHER", "http.request.method_original": "BREW"}, "BREW"),
        ({"http.request.method": "_OTHER", "http.method": "BREW"}, "BREW"),
        ({"http.request.method": "_OTHER"}, "_OTHER"),
        ({"http.request.method": "GET", "http.request.method_original": "get"}, "GET"),
        ({}, None),
    ],
)
def test_the_method_is_the_one_that_was_sent(attributes: Object, method: str | None) -> None:
    """An invented method is in the place for originals."""
    (record,) = read(otlp(otlp_span({"url.path": "/a"} | attributes)))
    assert record["method"] == method


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"intValue": "200"}, "200"),
        ({"intValue": 200}, "200"),
        ({"doubleValue": 200.0}, "200"),
        ({"doubleValue": 200.5}, "200.5"),
        ({"boolValue": True}, "true"),
        ({"stringValue": ""}, None),
        ({"arrayValue": {"values": [{"intValue": 200}, {"stringValue": "x"}]}}, "200, x"),
        ({"arrayValue": [5, None]}, "5"),
        ({"kvlistValue": {"values": []}}, None),
        ({}, None),
        (None, None),
        (200, "200"),
    ],
)
def test_values_of_every_type_are_text(value: Any, text: str | None) -> None:
    """A value is text whatever OTLP wraps it in, and a missing or empty one is none."""
    attributes = [
        {"key": "url.path", "value": {"stringValue": "/"}},
        {"key": "http.status_code", "value": value},
    ]
    (record,) = read(otlp(otlp_span({}, attributes=attributes)))
    assert record["status"] == text


@pytest.mark.parametrize(
    ("times", "stamp", "lasted"),
    [
        ((STARTED, ENDED), str(STARTED), "0.012345678"),
        ((str(STARTED), None), str(STARTED), None),
        ((str(ENDED), str(STARTED)), str(ENDED), "-0.012345678"),
        (("0", str(ENDED)), None, None),
        (("soon", str(ENDED)), "soon", None),
        (("9" * 5000, str(ENDED)), "9" * 5000, None),
        ((None, None), None, None),
        (([], {}), None, None),
    ],
)
def test_times_are_passed_on(times: tuple[Any, Any], stamp: str | None, lasted: str | None) -> None:
    """The start is text in nanoseconds, the duration exact seconds; what is unknown is none."""
    (record,) = read(otlp(otlp_span(STABLE, startTimeUnixNano=times[0], endTimeUnixNano=times[1])))
    assert (record["stamp"], record["lasted"]) == (stamp, lasted)


def test_sampled_spans_say_so_in_their_record() -> None:
    """Trace states are read where OTLP and Jaeger have them."""
    records = read(
        otlp(otlp_span(STABLE, traceState="ot=th:8")), jaeger(STABLE | {"w3c.tracestate": "ot=th:8"})
    )
    assert [one["sampled"] for one in records] == ["1", "1"]
