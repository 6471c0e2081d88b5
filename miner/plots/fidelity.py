"""How alike two sets of sessions are, as a picture: one laid over the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np

from miner.plots.style import BLUE, LONGEST_LABEL, ORANGE, data, heading
from miner.verify.compare import Aligned, align
from miner.verify.differences import frequent_moves
from miner.verify.sources import Source
from miner.verify.steps import Floats

MOVES = 15
POINTS = 200
"""Of a curve."""
WIDTH, HEIGHT = 300, 150
ARROW = " -> "
"""Between the ends of a move's name."""
DASHES, SHAPES = ([1, 0], [5, 3]), ("circle", "diamond")
"""Of the two sides, for whom their colours are alike."""
TICKS = [0, *(step * 10**power for power in range(6) for step in (1, 3))]


def plot_fidelity(
    a: Source, b: Source, *, seed: int = 1, openapi: str | None = None, names: tuple[str, str] = ("A", "B")
) -> alt.HConcatChart:
    """Pauses, requests and seconds of sessions, and the moves most often made: `b` laid over `a`.

    Curves are the share of pauses or sessions that are no longer than that. Sources are those of
    `miner.compare`, and are put on one clock as there. Raises MinerError, TooLittleData.
    """
    aligned = align(a, b, seed=seed, openapi=openapi)
    *curves, moves = laid_over(aligned, names)
    return alt.HConcatChart(
        hconcat=[alt.VConcatChart(vconcat=curves), moves],
        title=heading(
            f"{names[1]} laid over {names[0]}",
            f"{aligned.a.sessions:,} and {aligned.b.sessions:,} sessions, on the coarser of their clocks",
        ),
    )


def laid_over(
    aligned: Aligned, names: tuple[str, str] = ("A", "B"), called: Mapping[str, str] | None = None
) -> list[alt.Chart | alt.LayerChart]:
    """The pictures of `plot_fidelity` one by one, that of the moves last.

    `called` has shorter names of endpoints.
    """
    both, in_a = aligned.both, aligned.in_a
    pauses = ~np.isnan(both.think)
    of_a = in_a[both.owner][pauses]
    curves = {
        "pause between steps (seconds)": (both.think[pauses], of_a, "pauses"),
        "requests of a session": (both.lengths.astype(float), in_a, "sessions"),
        "seconds of a session": (both.seconds, in_a, "sessions"),
    }
    colour = alt.Color(
        "of:N", sort=list(names), title=None, scale=alt.Scale(domain=list(names), range=[BLUE, ORANGE]),
        legend=alt.Legend(orient="top"),
    )  # fmt: skip
    dash = alt.StrokeDash("of:N", sort=list(names), title=None,
                          scale=alt.Scale(domain=list(names), range=DASHES))  # fmt: skip
    shown = [
        _curve(title, of, _points(names, values, mask), colour, dash)
        for title, (values, mask, of) in curves.items()
    ]
    return [*shown, _moves(aligned, names, colour, called or {})]


def _points(names: tuple[str, str], values: Floats, in_a: Any) -> list[dict[str, Any]]:
    """Where each curve is at even shares; lengths and durations begin at 0."""
    at = np.linspace(0, 1, POINTS)
    return [
        {"of": name, "value": round(float(value), 4), "share": round(float(share), 4)}
        for name, sample in zip(names, (values[in_a], values[~in_a]), strict=True)
        for share, value in zip(at, np.quantile(sample, at, method="inverted_cdf"), strict=True)
        if len(sample)
    ]


def _curve(
    title: str, of: str, rows: list[dict[str, Any]], colour: alt.Color, dash: alt.StrokeDash
) -> alt.Chart:
    scale = alt.Scale(type="symlog", constant=1, nice=False)
    return (
        alt.Chart(data(rows), width=WIDTH, height=HEIGHT)
        .mark_line(interpolate="step-after", size=2, opacity=0.8)
        .encode(
            alt.X("value:Q", title=title, scale=scale, axis=alt.Axis(format="~s", values=TICKS)),
            alt.Y("share:Q", title=f"share of {of}", axis=alt.Axis(format=".0%", tickCount=5)),
            colour,
            dash,
            order="share:Q",
        )
    )


def _moves(
    aligned: Aligned, names: tuple[str, str], colour: alt.Color, called: Mapping[str, str]
) -> alt.LayerChart:
    """A line per move, from its share of all moves in one to that in the other."""
    rows = [
        {
            "move": ARROW.join(called.get(end, end) for end in move.name.split(ARROW)),
            "place": place,
            "of": name,
            "share": share,
            "one": move.a,
            "other": move.b,
        }
        for place, move in enumerate(frequent_moves(aligned.both, aligned.in_a, MOVES))
        for name, share in zip(names, (move.a, move.b), strict=True)
    ]
    base = alt.Chart(data(rows), width=WIDTH, height=alt.Step(36)).encode(
        alt.Y(
            "move:N",
            sort=alt.EncodingSortField(field="place", op="min"),
            title=None,
            axis=alt.Axis(labelLimit=LONGEST_LABEL, ticks=False, domain=False),
        )
    )
    x = alt.X("share:Q", title="share of all moves", axis=alt.Axis(format=".0%", tickCount=5))
    tip = [alt.Tooltip("move:N"), alt.Tooltip("of:N"), alt.Tooltip("share:Q", format=".2%")]
    line = base.mark_rule(color="#bbbbbb").encode(alt.X("one:Q"), x2="other:Q")
    shape = alt.Shape("of:N", sort=list(names), title=None, scale=alt.Scale(domain=list(names), range=SHAPES))
    points = base.mark_point(filled=True, size=60, opacity=0.8).encode(x, colour, shape, tooltip=tip)
    return alt.LayerChart(layer=[line, points])
