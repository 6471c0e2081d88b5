"""A chart as an SVG file."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import altair as alt

from miner.errors import MinerError
from miner.output_files import write_files

if find_spec("vl_convert") is None:
    raise MinerError(
        "A picture in a file needs vl-convert, which is not installed.",
        "Install it with `pip install 'scenario-miner[report]'`.",
    )

from vl_convert import vegalite_to_svg


def draw(chart: alt.TopLevelMixin, file: Path) -> None:
    """`file` has the chart; nothing was fetched for it. Raises MinerError if it cannot be written."""
    drawn = vegalite_to_svg(chart.to_dict(), allowed_base_urls=[], show_warnings=False)
    write_files({file: drawn})
