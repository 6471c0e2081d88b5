"""The same lines give the same rows, however they come: cut, packed, named, ordered or grown."""

from __future__ import annotations

import bz2
import gzip
import io
import random
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from same_rows import (
    Row,
    asked,
    contents,
    counted,
    must_conserve,
    refused,
    rows_of,
)

from miner.ingest import ingest
from miner.store import Store

FORMAT = "combined_plus"
LINES = 60
"""Of the log that is told in several ways: enough for every kind of line that is in it."""
SEED = 20_260_323
EXAMPLES = 10
AGENTS = (
    b"curl/8.0",
    b"-",
    b"",
    b'Mozilla/5.0 (X11; Linux) \\"x\\"',
    "Überläufer 日本".encode(),
    b"bad \xff\xfe",
)
TARGETS = (b"/", b"/users/%d", b"/a b/%d", b"/caf\xc3\xa9/%d", b"/x\xff%d", b"/\x00%d", b'/say\\"%d\\"', b"*")
USERS = (b"-", b"%d", b'"%d"', b'"-"', b'"user %d"')
STRANGE = (
    b"",
    b" \t ",
    b"hello",
    b"\x80\xff\xfe",
    b'192.0.2.1 - - [23/Mar/2026:10:11:12 +0000] "GET /half HT',
    b'192.0.2.1 - - [31/Feb/2026:10:11:12 +0000] "GET / HTTP/1.1" 200 5 "-" "-" 0.1 -',
    b'192.0.2.1 - - [23/Mar/2026:10:11:12 +0000] "\x16\x03\x01" 400 5 "-" "-" 0.1 -',
    b'192.0.2.1 - - [23/Mar/2026:10:11:12 +0000] "GET / HTTP/1.1" 200 5k "-" "-" 0.1 -',
)
"""Lines that are blank, or no requests for one reason or another."""


# Logs.


def good_line(random: random.Random, number: int) -> bytes:
    """A request that no other line of the log has."""
    target, user = random.choice(TARGETS), random.choice(USERS)
    fields = (
        b"192.0.2.%d - - " % random.randrange(1, 255),
        b"[23/Mar/2026:10:%02d:%02d +0000] " % divmod(number % 3600, 60),
        b'"GET ' + (target % number if b"%d" in target else target) + b' HTTP/1.1" ',
        b'%d %d "-" "' % (random.choice((200, 201, 404, 503)), number),
        random.choice(AGENTS) + b'" 0.%03d ' % random.randrange(1000),
        user % number if b"%d" in user else user,
    )
    return b"".join(fields)


def log_lines(seed: int, count: int = LINES) -> list[bytes]:
    """Lines without their ends; the first three are requests, so that every part of a log has some."""
    chosen = random.Random(seed)
    return [
        chosen.choice(STRANGE) if number > 2 and chosen.random() < 0.25 else good_line(chosen, number)
        for number in range(count)
    ]


LOG = log_lines(SEED)
WHOLE = b"\n".join(LOG) + b"\n"


def read(*logs: str | Path, store: Store) -> tuple[str, ...]:
    """The logs are in the store, of which no line is lost. Returns what is remarked."""
    remarks = ingest(logs, store, format=FORMAT).remarks
    must_conserve(store)
    return remarks


def rows_in(content: bytes, name: str = "access.log") -> dict[str, list[Row]]:
    """What a log with that content becomes."""
    with TemporaryDirectory() as folder, Store.open(None) as store:
        read(written(Path(folder), name, content), store=store)
        return rows_of(store)


def written(folder: Path, name: str, content: bytes) -> Path:
    """A file with the content."""
    file = folder / name
    file.write_bytes(content)
    return file


@dataclass(frozen=True)
class Whole:
    """What the log becomes when it is one plain file that is read once."""

    rows: dict[str, list[Row]]
    contents: dict[str, list[Row]]
    asked: Counter[str]
    refused: Counter[str]
    counted: Row


@cache
def whole() -> Whole:
    """What the log becomes."""
    with TemporaryDirectory() as folder, Store.open(None) as store:
        read(written(Path(folder), "access.log", WHOLE), store=store)
        return Whole(rows_of(store), contents(store), asked(store), refused(store), counted(store))


def test_the_log_has_every_kind_of_line() -> None:
    """What is compared is not empty: there are requests, rejects of several reasons, and blank lines."""
    rows = whole().rows
    assert len(rows["requests"]) > LINES / 2
    assert len({row["reason"] for row in rows["rejects"]}) > 3
    assert len(rows["requests"]) + len(rows["rejects"]) < LINES


# Cut and put together.


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(1, LINES - 1), st.booleans())
def test_two_halves_are_the_whole(cut: int, ended: bool) -> None:
    """A log in two files has the requests and rejects of the log in one."""
    ended = ended or not LOG[cut - 1]  # without its end, an empty line is none
    halves = b"\n".join(LOG[:cut]) + b"\n" * ended, b"\n".join(LOG[cut:]) + b"\n"
    with TemporaryDirectory() as folder, Store.open(None) as store:
        read(*(written(Path(folder), str(n), half) for n, half in enumerate(halves)), store=store)
        assert asked(store) == whole().asked
        assert refused(store) == whole().refused
        assert counted(store) == whole().counted


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=4, unique=True))
def test_logs_one_after_the_other_are_the_logs(seeds: list[int]) -> None:
    """The rows of logs that are put together are those of each, counted on."""
    parts = [log_lines(seed, 12) for seed in seeds]
    together = rows_in(b"".join(b"\n".join(part) + b"\n" for part in parts))
    expected: dict[str, list[Row]] = {"requests": [], "rejects": []}
    before = 0
    for part in parts:
        for table, rows in rows_in(b"\n".join(part)).items():
            expected[table] += [{**row, "line": row["line"] + before} for row in rows]
        before += len(part)
    assert together == expected


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(st.permutations(range(3, LINES)))
def test_the_order_of_lines_is_no_matter(order: list[int]) -> None:
    """Lines in another order are the same requests and rejects."""
    shuffled = LOG[:3] + [LOG[number] for number in order]
    with TemporaryDirectory() as folder, Store.open(None) as store:
        read(written(Path(folder), "log", b"\n".join(shuffled)), store=store)
        assert asked(store) == whole().asked
        assert refused(store) == whole().refused


# Ends of lines.


def test_windows_line_ends_change_nothing() -> None:
    """Lines that end with CR and LF are the lines."""
    assert rows_in(WHOLE.replace(b"\n", b"\r\n")) == whole().rows


def test_mixed_line_ends_change_nothing() -> None:
    """Some lines end with CR and LF, others with LF, and the last with neither."""
    ends = [b"\r\n", b"\n"] * LINES
    mixed = b"".join(line + end for line, end in zip(LOG, [*ends[: LINES - 1], b""], strict=True))
    assert rows_in(mixed) == whole().rows


def test_a_byte_order_mark_changes_nothing() -> None:
    """The mark before the first line is no part of it."""
    assert rows_in(b"\xef\xbb\xbf" + WHOLE) == whole().rows


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(st.lists(st.sampled_from([b"\n", b"\r\n", b" \n", b"\t \r\n", b"  "]), min_size=1, max_size=6))
def test_blank_lines_at_the_end_are_only_counted(blanks: list[bytes]) -> None:
    """Blank lines after a log change its count of lines and blanks, and nothing else."""
    after = b"".join(blanks)
    more = after.count(b"\n") + (not after.endswith(b"\n"))
    with TemporaryDirectory() as folder, Store.open(None) as store:
        read(written(Path(folder), "log", WHOLE + after), store=store)
        assert rows_of(store) == whole().rows
        before = whole().counted
        assert counted(store) == {
            **before,
            "lines": before["lines"] + more,
            "blanks": before["blanks"] + more,
        }


# Packed.


def pieces(content: bytes) -> list[bytes]:
    """The content in four pieces, cut in the middle of lines."""
    ends = sorted(random.Random(SEED).sample(range(1, len(content)), 3))
    return [content[begin:end] for begin, end in pairwise([0, *ends, len(content)])]


def zstd(content: bytes) -> bytes:
    """One frame of zstd."""
    packed: bytes = pa.Codec("zstd").compress(content, asbytes=True)
    return packed


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip file with the members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def in_members(pack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Packs every piece on its own: what `cat a.gz b.gz` makes."""
    return lambda content: b"".join(pack(piece) for piece in pieces(content))


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "gzip of several members": in_members(gzip.compress),
    "gzip with an empty member": lambda content: gzip.compress(b"") + gzip.compress(content),
    "zstd": zstd,
    "zstd of several frames": in_members(zstd),
    "bz2": bz2.compress,
    "bz2 of several streams": in_members(bz2.compress),
    "zip": lambda content: zipped({"access.log": content}),
}


@pytest.mark.parametrize("name", ["access.log", "access.log.gz"])
@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)
def test_a_packed_log_is_the_log(pack: Callable[[bytes], bytes], name: str) -> None:
    """Whatever it is called, a compressed log has the rows of what is in it."""
    assert rows_in(pack(WHOLE), name) == whole().rows


def test_an_archive_is_the_logs_in_it(tmp_path: Path) -> None:
    """Every member of a zip file is a source of its own, named after both, with the rows it would have."""
    halves = {"old/access.log": b"\n".join(LOG[:30]), "access.log": b"\n".join(LOG[30:])}
    with Store.open(None) as packed, Store.open(None) as plain:
        read(written(tmp_path, "logs.zip", zipped(halves)), store=packed)
        read(*(written(tmp_path, f"{n}.log", half) for n, half in enumerate(halves.values())), store=plain)
        names = packed.table("sources")["name"].to_pylist()
        assert sorted(names) == ["logs.zip/access.log", "logs.zip/old/access.log"]
        assert asked(packed) == asked(plain)
        assert refused(packed) == refused(plain)
        assert counted(packed) == counted(plain)


# Named, linked and read again.


def test_a_name_is_only_a_name(tmp_path: Path) -> None:
    """A log of another name differs in the name of its source, and in nothing else."""
    with Store.open(None) as store:
        read(written(tmp_path, "büro 7.txt", WHOLE), store=store)
        assert rows_of(store) == whole().rows
        (source,), (expected,) = contents(store)["sources"], whole().contents["sources"]
        assert source == {**expected, "name": "büro 7.txt"}


def copies(folder: Path, log: Path) -> dict[str, Path]:
    """The same content elsewhere, linked, and packed."""
    (folder / "other").mkdir()
    (folder / "link.log").symlink_to(log)
    (folder / "hard.log").hardlink_to(log)
    return {
        "elsewhere": written(folder / "other", "access.log", WHOLE),
        "renamed": written(folder, "access.log.1", WHOLE),
        "linked": folder / "link.log",
        "linked hard": folder / "hard.log",
        **{name: written(folder, name, pack(WHOLE)) for name, pack in PACKED.items()},
    }


@pytest.mark.parametrize("at_once", [False, True], ids=["later", "at once"])
def test_the_same_content_is_read_once(at_once: bool, tmp_path: Path) -> None:
    """Copies of a log, by whatever name, link or packing, change no row, and each is remarked."""
    log = written(tmp_path, "access.log", WHOLE)
    same = copies(tmp_path, log)
    with Store.open(None) as store:
        if at_once:
            remarks = read(log, *same.values(), store=store)
        else:
            read(log, store=store)
            same["again"] = log
            remarks = tuple(remark for copy in same.values() for remark in read(copy, store=store))
        assert contents(store) == whole().contents
    skipped = [remark for remark in remarks if "is the same file as access.log" in remark]
    assert len(skipped) == len(same)
    assert all(remark.endswith("which is in the store: skipped.") for remark in skipped)


# Grown.


def grown(content: bytes, cuts: Sequence[int], end: bytes = b"") -> dict[str, list[Row]]:
    """What a log becomes that is read each time it has grown to one of the cuts, and at last."""
    with TemporaryDirectory() as folder, Store.open(None) as store:
        log = Path(folder, "access.log")
        for cut in [*cuts, len(content)]:
            log.write_bytes(content[:cut] + end * (cut < len(content)))
            read(log, store=store)
        return contents(store)


def unbroken(content: bytes) -> dict[str, list[Row]]:
    """What a log becomes that is read once."""
    with TemporaryDirectory() as folder, Store.open(None) as store:
        read(written(Path(folder), "access.log", content), store=store)
        return contents(store)


BEGIN = len(b"\n".join(LOG[:1]))
"""Bytes after which a part of the log is known for one: its first line."""
PLACES = 8
"""At which a line is cut."""


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.integers(BEGIN, len(WHOLE)), min_size=1, max_size=4).map(sorted))
def test_a_log_that_grows_is_the_log_that_it_becomes(cuts: list[int]) -> None:
    """However often it is read while it grows, also in the middle of a line, it has the rows of the whole."""
    assert grown(WHOLE, cuts) == whole().contents


@pytest.mark.parametrize("line", [1, 30, LINES - 1])
def test_a_line_may_be_cut_anywhere(line: int) -> None:
    """A line that was unfinished at its first reading, wherever, is read as it is when it is complete."""
    begin = len(b"\n".join(LOG[:line])) + 1
    length = len(LOG[line]) + 1
    for cut in range(begin, begin + length + 1, max(1, length // PLACES)):
        assert grown(WHOLE, [cut]) == whole().contents, WHOLE[begin:cut]


@pytest.mark.parametrize(
    "last",
    [
        b'192.0.2.1 - - [23/Mar/2026:10:11:12 +0000] "GET / HTTP/1.1" 200 5 "-" "-" 0.125 812',
        b'192.0.2.1 - - [23/Mar/2026:10:11:12 +0000] "GET / HTTP/1.1" 200 5 "-" "x" 0.125 "caf\xc3\xa9"\r',
        b"   ",
        b"\xf0\x9f\x98\x80",
        b"\r",
    ],
    ids=["a user that goes on", "a carriage return", "blanks", "a character of four bytes", "only CR"],
)
def test_what_an_unfinished_line_was_taken_for_is_taken_back(last: bytes) -> None:
    """A last line that was a request, a reject or a blank before it was complete is only what it is now."""
    content = LOG[0] + b"\n" + last + b"\n" + LOG[1] + b"\n"
    begin = len(LOG[0]) + 1
    expected = unbroken(content)
    for cut in range(begin + max(0, len(last) - PLACES), begin + len(last) + 2):
        assert grown(content, [cut]) == expected, content[begin:cut]


def test_a_log_that_grows_by_bytes_ends_well() -> None:
    """A log that is read after every few bytes is the log."""
    short = b"\n".join(LOG[:6]) + b"\n"
    assert grown(short, range(BEGIN, len(short), 31)) == unbroken(short)


# Asked for in another way.


def three_logs(folder: Path) -> list[Path]:
    """Three logs in a folder."""
    folder.mkdir()
    third = LINES // 3
    return [
        written(folder, f"{n}.log", b"\n".join(LOG[:1] + LOG[n * third : (n + 1) * third])) for n in range(3)
    ]


def test_a_folder_a_pattern_and_names_are_the_same(tmp_path: Path) -> None:
    """The logs of a folder are the same, whether the folder, a pattern or each of them is named."""
    logs = three_logs(tmp_path / "logs")
    (tmp_path / "logs" / "README.txt").write_text("It was a dark and stormy night.\n" * 9, encoding="ascii")
    ways: dict[str, list[Path]] = {
        "names": logs,
        "other order": logs[::-1],
        "folder": [tmp_path / "logs"],
        "pattern": [tmp_path / "logs" / "*.log"],
        "folder and a name": [tmp_path / "logs", logs[0]],
    }
    found = {}
    for way, named in ways.items():
        with Store.open(None) as store:
            read(*named, store=store)
            found[way] = contents(store)
    assert len(found["names"]["sources"]) == 3
    assert {way: rows == found["names"] for way, rows in found.items()} == dict.fromkeys(ways, True)


def test_one_ingest_or_several_are_the_same(tmp_path: Path) -> None:
    """Logs read one by one, into a store that is closed in between, give the rows of all read at once."""
    logs = three_logs(tmp_path / "logs")
    db = tmp_path / "traffic.duckdb"
    for log in logs:
        with Store.open(db) as store:
            read(log, store=store)
    with Store.open(db) as several, Store.open(None) as once:
        read(*logs, store=once)
        assert contents(several) == contents(once)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_stdin_is_a_log(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """`mine ingest -` has the rows of the file that it is given."""
    db = tmp_path / "traffic.duckdb"
    command = [sys.executable, "-m", "miner.cli", "ingest", "-", "--format", FORMAT, "--db", str(db)]
    ended = subprocess.run(command, input=pack(WHOLE), capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
    with Store.open(db, create=False) as store:
        must_conserve(store)
        assert rows_of(store) == whole().rows
