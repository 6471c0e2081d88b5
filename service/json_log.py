"""A line of JSON for each exchange, in the names that nginx has for its variables."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from service.exchange import Exchange


def json_lines(exchanges: Sequence[Exchange]) -> bytes:
    """A line for each, stamped by the end of the exchange. Times are to the microsecond."""
    return b"".join(map(json_line, exchanges))


def json_line(exchange: Exchange) -> bytes:
    """The line, with its line break."""
    return orjson.dumps(
        {
            "time_iso8601": exchange.finished,
            "remote_addr": exchange.address,
            "request_method": exchange.method,
            "request_uri": text_of(exchange.target),
            "server_protocol": f"HTTP/{exchange.http_version}",
            "status": exchange.status,
            "body_bytes_sent": exchange.size,
            "http_referer": text_of(exchange.referer),
            "http_user_agent": text_of(exchange.agent),
            "http_traceparent": text_of(exchange.traceparent),
            "request_time": round(exchange.seconds, 6),
            "http_x_user_id": text_of(exchange.user),
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )


def text_of(raw: bytes) -> str | None:
    r"""What a client sent, as text: bytes that are no UTF-8 as \xhh. None if it sent nothing."""
    return raw.decode("utf-8", "backslashreplace") if raw else None
