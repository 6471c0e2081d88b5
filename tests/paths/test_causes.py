"""What made a service refuse requests is found where the log shows it, and nothing is made up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from small_logs import request, store_of

from miner.paths import mine_workload
from miner.paths.asked import Step
from miner.paths.causes import causes, read_causes

SEED = 1
VIEW, SEARCH, BOOK = "GET /items/{item_id}", "GET /search", "POST /book/{room}"


def log(seed: int = SEED) -> Iterator[Step]:
    """Two hundred sessions of people who make the mistakes that the tests look for."""
    rng = np.random.default_rng(seed)
    for session in range(200):
        yield Step(session, VIEW, 200, {"item_id": str(rng.integers(1, 40))})
        if session % 4 == 0:
            yield Step(session, VIEW, 404, {"item_id": str(rng.integers(10_000, 99_999))})
        word = "abcdefgh"[: rng.integers(3, 9)]
        yield Step(session, SEARCH, 200, {"q": word})
        if session % 5 == 0:
            yield Step(session, SEARCH, 422, {})
        if session % 6 == 0:
            yield Step(session, SEARCH, 400, {"q": word[:2]})
        room = {"room": str(session % 7)}
        yield Step(session, BOOK, 201, room)
        if session % 3 == 0:
            yield Step(session, BOOK, 409, room)
        if session % 8 == 0:
            yield Step(session, BOOK, 401, {"room": str((session + 1) % 7)}, named=False)
        if session % 9 == 0:
            yield Step(session, BOOK, 418, {"room": str((session + 2) % 7)})


def test_each_planted_cause_is_found() -> None:
    """Unknown ids, what is missing or too short, repetitions, and requests without a user (seed 1)."""
    found = {(cause.endpoint, cause.status): cause for cause in causes(log())}
    assert {key: cause.what for key, cause in found.items()} == {
        (VIEW, 404): "no request with this item_id succeeded",
        (SEARCH, 422): "without q",
        (SEARCH, 400): "q has fewer than 3 characters",
        (BOOK, 409): "the same request had succeeded before in the session",
        (BOOK, 401): "without a user",
    }
    assert all(cause.refused == 1 for cause in found.values())
    assert all(cause.accepted < 0.1 for cause in found.values())
    assert found[VIEW, 404].n == 50


@pytest.mark.parametrize("seed", range(5))
def test_no_cause_is_made_up(seed: int) -> None:
    """Where chance decides what is refused, nothing sets it apart; nor is there any in ids used once."""
    rng = np.random.default_rng(seed)
    steps = [
        Step(at // 4, VIEW, int(rng.choice([200, 404, 422])), {"item_id": str(rng.integers(1, 40))})
        for at in range(800)
    ]
    once = [Step(at, BOOK, 404 if at % 3 else 200, {"room": f"room{at}"}) for at in range(300)]
    assert causes([*steps, *once]) == []


def test_few_errors_have_no_cause() -> None:
    """Nine requests are too few to say anything of them, and of what nobody accepted nothing can be."""
    assert causes([Step(0, VIEW, 200, {"item_id": "1"})] + [Step(0, VIEW, 404, {"item_id": "2"})] * 9) == []
    assert causes([Step(0, VIEW, 404, {"item_id": "2"})] * 50) == []


def test_a_sample_knows_what_succeeded_in_the_whole_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that a sampled visitor alone asked for is not strange if others had it with success (seed 1)."""
    monkeypatch.setattr("miner.paths.asked.MOST_REQUESTS", 400)
    rng = np.random.default_rng(SEED)
    rows = []
    for n in range(2000):
        rows.append(request(4 * n, f"/items/{rng.integers(1, 500)}", user=f"v{n}"))
        if n % 4 == 0:
            strange = f"/items/{rng.integers(10_000, 99_999)}"
            rows.append(request(4 * n + 2, strange, user=f"v{n}", status=404))
    with store_of(rows) as store:
        mine_workload(store, paths=1)
        (cause,) = read_causes(store)
    assert cause.what == "no request with this item_id succeeded"
    assert cause.refused == 1
    assert cause.accepted < 0.05
    assert 50 < cause.n < 150
