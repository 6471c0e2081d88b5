"""Entries of HTTP archives become records."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.ingest.har import har
from miner.ingest.json_values import Record

Object = dict[str, Any]

STARTED = "2026-03-23T11:11:12.250+01:00"
MUTATIONS = 60
"""Archives that a property is tried on."""


def entry(**changes: Any) -> Object:
    """An entry as browsers write it; parts that are given replace those of `request` and `response`."""
    request = {
        "method": "GET",
        "url": "https://user:hush@example.org:8443/users/812?full=1#top",
        "httpVersion": "HTTP/2",
        "headers": [
            {"name": "User-Agent", "value": "Mozilla/5.0 (X11)"},
            {"name": "referer", "value": "https://example.org/"},
            {"name": "Cookie", "value": "sid=hush"},
        ],
        "cookies": [{"name": "sid", "value": "hush"}],
        "postData": {"mimeType": "text/plain", "text": "hush"},
    }
    response = {"status": 200, "bodySize": 512, "content": {"size": 2048, "text": "hush"}, "headers": []}
    return {
        "startedDateTime": changes.pop("started", STARTED),
        "time": changes.pop("time", 12.345678),
        "request": request | changes.pop("request", {}),
        "response": response | changes.pop("response", {}),
        "_initiator": {"type": "script"},
    } | changes


def archive(*entries: Any) -> Object:
    """An archive of these entries."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "x", "version": "1"},
            "pages": [],
            "entries": [*entries],
        }
    }


def read(*documents: Any, indent: int | None = 2) -> list[Record]:
    """The records of the archives, which are written one after another."""
    text = "\n".join(json.dumps(one, indent=indent) for one in documents)
    return list(har(io.BytesIO(text.encode())))


@pytest.mark.parametrize("indent", [None, 2], ids=["lines", "pretty"])
def test_an_entry_is_a_record(indent: int | None) -> None:
    """An entry has its request's fields, without host, fragment and credentials in its target."""
    (record,) = read(archive(entry()), indent=indent)
    raw = record.pop("raw") or ""
    assert record == {
        "stamp": STARTED,
        "lasted": "0.012345678",
        "address": None,
        "forwarded": None,
        "session": STARTED,
        "method": "GET",
        "target": "/users/812?full=1",
        "host": "example.org:8443",
        "status": "200",
        "bytes": "512",
        "referrer": "https://example.org/",
        "agent": "Mozilla/5.0 (X11)",
    }
    assert "sid" not in raw
    assert json.loads(raw)["response"] == {"status": 200, "bodySize": 512}


def test_an_archive_is_a_session() -> None:
    """All entries of an archive have one session, and those of another archive another."""
    later = "2026-03-24T10:00:00Z"
    records = read(archive(entry(), entry(started=later)), archive(entry(started=later)))
    assert [one["session"] for one in records] == [STARTED, STARTED, later]


@pytest.mark.parametrize(
    "changes",
    [
        *({"request": {"url": url}} for url in ("data:image/png;base64,AAAA", "blob:https://example.org/1")),
        *({"request": {"url": url}} for url in ("wss://example.org/live", "chrome-extension://abc/x.js")),
        {"_fromCache": "memory"},
        {"response": {"status": 0, "_error": "net::ERR_BLOCKED_BY_CLIENT"}},
    ],
)
def test_what_never_reached_a_service_is_blank(changes: Object) -> None:
    """What the browser had, made or blocked itself is no request."""
    (record,) = read(archive(entry(**changes)))
    assert record["blank"] == "1"


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"time": -1}, "lasted", None),
        ({"time": "12.5"}, "lasted", "0.012500000"),
        ({"time": "soon"}, "lasted", "soon"),
        ({"time": 1e300}, "lasted", str(1e300)),
        ({"time": 0}, "lasted", "0.000000000"),
        ({"time": None}, "lasted", None),
        ({"response": {"status": 0}}, "status", "0"),
        ({"response": {"bodySize": -1}}, "bytes", "2048"),
        ({"response": {"bodySize": -1, "content": None}}, "bytes", None),
        ({"response": {"bodySize": 0}}, "bytes", "0"),
        ({"request": {"url": "/relative"}}, "target", "/relative"),
        ({"request": {"url": "HTTPS://example.org"}}, "target", "/"),
        ({"request": {"headers": {"name": 5}}}, "agent", None),
        ({"request": {"url": 5}}, "target", "/5"),
        ({"request": {"url": ""}}, "flaw", "entry has no URL"),
        ({"request": {"url": ["x"]}}, "flaw", "entry has no URL"),
        ({"clientIPAddress": "192.0.2.1"}, "address", "192.0.2.1"),
    ],
)
def test_odd_values_are_passed_on_or_unknown(changes: Object, field: str, value: str | None) -> None:
    """What is unknown is none, and what is no number stays as it is, for a reason to be found later."""
    (record,) = read(archive(entry(**changes)))
    assert record[field] == value


@pytest.mark.parametrize("indent", [None, 2], ids=["lines", "pretty"])
@pytest.mark.parametrize(
    ("document", "flaws"),
    [
        (archive(), []),
        (archive(1, {"request": 5}), ["an element of entries is no object", "entry has no URL"]),
        ({"log": {"entries": {}}}, ["entries is no list"]),
        ({"log": []}, ["log is no object"]),
        ({"log": {}}, []),
        ([archive({})], ["entry has no URL"]),
        ({"resourceSpans": []}, ["document holds no entries"]),
    ],
)
def test_wrong_types_are_flaws(document: Any, flaws: list[str], indent: int | None) -> None:
    """What is no list, or no object, where there should be one is a flaw for itself."""
    assert [one["flaw"] for one in read(document, indent=indent)] == flaws


def test_an_archive_that_breaks_off_gives_its_entries() -> None:
    """The entries before the break are read, and the break is one flaw."""
    text = json.dumps(archive(entry(), entry(), entry()), indent=2)
    records = list(har(io.BytesIO(text[:-200].encode())))
    assert [one.get("flaw") for one in records] == [None, None, "document is no JSON from here on"]


def mutated(value: Any, draw: random.Random) -> Any:
    """The value with something in it exchanged or gone."""
    odd: list[Any] = [None, True, -1, 2.5, 2**62, "", "x", "https://[", [], {}, [[1]], {"a": {}}]
    if not isinstance(value, dict | list) or not value or draw.random() < 0.1:
        return draw.choice(odd)
    place = draw.choice(list(value) if isinstance(value, dict) else range(len(value)))
    if draw.random() < 0.8:
        value[place] = mutated(value[place], draw)
    else:
        del value[place]
    return value


@settings(max_examples=MUTATIONS, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_archive_raises(draw: random.Random) -> None:
    """Whatever the types in an archive are, it gives text, and the same over many lines as on one."""
    document: Any = archive(entry(), entry())
    for _ in range(draw.randint(1, 5)):
        document = mutated(document, draw)
    records = read(document, indent=None)
    assert all(value is None or isinstance(value, str) for one in records for value in one.values())
    if isinstance(document, dict | list) and document:
        over_many = read(document, indent=1)
        assert [one.get("flaw", one) for one in records] == [one.get("flaw", one) for one in over_many]
