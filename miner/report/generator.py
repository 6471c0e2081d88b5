"""Whether the generator of the load kept up, in the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from miner.replay import Run
from miner.report import charts
from miner.report.blocks import (
    BAD,
    FAIR,
    GOOD,
    Block,
    Figure,
    Figures,
    Prose,
    Said,
    Section,
    Table,
    Word,
    table,
)
from miner.report.pictures import picture
from miner.report.replayed import Replayed
from miner.report.words import how_long, span
from miner.screen.terminal import count


def generator(of: Replayed) -> Section:
    """Whether the generator put the load on the service that it was meant to."""
    return Section("generator", "Did the generator keep up?", tuple(_generator(of)))


def kept_up(run: Run) -> Word:
    """The verdict on the generator."""
    if not run.kept_up:
        return Word("No", BAD)
    return Word("Yes", GOOD) if run.complete else Word("Not whole", FAIR)


def _generator(of: Replayed) -> Iterator[Block]:
    yield Said(kept_up(of.run), of.run.verdict)
    yield Prose(_did(of.run))
    yield _times(of.run)
    if len(of.sent) > 1:
        yield Figures(
            tuple(_over_time(of)), "Over the time of the run. A last window that is not whole is left out."
        )


def _did(run: Run) -> str:
    wanted = f"{run.sessions_per_second:.3g} a second wanted for {span(run.run_time)}"
    said = [
        f"{count(run.sessions_started)} sessions started, {wanted}{', as recorded' * run.exact};",
        "every one that was due has ended." if run.complete else "not all that were due started and ended.",
        f"{count(run.requests)} requests, of which {count(run.failures)}",
        "were answered otherwise than meant, or not at all.",
    ]
    said += [run.stopped] if run.stopped else []
    return " ".join([*said, *([f"Pauses were divided by {run.speed:g}."] if run.speed != 1 else [])])


def _times(run: Run) -> Table:
    rows = [
        ("lateness", run.late_p50, run.late_p99, "when it was meant to be sent, to the sending"),
        ("latency", run.latency_p50, run.latency_p99, "the sending, to the answer"),
        ("response", run.response_p50, run.response_p99, "when it was meant to be sent, to the answer"),
    ]
    written = [(name, how_long(p50), how_long(p99), of) for name, p50, p99, of in rows]
    return table("t-times", "How late, and how long answers took", ["", ">median", ">p99", "from"], written)


def _over_time(of: Replayed) -> Iterator[Figure]:
    rows = [
        (span(one.at), f"{one.rate:.3g}", how_long(one.late_p50), how_long(one.late_p99)) for one in of.sent
    ]
    columns = ["middle of window", ">requests a second", ">late, median", ">late, p99"]
    numbers = table("t-sent", "The run over time", columns, rows)
    yield Figure("f-late", picture(charts.lateness(of.sent), "f-late"), numbers)
    yield Figure("f-rate", picture(charts.rate(of.sent), "f-rate"), replace(numbers, id="t-rate"))
