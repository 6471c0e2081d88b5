"""The words of log formats: what each variable of a server's format language holds.

A dialect is an entry in DIALECTS: how variables are found in a template, and what they mean. Sources: the
documentation of nginx's log module and variables, Apache's mod_log_config, Envoy's access log operators,
HAProxy's configuration manual (8.2.6), Traefik's access logs, AWS's application load balancer logs.

This is the one place that knows which end of a request a stamp is: nginx and load balancers of AWS stamp
the end, Apache, Envoy, HAProxy and Traefik the start.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

End = Literal["start", "end"]
WORD = r"[^ ]+"
TEXT = r".*?"
LIST = r"[^ ,]+(?:(?:, ?| : )[^ ,]+)*"
"""nginx joins what several upstreams said with commas, and with colons across redirects."""
USER = r"[^ ]+|[^- ][^ ]*(?: [^- ][^ ]*){1,3}"
"""A user name may have spaces, but not begin with "-": else "HOST ADDRESS - -" would pass for one."""
MILLI, MICRO, NANO = 1e-3, 1e-6, 1e-9


@dataclass(frozen=True)
class Meaning:
    """What a variable holds: a field of ours, or none that we need."""

    field: str | None = None
    pattern: str = WORD
    words: int = 1
    """How many words it has where it stands without quotes: a stamp and its zone are two."""
    stamped: End | None = None
    unit: float = 1.0
    """Seconds per unit of a duration."""
    rank: int = 0
    """Of two variables for one field, the one with the higher rank is read."""
    optional: bool = False
    """Missing together with the space before it."""
    bare: bool = False
    """Its quotes may be missing."""


@dataclass(frozen=True)
class Dialect:
    """How variables look in a template, and what they mean."""

    variable: re.Pattern[str]
    """Finds a variable: group `name` is what `means` is asked."""
    means: Callable[[str], Meaning]


def stamp(end: End, words: int = 1, rank: int = 0) -> Meaning:
    """A time stamp."""
    return Meaning("stamp", r"[^ ]+ [^ ]+" if words == 2 else WORD, words=words, stamped=end, rank=rank)


def lasted(unit: float = 1.0, rank: int = 0, pattern: str = WORD) -> Meaning:
    """A duration."""
    return Meaning("lasted", pattern, unit=unit, rank=rank)


ADDRESS, FORWARDED = Meaning("address"), Meaning("forwarded", LIST)
REQUEST = Meaning("request", TEXT, words=3)
METHOD, TARGET, QUERY = Meaning("method"), Meaning("target", TEXT), Meaning("query", TEXT)
STATUS, BYTES = Meaning("status"), Meaning("bytes")
REFERRER, AGENT = Meaning("referrer", TEXT), Meaning("agent", TEXT)
LOGGED_IN, APPLICATION_USER = Meaning("remote_user", USER), Meaning("user", USER)
SESSION, TRACE = Meaning("client_session", TEXT), Meaning("trace_id")
PROTOCOL = Meaning("protocol")
OTHER, OTHER_TEXT = Meaning(), Meaning(pattern=TEXT)

HEADERS: dict[str, Meaning] = {
    "referer": REFERRER,
    "user-agent": AGENT,
    "x-forwarded-for": FORWARDED,
    "x-real-ip": replace(ADDRESS, rank=1),
    "true-client-ip": replace(ADDRESS, rank=1),
    "cf-connecting-ip": replace(ADDRESS, rank=1),
    "x-request-id": TRACE,
    "traceparent": TRACE,
    "x-user-id": APPLICATION_USER,
    "x-user": APPLICATION_USER,
    "x-remote-user": APPLICATION_USER,
    "x-session-id": SESSION,
    ":method": METHOD,
    ":path": TARGET,
    "x-envoy-original-path": TARGET,
}
SESSION_COOKIE = re.compile(r"(?i)^(?:.*sess.*|sid|connect\.sid)$")


def header(name: str) -> Meaning:
    """What a request header holds."""
    return HEADERS.get(name.lower().replace("_", "-"), OTHER_TEXT)


def cookie(name: str) -> Meaning:
    """What a cookie holds."""
    return SESSION if SESSION_COOKIE.match(name) else OTHER_TEXT


NGINX: dict[str, Meaning] = {
    "remote_addr": ADDRESS,
    "realip_remote_addr": OTHER,
    "proxy_protocol_addr": replace(ADDRESS, rank=-1),
    "proxy_add_x_forwarded_for": replace(FORWARDED, rank=-1),
    "remote_user": LOGGED_IN,
    "time_local": stamp("end", words=2),
    "time_iso8601": stamp("end", rank=1),
    "msec": stamp("end", rank=2),
    "request": REQUEST,
    "request_method": METHOD,
    "request_uri": TARGET,
    "uri": replace(TARGET, rank=-1),
    "document_uri": replace(TARGET, rank=-1),
    "args": QUERY,
    "query_string": QUERY,
    "status": STATUS,
    "body_bytes_sent": BYTES,
    "bytes_sent": replace(BYTES, rank=-1),
    "request_time": lasted(),
    "upstream_response_time": lasted(rank=-1, pattern=LIST),
    "request_id": TRACE,
    "req_id": replace(TRACE, rank=1),
    "user": replace(APPLICATION_USER, bare=True),
    "server_protocol": PROTOCOL,
    "upstream_addr": Meaning(pattern=LIST),
    "upstream_status": Meaning(pattern=LIST),
    "upstream_response_length": Meaning(pattern=LIST),
    "upstream_connect_time": Meaning(pattern=LIST),
    "upstream_header_time": Meaning(pattern=LIST),
    "proxy_upstream_name": Meaning(pattern=r"[^ ]*"),
    "proxy_alternative_upstream_name": Meaning(pattern=r"[^ ]*"),
}


def nginx(name: str) -> Meaning:
    """What `$name` holds."""
    for prefix, found in (("http_", header), ("cookie_", cookie)):
        if name.startswith(prefix) and name not in NGINX:
            return found(name.removeprefix(prefix))
    return NGINX.get(name, OTHER)


APACHE: dict[str, Meaning] = {
    "h": ADDRESS,
    "a": replace(ADDRESS, rank=1),
    "u": LOGGED_IN,
    "t": stamp("start", words=2),
    "r": REQUEST,
    "m": METHOD,
    "U": TARGET,
    "q": QUERY,
    "s": STATUS,
    "b": BYTES,
    "B": BYTES,
    "O": replace(BYTES, rank=-1),
    "D": lasted(MICRO, rank=1),
    "T": lasted(),
    "H": PROTOCOL,
    "f": OTHER_TEXT,
    "L": TRACE,
}
UNITS_OF_T = {"s": 1.0, "ms": MILLI, "us": MICRO}


def apache(name: str) -> Meaning:
    """What `%name` holds; `{argument}letter` for one with an argument."""
    argument, _, letter = name.rpartition("}")
    argument = argument.removeprefix("{")
    if not argument:
        return APACHE.get(letter, OTHER)
    match letter:
        case "i" | "C":
            return header(argument) if letter == "i" else cookie(argument)
        case "T":
            return lasted(UNITS_OF_T.get(argument, 1.0), rank=1)
        case "t":
            end: End = "end" if argument.startswith("end:") else "start"
            return replace(stamp(end, rank=1), pattern=TEXT)
        case "a":
            return replace(ADDRESS, rank=-1)
        case "e" | "n" | "x" if "SESS" in argument.upper():
            return SESSION
        case "e" if argument.upper() in {"REMOTE_USER", "USER"}:
            return LOGGED_IN
    return OTHER_TEXT


ENVOY: dict[str, Meaning] = {
    "START_TIME": stamp("start"),
    "START_TIME_LOCAL": stamp("start", rank=-1),
    "RESPONSE_CODE": STATUS,
    "BYTES_SENT": BYTES,
    "DURATION": lasted(MILLI),
    "REQUEST_DURATION": lasted(MILLI, rank=-2),
    "RESPONSE_DURATION": lasted(MILLI, rank=-1),
    "PROTOCOL": PROTOCOL,
    "DOWNSTREAM_REMOTE_ADDRESS": ADDRESS,
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT": ADDRESS,
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS": replace(ADDRESS, rank=-1),
    "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT": replace(ADDRESS, rank=-1),
    "TRACE_ID": TRACE,
    "RESPONSE_CODE_DETAILS": OTHER_TEXT,
}


def envoy(name: str) -> Meaning:
    """What `%NAME%` or `%NAME(argument)%` holds. Of `A?B`, a header and its stand-in, A decides."""
    operator, _, argument = name.partition("(")
    argument = argument.removesuffix(")")
    if operator == "REQ":
        known = (header(one) for one in argument.split("?"))
        return next((one for one in known if one.field), OTHER_TEXT)
    if operator.startswith("START_TIME") and argument:
        return replace(ENVOY["START_TIME"], pattern=TEXT)
    return ENVOY.get(operator, OTHER)


HAPROXY: dict[str, Meaning] = {
    "ci": ADDRESS,
    "tr": stamp("start", rank=1),
    "trl": stamp("start", words=2),
    "trg": stamp("start", words=2),
    "t": stamp("start", rank=-1),
    "T": stamp("start", words=2, rank=-1),
    "Tl": stamp("start", words=2, rank=-1),
    "Ts": stamp("start", rank=2),
    "Ta": lasted(MILLI, rank=1),
    "Tt": replace(lasted(MILLI), pattern=r"[^ ]+"),
    "ST": STATUS,
    "B": Meaning("bytes", r"[^ ]+"),
    "r": REQUEST,
    "HM": METHOD,
    "HU": TARGET,
    "HP": replace(TARGET, rank=-1),
    "HQ": QUERY,
    "HV": PROTOCOL,
    "ID": TRACE,
    "hr": Meaning(pattern=r"\{.*?\}", optional=True),
    "hs": Meaning(pattern=r"\{.*?\}", optional=True),
}


def haproxy(name: str) -> Meaning:
    """What `%name` holds; flags such as `{+Q}` were taken off."""
    return HAPROXY.get(name, OTHER_TEXT if name.startswith("[") else OTHER)


NAMED: dict[str, Meaning] = {
    # Traefik's common log format, as its documentation spells it.
    "remote_IP_address": ADDRESS,
    "client_user_name_if_available": LOGGED_IN,
    "timestamp": stamp("start", words=2),
    "request_method": METHOD,
    "request_path": TARGET,
    "request_protocol": PROTOCOL,
    "HTTP_status": STATUS,
    "content-length": BYTES,
    "request_referrer": REFERRER,
    "request_user_agent": AGENT,
    "request_duration_in_ms": lasted(MILLI),
    # Application load balancers of AWS.
    "time": stamp("end"),
    "client:port": ADDRESS,
    "request_processing_time": lasted(),
    "target_processing_time": lasted(),
    "response_processing_time": lasted(),
    "elb_status_code": STATUS,
    "sent_bytes": BYTES,
    "request": REQUEST,
    "user_agent": AGENT,
    "trace_id": TRACE,
    "...": Meaning(pattern=".*"),
}


def named(name: str) -> Meaning:
    """What `<name>` holds."""
    return NAMED.get(name, OTHER)


DIALECTS: dict[str, Dialect] = {
    "nginx": Dialect(re.compile(r"\$(?:\{(?P<braced>\w+)\}|(?P<name>[A-Za-z]\w*))"), nginx),
    "envoy": Dialect(re.compile(r"%(?P<name>[A-Z][A-Z_0-9]+(?:\([^)]*\))?)(?::\d+)?%"), envoy),
    "haproxy": Dialect(re.compile(r"%(?:\{[^}]*\})?(?P<name>\[[^\]]*\]|[A-Za-z]{1,4})(?![A-Za-z])"), haproxy),
    "apache": Dialect(
        re.compile(r"%(?:[<>]|!?\d{3}(?:,\d{3})*)*(?P<name>(?:\{[^}]*\})?(?:\^t[io]|[A-Za-z]))"), apache
    ),
    "named": Dialect(re.compile(r"<(?P<name>[^<>]+)>"), named),
}
"""In the order in which a pasted template is looked at: what has a variable of one is of that one."""
ONLY_HAPROXY = re.compile(r"%(?:\{[^}]*\})?(?:ci|cp|tr|ft|ST|TR|Ta|Tt|HM|HU|HP|fi|bc|tsc)(?![A-Za-z])")
ONLY_ENVOY = re.compile(r"%[A-Z][A-Z_0-9]{2,}(?:\([^)]*\))?(?::\d+)?%")
NAMED_ONES = re.compile(r"<[A-Za-z][\w:.-]*>")


def dialect_of(template: str) -> str | None:
    """The dialect that the template is in: a key of DIALECTS, or None if it has no variable."""
    if DIALECTS["nginx"].variable.search(template):
        return "nginx"
    if ONLY_ENVOY.search(template):
        return "envoy"
    if ONLY_HAPROXY.search(template):
        return "haproxy"
    if DIALECTS["apache"].variable.search(template):
        return "apache"
    return "named" if NAMED_ONES.search(template) else None
