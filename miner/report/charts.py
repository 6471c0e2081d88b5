"""Charts that only the page has: over time, and how far from noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import altair as alt

from miner.plots.style import BLUE, GREEN, INK, ORANGE, PALE, data, heading
from miner.report.latencies import DAY, Latencies, Took
from miner.report.pictures import Spec
from miner.report.replayed import Sent
from miner.screen.reports import CLOSE, DIFFERS, NOISE, word
from miner.verify import Figure

WIDTH, HEIGHT = 300, 120
"""Of small pictures, which stand beside each other where there is room."""
COLOURS, DASHES = (BLUE, ORANGE), ([1, 0], [5, 3])
"""Of the first line and the second."""
FURTHEST = 3.0
"""Ratio up to which the axis of ratios goes at least."""
LOOKS = {"as good as noise": (GREEN, "circle"), "close": (BLUE, "diamond"), DIFFERS: (ORANGE, "triangle-up")}
"""Each verdict has a shape, for whom colours are alike."""


@dataclass(frozen=True)
class Line:
    """A line over time: its name, and its points (seconds, value)."""

    name: str
    points: tuple[tuple[float, float], ...]


def over_time(
    title: str,
    lines: Sequence[Line],
    *,
    unit: str,
    notes: Sequence[str] = (),
    begins: datetime | None = None,
    days: bool = False,
    limit: float | None = None,
) -> Spec:
    """One line, or two that are named at their ends, from seconds after the beginning; a `limit` across.

    With `begins` the axis has times of the day (UTC), or the `days`.
    """
    rows = [
        {"at": _moment(at, begins), "value": round(value, 6), "line": line.name}
        for line in lines
        for at, value in line.points
    ]
    names = [line.name for line in lines]
    marks = (
        alt.Chart(data(rows), width=WIDTH, height=HEIGHT)
        .mark_line(size=1.75, point=alt.OverlayMarkDef(size=12))
        .encode(
            _time(begins, days=days),
            alt.Y("value:Q", title=unit, axis=alt.Axis(tickCount=4, domain=False, ticks=False)),
            alt.Color("line:N", scale=alt.Scale(domain=names, range=COLOURS[: len(names)]), legend=None),
            alt.StrokeDash("line:N", scale=alt.Scale(domain=names, range=DASHES[: len(names)]), legend=None),
        )
    )
    layers = [marks, *(_named(line, place, begins) for place, line in enumerate(lines) if lines[1:])]
    layers += [] if limit is None else _limit(limit)
    return alt.LayerChart(layer=layers, title=heading(title, *notes)).to_dict()


def _time(begins: datetime | None, *, days: bool) -> alt.X:
    if begins is None:
        scale = alt.Scale(nice=False, zero=True)
        return alt.X("at:Q", title="seconds since the run began", axis=alt.Axis(tickCount=5), scale=scale)
    axis = alt.Axis(format="%-d %b" if days else "%H:%M", tickCount=5, labelFlush=True)
    return alt.X("at:T", title=None, scale=alt.Scale(type="utc"), axis=axis)


def _named(line: Line, place: int, begins: datetime | None) -> alt.Chart:
    """The name of a line at its end, the first below it and the second above."""
    last = [{"at": _moment(at, begins), "value": value, "line": line.name} for at, value in line.points[-1:]]
    return (
        alt.Chart(data(last))
        .mark_text(
            align="left", dx=6, baseline="bottom" if place else "top", fontSize=11, color=COLOURS[place]
        )
        .encode(alt.X("at:T" if begins else "at:Q"), alt.Y("value:Q"), text="line:N")
    )


def _limit(limit: float) -> list[alt.Chart]:
    base = alt.Chart(data([{"limit": limit, "says": "limit"}])).encode(alt.Y("limit:Q"))
    rule = base.mark_rule(color=INK, strokeDash=[2, 2], size=1.25)
    label = base.mark_text(align="right", baseline="bottom", dy=-2, fontSize=11, color=INK)
    return [rule, label.encode(x=alt.value(WIDTH), text="says:N")]


def _moment(seconds: float, begins: datetime | None) -> float | str:
    return round(seconds, 3) if begins is None else (begins + timedelta(seconds=seconds)).isoformat()


def latency(took: Took, called: str, latencies: Latencies) -> Spec:
    """How long an endpoint took, at the median and at p95, over time."""
    scale, unit = seconds_or_less(max(window.p95 for window in took.windows))
    lines = [
        Line("p50", tuple((window.at, window.p50 * scale) for window in took.windows)),
        Line("p95", tuple((window.at, window.p95 * scale) for window in took.windows)),
    ]
    return over_time(
        called,
        lines,
        unit=unit,
        notes=[took.endpoint] if took.endpoint != called else [],
        begins=latencies.begins,
        days=took.windows[-1].at - took.windows[0].at > DAY,
    )


def lateness(sent: Sequence[Sent]) -> Spec:
    """How late requests were sent, over the time of the run."""
    scale, unit = seconds_or_less(max(one.late_p99 for one in sent))
    lines = [
        Line("p50", tuple((one.at, one.late_p50 * scale) for one in sent)),
        Line("p99", tuple((one.at, one.late_p99 * scale) for one in sent)),
    ]
    return over_time("How late requests were sent", lines, unit=unit)


def rate(sent: Sequence[Sent]) -> Spec:
    """How many requests were sent a second, over the time of the run."""
    line = Line("requests", tuple((one.at, one.rate) for one in sent))
    return over_time("Requests sent", [line], unit="requests a second")


def seconds_or_less(largest: float) -> tuple[float, str]:
    """What to multiply seconds with, and what they are then."""
    return (1.0, "seconds") if largest >= 1 else (1000.0, "milliseconds")


def ratios(figures: Sequence[Figure]) -> Spec:
    """How many times its floor each distance is: up to NOISE it is noise, up to CLOSE it is close."""
    rows = [
        {
            "figure": one.name.replace("_", " "),
            "ratio": round(one.ratio, 3),
            "zero": 0,
            "says": f"{one.ratio:.2f}",
            "is": word(one),
            "place": place,
        }
        for place, one in enumerate(figures)
        if one.ratio is not None
    ]
    furthest = max([FURTHEST, *(1.08 * one.ratio for one in figures if one.ratio is not None)])
    base = alt.Chart(data(rows), width=420, height=alt.Step(24)).encode(
        alt.Y(
            "figure:N",
            sort=alt.EncodingSortField(field="place", op="min"),
            title=None,
            axis=alt.Axis(ticks=False, domain=False),
        )
    )
    scale = alt.Scale(domain=[0, furthest], nice=False)
    x = alt.X("ratio:Q", title="times the floor", scale=scale, axis=alt.Axis(tickCount=6))
    stems = base.mark_rule(color="#bbbbbb", size=2).encode(alt.X("zero:Q"), x2="ratio:Q")
    says = f"Up to {NOISE:g} as good as noise, up to {CLOSE:g} close."
    return alt.LayerChart(
        layer=[stems, *_bounds(), *_figures(base.encode(x)), _points(base.encode(x))],
        title=heading("How many times its floor each distance is", says),
    ).to_dict()


def _points(base: alt.Chart) -> alt.Chart:
    kinds, colours, shapes = [*LOOKS], *map(list, zip(*LOOKS.values(), strict=True))
    legend = alt.Legend(orient="top", symbolOpacity=1)
    return base.mark_point(filled=True, size=90, opacity=1).encode(
        alt.Color("is:N", scale=alt.Scale(domain=kinds, range=colours), title=None, legend=legend),
        alt.Shape("is:N", scale=alt.Scale(domain=kinds, range=shapes), title=None),
    )


def _figures(base: alt.Chart) -> list[alt.Chart]:
    """The numbers, readable also where a bound passes behind."""
    label: dict[str, Any] = {"align": "left", "dx": 10, "fontSize": 11}
    halo = base.mark_text(**label, stroke="white", strokeWidth=4, strokeJoin="round")
    return [halo.encode(text="says:N"), base.mark_text(**label, color=INK).encode(text="says:N")]


def _bounds() -> list[alt.Chart]:
    base = alt.Chart(data([{"at": NOISE, "says": "noise"}, {"at": CLOSE, "says": "close"}]))
    rules = base.mark_rule(color=PALE, strokeDash=[3, 3]).encode(alt.X("at:Q"))
    notes = base.mark_text(align="left", dx=3, baseline="bottom", fontSize=10, color=PALE)
    return [rules, notes.encode(alt.X("at:Q"), y=alt.value(-2), text="says:N")]
