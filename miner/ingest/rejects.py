"""Lines that could not be read get another chance, once their format is known better."""

from __future__ import annotations

from dataclasses import replace

from miner.errors import MinerError
from miner.ingest.given import Asked, asked_way, known_ways
from miner.ingest.ingest import Taking, checked_zone
from miner.ingest.recognise import Choice
from miner.ingest.report import IngestReport, SourceReport, source_reports
from miner.ingest.ways import Way
from miner.store import Store


def retry_rejects(
    store: Store,
    *,
    format: str | None = None,  # noqa: A002
    fields: str | None = None,
    timezone: str | None = None,
) -> IngestReport:
    """Rejects that can be read now are requests; the others stay, with the reason that is true now.

    They are read in `format` (or by `fields`, see `ingest`), else each in the format of its file. Raises
    MinerError if there is no reject, or the format is none for lines.
    """
    asked = Asked(format, fields, None, checked_zone(timezone, store))
    given = asked_way(asked, store)
    if given and given.kind not in {"template", "json"}:
        raise MinerError(f"Lines cannot be read one by one as {given.name}.", "Name a format of lines.")
    ways = {way.name: way for way in known_ways(store)}
    before = [source for source in source_reports(store) if source.rejects]
    if not before:
        raise MinerError("There is no reject in the store.", "There is nothing to read again.")
    store.run("miner.ingest", "whereabouts")
    store.run("miner.ingest", "macros")
    with store.transaction():
        for source in before:
            way = given or ways.get(source.format)
            if way and way.kind in {"template", "json"}:
                retry_source(source, way, store, asked)
    after = tuple(
        source for source in source_reports(store) if source.source_id in {s.source_id for s in before}
    )
    read = sum(one.rejects for one in before) - sum(one.rejects for one in after)
    return IngestReport(after, (f"{read} lines that could not be read before are read now.",))


def retry_source(source: SourceReport, way: Way, store: Store, asked: Asked) -> None:
    """The rejects of a source were read again."""
    taking = Taking(store, Choice(replace(way, quick=None), "again", source.prefix), asked, source.source_id)
    store.run("miner.ingest", "take_rejects", source_id=source.source_id)
    taking.take_again()
    blanks = taking.settle()
    store.run("miner.ingest", "recount", source_id=source.source_id, blanks=blanks)
