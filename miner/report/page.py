"""Findings become the page: one text, the same for equal findings."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape

from miner.errors import one_line
from miner.report.again import again
from miner.report.blocks import Section
from miner.report.faithful import fidelity
from miner.report.findings import Findings
from miner.report.generator import generator
from miner.report.head import numbers, recorded, verdicts
from miner.report.latency import latency
from miner.report.limits import limits
from miner.report.objectives import objectives
from miner.report.users import users

BACKTICKS = re.compile("`([^`]+)`")
LONGEST = 1500
"""Characters of a text; what is longer is a stranger's, and cut."""


def page(found: Findings) -> str:
    """The page as HTML. It depends on nothing but `found`."""
    answers = found.answers
    return (
        _environment()
        .get_template("page.html")
        .render(
            title=answers.name,
            recorded=recorded(answers),
            numbers=tuple(numbers(found)),
            verdicts=verdicts(found),
            sections=sections(found),
            style=Markup(_text("page.css")),  # noqa: S704 (a file of ours)
            version=found.versions.get("scenario-miner", ""),
        )
    )


def sections(found: Findings) -> list[Section]:
    """What is in the page, in its order."""
    of_run = [generator(found.replayed)] if found.replayed else []
    told = [users(found), fidelity(found), *of_run, latency(found), objectives(found.checked)]
    return [*told, limits(found), again(found)]


def _environment() -> Environment:
    """Every text that a template is given is escaped, on one line, and not endless."""
    found = Environment(
        loader=DictLoader({name: _text(name) for name in ("page.html", "blocks.html")}),
        autoescape=True,
        finalize=_safe,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"breakable": _breakable, "spoken": _spoken}
    return found


def _safe(value: Any) -> Any:
    """Text without what cannot be seen: control characters, and those that turn the direction of writing."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return one_line(value if len(value) <= LONGEST else value[:LONGEST] + "…")


def _breakable(text: str) -> Markup:
    """A name that may go on in a new line behind `_` and `/`."""
    safe = escape(_safe(text))
    return safe.replace("_", Markup("_<wbr>")).replace("/", Markup("/<wbr>"))


def _spoken(text: str) -> Markup:
    """A sentence with what is in backticks as code."""
    return Markup(BACKTICKS.sub(r"<code>\1</code>", str(escape(_safe(text)))))  # noqa: S704 (escaped before)


def _text(name: str) -> str:
    return files("miner.report").joinpath(name).read_text(encoding="utf-8")
