"""Planted changes are found and come first; where there is none, nothing is reported."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shop import Data, drawn, fewer_shoppers, ok, shop, slower_baskets

from miner.verify.changes import SURE, Change, holm
from miner.verify.drift import changes
from miner.verify.ratios import Rows, compared
from miner.verify.sources import of_frame
from miner.verify.steps import Mask, Walks, all_endpoints, pooled, walks

SEED_A, SEED_B = 1, 2
NULL_SEEDS = range(100, 120)
FALSE_ALARMS = 1
"""Of the NULL_SEEDS that may report anything: at SURE for each, two would be a chance of 1 in 60."""
HALVINGS, LEVEL, LEVEL_TOLERANCE = 1_000, 0.05, 0.02
FEED = "GET /feed"


@cache
def before() -> pd.DataFrame:
    return drawn(shop(), SEED_A)


def between(a: pd.DataFrame, b: pd.DataFrame, *, recordings: bool = True) -> tuple[Change, ...]:
    """What changed from one frame of sessions to the other."""
    both, in_a, paths = side_by_side(a, b)
    return changes(both, in_a, recordings=recordings, paths=paths)


def side_by_side(a: pd.DataFrame, b: pd.DataFrame) -> tuple[Walks, Mask, Any]:
    """The sessions of both, which are of the first, and their user paths."""
    one, other = of_frame(a, "A"), of_frame(b, "B")
    endpoints = all_endpoints(one, other)
    both = pooled(walks(one, one, endpoints, SEED_A), walks(other, one, endpoints, SEED_B))
    in_a = np.arange(len(both.lengths)) < one.sessions
    assert one.paths is not None
    assert other.paths is not None
    return both, in_a, np.concatenate([one.paths, other.paths])


def another_order(data: Data) -> None:
    moves = data["paths"][0]["moves"]
    moves["item"]["basket"]["p"], moves["item"]["search"]["p"], moves["item"]["leave"]["p"] = 0.2, 0.35, 0.45


def failing_searches(data: Data) -> None:
    data["endpoints"]["search"]["statuses"] = ok(0.3)


def longer_reading(data: Data) -> None:
    moves = data["paths"][1]["moves"]["article"]
    moves["article"]["p"], moves["leave"]["p"] = 0.96, 0.04


def twice_as_many(data: Data) -> None:
    data["arrivals"]["mean"] *= 2


def at_night(data: Data) -> None:
    data["arrivals"]["by_hour"] = [1.5] * 8 + [0.5] * 8 + [1.0] * 8


PLANTED: list[tuple[Callable[[Data], None], str, str, float, float]] = [
    (another_order, "move", "GET /item -> GET /basket", 0.5, 0.2),
    (slower_baskets, "pause", "GET /item -> GET /basket", 6.0, 18.0),
    (failing_searches, "client errors", "GET /search", 0.1, 0.3),
    (longer_reading, "session length", "sessions", 5.0, 9.4),
    (twice_as_many, "arrival rate", "sessions", 0.004, 0.008),
]
"""What is changed, and the change that must be reported, with before and after."""
NEAR = 0.25
"""Relative tolerance of before and after: standard errors of a few hundred sessions."""


@pytest.mark.parametrize(("plant", "kind", "what", "was", "now"), PLANTED)
def test_a_planted_change_comes_first(
    plant: Callable[[Data], None], kind: str, what: str, was: float, now: float
) -> None:
    """A planted change is the first that is reported, with what it was and is; the effects fall."""
    data = shop()
    plant(data)
    found = between(before(), drawn(data, SEED_B))
    assert (found[0].kind, found[0].what) == (kind, what)
    assert (found[0].before, found[0].after) == pytest.approx((was, now), rel=NEAR)
    assert [change.effect for change in found] == sorted((change.effect for change in found), reverse=True)
    assert all(change.p <= SURE for change in found)


def test_another_mix_of_users_is_found() -> None:
    """With fewer shoppers and more readers, whose sessions are as long, the readers' endpoint comes first.

    So do the shares of the user paths, of which one says what the other does.
    """
    data = shop()
    moves = data["paths"][1]["moves"]["article"]
    moves["article"]["p"], moves["leave"]["p"] = 0.67, 0.33
    a = drawn(data, SEED_A)
    fewer_shoppers(data)
    found = between(a, drawn(data, SEED_B))
    assert {(change.kind, change.what) for change in found[:2]} == {
        ("endpoint share", "GET /article"),
        ("path share", "reader"),
    }
    assert [change.before for change in found[:2]] == pytest.approx([0.3, 0.3], rel=NEAR)
    assert [change.after for change in found[:2]] == pytest.approx([0.5, 0.5], rel=NEAR)
    assert sum(change.kind == "path share" for change in found) == 1


def test_other_hours_are_found() -> None:
    """Users who come at night are found by the hour that changed most, at whatever rate they come."""
    data = shop()
    at_night(data)
    found = between(before(), drawn(data, SEED_B), recordings=False)
    assert [change.kind for change in found] == ["time of day"]
    assert found[0].effect == pytest.approx(1 / 3, rel=NEAR)
    assert found[0].what.endswith(":00 UTC")


def test_new_and_vanished_endpoints_are_found() -> None:
    """An endpoint of one side only is new or gone, comes first, and no move to or from it is listed."""
    with_feed = drawn(shop(), SEED_B)
    elsewhere = np.random.default_rng(SEED_B).random(len(with_feed)) < 0.15
    with_feed.loc[elsewhere, "endpoint"] = FEED
    new, gone = between(before(), with_feed), between(with_feed, before())
    assert (new[0].kind, new[0].what, new[0].before) == ("endpoint new", FEED, 0.0)
    assert (gone[0].kind, gone[0].what, gone[0].after) == ("endpoint vanished", FEED, 0.0)
    assert new[0].sentence.startswith(f"new: {FEED}, 1")
    assert gone[0].sentence.startswith(f"gone: {FEED}, 1")
    assert [change.what for change in new if FEED in change.what] == [FEED]


def test_a_rare_new_endpoint_needs_sessions_on_the_smaller_side() -> None:
    """Two sessions of a small B are no news, although they are many times as likely there as in A."""
    small = drawn(shop(), SEED_B, 60)
    small.loc[small["session"].isin([3, 4]) & (small["position"] == 1), "endpoint"] = FEED
    assert between(before(), small, recordings=False) == ()


def test_a_rate_is_compared_of_recordings_only() -> None:
    """A simulation or a replay at another rate is no change."""
    data = shop()
    twice_as_many(data)
    other = drawn(data, SEED_B)
    assert [change.kind for change in between(before(), other)] == ["arrival rate"]
    assert between(before(), other, recordings=False) == ()


def test_halves_of_one_recording_report_nothing() -> None:
    """Two halves of a population in which sessions are very unequal are alike for nearly every seed."""
    both, _, paths = side_by_side(before(), drawn(shop(), SEED_B))
    alarms = 0
    for seed in NULL_SEEDS:
        half = np.random.default_rng(seed).random(len(both.lengths)) < 0.5
        alarms += bool(changes(both, half, recordings=True, paths=paths))
    assert alarms <= FALSE_ALARMS


@pytest.mark.parametrize("part", [0.5, 0.1])
def test_probabilities_are_honest(part: float) -> None:
    """Of two random parts, one in twenty has p up to 0.05, although requests of a session go together."""
    both, _, _ = side_by_side(before(), before())
    article = both.endpoints.index("GET /article")
    group = np.zeros(len(both.endpoints), np.int64)
    rows = Rows(both.owner, both.endpoint, group, np.ones(len(both.endpoint)))
    rng = np.random.default_rng(SEED_A)
    found = [compared(rows, rng.random(len(both.lengths)) < part).p[article] for _ in range(HALVINGS)]
    assert float(np.mean(np.array(found) <= LEVEL)) == pytest.approx(LEVEL, abs=LEVEL_TOLERANCE)


def test_probabilities_are_adjusted_by_holm() -> None:
    """The smallest counts for all, the next for one less, and none is below the one before it."""
    assert holm(np.array([0.04, 0.01, 0.03])) == pytest.approx([0.06, 0.03, 0.06])
    assert list(holm(np.array([]))) == []
