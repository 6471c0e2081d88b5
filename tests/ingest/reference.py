r"""What becomes of a line of an access log, by the plainest means: one line after the other, piece by piece.

Nothing here is shared with `miner.ingest`, which does the same for millions of lines: where the two differ,
one of them is wrong. A format is a list of pieces, as its documentation describes it; a line has the format
if its pieces follow each other to the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

WHITE = " \t\f\r"
"""White space at the end of a line. What Unicode calls so beyond ASCII is text like any other."""
NOTHING = WHITE + "\v"
"""What a blank line may hold."""
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEB = datetime(1980, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Between these, there may be access logs: what is beyond was not meant."""
WORDS_OF_A_USER = 4
MICROSECOND = Decimal("0.000001")

EMPTY = "request is empty: the client sent nothing"
TLS = "request is no HTTP: TLS sent to a plain port"
PREFACE = "request is the HTTP/2 preface, not a request"
NO_REQUEST = "request is not METHOD TARGET HTTP/VERSION"
BAD_ADDRESS = "address has control characters"
NO_STAMP = "time stamp is missing"
BAD_STAMP = "time stamp cannot be read"
BAD_STATUS = "status is not a number"
ODD_STATUS = "status is not between 100 and 999"
BAD_BYTES = "bytes is not a number"
BAD_TIME = "request time is not a number"


@dataclass(frozen=True)
class Request:
    """A line that is a request."""

    method: str
    target: str
    status: int
    bytes: int | None
    address: str | None
    user: str | None
    referrer: str | None
    agent: str | None
    started: datetime
    finished: datetime


@dataclass(frozen=True)
class Reject:
    """A line that is none. For one that has not the format, the reason is only the beginning of one."""

    reason: str
    shape: bool = False


@dataclass(frozen=True)
class Blank:
    """A line with nothing in it."""


Outcome = Request | Reject | Blank
Ends = Iterator[tuple[int, str]]
"""Where a piece that begins at a place of the line may end, and what it holds then."""
Piece = tuple[str, Callable[[str, int], Ends]]
"""The name of what is held, or "" if nobody needs it, and how it is found."""


class Wrong(Exception):
    """A field holds what it cannot hold."""


# Pieces.


def text(wanted: str) -> Piece:
    """Exactly this text."""

    def ends(line: str, at: int) -> Ends:
        if line.startswith(wanted, at):
            yield at + len(wanted), ""

    return "", ends


def word(name: str = "") -> Piece:
    """Everything up to a space, but not nothing."""

    def ends(line: str, at: int) -> Ends:
        end = end_of_word(line, at)
        if end > at:
            yield end, line[at:end]

    return name, ends


def end_of_word(line: str, at: int) -> int:
    """Where the next space is, or the end of the line."""
    end = line.find(" ", at)
    return end if end >= 0 else len(line)


def quoted(name: str) -> Piece:
    """Everything between quotes; one that follows a backslash is not the last."""

    def ends(line: str, at: int) -> Ends:
        if (end := end_of_quotes(line, at)) is not None:
            yield end, line[at + 1 : end - 1]

    return name, ends


def end_of_quotes(line: str, at: int) -> int | None:
    """The place after the quote that closes the one at the place, if both are there."""
    if not line.startswith('"', at):
        return None
    place = at + 1
    while place < len(line):
        if line[place] == '"':
            return place + 1
        place += 2 if line[place] == "\\" else 1
    return None


def quoted_or_word(name: str) -> Piece:
    """With quotes around it, or a word without any."""

    def ends(line: str, at: int) -> Ends:
        closed = end_of_quotes(line, at)
        end = closed or end_of_word(line, at)
        if closed or (end > at and '"' not in line[at:end]):
            yield end, line[at:end]

    return name, ends


def bracketed(name: str) -> Piece:
    """Everything between brackets."""

    def ends(line: str, at: int) -> Ends:
        end = line.find("]", at)
        if line.startswith("[", at) and end >= 0:
            yield end + 1, line[at + 1 : end]

    return name, ends


def login(name: str) -> Piece:
    """A user name: one word, else as many as there may be, none of which begins with a dash."""

    def ends(line: str, at: int) -> Ends:
        begin = at
        found: list[int] = []
        while len(found) < WORDS_OF_A_USER and (end := end_of_word(line, begin)) > begin:
            found.append(end)
            if line[begin] == "-" or not line.startswith(" ", end) or line.startswith("-", end + 1):
                break
            begin = end + 1
        for end in found[:1] + found[:0:-1]:
            yield end, line[at:end]

    return name, ends


def spaced(*pieces: Piece) -> list[Piece]:
    """The pieces with a space between each two."""
    return [pieces[0], *(piece for following in pieces[1:] for piece in (text(" "), following))]


# Formats.


@dataclass(frozen=True)
class Format:
    """What a line consists of, and what its figures mean."""

    asked: str
    """What is asked of `ingest`: the name of a format, or a template that somebody pasted."""
    pieces: list[Piece]
    stamped: str = "end"
    unit: Decimal = Decimal(1)
    """Seconds per unit of the request time."""
    name: str = ""
    """What a reject calls it, if not as it was asked for."""


COMMON = (
    word("address"),
    word(),
    login("remote_user"),
    bracketed("stamp"),
    quoted("request"),
    word("status"),
    word("bytes"),
)
COMBINED = (*COMMON, quoted("referrer"), quoted("agent"))
FORMATS: dict[str, Format] = {
    "common": Format("common", spaced(*COMMON)),
    "combined": Format("combined", spaced(*COMBINED)),
    "combined_plus": Format("combined_plus", spaced(*COMBINED, word("seconds"), quoted_or_word("user"))),
    "vhost_combined": Format("vhost_combined", spaced(word(), *COMBINED)),
    "nginx": Format(
        'shop=$remote_addr - $remote_user [$time_iso8601] $host "$request" $status $body_bytes_sent'
        ' rt=$request_time uid="$http_x_user_id" "$http_referer" ua="$http_user_agent"',
        [
            *spaced(word("address"), text("-"), login("remote_user"), bracketed("stamp"), word()),
            *(text(" "), quoted("request"), text(" "), word("status"), text(" "), word("bytes")),
            *(text(" rt="), word("seconds"), text(" uid="), quoted("user")),
            *(text(" "), quoted("referrer"), text(" ua="), quoted("agent")),
        ],
        name="shop",
    ),
    "apache": Format(
        'httpd=%h %l %u %t "%r" %>s %b %D "%{Referer}i" "%{User-Agent}i"',
        spaced(*COMMON, word("seconds"), quoted("referrer"), quoted("agent")),
        stamped="start",
        unit=Decimal("1e-6"),
        name="httpd",
    ),
}


def pieces_of(line: str, pieces: list[Piece], at: int = 0) -> dict[str, str] | None:
    """What the pieces hold if they are the line from the place on, apart from white space at its end."""
    if not pieces:
        return {} if not line[at:].strip(WHITE) else None
    name, ends = pieces[0]
    for end, held in ends(line, at):
        if (rest := pieces_of(line, pieces[1:], end)) is not None:
            return {name: held, **rest}
    return None


# Lines and files.


def outcomes(content: bytes, form: Format) -> dict[int, Outcome]:
    """What becomes of every line of a file, by its number."""
    return {number: outcome(line, form) for number, line in enumerate(lines_of(content), 1)}


def lines_of(content: bytes) -> list[bytes]:
    """The lines of a file, without their ends: LF, or CR and LF. A last one without an end is one too."""
    lines = content.split(b"\n")
    return [line.removesuffix(b"\r") for line in (lines if lines[-1] else lines[:-1])]


def outcome(raw: bytes, form: Format) -> Outcome:
    """What becomes of a line."""
    line = raw.decode("utf-8", "surrogateescape")  # one character for each byte that is not UTF-8
    if not line.strip(NOTHING):
        return Blank()
    found = pieces_of(line.rstrip("\r"), form.pieces)
    if found is None:
        return Reject(f"not {form.name or form.asked}: ", shape=True)
    try:
        return request_of({name: shown(held) for name, held in found.items()}, form)
    except Wrong as wrong:
        return Reject(str(wrong))


def shown(held: str) -> str:
    r"""The text with `\xhh` for each byte that is not UTF-8."""
    return held.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def request_of(found: dict[str, str], form: Format) -> Request:
    """The request that the pieces of a line describe. Raises Wrong for the first that cannot be."""
    if "\r" in found["address"]:
        raise Wrong(BAD_ADDRESS)
    stamp = moment(found["stamp"])
    method, target = asked_for(found["request"])
    status = code(found["status"])
    size = amount(found["bytes"])
    lasted = duration(found.get("seconds", "-"), form.unit)
    return Request(
        method=method,
        target=target,
        status=status,
        bytes=size,
        address=client(found["address"]),
        user=known(unquoted(found.get("user", ""))) or known(unquoted(found["remote_user"])),
        referrer=known(found.get("referrer", "")),
        agent=known(found.get("agent", "")),
        started=stamp - lasted if form.stamped == "end" else stamp,
        finished=stamp if form.stamped == "end" else stamp + lasted,
    )


# Fields.


def known(held: str) -> str | None:
    """The text, or None where servers write that there was none."""
    return None if held in {"", "-"} else held


def unquoted(held: str) -> str:
    """The text without the quotes around it."""
    return held[1:-1] if held.startswith('"') and held.endswith('"') else held


def client(held: str) -> str | None:
    """The address, without a port or brackets."""
    if ":" in held and (found := re.fullmatch(r"\[(.*)\](:[0-9]+)?", held)):
        return found[1]
    if found := re.fullmatch(r"([0-9.]+):[0-9]+", held):
        return found[1]
    return known(held)


def asked_for(held: str) -> tuple[str, str]:
    """The method and the target of a request line."""
    if held in {"", "-"}:
        raise Wrong(EMPTY)
    if held.startswith(("\x16\x03", r"\x16\x03", r"\x80")):
        raise Wrong(TLS)
    method, _, rest = held.partition(" ")
    target, _, version = rest.rpartition(" ")
    target = target.strip(" ")
    if not re.fullmatch("[A-Z][A-Z0-9_-]*", method):
        raise Wrong(NO_REQUEST)
    if target and target == target.strip(WHITE) and re.fullmatch("HTTP/[0-9.]+", version):
        if (method, target) == ("PRI", "*"):
            raise Wrong(PREFACE)
        return method, target
    if method == "GET" and rest.startswith("/") and not any(char in rest for char in WHITE):
        return method, rest  # HTTP/0.9 had no version
    raise Wrong(NO_REQUEST)


def code(held: str) -> int:
    """The status."""
    whole = without_zeros(held)
    if not digits(whole):
        raise Wrong(BAD_STATUS)
    if len(whole) != 3 or whole[0] == "0":
        raise Wrong(ODD_STATUS)
    return int(whole)


def amount(held: str) -> int | None:
    """The size of an answer."""
    if held in {"", "-"}:
        return None
    whole = without_zeros(held.removeprefix("+"))
    if not digits(whole) or len(whole) > 18:
        raise Wrong(BAD_BYTES)
    return int(whole)


def without_zeros(held: str) -> str:
    """A whole number without the fraction of nothing with which some write it."""
    return re.sub(r"(?<=[0-9])\.0+$", "", held)


def digits(held: str) -> bool:
    """Whether the text is nothing but ASCII digits."""
    return bool(held) and all(char in "0123456789" for char in held)


def duration(held: str, unit: Decimal) -> timedelta:
    """How long a request took; no time where that is not known. Several times are added up."""
    if held in {"-", "", "-1"}:
        return timedelta(0)
    parts = re.split(r", | : |\+", held)
    if len(parts) == 1:
        total = number(held, r"[0-9]{1,12}(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?")
    else:
        known_ones = (part for part in parts if part not in {"-", "-1"})
        total = sum((number(part, r"[0-9]{1,12}(\.[0-9]+)?") for part in known_ones), Decimal(0))
    return timedelta(microseconds=int((total * unit / MICROSECOND).to_integral_value(ROUND_HALF_UP)))


def number(held: str, pattern: str) -> Decimal:
    """The number that is written so."""
    if not re.fullmatch(pattern, held):
        raise Wrong(BAD_TIME)
    return Decimal(held)


TIME = r"(?P<h>\d\d?):(?P<m>\d\d?):(?P<s>\d\d?)(?P<rest>.*)"
STAMPS = (
    r"(?P<day>\d\d?)/(?P<month>[A-Za-z]{3})/(?P<year>\d{4})(?::|\s+)" + TIME,
    r"(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)(?:T|\s+)" + TIME,
    r"(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)(?:T|\s+)(?P<h>\d\d?):(?P<m>\d\d?)(?P<s>)(?P<rest>.*)",
)


def moment(held: str) -> datetime:
    """The moment of a stamp, in UTC if it has no zone."""
    if held in {"", "-"}:
        raise Wrong(NO_STAMP)
    for stamp in STAMPS:
        if found := re.fullmatch(stamp, held.strip(" ").lstrip(NOTHING), re.ASCII | re.DOTALL):
            break
    else:
        raise Wrong(BAD_STAMP)
    month = found["month"].lower()
    fraction, offset = after_the_seconds(found["s"], found["rest"])
    try:
        minute = datetime(
            int(found["year"]),
            int(month) if month.isdigit() else MONTHS.index(month) + 1,
            int(found["day"]),
            int(found["h"]),
            int(found["m"]),
            tzinfo=UTC,
        )
    except ValueError:
        raise Wrong(BAD_STAMP) from None
    seconds = int(found["s"] or "0")  # 60 is a leap second
    at = minute + timedelta(seconds=seconds, microseconds=fraction) - offset
    if seconds > 60 or not WEB[0] <= at <= WEB[1]:
        raise Wrong(BAD_STAMP)
    return at


def after_the_seconds(seconds: str, held: str) -> tuple[int, timedelta]:
    """Microseconds, which only seconds with two digits can have, and how far the zone is ahead of UTC."""
    found = re.fullmatch(r"(?:[.,]([0-9]+))?\s*(Z|([+-])([0-9]{2}):?([0-9]{2}))?", held, re.ASCII)
    if not found or (found[1] and len(seconds) < 2):
        raise Wrong(BAD_STAMP)
    fraction = int((found[1] or "0").ljust(6, "0")[:6])
    if found[2] in (None, "Z"):
        return fraction, timedelta(0)
    hours, minutes = int(found[4]), int(found[5])
    if hours > 14 or minutes > 59:
        raise Wrong(BAD_STAMP)
    ahead = timedelta(hours=hours, minutes=minutes)
    return fraction, ahead if found[3] == "+" else -ahead
