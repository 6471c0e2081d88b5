"""How long users pause, as a picture: what was recorded, and what the laws expect the log to show."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import altair as alt
import numpy as np

from miner.errors import MinerError
from miner.frames import parameters
from miner.generate.duration import visits
from miner.laws import distribution, parts
from miner.paths.censored import Cdf, observed
from miner.plots.bins import Bins, bins_up_to, expected, recorded
from miner.plots.recorded import Floats, Pauses, read_recorded
from miner.plots.style import BLUE, INK, ORANGE, PALE, count, data, heading
from miner.store import Store
from miner.workload import LEAVE, Law, Mixture, Path, Quantiles, Workload

MOVES = 6
WIDTH, HEIGHT, COLUMNS = 330, 150, 2
SHOWN = 0.98
"""Share of the pauses of a move that its axis has room for; the others are in the last bin."""
POINTS = 160
"""Points of a density."""
FINEST = 1e-6
"""Seconds of the finest clock: that of the store."""
DENSITY = "The density of each law over visitors of every pace, per second"
COMPARED = "Bars: pauses as the log's clock showed them. Points: what the law expects that clock to show."
RECORDED, EXPECTED = "recorded", "expected under the law"
ROOM = 36
"""Pixels for the numbers of a vertical axis, so that pictures below each other begin below each other."""
LINE = 46
"""Characters that fit in a line above a picture."""


@dataclass(frozen=True)
class Timed:
    """A move with a think time."""

    path: Path
    step: str
    to: str
    law: Law
    often: float
    """How often it is made in a session of the workload."""

    @property
    def name(self) -> str:
        """The steps before and after."""
        return f"{self.step} → {self.to}"

    def says(self, pauses: int | None) -> str:
        """What stands above its picture, a line between bars."""
        move = self.name if len(self.name) <= LINE else f"{self.step}|→ {self.to}"
        return "|".join([move, *self.about(pauses)])

    def about(self, pauses: int | None) -> list[str]:
        """The path, and the law with its numbers."""
        known = "" if pauses is None else f"{count(pauses)} pauses, "
        return [f"on {self.path.name}", *f"{known}{_written(self.law)}".split("|")]


def plot_think_times(
    workload: Workload,
    store: Store | str | FilePath | None = None,
    *,
    path: str | None = None,
    most: int = MOVES,
) -> alt.FacetChart:
    """A picture per move, of the `most` frequent ones: pauses in seconds, recorded and as its law expects.

    With the store that the workload was mined from, bars are how many pauses the log's clock showed in each
    bin, and points how many it would show under the law: seen through that clock, averaged over the
    visitors' pace, shorter than the gap. The last bin has all longer pauses. Without a store, lines are the
    laws' densities, averaged over pace. `path` is the name of one user path. Raises MinerError if there is
    no such path, or if the store knows no pause of the workload's paths.
    """
    moves = frequent_moves(workload, path)[:most]
    if store is None:
        return _faceted(_densities(workload, moves), _density_layers(), "Think times: the laws", DENSITY)
    pauses = _pauses(workload, store)
    if moves and not sum(map(len, pauses.values())):
        raise MinerError(
            f"The store has no pauses on the user paths of {workload.name}.",
            "Name the store that it was mined from, or none.",
        )
    return _faceted(_compared(workload, moves, pauses), _compared_layers(), "Think times", COMPARED)


def plot_each_think_time(
    workload: Workload, store: Store | str | FilePath, *, most: int = MOVES
) -> list[alt.LayerChart]:
    """The pictures of `plot_think_times` one by one, with a title each: for where they flow.

    Raises MinerError.
    """
    pauses = _pauses(workload, store)
    return [_alone(workload, move, pauses) for move in frequent_moves(workload)[:most]]


def _alone(workload: Workload, move: Timed, pauses: Pauses) -> alt.LayerChart:
    known = len(pauses[move.path.name, move.step, move.to])
    return alt.LayerChart(
        data=data(_compared(workload, [move], pauses)),
        layer=_compared_layers(),
        width=WIDTH,
        height=HEIGHT,
        title=heading(move.name, *move.about(known)),
    )


def _written(law: Law) -> str:
    """The law and its numbers; of two parts, each on a line. Measured quantiles are too many to write."""
    match law:
        case Quantiles():
            return "measured quantiles"
        case Mixture():
            return "|".join(f"{weight:.0%} {part.law}({parameters(part)})" for weight, part in parts(law))
        case _:
            return f"{law.law}({parameters(law)})"


def frequent_moves(workload: Workload, path: str | None = None) -> list[Timed]:
    """The moves with think times, of all paths or of one, the most frequent first."""
    chosen: Iterable[Path] = workload.paths if path is None else [workload.path(path)]
    found = []
    for one in chosen:
        often = visits(one)
        found += [
            Timed(one, step, to, move.think, one.share * often[step] * move.p)
            for step, nexts in one.moves.items()
            for to, move in nexts.items()
            if to != LEAVE and move.think is not None
        ]
    return sorted(found, key=lambda move: -move.often)


def _pauses(workload: Workload, store: Store | str | FilePath) -> Pauses:
    opened = nullcontext(store) if isinstance(store, Store) else Store.open(store, create=False)
    with opened as known:
        return read_recorded(known, workload)


def _compared(workload: Workload, moves: list[Timed], pauses: Pauses) -> list[dict[str, Any]]:
    """A row per bin of each move."""
    rows: list[dict[str, Any]] = []
    for place, move in enumerate(moves):
        think = pauses[move.path.name, move.step, move.to]
        here = {"move": move.says(len(think)), "place": place, "bars": RECORDED, "points": EXPECTED}
        rows += [{**here, **row} for row in _bins(workload, move, think)]
    return rows


def _bins(workload: Workload, move: Timed, think: Floats) -> list[dict[str, Any]]:
    """The bins of one move; they and their expectations add up to its pauses."""
    law = distribution(move.law)
    longest = np.quantile(think, SHOWN) if len(think) else law.ppf(np.array([SHOWN]))[0]
    bins = bins_up_to(float(longest), workload.recorded.clock or FINEST)
    expects = len(think) * expected(bins, _seen(workload, move))
    edges = bins.edges
    width = edges[1] - edges[0]
    low = np.append(edges[:-1], edges[-1] + width / 2)
    return [
        {
            "low": round(float(start), 6),
            "middle": round(float(start + width / 2), 6),
            "high": round(float(start + width), 6),
            "recorded": int(measured),
            "expected": round(float(expects_here), 3),
            "highest": round(max(float(measured), float(expects_here)), 3),
            "beyond": at == bins.number,
            "seconds": _between(bins, at),
        }
        for at, (start, measured, expects_here) in enumerate(
            zip(low, recorded(bins, think), expects, strict=True)
        )
    ]


def _between(bins: Bins, at: int) -> str:
    """The seconds that the clock shows in a bin, in words."""
    first, last = at * bins.ticks * bins.clock, ((at + 1) * bins.ticks - 1) * bins.clock
    if at == bins.number:
        return f"{first:.4g} and longer"
    return f"{first:.4g}" if bins.ticks == 1 else f"{first:.4g} to {last:.4g}"


def _seen(workload: Workload, move: Timed) -> Cdf:
    return observed(move.law, move.path.pace, workload.recorded.gap)


def _densities(workload: Workload, moves: list[Timed]) -> list[dict[str, Any]]:
    """Points of the density of each move's law."""
    rows: list[dict[str, Any]] = []
    for place, move in enumerate(moves):
        longest = float(distribution(move.law).ppf(np.array([SHOWN]))[0]) or 1.0
        edges = np.linspace(0, longest, POINTS + 1)
        density = np.diff(_seen(workload, move)(edges)) / np.diff(edges)
        rows += [
            {"move": move.says(None), "place": place, "seconds": float(at), "density": float(here)}
            for at, here in zip((edges[1:] + edges[:-1]) / 2, density, strict=True)
        ]
    return rows


def _density_layers() -> list[alt.Chart]:
    x = alt.X("seconds:Q", title="pause (seconds)", scale=alt.Scale(nice=False, zero=True))
    y = alt.Y(
        "density:Q",
        title="share of pauses per second",
        axis=alt.Axis(tickCount=4, format=".1~%", minExtent=ROOM),
    )
    tip = [
        alt.Tooltip("seconds:Q", format=".3~g", title="pause (seconds)"),
        alt.Tooltip("density:Q", format=".2~%", title="share per second"),
    ]
    return [alt.Chart().mark_area(color=BLUE, opacity=0.35, line={"color": BLUE}).encode(x, y, tooltip=tip)]


def _compared_layers() -> list[alt.Chart]:
    colours = alt.Scale(domain=[RECORDED, EXPECTED], range=[BLUE, ORANGE])
    legend = alt.Legend(orient="top", title=None, labelFontSize=12, symbolOpacity=1, symbolType="square")
    x = alt.X("low:Q", title="pause (seconds)", scale=alt.Scale(nice=False, zero=False))
    y = alt.Y("recorded:Q", title="pauses", axis=alt.Axis(tickCount=4, minExtent=ROOM))
    tip = [
        alt.Tooltip("seconds:N", title="pause (seconds)"),
        alt.Tooltip("recorded:Q", format=",", title="recorded"),
        alt.Tooltip("expected:Q", format=",.1f", title="expected"),
    ]
    pale = alt.condition(alt.datum.beyond, alt.value(0.3), alt.value(0.6))
    bars = (
        alt.Chart()
        .mark_bar(binSpacing=1)
        .encode(
            x,
            y,
            x2="high:Q",
            y2=alt.datum(0),
            tooltip=tip,
            opacity=pale,
            color=alt.Color("bars:N", scale=colours, legend=legend),
        )
    )
    points = (
        alt.Chart()
        .mark_point(filled=True, size=26, opacity=1)
        .encode(
            alt.X("middle:Q"),
            alt.Y("expected:Q"),
            tooltip=tip,
            color=alt.Color("points:N", scale=colours, legend=legend),
        )
    )
    longer = (
        alt.Chart()
        .transform_filter("datum.beyond")
        .mark_text(align="right", baseline="bottom", dy=-6, fontSize=10, color=PALE)
        .encode(alt.X("high:Q"), alt.Y("highest:Q"), text=alt.value("longer"))
    )
    return [bars, points, longer]


def _faceted(rows: list[dict[str, Any]], layers: list[alt.Chart], title: str, says: str) -> alt.FacetChart:
    """The layers once for each move."""
    header = alt.Header(
        title=None,
        labelExpr="split(datum.label, '|')",
        labelFontSize=12,
        labelColor=INK,
        labelAnchor="start",
        labelAlign="left",
        labelLimit=WIDTH + 40,
        labelPadding=6,
    )
    by_move = alt.Facet("move:N", header=header, sort=alt.EncodingSortField(field="place", op="min"))
    note = says if rows else "There are none: no session has a second step."
    return (
        alt.layer(*layers, data=data(rows))
        .properties(width=WIDTH, height=HEIGHT)
        .facet(by_move, columns=COLUMNS)
        .resolve_scale(x="independent", y="independent")
        .resolve_axis(x="independent", y="independent")
        .properties(title=heading(title, note))
    )
