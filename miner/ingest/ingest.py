"""Log files become rows of `requests`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from miner.errors import MinerError, one_line
from miner.ingest import records
from miner.ingest.files import LogFile, log_files
from miner.ingest.given import Asked, asked_way, known_ways
from miner.ingest.headers import WITH_HEADER, with_headers
from miner.ingest.identity import Identity, identity
from miner.ingest.lines import LINES, Seen, batches
from miner.ingest.opened import DAMAGED, damaged, opened, unreadable
from miner.ingest.prefixes import unprefixed
from miner.ingest.recognise import Choice, Sample, recognise, sample, stamps_of
from miner.ingest.remarks import of_source, of_stamps
from miner.ingest.report import IngestReport, SourceReport, source_reports
from miner.ingest.split_plan import TakeApart
from miner.ingest.suffices import must_suffice, remark
from miner.ingest.ways import Way
from miner.store import Store


@dataclass(frozen=True)
class Progress:
    """How far an ingest is: bytes of all files on disk, lines so far."""

    name: str
    done: int
    total: int
    lines: int


Watch = Callable[[Progress], None]


@dataclass
class Work:
    """What is the same for all files of one ingest."""

    asked: Asked
    given: Way | None
    ways: list[Way]
    total: int
    watch: Watch | None = None
    done: int = 0
    lines: int = 0
    remarks: list[str] = field(default_factory=list)


def ingest(
    logs: Sequence[str | Path],
    store: Store,
    *,
    format: str | None = None,  # noqa: A002 (the word that users know from --format)
    fields: str | None = None,
    service: str | None = None,
    timezone: str | None = None,
    pseudonymise: bool = False,
    progress: Watch | None = None,
) -> IngestReport:
    """Every line of the logs is a request, a reject, a blank or a duplicate in the store; each file once.

    `format` is the name of a format, or a server's format string (`NAME=...` to save it under a name);
    `fields` says where JSON or tables have what (`started=ts,method=req.method`); `service` is the one
    whose spans are meant; `timezone` is that of stamps without a zone. A file is stored completely or not
    at all. Raises MinerError if one that was named cannot be read; files before it stay. Files found in
    folders and by globs that are no access logs are left out with a remark.
    """
    files = log_files(logs)
    asked = Asked(format, fields, service, checked_zone(timezone, store), pseudonymise)
    given = asked_way(asked, store)
    work = Work(asked, given, known_ways(store), sum(log.size for log in files), progress)
    store.run("miner.ingest", "whereabouts")
    store.run("miner.ingest", "macros")
    touched: set[int] = set()
    refused: list[MinerError] = []
    for log in files:
        try:
            touched |= ingest_file(log, store, work)
        except MinerError as error:
            if log.outright:
                raise
            refused.append(error)
            work.remarks.append(f"Left out: {error.what}")
        work.done += log.size
    if refused and len(refused) == len(files):
        raise refused[0]
    sources = tuple(source for source in source_reports(store) if source.source_id in touched)
    return IngestReport(sources, tuple(map(one_line, work.remarks)))


def checked_zone(zone: str | None, store: Store) -> str | None:
    """The zone. Raises MinerError if there is none of this name."""
    if (
        zone is not None
        and not store.ask("SELECT name FROM pg_timezone_names() WHERE name = $zone", zone=zone).num_rows
    ):
        raise MinerError(f"There is no time zone {zone!r}.", "Name one like Europe/Berlin or UTC.")
    return zone


def ingest_file(log: LogFile, store: Store, work: Work) -> set[int]:
    """The file is in the store. Returns the source that has it, if it was not there before."""
    try:
        found = identity(log, store)
        if found.same:
            work.remarks.append(
                f"{log.name} is the same file as {found.same.name}, which is in the store: skipped."
            )
            return set()
        with opened(log.path, log.member) as (stream, _):
            seen = sample(stream)
    except DAMAGED as error:
        raise damaged(log.shown) from error
    except OSError as error:
        raise unreadable(log.shown, error) from error
    if not seen.start:
        raise MinerError(f"{log.shown} is empty.", "Name a log with requests in it.")
    choice = recognise(log, seen, work.ways, given=work.given)
    with store.transaction():
        source = store_file(log, store, work, choice, found)
    describe(source, seen, choice, store, work)
    return {source.source_id}


def store_file(log: LogFile, store: Store, work: Work, choice: Choice, found: Identity) -> SourceReport:
    """The lines of the file that are new are in the tables."""
    before = found.grown
    source_id = before.source_id if before else found.next_id
    first, blanks = 1, 0
    if before:
        first, blanks = before.lines + 1, before.blanks
        if not before.finished:
            first -= 1
            tables = store.fetch("miner.ingest", "lines_of", source_id=source_id, line=first).to_pylist()[0]
            blanks -= not tables["tables"]
            store.run("miner.ingest", "forget_line", source_id=source_id, line=first)
    feed = Feed(log, choice, work, first)
    taken = Taking(store, choice, work.asked, source_id)
    try:
        blanks += taken.take(feed)
    except Exception as error:
        if feed.error:
            raise feed.error from error
        raise
    duplicates = before.duplicates if before else 0
    if found.longer:
        store.run("miner.ingest", "read_again", source_id=source_id, before=found.longer.source_id)
        duplicates += store.fetch("miner.ingest", "again_count").to_pylist()[0]["again"]
        work.remarks.append(f"{log.name} is shorter than when it was read before: read again.")
    store.run(
        "miner.ingest", "source", source_id=source_id, name=log.name, format=choice.way.name,
        prefix=choice.prefix, why=choice.why, stamped=choice.way.stamped,
        blanks=blanks, duplicates=duplicates, fingerprint=feed.seen.hash.hexdigest(),
        head=feed.seen.head.hexdigest(), bytes=feed.seen.bytes, lines=feed.seen.lines,
        finished=feed.seen.finished,
    )  # fmt: skip
    source = next(one for one in source_reports(store) if one.source_id == source_id)
    conserve(source)
    if choice.way.name in {"otlp", "jaeger", "har"}:
        must_suffice(log.name, source.requests, feed.seen, work.asked.service)
        work.remarks += remark(log.name, feed.seen)
    if source.blanks == source.lines:
        raise MinerError(
            f"{log.shown} has no line that could be a request.", "Name a log with requests in it."
        )
    work.lines += feed.seen.lines
    return source


class Feed:
    """The lines of a file from line `first` on, as a stream that DuckDB reads once; `seen` knows them all."""

    def __init__(self, log: LogFile, choice: Choice, work: Work, first: int) -> None:
        self.seen = Seen()
        self.error: MinerError | None = None
        self._log, self._choice, self._work, self._first = log, choice, work, first

    def reader(self) -> pa.RecordBatchReader:
        """The stream."""
        schema = {"w3c": WITH_HEADER, "records": records.RECORDS}.get(self._choice.way.kind, LINES)
        return pa.RecordBatchReader.from_batches(schema, self._guarded())

    def _guarded(self) -> Iterator[pa.RecordBatch]:
        """The batches. What goes wrong is kept, since DuckDB would tell it in its own words."""
        prefix = self._choice.prefix
        try:
            with opened(self._log.path, self._log.member) as (stream, file):
                for batch in self._batches(stream):
                    self._tell(file.tell())
                    skipped = min(batch.num_rows, max(0, self._first - batch.column("line")[0].as_py()))
                    if skipped < batch.num_rows:
                        new = batch.slice(skipped)
                        yield unprefixed(prefix, new) if prefix else new
        except MinerError as error:
            self.error = error
            raise
        except DAMAGED as error:
            self.error = damaged(self._log.shown)
            raise self.error from error
        except OSError as error:
            self.error = unreadable(self._log.shown, error)
            raise self.error from error

    def _batches(self, stream: BinaryIO) -> Iterator[pa.RecordBatch]:
        way = self._choice.way
        if way.kind == "records":
            asked = records.Asked(self._work.asked.service, way.fields)
            found = records.batches(way.name, stream, self.seen, asked)
        elif way.kind == "w3c":
            found = with_headers(batches(stream, self.seen), way.header)
        else:
            found = batches(stream, self.seen, in_json=way.kind == "json")
        yield from (batch for batch in found if batch.num_rows)

    def _tell(self, position: int) -> None:
        work = self._work
        if work.watch:
            work.watch(
                Progress(self._log.name, work.done + position, work.total, work.lines + self.seen.lines)
            )


@dataclass(frozen=True)
class Taking:
    """How lines that arrive get into the tables of one source."""

    store: Store
    choice: Choice
    asked: Asked
    source_id: int

    def take(self, feed: Feed) -> int:
        """Every line of the feed is in a table. Returns how many are blank, which are in none."""
        way, others = self.choice.way, self.choice.others
        with self.store.offering("arriving", feed.reader()):
            self._take("arriving", way.quick or way.exact, way)
        # The first format comes last once more: it has the last word on why a line is no request.
        for other in (*others, way) if others or way.quick else ():
            self.store.run("miner.ingest", "exact_lines", source_id=self.source_id)
            if not self.store.fetch("miner.ingest", "unread").to_pylist()[0]["lines"]:
                break
            self._take("slow", other.exact, other)
        return self.settle()

    def settle(self) -> int:
        """What was taken is judged for good."""
        blanks = self.store.fetch("miner.ingest", "blanks", source_id=self.source_id).to_pylist()[0]["blanks"]
        self.store.run("miner.ingest", "settle", source_id=self.source_id, salt=self._salt())
        return int(blanks)

    def take_again(self) -> None:
        """Every line of `slow` is in `requests`, if only to be judged."""
        lines = self.store.fetch("miner.ingest", "slow_lines")
        if prefix := self.choice.prefix:
            lines = pa.Table.from_batches(
                [unprefixed(prefix, one) for one in lines.to_batches()], lines.schema
            )
        with self.store.offering("arriving", lines):
            self._take("arriving", self.choice.way.exact, self.choice.way)

    def _take(self, lines: str, take_apart: TakeApart, way: Way) -> None:
        with self.store.viewing("fields", lines, take_apart):
            self.store.run(
                "miner.ingest", "take", source_id=self.source_id, stamped=way.stamped, unit=way.unit,
                zone=self.asked.timezone, salt=self._salt(), origin=way.origin,
            )  # fmt: skip

    def _salt(self) -> str | None:
        if not self.asked.pseudonymise:
            return None
        return str(self.store.fetch("miner.ingest", "salt").column("salt")[0].as_py())


def describe(source: SourceReport, seen: Sample, choice: Choice, store: Store, work: Work) -> None:
    """The remarks about the file are among those of the ingest."""
    work.remarks += of_stamps(source.name, stamps_of(choice, seen), work.asked.timezone)
    work.remarks += of_source(source, choice.way, store)


def conserve(source: SourceReport) -> None:
    """Every line of the log is accounted for. Raises AssertionError: a fault of ours, not of the log."""
    accounted = source.requests + source.rejects + source.blanks + source.duplicates
    if accounted != source.lines:
        raise AssertionError(f"{source.name}: {source.lines} lines, but {accounted} accounted for")
