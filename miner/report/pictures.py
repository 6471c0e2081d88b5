"""Charts become drawings in the page, with their titles as text above them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import vl_convert
from altair.vegalite import SCHEMA_VERSION
from markupsafe import Markup

from miner.errors import printable
from miner.plots.style import PALE
from miner.report.svg import themed, width

Spec = dict[str, Any]
"""A chart in Vega-Lite."""
VERSION = ".".join(SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""Of Vega-Lite, as Altair writes it."""
CONFIG: Spec = {
    "aria": False,  # what is said of a drawing is said once, by the page
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titleColor": PALE,
        "domainColor": "#bbb",
        "tickColor": "#bbb",
    },
    "axisX": {"grid": False},
    "legend": {"labelFontSize": 11, "columnPadding": 24},
}
SHRINKS = 420.0
"""Pixels of a drawing up to which it shrinks with the screen; a wider one would be too small to read."""


@dataclass(frozen=True)
class Picture:
    """A drawing, and what stands above it."""

    svg: Markup
    title: str
    notes: tuple[str, ...]
    wide: bool
    """Whether it does not fit on a small screen."""


def picture(spec: Spec, name: str, says: str = "") -> Picture:
    """The chart `spec` as a drawing called `name` in the page; what is said of it is `says`, or its notes."""
    shown = {
        key: value for key, value in cleaned(spec).items() if key not in ("title", "usermeta", "$schema")
    }
    title, notes = _headed(spec)
    shown["config"] = _both(shown.get("config", {}), CONFIG)
    drawn = vl_convert.vegalite_to_svg(shown, vl_version=VERSION, allowed_base_urls=[], show_warnings=False)
    svg = themed(drawn, name, " ".join([f"{title}.", says or " ".join(notes)]).strip())
    return Picture(svg, title, notes, wide=width(svg) > SHRINKS)


def _both(own: Spec, ours: Spec) -> Spec:
    """What a chart says of its looks, and what the page does, which counts more."""
    parts = {name: {**own.get(name, {}), **part} for name, part in ours.items() if isinstance(part, dict)}
    return {**own, **ours, **parts}


def cleaned(part: Any) -> Any:
    """`part` of a chart with every control character in its texts escaped; line feeds stay."""
    match part:
        case str():
            return printable(part)
        case Mapping():
            return {cleaned(key): cleaned(value) for key, value in part.items()}
        case list() | tuple():
            return [cleaned(one) for one in part]
    return part


def _headed(spec: Spec) -> tuple[str, tuple[str, ...]]:
    """The title of a chart and the lines below it."""
    title = spec.get("title", "")
    if isinstance(title, Mapping):
        below = title.get("subtitle", [])
        return str(title["text"]), tuple([below] if isinstance(below, str) else below)
    return str(title), ()
