"""Documents are read in lines or as a whole, and nothing that is in them stops the reading."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from collections.abc import Callable
from typing import Any, BinaryIO, cast

import pytest
from telemetry import BEFORE, EXPECTED, STABLE, Object, otlp, otlp_span, parse, read, without_raw

from miner.ingest.json_values import DEEPEST, SHOWN, Record
from miner.ingest.spans import spans

DOCUMENTS = 4


@pytest.mark.parametrize("wrap", [dict, lambda it: {"result": it}, lambda it: {"trace": it}, lambda it: [it]])
@pytest.mark.parametrize("indent", [None, 2], ids=["lines", "pretty"])
def test_the_layout_of_the_file_does_not_matter(indent: int | None, wrap: Callable[[Object], Any]) -> None:
    """Lines, documents over many lines, lists of documents and wrapped ones give the same records."""
    documents = [wrap(otlp(otlp_span(STABLE), otlp_span(BEFORE, kind=3))) for _ in range(DOCUMENTS)]
    records = read(*documents, indent=indent)
    assert [without_raw(one) for one in records[::2]] == [EXPECTED] * DOCUMENTS
    assert all(one["blank"] == "1" for one in records[1::2])
    assert len(records) == 2 * DOCUMENTS


def test_documents_may_share_a_line() -> None:
    """Documents that follow each other without a line end are read, and so are names of before 0.19."""
    document = json.dumps(otlp(otlp_span(STABLE)))
    older = document.replace("scopeSpans", "instrumentationLibrarySpans").replace("resourceSpans", "batches")
    assert [one["target"] for one in parse(document + older)] == ["/users/812?full=1"] * 2


class Dripping(io.BytesIO):
    """A file that is read a few bytes at a time."""

    few = 1

    def read(self, size: int | None = -1) -> bytes:
        """A few bytes, whatever is asked for."""
        return super().read(self.few if size is None or size < 0 else min(size, self.few))


@pytest.mark.parametrize("few", [1, 7, 100])
@pytest.mark.parametrize("indent", [1, "\t", 0], ids=["spaces", "tabs", "none"])
def test_it_does_not_matter_where_blocks_end(few: int, indent: int | str) -> None:
    """Documents over many lines, also broken ones, give the same wherever the blocks end that are read."""
    good = json.dumps(
        otlp(otlp_span(STABLE | {"user.id": "Zoë"}), otlp_span(BEFORE)), indent=indent, ensure_ascii=False
    )
    content = f" {good}\n{good}\n{good[:-200]}\n{good}".encode()
    stream = Dripping(content)
    stream.few = few
    assert without_flaw_text(list(spans(stream, None))) == without_flaw_text(parse(content))
    assert sum("target" in one for one in parse(content)) >= 6


def without_flaw_text(records: list[Record]) -> list[Record]:
    """The records, of which those of broken documents do not tell how far they were read."""
    return [{"flaw": one["flaw"]} if "flaw" in one else one for one in records]


def test_lists_need_no_indentation() -> None:
    """A document that has an element of a list on each line is one, and each of its lines is none."""
    document = json.dumps(otlp(otlp_span(STABLE)))
    resource = json.dumps(otlp(otlp_span(STABLE))["resourceSpans"][0])
    for text in (f"[\n{document},\n{document}\n]", f'{{"resourceSpans":[\n{resource},\n{resource}\n]}}'):
        assert [without_raw(one) for one in parse(text)] == [EXPECTED] * 2


def test_damaged_compression_is_an_error() -> None:
    """What cannot be read from the file is raised as it is, and is no flaw of a document."""
    for indent in (None, 1):
        content = gzip.compress(json.dumps(otlp(otlp_span(STABLE)), indent=indent).encode())
        with gzip.open(io.BytesIO(content[:-9])) as file, pytest.raises(EOFError):
            list(spans(cast("BinaryIO", file), None))


def test_a_line_longer_than_eight_mebibytes_is_read() -> None:
    """A batch of many spans on one line is read like any other, and so is the line after it."""
    filler = "x" * (1 << 20)
    long = otlp(*(otlp_span(STABLE, name=filler) for _ in range(9)))
    records = read(otlp(otlp_span(STABLE)), long, otlp(otlp_span(BEFORE)))
    assert [without_raw(one) for one in records] == [EXPECTED] * 11
    assert all(len(one["raw"] or "") <= SHOWN for one in records)


def test_a_broken_line_is_one_record_and_the_others_go_on() -> None:
    """A line that is no JSON, or no object, is one flaw with its text; every other line is read."""
    good = json.dumps(otlp(otlp_span(STABLE)))
    records = parse(f"{good}\n{{broken\r\n\n5\n{good[:-9]}\n{good}")
    flaws = [(one.get("flaw"), one["raw"]) for one in records[1:-1]]
    reason = "line is no JSON object"
    assert flaws == [(reason, "{broken"), (reason, "5"), (reason, good[:-9])]
    assert [without_raw(one) for one in (records[0], records[-1])] == [EXPECTED] * 2


def test_a_broken_first_line_does_not_hide_the_others() -> None:
    """A log that begins within a line, or with one that was never finished, is read from the next on."""
    good = json.dumps(otlp(otlp_span(STABLE)))
    for first in (good[100:], good[:100]):
        records = parse(f"{first}\n{good}\n{good}")
        assert [one["target"] for one in records if "target" in one] == ["/users/812?full=1"] * 2
        assert sum("flaw" in one for one in records) == 1


def test_a_broken_document_is_one_flaw_and_the_next_is_read() -> None:
    """A document over many lines that breaks off gives its spans, one flaw, and the documents after it."""
    good = json.dumps(otlp(otlp_span(STABLE), otlp_span(BEFORE)), indent=1)
    cut = good[:-300]
    records = parse(f"{good}\n{cut}\n{good}\n{cut}")
    assert [one.get("flaw") for one in records] == [
        *[None] * 3,
        "document is no JSON from here on",
        *[None] * 3,
        "document is no JSON from here on",
    ]


@pytest.mark.parametrize("indent", [None, 1], ids=["lines", "pretty"])
@pytest.mark.parametrize(
    ("document", "flaws"),
    [
        ({"resourceSpans": {}}, ["resourceSpans is no list"]),
        ({"resourceSpans": 5}, ["resourceSpans is no list"]),
        ({"resourceSpans": [1]}, ["an element of resourceSpans is no object"]),
        ({"resourceSpans": [{"scopeSpans": "x"}, {}]}, ["scopeSpans is no list"]),
        ({"resourceSpans": [{"scopeSpans": [[]]}]}, ["an element of scopeSpans is no object"]),
        ({"resourceSpans": [{"scopeSpans": [{"spans": {}}]}]}, ["spans is no list"]),
        (otlp(1, [[]], {}), ["an element of spans is no object"] * 2 + [None]),
        ({"resourceSpans": None}, []),
        ({"resourceSpans": [{"scopeSpans": None}, {"resource": 5, "scopeSpans": [{"spans": [{}]}]}]}, [None]),
        ({"data": [1, {"spans": 5}]}, ["an element of data is no object", "spans is no list"]),
        ({"data": [{"spans": ["x", {}]}]}, ["an element of spans is no object", None]),
        ({"data": None, "errors": [{"code": 404}]}, []),
        ({"trace": []}, ["trace is no object"]),
        ([1, {"a": 2}], ["line is no JSON object", "document holds no spans"]),
        ({"features": [{}]}, ["document holds no spans"]),
    ],
)
def test_wrong_types_are_flaws(document: Any, flaws: list[str | None], indent: int | None) -> None:
    """What is no list, or no object, where there should be one is a flaw for itself."""
    assert [one.get("flaw") for one in read(document, indent=indent)] == flaws


@pytest.mark.parametrize("depth", [DEEPEST + 1, 300, 2000, 100_000])
@pytest.mark.parametrize("end", ["", "\n  "], ids=["lines", "pretty"])
def test_deep_nesting_is_no_trouble(depth: int, end: str) -> None:
    """A span with a value nested deeper than any parser recurses is read, and its raw text is JSON."""
    text = json.dumps(otlp(otlp_span(STABLE, name="DEEP"))).replace('"DEEP"', "[" * depth + "]" * depth)
    (record,) = parse("{" + end + text[1:])
    assert without_raw(record) == EXPECTED
    assert json.loads(record["raw"] or "")["kind"] == 2
    assert [one.get("flaw") for one in parse("[" * depth)] == ["document is no JSON from here on"]


@pytest.mark.parametrize(
    ("name", "is_read"),
    [
        ("123456789012345678901234567890", True),
        ("1e400", True),
        (r'"\ud800"', True),
        ('"\\u0000"', True),
        ('1,"name":2', True),
        ("9" * 5000, False),
        ("NaN", False),
        ("-Infinity", False),
        ('"\x00"', False),
    ],
    ids=["huge", "infinite", "half", "nul", "twice", "endless", "nan", "infinity", "raw nul"],
)
@pytest.mark.parametrize("end", ["", "\n  "], ids=["lines", "pretty"])
def test_odd_values_are_read_or_are_a_flaw(name: str, is_read: bool, end: str) -> None:
    """Numbers and text that some parsers refuse are read where they are JSON, and are one flaw where not."""
    odd = json.dumps(otlp(otlp_span(STABLE, name="ODD"))).replace('"ODD"', name)
    first, second = parse(f"{{{end}{odd[1:]}\n{json.dumps(otlp(otlp_span(STABLE)))}")
    assert ("target" in first, "flaw" in first) == (is_read, not is_read)
    assert without_raw(second) == EXPECTED
    assert (first["raw"] or "").encode()


@pytest.mark.parametrize("indent", [None, 1], ids=["lines", "pretty"])
def test_bytes_that_are_no_utf8_are_shown(indent: int | None) -> None:
    r"""A byte that is no UTF-8 is `\xhh` in a field, and a private character in what cannot be read."""
    text = json.dumps(otlp(otlp_span(STABLE | {"user.id": "BYTE"})), indent=indent).encode()
    record, broken = parse(text.replace(b"BYTE", b"M\xfcller") + b"\n{\xfc")
    assert record["user"] == r"M\xfcller"
    assert (broken["raw"] or "")[-1] == "\uf7fc"


class Long(io.RawIOBase):
    """A document over many lines with as many spans as are asked for, which is nowhere as a whole."""

    def __init__(self, count: int) -> None:
        super().__init__()
        before, after = json.dumps(otlp("HERE"), indent=1).split('"HERE"')
        span = json.dumps(otlp_span(STABLE), indent=1)
        self._parts = iter([before, *([f"{span},"] * (count - 1)), span, after])
        self._part = b""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes are in the buffer."""
        self._part = self._part or next(self._parts, "").encode()
        length = min(len(buffer), len(self._part))
        buffer[:length], self._part = self._part[:length], self._part[length:]
        return length


def peak(count: int) -> int:
    """Bytes that reading a document of so many spans takes at most."""
    tracemalloc.start()
    try:
        assert sum("target" in one for one in spans(io.BufferedReader(Long(count)), "shop")) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_document() -> None:
    """A document with eight times the spans takes no more memory."""
    peak(10)
    assert peak(1600) < 1.5 * peak(200)
