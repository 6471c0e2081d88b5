"""Which paths users take, and in what shares, as a picture."""

from __future__ import annotations

import altair as alt

from miner import frames
from miner.plots.style import BLUE, INK, LONGEST_LABEL, count, data, heading, share
from miner.workload import Workload


def plot_paths(workload: Workload) -> alt.LayerChart:
    """A bar per user path: its share of all sessions, the most taken first, with the count behind it."""
    rows = [
        {
            "path": row["path"],
            "share": row["share"],
            "sessions": row["sessions"],
            "requests": round(row["requests"], 2),
            "says": share(row["share"])
            + (f" · {count(row['sessions'])} sessions" if row["sessions"] else ""),
            "place": place,
        }
        for place, row in enumerate(frames.shares(workload).to_dict("records"))
    ]
    room = alt.Scale(domain=[0, 1.45 * max(row["share"] for row in rows)], nice=False)
    base = alt.Chart(data(rows), width=420, height=alt.Step(30)).encode(
        alt.Y(
            "path:N",
            sort=alt.EncodingSortField(field="place", op="min"),
            title=None,
            axis=alt.Axis(labelLimit=LONGEST_LABEL, ticks=False, domain=False, labelFontSize=12),
        ),
        alt.X(
            "share:Q",
            scale=room,
            title="share of sessions",
            axis=alt.Axis(format=".0%", grid=False, tickCount=6),
        ),
        tooltip=[
            alt.Tooltip("path:N", title="user path"),
            alt.Tooltip("share:Q", format=".1%", title="share of sessions"),
            alt.Tooltip("sessions:Q", format=",", title="sessions recorded"),
            alt.Tooltip("requests:Q", title="requests in a session"),
        ],
    )
    bars = base.mark_bar(color=BLUE, height={"band": 0.7})
    labels = base.mark_text(align="left", dx=6, color=INK, fontSize=12).encode(text="says:N")
    total = sum(row["sessions"] for row in rows)
    counted = f"{count(total)} sessions of" if total else "Sessions of"
    return alt.LayerChart(
        layer=[bars, labels],
        title=heading("Which paths users take", f"{counted} {workload.name}"),
        view=alt.ViewBackground(stroke=None),
    )
