"""A drawing as Vega writes it becomes one that may stand in the page: known elements and attributes only.

What is not on the lists below is left out: scripts, styles, links, images, event handlers, foreign markup,
and what Vega says to screen readers of every mark, as the page says it of the drawing as a whole. Colours
become variables of the page's style, so that one drawing serves the light and the dark scheme.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, tostring

from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped,unused-ignore]
from markupsafe import Markup

from miner.errors import one_line
from miner.plots.style import BLUE, GREEN, INK, ORANGE, PALE

NAMESPACE = "{http://www.w3.org/2000/svg}"
ELEMENTS = frozenset({"g", "path", "line", "rect", "circle", "text", "tspan", "defs", "clipPath"})
NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?"
LIST = rf"{NUMBER}(?:[\s,]+{NUMBER})*"
PLACES = 2
"""Decimals of a pixel that are kept."""
NUMBERS = re.compile(rf"{LIST}(?:px)?")
COLOUR = re.compile(r"#[0-9a-f]{3,8}|none|transparent|rgba?\([\d\s.,%]+\)")
WORD = re.compile(r"[a-z]+(?:-[a-z]+)*|\d00")
LOCAL = re.compile(r"url\(#([A-Za-z][\w-]*)\)")
ATTRIBUTES = {
    "d": re.compile(r"[MLHVCSQTAZmlhvcsqtaz\s,\d.e+-]*"),
    "transform": re.compile(rf"(?:(?:translate|rotate|scale|matrix)\({LIST}\)\s*)+"),
    "viewBox": NUMBERS,
    **dict.fromkeys(("fill", "stroke"), COLOUR),
    **dict.fromkeys(("text-anchor", "font-weight", "font-style", "stroke-linecap", "stroke-linejoin"), WORD),
    **dict.fromkeys(("x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry"), NUMBERS),
    **dict.fromkeys(("width", "height", "font-size", "stroke-width", "stroke-dasharray"), NUMBERS),
    **dict.fromkeys(("opacity", "fill-opacity", "stroke-opacity", "stroke-miterlimit"), NUMBERS),
}  # fmt: skip
"""What the value of each must be like, as a whole."""
VARIABLES = {
    "#000": "ink", "black": "ink", INK: "ink",
    "#888": "muted", PALE: "muted",
    "#ddd": "line", "#dddddd": "line", "#bbb": "line", "#bbbbbb": "line",
    "white": "paper", "#fff": "paper", "#ffffff": "paper",
    BLUE: "blue", ORANGE: "orange", GREEN: "green",
}  # fmt: skip
"""The variable that each colour of the charts becomes: `--ink` and so on."""
LETTERS = {"orange": "orange-text", "green": "green-text", "blue": "blue-text"}
"""Of letters, which need more contrast than areas."""


def themed(svg: str, name: str, says: str) -> Markup:
    """The drawing as markup of the page, called `says` for whom it is read aloud; its ids begin with `name`.

    Raises ValueError if it is no drawing.
    """
    drawn = fromstring(svg, forbid_dtd=True)
    if drawn.tag != f"{NAMESPACE}svg":
        raise ValueError("It is not an SVG.")
    ids = {old: f"{name}-{n}" for n, old in enumerate(one.get("id") for one in drawn.iter()) if old}
    root = _copied(drawn, "svg", ids)
    root.attrib |= {"role": "img", "aria-label": one_line(says), "focusable": "false"}
    return Markup(tostring(root, encoding="unicode"))  # noqa: S704 (all of it was built here, and escaped)


def width(svg: Markup) -> float:
    """The pixels that the drawing is wide by itself."""
    found = re.search(r' width="([\d.]+)"', svg)
    return float(found[1]) if found else 0.0


def _copied(element: Element, tag: str, ids: dict[str, str]) -> Element:
    """A copy with what is known and seen only."""
    copy = Element(tag, _attributes(element, tag, ids))
    copy.text = _text(element.text, tag)
    for child in element:
        kind = str(child.tag).removeprefix(NAMESPACE)
        if kind in ELEMENTS and child.get("display") != "none":
            copied = _copied(child, kind, ids)
            if kind != "g" or len(copied):
                copy.append(copied)
    return copy


def _text(text: str | None, tag: str) -> str | None:
    """Letters stand in texts only."""
    return one_line(text) if text and tag in ("text", "tspan") else None


def _attributes(element: Element, tag: str, ids: dict[str, str]) -> dict[str, str]:
    found = {}
    for name, value in element.attrib.items():
        if (local := LOCAL.fullmatch(value)) and name == "clip-path" and local[1] in ids:
            found[name] = f"url(#{ids[local[1]]})"
        elif name == "id":
            found[name] = ids[value]
        elif name in ("fill", "stroke") and value in VARIABLES:
            found[name] = _variable(value, letters=name == "fill" and tag in ("text", "tspan"))
        elif name in ATTRIBUTES and ATTRIBUTES[name].fullmatch(value):
            found[name] = _rounded(value) if name in ("d", "transform") else value
    return found


def _variable(colour: str, *, letters: bool) -> str:
    variable = VARIABLES[colour]
    return f"var(--{LETTERS.get(variable, variable) if letters else variable})"


def _rounded(value: str) -> str:
    """The numbers of a way with no more decimals than can be seen."""
    return re.sub(
        r"-?\d+\.\d{3,}(?!e)", lambda found: f"{float(found[0]):.{PLACES}f}".rstrip("0").rstrip("."), value
    )
