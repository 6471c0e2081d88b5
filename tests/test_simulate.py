"""Simulated sessions are those that the workload describes: what was put in comes back."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from miner import workload as w
from miner.errors import MinerError
from miner.laws import median
from miner.simulate import COLUMNS, draw_popular, draw_texts, requests, simulate, start_times, walk
from miner.workload_file import load

FRIENDS = load(Path(__file__).parent / "generate" / "friends.toml")
SEED = 20260105
SESSIONS = 20_000
SHARE = 0.015
"""Tolerance of shares: four standard deviations of a share of 0.5 of 20,000."""
MEDIAN = 0.06
"""Relative tolerance of the medians of think times behind at least 1,000 moves."""
CONTRACT = "session path position endpoint method target status started duration think"


@cache
def friends() -> pd.DataFrame:
    """Many sessions of the friend-service, with users."""
    return requests(FRIENDS, SESSIONS, SEED)


def one_path(**parts: object) -> w.Workload:
    """A workload of one endpoint, or of the `parts` given."""
    whole: dict[str, object] = {
        "name": "small",
        "arrivals": w.Arrivals(mean=1.0),
        "endpoints": {"look": w.Endpoint(request="GET /things")},
        "paths": (w.Path(name="look", share=1, start={"look": 1}, moves={"look": {"leave": w.Move(p=1)}}),),
    }
    return w.Workload.model_validate(whole | parts)


def test_the_columns_are_the_contract() -> None:
    """Columns, their order and types are those that files and notebooks rely on."""
    rows = simulate(FRIENDS, 50, SEED)
    assert " ".join(rows.columns) == " ".join(COLUMNS) == CONTRACT
    assert str(rows["started"].dt.tz) == "UTC"
    assert all(rows[name].dtype.kind == "i" for name in ("session", "position", "status"))
    assert all(rows[name].dtype.kind == "f" for name in ("duration", "think"))
    assert (rows["endpoint"].str.partition(" ")[0] == rows["method"]).all()


def test_positions_are_consecutive_and_only_first_rows_have_no_think_time() -> None:
    """Each session is rows 1, 2, 3, ... with a think time before all but the first."""
    rows = friends()
    assert set(rows["session"]) == set(range(SESSIONS))
    assert (rows["position"] == rows.groupby("session").cumcount() + 1).all()
    assert (rows["think"].isna() == (rows["position"] == 1)).all()
    assert (rows["think"].dropna() >= 0).all()
    assert rows.groupby("session")["path"].nunique().max() == 1


def test_a_request_starts_when_the_last_has_ended_and_the_pause_is_over() -> None:
    """A start is the last one's start + its duration + think, to the microsecond."""
    rows = friends()
    ended = rows["started"] + pd.to_timedelta(rows["duration"], unit="s")
    due = ended.groupby(rows["session"]).shift() + pd.to_timedelta(rows["think"], unit="s")
    late = (rows["started"] - due).dropna().dt.total_seconds().abs()
    assert late.max() < 1e-5


def test_the_same_seed_gives_the_same_sessions() -> None:
    """Equal seeds give equal sessions, and another seed others."""
    pd.testing.assert_frame_equal(simulate(FRIENDS, 300, SEED), simulate(FRIENDS, 300, SEED))
    assert not simulate(FRIENDS, 300, SEED).equals(simulate(FRIENDS, 300, SEED + 1))


def test_shares_of_paths_and_starts_come_back() -> None:
    """Paths and first steps have the shares of the workload."""
    first = friends()[friends()["position"] == 1]
    for path in FRIENDS.paths:
        own = first[first["path"] == path.name]
        assert len(own) / SESSIONS == pytest.approx(path.share, abs=SHARE)
        for step, share in path.start.items():
            assert (own["step"] == step).mean() == pytest.approx(share, abs=2 * SHARE)


def test_moves_and_think_times_come_back() -> None:
    """From every step of every path, moves have their probabilities and think times their medians."""
    rows = friends().assign(to=friends().groupby("session")["step"].shift(-1).fillna(w.LEAVE))
    rows["pause"] = rows.groupby("session")["think"].shift(-1)
    judged = 0
    for path in FRIENDS.paths:
        for step, moves in path.moves.items():
            here = rows[(rows["path"] == path.name) & (rows["step"] == step)]
            assert set(here["to"]) <= set(moves)
            for target, move in moves.items():
                there = here[here["to"] == target]
                four_sds = 4 * np.sqrt(move.p * (1 - move.p) / len(here))
                assert len(there) / len(here) == pytest.approx(move.p, abs=four_sds)
                if move.think and len(there) > 1000:
                    judged += 1
                    assert there["pause"].median() == pytest.approx(median(move.think), rel=MEDIAN)
    assert judged >= 8


def test_pace_is_shared_by_the_pauses_of_a_session() -> None:
    """Pauses of one session are alike by as much as the path's pace says, and no more."""
    think = w.Lognormal(median=5, sigma=0.6)
    moves = {"look": {"look": w.Move(p=0.8, think=think), "leave": w.Move(p=0.2)}}
    for pace in (0.0, 0.4):
        path = w.Path(name="look", share=1, start={"look": 1}, pace=pace, moves=moves)
        rows = simulate(one_path(paths=(path,)), 8000, SEED)
        log = np.log(rows["think"])
        pairs = pd.DataFrame({"a": log, "b": log.groupby(rows["session"]).shift()}).dropna()
        assert np.cov(pairs["a"], pairs["b"])[0, 1] == pytest.approx(pace**2, abs=0.02)


def test_statuses_and_durations_come_back() -> None:
    """Each endpoint is answered with its statuses, and takes as long as its latency says."""
    rows = friends()
    for name, endpoint in FRIENDS.endpoints.items():
        own = rows[rows["step"] == name]
        for status, share in endpoint.statuses.items():
            assert (own["status"] == status).mean() == pytest.approx(share, abs=2 * SHARE)
        expected = endpoint.latency.median if endpoint.latency else 0.0
        assert own["duration"].median() == pytest.approx(expected, rel=MEDIAN)


def test_targets_are_instances_of_the_route() -> None:
    """Parameters are filled in and percent-encoded, so that a target is one path and one query."""
    odd = w.LiteralValue(values={"a/b?c&d=é \"'": 1.0})
    endpoint = w.Endpoint(request="GET /x/{p}/y", params={"p": odd}, query={"q&": odd, "r": odd})
    rows = simulate(one_path(endpoints={"look": endpoint}), 3, SEED)
    encoded = "a%2Fb%3Fc%26d%3D%C3%A9%20%22%27"
    assert set(rows["target"]) == {f"/x/{encoded}/y?q%26={encoded}&r={encoded}"}


def test_a_parameter_is_never_filled_with_another() -> None:
    """A drawn value that looks like another parameter of the route stays what it is."""
    endpoint = w.Endpoint(
        request="GET /{a}/{b}",
        params={"a": w.LiteralValue(values={"{b}": 1.0}), "b": w.LiteralValue(values={"c": 1.0})},
    )
    assert set(simulate(one_path(endpoints={"look": endpoint}), 2, SEED)["target"]) == {"/%7Bb%7D/c"}


def test_who_is_created_is_the_visitor_from_then_on() -> None:
    """After a request that identifies, and only if it succeeded, the session has a new user."""
    rows = friends()
    made = rows[(rows["step"] == "create_user")]
    after = rows.groupby("session")["identity"].shift(-1)
    ok = made.index[(made["status"] < 300) & after[made.index].notna()]
    refused = made.index[(made["status"] >= 300) & after[made.index].notna()]
    assert len(ok) > 100
    assert len(refused) > 10
    assert (after[ok] > 5000).all()
    assert after[ok].is_unique
    assert (after[refused] == rows.loc[refused, "identity"]).all()
    assert rows.loc[made.index, "user"].isna().all()


def test_an_identity_is_one_per_session() -> None:
    """Every identity parameter of a session holds the one user, who is in the range."""
    rows = friends()[friends()["path"] != "join"]
    assert rows.groupby("session")["identity"].nunique().max() == 1
    assert rows["identity"].between(1, 5000).all()
    own = rows[rows["step"] == "list_friends"]
    assert (own["target"] == "/friend-service/v1/users/" + own["user"] + "/friends").all()


def test_large_ids_keep_all_their_digits() -> None:
    """An id of eighteen digits is not rounded on its way into a target."""
    large = 10**17 + 1
    endpoint = w.Endpoint(request="GET /u/{id}", params={"id": w.Identity(low=large, high=large)})
    rows = requests(one_path(endpoints={"look": endpoint}), 5, SEED)
    assert set(rows["target"]) == {f"/u/{large}"}
    assert set(rows["user"]) == {str(large)}


@pytest.mark.parametrize(("size", "zipf"), [(50, 0.0), (50, 1.2), (2_000_000, 0.7), (3_000_000, 1.0)])
def test_popular_ids_are_as_popular_as_they_should_be(size: int, zipf: float) -> None:
    """The first half of a range of ids is drawn as often as the sum of rank ** -zipf says."""
    drawn = draw_popular(w.Popular(low=7, high=6 + size, zipf=zipf), SESSIONS, np.random.default_rng(SEED))
    weights = np.arange(1, size + 1.0) ** -zipf
    half = weights[: size // 2].sum() / weights.sum()
    assert drawn.min() >= 7
    assert drawn.max() <= 6 + size
    assert (drawn < 7 + size // 2).mean() == pytest.approx(half, abs=SHARE)


def test_a_range_of_ids_may_be_huge() -> None:
    """Popular ids of a range that no memory holds are drawn all the same."""
    drawn = draw_popular(w.Popular(low=1, high=10**12, zipf=0.5), 1000, np.random.default_rng(SEED))
    assert np.median(drawn) == pytest.approx(0.25 * 10**12, rel=0.2)


def test_texts_have_the_alphabet_and_lengths() -> None:
    """Texts are of the given letters and of the given lengths, empty ones too."""
    texts = draw_texts(w.Text(alphabet="aé", lengths=(0, 3, 3)), 3000, np.random.default_rng(SEED))
    assert set("".join(texts)) == set("aé")
    assert {len(text) for text in texts} == {0, 3}
    assert sum(not text for text in texts) / 3000 == pytest.approx(1 / 3, abs=0.04)


def test_sessions_arrive_by_the_hour() -> None:
    """Starts rise, are Poisson within an hour, and each hour of the day has its rate."""
    by_hour = tuple(float(hour % 6) for hour in range(24))
    arrivals = w.Arrivals(mean=0.05, by_hour=by_hour)
    starts = start_times(arrivals, 200_000, np.random.default_rng(SEED))
    assert (np.diff(starts) >= 0).all()
    days = starts[-1] / 86_400
    assert len(starts) / starts[-1] == pytest.approx(0.05, rel=0.02)
    counts = np.bincount((starts % 86_400 // 3600).astype(int), minlength=24) / days
    expected = 180 * np.array(by_hour) / np.mean(by_hour)
    np.testing.assert_allclose(counts, expected, rtol=0.08)
    each_hour = np.bincount((starts // 3600).astype(int))[5 : 24 * int(days) : 24]
    assert each_hour.var() / each_hour.mean() == pytest.approx(1, abs=0.5)


def test_sessions_start_on_the_first_recorded_day() -> None:
    """Simulated time begins at midnight UTC of the day on which the workload was recorded."""
    rows = friends()
    assert rows["started"].min() >= pd.Timestamp("2026-03-02", tz="UTC")
    assert rows["started"].min() < pd.Timestamp("2026-03-02 00:10", tz="UTC")


def test_a_path_that_nobody_takes_does_no_harm() -> None:
    """A path with share 0 has no sessions, and the others are numbered as ever."""
    look = one_path().paths[0]
    idle = look.model_copy(update={"name": "idle", "share": 0.0})
    rows = simulate(one_path(paths=(idle, look)), 10, SEED)
    assert rows["session"].tolist() == list(range(10))
    assert set(rows["path"]) == {"look"}


def test_at_least_one_session_is_simulated() -> None:
    """One session is enough to simulate, and none is refused."""
    assert len(walk(one_path(), 1, np.random.default_rng(SEED))) == 1
    with pytest.raises(MinerError, match="0 sessions cannot be simulated"):
        simulate(one_path(), 0)
