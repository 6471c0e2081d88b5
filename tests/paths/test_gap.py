"""The silence that ends a session is found where silences are rarest, or is 30 minutes."""

from __future__ import annotations

import numpy as np
import pytest
from small_logs import request, store_of

from miner.paths import prepare
from miner.paths.gap import FEW, HABIT, valley

SEED = 20260105


def silences(pauses: float, absences: float, share: float, n: int = 5000) -> np.ndarray:
    """Pauses around one median and absences around another, in seconds."""
    rng = np.random.default_rng(SEED)
    away = rng.random(n) < share
    return np.where(
        away, absences * np.exp(0.8 * rng.standard_normal(n)), pauses * np.exp(0.9 * rng.standard_normal(n))
    )


@pytest.mark.parametrize(
    ("pauses", "absences", "between"),
    [(5, 40_000, (60, 10_000)), (20, 86_400, (300, 12_000)), (3, 7200, (60, 1500))],
)
def test_the_valley_lies_between_pauses_and_absences(
    pauses: float, absences: float, between: tuple[float, float]
) -> None:
    """Fewer than two in a hundred silences are on the wrong side of the gap, and it says why."""
    drawn = silences(pauses, absences, share=0.3)
    gap = valley(drawn)
    assert between[0] <= gap.seconds <= between[1]
    assert abs((drawn > gap.seconds).mean() - 0.3) < 0.02
    assert "fewest silences" in gap.why


def test_the_valley_does_not_depend_on_the_order() -> None:
    """Equal silences in another order have the same gap."""
    drawn = silences(5, 40_000, share=0.3)
    assert valley(drawn) == valley(drawn[::-1])


@pytest.mark.parametrize(
    "drawn",
    [
        silences(30, 1, share=0.0),
        silences(300, 1, share=0.0),
        silences(1500, 1, share=0.0),
        np.geomspace(1, 1e6, 5000),
    ],
    ids=["short pauses", "pauses of minutes", "pauses of half an hour", "all alike"],
)
def test_without_a_valley_it_is_half_an_hour(drawn: np.ndarray) -> None:
    """One hump of silences, or none, gives the customary 30 minutes, and says that it is habit."""
    gap = valley(drawn)
    assert gap.seconds == HABIT
    assert "by habit: the silences show no valley" in gap.why


@pytest.mark.parametrize("n", [0, 1, FEW - 1])
def test_few_silences_are_not_judged(n: int) -> None:
    """Too few silences give 30 minutes, and their number is said."""
    gap = valley(np.full(n, 5.0))
    assert (gap.seconds, gap.why) == (HABIT, f"30 minutes by habit: only {n} silences to judge by")


def test_overlaps_and_instants_are_no_silences() -> None:
    """What lasts less than a second is not counted, however much there is of it."""
    gap = valley(np.concatenate([np.full(10_000, 0.2), np.full(500, -3.0), np.full(10, 50.0)]))
    assert "only 10 silences" in gap.why


def test_the_gap_is_found_in_a_store() -> None:
    """Silences are those of one visitor: others' requests in between do not shorten them."""
    rows = []
    for visit in range(80):
        for step in range(4):
            at = visit * 30_000.0 + step * 10
            rows.append(request(at))
            rows.append(request(at + 4000, address="192.0.2.2"))
    with store_of(rows) as store:
        gap = prepare(store).gap
    assert 60 <= gap.seconds <= 28_800
    assert "fewest" in gap.why
