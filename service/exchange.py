"""A request and its response, measured and handed to whoever keeps account of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

FAILED = 500
GONE = 499
"""The client went away before it had an answer: nginx's status, for there is no official one."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response. Bytes are as the client sent them: whoever writes them makes them safe."""

    finished: datetime
    """In UTC, by the service's clock, which may be virtual."""
    seconds: float
    """From the first byte in to the last byte out, by a clock that never jumps."""
    method: str
    target: bytes
    scheme: str
    http_version: str
    status: int
    size: int
    """Bytes of body that were sent."""
    address: str | None
    referer: bytes
    agent: bytes
    user: bytes
    traceparent: bytes
    route: str | None
    """Its template; None where the service has none for the target."""

    @property
    def started(self) -> datetime:
        """When the first byte came in."""
        return self.finished - timedelta(seconds=self.seconds)


Sink = Callable[[Exchange], object]


class Watch:
    """ASGI middleware that hands every exchange to the sinks, once, when its last byte has been sent.

    `begun` is called when a request comes in. A server may leave two things in the scope's `state`:
    `first_byte`, the perf_counter() of the request's first byte (else it is when the app is called), and
    `gone`, which says whether the client has left (else only a failing receive or send tells).
    """

    def __init__(
        self,
        app: ASGIApp,
        sinks: Sequence[Sink],
        now: Callable[[], datetime],
        begun: Sequence[Callable[[], object]] = (),
    ) -> None:
        self._app, self._sinks, self._now, self._begun = app, tuple(sinks), now, tuple(begun)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        for begun in self._begun:
            begun()
        watched = Watched(scope, receive, send, self._hand_over)
        try:
            await self._app(scope, watched.receive, watched.send)
        finally:
            watched.finish()

    def _hand_over(self, watched: Watched) -> None:
        seconds = perf_counter() - watched.first_byte
        exchange = _exchange(watched, self._now().astimezone(UTC), seconds)
        for sink in self._sinks:
            sink(exchange)


class Watched:
    """An exchange that is going on; `done` is called with it when it is over."""

    __slots__ = ("_done", "_over", "_receive", "_send", "first_byte", "gone", "scope", "size", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send, done: Callable[[Watched], object]) -> None:
        state = scope.get("state") or {}
        self.first_byte: float = state.get("first_byte") or perf_counter()
        self.gone: Callable[[], bool] | None = state.get("gone")
        self.scope, self._receive, self._send, self._done = scope, receive, send, done
        self.status, self.size, self._over = 0, 0, False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._answered(GONE)
        return message

    async def send(self, message: Message) -> None:
        if self.gone is not None and self.gone():
            self._answered(GONE)
        try:
            await self._send(message)
        except OSError:  # what ASGI wants servers to raise when the client has gone
            self._answered(GONE)
            raise
        if message["type"] == "http.response.start":
            self._answered(message["status"])
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
            if not message.get("more_body", False):
                self.finish()

    def finish(self) -> None:
        """Nothing more is counted. Without an answer so far, the service has failed."""
        if not self._over:
            self._over = True
            self._answered(FAILED)
            self._done(self)

    def _answered(self, status: int) -> None:
        # What comes first counts: who leaves during the answer has got its status.
        self.status = self.status or status


def _exchange(watched: Watched, finished: datetime, seconds: float) -> Exchange:
    scope = watched.scope
    header = dict(reversed(scope["headers"])).get  # of a repeated header the first counts
    client, method = scope.get("client"), scope["method"]
    return Exchange(
        finished,
        seconds,
        method,
        _target(scope),
        scope.get("scheme", "http"),
        scope["http_version"],
        watched.status,
        0 if method == "HEAD" else watched.size,
        client[0] if client else None,
        header(b"referer", b""),
        header(b"user-agent", b""),
        header(b"x-user-id", b""),
        header(b"traceparent", b""),
        getattr(scope.get("route"), "path", None),
    )


def _target(scope: Scope) -> bytes:
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    query: bytes = scope["query_string"]
    return raw + b"?" + query if query else raw
