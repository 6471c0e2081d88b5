"""A sample of visitors has their whole sessions, the rates of all, and says what it cost."""

from __future__ import annotations

import pytest
from populations import drawn, stored

from miner import MinerError
from miner.paths.mine import Mined, mine
from miner.screen.answers import answers

SEED = 1
SESSIONS = 3000
PART = 0.3


@pytest.fixture(scope="module")
def both() -> tuple[Mined, Mined, list[str]]:
    """What is mined from all visitors, from three in ten, and what is said of those."""
    with stored(drawn("poller", SESSIONS, SEED), 1.0) as store:
        whole = mine(store, name="planted")
        part = mine(store, name="planted", sample=PART)
        assert answers(store, whole).remarks == ()
        said = answers(store, part)
        left = store.ask(
            "SELECT excluded, session_id IS NULL AS out, count(*) AS n FROM requests GROUP BY ALL"
        )
        rows = {(row["excluded"], row["out"]): row["n"] for row in left.to_pylist()}
        assert rows.keys() == {(None, False), ("not sampled", True)}
        assert rows[None, False] == part.workload.recorded.requests
        assert sum(rows.values()) == whole.workload.recorded.requests
        assert said.left_out == {"not sampled": rows["not sampled", True]}
    return whole, part, list(said.remarks)


def test_a_sample_has_that_share_of_the_sessions(both: tuple[Mined, Mined, list[str]]) -> None:
    """Three sessions in ten are kept, and rates and paths are those of all within the sample's error."""
    whole, part = both[0].workload, both[1].workload
    assert part.recorded.sampled == PART
    assert part.recorded.sessions == pytest.approx(PART * SESSIONS, rel=0.1)
    assert part.arrivals.mean == pytest.approx(whole.arrivals.mean, rel=0.1)
    assert len(part.paths) == len(whole.paths) == 2
    for name in part.paths.names:
        assert part.path(name).share == pytest.approx(whole.path(name).share, abs=0.05)


def test_a_sample_says_what_it_costs(both: tuple[Mined, Mined, list[str]]) -> None:
    """One sentence has the share, the error with it and the error without."""
    (said,) = both[2]
    assert said.startswith("Only 30 % of visitors were looked at: shares of paths may be off by 3.")
    assert "points instead of 1." in said


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5, float("nan")])
def test_a_sample_is_a_share(share: float) -> None:
    """What is no share of the visitors is refused before anything is done."""
    with stored(drawn("poller", 50, SEED)) as store, pytest.raises(MinerError, match="is no share"):
        mine(store, name="planted", sample=share)
