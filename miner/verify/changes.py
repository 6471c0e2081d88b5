"""One thing that changed between two recordings, and which changes are more than noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from miner.verify.steps import Floats

Kind: TypeAlias = Literal[
    "endpoint share",
    "endpoint new",
    "endpoint vanished",
    "move",
    "pause",
    "client errors",
    "session length",
    "arrival rate",
    "time of day",
    "path share",
]

SURE = 0.01
"""The probability that two halves of one recording report anything at all."""
LEAST = 0.001
"""Effect below which a change is not worth a line, however sure it is."""


@dataclass(frozen=True)
class Change:
    """What differs between A (`before`) and B (`after`), and by how much more than noise."""

    kind: Kind
    what: str
    """The endpoint, the move as `GET /a -> POST /b`, the hour or the user path; else `sessions`."""
    before: float
    after: float
    unit: str
    """Of `before` and `after`."""
    effect: float
    """Its size by which changes are ranked: the part of all requests, pauses or sessions that is affected.
    What is no share counts by the log of its ratio."""
    z: float
    """The difference over its standard error, with sessions as the unit."""
    p: float
    """The probability of so large a difference by noise; after `beyond_noise`, among all that is compared."""
    sentence: str
    """All of it in plain words."""


def beyond_noise(compared: Sequence[Change]) -> tuple[Change, ...]:
    """Those of `compared` that are surely no noise and worth a line, the largest effect first."""
    adjusted = holm(np.array([change.p for change in compared]))
    kept = [
        replace(change, p=float(p))
        for change, p in zip(compared, adjusted, strict=True)
        if p <= SURE and change.effect >= LEAST
    ]
    return tuple(sorted(kept, key=lambda change: -change.effect))


def holm(p: Floats) -> Floats:
    """Probabilities adjusted so that the smallest of them is honest, however many there are.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6,
    1979.
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return adjusted


def percent(share: float) -> str:
    """`31.2 %`, with as many places as a small share needs."""
    places = 1 if share >= 0.001 or share < 5e-5 else 2
    return f"{share * 100:.{places}f} %"


def seconds(pause: float) -> str:
    """`5.1 s`."""
    return f"{pause:.1f} s"


def rate(per_second: float) -> str:
    """`0.42/s`; what is rare is per hour: `36/h`."""
    return f"{per_second:.3g}/s" if per_second >= 0.1 else f"{per_second * 3600:.3g}/h"
