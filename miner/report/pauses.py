"""Question 4 in the page: how long users pause, and the laws that say so."""

from __future__ import annotations

import math
from collections.abc import Iterator

from miner import frames
from miner.generate.prose import listed
from miner.plots.think_times import COMPARED, Timed, frequent_moves
from miner.report import behind
from miner.report.blocks import Block, Code, Figure, Figures, More, Prose, Row, Table, long_table, some, table
from miner.report.findings import Findings
from miner.report.pictures import picture
from miner.screen.answers import Answers
from miner.screen.show_answers import quantiles
from miner.screen.terminal import count, duration, share
from miner.workload import Workload

MOVES = 40
"""Of which the law is written."""
PACED = 8
"""Paths of which the pace is told."""
LETTERS = 160
"""Of a law."""
COARSE = 0.5
"""Seconds of a clock from which on its ticks are told of."""


def pauses(found: Findings) -> Iterator[Block]:
    """Quantiles on each path, and the fits of the most frequent moves."""
    answers = found.answers
    if not answers.pauses:
        yield Prose("No session has a second step, so there is no pause.")
        return
    if said := _said(answers):
        yield Prose(said)
    rows: list[Row] = [(Code(one.path), count(one.pauses), *quantiles(one)) for one in answers.pauses]
    columns = ["user path", ">pauses", ">p10", ">median", ">p90", ">p99"]
    yield from long_table("t-pauses", "Pauses on each user path", columns, rows, "user paths")
    charts = {f"f-think-{n}": spec for n, spec in enumerate(found.recording.think_times, start=1)}
    if charts:
        shown = (Figure(name, picture(spec, name), behind.bins(spec, name)) for name, spec in charts.items())
        yield Figures(tuple(shown), f"The most frequent moves. {COMPARED}")
        yield More("The laws of these and other pauses", (_laws(found.workload),))


def _said(answers: Answers) -> str:
    paced = [f"{share(one.pace_share)} on {one.name}" for one in answers.paths if one.pace_share]
    said = []
    if paced:
        told = "Some visitors are slower than others: of the variance of log pauses, that is"
        said.append(f"{told} {listed(paced[:PACED])}.")
    if answers.clock >= COARSE:
        ticks = duration(answers.clock)
        said.append(f"As logged, by a clock that ticks every {ticks}; the workload allows for it.")
    return " ".join(said)


def _laws(workload: Workload) -> Table:
    laws = {
        (row["path"], row["from"], row["to"]): row for row in frames.think_times(workload).to_dict("records")
    }
    timed = frequent_moves(workload)
    rows = [_law(move, laws[move.path.name, move.step, move.to]) for move in timed[:MOVES]]
    columns = ["move", "user path", ">pauses", ">median", ">p95", ">misfit", "law"]
    more = some(len(timed), MOVES, "moves, in the workload file")
    caption = "Laws of the pauses (misfit: Kolmogorov-Smirnov distance, 0 is none)"
    return table("t-laws", caption, columns, rows, more)


def _law(move: Timed, row: dict[str, float]) -> tuple[str | Code, ...]:
    fit = "" if math.isnan(row["ks"]) else f"{row['ks']:.3f}"
    law = f"{row['law']}: {row['parameters']}"
    told = law if len(law) <= LETTERS else f"{law[:LETTERS]}…"
    numbers = count(row["n"]), duration(row["median"]), duration(row["p95"]), fit
    return Code(move.name), Code(move.path.name), *numbers, told
