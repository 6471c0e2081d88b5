"""What the page says of objectives: which hold, and by how much."""

from __future__ import annotations

from collections.abc import Iterator

from miner.objectives import Checked, Outcome
from miner.objectives.quantities import SECONDS, SHARE, shown
from miner.report import charts
from miner.report.blocks import (
    BAD,
    FAIR,
    GOOD,
    NONE,
    Block,
    Figure,
    Figures,
    Noted,
    Points,
    Prose,
    Said,
    Section,
    Table,
    Word,
    some,
    table,
)
from miner.report.pictures import picture
from miner.report.words import span

MEANS = {"pass": GOOD, "warn": FAIR, "fail": BAD, "no data": NONE}
WORDS = {"pass": "holds", "warn": "warning", "fail": "fails", "no data": "no data"}
MULTIPLES = 6
"""Objectives whose windows are drawn."""
MOST = 100
WINDOWS = 60
"""Windows of an objective that are written below its chart."""
HOW = "Write objectives into a file, and give it to `mine report` with `--objectives FILE.toml`."


def objectives(checked: Checked | None) -> Section:
    """Which objectives hold, or how to have any."""
    title = "Do the objectives hold?"
    if checked is None:
        return Section("objectives", title, (Prose(f"None were given. {HOW}"),))
    return Section("objectives", title, tuple(_objectives(checked)))


def _objectives(checked: Checked) -> Iterator[Block]:
    yield Said(held(checked), tally(checked))
    rows = [
        (Noted(one.objective.name, one.sentence), Word(WORDS[one.verdict], MEANS[one.verdict]),
         _value(one, one.value), _value(one, one.limit), f"{one.n:,}")
        for one in sorted(checked.outcomes, key=lambda one: URGENT.index(one.verdict))
    ]  # fmt: skip
    columns = ["objective", "verdict", ">found", ">limit", ">n"]
    more = some(len(rows), MOST, "objectives")
    yield table("t-objectives", f"Objectives, of {checked.of}", columns, rows[:MOST], more)
    windowed = [one for one in checked.outcomes if len(_known(one)) > 1]
    if windowed:
        figures = [_windows(one, f"f-objective-{n}") for n, one in enumerate(windowed[:MULTIPLES], start=1)]
        yield Figures(
            tuple(figures), "Each window of the objectives that are judged in windows; the worst counts."
        )
    if checked.remarks:
        yield Points(checked.remarks)


URGENT = ("fail", "no data", "warn", "pass")
"""The order of verdicts: what needs work is on top."""


def held(checked: Checked) -> Word:
    """The verdict on all of them."""
    verdicts = {one.verdict for one in checked.outcomes}
    if "fail" in verdicts:
        return Word("No", BAD)
    if "no data" in verdicts:
        return Word("Not known", NONE)
    return Word("Yes, with warnings", FAIR) if "warn" in verdicts else Word("Yes", GOOD)


def tally(checked: Checked) -> str:
    """`3 of 5 hold, 1 fails, 1 has no data.`"""
    every = [one.verdict for one in checked.outcomes]
    holds = every.count("pass") + every.count("warn")
    said = [f"{holds} of {len(every)} hold{'s' * (holds == 1)}"]
    if warned := every.count("warn"):
        said.append(f"{warned} of these with a warning")
    if failed := every.count("fail"):
        said.append(f"{failed} fail{'s' * (failed == 1)}")
    if without := every.count("no data"):
        said.append(f"{without} {'has' if without == 1 else 'have'} no data")
    return ", ".join(said) + "."


def _value(one: Outcome, value: float | None) -> str:
    return "" if value is None else shown(value, one.objective.unit)


def _known(one: Outcome) -> list[tuple[float, float]]:
    return [
        ((window.start + window.end) / 2, window.value) for window in one.windows if window.value is not None
    ]


def _windows(one: Outcome, name: str) -> Figure:
    points, unit = _known(one), one.objective.unit
    highest = max([value for _, value in points] + [one.limit or 0.0])
    units = {SECONDS: charts.seconds_or_less(highest), SHARE: (100.0, "per cent")}
    scale, called = units.get(unit, (1.0, unit))
    line = charts.Line(str(one.objective.measure), tuple((at, value * scale) for at, value in points))
    limit = None if one.limit is None else one.limit * scale
    notes = [str(one.objective.measure)]
    spec = charts.over_time(one.objective.name, [line], unit=called, notes=notes, limit=limit)
    return Figure(name, picture(spec, name), _numbers(one, name))


def _numbers(one: Outcome, name: str) -> Table:
    rows = [
        (
            f"{span(window.start)} to {span(window.end)}",
            _value(one, window.value),
            f"{window.n:,}",
            WORDS[window.verdict],
        )
        for window in one.windows[:WINDOWS]
    ]
    more = some(len(one.windows), WINDOWS, "windows")
    columns = ["window", ">found", ">n", "verdict"]
    return table(f"t-{name}", f"Windows of {one.objective.name}", columns, rows, more)
