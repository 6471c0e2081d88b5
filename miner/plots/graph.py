"""One user path as a directed graph: steps from left to right, moves as arcs between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import altair as alt

from miner.generate.duration import visits
from miner.laws import median
from miner.plots.arcs import AGAIN, BACK, ONWARD, Arc, arcs_of
from miner.plots.order import in_order
from miner.plots.style import BLUE, GREEN, INK, ORANGE, PALE, count, data, heading, share
from miner.workload import LEAVE, Path

LEAST = 0.03
"""Probability of a move from which it is drawn."""
STEP, RISE = 150, 64
"""Pixels from a step to the next, and from the steps to the top of an arc between neighbours."""
ABOVE, BELOW = 0.5, 0.6
"""Room beyond the highest and the lowest arc, for the figure at its top."""
NAME, LETTERS = 20, 15
"""Characters of a step's name in one line below it, and pixels of a line."""
THICKEST, LARGEST = 9, 1800
"""Pixels of an arc that is certain, square pixels of the step that is visited most."""
COLOURS = {ONWARD: BLUE, BACK: ORANGE, AGAIN: GREEN}
ARROWS = {ONWARD: "triangle-right", BACK: "triangle-left", AGAIN: "triangle-right"}


def plot_path(path: Path, least: float = LEAST) -> alt.LayerChart:
    """The steps of `path` from left to right by how early sessions come to them, and its moves as arcs.

    The area of a step is how often a session visits it; the width of an arc is the probability of the move,
    given the step that it goes from. Moves on are above the steps, moves back below; those less probable than
    `least` are not drawn. What stands below a step says which share of sessions begins there, and which
    share of its visits ends the session.
    """
    steps = in_order(path)
    arcs = arcs_of(path, steps)
    drawn = [arc for arc in arcs if arc.move.p >= least]
    sheet = _sheet(steps, drawn)
    lines, circles = _drawn_steps(path, steps, sheet)
    layers = [lines, *_drawn_arcs(drawn, sheet), circles, *_drawn_names(path, steps, sheet)]
    return alt.LayerChart(
        layer=layers,
        width=STEP * max(len(steps), 2),
        height=round(RISE * (sheet.high - sheet.bottom)),
        view=alt.ViewBackground(stroke=None),
        title=heading(path.name, *_said(path, len(arcs) - len(drawn), least)),
    )


def _said(path: Path, left_out: int, least: float) -> list[str]:
    sessions = f": {count(path.sessions)}" if path.sessions else ""
    found = [f"{share(path.share)} of sessions{sessions}. At an arc: how probable the move is."]
    if left_out:
        moves = "1 move" if left_out == 1 else f"{left_out} moves"
        found.append(f"{moves} less probable than {share(least)} not drawn.")
    return found


@dataclass(frozen=True)
class Sheet:
    """Where things are drawn: the arcs between `low` and `high`, names from there down to `bottom`."""

    steps: int
    lines: int
    low: float
    high: float

    @property
    def bottom(self) -> float:
        """The end of what is said of steps: lines of their name, and three more."""
        return self.low - (self.lines + 4) * LETTERS / RISE

    @property
    def x(self) -> alt.X:
        """Steps are at 0, 1 and so on."""
        middle, half = (self.steps - 1) / 2, max(self.steps, 2) / 2
        domain = [middle - half, middle + half]
        return alt.X("x:Q", axis=None, scale=alt.Scale(domain=domain, nice=False, zero=False))

    @property
    def y(self) -> alt.Y:
        """Steps are at 0."""
        return alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[self.bottom, self.high], nice=False))


def _sheet(steps: Sequence[str], arcs: Sequence[Arc]) -> Sheet:
    tops = [arc.top for arc in arcs]
    lines = max(len(_wrapped(step)) for step in steps)
    return Sheet(len(steps), lines, min([0.0, *tops]) - BELOW, max([0.0, *tops]) + ABOVE)


def _drawn_steps(path: Path, steps: Sequence[str], sheet: Sheet) -> tuple[alt.Chart, alt.Chart]:
    """Lines down to the names of steps, and the steps themselves."""
    often = visits(path)
    rows = [
        {
            "x": at,
            "y": 0,
            "low": sheet.low,
            "step": step,
            "visits": round(often[step], 3),
            "n": _n(path, step),
        }
        for at, step in enumerate(steps)
    ]
    area = alt.Size(
        "visits:Q", scale=alt.Scale(domain=[0, max(often.values())], range=[0, LARGEST]), legend=None
    )
    tip = [
        alt.Tooltip("step:N"),
        alt.Tooltip("visits:Q", format=".3~g", title="visits in a session"),
        alt.Tooltip("n:Q", format=",", title="visits recorded"),
    ]
    base = alt.Chart(data(rows)).encode(sheet.x, sheet.y)
    lines = base.mark_rule(color="#dddddd", strokeDash=[2, 3]).encode(y2="low:Q")
    circles = base.mark_circle(color=INK, opacity=1).encode(area, tooltip=tip)
    return lines, circles


def _n(path: Path, step: str) -> int:
    return sum(move.n for move in path.moves[step].values())


def _drawn_arcs(arcs: Sequence[Arc], sheet: Sheet) -> list[alt.Chart]:
    """The arcs, and at the top of each an arrow and its probability."""
    if not arcs:  # a legend of nothing has no size, and so the picture would have none
        return []
    facts = [_facts(arc, number) for number, arc in enumerate(arcs)]
    points = [
        {**fact, "x": round(x, 4), "y": round(y, 4), "at": at}
        for arc, fact in zip(arcs, facts, strict=True)
        for at, (x, y) in enumerate(arc.points())
    ]
    tops = [{**fact, "x": arc.middle, "y": arc.top} for arc, fact in zip(arcs, facts, strict=True)]
    kinds = [kind for kind in COLOURS if kind in {arc.kind for arc in arcs}]
    colours = alt.Scale(domain=kinds, range=[COLOURS[kind] for kind in kinds])
    legend = alt.Legend(orient="top", title=None, symbolType="stroke", symbolStrokeWidth=4, labelFontSize=12)
    colour = alt.Color("kind:N", scale=colours, legend=legend)
    width = alt.StrokeWidth("p:Q", scale=alt.Scale(domain=[0, 1], range=[0.8, THICKEST]), legend=None)
    lines = (
        alt.Chart(data(points))
        .mark_line(opacity=0.55, strokeCap="round")
        .encode(sheet.x, sheet.y, colour, width, alt.Order("at:Q"), alt.Detail("arc:N"), tooltip=_tip())
    )
    shapes = alt.Scale(domain=kinds, range=[ARROWS[kind] for kind in kinds])
    top = alt.Chart(data(tops)).encode(sheet.x, sheet.y, tooltip=_tip())
    arrows = top.mark_point(filled=True, size=130, opacity=1).encode(
        colour, alt.Shape("kind:N", scale=shapes, legend=None)
    )
    return [
        lines,
        arrows,
        *_figures([row for row in tops if row["y"] > 0], sheet, -14),
        *_figures([row for row in tops if row["y"] < 0], sheet, 14),
    ]


def _figures(tops: list[dict[str, Any]], sheet: Sheet, away: int) -> list[alt.Chart]:
    """The probabilities, readable also where another arc passes behind."""
    if not tops:
        return []
    base = alt.Chart(data(tops)).encode(sheet.x, sheet.y, text="says:N", tooltip=_tip())
    halo = base.mark_text(dy=away, fontSize=12, stroke="white", strokeWidth=4, strokeJoin="round")
    return [halo, base.mark_text(dy=away, fontSize=12, color=INK)]


def _facts(arc: Arc, number: int) -> dict[str, Any]:
    think = arc.move.think
    return {
        "arc": number,
        "from": arc.step,
        "to": arc.to,
        "kind": arc.kind,
        "p": arc.move.p,
        "says": share(arc.move.p),
        "n": arc.move.n,
        "pause": round(median(think), 3) if think is not None else None,
    }


def _tip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("from:N"),
        alt.Tooltip("to:N"),
        alt.Tooltip("p:Q", format=".1%", title="probability"),
        alt.Tooltip("n:Q", format=",", title="times recorded"),
        alt.Tooltip("pause:Q", format=".3~g", title="median pause (seconds)"),
    ]


def _drawn_names(path: Path, steps: Sequence[str], sheet: Sheet) -> list[alt.Chart]:
    """Below each step its name, how often it is visited, and how many sessions begin and end there."""
    often = visits(path)
    rows = [
        {
            "x": at,
            "y": sheet.low,
            "name": "\n".join(_wrapped(step)),
            "says": "\n".join(_about(path, step, often[step])),
        }
        for at, step in enumerate(steps)
    ]
    base = alt.Chart(data(rows)).encode(sheet.x, sheet.y)
    text: dict[str, Any] = {"baseline": "top", "lineBreak": "\n", "lineHeight": LETTERS}
    names = base.mark_text(**text, fontWeight="bold", fontSize=12, color=INK, dy=4).encode(text="name:N")
    below = sheet.lines * LETTERS + 8
    return [names, base.mark_text(**text, fontSize=11, color=PALE, dy=below).encode(text="says:N")]


def _about(path: Path, step: str, often: float) -> list[str]:
    """What is said of a step below its name."""
    begin, end = path.start.get(step, 0.0), path.moves[step].get(LEAVE)
    found = [f"{often:.2f} visits a session" if often >= 0.1 else f"{often:.1g} visits a session"]
    if begin:
        found.append(f"{share(begin)} of sessions begin")
    if end is not None and end.p:
        found.append(f"{share(end.p)} of visits are last")
    return found


def _wrapped(step: str) -> list[str]:
    """The name in short lines, broken behind `_` where that is possible."""
    return [line.replace(" ", "") for line in wrap(step.replace("_", "_ "), NAME)] or [step]
