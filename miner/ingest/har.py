"""Entries of HTTP archives (HAR 1.2), which browsers record, become records.

A recording is of one browser, so all of it is one session, named after its first entry's stamp. What never
reached a service is blank: what the browser took from its cache or blocked, and what is no HTTP (`data:`,
`blob:`, web sockets, extensions). A recording has requests to other hosts too; each record tells its `host`.
Bodies, cookies and headers are left out of `raw`: nobody needs them to see what is wrong with an entry. The
status of a request without an answer is 0, as browsers write it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from miner.ingest.document_tree import Layout, Step
from miner.ingest.documents import found
from miner.ingest.http_attributes import without_origin
from miner.ingest.json_values import (
    Object,
    Record,
    blank,
    compact,
    number_of,
    objects,
    seconds,
    text_of,
    within,
)

ENTRIES: Layout = (Step(("log",), many=False), Step(("entries",)))
SCHEME = re.compile(r"(?i)(?!https?:)[a-z][a-z0-9+.-]*:")
"""Of what is no HTTP."""
HOST = re.compile(r"(?i)https?://(?:[^/?#@]*@)?([^/?#]*)")
BLOCKED = "net::ERR_BLOCKED_BY"
LEFT_OUT = frozenset({"cookies", "headers", "queryString", "postData", "content"})
HEADERS = {"referrer": "referer", "agent": "user-agent", "forwarded": "x-forwarded-for"}
LONGEST = 1e12
"""Milliseconds that are a duration: 30 years."""


def har(stream: BinaryIO) -> Iterator[Record]:
    """A record per entry, and one per part that cannot be parsed, in their order."""
    archive: Object | None = None
    session: str | None = None
    for one in found(stream, (ENTRIES,)):
        if one.flaw:
            yield one.reject()
            continue
        if archive is not one.holders[0]:
            archive, session = one.holders[0], None
        session = session or text_of(one.value.get("startedDateTime"))
        yield of_entry(one.value, session)


def of_entry(entry: Object, session: str | None) -> Record:
    """The record of an entry."""
    request, response = within(entry, "request"), within(entry, "response")
    url = text_of(request.get("url"))
    if url is None:
        return {"raw": lean(entry), "flaw": "entry has no URL"}
    if SCHEME.match(url) or is_unsent(entry, response):
        return blank("entry needed no service")
    host = HOST.match(url)
    return {
        "raw": lean(entry),
        "stamp": text_of(entry.get("startedDateTime")),
        "lasted": lasted(entry.get("time")),
        "address": text_of(entry.get("clientIPAddress")),
        "session": session,
        "method": text_of(request.get("method")),
        "target": without_origin(url),
        "host": host[1] if host else None,
        "status": text_of(response.get("status")),
        "bytes": size(response),
        **from_headers(request.get("headers")),
    }


def is_unsent(entry: Object, response: Object) -> bool:
    """Whether the browser needed no service for the entry: Chrome says so in keys of its own."""
    error = text_of(response.get("_error")) or ""
    return bool(entry.get("_fromCache")) or error.startswith(BLOCKED)


def lasted(milliseconds: Any) -> str | None:
    """The duration in seconds; what is no number stays as it is. -1 means unknown."""
    text = text_of(milliseconds)
    try:
        number = float(text or "-1")
    except ValueError:
        return text
    if number < 0:
        return None
    return seconds(round(number * 10**6)) if number < LONGEST else text


def size(response: Object) -> str | None:
    """The bytes of the body as sent, else as unpacked; -1 means unknown."""
    sizes = (number_of(response.get("bodySize")), number_of(within(response, "content").get("size")))
    return next((str(one) for one in sizes if one is not None and one >= 0), None)


def from_headers(headers: Any) -> Record:
    """The fields that are in headers of the request, whose names have any case."""
    pairs = {(text_of(one.get("name")) or "").lower(): one.get("value") for one in objects(headers)}
    return {field: text_of(pairs.get(name)) for field, name in HEADERS.items()}


def lean(entry: Object) -> str:
    """The entry without what is large or private in it, and without the browser's own keys."""
    parts = {
        name: {key: value for key, value in within(entry, name).items() if key not in LEFT_OUT}
        for name in ("request", "response")
        if isinstance(entry.get(name), dict)
    }
    return compact({key: value for key, value in (entry | parts).items() if not key.startswith("_")})
