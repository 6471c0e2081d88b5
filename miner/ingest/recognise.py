"""Which format a log has: the one that most of its first lines fit."""

from __future__ import annotations

from dataclasses import dataclass

from miner.errors import MinerError
from miner.ingest.formats import FORMATS, Format
from miner.ingest.log_file import LogFile
from miner.ingest.report import shortened
from miner.store import Store

SAMPLE = 200
"""Lines that are looked at."""
ENOUGH = 0.5
"""Share of them that a format has to fit."""


@dataclass(frozen=True)
class Fit:
    """How many of the sampled lines a format fits, and the first that it does not."""

    format: str
    sampled: int
    fitting: int
    line: int | None
    flaw: str | None
    raw: str | None


def recognise(log: LogFile, store: Store, given: str | None = None) -> str:
    """The name of the log's format: the given one, else the one that fits best.

    Raises MinerError if the given one is unknown or fits no line, or none fits half of the lines.
    """
    if given is not None and given not in FORMATS:
        raise MinerError(f"There is no format '{given}'.", f"Choose one of: {', '.join(FORMATS)}.")
    fits = [fit(name, log, store) for name in ([given] if given else FORMATS)]
    best = max(fits, key=lambda one: one.fitting)
    if not best.sampled:
        raise MinerError(f"{log.path} has only blank lines.", "Name a log with requests in it.")
    if best.fitting < ENOUGH * best.sampled and not (given and best.fitting):
        raise unrecognised(log, best)
    return best.format


def fit(name: str, log: LogFile, store: Store) -> Fit:
    """How well the format fits the first lines of the log."""
    with store.offering("arriving", log.head()):
        take_apart(store, name, FORMATS[name])
    row = store.fetch("miner.ingest", "fit", lines=SAMPLE).to_pylist()[0]
    return Fit(format=name, **row)


def take_apart(store: Store, name: str, form: Format) -> None:
    """The temporary table `fields` holds what is in the lines of `arriving`."""
    store.run("miner.ingest", "fields_by_pattern", format=name, pattern=form.pattern, names=form.names)


def unrecognised(log: LogFile, best: Fit) -> MinerError:
    """Says which format is nearest and which line is the first to break it."""
    if log.binary and not best.fitting:
        return MinerError(f"{log.path} looks binary.", "Name an access log in plain text, or gzip of one.")
    example = shortened(best.raw or "")
    return MinerError(
        f"{log.path} has no format known here; line {best.line} is {best.flaw}: {example}",
        f"Known formats: {', '.join(FORMATS)}. If most lines have one of them, name it with --format.",
    )
