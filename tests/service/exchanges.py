"""A request and its response, of which logs have something to tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from service.exchange import Exchange

NOON = datetime(2026, 3, 23, 12, tzinfo=UTC)
ROUTE = "/friend-service/v1/users/{user_id}"
EXCHANGE = Exchange(
    finished=NOON + timedelta(microseconds=123_456),
    seconds=0.0123454,
    method="GET",
    target=b"/friend-service/v1/users/812?full=%20",
    scheme="http",
    http_version="1.1",
    status=200,
    size=70,
    address="192.0.2.7",
    referer="http://friends/caf\u00e9".encode(),
    agent=b"curl/8.5",
    user=b"94",
    traceparent=b"",
    route=ROUTE,
)
