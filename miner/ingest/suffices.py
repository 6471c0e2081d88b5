"""Spans and archives must tell what the traffic was: else nothing is stored, and it is said why."""

from __future__ import annotations

from miner.errors import MinerError, TooLittleData
from miner.ingest.lines import Seen
from miner.ingest.records import SAMPLED
from miner.ingest.spans import NO_HTTP, NO_SERVER, NO_URL, OTHER_SERVICE

URL_HINT = "Export spans with the HTTP attributes of OpenTelemetry: url.path or http.target, and the method."


def must_suffice(name: str, requests: int, seen: Seen, service: str | None) -> None:
    """Raises MinerError or TooLittleData unless there are requests among the records."""
    if requests:
        return
    if service and OTHER_SERVICE in seen.asides:
        others = ", ".join(sorted(seen.services)[:10])
        raise MinerError(f"{name} has no span of the service {service!r}.", f"It has spans of: {others}.")
    if NO_URL in seen.asides or "entry has no URL" in seen.asides:
        raise TooLittleData(f"{name}: its spans have no URL, so nobody knows what was asked for.", URL_HINT)
    if NO_HTTP in seen.asides:
        raise TooLittleData(f"{name}: its SERVER spans are no HTTP requests, and have no URL.", URL_HINT)
    if NO_SERVER in seen.asides:
        raise TooLittleData(
            f"{name} has no span of kind SERVER.", "Export what services answered, not only what they asked."
        )
    if not seen.lines:
        raise MinerError(f"{name} has no spans or entries in it.", "Name an export with traffic in it.")


def remark(name: str, seen: Seen) -> list[str]:
    """What is to be said of sampled traces."""
    if not seen.asides[SAMPLED]:
        return []
    return [
        f"{name}: {seen.asides[SAMPLED]} spans are of sampled traces: rates are too low, paths have gaps."
    ]
