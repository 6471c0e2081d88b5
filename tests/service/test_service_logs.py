"""What is known of exchanges, in which form, and what becomes of it when something breaks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import httpx
import orjson
import pytest
from exchanges import EXCHANGE, NOON, ROUTE
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from miner.ingest import ingest
from miner.paths import mine
from miner.store import Store
from miner.workload import Endpoint, Workload
from service.access_log import combined_lines
from service.app import create_app
from service.database import open_database
from service.exchange import Exchange, Watch
from service.json_log import json_lines
from service.log_file import Lines, LogFile, at_once
from service.seed import seed
from service.spans import Spans

KINDS: dict[str, Lines] = {"combined_plus": combined_lines, "nginx_json": json_lines, "otlp": Spans().lines}
"""By the name of the format as which `mine` reads them."""


# What is watched


class Conversation:
    """One request to an app that is watched, and what was said of it."""

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self.found: list[Exchange] = []
        self.scope: Scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": "/x",
            "query_string": b"",
            "headers": [],
            "client": ("192.0.2.7", 5000),
        }
        if state is not None:
            self.scope["state"] = state

    async def send(self, _message: Message) -> None:
        """Takes what the app answers."""

    async def receive(self) -> Message:
        return {"type": "http.disconnect"}

    def with_app(self, app: ASGIApp) -> Exchange:
        """The one exchange that is handed over, whatever the app raises."""
        watch = Watch(app, [self.found.append], lambda: NOON)
        with suppress(OSError, ZeroDivisionError):
            asyncio.run(watch(self.scope, self.receive, self.send))
        assert len(self.found) == 1
        return self.found[0]


async def answering(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"12", "more_body": True})
    await send({"type": "http.response.body", "body": b"345"})


async def breaking(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ZeroDivisionError


async def silent(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Neither answers nor raises."""


async def reading_first(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await answering(scope, receive, send)


class HungUp(Conversation):
    """A client that hangs up while the answer is sent."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    async def send(self, _message: Message) -> None:
        if not self.left:
            raise ConnectionResetError
        self.left -= 1


def test_all_that_was_sent_is_counted() -> None:
    """An exchange has the status and the bytes of all parts of the body."""
    exchange = Conversation().with_app(answering)
    assert (exchange.status, exchange.size, exchange.target, exchange.route) == (200, 5, b"/x", None)


@pytest.mark.parametrize("app", [breaking, silent])
def test_without_an_answer_the_service_failed(app: ASGIApp) -> None:
    """A request that the app does not answer is a 500."""
    assert Conversation().with_app(app).status == 500


@pytest.mark.parametrize(
    ("conversation", "app", "status", "size"),
    [
        (Conversation(), reading_first, 499, 5),
        (HungUp(after=0), answering, 499, 0),
        (HungUp(after=2), answering, 200, 2),
        (Conversation({"gone": lambda: True}), answering, 499, 5),
        (Conversation({"gone": lambda: False}), answering, 200, 5),
    ],
    ids=["while asking", "before the answer", "in the answer", "as the server says", "as the server denies"],
)
def test_clients_may_leave(conversation: Conversation, app: ASGIApp, status: int, size: int) -> None:
    """Who leaves before the answer begins is logged as 499; afterwards, with the status that was sent."""
    exchange = conversation.with_app(app)
    assert (exchange.status, exchange.size) == (status, size)


def test_a_request_begins_with_its_first_byte() -> None:
    """The time that a request takes counts from when the server says that its first byte came in."""
    exchange = Conversation({"first_byte": perf_counter() - 5}).with_app(answering)
    assert exchange.seconds >= 5
    assert NOON - exchange.started == timedelta(seconds=exchange.seconds)


def test_a_request_ends_with_its_last_byte() -> None:
    """What the app does after its answer does not count, and the exchange is handed over before."""
    conversation = Conversation()
    at_the_end: list[int] = []

    async def lingering(scope: Scope, receive: Receive, send: Send) -> None:
        await answering(scope, receive, send)
        at_the_end.append(len(conversation.found))

    conversation.with_app(lingering)
    assert at_the_end == [1]


# What is written


def span_of(exchange: Exchange) -> dict[str, Any]:
    """The only span of the only line."""
    line, rest = Spans().lines([exchange]).split(b"\n")
    assert rest == b""
    (resource,) = orjson.loads(line)["resourceSpans"]
    (scope,) = resource["scopeSpans"]
    (span,) = scope["spans"]
    return span


def attributes_of(span: dict[str, Any]) -> dict[str, Any]:
    """The attributes, with their values as OTLP wraps them."""
    return {pair["key"]: pair["value"] for pair in span["attributes"]}


def test_json_has_nginx_names() -> None:
    """A line of JSON has nginx's variables, with times to the microsecond and null for what was not sent."""
    assert orjson.loads(json_lines([EXCHANGE])) == {
        "time_iso8601": "2026-03-23T12:00:00.123456+00:00",
        "remote_addr": "192.0.2.7",
        "request_method": "GET",
        "request_uri": "/friend-service/v1/users/812?full=%20",
        "server_protocol": "HTTP/1.1",
        "status": 200,
        "body_bytes_sent": 70,
        "http_referer": "http://friends/caf\u00e9",
        "http_user_agent": "curl/8.5",
        "http_traceparent": None,
        "request_time": 0.012345,
        "http_x_user_id": "94",
    }


def test_a_span_follows_the_conventions() -> None:
    """A span is of kind SERVER, named after method and route, with the stable attributes of HTTP."""
    span = span_of(EXCHANGE)
    assert re.fullmatch("[0-9a-f]{32}", span.pop("traceId"))
    assert re.fullmatch("[0-9a-f]{16}", span.pop("spanId"))
    assert attributes_of(span) == {
        "http.request.method": {"stringValue": "GET"},
        "url.scheme": {"stringValue": "http"},
        "url.path": {"stringValue": "/friend-service/v1/users/812"},
        "url.query": {"stringValue": "full=%20"},
        "network.protocol.version": {"stringValue": "1.1"},
        "http.route": {"stringValue": ROUTE},
        "http.response.status_code": {"intValue": "200"},
        "http.response.body.size": {"intValue": "70"},
        "client.address": {"stringValue": "192.0.2.7"},
        "user_agent.original": {"stringValue": "curl/8.5"},
        "user.id": {"stringValue": "94"},
        "http.request.header.referer": {
            "arrayValue": {"values": [{"stringValue": "http://friends/caf\u00e9"}]}
        },
    }
    del span["attributes"]
    assert span == {
        "flags": 0x101,
        "name": f"GET {ROUTE}",
        "kind": 2,
        "startTimeUnixNano": "1774267200111111000",
        "endTimeUnixNano": "1774267200123456000",
        "status": {"code": 0},
    }


def test_spans_say_whose_they_are() -> None:
    """The resource of all spans is the friend-service."""
    (resource,) = orjson.loads(Spans().lines([EXCHANGE]))["resourceSpans"]
    assert attributes_of(resource["resource"])["service.name"] == {"stringValue": "friend-service"}


@pytest.mark.parametrize("flags", ["00", "01"])
def test_a_span_is_a_child_of_the_callers(flags: str) -> None:
    """With a traceparent the span is part of that trace, and is written whether or not that is sampled."""
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    span = span_of(replace(EXCHANGE, traceparent=f"00-{trace}-{parent}-{flags}".encode()))
    assert (span["traceId"], span["parentSpanId"], span["flags"]) == (trace, parent, 0x301)
    assert span["spanId"] != parent


@pytest.mark.parametrize("traceparent", [b"\xff", b"00-" + b"0" * 32 + b"-b7ad6b7169203331-01", b"00-1-2-3"])
def test_a_bad_traceparent_begins_a_trace(traceparent: bytes) -> None:
    """A traceparent that is none is as good as none."""
    assert "parentSpanId" not in span_of(replace(EXCHANGE, traceparent=traceparent))


def test_a_span_of_a_failure_says_so() -> None:
    """A status of 500 or more is the service's error, and an invented method does not name a span."""
    span = span_of(replace(EXCHANGE, status=503, method="BREW", route=None))
    attributes = attributes_of(span)
    assert (span["status"], span["name"]) == ({"code": 2}, "HTTP")
    assert attributes["error.type"] == {"stringValue": "503"}
    assert attributes["http.request.method"] == {"stringValue": "_OTHER"}
    assert attributes["http.request.method_original"] == {"stringValue": "BREW"}


HOSTILE = st.binary(max_size=40) | st.sampled_from(
    [
        b'"\n',
        b"\r\n\r\n",
        b"\\",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        "\u2028\u0085".encode(),
        b"\x00",
        b"-",
        b'","a":"',
    ]
)


@given(target=HOSTILE, referer=HOSTILE, agent=HOSTILE, user=HOSTILE, traceparent=HOSTILE)
def test_hostile_text_stays_in_its_field(
    target: bytes, referer: bytes, agent: bytes, user: bytes, traceparent: bytes
) -> None:
    """Whatever bytes a client sends, each kind has one line, and each field what was sent for it."""
    sent = replace(
        EXCHANGE, target=b"/" + target, referer=referer, agent=agent, user=user, traceparent=traceparent
    )
    quoted = re.fullmatch(
        rb'192\.0\.2\.7 - - \[[^]]+\] "([^"\n]*)" 200 70 "([^"\n]*)" "([^"\n]*)" 0\.012 "([^"\n]*)"\n',
        combined_lines([sent]),
    )
    assert quoted
    given = (b"GET /" + target + b" HTTP/1.1", *(one or b"-" for one in (referer, agent, user)))
    assert tuple(map(unescaped, quoted.groups())) == given

    line = json_lines([sent])
    found = orjson.loads(line)
    assert line.count(b"\n") == 1
    names = ("request_uri", "http_referer", "http_user_agent", "http_x_user_id", "http_traceparent")
    raw = (b"/" + target, referer, agent, user, traceparent)
    assert [found[name] for name in names] == [shown(one) for one in raw]

    attributes = attributes_of(span_of(sent))
    path, _, query = (b"/" + target).partition(b"?")
    for name, part in {
        "url.path": path,
        "url.query": query,
        "user_agent.original": agent,
        "user.id": user,
    }.items():
        assert attributes.get(name) == ({"stringValue": shown(part)} if part else None)


def unescaped(field: bytes) -> bytes:
    """A field of the combined log as it was sent."""
    return re.sub(rb"\\x([0-9A-F]{2})", lambda code: bytes([int(code[1], 16)]), field)


def shown(raw: bytes) -> str | None:
    """What was sent, as text."""
    return raw.decode("utf-8", "backslashreplace") or None


def test_a_batch_of_spans_is_no_endless_line() -> None:
    """Many spans are written as several documents."""
    lines = Spans().lines([EXCHANGE] * 600).splitlines()
    counts = [len(orjson.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"]) for line in lines]
    assert counts == [256, 256, 88]


def test_a_text_log_is_written_at_once() -> None:
    """What is logged to an open text file can be read right away."""
    log = StringIO()
    sink = at_once(log, json_lines)
    sink(EXCHANGE)
    assert orjson.loads(log.getvalue())["http_referer"] == "http://friends/caf\u00e9"


# What is mined from it

PEOPLE, SESSIONS, SEED = 300, 600, 7
MILLISECONDS = 0.001
"""By which a request time of three digits is off at most."""


def visits(draw: Random) -> Iterator[tuple[float, int, str]]:
    """When who asks for what: sessions of two kinds, each of another user, that overlap."""
    start = 0.0
    for number in range(SESSIONS):
        start += draw.expovariate(1 / 20)
        user = 1 + number % PEOPLE
        when, mine = start, f"/users/{user}"
        polls = [f"{mine}/friend-requests"] * draw.randint(1, 4)
        looks = ["/users?username=an", f"/users/{draw.choice([draw.randint(1, PEOPLE), 9000])}"]
        for target in draw.choice([polls, [f"{mine}/friends", *looks * draw.randint(1, 3)]]):
            yield when, user, f"/friend-service/v1{target}"
            when += draw.lognormvariate(1.5, 0.8)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The logs of one run of the service under a virtual clock, all kinds at once."""
    folder = tmp_path_factory.mktemp("run")
    now = NOON
    with ExitStack() as stack:
        engine = open_database(f"sqlite:///{folder / 'friends.db'}")
        stack.callback(engine.dispose)
        seed(engine, PEOPLE, SEED)
        logs = [LogFile(folder / name, lines) for name, lines in KINDS.items()]
        for log in logs:
            stack.callback(log.close)
        app = create_app(engine, sinks=logs, now=lambda: now)

        async def play() -> None:
            nonlocal now
            for when, user, target in sorted(visits(Random(SEED))):
                now = NOON + timedelta(seconds=when)
                headers = {"X-User-Id": str(user), "User-Agent": "FriendsApp/4.2"}
                transport = httpx.ASGITransport(app, client=(f"192.0.2.{user % 250}", 5000))
                async with httpx.AsyncClient(transport=transport, base_url="http://friends") as client:
                    await client.get(target, headers=headers)

        asyncio.run(play())
    return {name: folder / name for name in KINDS}


@dataclass(frozen=True)
class Mined:
    """What `mine` makes of a log, without having been told what it is."""

    workload: Workload
    pauses: list[float]
    """Seconds between requests of a session, by user and in order."""


PAUSES = """
    SELECT epoch_us(started) - epoch_us(lag(finished) OVER session) AS pause FROM requests
    WINDOW session AS (PARTITION BY session_id ORDER BY position)
    QUALIFY pause IS NOT NULL ORDER BY "user", finished, position
"""


@pytest.fixture(scope="module")
def mined(run: dict[str, Path]) -> dict[str, Mined]:
    """What is mined from each kind."""
    return {name: mined_from(log, name) for name, log in run.items()}


def mined_from(log: Path, kind: str) -> Mined:
    """What is mined from a log, every line of which was read as being of that kind."""
    with Store.open(None) as store:
        (source,) = ingest([log], store).sources
        assert (source.format, source.rejects, source.blanks) == (kind, 0, 0)
        workload = mine(store, name="run").workload
        return Mined(workload, [micro / 1e6 for micro in store.ask(PAUSES)["pause"].to_pylist()])


def test_json_and_spans_tell_the_same(mined: dict[str, Mined]) -> None:
    """The workload mined from the JSON lines of a run is the one mined from its spans, to the last digit."""
    json, spans = (
        workload.model_copy(update={"recorded": workload.recorded.model_copy(update={"sources": ()})})
        for workload in (mined["nginx_json"].workload, mined["otlp"].workload)
    )
    assert json.recorded.sessions == SESSIONS
    assert json == spans
    assert mined["nginx_json"].pauses == mined["otlp"].pauses


def test_the_combined_log_tells_the_same_to_the_second(mined: dict[str, Mined]) -> None:
    """The combined log has the same endpoints, statuses and moves, and pauses that differ by its clock."""
    combined, spans = mined["combined_plus"], mined["otlp"]
    assert combined.workload.recorded.clock == 1.0
    assert endpoints(combined.workload) == endpoints(spans.workload)
    assert moves(combined.workload) == moves(spans.workload)
    assert len(combined.pauses) == len(spans.pauses) > SESSIONS
    differences = [abs(one - other) for one, other in zip(combined.pauses, spans.pauses, strict=True)]
    assert max(differences) < 1.0 + MILLISECONDS


def endpoints(workload: Workload) -> dict[str, Endpoint]:
    """The endpoints without their latencies, which a log in milliseconds has only roughly."""
    return {n: e.model_copy(update={"latency": None}) for n, e in workload.endpoints.items()}


def moves(workload: Workload) -> list[tuple[str, float, dict[str, dict[str, tuple[float, int]]]]]:
    """All user paths without their pauses."""
    return [
        (path.name, path.share, {a: {b: (m.p, m.n) for b, m in to.items()} for a, to in path.moves.items()})
        for path in workload.paths
    ]
