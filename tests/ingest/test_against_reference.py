"""Whatever is in a line, it becomes exactly what the slow and plain reference says."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from reference import FORMATS, Blank, Format, Outcome, Reject, Request, lines_of, outcomes

from miner.ingest import ingest, raw_bytes
from miner.store import Store

SEED = 20_260_323
MANY = 4000
"""Lines of each format that are compared at once: a file of them costs little more than a small one."""
EXAMPLES = 8
PER_EXAMPLE = 25
"""Lines that Hypothesis makes for an example."""
ONLY_MADE = (Phase.explicit, Phase.reuse, Phase.generate)
"""Examples are not made smaller: every line is on its own, and those that differ are shown."""
SHOWN = 5

# What the fields of a line hold: first the plausible, then the strange. Queries have no names or values that
# look like secrets: those are changed on purpose, which has tests of its own.
ADDRESSES = (
    *(b"192.0.2.1", b"2001:db8::7", b"client.example.org", b"-", b"unix:", b"::ffff:192.0.2.1"),
    *(
        b"192.0.2.1:56789",
        b"[2001:db8::1]:80",
        b"[2001:db8::1]",
        b"fe80::1%eth0",
        b'"',
        b"\xff",
        b"a\\",
        b"[",
        b"]",
    ),
)
IDENTITIES = (b"-", b"-", b"-", b"ident", b'"', b"\\", b"[x]", b"\xfe")
LOGINS = (
    *(b"-", b"-", b"-", b"alice", b"alice b", b"alice van b", "élise".encode(), b'""', b"alice@example.org"),
    *(
        b"EXAMPLE\\alice",
        b"a [b",
        b"a [b] c",
        b"- -",
        b"-x y",
        b"a  b",
        b'o"neil',
        b"\xffx",
        b"a\tb",
        b"[",
        b" ",
    ),
)
STAMPS = (
    *(b"23/Mar/2026:10:11:12 +0000", b"31/Dec/2025:23:59:59 -0730", b"29/Feb/2024:00:00:00 +0530"),
    *(b"2026-03-23T10:11:12+02:00", b"2026-03-23T10:11:12.250Z", b"23/Mar/2026:10:11:12.25 +0000"),
    *(b"23/Mar/2026:10:11:12", b"2026-03-23 10:11:12,125 +0000", b"31/Dec/2016:23:59:60 +0000"),
    *(b"", b"-", b"31/Feb/2026:10:11:12 +0000", b"23/Mar/2026:10:11:12 +9900", b"23/Mar/1969:10:11:12 +0000"),
    *(
        b"23/Mar/2026:24:11:12 +0000",
        b"23/mar/2026:10:11:12 +0000",
        b"0000-00-00T00:00:00Z",
        b"[",
        b"now",
        b"\xff",
    ),
)
METHODS = (
    b"GET",
    b"GET",
    b"GET",
    b"POST",
    b"OPTIONS",
    b"M-SEARCH",
    b"FOO_2",
    b"get",
    b"",
    b"2GET",
    b"G\xffT",
)
TARGETS = (
    *(
        b"/",
        b"/users/812?full=1",
        b"*",
        b"http://example.org/a",
        b"example.org:443",
        b"/a b",
        "/é/日本".encode(),
    ),
    *(
        b"/a?b[]=1&c={d}",
        b'/a\\"b',
        b"/a\\x22b",
        b"/\xff\xfe",
        b"/\x00",
        b"/a\\",
        b"/\\\\",
        b"HTTP/1.1",
        b"",
        b" ",
    ),
    *(b"/a\tb", b"\t", b"/a\rb", b"/%zz/%", b"/a'b;--", b'/a"b', "/\u2028\u0085".encode(), b"/a HTTP/1.1"),
)
VERSIONS = (
    b"HTTP/1.1",
    b"HTTP/1.1",
    b"HTTP/2.0",
    b"HTTP/3",
    b"HTTP/x",
    b"http/1.1",
    b"HTTP/1.1 ",
    b"",
    b"RTSP/1.0",
)
ODD_REQUESTS = (
    *(b"", b"-", b"GET /old", b"GET old", b"POST /old", b"PRI * HTTP/2.0", b"GET", b"HELP", b"GET HTTP/1.1"),
    *(
        b"\x16\x03\x01\x00",
        b"\\x16\\x03\\x01",
        b"\\x80.\\x01",
        b"\x80.\x01",
        b"GET  /a  HTTP/1.1",
        b" GET / HTTP/1.1",
    ),
    *(b"GET /a HTTP/1.1 x", b"\x03\x00\x00/*", b"{\\x22id\\x22:1}", b"GET /a\tHTTP/1.1", b'"', b"\\"),
)
STATUSES = (
    b"200",
    b"200",
    b"404",
    b"503",
    b"100",
    b"999",
    b"000",
    b"099",
    b"1000",
    b"abc",
    b"-",
    b"",
    b"20\xff",
)
SIZES = (
    *(b"0", b"512", b"5368709120", b"-", b"999999999999999999", b"9999999999999999999", b"5k", b"-5", b"007"),
    *(b"", b"0x200", "٥١٢".encode()),
)
TIMES = (
    *(b"0.003", b"1.5", b"0", b"12", b"-", b"-1", b"0.001", b"0.1+0.2", b"fast", b"-0.5", b"NaN", b"inf"),
    *(b"1.2.3", b"", b"99999999999999999999", b"1e3", "٣".encode()),
)
MICROSECONDS = (b"1500", b"0", b"250123", b"-", b"-1", b"fast", b"-7", b"1.5", b"", b"99999999999999999999")
USERS = (
    b'"812"',
    b"812",
    b'"-"',
    b"-",
    b'""',
    b'"a\\"b c"',
    b'"a b"',
    b'"',
    b'"x',
    b'x"',
    b"a b",
    b'"\\"',
    b"\xff",
)
TEXTS = (
    *(
        b"-",
        b"",
        b"curl/8.0",
        b"Mozilla/5.0 (X11; Linux x86_64)",
        b"https://example.org/?page=2",
        "ü".encode(),
    ),
    *(
        b'say \\"hi\\"',
        b"say \\x22hi\\x22",
        b"\\",
        b"\\\\",
        b"\xff\xfe",
        b"x\x00y",
        b'"',
        b'x" 200 5 "-" "y',
        b"x [y] z",
    ),
    *(
        "\u2028".encode(),
        b"a\tb",
        b"\xe2\x82",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98\x80",
        b"$x {y}",
        b"';--",
        b"\xef\x9f\xbf",
    ),
)
BLANKS = (
    b"",
    b" ",
    b" \t \r",
    b"\v\f",
    b"\x00",
    b"\xc2\xa0",
    b"\xe2\x80\xa8",
    b"\x1c",
    b"\r",
    b"hello",
    b"\xef\xbb\xbf",
)
ENDS = (b"", b"", b"", b"", b" ", b"\r", b"  \t", b"\r\r", b"\x00", b" x", b"\v", b"\xc2\xa0", b' "')
SPACES = (b" ", b"  ", b"\t", b"", b"\xc2\xa0")
SPLINTERS = (
    *(
        b'"',
        b"\\",
        b" ",
        b"[",
        b"]",
        b"-",
        b"\x00",
        b"\xff",
        b"\xc3",
        b"\xa9",
        b"\t",
        b"\r",
        b"\n",
        b"\v",
        b"\f",
    ),
    *(
        b'\\"',
        b'" "',
        b'" ',
        b' "',
        b"] ",
        b" [",
        b"0",
        b"7",
        b".",
        b":",
        b"/",
        b"+",
        b",",
        b"x",
        b"\xe2\x80\xa8",
    ),
)
"""What mutations put into a line."""

GOOD: dict[str, bytes] = {
    "common": b'192.0.2.1 - - [23/Mar/2026:10:11:12 +0000] "GET / HTTP/1.1" 200 5',
    "combined": b'192.0.2.1 - - [23/Mar/2026:10:11:12 +0000] "GET / HTTP/1.1" 200 5 "-" "-"',
    "combined_plus": b'192.0.2.1 - - [23/Mar/2026:10:11:12 +0000] "GET / HTTP/1.1" 200 5 "-" "-" 0.1 "7"',
    "vhost_combined": b'a.org:80 192.0.2.1 - - [23/Mar/2026:10:11:12 +0000] "GET / HTTP/1.1" 200 5 "-" "-"',
    "nginx": b'192.0.2.1 - - [2026-03-23T10:11:12Z] a.org "GET / HTTP/1.1" 200 5 rt=0.1 uid="7" "-" ua="-"',
    "apache": b'192.0.2.1 - - [23/Mar/2026:10:11:12 +0000] "GET / HTTP/1.1" 200 5 1500 "-" "-"',
}
"""The first line of every file, so that it has the format."""


# Lines.


def mostly(chosen: random.Random, values: Sequence[bytes]) -> bytes:
    """One of the values: mostly one of the first three, which are what servers mostly write."""
    return chosen.choice(values[:3] if chosen.random() < 0.85 else values)


def fields(name: str, chosen: random.Random) -> list[bytes]:
    """What stands between the spaces of a line of the format."""
    begin = [mostly(chosen, ADDRESSES), mostly(chosen, IDENTITIES), mostly(chosen, LOGINS)]
    stamp = b"[" + mostly(chosen, STAMPS) + b"]"
    answer = [in_quotes(request(chosen)), mostly(chosen, STATUSES), mostly(chosen, SIZES)]
    texts = [in_quotes(mostly(chosen, TEXTS)), in_quotes(mostly(chosen, TEXTS))]
    if name == "nginx":
        begin[1] = b"-"
        times = [b"rt=" + mostly(chosen, TIMES), b"uid=" + mostly(chosen, USERS)]
        return [*begin, stamp, b"a.org", *answer, *times, texts[0], b"ua=" + texts[1]]
    line = [*begin, stamp, *answer]
    match name:
        case "common":
            return line
        case "combined_plus":
            return [*line, *texts, mostly(chosen, TIMES), mostly(chosen, USERS)]
        case "vhost_combined":
            return [chosen.choice((b"example.org:80", b"example.org", b"-")), *line, *texts]
        case "apache":
            return [*line, mostly(chosen, MICROSECONDS), *texts]
    return [*line, *texts]


def request(chosen: random.Random) -> bytes:
    """What a client sent first."""
    if chosen.random() < 0.1:
        return chosen.choice(ODD_REQUESTS)
    return b" ".join((mostly(chosen, METHODS), mostly(chosen, TARGETS), mostly(chosen, VERSIONS)))


def in_quotes(value: bytes) -> bytes:
    """The value as a log has it."""
    return b'"' + value + b'"'


def line_of(name: str, chosen: random.Random) -> bytes:
    """A line of the format: as a server would write it, or with something odd, missing or moved."""
    kind = chosen.random()
    if kind < 0.03:
        return chosen.choice(BLANKS)
    if kind < 0.25:
        return mutated(GOOD[name], chosen)
    parts = fields(name, chosen)
    if kind < 0.35:
        moved(parts, chosen)
    line = b" ".join(parts) + mostly(chosen, ENDS)
    return mutated(line, chosen) if kind > 0.75 else line


def moved(parts: list[bytes], chosen: random.Random) -> None:
    """One of the parts is missing, twice there, in another place, or further from the next."""
    one, other = chosen.randrange(len(parts)), chosen.randrange(len(parts))
    match chosen.randrange(4):
        case 0:
            del parts[one]
        case 1:
            parts.insert(one, parts[other])
        case 2:
            parts[one], parts[other] = parts[other], parts[one]
        case 3:
            parts[one] += chosen.choice(SPACES) + parts.pop(one + 1) if one + 1 < len(parts) else b""


def mutated(line: bytes, chosen: random.Random) -> bytes:
    """The line after up to three accidents."""
    for _ in range(chosen.randrange(1, 4)):
        at = chosen.randrange(len(line) + 1)
        match chosen.randrange(6):
            case 0 | 1:
                line = line[:at] + chosen.choice(SPLINTERS) + line[at:]
            case 2:
                line = line[:at] + line[at + 1 :]
            case 3:
                line = line[:at] + chosen.choice(SPLINTERS) + line[at + 1 :]
            case 4:
                line = line[:at] + line[at + 1 : at + 2] + line[at : at + 1] + line[at + 2 :]
            case 5:
                line = line[:at] if chosen.random() < 0.3 else line[:at] + line[max(0, at - 5) :]
    return line


def file_of(name: str, chosen: random.Random, lines: int) -> bytes:
    """A file of as many lines; some end as on Windows, and the last may not end at all."""
    made = [GOOD[name], *(line_of(name, chosen) for _ in range(lines))]
    return b"\n".join(made) + chosen.choice((b"", b"\n"))


# Comparisons.


def found_in(content: bytes, form: Format) -> dict[int, dict[str, Any]]:
    """What `ingest` made of each line that is not blank, by its number."""
    with TemporaryDirectory() as folder, Store.open(None) as store:
        log = Path(folder, "access.log")
        log.write_bytes(content)
        (source,) = ingest([log], store, format=form.asked).sources
        rows = [*store.table("requests").to_pylist(), *store.table("rejects").to_pylist()]
        found = {row["line"]: row for row in rows}
        assert len(found) == len(rows) == source.lines - source.blanks
        assert source.lines == len(lines_of(content))
    return found


def differences(content: bytes, form: Format) -> Iterator[str]:
    """The lines that became something else than the reference says."""
    found = found_in(content, form)
    for (number, expected), line in zip(outcomes(content, form).items(), lines_of(content), strict=True):
        row = found.get(number)
        if flaw := difference(expected, row, line):
            yield f"{line!r}\n     {flaw}"


def difference(expected: Outcome, row: dict[str, Any] | None, line: bytes) -> str | None:
    """In what the row of a line is not what was expected; None if it is."""
    match expected:
        case Blank():
            return f"is blank, but there is {row}" if row else None
        case Reject(reason, shape):
            if row is None or "reason" not in row:
                return f"is a reject ({reason}), but there is {row}"
            alike = row["reason"].startswith(reason) if shape else row["reason"] == reason
            if not alike:
                return f"is rejected because {reason!r}, not {row['reason']!r}"
            return None if raw_bytes(row["raw"]) == line else f"is kept as {row['raw']!r}"
        case Request():
            if row is None or "reason" in row:
                return f"is a request, but there is {row}"
            unlike = {
                column: (row[column], value)
                for column, value in vars(expected).items()
                if row[column] != value
            }
            return f"has (found, expected): {unlike}" if unlike else None


@pytest.mark.parametrize("name", FORMATS)
def test_thousands_of_lines_become_what_the_reference_says(name: str) -> None:
    """Of many lines, plausible and broken, each is the request, reject or blank that the reference says."""
    content = file_of(name, random.Random(f"{SEED} {name}"), MANY)
    expected = list(outcomes(content, FORMATS[name]).values())
    assert sum(isinstance(one, Request) for one in expected) > MANY / 10, "too few are requests"
    reasons = {one.reason for one in expected if isinstance(one, Reject)}
    assert len(reasons) >= (11 if "seconds" in dict(FORMATS[name].pieces) else 10), reasons
    unlike = list(differences(content, FORMATS[name]))
    assert not unlike, f"{len(unlike)} lines, such as\n" + "\n".join(unlike[:SHOWN])


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=EXAMPLES, deadline=None, phases=ONLY_MADE)
@given(chosen=st.randoms(use_true_random=False))
def test_a_line_becomes_what_the_reference_says(name: str, chosen: random.Random) -> None:
    """Hypothesis finds no line of which ingest makes something else than the reference."""
    unlike = list(differences(file_of(name, chosen, PER_EXAMPLE), FORMATS[name]))
    assert not unlike, "\n".join(unlike[:SHOWN])
