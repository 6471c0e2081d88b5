"""The paths of planted populations come back, whatever tells them apart: moves, memory or pauses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from populations import POPULATIONS, agreement, best_possible, drawn, found_paths, stored

from miner.generate.scenario import scenario
from miner.paths.memory import Memory, remember
from miner.paths.mine import mine
from miner.paths.tempo import normal_scores
from miner.paths.user_paths import state_names

SEED = 1
SESSIONS = 4000
OF_BEST = 0.97
"""Share of the adjusted Rand index that the planted parameters themselves reach."""


@pytest.mark.parametrize("clock", [0.001, 1.0])
@pytest.mark.parametrize("name", POPULATIONS)
def test_the_planted_paths_are_found(name: str, clock: float) -> None:
    """As many paths as were planted, and sessions told apart nearly as well as can be (seed 1)."""
    planted = drawn(name, SESSIONS, SEED)
    with stored(planted, clock) as store:
        workload = mine(store, name="planted").workload
        assert len(workload.paths) == len(planted.population.paths)
        assert agreement(planted, found_paths(store)) >= OF_BEST * best_possible(planted)
    shares = sorted(path.share for path in workload.paths)
    assert shares == pytest.approx(sorted(path.share for path in planted.population.paths), abs=0.05)


@pytest.mark.parametrize("name", ["poller", "wizard", "three turns"])
def test_a_clock_of_minutes_hides_no_path_that_moves_show(name: str) -> None:
    """Though most requests share a tick with the one before, they are steps of their own (seed 1)."""
    planted = drawn(name, SESSIONS, SEED)
    with stored(planted, 60.0) as store:
        workload = mine(store, name="planted").workload
        assert workload.recorded.clock == 60.0
        assert len(workload.paths) == len(planted.population.paths)
        assert agreement(planted, found_paths(store)) >= OF_BEST


def test_what_depends_on_the_step_before_is_remembered() -> None:
    """Who comes to an item from a search goes on otherwise: the locustfile has a step of its own for it."""
    with stored(drawn("wizard", SESSIONS, SEED)) as store:
        workload = mine(store, name="planted").workload
    assert list(workload.steps) == ["view_item_after_view_search"]
    moves = workload.paths[0].moves
    assert moves["view_item"]["view_list"].p == pytest.approx(0.8, abs=0.03)
    assert moves["view_item_after_view_search"]["view_basket"].p == pytest.approx(0.6, abs=0.03)
    text = scenario(workload)
    assert 'view_item_after_view_search = step(\n        "view_item",' in text


def test_a_fixed_number_of_turns_is_remembered() -> None:
    """Three requests for the status, no more and no less: every session that is mined makes three."""
    steps = np.array([0, 1, 1, 1, 2] * 50 + [0, 2] * 50)
    lengths = np.array([5] * 50 + [2] * 50)
    found = remember(steps, lengths, np.ones(100), 3)
    assert found.states == 5
    assert found.step.tolist() == [0, 1, 2, 1, 1]
    assert len(set(found.labels[1:4].tolist())) == 3


def test_states_of_different_steps_have_different_names() -> None:
    """Also in different paths, where the names of two steps and what they follow read alike."""
    names = ["x", "x_after_y", "y_after_z", "z"]
    one = Memory(np.zeros(0, np.int64), np.array([0, 1, 2, 3, 0]), np.array([-1, -1, -1, -1, 2]))
    other = replace(one, step=np.array([0, 1, 2, 3, 1]), after=np.array([-1, -1, -1, -1, 3]))
    assert state_names(one, names, {})[4] == state_names(other, names, {})[4] == "x_after_y_after_z"
    assert state_names(other, names, {"x_after_y_after_z": 0})[4] == "x_after_y_after_z_2"
    assert state_names(other, names, {"x_after_y_after_z": 1})[4] == "x_after_y_after_z"


def test_a_chain_without_memory_remembers_nothing() -> None:
    """Of 20 chains of first order none is split (seeds 0 to 19)."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        lengths = rng.geometric(0.25, 2000)
        steps = rng.choice(3, int(lengths.sum()), p=[0.5, 0.3, 0.2])
        assert remember(steps, lengths, np.ones(2000), 3).states == Memory.none(steps, 3).states


def test_scores_are_normal_whatever_the_law() -> None:
    """Pauses of an exponential law have scores of mean 0 and variance 1; equal pauses score alike."""
    scores = normal_scores(np.random.default_rng(SEED).exponential(5.0, 5000), np.ones(5000))
    assert scores.mean() == pytest.approx(0, abs=0.01)
    assert scores.std() == pytest.approx(1, abs=0.02)
    assert normal_scores(np.array([1.0, 2.0, 2.0, 3.0]), np.ones(4)).tolist()[1:3] == [0.0, 0.0]
