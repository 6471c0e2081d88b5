"""One line for each response: nginx combined, then seconds taken and user."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import TextIO
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HEADERS = (b"referer", b"user-agent", b"x-user-id")
UNSAFE = re.compile(r"[^ !#-\[\]-~]")


class AccessLog:
    """ASGI middleware that writes a line to `log` when a response is complete, stamped by `now`."""

    def __init__(self, app: ASGIApp, log: TextIO, now: Callable[[], datetime]) -> None:
        self._app, self._log, self._now = app, log, now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, size = 500, 0  # unless the app says otherwise, it broke
        started = perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            taken = perf_counter() - started
            size = 0 if scope["method"] == "HEAD" else size
            # A line is one small write: whoever reads the log sees it at once.
            self._log.write(log_line(scope, self._now(), status, size, taken))
            self._log.flush()


def log_line(scope: Scope, finished: datetime, status: int, size: int, taken: float) -> str:
    """The line of a response with `size` bytes of body that took `taken` seconds, with its line break."""
    address = scope["client"][0] if scope.get("client") else "-"
    referer, agent, user = _headers(scope)
    request = f"{scope['method']} {_target(scope)} HTTP/{scope['http_version']}"
    return (
        f'{escape(address)} - - [{_stamp(finished)}] "{escape(request)}" {status} {size}'
        f' "{referer}" "{agent}" {taken:.3f} "{user}"\n'
    )


def escape(text: str) -> str:
    r"""`text` as nginx writes it: quotes, backslashes and all that is not printable ASCII as \xHH."""
    return UNSAFE.sub(lambda char: f"\\x{ord(char.group()):02X}", text)


def _headers(scope: Scope) -> list[str]:
    given = dict(reversed(scope["headers"]))  # of a repeated header the first counts
    return [escape(given.get(name, b"").decode("latin-1")) or "-" for name in HEADERS]


def _target(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    query: bytes = scope["query_string"]
    return (raw + b"?" + query if query else raw).decode("latin-1")


def _stamp(moment: datetime) -> str:
    # Not strftime: its months follow the locale.
    utc = moment.astimezone(UTC)
    return f"{utc.day:02}/{MONTHS[utc.month]}/{utc.year}:{utc:%H:%M:%S} +0000"
