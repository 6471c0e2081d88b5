"""How long searches took in the windows of both tests of an experiment, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from miner.plots.style import BLUE, INK, ORANGE, WIDTH, count, data, heading

if TYPE_CHECKING:
    from miner.experiment import Experiment

NAMES = {"standard": "standard test", "scenario": "scenario test"}
HEIGHT, ROOM = 260, 1.15


def plot_experiment(found: Experiment) -> alt.LayerChart:
    """The median of the searches in each window of both tests, and the objective, over the minutes."""
    rows = [row for line in found.lines for row in _rows(NAMES[line.test], line.points)]
    limit = found.limit * 1000
    most = max(limit, *(row["ms"] for row in rows)) * ROOM
    tests = list(NAMES.values())
    of_test = alt.Scale(domain=tests, range=[BLUE, ORANGE])
    shapes = alt.Scale(domain=tests, range=["square", "circle"])
    time = alt.X("minute:Q", title="minutes", scale=alt.Scale(domain=[0, found.plan.seconds / 60]))
    taken = alt.Y("ms:Q", title="median of searches, ms", scale=alt.Scale(domain=[0, most]))
    colour = alt.Color("test:N", scale=of_test, sort=tests, title=None)
    chart = alt.Chart(
        data(rows), title=heading("How long a search takes", *_said(found)), width=WIDTH, height=HEIGHT
    )
    rule = alt.Chart(data([{"ms": limit, "said": f"objective: {limit:.3g} ms"}]))
    last = alt.Chart(data([row for row in rows if row["last"]]))
    return alt.LayerChart(
        layer=[
            rule.mark_rule(color=INK, strokeDash=[4, 4]).encode(taken),
            rule.mark_text(align="left", dx=4, dy=-7, color=INK).encode(taken, x=alt.value(0), text="said:N"),
            chart.mark_line(size=2).encode(time, taken, colour),
            chart.mark_point(size=60, filled=True, opacity=1).encode(
                time, taken, colour, alt.Shape("test:N", scale=shapes, sort=tests, title=None)
            ),
            last.mark_text(align="right", dx=-10, dy=-10, fontWeight="bold").encode(
                time, taken, colour, text="growth:N"
            ),
        ]
    )


def _rows(test: str, points: Any) -> list[dict[str, Any]]:
    """A row for each window, at its middle; the last one also says what became of the first."""
    first, last = points[0], points[-1]
    return [
        {
            "test": test,
            "minute": (point.start + point.end) / 120,
            "ms": point.p50 * 1000,
            "last": point is last,
            "growth": f"{last.p50 / first.p50 - 1:+.0%}".replace("%", " %"),
        }
        for point in points
    ]


def _said(found: Experiment) -> list[str]:
    plan = found.plan
    how = "in real time" if plan.window is None else f"a time lapse with windows of {plan.window:g} s"
    return [
        f"{plan.rps:g} requests a second on {count(plan.users)} users in {found.machine.database}, {how}.",
        "Standard test: searches only. Scenario: a third of the visitors are new users.",
    ]
