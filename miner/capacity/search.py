"""Which scale to try next, and what was found out: pure, from what the steps so far told.

It takes for granted that what holds at a scale holds below it. Scales double until one breaks or tells
nothing, or halve until one holds; the bracket is then halved on a logarithmic scale. What did not hold is
tried again before it counts, as a single step may be unlucky: two of at most three decide.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Protocol, TypeVar

from miner.errors import MinerError

FACTOR = 2.0
"""From one scale to the next, as long as there is no bracket."""
MAJORITY = 2
"""Steps at one scale that must agree, where the first did not hold."""
FINEST = 0.01
"""Precision below which no two runs agree."""

HELD, BROKE, UNKNOWN, TOO_LITTLE = "held", "broke", "unknown", "too little"
"""All objectives held; one broke; it could not be told; too few requests came to tell, so more are needed."""

FOUND, BETWEEN, AT_LEAST, BEYOND, BELOW, NOTHING = (
    "found", "between", "at least", "unknown beyond", "below", "nothing",
)  # fmt: skip
"""What the answer is: the limit within the precision; a wider bracket; more was not allowed or not tried;
from some scale on it could not be told; even the lowest scale broke; nothing could be told."""


class Told(Protocol):
    """What the search needs to know of a step."""

    @property
    def scale(self) -> float: ...
    @property
    def verdict(self) -> str: ...
    @property
    def enough_at(self) -> float:
        """The scale from which on there are enough requests, where there were too few."""


S = TypeVar("S", bound=Told)


@dataclass(frozen=True)
class Bounds:
    """Where a search begins and what it may do. Raises MinerError if that is impossible."""

    start: float = 1.0
    most_scale: float = 1e6
    least_scale: float = 0.05
    precision: float = 0.10
    """The bracket is narrow enough when its upper end is at most this share above the lower."""
    most_steps: int = 20
    most_time: float = 1800.0
    """Seconds in total: a step that would probably end later is not begun."""

    def __post_init__(self) -> None:
        for name in ("start", "most_scale", "least_scale", "precision", "most_steps", "most_time"):
            if not 0 < getattr(self, name) < math.inf:
                raise MinerError(
                    f"The {name.replace('_', ' ')} cannot be {getattr(self, name):g}.",
                    "Give a number above 0.",
                )
        if self.precision < FINEST:
            raise MinerError(
                f"A precision of {self.precision:g} is finer than runs are alike.",
                f"Give {FINEST:g} or more.",
            )


@dataclass(frozen=True)
class Found:
    """What the steps told: `answer` is one of the words above."""

    answer: str
    held: float | None
    """The highest scale at which all objectives held."""
    broke: float | None
    """The lowest above it at which one broke."""
    unknown: float | None
    """The lowest above it, and below `broke`, that told nothing."""
    stopped: str
    """Why it ended before it was done, or nothing."""


def search(
    judge: Callable[[float], S], bounds: Bounds, clock: Callable[[], float] = monotonic
) -> Iterator[S]:
    """Each step as soon as it is made, until there is nothing left to find out, or to be allowed."""
    steps: list[S] = []
    began, longest = clock(), 0.0
    while (scale := next_scale(steps, bounds)) is not None:
        at = clock()
        if len(steps) == bounds.most_steps or at - began + longest > bounds.most_time:
            return
        steps.append(judge(scale))
        longest = max(longest, clock() - at)
        yield steps[-1]


def next_scale(steps: Sequence[Told], bounds: Bounds) -> float | None:
    """The scale that the next step is to have, whatever it takes; None if that would tell no more."""
    if not steps:
        return min(bounds.start, bounds.most_scale)
    verdicts = settled(steps)
    if verdicts[steps[-1].scale] is None:
        return steps[-1].scale
    low, high = bracket(verdicts)
    if high is None:
        return _higher(steps[-1], bounds)
    if low is not None and verdicts[low] == TOO_LITTLE:
        low = max(low, *(step.enough_at for step in steps if step.scale == low))
    if low is None:
        return max(high / FACTOR, bounds.least_scale) if high > bounds.least_scale else None
    return math.sqrt(low * high) if high > low * (1 + bounds.precision) else None


def settled(steps: Sequence[Told]) -> dict[float, str | None]:
    """The verdict on each scale, None where another step must decide."""
    told: dict[float, list[str]] = {}
    for step in steps:
        told.setdefault(step.scale, []).append(step.verdict)
    return {scale: _decided(verdicts) for scale, verdicts in told.items()}


def bracket(verdicts: dict[float, str | None]) -> tuple[float | None, float | None]:
    """The scales between which the limit is to be looked for; None where there is none yet.

    Where too few requests came, it is above, unless the objectives already held at a lower scale.
    """
    by_scale = _by_verdict(verdicts)
    low = max(by_scale[HELD] or by_scale[TOO_LITTLE], default=None)
    above = [scale for scale in verdicts if verdicts[scale] not in (HELD, None)]
    return low, min((scale for scale in above if low is None or scale > low), default=None)


def _by_verdict(verdicts: dict[float, str | None]) -> dict[str, list[float]]:
    words = (HELD, BROKE, UNKNOWN, TOO_LITTLE)
    return {word: [scale for scale, verdict in verdicts.items() if verdict == word] for word in words}


def _decided(verdicts: list[str]) -> str | None:
    if verdicts[0] in (HELD, TOO_LITTLE):
        return verdicts[0]
    word, count = Counter(verdicts).most_common(1)[0]
    if count >= MAJORITY:
        return word
    return UNKNOWN if len(verdicts) > MAJORITY else None


def _higher(last: Told, bounds: Bounds) -> float | None:
    """What comes after the highest scale so far; none if no allowed scale has enough requests to tell."""
    if last.scale >= bounds.most_scale or last.enough_at > bounds.most_scale:
        return None
    return min(last.enough_at or last.scale * FACTOR, bounds.most_scale)


def concluded(steps: Sequence[Told], bounds: Bounds, stopped: str = "") -> Found:
    """What the steps told all together; `stopped` says why they ended, where the search did not end them."""
    by_scale = _by_verdict(settled(steps))
    held = max(by_scale[HELD], default=None)
    broke = min((scale for scale in by_scale[BROKE] if scale > (held or 0.0)), default=None)
    top = math.inf if broke is None else broke
    dark = (*by_scale[UNKNOWN], *(by_scale[TOO_LITTLE] if held else ()))
    unknown = min((scale for scale in dark if (held or 0.0) < scale < top), default=None)
    if not stopped and next_scale(steps, bounds) is not None:
        stopped = (
            f"{bounds.most_steps} steps were made" if len(steps) >= bounds.most_steps else "the time was over"
        )
    return Found(_answer(held, broke, unknown, bounds), held, broke, unknown, stopped)


def _answer(held: float | None, broke: float | None, unknown: float | None, bounds: Bounds) -> str:
    if held is None:
        return NOTHING if broke is None else BELOW
    if unknown is not None:
        return BEYOND
    if broke is None:
        return AT_LEAST
    return FOUND if broke <= held * (1 + bounds.precision) else BETWEEN
