"""What the parameters of requests are drawn from, decided from the values in the log."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain
from urllib.parse import parse_qsl, unquote

import numpy as np
from scipy.optimize import brentq

from miner import workload as w
from miner.workload import PARAMETER

FEW_VISITORS = 5
"""A value seen for fewer visitors is personal until shown otherwise: it is not reproduced."""
CONSTANTS = 12
"""Different values up to which a parameter may be an enumeration."""
SAME = 0.9
"""Share of requests in which a parameter must equal the user to be the visitor's identity."""
LENGTHS = 11
"""Measured lengths kept of a text: its deciles."""
MOST_LETTERS = 64
LONGEST = 10_000
"""Characters that a text of a workload may have; what is longer counts as being so long."""
MOST_RANKS = 100_000
"""Ranks of a catalogue that are looked at one by one; those of larger ones would fill the memory."""
UNEVEN = 1.3
"""How much likelier two requests must be to share an id than if all ids were alike, to be called popular."""


@dataclass(frozen=True)
class Sample:
    """One distinct target as one user sent it."""

    target: str
    user: str | None
    status: int
    requests: int
    visitors: Collection[int]
    """Up to `FEW_VISITORS` of those who sent it, as numbers."""


@dataclass(frozen=True)
class Use:
    """One value of a parameter, in one sample."""

    value: str
    sample: Sample


def path_uses(route: str, samples: list[Sample]) -> dict[str, list[Use]]:
    """The uses of each of the route's parameters."""
    split = [(unquote_segments(sample.target), sample) for sample in samples]
    return {
        name: [
            Use(found[at], sample)
            for segments, sample in split
            if len(segments) > place and (found := shape.fullmatch(segments[place]))
        ]
        for place, segment in enumerate(route.split("/"))
        for shape in [_shape(segment)]
        for at, name in enumerate(PARAMETER.findall(segment), 1)
    }


def _shape(segment: str) -> re.Pattern[str]:
    """A pattern for what a route's segment stands for, with a group for each parameter."""
    pieces = re.split(r"\{[^{}/]+\}", segment)
    return re.compile("(.+)".join(map(re.escape, pieces)), re.DOTALL)


def query_uses(samples: list[Sample]) -> dict[str, list[Use]]:
    """The uses of each query parameter, by name, in alphabetical order."""
    found: dict[str, list[Use]] = {}
    for sample in samples:
        query = sample.target.partition("?")[2]
        for name, value in parse_qsl(query, keep_blank_values=True):
            found.setdefault(name, []).append(Use(value, sample))
    return dict(sorted(found.items()))


def unquote_segments(target: str) -> list[str]:
    """The decoded segments of a target's path."""
    return [unquote(segment) for segment in target.partition("?")[0].split("/")]


def draw(uses: list[Use], identity: w.Identity | None) -> w.Value:
    """What the values of one parameter are drawn from. Values that were refused do not count."""
    good = [use for use in uses if use.sample.status < 400] or uses
    if identity and is_identity(good):
        return identity
    if constants := _constants(good):
        return constants
    if all(_is_integer(use.value) for use in good):
        return popular([(int(use.value), use.sample.requests) for use in good])
    return text(good)


def is_identity(uses: list[Use]) -> bool:
    """Whether the value is the user who made the request."""
    named = [use for use in uses if use.sample.user is not None]
    same = sum(use.sample.requests for use in named if use.value == use.sample.user)
    return bool(named) and same >= SAME * sum(use.sample.requests for use in named)


def identity_range(users: Iterator[str]) -> w.Identity | None:
    """The range of the users' ids, if they are integers."""
    ids = list(users)
    if not ids or not all(_is_integer(user) for user in ids):
        return None
    return w.Identity(low=min(map(int, ids)), high=max(map(int, ids)))


def _constants(uses: list[Use]) -> w.LiteralValue | None:
    """An enumeration: few values, each of many visitors."""
    requests: Counter[str] = Counter()
    visitors: dict[str, set[int]] = defaultdict(set)
    for use in uses:
        requests[use.value] += use.sample.requests
        visitors[use.value].update(use.sample.visitors)
    if len(requests) > CONSTANTS or min(map(len, visitors.values())) < FEW_VISITORS:
        return None
    total = requests.total()
    return w.LiteralValue(values={value: round(n / total, 4) for value, n in sorted(requests.items())})


def popular(ids: list[tuple[int, int]]) -> w.Popular:
    """A range of ids, with the exponent of their popularity. `ids` are (id, requests)."""
    counts: Counter[int] = Counter()
    for value, requests in ids:
        counts[value] += requests
    low, high, n = min(counts), max(counts), counts.total()
    law = w.Popular(low=low, high=high, zipf=zipf(list(counts.values()), high - low + 1))
    expected = different(law, n)
    misfit = round(abs(len(counts) - expected) / max(len(counts), expected), 3)
    return law.model_copy(update={"n": n, "ids": len(counts), "misfit": misfit})


def different(law: w.Popular, n: int) -> float:
    """How many different ids `n` draws of `law` have on average: the sum of 1 - (1 - p) ** n over its ids.

    Ranks are taken together where there are millions of them, by their geometric mean.
    """
    size = law.high - law.low + 1
    edges = np.unique(np.geomspace(1, size + 1, MOST_RANKS).round()) if size > MOST_RANKS else None
    starts = np.arange(1, size + 1, dtype=float) if edges is None else edges[:-1]
    wide = np.ones(size) if edges is None else np.diff(edges)
    ranks = starts if edges is None else np.sqrt(starts * (starts + wide - 1))
    weights = ranks**-law.zipf
    chances = np.minimum(weights / (weights @ wide), 1.0)
    with np.errstate(divide="ignore"):
        return float(wide @ -np.expm1(n * np.log1p(-chances)))


def zipf(counts: list[int], size: int) -> float:
    """The exponent s of p(rank) ~ rank ** -s under which two requests share an id as often as recorded.

    The chance that two draws agree is sum(p ** 2) = H(2 s) / H(s) ** 2, H(s) the sum of
    rank ** -s over the `size` ids; its unbiased estimate is the share of agreeing pairs.
    """
    n = np.asarray(counts, dtype=float)
    pairs = n.sum() * (n.sum() - 1)
    agreeing = float(n @ (n - 1)) / pairs if pairs else 0.0
    ranks = np.arange(1, min(size, 1_000_000) + 1, dtype=float)

    def excess(s: float) -> float:
        return float(np.sum(ranks ** (-2 * s)) / np.sum(ranks**-s) ** 2) - agreeing

    if agreeing * len(ranks) < UNEVEN or excess(0.0) >= 0:
        return 0.0
    return round(float(brentq(excess, 0.0, 4.0)), 2) if excess(4.0) > 0 else 4.0


def text(uses: list[Use]) -> w.Text:
    """Free text: its letters and lengths, not its words."""
    letters = Counter(chain.from_iterable(set(use.value) for use in uses))
    common = sorted(letter for letter, n in letters.most_common(MOST_LETTERS) if n >= FEW_VISITORS)
    lengths = np.repeat([len(use.value) for use in uses], [use.sample.requests for use in uses])
    deciles = np.quantile(lengths, np.linspace(0, 1, LENGTHS), method="nearest")
    bounded = tuple(min(int(n), LONGEST) for n in deciles)
    return w.Text(alphabet="".join(common) or "abcdefghij", lengths=bounded)


def _is_integer(value: str) -> bool:
    return value.isascii() and value.removeprefix("-").isdigit() and len(value) < 19
