"""What the reader should know about files before trusting what is mined from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from miner.ingest.report import SourceReport
from miner.ingest.ways import Way
from miner.store import Store

EPOCH = re.compile(r"[0-9]{9,19}(\.[0-9]+)?")
ZONED = re.compile(r"(?:Z|UTC|GMT|[+-]\d\d:?\d\d)(?: UTC| GMT| [A-Z]{3,4})?(?: \d{4})?$")
YEAR = re.compile(r"\d{4}")


def of_stamps(name: str, stamps: Sequence[str], zone: str | None) -> Iterator[str]:
    """Remarks about how a log writes its time stamps."""
    texts = [stamp for stamp in stamps if not EPOCH.fullmatch(stamp)]
    if texts and not any(ZONED.search(text) for text in texts):
        taken = zone or "UTC; say --timezone if it is another"
        yield f"{name} writes times with no zone: taken for {taken}."
    if texts and not any(YEAR.search(text) for text in texts):
        yield f"{name} writes times without a year: taken for the latest that is not in the future."


def of_source(source: SourceReport, way: Way, store: Store) -> Iterator[str]:
    """Remarks about what is in a file."""
    name = source.name
    if not source.requests:
        yield f"{name}: none of its lines is a request."
        return
    if not source.durations:
        yield (
            f"{name} does not say how long requests took: finished equals started, "
            "and think times include service time."
        )
    if source.rejects:
        yield f"{name}: {source.rejects} of {source.lines} lines could not be read; see `mine rejects`."
    if source.masked:
        yield f"{name}: {source.masked} values in URLs look like secrets: masked as ***, and not stored."
    yield from of_clock(source, way, store)


def of_clock(source: SourceReport, way: Way, store: Store) -> Iterator[str]:
    """Remarks about stamps that cannot be true."""
    name = source.name
    if source.restamped:
        yield f"{name}: its time stamps were rewritten, so pauses and sessions in it are not people's."
        return
    row = store.fetch("miner.ingest", "steps_back", source_id=source.source_id, stamped=way.stamped)
    found = row.to_pylist()[0]
    if found["back"]:
        yield (
            f"{name}: {found['back']} times its stamps go back by more than a minute: lines out of order, "
            "or a clock that was set back. They are sorted by time."
        )
    if found["future"]:
        yield f"{name}: {found['future']} requests are stamped in the future."
