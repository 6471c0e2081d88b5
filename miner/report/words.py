"""How seconds are written in the page."""

from __future__ import annotations

from miner.objectives.quantities import SECONDS, clock, shown


def how_long(seconds: float) -> str:
    """`2.87 ms`, `1.5 s`: how long an answer took."""
    return shown(seconds, SECONDS)


def span(seconds: float) -> str:
    """`20 s`, `1m 30s`, `12h`: a stretch of time."""
    return clock(seconds)
