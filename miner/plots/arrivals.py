"""When sessions start, as a picture."""

from __future__ import annotations

import altair as alt

from miner.plots.style import BLUE, ORANGE, WIDTH, data, heading
from miner.workload import Workload

HOUR = 3600


def plot_arrivals(workload: Workload) -> alt.LayerChart:
    """A bar per hour of the day (UTC): how many sessions start in it, and a line at the mean of all hours."""
    arrivals = workload.arrivals
    rates = arrivals.by_hour or (arrivals.mean,) * 24
    rows = [{"hour": hour, "sessions": rate * HOUR} for hour, rate in enumerate(rates)]
    bars = (
        alt.Chart(data(rows))
        .mark_bar(color=BLUE, width={"band": 0.85})
        .encode(
            alt.X("hour:O", title="hour of the day (UTC)", axis=alt.Axis(labelAngle=0, ticks=False)),
            alt.Y("sessions:Q", title="sessions that start in the hour", axis=alt.Axis(tickCount=6)),
            tooltip=[
                alt.Tooltip("hour:O", title="hour (UTC)"),
                alt.Tooltip("sessions:Q", format=",.3~g", title="sessions in the hour"),
            ],
        )
    )
    mean = alt.Chart(data([{"mean": arrivals.mean * HOUR, "says": f"mean {_rounded(arrivals.mean * HOUR)}"}]))
    rule = mean.mark_rule(color=ORANGE, size=2).encode(alt.Y("mean:Q"))
    label = mean.mark_text(align="left", baseline="middle", dx=5, color=ORANGE, fontSize=12).encode(
        alt.Y("mean:Q"), x=alt.value(WIDTH), text="says:N"
    )
    return alt.LayerChart(
        layer=[bars, rule, label],
        width=WIDTH,
        height=220,
        title=heading("When sessions start", _said(workload)),
    )


def _said(workload: Workload) -> str:
    """How far the rate may be trusted."""
    if not workload.arrivals.by_hour:
        return "The same rate all day: there is no profile by hour."
    spread = f"Variance over mean of the counts per hour: {workload.arrivals.dispersion:g}"
    return spread + " (1: visitors come independently of each other)"


def _rounded(number: float) -> str:
    """`number` with its thousands apart, and digits behind the point only where they tell something."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
