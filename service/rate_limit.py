"""How many requests one caller may make."""

from __future__ import annotations

import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.types import Scope

from service.errors import ServiceError
from service.guard import RateLimit


def per_caller(rate: str) -> RateLimit:
    """Each caller, by id or else by address, may make so many requests, such as `100/second`.

    Each worker counts for itself. Raises ServiceError if that is no rate.
    """
    try:
        most = parse(rate)
    except ValueError as error:
        raise ServiceError(
            f"{rate!r} is not a rate.", "Say for example 100/second or 2000/minute."
        ) from error
    counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def wait(scope: Scope) -> float:
        who = dict(scope["headers"]).get(b"x-user-id", b"").decode("latin-1") or (scope["client"] or [""])[0]
        if counter.hit(most, who):
            return 0.0
        return max(counter.get_window_stats(most, who).reset_time - time.time(), 1.0)

    return wait
