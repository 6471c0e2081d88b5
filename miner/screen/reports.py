"""What the other verbs print: rejects, sessions, runs, fidelity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from miner.screen.terminal import count, duration, heading, lines, say, table
from miner.store import Store

if TYPE_CHECKING:
    from miner.ingest import IngestReport, Rejected
    from miner.replay import Run
    from miner.verify import Fidelity, Figure

NOISE = 1.5
"""Ratio up to which a distance is not to be told from noise: a floor is itself an estimate."""
CLOSE = 2.0
"""Ratio up to which a replay is called close."""
AUC_NOISE, AUC_CLOSE = 0.55, 0.60


def show_ingest(console: Console, report: IngestReport) -> None:
    """A row per file that was read."""
    rows = [
        (s.name, s.format, *map(count, (s.lines, s.requests, s.rejects, s.blanks, s.duplicates)))
        for s in report.sources
    ]
    if rows:
        columns = ["file", "format", ">lines", ">requests", ">rejects", ">blanks", ">duplicates"]
        table(console, columns, rows)
        heading(console, "Why in this format")
        lines(console, [f"{s.name}: {s.format}, {s.recognised}" for s in report.sources])


def show_rejects(console: Console, rejects: Sequence[Rejected]) -> None:
    """A paragraph per reason, with an example."""
    if not rejects:
        lines(console, ["Every line could be read."])
    for one in rejects:
        heading(console, f"{count(one.count)} x {one.reason}")
        lines(console, [f"{one.source}, line {one.line}: {one.example}"])


@dataclass(frozen=True)
class Basis:
    """How requests became sessions; `gap` is seconds; the counts are of requests."""

    sessions: int
    requests: int
    visitor: str
    visitor_why: str
    gap: float
    gap_why: str
    endpoints: tuple[Asked, ...]
    excluded: dict[str, int]

    @classmethod
    def of(cls, store: Store, *, openapi: str | None, visitor: str | None, gap: float | None) -> Basis:
        """The sessions of `store`, which are made anew. Raises MinerError."""
        from miner.paths import prepare  # it takes seconds to import, and `mine ingest` has no use for it

        found = prepare(store, openapi=openapi, visitor=visitor, gap=gap)
        rows = store.fetch("miner.screen", "routes").to_pylist()
        return cls(
            sessions=found.sessions,
            requests=found.requests,
            visitor=found.visitor,
            visitor_why=found.visitor_why,
            gap=found.gap.seconds,
            gap_why=found.gap.why,
            endpoints=tuple(Asked(**row) for row in rows),
            excluded=found.excluded,
        )


@dataclass(frozen=True)
class Asked:
    """An endpoint: requests to it, and how many distinct targets they asked for."""

    endpoint: str
    requests: int
    targets: int


def show_basis(console: Console, found: Basis) -> None:
    """How requests became sessions, on one screen."""
    table(
        console,
        ["", "", ""],
        [
            ("sessions", count(found.sessions), f"{found.requests / found.sessions:.1f} requests each"),
            ("visitors by", found.visitor, found.visitor_why),
            ("gap", duration(found.gap), found.gap_why),
        ],
    )
    heading(console, "Endpoints")
    rows = [(one.endpoint, count(one.requests), count(one.targets)) for one in found.endpoints]
    table(console, ["endpoint", ">requests", ">distinct targets"], rows)
    heading(console, "Left out, because they are no steps of users")
    if found.excluded:
        table(console, ["", ">requests"], [(why, count(n)) for why, n in found.excluded.items()])
    else:
        lines(console, ["Nothing."])


def show_run(console: Console, run: Run) -> None:
    """What a replay did."""
    whole = "every session that was due has ended" if run.complete else "not all sessions started and ended"
    table(
        console,
        ["", ">", ""],
        [
            (
                "sessions",
                count(run.sessions_started),
                f"{run.sessions_per_second:g} a second wanted; {whole}",
            ),
            ("requests", count(run.requests), ""),
            ("failures", count(run.failures), "answered otherwise than meant, or not at all"),
            (
                "lateness",
                f"{run.late_p99 * 1000:.1f} ms",
                f"p99 of session starts (median {run.late_p50 * 1000:.1f} ms)",
            ),
            ("folder", "", str(run.folder)),
        ],
    )


def show_fidelity(console: Console, found: Fidelity) -> None:
    """A row per figure, then what is behind the distances."""
    sizes = f"A has {count(found.sessions_a)} sessions, B {count(found.sessions_b)}."
    lines(console, [f"{sizes} Ratio is distance over floor, the distance that noise alone makes."])
    rows = [_figure(figure) for figure in found.figures]
    table(console, ["figure", ">distance", ">floor", ">ratio", ""], rows)
    about = "- auc: how well a classifier tells sessions of A from those of B; 0.5 is not at all."
    lines(console, [about, *(f"- {remark}" for remark in found.remarks)])


def _figure(figure: Figure) -> tuple[str, ...]:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    row = figure.name, f"{figure.distance:.4f}", f"{figure.floor:.4f}", ratio
    return *row, word(figure)


def word(figure: Figure) -> str:
    """What the figure means in a word."""
    value = figure.distance if figure.ratio is None else figure.ratio
    noise, close = (AUC_NOISE, AUC_CLOSE) if figure.ratio is None else (NOISE, CLOSE)
    if value <= noise:
        return "as good as noise"
    return "close" if value <= close else "differs"


def must_pass(found: Fidelity, gate: float, auc: float = AUC_NOISE) -> bool:
    """Whether every ratio is at most `gate` and the AUC at most `auc`; if not, stderr says what is not."""
    over = failing(found, gate, auc)
    for sentence in over:
        say(sentence)
    return not over


def failing(found: Fidelity, gate: float, auc: float) -> list[str]:
    """A sentence for each figure beyond the gate."""
    over = [
        f"{figure.name} is {figure.ratio:.2f} times its floor, more than {gate:g}."
        for figure in found.figures
        if figure.ratio is not None and figure.ratio > gate
    ]
    told = found["auc"].distance
    return over + ([f"auc is {told:.3f}, more than {auc:g}."] if told > auc else [])
