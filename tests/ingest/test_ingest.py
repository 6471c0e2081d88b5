"""Whatever is in a log, every line of it is accounted for."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import MinerError
from miner.ingest import ingest, rejects_by_reason, retry_rejects
from miner.ingest.lines import BLOCK
from miner.store import Store

GOOD = b'192.0.2.1 - - [23/Mar/2026:10:11:12 +0000] "GET /a HTTP/1.1" 200 512 "-" "curl/8.0"'
PLUS = GOOD + b' 0.003 "812"'
WRONG = b'192.0.2.1 - - [23/Mar/2026:10:11:12 +0000] "GET /a HTTP/1.1" 200 512 "-" "curl'


def log_of(folder: Path, content: bytes, name: str = "access.log") -> Path:
    """A log with `content`."""
    log = folder / name
    log.write_bytes(content)
    return log


def counts(content: bytes, form: str | None = None) -> tuple[int, int, int, int]:
    """Lines, requests, rejects and blanks of a log with `content`."""
    with TemporaryDirectory() as folder, Store.open(None) as store:
        (source,) = ingest([log_of(Path(folder), content)], store, format=form).sources
        assert store.table("requests").num_rows == source.requests
        assert store.table("rejects").num_rows == source.rejects
        return source.lines, source.requests, source.rejects, source.blanks


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GOOD, (1, 1, 0, 0)),
        (GOOD + b"\n", (1, 1, 0, 0)),
        (GOOD + b"\r\n" + GOOD + b"\r\n", (2, 2, 0, 0)),
        (b"\xef\xbb\xbf" + GOOD + b"\n", (1, 1, 0, 0)),
        (b"\n\n" + GOOD + b"\n \t\r\n" + GOOD + b"\n\n", (6, 2, 0, 4)),
        (GOOD + b"\n" + WRONG + b"\n" + GOOD + b"\n", (3, 2, 1, 0)),
        (GOOD + b"\na\rb\n" + GOOD, (3, 2, 1, 0)),
        (GOOD.replace(b"/a", b"/\xff\xfe") + b"\n" + GOOD.replace(b"/a", b"/\x00,\x01;|"), (2, 2, 0, 0)),
    ],
    ids=[
        "no newline",
        "newline",
        "CRLF",
        "byte order mark",
        "blanks",
        "unbalanced quote",
        "bare CR",
        "bytes",
    ],
)
def test_lines_are_neither_lost_nor_made(content: bytes, expected: tuple[int, ...]) -> None:
    """Quotes, blanks, line ends and strange bytes neither join, split nor drop lines."""
    assert counts(content) == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([GOOD, PLUS, WRONG, b'"', b"\r", b""]))))
def test_any_bytes_are_accounted_for(lines: list[bytes]) -> None:
    """Every line of any bytes is a request, a reject or a blank."""
    content = GOOD + b"\n" + b"\n".join(lines)
    found, requests, rejects, blanks = counts(content, "combined")
    assert found == content.count(b"\n") + (not content.endswith(b"\n"))
    assert requests + rejects + blanks == found


def test_lines_are_numbered_across_blocks(tmp_path: Path) -> None:
    """A reject far into a large file has the line number that an editor shows."""
    before = 2 * BLOCK // len(GOOD)
    content = b"\n".join([GOOD] * before + [WRONG] + [GOOD] * before)
    with Store.open(None) as store:
        ingest([log_of(tmp_path, content)], store)
        assert store.table("rejects")["line"].to_pylist() == [before + 1]
        assert store.ask("SELECT count(DISTINCT line) AS n FROM requests")["n"].to_pylist() == [2 * before]


def test_a_log_that_grows_is_read_on(tmp_path: Path) -> None:
    """What a server appends is read next time, and a line that had no end is read anew; nothing twice."""
    path = log_of(tmp_path, GOOD + b"\n" + GOOD[:40])
    with Store.open(None) as store:
        (first,) = ingest([path], store).sources
        with path.open("ab") as server:
            server.write(GOOD[40:] + b"\n\n" + GOOD + b"\n")
        (second,) = ingest([path], store).sources
        assert store.table("sources").num_rows == 1
        assert sorted(store.table("requests")["line"].to_pylist()) == [1, 2, 4]
    assert (first.lines, first.requests, first.rejects) == (2, 1, 1)
    assert (second.lines, second.requests, second.rejects, second.blanks) == (4, 3, 0, 1)


def test_a_log_that_shrank_is_read_again(tmp_path: Path) -> None:
    """Lines that were read before at the same place are duplicates, others are new, and it is said."""
    other = GOOD.replace(b"/a", b"/new")
    path = log_of(tmp_path, b"\n".join([GOOD, GOOD, WRONG, GOOD, GOOD]))
    with Store.open(None) as store:
        ingest([path], store)
        path.write_bytes(b"\n".join([GOOD, other, WRONG]))
        report = ingest([path], store)
        assert store.table("requests").num_rows == 4 + 1
    (source,) = report.sources
    assert (source.lines, source.requests, source.rejects, source.duplicates) == (3, 1, 0, 2)
    assert any("shorter than when it was read before" in remark for remark in report.remarks)


def test_the_format_is_recognised_and_reported(tmp_path: Path) -> None:
    """A report says what was found: format, clock, durations, first and last time."""
    with Store.open(None) as store:
        report = ingest([log_of(tmp_path, PLUS), log_of(tmp_path, GOOD, "old.log")], store)
    plus, plain = report.sources
    assert (plus.source_id, plus.name, plus.format) == (1, "access.log", "combined_plus")
    assert (plus.clock, plus.durations) == (1.0, True)
    assert plus.first_at == datetime(2026, 3, 23, 10, 11, 11, 997_000, tzinfo=UTC)
    assert plus.last_at == datetime(2026, 3, 23, 10, 11, 12, tzinfo=UTC)
    assert (plain.source_id, plain.format, plain.clock, plain.durations) == (2, "combined", 1.0, False)
    assert any("think times include service time" in remark for remark in report.remarks)


def test_the_same_content_is_read_once(tmp_path: Path) -> None:
    """A file that is in the store already, even under another name or compressed, is skipped aloud."""
    first = log_of(tmp_path, GOOD)
    second = log_of(tmp_path, gzip.compress(GOOD), "copy.log.gz")
    with Store.open(None) as store:
        ingest([first], store)
        report = ingest([second], store)
        assert store.table("requests").num_rows == 1
        assert store.table("sources")["name"].to_pylist() == ["access.log"]
    assert report.sources == ()
    assert report.remarks == ("copy.log.gz is the same file as access.log, which is in the store: skipped.",)


def test_a_compressed_log_is_read(tmp_path: Path) -> None:
    """A gzip file is read as what is in it."""
    with Store.open(None) as store:
        report = ingest([log_of(tmp_path, gzip.compress(GOOD + b"\n" + GOOD), "a.gz")], store)
    assert report.sources[0].requests == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "only blank lines"),
        (b"\x7fELF\x00\x01\n\x00\n", "looks binary"),
        (gzip.compress(GOOD * 1000, mtime=0)[:-20], "compressed data is damaged"),
        (b"a,b\n1,2\n", r"line 1 is not .* where it belongs: a,b"),
        (GOOD + b"\n" + WRONG + b"\n\x1b[2J\n\x1b]0;x\n", "line 2 is not combined"),
    ],
)
def test_a_log_that_cannot_be_read_leaves_nothing(tmp_path: Path, content: bytes, message: str) -> None:
    """What is no log is refused with its reason; the store stays as it was, and logs before it are kept."""
    with Store.open(None) as store:
        ingest([log_of(tmp_path, GOOD, "good.log")], store)
        with pytest.raises(MinerError, match=message) as refused:
            ingest([log_of(tmp_path, content)], store)
        assert refused.value.what.isprintable()
        assert [store.table(name).num_rows for name in ("sources", "requests", "rejects")] == [1, 1, 0]


def test_all_files_are_looked_for_first(tmp_path: Path) -> None:
    """A name with a mistake among several is found before hours are spent on the others."""
    good = log_of(tmp_path, GOOD)
    with Store.open(None) as store:
        with pytest.raises(MinerError, match="There is no file"):
            ingest([good, tmp_path / "none.log"], store)
        (tmp_path / "empty").mkdir()
        with pytest.raises(MinerError, match="There is no file in"):
            ingest([good, tmp_path / "empty"], store)
        with pytest.raises(MinerError, match="no log to read"):
            ingest([], store)
        with pytest.raises(MinerError, match="no format 'cobined'"):
            ingest([good], store, format="cobined")
        assert store.table("sources").num_rows == 0


def test_rejects_are_listed_by_reason_and_safe_to_print(tmp_path: Path) -> None:
    """The most frequent reason comes first, with its first line, without what a terminal would obey."""
    lines = [GOOD, GOOD, GOOD, b"\x1b[2Jhello" + b"x" * 500, b"hi", GOOD.replace(b"200", b"abc")]
    with Store.open(None) as store:
        ingest([log_of(tmp_path, b"\n".join(lines))], store)
        first, second = rejects_by_reason(store)
    assert (first.reason, first.count, first.line) == ("not combined: no identity where it belongs", 2, 4)
    assert first.source == "access.log"
    assert first.example.startswith("\\x1b[2Jhello")
    assert len(first.example) < 130
    assert (second.reason, second.count, second.line) == ("status is not a number", 1, 6)


def test_rejects_are_read_again_in_another_format(tmp_path: Path) -> None:
    """What another format can read is a request then, what none can read stays, and the counts follow."""
    common = GOOD.partition(b' "-"')[0]
    with Store.open(None) as store:
        ingest([log_of(tmp_path, b"\n".join([GOOD, common, b"hello"]))], store, format="combined")
        (source,) = retry_rejects(store, format="common").sources
        assert sorted(store.table("requests")["line"].to_pylist()) == [1, 2]
        assert store.table("rejects")["raw"].to_pylist() == ["hello"]
    assert (source.lines, source.requests, source.rejects, source.blanks) == (3, 2, 1, 0)


def test_rejects_behind_a_prefix_are_read_again_without_it(tmp_path: Path) -> None:
    """What a container put before a line is taken off then too; a line that stays a reject stays whole."""
    common = GOOD.partition(b' "-"')[0]
    lines = [b"web-1  | " + line for line in (GOOD, GOOD, common, b"hello")]
    with Store.open(None) as store:
        ingest([log_of(tmp_path, b"\n".join(lines))], store, format="combined")
        (source,) = retry_rejects(store, format="common").sources
        assert store.table("rejects")["raw"].to_pylist() == ["web-1  | hello"]
    assert (source.requests, source.rejects) == (3, 1)


def test_pseudonyms_are_of_clients_not_of_their_proxy(tmp_path: Path) -> None:
    """Who came through our own proxy has a pseudonym of their own; what strangers claim makes none."""
    template = '$remote_addr [$time_local] "$request" $status "$http_x_forwarded_for"'
    begin = b'%s [01/Mar/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 "%s"'
    sent = [(b"10.0.0.1", b"203.0.113.7"), (b"10.0.0.1", b"203.0.113.8"), (b"203.0.113.7", b"-")]
    sent += [(b"198.51.100.1", b"203.0.113.7"), (b"198.51.100.1", b"-")]
    log = log_of(tmp_path, b"\n".join(begin % one for one in sent))
    with Store.open(None) as store:
        ingest([log], store, format=template, pseudonymise=True)
        one, other, alone, claimed, plain = store.ask("SELECT address FROM requests ORDER BY line")[
            0
        ].to_pylist()
    assert one == alone
    assert claimed == plain
    assert len({one, other, plain}) == 3


def test_rejects_of_which_nothing_is_kept_stay(tmp_path: Path) -> None:
    """A reject that was read with pseudonyms has no text to read again: it is still counted as one."""
    with Store.open(None) as store:
        ingest([log_of(tmp_path, GOOD + b"\nhello")], store, pseudonymise=True)
        (source,) = retry_rejects(store).sources
        assert store.table("rejects")["raw"].to_pylist() == [""]
    assert (source.requests, source.rejects, source.blanks) == (1, 1, 0)
