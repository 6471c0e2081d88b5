"""What a connection may do before there is a request: take its time, and talk, within bounds."""

from __future__ import annotations

import asyncio
import http
import json
from time import perf_counter
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.guard import HEADERS

LARGEST_HEAD = 32 * 1024
"""Bytes of a request before its body."""
HEAD_SECONDS = 10.0
"""How long they may take to arrive, from the connection or from the first of them."""


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 on one connection. Says in a request's state when it began, and if its client is gone."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._received = 0.0
        self._head: int | None = None
        """Bytes so far of the head that is coming in."""
        self._late: asyncio.TimerHandle | None = None
        self._refusal = http.HTTPStatus.BAD_REQUEST

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._late = self.loop.call_later(HEAD_SECONDS, self._too_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._in_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received = perf_counter()
        super().data_received(data)
        if self._head is not None and not self.transport.is_closing():
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self._refuse(http.HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["first_byte"] = self._received
        self.scope["state"]["gone"] = self.transport.is_closing
        self._head = 0
        if self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self._too_late)

    def on_headers_complete(self) -> None:
        self._in_time()
        self._head = None
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            self._refusal = http.HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError  # which the parser passes on, and so we come to send_400_response
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        self._refuse(self._refusal)

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _too_late(self) -> None:
        if self._head is None:
            self.transport.close()  # it never said anything
        else:
            self._refuse(http.HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: http.HTTPStatus) -> None:
        """The client is told why, and the connection is closed."""
        body = json.dumps({"detail": status.phrase.lower()}).encode()
        head = [
            f"HTTP/1.1 {status.value} {status.phrase}".encode(),
            b"content-type: application/json",
            b"content-length: %d" % len(body),
            b"connection: close",
            *(name + b": " + value for name, value in HEADERS),
        ]
        self.transport.write(b"\r\n".join(head) + b"\r\n\r\n" + body)
        self.transport.close()
