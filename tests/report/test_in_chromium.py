"""The page in a browser: nothing of a log runs in it, and everybody can read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browser import chromium
from made_findings import crowded, hostile, made
from playwright.sync_api import Browser, Page

from miner.report import Findings, report

pytestmark = pytest.mark.xdist_group("chromium")
KINDS = ("made", "hostile", "crowded", "bare")
LARGEST = 3_000_000
"""Bytes of a page."""
WIDTHS = (360, 768, 1280)
LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3: of letters to what is behind them."""
LEAST_OF_SIGNS = 3.0
"""WCAG 2.2, 1.4.11: of what has to be told apart in charts."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of these findings, of hostile ones, of a large site, and where there is only a recording."""
    folder = tmp_path_factory.mktemp("pages")
    found = made(folder)
    kinds = {"made": found, "hostile": hostile(found), "crowded": crowded(found), "bare": bare(found)}
    files = {kind: folder / f"{kind}.html" for kind in KINDS}
    for kind, file in files.items():
        file.write_text(report(kinds[kind]), encoding="utf-8")
    return files


def bare(found: Findings) -> Findings:
    """Without run, objectives and durations."""
    recording = replace(found.recording, latencies=None)
    asked = replace(found.asked, run=None, objectives=None)
    return replace(
        found, recording=recording, replayed=None, fidelity=None, laid_over=(), checked=None, asked=asked
    )


@contextmanager
def opened(browser: Browser, file: Path, width: int = 1280, **how: Any) -> Iterator[Page]:
    """The page at `file`, without the network."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **how)
    try:
        page = context.new_page()
        page.goto(file.as_uri(), wait_until="load")
        yield page
    finally:
        context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_a_log_runs(browser: Browser, pages: dict[str, Path], kind: str) -> None:
    """Whatever the texts say, no script runs, nothing is asked for, and no element can do either."""
    context = browser.new_context()
    asked: list[str] = []
    said: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: said.append(dialog.message))  # which then stays, and stops the page
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(pages[kind].as_uri(), wait_until="networkidle")
    page.mouse.move(200, 300)
    for summary in page.locator("summary").all():
        summary.click()
    assert asked == [pages[kind].as_uri()]
    assert said == []
    assert page.title() != "ran"
    assert page.evaluate(DANGEROUS) == []
    page.goto("about:blank")
    context.close()


DANGEROUS = """() => [...document.querySelectorAll('*')].filter(one =>
  ['script', 'iframe', 'object', 'embed', 'img', 'image', 'use', 'foreignobject', 'form', 'base', 'animate',
    'set'].includes(one.localName)
  || (one.localName === 'style' && one.parentElement !== document.head)
  || [...one.attributes].some(of => of.name.startsWith('on')
    || ['style', 'src'].includes(of.name)
    || (of.name.endsWith('href') && !of.value.startsWith('#') && of.value !== 'data:,')))
  .map(one => one.outerHTML.slice(0, 200))"""


def test_hostile_texts_are_shown_as_they_are(browser: Browser, pages: dict[str, Path]) -> None:
    """What strangers wrote is text on the page, and what turns or hides writing is spelt out."""
    with opened(browser, pages["hostile"]) as page:
        heading = page.locator("h1").inner_text()
        everything = page.content()
    assert heading.startswith("</style></script><script>document.title='ran'</script>")
    assert "{{7*7}}" in heading
    assert "\\u202e" in heading
    assert not [char for char in everything if not char.isprintable() and char != "\n"]
    assert everything.count("alert(1)") > 500


def test_markup_of_ours_that_ran_would_be_seen(browser: Browser, tmp_path: Path) -> None:
    """A page into which a script does get is found out by what the tests look for."""
    file = tmp_path / "bad.html"
    file.write_text("<body onload='1'><script>document.title='ran'</script><img src='x:y'>", encoding="utf-8")
    with opened(browser, file) as page:
        assert page.title() == "ran"
        assert len(page.evaluate(DANGEROUS)) == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_never_scrolls_sideways(
    browser: Browser, pages: dict[str, Path], kind: str, width: int
) -> None:
    """At every width, what is wide moves in its own box, also with all details open."""
    with opened(browser, pages[kind], width) as page:
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        beyond = page.evaluate(
            """width => [...document.querySelectorAll('main *')].filter(one => !one.closest('.scroll') &&
                !one.closest('svg') && one.getBoundingClientRect().right > width + 1)
                .map(one => one.outerHTML.slice(0, 120))""",
            width,
        )
        assert beyond == []


CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const known = {};
  const rgb = colour => known[colour] ??= (() => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; })();
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = one => { for (; one; one = one.parentElement) {
      const colour = rgb(getComputedStyle(one).backgroundColor); if (colour[3] === 255) return colour; }
    return [255, 255, 255, 255]; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + .05) / (y + .05); };
  const letters = [...document.querySelectorAll('body *')].filter(one =>
    [...one.childNodes].some(child => child.nodeType === 3 && child.data.trim())
    && one.getClientRects().length);
  const found = {letters: [], signs: []};
  for (const one of letters) {
    const style = getComputedStyle(one);
    const drawn = one.closest('svg') ? style.fill : style.color;
    if (drawn === 'none' || (one.closest('svg') && style.stroke !== 'none')) continue;
    found.letters.push([ratio(rgb(drawn), behind(one)), one.outerHTML.slice(0, 120)]);
  }
  for (const one of document.querySelectorAll('figure svg path, figure svg line')) {
    const style = getComputedStyle(one);
    for (const colour of [style.fill, style.stroke]) {
      const name = ['--blue', '--orange', '--green'].find(v =>
        rgb(getComputedStyle(document.documentElement).getPropertyValue(v)).join() === rgb(colour).join());
      if (name) found.signs.push([ratio(rgb(colour), behind(one)), name]);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("kind", ["made", "hostile"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_and_signs_have_contrast(
    browser: Browser, pages: dict[str, Path], kind: str, scheme: Any
) -> None:
    """In both schemes, letters of the page and of charts can be read, and marks told from the paper."""
    with opened(browser, pages[kind], color_scheme=scheme) as page:
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = page.evaluate(CONTRAST)
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 21, 25)"
    assert dark == (scheme == "dark")
    assert len(found["letters"]) > 500
    assert len(found["signs"]) > 50
    assert min(found["letters"])[0] >= LEAST_CONTRAST, min(found["letters"])
    assert min(found["signs"])[0] >= LEAST_OF_SIGNS, min(found["signs"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_can_be_heard_and_walked_by_keyboard(
    browser: Browser, pages: dict[str, Path], kind: str
) -> None:
    """Landmarks, headings in order, captions and scopes, names of drawings, boxes that take focus."""
    with opened(browser, pages[kind]) as page:
        found = page.evaluate(HEARD)
        page.keyboard.press("Tab")
        first = page.evaluate("document.activeElement.textContent")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        outline = page.evaluate(OUTLINE)
    assert first == "Skip to the content"
    assert outline == "solid"
    assert found["lang"] == "en"
    assert found["landmarks"] == [1, 1, 1, 1]
    levels = found["levels"]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert found["odd"] == []
    assert found["twice"] == []


HEARD = """() => {
  const every = selector => [...document.querySelectorAll(selector)];
  const ids = every('[id]').map(one => one.id);
  const named = one => one.getAttribute('aria-label')
    || document.getElementById(one.getAttribute('aria-labelledby') || '')?.textContent || '';
  const odd = [
    ...every('table').filter(one => !one.caption || !one.tHead
      || [...one.tHead.querySelectorAll('th')].some(th => th.scope !== 'col')
      || [...one.tBodies[0].rows].some(row => row.cells[0].tagName !== 'TH' || row.cells[0].scope !== 'row'
        || row.cells.length !== one.tHead.rows[0].cells.length)),
    ...every('figure svg').filter(one => one.getAttribute('role') !== 'img' || !named(one).trim()),
    ...every('figure').filter(one => !one.querySelector('details table')),
    ...every('svg:not([role])').filter(one => one.getAttribute('aria-hidden') !== 'true'),
    ...every('[role=group], nav, section').filter(one => !named(one).trim()),
    ...every('.scroll').filter(one => one.tabIndex !== 0),
    ...every('a[href^="#"]').filter(one => !document.getElementById(one.hash.slice(1))),
    ...every('.word').filter(one => !one.textContent.trim() || !one.querySelector('svg')),
  ].map(one => one.outerHTML.slice(0, 150));
  return {
    lang: document.documentElement.lang, odd, twice: ids.filter((id, at) => ids.indexOf(id) !== at),
    landmarks: ['header', 'nav', 'main', 'footer'].map(name => every(name).length),
    levels: every('h1, h2, h3, h4').map(one => Number(one.tagName[1])),
  };
}"""
OUTLINE = """() => { const link = document.querySelector('nav a'); link.focus({focusVisible: true});
  return getComputedStyle(link).outlineStyle; }"""


@pytest.mark.parametrize("kind", ["made", "crowded"])
def test_the_page_prints(browser: Browser, pages: dict[str, Path], kind: str) -> None:
    """On paper it is light, nothing is cut off at the right, and there is a PDF of it."""
    with opened(browser, pages[kind], 700, color_scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("document.documentElement.scrollWidth") <= 700
        cut = page.evaluate(
            """[...document.querySelectorAll('table, figure svg')].filter(one =>
                one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 120))"""
        )
        assert cut == []
        printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_small(pages: dict[str, Path], kind: str) -> None:
    """It can be sent in a mail."""
    assert pages[kind].stat().st_size < LARGEST
