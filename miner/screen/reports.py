"""What the other verbs print: rejects, runs, fidelity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from miner.screen.objectives import show_checked
from miner.screen.terminal import count, heading, in_json, lines, out, say, show_json, table

if TYPE_CHECKING:
    from miner.ingest import IngestReport, Rejected
    from miner.objectives import Checked
    from miner.replay import Run
    from miner.verify import Difference, Fidelity, Figure

NOISE = 1.5
"""Ratio up to which a distance is not to be told from noise: a floor is itself an estimate."""
CLOSE = 2.0
"""Ratio up to which a replay is called close."""
AUC_NOISE, AUC_CLOSE = 0.55, 0.60
DIFFERS = "differs"
MOST_CHANGES = 15
"""Lines about what changed; more are in the JSON."""
KINDS, MOST_DIFFERENCES = ("move", "pause"), 3
"""What is shown of where two sets of sessions differ; more is in the JSON."""
STALE = "The load test mined from A is stale: B is no longer like it. Mine again: `mine logs` on B."


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
                f"{run.sessions_per_second:.3g} a second wanted{', as recorded' * run.exact}; {whole}",
            ),
            ("requests", count(run.requests), ""),
            ("failures", count(run.failures), "answered otherwise than meant, or not at all"),
            *(
                (name, f"{p99 * 1000:.1f} ms", f"at p99, {p50 * 1000:.1f} ms at the median: {meaning}")
                for name, p50, p99, meaning in (
                    ("lateness", run.late_p50, run.late_p99, "sent after it was meant to be"),
                    ("latency", run.latency_p50, run.latency_p99, "from sending to the answer"),
                    ("response", run.response_p50, run.response_p99, "from when it was meant to be sent"),
                )
            ),
            *([("speed", f"{run.speed:g}", "what pauses were divided by")] if run.speed != 1 else []),
            ("folder", "", str(run.folder)),
        ],
    )
    lines(console, [run.verdict, *([f"It was stopped: {run.stopped}"] if run.stopped else [])])


def show_judged(run: Run, checked: Checked | None, *, json: bool) -> bool:
    """A run and what became of its objectives are on stdout; whether none was missed."""
    if json:
        show_json({**in_json(run), **({"objectives": checked.as_dict()} if checked else {})})
    else:
        console = out()
        show_run(console, run)
        if checked:
            console.print()
            show_checked(console, checked)
    return checked is None or checked.passed


def show_fidelity(console: Console, found: Fidelity) -> None:
    """A row per figure, then what is behind the distances, then what changed."""
    sizes = f"A has {count(found.sessions_a)} sessions, B {count(found.sessions_b)}."
    lines(console, [f"{sizes} Ratio is distance over floor, the distance that noise alone makes."])
    rows = [_figure(figure) for figure in found.figures]
    table(console, ["figure", ">distance", ">floor", ">ratio", ""], rows)
    about = "- auc: how well a classifier tells sessions of A from those of B; 0.5 is not at all."
    lines(console, [about, *(f"- {remark}" for remark in found.remarks)])
    if found.differences:
        heading(console, "Where they differ most, also where that is noise")
        lines(console, [f"- {difference(one)}" for kind in KINDS for one in worst(found, kind)])
    show_changes(console, found)


def worst(found: Fidelity, kind: str) -> list[Difference]:
    """The few of that kind that add most to the distances."""
    return [one for one in found.differences if one.what == kind][:MOST_DIFFERENCES]


def difference(one: Difference) -> str:
    """A move or a pause as it is in A and in B."""
    if one.what == "pause":
        return f"pause on {one.name}: {one.a:.1f} s in A, {one.b:.1f} s in B, at the median"
    return f"{one.name}: {one.a:.1%} of moves in A, {one.b:.1%} in B"


def show_changes(console: Console, found: Fidelity) -> None:
    """A sentence per change, the largest first."""
    if not found.changes:
        heading(console, "Nothing changed beyond noise")
        if any(word(figure) == DIFFERS for figure in found.figures):
            lines(console, ["No share, move, pause or rate by itself: what differs is in the figures only."])
        return
    heading(console, "What changed, largest first")
    lines(console, [f"- {change.sentence}" for change in found.changes[:MOST_CHANGES]])
    if len(found.changes) > MOST_CHANGES:
        lines(console, [f"And {count(len(found.changes) - MOST_CHANGES)} smaller changes: see --json."])


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
    return "close" if value <= close else DIFFERS


def must_pass(found: Fidelity, gate: float, auc: float = AUC_NOISE) -> bool:
    """Whether every ratio is at most `gate` and the AUC at most `auc`; if not, stderr says what is not.

    Of two recordings it also says what that means: what was mined from A is stale.
    """
    over = failing(found, gate, auc)
    for sentence in over:
        say(sentence)
    if over and found.recordings:
        say(STALE)
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
