"""What all charts look like: few colours that everyone can tell apart, and data that is part of the chart."""

from __future__ import annotations

from typing import Any

import altair as alt

BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
"""Of the palette of Okabe and Ito, "Color Universal Design", 2008."""
INK, PALE = "#333333", "#767676"
LONGEST_LABEL = 420
"""Pixels of a label: a name has up to 64 characters."""
WIDTH = 640


def data(rows: list[dict[str, Any]]) -> alt.InlineData:
    """The rows as data in the chart itself, however many they are."""
    return alt.InlineData(values=rows)


def heading(text: str, *more: str) -> alt.Title:
    """A title, with lines in smaller letters below."""
    return alt.Title(text, subtitle=list(more), anchor="start", subtitleColor=PALE, offset=12)


def share(part: float) -> str:
    """A share in per cent, with a decimal where it is small."""
    if 0 < part < 0.001:
        return "< 0.1 %"
    return f"{part:.1%}".replace("%", " %") if part < 0.1 else f"{part:.0%}".replace("%", " %")


def count(number: float) -> str:
    """A whole number with its thousands apart."""
    return f"{number:,.0f}"
