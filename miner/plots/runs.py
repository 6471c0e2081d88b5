"""What replays did over time, beside each other, as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from miner.errors import MinerError
from miner.plots.style import BLUE, GREEN, ORANGE, WIDTH, data, heading

WINDOWS = 60
"""Of the longest run."""
SENT, MEANT = "from sending", "from when it was meant to be sent"


def plot_runs(runs: Mapping[str, Path | str]) -> alt.VConcatChart:
    """Requests a second, and seconds until half of them were answered, of each run by its name.

    The folders of `runs` are those that `mine replay` wrote. Raises MinerError for another, or for none.
    """
    if not runs:
        raise MinerError("There is no run to show.", "Give the folder of one, by a name.")
    requests = {name: _requests(Path(folder)) for name, folder in runs.items()}
    width = max(1.0, max(of["at"].max() for of in requests.values()) / WINDOWS)
    rates = [row for name, of in requests.items() for row in _rates(name, of, width)]
    answered = [row for name, of in requests.items() for row in _answered(name, of, width)]
    colour = alt.Color(
        "run:N", sort=list(runs), title=None, scale=alt.Scale(domain=list(runs), range=[BLUE, ORANGE, GREEN])
    )
    time = alt.X("second:Q", title="seconds since the run began")
    rate = alt.Chart(data(rates), width=WIDTH, height=180, title=heading("Requests sent in a second"))
    until = alt.Chart(data(answered), width=WIDTH, height=220, title=heading("Until half were answered"))
    lines = alt.Scale(domain=[MEANT, SENT], range=[[1, 0], [5, 4]])
    dash = alt.StrokeDash("since:N", title=None, scale=lines)
    return alt.VConcatChart(
        vconcat=[
            rate.mark_line(size=2).encode(time, alt.Y("requests:Q", title="requests a second"), colour),
            until.mark_line(size=2).encode(time, alt.Y("seconds:Q", title="seconds, median"), colour, dash),
        ]
    )


def _requests(folder: Path) -> pd.DataFrame:
    """When each request was sent, in seconds since the first was, and how late and how long it was."""
    try:
        rows = pd.read_parquet(folder / "requests.parquet", columns=["started", "duration", "late"])
    except (OSError, ValueError) as error:
        raise MinerError(f"{folder} is not the folder of a run.", "Make one with `mine replay`.") from error
    return rows.assign(at=(rows["started"] - rows["started"].min()).dt.total_seconds())


def _rates(name: str, of: pd.DataFrame, width: float) -> list[dict[str, Any]]:
    """The last window is left out, as it is not whole."""
    counts = (of["at"] // width).astype(int).value_counts().sort_index()
    whole = counts.reindex(range(int(counts.index.max())), fill_value=0)
    return [
        {"run": name, "second": (window + 0.5) * width, "requests": float(count) / width}
        for window, count in whole.items()
    ]


def _answered(name: str, of: pd.DataFrame, width: float) -> list[dict[str, Any]]:
    """By when requests were meant to be sent: the late ones count where they belong."""
    meant = (of["at"] - of["late"]).clip(lower=0.0)
    windows = (meant // width).astype(int)
    since = {MEANT: of["late"] + of["duration"], SENT: of["duration"]}
    return [
        {"run": name, "since": word, "second": (window + 0.5) * width, "seconds": float(seconds)}
        for word, values in since.items()
        for window, seconds in values.groupby(windows).median().items()
    ]
