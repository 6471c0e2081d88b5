"""The services of the golden workloads in one: strict with what they get, so that nonsense is seen."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address, IPv6Address
from itertools import count
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

NOBODY = "2000000000"
FORM = "application/x-www-form-urlencoded"

Check = Callable[[Any], object]
"""Raises an exception, or returns something false, where the value cannot be right."""


def like(pattern: str) -> Check:
    """Text that the whole pattern fits."""
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value)


def of(kind: type) -> Check:
    """A JSON value of exactly that type."""
    return lambda value: type(value) is kind


@dataclass(frozen=True)
class Rule:
    """What an endpoint wants, and what it answers when it gets that."""

    status: int = 200
    caller: str = ""
    """The header that says who asks; without it the answer is 401."""
    query: Mapping[str, Check] = field(default_factory=dict)
    """The answer is 400 where one is missing."""
    body: Mapping[str, Check] | None = None
    """The answer is 422 where a field is missing."""
    form: bool = False
    once: str = ""
    """What may come once only, of the places in the route and the body; then the answer is 409."""
    knows: tuple[str, int] = ("", 0)
    """The place in the route that has an id up to this or one of those given out; else the answer is 404."""
    answer: Callable[[int], Any] = lambda _: {}
    """The JSON of the answer, by a new id."""
    moved: str = ""
    """Where what was made is to be found: the Location, before the new id."""


BOOK, BASKET, EVENT = like(r"\d+"), like(r"\d+"), like(r"arena-2026-09-1\d")
ME, ACCOUNT = "X-Customer-Id", "X-Account-Id"
ADDRESS: Mapping[str, Check] = {
    "street": like("[a-z]{6,28}"),
    "zip": like(r"D-\d{5}"),
    "country": like("DE|AT|CH"),
}
META: Mapping[str, Check] = {
    "savedAt": lambda value: datetime.fromisoformat(value).tzinfo,
    "minor": of(bool),
    "links": lambda value: all(link.startswith("https://") for link in value),
}


def holds(checks: Mapping[str, Check]) -> Check:
    """An object with these fields and no others."""
    return lambda value: set(value) == set(checks) and all(checks[name](value[name]) for name in checks)


RULES = {
    # The bookshop
    "GET /": Rule(caller=ME),
    "GET /api/offers": Rule(caller=ME, query={"limit": like("12")}),
    "GET /api/books": Rule(caller=ME, query={"q": like("[ a-w]{3,24}"), "sort": like("[a-z]+")}),
    "GET /api/books/{book}": Rule(caller=ME),
    "GET /api/books/{book}/reviews": Rule(caller=ME, query={"page": like("[123]")}),
    "GET /api/books/{book}/price": Rule(caller=ME),
    "GET /api/baskets/{basket}": Rule(caller=ME),
    "POST /api/baskets/{basket}/lines": Rule(
        201, ME, body={"bookId": of(int), "quantity": of(int), "gift": lambda value: value is False}
    ),
    "POST /api/orders": Rule(
        201,
        ME,
        body={
            "orderKey": UUID,
            "address": holds(ADDRESS),
            "vouchers": lambda value: all(re.fullmatch(r"[2-9A-Z]{4}-26", one) for one in value),
            "donation": lambda value: 0 <= value <= 5,
            "deliverOn": date.fromisoformat,
            "deliverBefore": lambda value: time.fromisoformat(value).tzinfo,
            "newsletter": of(bool),
        },
        answer=lambda new: {"order": {"orderId": new}},
    ),
    "GET /api/orders/{order}": Rule(caller=ME, knows=("order", 76903)),
    "POST /login": Rule(303, body={"email": like(".+@example.com"), "password": like(".{9,17}")}, form=True),
    # The box office
    "POST /v1/accounts": Rule(
        201,
        body={"email": like(".+@example.com"), "name": like("[a-z]{5,21}"), "bornOn": date.fromisoformat},
        once="email",
        answer=lambda new: {"accountId": new},
    ),
    "GET /v1/events/{event}": Rule(caller=ACCOUNT),
    "POST /v1/events/{event}/queue": Rule(201, ACCOUNT, body={}, answer=lambda new: {"ticket": f"t{new}"}),
    "GET /v1/queue/{ticket}": Rule(caller=ACCOUNT, knows=("ticket", 9100)),
    "GET /v1/events/{event}/seats": Rule(
        caller=ACCOUNT,
        query={"block": like(r"[A-H]\d\d"), "together": like("[124]")},
        answer=lambda new: {"seats": [{"seatId": new}, {"seatId": new + 1}, {"seatId": new + 2}]},
    ),
    "PUT /v1/seats/{seat}/hold": Rule(caller=ACCOUNT, once="seat"),
    "DELETE /v1/seats/{seat}/hold": Rule(204, ACCOUNT),
    "POST /v1/payments": Rule(
        303,
        ACCOUNT,
        body={"seat": like(r"\d+"), "method": like("[a-z]+"), "amount": like(r"\d+\.\d+"), "token": UUID},
        form=True,
        moved="/v1/orders/",
    ),
    "GET /v1/orders/{order}": Rule(caller=ACCOUNT, knows=("order", 6000)),
    # The handbook
    "GET /pages/{slug}": Rule(),
    "GET /search": Rule(query={"q": like("[a-z äöüß]{3,16}")}),
    "GET /changes": Rule(query={"since": datetime.fromisoformat, "limit": like("50")}),
    "PUT /pages/{slug}": Rule(
        body={
            "text": like("[a-z .,]{60,4200}"),
            "tags": lambda value: set(value) <= {"draft", "howto", "policy"},
            "meta": holds(META),
        },
        once="meta",
    ),
    "GET /pages/{slug}/history": Rule(query={"page": like(r"\d+")}),
    "POST /pages/{slug}/attachments": Rule(
        201, body={"name": like(r"[a-z-]{4,30}\.(png|pdf)"), "content": lambda value: b64decode(value)}
    ),
    "POST /pages/{slug}/watchers": Rule(204),
    "POST /hosts": Rule(
        201,
        body={
            "name": like("h[0-9a-f]+.example.com"),
            "ipv4": IPv4Address,
            "ipv6": IPv6Address,
            "rack": lambda value: value in (None, 7, 12),
        },
        once="name",
    ),
}
ROUTES = {re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route)): rule for route, rule in RULES.items()}


class Service(ThreadingHTTPServer):
    """It answers as the recorded services did, and remembers what should not have come."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = Lock()
        self.ids = count(100_000, 10)
        self.begin()

    def begin(self) -> None:
        """Nothing has been asked for yet."""
        self.taken: set[str] = set()
        self.given: set[str] = set()
        self.odd: list[str] = []
        """What no service would know what to do with."""
        self.made = 0
        """How often something was asked for whose id was given out here."""

    def judged(self, rule: Rule, places: dict[str, str], asked: Asked) -> tuple[int, int]:
        """The status of the answer, and the new id of what was made."""
        if rule.caller and rule.caller not in asked.headers:
            return 401, 0
        if missing(rule.query, asked.query):
            return 400, 0
        if missing(rule.body or {}, asked.body):
            return 422, 0
        values = {**places, **asked.body}
        if NOBODY in map(str, values.values()):
            return 404, 0
        if odd := [
            *wrong(rule.query, asked.query),
            *wrong(rule.body or {}, asked.body),
            *(["a body"] if asked.body and rule.body is None else []),
        ]:
            self.odd.append(f"{asked.line}: {', '.join(odd)} in {asked.query} {asked.body}")
            return 500, 0
        with self.lock:
            return self.kept(rule, values)

    def kept(self, rule: Rule, values: dict[str, Any]) -> tuple[int, int]:
        """The status of what is well-formed: some things are there once only, or not at all."""
        name, highest = rule.knows
        if name:
            self.made += values[name] in self.given
            if values[name] not in self.given and not (
                values[name].isdigit() and int(values[name]) <= highest
            ):
                return 404, 0
        if rule.once:
            key = f"{rule.once} {values[rule.once]}"
            if key in self.taken:
                return 409, 0
            self.taken.add(key)
        new = next(self.ids)
        self.given |= {str(new), f"t{new}"}
        return rule.status, new


@dataclass(frozen=True)
class Asked:
    """A request, taken apart."""

    line: str
    headers: Mapping[str, str]
    query: dict[str, str]
    body: dict[str, Any]


def missing(checks: Mapping[str, Check], values: Mapping[str, Any]) -> bool:
    """Whether something that is needed is not there."""
    return not set(checks) <= set(values)


def wrong(checks: Mapping[str, Check], values: Mapping[str, Any]) -> list[str]:
    """The names of what cannot be right."""
    return [name for name in values if name not in checks or not passes(checks[name], values[name])]


def passes(check: Check, value: object) -> bool:
    """Whether `value` can be right."""
    try:
        return check(value) not in (None, False)
    except (TypeError, ValueError, AttributeError):
        return False


class Handler(BaseHTTPRequestHandler):
    """HTTP, as far as it takes."""

    server: Service
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self) -> None:
        """The rule of the route decides."""
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        line = f"{self.command} {unquote(url.path)}"
        found = ((rule, match) for route, rule in ROUTES.items() if (match := route.fullmatch(line)))
        rule, match = next(found, (Rule(), None))
        query = dict(parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query)))
        try:
            body = self.body(raw, form=rule.form)
        except ValueError as error:
            self.server.odd.append(f"{line}: {error}")
            return self.say(500)
        if match is None:
            self.server.odd.append(line)
            return self.say(500)
        asked = Asked(line, dict(self.headers.items()), query, body)
        status, new = self.server.judged(rule, match.groupdict(), asked)
        return self.say(status, rule.answer(new), f"{rule.moved}{new}" if rule.moved and status < 400 else "")

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    def body(self, raw: bytes, *, form: bool) -> dict[str, Any]:
        """The fields of the body. Raises ValueError where it is not what its type says."""
        if not raw:
            return {}
        kind = self.headers.get("Content-Type", "")
        if kind.partition(";")[0] != (FORM if form else "application/json"):
            raise ValueError(f"a body of the type {kind!r}")
        text = raw.decode()
        if form:
            return dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))
        fields: dict[str, Any] = json.loads(text)
        return fields

    def say(self, status: int, answer: object = None, location: str = "") -> None:
        """An answer is sent, in JSON where there may be one."""
        text = b"" if status == 204 or location else json.dumps(answer).encode()
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        if text:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""
