"""The fields that every kind of line is taken apart into, as text, before any of it is judged."""

from __future__ import annotations

FIELDS = (
    "address",
    "forwarded",
    "remote_user",
    "user",
    "client_session",
    "stamp",
    "ended",
    "request",
    "method",
    "target",
    "query",
    "status",
    "bytes",
    "referrer",
    "agent",
    "lasted",
    "trace_id",
    "route",
)
