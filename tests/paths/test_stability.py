"""Paths that are there are found again in sessions drawn again; paths that are not, are not."""

from __future__ import annotations

import numpy as np
import pytest
from populations import drawn, stored

from miner.paths.mine import Mined, mine
from miner.paths.mixture import VERY_STRONG
from miner.paths.pauses import Pauses
from miner.store import Store

SEED = 1
SESSIONS = 1500


def mined(name: str, paths: int | None = None) -> Mined:
    """What is mined from sessions of a planted population, drawn again three times."""
    with stored(drawn(name, SESSIONS, SEED)) as store:
        return mine(store, name="planted", paths=paths, resamples=3)


@pytest.mark.parametrize("name", ["overlapping", "only pauses differ", "wizard"])
def test_planted_paths_are_stable(name: str) -> None:
    """Each time there are as many as planted, and sessions agree (seed 1)."""
    found = mined(name)
    stable = found.stability
    assert stable
    assert set(stable.paths) == {len(found.workload.paths)}
    assert stable.sessions == SESSIONS
    assert stable.mean > 0.9


def test_made_up_paths_are_not_stable() -> None:
    """One path, of which three are asked for, is torn apart elsewhere each time (seed 1)."""
    stable = mined("strong pace", paths=3).stability
    assert stable
    assert stable.mean < 0.8


def test_each_number_of_paths_tried_is_told(sample: tuple[Store, Mined]) -> None:
    """The chosen one has the lowest BIC but for a margin; doubt adds to it; what is asked for is alone."""
    tried = sample[1].tried
    chosen = [one for one in tried if one.chosen]
    assert [one.paths for one in chosen] == [4]
    assert chosen[0].bic <= min(one.bic for one in tried) + VERY_STRONG
    assert all(one.icl >= one.bic - 1e-6 for one in tried)
    assert [one.paths for one in tried][:4] == [1, 2, 3, 4]
    assert tried[0].smallest == 1
    assert chosen[0].smallest == pytest.approx(0.099, abs=0.01)
    assert [one.paths for one in mined("strong pace", paths=2).tried] == [2]


def test_sessions_drawn_twice_have_their_pauses_twice() -> None:
    """Pauses follow their sessions into a resample, also those without any."""
    pauses = Pauses(np.array([0, 0, 2]), np.array([1, 2, 3]), np.array([4.0, 5.0, 6.0]), 1.0, 2)
    again = pauses.within(np.array([0, 1, 2, 2]))
    assert again.session.tolist() == [0, 0, 2, 3]
    assert again.think.tolist() == [4.0, 5.0, 6.0, 6.0]
    assert again.move.tolist() == [1, 2, 3, 3]
