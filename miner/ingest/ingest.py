"""Log files become rows of `requests`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from miner.errors import MinerError
from miner.ingest.formats import FORMATS
from miner.ingest.log_file import LogFile, check, examine
from miner.ingest.recognise import recognise, take_apart
from miner.ingest.report import IngestReport, SourceReport, source_reports
from miner.store import Store


def ingest(
    logs: Sequence[str | Path],
    store: Store,
    *,
    format: str | None = None,  # noqa: A002 (the word that users know from --format)
) -> IngestReport:
    """Every line of the logs is a request, a reject or a blank in the store; each file once.

    A file is stored completely or not at all. Raises MinerError if one is missing, empty or has no
    known format; files before it stay.
    """
    if not logs:
        raise MinerError("There is no log to read.", "Name at least one.")
    paths = [Path(log) for log in logs]
    for path in paths:
        check(path)
    skipped: list[str] = []
    before = {source.source_id for source in source_reports(store)}
    for path in paths:
        log = examine(path)
        if known_as := ingest_file(log, store, format):
            skipped.append(f"{log.name} is the same file as {known_as}, which is in the store: skipped.")
    sources = tuple(source for source in source_reports(store) if source.source_id not in before)
    return IngestReport(sources, tuple(skipped) + remarks(sources))


def ingest_file(log: LogFile, store: Store, given: str | None) -> str | None:
    """The log is in the store. Returns the name under which it was there before, if it was."""
    known = store.fetch("miner.ingest", "known", fingerprint=log.fingerprint).to_pylist()[0]
    if known["known_as"] is not None:
        return str(known["known_as"])
    with store.transaction():
        name = recognise(log, store, given)
        form = FORMATS[name]
        with store.offering("arriving", log.reader()):
            take_apart(store, name, form)
        store.run(
            "miner.ingest",
            "take",
            source_id=known["next_id"],
            name=log.name,
            fingerprint=log.fingerprint,
            format=name,
            bytes=log.bytes,
            lines=log.lines,
            stamped=form.stamped,
            stamps=list(form.stamps),
        )
        conserve(source_reports(store)[-1], log)
    return None


def conserve(source: SourceReport, log: LogFile) -> None:
    """Every line of the log is accounted for. Raises AssertionError: a fault of ours, not of the log."""
    accounted = source.requests + source.rejects + source.blanks + source.duplicates
    if accounted != log.lines:
        raise AssertionError(f"{source.name}: {log.lines} lines, but {accounted} accounted for")


def remarks(sources: Sequence[SourceReport]) -> tuple[str, ...]:
    """What the reader should know about the files before trusting what is mined from them."""
    found = []
    for source in sources:
        if not source.requests:
            found.append(f"{source.name}: none of its lines is a request.")
        elif not source.durations:
            found.append(
                f"{source.name} does not say how long requests took: finished equals started, "
                "and think times include service time."
            )
        if source.rejects:
            found.append(
                f"{source.name}: {source.rejects} of {source.lines} lines could not be read; "
                "see `mine rejects`."
            )
    return tuple(found)
