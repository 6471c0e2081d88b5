"""Which format a log has: the one that most of its first lines fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import orjson

from miner.errors import MinerError
from miner.ingest.files import LogFile
from miner.ingest.formats import FORMATS
from miner.ingest.lines import BLOCK, Seen, batches
from miner.ingest.prefixes import DOCKER, PREFIXES, stripped
from miner.ingest.report import shortened
from miner.ingest.split_plan import LINE_END
from miner.ingest.ways import Way

SAMPLE = 200
"""Lines that are looked at."""
ENOUGH = 0.3
"""Share of them that formats have to fit. A line fits none by chance; others may be of an error log."""
LOOKED_AT = 4096
"""Characters of a line in which is looked for what is wrong with it."""
NEAREST = 3
"""Formats that are named when none fits."""
DOCUMENTS = {
    "otlp": re.compile(r'"(?:resourceSpans|scopeSpans|instrumentationLibrarySpans)"'),
    "jaeger": re.compile(r'"(?:traceID|traceIDLow|operationName)"'),
    "har": re.compile(r'"log"\s*:\s*\{(?s:.)*?"(?:entries|creator|pages)"'),
}
"""Words that documents have early on."""
NEEDED = ({"cs-method"}, {"cs-uri-stem", "cs-uri"}, {"sc-status"}, {"time", "x-timestamp"})
EDGE = "x-edge-location"
"""A column that only CloudFront has."""
PARQUET = "PAR1"
TABBED_DAY = re.compile(r"\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t")


@dataclass(frozen=True)
class Sample:
    """The beginning of a log."""

    texts: tuple[str, ...]
    """The first lines that are not blank, without line ends."""
    numbers: tuple[int, ...]
    start: str
    """The first block, whatever is in it."""

    def without(self, prefix: str) -> Sample:
        """The lines without the prefix; those that have none stay."""
        return replace(self, texts=tuple(stripped(prefix, text).rstrip(LINE_END) for text in self.texts))


@dataclass(frozen=True)
class Choice:
    """How a log is read, and why so."""

    way: Way
    why: str
    prefix: str | None = None
    others: tuple[Way, ...] = ()
    """Formats of lines that are not of the first."""


@dataclass(frozen=True)
class Fit:
    """How many of the sampled lines a format fits, and the first that it does not."""

    way: Way
    sampled: int
    lines: frozenset[int]
    """Those that it fits."""
    furthest: float
    """How far the lines that do not fit got, on average, from 0 to 1."""
    broken: int | None
    flaw: str

    @property
    def fitting(self) -> int:
        """How many lines it fits."""
        return len(self.lines)

    @property
    def share(self) -> float:
        """The share of lines that fit."""
        return self.fitting / self.sampled if self.sampled else 0.0


def sample(stream: BinaryIO) -> Sample:
    """The beginning of the stream."""
    texts: list[str] = []
    numbers: list[int] = []
    start: list[str] = []
    size = 0
    for batch in batches(stream, Seen()):
        for number, raw in zip(
            batch.column("line").to_pylist(), batch.column("raw").to_pylist(), strict=True
        ):
            if size < BLOCK:
                start.append((raw or "")[:BLOCK])
            size += len(raw or "")
            text = (raw or "").rstrip("\r\n")
            if text.strip() or raw is None:
                texts.append(text)
                numbers.append(number)
        if len(texts) >= SAMPLE or (texts and size >= BLOCK):
            break
    return Sample(tuple(texts[:SAMPLE]), tuple(numbers[:SAMPLE]), "".join(start))


def recognise(log: LogFile, seen: Sample, ways: Sequence[Way], *, given: Way | None = None) -> Choice:
    """How to read the log: as given, else as most of its first lines look.

    Raises MinerError if the given format fits no line, or none fits half of them.
    """
    if not seen.texts:
        raise MinerError(f"{log.shown} has only blank lines.", "Name a log with requests in it.")
    if given is not None and given.kind == "records":
        return Choice(given, "as asked")
    candidates = [given, *(way for way in ways if way.name in given.also)] if given else list(ways)
    if given is None and (found := of_document(seen, ways)):
        return found
    prefix, fits = behind_prefix(seen, candidates)
    used = together(fits)
    count = sum(one.fitting for one in used)
    if not count or (count < ENOUGH * fits[0].sampled and not given):
        raise unrecognised(log, seen, fits, given)
    first, *others = (one.way for one in used)
    why = f"{count} of the first {fits[0].sampled} lines fit"
    why += "".join(f", {one.fitting} of them as {one.way.name}" for one in used[1:])
    why += f", behind what {prefix} puts before them" if prefix else ""
    return Choice(first, "as asked: " + why if given else why, prefix, tuple(others))


def together(fits: Sequence[Fit]) -> list[Fit]:
    """The best format, and those that fit lines that none before fits, with the lines each adds."""
    used = [max(fits, key=lambda one: one.share)]
    mixable = [one for one in fits if one.way.kind in {"template", "json"}]
    while used[0].way.kind in {"template", "json"}:
        done = frozenset().union(*(one.lines for one in used))
        best = max(mixable, key=lambda one: len(one.lines - done), default=used[0])
        if not best.lines - done:
            break
        used.append(replace(best, lines=best.lines - done))
    return used


def of_document(seen: Sample, ways: Sequence[Way]) -> Choice | None:
    """How to read a log whose beginning is that of a document or a binary table."""
    by_name = {way.name: way for way in ways}
    if seen.start.startswith(PARQUET):
        return Choice(by_name["parquet"], "it begins as Parquet files do")
    if seen.start.lstrip().startswith(("{", "[")):
        for name, words in DOCUMENTS.items():
            if found := words.search(seen.start):
                return Choice(by_name[name], f"it has {found[0][:20].strip()} in it")
    return None


def behind_prefix(seen: Sample, candidates: Sequence[Way]) -> tuple[str | None, list[Fit]]:
    """How each format fits; and the prefix that has to be taken off for the best fit, if there is one."""
    fits = [fit(way, seen) for way in candidates]
    best = max(one.share for one in fits)
    prefix = None
    for name in (DOCKER, *PREFIXES):
        inner = seen.without(name) if best < ENOUGH else seen
        if inner.texts == seen.texts:
            continue
        found = [fit(way, inner) for way in candidates]
        if (share := max(one.share for one in found)) > best:
            best, prefix, fits = share, name, found
    return prefix, fits


def fit(way: Way, seen: Sample) -> Fit:
    """How well the format fits the lines."""
    verdicts = list(VERDICTS[way.kind](way, seen))
    judged = list(zip(seen.numbers, verdicts, strict=False))
    wrong = [(number, flaw) for number, (_, flaw) in judged if flaw]
    right = frozenset(number for number, (_, flaw) in judged if not flaw)
    broken, flaw = wrong[0] if wrong else (None, "")
    reached = [reach for reach, flaw in verdicts if flaw]
    furthest = sum(reached) / len(reached) if reached else 1.0
    return Fit(way, len(verdicts), right, furthest, broken, flaw)


Verdict = tuple[float, str]


def by_template(way: Way, seen: Sample) -> Iterator[Verdict]:
    """How far each line fits, and what is wrong with it."""
    whole = re.compile(way.stages[-1][0])
    for text in seen.texts:
        if whole.search(text):
            yield 1.0, ""
            continue
        # A stranger's line can be 8 MiB long: where it goes wrong is looked for in its beginning only.
        head = text[:LOOKED_AT]
        failed = (place for place, (pattern, _) in enumerate(way.stages) if not re.search(pattern, head))
        place = next(failed, len(way.stages) - 1)
        yield place / len(way.stages), way.stages[place][1]


def by_keys(way: Way, seen: Sample) -> Iterator[Verdict]:
    """Whether each line is an object with the keys that the format has."""
    for text in seen.texts:
        value = parsed(text)
        if not isinstance(value, dict):
            yield 0.0, f"not {way.name}: line is no JSON object"
            continue
        lacking = [path for path in way.sign if at_path(value, path) is None]
        needed = {key: options for key, options in way.paths.items() if key in {"stamp", "status"}}
        lacking += [
            options[0] for options in needed.values() if all(at_path(value, path) is None for path in options)
        ]
        asks = [path for key in ("request", "method") for path in way.paths.get(key, [])]
        if not any(at_path(value, path) is not None for path in asks):
            lacking += asks[:1]
        yield (0.2, f"not {way.name}: it has no {plain(lacking[0])}") if lacking else (1.0, "")


def by_header(way: Way, seen: Sample) -> Iterator[Verdict]:
    """Whether each line has the columns that `#Fields` before it names."""
    names = (way.header or "").split()
    directives = [text.lower() for text in seen.texts if text.startswith("#")]
    edge = any(EDGE in text for text in directives)
    mine = edge if way.header else any(text.startswith("#fields:") for text in directives) and not edge
    for text in seen.texts:
        if text.startswith("#"):
            if text.lower().startswith("#fields:"):
                names = text.lower().split()[1:]
            missing = [min(column) for column in NEEDED if names and column.isdisjoint(names)]
            flaw = f"#Fields does not name {missing[0]}" if missing else "" if mine else "no #Fields of it"
            yield (0.5, f"not {way.name}: {flaw}") if flaw else (1.0, "")
        elif way.header and not TABBED_DAY.match(text):
            yield 0.0, f"not {way.name}: no date, tab and time where they belong"
        else:
            values = text.split("\t" if "\t" in text else " ")
            fits = (
                names
                and not any(column.isdisjoint(names) for column in NEEDED)
                and (len(values) == len(names) or '"' in text)
            )
            lacking = [min(column) for column in NEEDED if names and column.isdisjoint(names)]
            flaw = f"#Fields does not name {lacking[0]}" if lacking else "no #Fields that names its columns"
            yield (1.0, "") if fits else (0.0, f"not {way.name}: {flaw}")


def by_table(way: Way, seen: Sample) -> Iterator[Verdict]:
    """Whether the first line is a header that names what is needed, and the others have as many columns."""
    from miner.ingest.records import mapped

    if way.name != "csv":
        yield 0.0, f"not {way.name}: it begins otherwise"
        return
    header = [name.strip('"') for name in seen.texts[0].split(",")]
    try:
        mapped(header, way.fields)
    except MinerError:
        yield 0.0, "not csv: no header that names started, method, target and status"
        return
    for _ in seen.texts:
        yield 1.0, ""


VERDICTS = {"template": by_template, "json": by_keys, "w3c": by_header, "records": by_table}


def stamps_of(choice: Choice, seen: Sample) -> list[str]:
    """The time stamps in the sampled lines, as they are written; none where the format fixes how they are."""
    texts = seen.without(choice.prefix).texts if choice.prefix else seen.texts
    way = choice.way
    if way.kind == "template":
        found = (re.search(way.stages[-1][0], text) for text in texts)
        return [one["stamp"] for one in found if one and one["stamp"] not in {"", "-"}]
    values = (parsed(text) for text in texts) if way.kind == "json" else ()
    held = ((at_path(value, path) for path in way.paths["stamp"]) for value in values)
    return [str(one) for one in (next((x for x in some if x is not None), None) for some in held) if one]


def parsed(text: str) -> Any:
    """The value that the text is JSON of, or None."""
    for attempt in (text, text.replace("\\x", "\\\\x")):  # what is no UTF-8 shows as \xhh, which JSON has not
        try:
            return orjson.loads(attempt)
        except ValueError:
            continue
    return None


def at_path(value: Any, path: str) -> Any:
    """What is at a JSON pointer, or under a key with the dots in its name; or None."""
    keys = [key.replace("~1", "/").replace("~0", "~") for key in path.split("/")[1:]]
    if isinstance(value, dict) and (whole := ".".join(keys)) in value:
        return value[whole]
    for key in keys:
        if isinstance(value, list):
            value = value[int(key)] if key.isdecimal() and int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def plain(path: str) -> str:
    """A JSON pointer as users write it."""
    return path.removeprefix("/").replace("/", ".")


def unrecognised(log: LogFile, seen: Sample, fits: Sequence[Fit], given: Way | None) -> MinerError:
    """Says which formats are nearest, and which line is the first to break each."""
    if "\0" in seen.start and not any(one.fitting for one in fits):
        return MinerError(f"{log.shown} looks binary.", "Name an access log in plain text, or packed.")
    nearest = sorted(fits, key=lambda one: (one.share, one.furthest), reverse=True)[:NEAREST]
    best = nearest[0]
    number = best.broken or seen.numbers[0]
    example = shortened(seen.texts[seen.numbers.index(number)])
    others = "".join(f"; line {one.broken} is {one.flaw}" for one in nearest[1:] if one.broken)
    known = f"the format {given.name}" if given else "no format known here"
    verb = "has not" if given else "has"
    return MinerError(
        f"{log.shown} {verb} {known}; line {number} is {best.flaw}: {example}{others}",
        "Paste the server's format string with --format, map JSON or CSV with --field, or name one of: "
        f"{', '.join(FORMATS)}.",
    )
