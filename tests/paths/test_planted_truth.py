"""What is mined from the sample log is what was planted in it."""

from __future__ import annotations

import csv
from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest
from conftest import SAMPLE
from sklearn.metrics import adjusted_rand_score

from miner.laws import median
from miner.paths import Mined
from miner.paths.chains import Moves, read_moves
from miner.paths.mixture import planted
from miner.store import Store
from miner.workload import LEAVE, Path, Workload
from miner.workload_file import load

SHARE_TOLERANCE = 0.03
BEST_POSSIBLE = 0.95
"""Share of the adjusted Rand index that the planted parameters themselves reach."""
MEDIAN_TOLERANCE = 0.10
ENOUGH = 200
"""Observations above which a think time's median must be right."""
PACE_TOLERANCE = 0.05

Sample = tuple[Store, Mined]
SHAPES = """
    SELECT first.address, epoch(first.finished)::BIGINT AS second, sessions.path, session_shapes.shape
    FROM sessions JOIN session_shapes USING (session_id)
    JOIN requests AS first ON first.session_id = sessions.session_id AND first.position = 1
"""


@pytest.fixture(scope="module")
def players() -> Workload:
    """The planted population."""
    return load(SAMPLE / "players.toml")


@pytest.fixture(scope="module")
def matched(sample: Sample) -> dict[str, list[str] | list[int]]:
    """Planted path, mined path and shape of every session, found by its address and first second."""
    store, _ = sample
    truth = {}
    with (SAMPLE / "friend-service.truth.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            second = int(np.datetime64(row["started"][:19]).astype("datetime64[s]").astype(int))
            truth[row["address"], second] = row["path"]
    moves, _ = read_moves(store)
    assert moves.counts.shape[0] > 0
    rows = [row for row in store.ask(SHAPES).to_pylist() if (row["address"], row["second"]) in truth]
    assert len(rows) > 0.99 * len(truth), "sessions begin and end where the players came and left"
    return {
        "planted": [truth[row["address"], row["second"]] for row in rows],
        "mined": [row["path"] for row in rows],
        "shape": [row["shape"] for row in rows],
    }


@pytest.fixture(scope="module")
def pairs(matched: dict[str, list[str]], sample: Sample, players: Workload) -> list[tuple[Path, Path]]:
    """Each planted path with the mined one that most of its sessions are in."""
    workload = sample[1].workload
    both = Counter(zip(matched["planted"], matched["mined"], strict=True))
    best = {path.name: max(workload.paths, key=lambda m: both[path.name, m.name]) for path in players.paths}
    return [(path, best[path.name]) for path in players.paths]


def test_the_number_of_paths_is_the_planted_one(pairs: list[tuple[Path, Path]], sample: Sample) -> None:
    """As many user paths are found as were planted, and each planted one is another of them."""
    assert len(sample[1].workload.paths) == len(pairs)
    assert len({mined.name for _, mined in pairs}) == len(pairs)


def test_shares_are_the_planted_ones(pairs: list[tuple[Path, Path]]) -> None:
    """Every path's share is within three percentage points of the planted one."""
    for path, mined in pairs:
        assert mined.share == pytest.approx(path.share, abs=SHARE_TOLERANCE), path.name


def test_sessions_are_told_apart_as_well_as_can_be(
    matched: dict[str, list[int]], sample: Sample, players: Workload
) -> None:
    """The mined paths tell sessions apart nearly as well as the planted parameters themselves would."""
    moves, _ = read_moves(sample[0])
    names = {endpoint.request: name for name, endpoint in players.endpoints.items()}
    steps = [names[endpoint] for endpoint in moves.endpoints]
    best = planted(
        moves.source, [p.share for p in players.paths], [_row(p, moves, steps) for p in players.paths]
    )
    ideal = best.predict(moves.counts)[np.array(matched["shape"])]
    reached = adjusted_rand_score(matched["planted"], matched["mined"])
    possible = adjusted_rand_score(matched["planted"], ideal)
    assert reached >= BEST_POSSIBLE * possible, (reached, possible)
    assert possible > 0.9


def _row(path: Path, moves: Moves, steps: list[str]) -> npt.NDArray[np.float64]:
    """The planted probability of every move in `moves`."""
    found = []
    for source, target in zip(moves.source, moves.target, strict=True):
        to = LEAVE if target == moves.outside else steps[target]
        if source == moves.outside:
            found.append(path.start.get(to, 0.0))
        else:
            move = path.moves.get(steps[source], {}).get(to)
            found.append(move.p if move else 0.0)
    return np.maximum(found, 1e-9)


def test_think_times_are_the_planted_ones(pairs: list[tuple[Path, Path]]) -> None:
    """The median of every pause seen more than 200 times is within a tenth of the planted one."""
    judged = 0
    for path, mined in pairs:
        for step, moves in path.moves.items():
            for target, move in moves.items():
                found = mined.moves.get(step, {}).get(target)
                if move.think is None or found is None or found.think is None or found.n <= ENOUGH:
                    continue
                judged += 1
                expected = pytest.approx(median(move.think), rel=MEDIAN_TOLERANCE)
                assert median(found.think) == expected, (path.name, step, target, found)
    assert judged > 15


def test_pace_is_the_planted_one(pairs: list[tuple[Path, Path]]) -> None:
    """Every path with thousands of pauses has the planted pace, and one without a pace has none."""
    for path, mined in pairs:
        if mined.sessions > 1000 or not path.pace:
            assert mined.pace == pytest.approx(path.pace, abs=PACE_TOLERANCE), path.name


def test_endpoints_are_the_planted_ones(sample: Sample, players: Workload) -> None:
    """Every endpoint is found by its name, with its statuses and with where its parameters come from."""
    mined = sample[1].workload.endpoints
    assert set(mined) == set(players.endpoints)
    for name, endpoint in players.endpoints.items():
        assert mined[name].request == endpoint.request
        assert mined[name].caller == endpoint.caller
        assert mined[name].identifies == endpoint.identifies
        for status, share in endpoint.statuses.items():
            assert mined[name].statuses[status] == pytest.approx(share, abs=0.02), (name, status)
        for part in ("params", "query", "headers"):
            kinds = {key: value.draw for key, value in getattr(endpoint, part).items()}
            assert {key: v.draw for key, v in getattr(mined[name], part).items()} == kinds, (name, part)


def test_nobody_but_people_is_in_the_sessions(sample: Sample) -> None:
    """Health checks, crawlers and scanners are left out, each for its reason, and no player is."""
    store, mined = sample
    excluded = mined.foundations.excluded
    assert excluded["health check"] >= 2016
    assert set(excluded) == {"health check", "bot", "probe", "attack"}
    people = store.ask(
        """SELECT count(*) AS n FROM requests WHERE excluded IS NOT NULL AND "user" IS NOT NULL"""
    )
    assert people["n"][0].as_py() == 0
