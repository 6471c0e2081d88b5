r"""Every case in tests/cases/ingest_*.toml: a file becomes the rows, remarks or error that the case says.

A case has a `name`, a content, options of `ingest`, and what must come out.

The content is one of `line` (one line), `text` (a whole file), `escaped` (a whole file, where \n, \r, \t,
\\ and \xhh are bytes), `repeat = {before, text, times, after}` and `members = [{name, ...content}]` (a zip
file). `encoding` writes it in UTF-16 with its byte order mark. `compress` is a key of COMPRESSED, or several,
applied in order; then `cut` bytes are taken off the end, and the byte at `corrupt` is turned over. `file` is
the name of the file.

What must come out: `counts`, `source` and `sources` (columns of the table `sources`), `detected` (its
format), `requests` and `rejects` (each of a `line`: if it is not given, they are the first lines), `distinct`
(how many values a column of `requests` has), `absent` (text that is nowhere in the store), `remark` and
`no_remark` (parts of one), or `error` (a part of its text) and its `exit` code.

"none" is null. "--MM-DDTHH:MM:SS" is the last such moment that is not in the future. A reason that ends with
"…" is the beginning of one. Beside its columns a request has `lasted` (seconds from its start to its end) and
`target_length`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import re
import tomllib
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from miner.errors import MinerError
from miner.ingest import ingest, raw_bytes
from miner.ingest.report import IngestReport
from miner.store import Store

Case = dict[str, Any]
FILES = sorted((Path(__file__).parents[1] / "cases").glob("ingest_*.toml"))
CASES: list[tuple[str, Case]] = [
    (file.stem.removeprefix("ingest_"), case)
    for file in FILES
    for case in tomllib.loads(file.read_text(encoding="utf-8"))["cases"]
]
CONTENT = {"line", "text", "escaped", "repeat", "members"}
MADE = {"encoding", "compress", "cut", "corrupt", "file"}
OPTIONS = {"format", "fields", "service", "timezone", "pseudonymise"}
EXPECTED = {
    "counts",
    "source",
    "sources",
    "detected",
    "requests",
    "rejects",
    "distinct",
    "absent",
    "remark",
    "no_remark",
    "error",
    "exit",
}
DOCUMENTS = {"har", "otlp", "jaeger"}
"""Formats whose units are entries or spans, not lines of the file."""
SHOWN = 1 << 20
"""Bytes that are kept of a line that is too long."""
ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[nrt\\]|)")
NO_YEAR = re.compile(r"--\d\d-\d\dT[\d:.]+")
PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\"}


@pytest.mark.parametrize(("topic", "case"), CASES, ids=[f"{topic}: {case['name']}" for topic, case in CASES])
def test_a_file_becomes_what_its_case_says(topic: str, case: Case, tmp_path: Path) -> None:  # noqa: ARG001
    """A file has the rows, the remarks or the error that its case says, and no line of it is lost."""
    content = content_of(case)
    log = tmp_path / case.get("file", "access.log")
    log.write_bytes(damaged(compressed(content, case), case))
    with Store.open(None) as store:
        if "error" in case:
            refuse(case, log, store)
            return
        report = ingest([log], store, **options(case))
        conserve(store)
        account(case, content, store)
        for check in CHECKS:
            check(case, store, report)


def test_cases_have_known_keys_and_names_of_their_own() -> None:
    """A misspelt key would hold nothing, and a name that is there twice would hide a case."""
    names = [(topic, case["name"]) for topic, case in CASES]
    assert len(set(names)) == len(names)
    for topic, case in CASES:
        name = f"{topic}: {case['name']}"
        assert case.keys() <= {"name"} | CONTENT | MADE | OPTIONS | EXPECTED, name
        assert len(case.keys() & CONTENT) == 1, name
        assert case.keys() & EXPECTED, name


# The file.


def content_of(case: Case) -> bytes:
    """The bytes of the file before it was compressed; of a zip file, those of its last member."""
    if "members" in case:
        return content_of(case["members"][-1])
    if "escaped" in case:
        return unescaped(case["escaped"])
    if "repeat" in case:
        repeat = case["repeat"]
        middle = repeat["text"].encode() * repeat["times"]
        return repeat.get("before", "").encode() + middle + repeat.get("after", "").encode()
    text: str = case["line"] + "\n" if "line" in case else case["text"]
    if "encoding" in case:
        return ("\ufeff" + text).encode(case["encoding"])
    return text.encode()


def unescaped(text: str) -> bytes:
    r"""The bytes that `text` writes with \n, \r, \t, \\ and \xhh. Raises ValueError at any other escape."""

    def byte(found: re.Match[bytes]) -> bytes:
        name = found[1]
        if not name:
            raise ValueError(f"Unknown escape at {found.start()} in {text[:60]}")
        return PLAIN.get(name) or bytes.fromhex(name[1:].decode())

    return ESCAPE.sub(byte, text.encode())


def halves(content: bytes) -> tuple[bytes, bytes]:
    """The content in two, which need not be at the end of a line."""
    return content[: len(content) // 2], content[len(content) // 2 :]


def zstd(content: bytes) -> bytes:
    """One frame of zstd."""
    made: bytes = pa.Codec("zstd").compress(content, asbytes=True)
    return made


def zipped(members: list[tuple[str, bytes]]) -> bytes:
    """A zip file with the members; a name that ends with a slash is a folder."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, 23, 0, 0, 0)), content)
    return file.getvalue()


COMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda content: gzip.compress(content, 1, mtime=0),
    "gzip-multi": lambda content: b"".join(gzip.compress(half, mtime=0) for half in halves(content)),
    "gzip-padded": lambda content: gzip.compress(content, mtime=0) + bytes(512),
    "zstd": zstd,
    "zstd-multi": lambda content: b"".join(zstd(half) for half in halves(content)),
    "bz2": bz2.compress,
    "bz2-multi": lambda content: b"".join(bz2.compress(half) for half in halves(content)),
    "zip": lambda content: zipped([("access.log", content)]),
    "zip-empty": lambda _: zipped([]),
}


def compressed(content: bytes, case: Case) -> bytes:
    """The content as it lies in the file."""
    if "members" in case:
        return zipped([(member["name"], content_of(member)) for member in case["members"]])
    ways = case.get("compress", [])
    for way in [ways] if isinstance(ways, str) else ways:
        content = COMPRESSED[way](content)
    return content


def damaged(content: bytes, case: Case) -> bytes:
    """The file without the bytes that are cut off, and with one turned over."""
    content = content[: len(content) - case.get("cut", 0)]
    if "corrupt" in case:
        spoilt = bytearray(content)
        spoilt[case["corrupt"]] ^= 0xFF
        return bytes(spoilt)
    return content


def lines_of(content: bytes) -> list[bytes]:
    """The lines of the file as an editor shows them, in UTF-8 and without the byte order mark."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16", "replace").encode()
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [line.removesuffix(b"\r") for line in (lines if lines[-1] else lines[:-1])]


def options(case: Case) -> dict[str, Any]:
    """What is passed to `ingest`."""
    return {name: case[name] for name in OPTIONS if name in case}


# What holds in every case.


def refuse(case: Case, log: Path, store: Store) -> None:
    """The log is refused in one printable line, and nothing of it is in the store."""
    with pytest.raises(MinerError) as refused:
        ingest([log], store, **options(case))
    error = refused.value
    assert case["error"] in str(error)
    assert error.exit_code == case.get("exit", 2)
    assert error.what.isprintable()
    assert error.hint.isprintable()
    assert [store.table(name).num_rows for name in ("sources", "requests", "rejects")] == [0, 0, 0]


def conserve(store: Store) -> None:
    """Every line of every source is a request, a reject, a blank or a duplicate, and is there once."""
    for source in store.table("sources").to_pylist():
        parts = [source[name] for name in ("requests", "rejects", "blanks", "duplicates")]
        assert source["lines"] == sum(parts)
        for name, count in (("requests", parts[0]), ("rejects", parts[1])):
            assert len(numbered(store, name, source["source_id"])) == count
        numbers = [
            line for name in ("requests", "rejects") for line in numbered(store, name, source["source_id"])
        ]
        assert len(set(numbers)) == len(numbers)
        assert set(numbers) <= set(range(1, source["lines"] + 1))


def numbered(store: Store, table: str, source_id: int) -> list[int]:
    """The numbers of the lines of one source in a table."""
    rows = store.table(table)
    numbers: list[int] = [
        line
        for line, source in zip(rows["line"].to_pylist(), rows["source_id"].to_pylist(), strict=True)
        if source == source_id
    ]
    return numbers


def account(case: Case, content: bytes, store: Store) -> None:
    """A source has as many lines as its file, and a reject is the bytes of its line."""
    sources = store.table("sources").to_pylist()
    if len(sources) != 1 or sources[0]["format"] in DOCUMENTS or isinstance(case.get("compress"), list):
        return
    lines = lines_of(content)
    assert sources[0]["lines"] == len(lines)
    for row in store.table("rejects").to_pylist():
        if case.get("pseudonymise"):
            assert row["raw"] == ""
        else:
            line = lines[row["line"] - 1]
            assert raw_bytes(row["raw"]) == (line[:SHOWN] if len(line) > 8 * SHOWN else line)


# What a case says.


def check_sources(case: Case, store: Store, _: IngestReport) -> None:
    """The sources are those that the case says."""
    told = "SELECT * FROM sources JOIN source_facts USING (source_id) ORDER BY source_id"
    sources = store.ask(told).to_pylist()
    if "sources" in case:
        assert len(sources) == len(case["sources"])
        for source, expected in zip(sources, case["sources"], strict=True):
            assert {name: source[name] for name in expected} == expected
    else:
        (source,) = sources
        expected = case.get("counts", {}) | case.get("source", {})
        if "detected" in case:
            expected["format"] = case["detected"]
        assert {name: source[name] for name in expected} == expected


def check_requests(case: Case, store: Store, _: IngestReport) -> None:
    """The requests on the lines that the case names have the columns that it says."""
    if "requests" not in case:
        return
    found = {row["line"]: row for row in store.table("requests").to_pylist()}
    for number, expected in enumerate(case["requests"], 1):
        line = expected.get("line", number)
        assert line in found, f"line {line} is no request: {reasons(store)}"
        row = found[line] | derived(found[line])
        wanted = {name: value_of(value) for name, value in expected.items() if name != "line"}
        assert {name: row[name] for name in wanted} == wanted


def derived(row: dict[str, Any]) -> dict[str, Any]:
    """What a case can say of a request beside its columns."""
    lasted = (row["finished"] - row["started"]).total_seconds()
    return {"lasted": lasted, "target_length": len(row["target"])}


def value_of(value: Any) -> Any:
    """The value that a case means: null for "none", the last such moment for one without a year."""
    if value == "none":
        return None
    if isinstance(value, str) and NO_YEAR.fullmatch(value):
        now = datetime.now(UTC)
        return next(
            moment
            for year in range(now.year, now.year - 9, -1)
            if (moment := moment_of(f"{year}{value[1:]}+00:00")) and moment <= now
        )
    return value


def moment_of(text: str) -> datetime | None:
    """The moment, or None in years without that day."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def check_rejects(case: Case, store: Store, _: IngestReport) -> None:
    """The rejects are on the lines, and for the reasons, that the case says."""
    if "rejects" not in case:
        return
    found = reasons(store)
    for number, expected in enumerate(case["rejects"], 1):
        line, reason = expected.get("line", number), expected["reason"]
        assert line in found, f"line {line} is no reject"
        if reason.endswith("…"):
            assert found[line].startswith(reason[:-1])
        else:
            assert found[line] == reason


def reasons(store: Store) -> dict[int, str]:
    """Why lines are rejects."""
    return {row["line"]: row["reason"] for row in store.table("rejects").to_pylist()}


def check_values(case: Case, store: Store, _: IngestReport) -> None:
    """Columns have as many values as the case says, and what it calls absent is nowhere in the store."""
    requests = store.table("requests")
    for name, count in case.get("distinct", {}).items():
        assert len(set(requests[name].to_pylist())) == count, name
    for text in case.get("absent", []):
        for table in store.tables():
            assert text not in str(store.table(table).to_pylist()), table


def check_remarks(case: Case, _: Store, report: IngestReport) -> None:
    """The remarks contain what the case says, and not what it forbids; each is one printable line."""
    for text in listed(case, "remark"):
        assert any(text in remark for remark in report.remarks), report.remarks
    for text in listed(case, "no_remark"):
        assert not any(text in remark for remark in report.remarks), report.remarks
    assert all(remark.isprintable() for remark in report.remarks)


def listed(case: Case, name: str) -> list[str]:
    """What a case says under a name, where one text needs no list."""
    value = case.get(name, [])
    return [value] if isinstance(value, str) else value


CHECKS = (check_sources, check_requests, check_rejects, check_values, check_remarks)
