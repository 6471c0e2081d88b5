"""What a request meets before the app: bounds, a limit to how many there may be, headers on the answer."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import problem

LARGEST = 64 * 1024
"""Bytes of a body. The largest that makes sense has some 80."""
BODY_SECONDS = 10.0
"""How long a body may take to arrive."""
HEADERS = [
    # Answers are JSON for programs; should a browser show one, it runs nothing and tells nobody.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]
CLOSE = {"Connection": "close"}
"""Says that what is still to come of a body will not be read."""
TOO_LARGE = f"a body may have {LARGEST} bytes"
RateLimit = Callable[[Scope], float]
"""Told of a request, says for how many seconds its sender has to wait; 0 lets it pass."""
log = logging.getLogger("service")


class Guard:
    """ASGI middleware around the app. What breaks inside is logged, and answered with 500."""

    def __init__(self, app: ASGIApp, rate_limit: RateLimit | None = None) -> None:
        self._app, self._limit = app, rate_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        try:
            if refusal := self._refusal(scope):
                await refusal(scope, receive, guarded)
            else:
                await self._app(scope, bounded(receive), guarded)
        except Exception:
            log.exception("A request could not be answered.")
            if begun:
                raise  # the connection is closed, so that nobody takes half an answer for a whole one
            await problem(500, "something went wrong here")(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        """The answer to a request that goes no further."""
        headers = dict(scope["headers"])
        if (length := headers.get(b"content-length", b"0")) != b"0" or b"transfer-encoding" in headers:
            if length.isdigit() and int(length[:9]) > LARGEST:  # it may have thousands of digits
                return problem(413, TOO_LARGE, CLOSE)
            if headers.get(b"content-type", b"").split(b";")[0].strip().lower() != b"application/json":
                return problem(415, "a body has to be application/json", CLOSE)
        if self._limit and (wait := self._limit(scope)) > 0:
            return problem(429, "too many requests; wait", {"Retry-After": str(math.ceil(wait))})
        return None


def bounded(receive: Receive) -> Receive:
    """`receive` for a body that is not too large, and arrives in time. Raises HTTPException 413 and 408."""
    size, until = 0, asyncio.get_running_loop().time() + BODY_SECONDS

    async def receive_bounded() -> Message:
        nonlocal size
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError as error:
            raise HTTPException(408, "the body came too slowly", CLOSE) from error
        size += len(message.get("body", b""))
        if size > LARGEST:
            raise HTTPException(413, TOO_LARGE, CLOSE)
        return message

    return receive_bounded
