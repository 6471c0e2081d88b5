"""Of a drawing, only what is known comes through, and its colours are the page's."""

from __future__ import annotations

import re
from pathlib import Path

import altair as alt
import pytest
from defusedxml import DefusedXmlException  # type: ignore[import-untyped,unused-ignore]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped,unused-ignore]
from hypothesis import given
from hypothesis import strategies as st

from miner import plots
from miner.plots.style import BLUE, GREEN, INK, ORANGE, data
from miner.report.pictures import picture
from miner.report.svg import ATTRIBUTES, ELEMENTS, themed
from miner.workload_file import load

FRIENDS = Path(__file__).parents[1] / "generate" / "friends.toml"
NAMESPACE = "http://www.w3.org/2000/svg"


def svg(inside: str) -> str:
    """A drawing with something in it."""
    names = f'xmlns="{NAMESPACE}" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {names} width="9">{inside}</svg>'


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<style>@import url(//x)</style>",
        '<image href="http://x/y.png"/>',
        '<use xlink:href="#a"/>',
        '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><p>x</p></body></foreignObject>',
        '<a href="javascript:alert(1)"><path d="M0,0"/></a>',
        '<animate attributeName="href" values="javascript:alert(1)"/>',
        '<set attributeName="onload" to="alert(1)"/>',
        '<x:path xmlns:x="http://x" d="M0,0"/>',
        '<g display="none"><path d="M0,0"/></g>',
        "<!-- x --><?x y?><g/>",
    ],
)
def test_what_is_not_known_is_left_out(inside: str) -> None:
    """Elements that can do something are gone, with all that is in them."""
    drawn = themed(svg(inside), "f", "A drawing.")
    assert drawn == '<svg width="9" role="img" aria-label="A drawing." focusable="false" />'


@pytest.mark.parametrize(
    "attribute",
    [
        'onclick="alert(1)"', 'style="fill:url(http://x)"', 'fill="url(http://x/#a)"', 'clip-path="url(http://x#a)"',
        'class="x"', 'href="#a"', 'xlink:href="javascript:alert(1)"', 'fill="expression(alert(1))"',
        'x="1;2"',
        'd="M0,0 url(#x)"', 'transform="translate(1,2) url(#x)"', 'font-family="x"', 'filter="url(#x)"',
        'opacity="var(--x)"', 'stroke="var(--x)"',
    ],
)  # fmt: skip
def test_attributes_are_what_they_should_be(attribute: str) -> None:
    """One of another name, or with another kind of value, is gone."""
    drawn = themed(svg(f"<path {attribute}/>"), "f", "A drawing.")
    assert "<path />" in drawn


@pytest.mark.parametrize(
    "text",
    ['<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="x"/>', "<html/>", "<svg", '<svg xmlns="other"/>', ""],
)
def test_what_is_no_drawing_raises(text: str) -> None:
    """Entities and other documents are no drawings."""
    with pytest.raises((ValueError, SyntaxError, DefusedXmlException)):
        themed(text, "f", "A drawing.")


def test_ids_are_of_the_page() -> None:
    """Two drawings of the same chart have no id in common, and what refers to one still does."""
    inside = (
        '<clipPath id="clip0"><rect width="1"/></clipPath><g clip-path="url(#clip0)"><path d="M0,0"/></g>'
    )
    one, other = (themed(svg(inside), name, "A drawing.") for name in ("f-1", "f-2"))
    ids = [re.findall(r'id="([^"]+)"', drawn) for drawn in (one, other)]
    assert all(len(found) == 1 for found in ids)
    assert ids[0] != ids[1]
    assert f'clip-path="url(#{ids[0][0]})"' in one


@given(st.text())
def test_any_text_is_text(text: str) -> None:
    """Whatever a chart says is in the drawing as text, and the drawing is a drawing."""
    chart = alt.Chart(data([{"says": text}])).mark_text().encode(text="says:N").properties(title=text or "x")
    drawn = fromstring(picture(chart.to_dict(), "f").svg)
    assert {str(one.tag) for one in drawn.iter()} <= ELEMENTS | {"svg"}
    own = {"role", "aria-label", "focusable", "id", "clip-path"}
    assert {name for one in drawn.iter() for name in one.attrib} <= ATTRIBUTES.keys() | own


def test_a_drawing_says_what_it_is() -> None:
    """Its title and what it says are its name; Vega's own names of marks are gone."""
    path = load(FRIENDS).paths[0]
    drawn = picture(plots.plot_path(path).to_dict(), "f")
    assert drawn.title == path.name
    assert f'aria-label="{path.name}. ' in drawn.svg
    assert drawn.svg.count("aria-") == drawn.svg.count("role=") == 1
    assert not [literal for literal in (BLUE, ORANGE, GREEN, INK) if literal in drawn.svg]
