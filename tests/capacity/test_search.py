"""The search for a limit, against planted ones: how close it comes, and what it never does."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.capacity.search import (
    AT_LEAST,
    BELOW,
    BETWEEN,
    BEYOND,
    BROKE,
    FOUND,
    HELD,
    NOTHING,
    TOO_LITTLE,
    UNKNOWN,
    Bounds,
    Found,
    concluded,
    search,
)
from miner.errors import MinerError

SEED = 20260302
SEARCHES = 400
"""Of the test with noise."""
NOISE = 0.08
"""How far from the limit the chances are even less than 12 to 88: a service's limit is not sharp."""
STRAY = 0.02
"""Chance that a step breaks for no reason at all."""
WITHIN = 1.2
"""Times the planted limit, or part of it, at which nearly every noisy search ends."""
NEARLY_ALL = 0.97


@dataclass(frozen=True)
class Tried:
    """A step as the search sees it."""

    scale: float
    verdict: str
    enough_at: float = 0.0


Judge = Callable[[float], Tried]
scales = st.floats(0.1, 500.0)
bounds = st.builds(
    Bounds,
    start=st.floats(0.1, 20.0),
    most_scale=st.floats(0.2, 500.0),
    least_scale=st.floats(0.01, 1.0),
    precision=st.floats(0.01, 1.0),
    most_steps=st.integers(1, 30),
)
words = st.sampled_from([HELD, BROKE, UNKNOWN, TOO_LITTLE])


def limit_at(limit: float, above: str = BROKE) -> Judge:
    """All holds up to the limit, without any noise."""
    return lambda scale: Tried(scale, HELD if scale <= limit else above)


def searched(judge: Judge, within: Bounds) -> tuple[list[Tried], Found]:
    steps = list(search(judge, within))
    return steps, concluded(steps, within)


@given(limit=scales, precision=st.floats(0.01, 1.0), start=st.floats(0.1, 20.0))
def test_a_sharp_limit_is_found_within_the_precision(limit: float, precision: float, start: float) -> None:
    """What held is at or below the limit, what broke above it, and the two are as close as asked for."""
    _, found = searched(
        limit_at(limit), Bounds(start=start, least_scale=0.05, precision=precision, most_steps=99)
    )
    assert found.answer == FOUND
    assert found.held is not None
    assert found.broke is not None
    assert found.held <= limit < found.broke <= found.held * (1 + precision) * (1 + 1e-12)


@given(verdicts=st.lists(words, min_size=40, max_size=40), within=bounds)
def test_the_bounds_hold_whatever_steps_tell(verdicts: list[str], within: Bounds) -> None:
    """Never more steps, never a higher scale, never the same one four times; and there is an answer."""
    said = iter(verdicts)
    steps, found = searched(lambda scale: Tried(scale, next(said), 2 * scale), within)
    assert 1 <= len(steps) <= within.most_steps
    assert all(0 < step.scale <= within.most_scale for step in steps)
    assert all(step.scale >= min(within.least_scale, within.start, within.most_scale) for step in steps)
    assert max([step.scale for step in steps].count(step.scale) for step in steps) <= 3
    assert found.held is None or found.broke is None or found.held < found.broke


@given(verdicts=st.lists(words, min_size=99, max_size=99), within=bounds)
def test_what_is_said_to_hold_did(verdicts: list[str], within: Bounds) -> None:
    """The answer names scales that were tried, and of which no fewer steps said so than said otherwise."""
    said = iter(verdicts)
    steps, found = searched(lambda scale: Tried(scale, next(said)), within)
    for scale, word in ((found.held, HELD), (found.broke, BROKE)):
        if scale is not None:
            there = [step.verdict for step in steps if step.scale == scale]
            assert 2 * there.count(word) > len(there)


@given(limit=scales, time=st.floats(1.0, 5000.0), each=st.floats(1.0, 100.0))
def test_no_step_is_begun_that_would_end_too_late(limit: float, time: float, each: float) -> None:
    """Steps end within the time, but for the first, and none is left out that would have."""
    clock = [0.0]

    def judge(scale: float) -> Tried:
        clock[0] += each
        return limit_at(limit)(scale)

    within = Bounds(most_time=time, most_steps=99)
    steps = list(search(judge, within, clock=lambda: clock[0]))
    assert len(steps) == 1 or len(steps) * each <= time * (1 + 1e-9)
    found = concluded(steps, within)
    assert (found.stopped == "") or (len(steps) + 1) * each > time


def test_a_limit_with_noise_is_found_nearly_always() -> None:
    """Chances near the limit are as a service's, and a stray failure anywhere does not end the climb."""
    dice = random.Random(SEED)
    near = 0
    for _ in range(SEARCHES):
        limit = math.exp(dice.uniform(math.log(0.3), math.log(200)))

        def judge(scale: float, limit: float = limit) -> Tried:
            breaks = 1 / (1 + math.exp(-math.log(scale / limit) / (NOISE / 2)))
            return Tried(scale, BROKE if dice.random() < max(breaks, STRAY) else HELD)

        _, found = searched(judge, Bounds())
        near += found.held is not None and limit / WITHIN <= found.held <= limit * WITHIN
    assert near >= NEARLY_ALL * SEARCHES


def test_one_unlucky_step_does_not_count() -> None:
    """What broke once and then held twice held; what broke twice broke, and no third is made."""
    once = iter([BROKE, HELD, HELD, BROKE, BROKE])
    steps, found = searched(lambda scale: Tried(scale, next(once)), Bounds(precision=1.0))
    assert [(step.scale, step.verdict) for step in steps] == [
        (1.0, BROKE), (1.0, HELD), (1.0, HELD), (2.0, BROKE), (2.0, BROKE),
    ]  # fmt: skip
    assert (found.answer, found.held, found.broke) == (FOUND, 1.0, 2.0)


def ends(judge: Judge, **within: float) -> tuple[str, float | None, str]:
    _, found = searched(judge, Bounds(**within))  # type: ignore[arg-type]
    return found.answer, found.held, found.stopped


def test_the_answer_says_what_kept_it_from_being_one() -> None:
    """Each way in which a search can end has its own word, and says what stopped it if anything did."""
    assert ends(limit_at(100), most_scale=7) == (AT_LEAST, 7, "")
    assert ends(limit_at(100), most_steps=3) == (AT_LEAST, 4, "3 steps were made")
    assert ends(limit_at(3), most_steps=4) == (BETWEEN, 2, "4 steps were made")
    assert ends(limit_at(0.001), least_scale=0.3) == (BELOW, None, "")
    assert ends(limit_at(0), most_steps=2) == (BELOW, None, "2 steps were made")
    assert ends(limit_at(3, UNKNOWN), precision=0.5) == (BEYOND, 2 * math.sqrt(2), "")
    assert ends(limit_at(0, UNKNOWN)) == (NOTHING, None, "")


def test_a_generator_that_fails_between_is_not_taken_for_the_service() -> None:
    """Where it broke at 8 but nothing can be told above 4, the limit is unknown beyond 4."""
    _, found = searched(
        lambda scale: Tried(scale, HELD if scale <= 4 else BROKE if scale >= 8 else UNKNOWN),
        Bounds(precision=0.5),
    )
    assert (found.answer, found.held, found.broke) == (BEYOND, 4, 8)
    assert found.unknown == pytest.approx(4 * math.sqrt(2))


def test_too_few_requests_are_passed_by() -> None:
    """Where too few come, the next scale is one at which there are enough; what broke then is bracketed."""
    steps, found = searched(
        lambda scale: Tried(scale, TOO_LITTLE, 5) if scale < 5 else limit_at(12)(scale), Bounds()
    )
    assert [step.scale for step in steps[:3]] == [1, 5, 10]
    assert (found.answer, found.unknown) == (FOUND, None)
    steps, found = searched(
        lambda scale: Tried(scale, TOO_LITTLE, 5) if scale < 5 else Tried(scale, BROKE), Bounds()
    )
    assert (found.answer, found.held, found.unknown) == (BELOW, None, None)
    assert (found.broke, len(steps)) == (5, 3)


def test_what_no_allowed_scale_can_tell_ends_at_once() -> None:
    """If even the most that is allowed has too few requests, no second step is made."""
    steps, found = searched(lambda scale: Tried(scale, TOO_LITTLE, 50), Bounds(most_scale=40))
    assert (len(steps), found.answer, found.stopped) == (1, NOTHING, "")


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"start": 0.0}, "start cannot be 0"),
        ({"most_scale": math.inf}, "most scale cannot be inf"),
        ({"least_scale": -1.0}, "least scale cannot be -1"),
        ({"most_steps": 0}, "most steps cannot be 0"),
        ({"most_time": math.nan}, "most time cannot be nan"),
        ({"precision": 0.001}, "finer than runs are alike"),
    ],
)
def test_impossible_bounds_are_refused(given: dict[str, float], complaint: str) -> None:
    """What cannot be is said before anything is sent."""
    with pytest.raises(MinerError, match=complaint):
        Bounds(**given)  # type: ignore[arg-type]
