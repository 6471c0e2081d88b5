"""How objectives fare as the traffic grows, as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import altair as alt

from miner.objectives.quantities import figures
from miner.plots.style import BLUE, GREEN, INK, LONGEST_LABEL, ORANGE, PALE, WIDTH, data, heading

if TYPE_CHECKING:
    from miner.capacity import Capacity, Step
    from miner.objectives import Outcome

WITHIN, OUTSIDE, UNTOLD = (
    "within its limit",
    "beyond its limit",
    "tells nothing",
)
SHAPES = {WITHIN: ("circle", BLUE), OUTSIDE: ("triangle-up", ORANGE), UNTOLD: ("cross", PALE)}
"""How a point is drawn: nobody has to tell colours apart."""
FARED = {"pass": WITHIN, "warn": WITHIN, "fail": OUTSIDE, "no data": UNTOLD}
"""By the verdict on an objective."""
LOWEST = 0.1
"""Share of a limit below which it does not matter how far; what is below zero is drawn here."""
TICKS = [step * 10**power for power in range(-1, 5) for step in (1, 3)]
HEIGHT = 130
"""Of an objective."""


def plot_capacity(found: Capacity) -> alt.FacetChart:
    """Of each objective the value at each scale, as a share of its limit: up to 100 % it holds.

    The lines upright are the highest scale at which all objectives held, and the lowest at which one broke.
    """
    rows = [row for step in found.steps for row in _rows(step, found.broke_first)]
    x = alt.X(
        "scale:Q",
        title="times the recorded traffic"
        if found.recorded
        else f"times {figures(found.rate)} sessions a second",
        scale=alt.Scale(type="log", nice=False, padding=20),
        axis=alt.Axis(format=",~g", tickCount=8, grid=False),
    )
    y = alt.Y(
        "drawn:Q",
        title="share of the limit",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(format=",.0%", values=TICKS),
    )
    base = alt.Chart()
    points = base.mark_point(filled=True, size=90, opacity=0.9).encode(
        x, y, _looks(alt.Shape, 0), _looks(alt.Color, 1), tooltip=TOOLTIP
    )
    line = base.mark_line(color=PALE, size=1).encode(x, alt.Y("median(drawn):Q"), order="scale:Q")
    limit = base.mark_rule(color=INK, size=1.5).encode(y=alt.YDatum(1.0))
    header = alt.Header(title=None, labelAnchor="start", labelLimit=LONGEST_LABEL, labelFontSize=12)
    by_place = alt.EncodingSortField(field="place", op="min")
    return alt.FacetChart(
        data=data(rows),
        spec=alt.LayerChart(layer=[limit, *_upright(base, found), line, points], width=WIDTH, height=HEIGHT),
        facet=alt.Facet("objective:N", sort=by_place, header=header),
        columns=1,
        title=heading("How much it bears", *_said(found)),
    )


TOOLTIP = [
    alt.Tooltip("objective:N"),
    alt.Tooltip("scale:Q", format=".3~g", title="times"),
    alt.Tooltip("requests:Q", format=",.3~g", title="requests a second"),
    alt.Tooltip("share:Q", format=",.1%", title="share of the limit"),
    alt.Tooltip("says:N"),
]


def _rows(step: Step, first: Sequence[Outcome]) -> Iterator[dict[str, Any]]:
    """A row for each objective with a value and a limit; those that broke first have their place first."""
    names = [one.objective.name for one in first]
    for place, (outcome, share) in enumerate(step.shares):
        name = outcome.objective.name
        yield {
            "objective": name,
            "place": names.index(name) if name in names else len(names) + place,
            "scale": step.scale,
            "requests": step.requests_per_second,
            "share": share,
            "drawn": max(share, LOWEST),
            "fared": FARED[outcome.verdict] if step.telling else UNTOLD,
            "says": outcome.sentence,
        }


def _looks(channel: type[alt.Shape] | type[alt.Color], which: int) -> alt.Shape | alt.Color:
    """Shape or colour by how the objective fared; one legend for both."""
    scale = alt.Scale(domain=list(SHAPES), range=[of[which] for of in SHAPES.values()])
    return channel("fared:N", title=None, scale=scale, legend=alt.Legend(orient="top"))


def _upright(base: alt.Chart, found: Capacity) -> list[alt.Chart]:
    """The scales between which the limit is."""
    lines = {GREEN: (found.found.held, [1, 0]), ORANGE: (found.found.broke, [5, 4])}
    return [
        base.mark_rule(color=colour, size=1.5, strokeDash=dash).encode(x=alt.XDatum(scale))
        for colour, (scale, dash) in lines.items()
        if scale
    ]


def _said(found: Capacity) -> list[str]:
    """What the lines upright are."""
    held, broke = found.found.held, found.found.broke
    return [
        *([f"All objectives held at {found.times(held)}: the solid line upright"] if held else []),
        *([f"The first broke at {figures(broke)} times: the dashed line upright"] if broke else []),
    ]
