"""A workload's paths are found by name as well as by place, and its frames say what its file says."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path as FilePath

import numpy as np
import pytest

import miner
from miner import frames
from miner import workload as w
from miner.errors import MinerError, NoSuchPath
from miner.laws import draw

FRIENDS = FilePath(__file__).parent / "generate" / "friends.toml"
DRAWN, SEED, TOLERANCE = 200_000, 3, 0.03
"""Pauses drawn from each law, and how far their figures may be from those in the frame, relatively."""


@pytest.fixture(scope="module")
def friends() -> w.Workload:
    """A hand-written workload of four paths with every kind of law."""
    return miner.load(FRIENDS)


def single(name: str = "look") -> w.Workload:
    """One path whose sessions have one step."""
    look = w.Path(
        name=name, share=1, sessions=7, start={"look": 1}, moves={"look": {"leave": w.Move(p=1, n=7)}}
    )
    return w.Workload(
        name="small",
        arrivals=w.Arrivals(mean=1),
        endpoints={"look": w.Endpoint(request="GET /")},
        paths=(look,),
    )


def test_paths_are_found_by_name_and_by_place(friends: w.Workload) -> None:
    """A name, a place and a slice give what they name; a name can be asked for with `in`."""
    assert friends.paths["join"] is friends.paths[2] is friends.path("join")
    assert friends.paths[-1] is friends.paths["tidy_up"]
    assert [path.name for path in friends.paths[1:3]] == ["answer_requests", "join"]
    assert [path.name for path in friends.paths] == friends.paths.names
    inside: list[object] = ["join", friends.paths[0]]
    assert all(one in friends.paths for one in inside)
    outside: list[object] = ["joins", 3, None]
    assert not any(one in friends.paths for one in outside)


@pytest.mark.parametrize(
    ("asked", "nearest"), [("tidyup", "tidy_up"), ("", ""), ("joined", "join"), ("x\n", "")]
)
def test_an_unknown_path_names_the_nearest(friends: w.Workload, asked: str, nearest: str) -> None:
    """The error is a MinerError and a KeyError, one line, and names the nearest path there is."""
    with pytest.raises(KeyError) as raised:
        friends.paths[asked]
    error = raised.value
    assert isinstance(error, MinerError)
    assert isinstance(error, NoSuchPath)
    assert error.what.startswith("There is no user path '")
    assert error.what.isprintable()
    assert error.hint.startswith(f"The nearest is '{nearest}")
    with pytest.raises(NoSuchPath):
        friends.path(asked)


def test_paths_stay_a_tuple(friends: w.Workload) -> None:
    """A workload equals what is read from its file, its JSON, a copy and a pickle; no path is refused."""
    assert isinstance(friends.paths, tuple)
    assert friends.paths == tuple(friends.paths)
    again = [
        w.Workload.model_validate(friends.model_dump()),
        w.Workload.model_validate_json(friends.model_dump_json()),
        copy.deepcopy(friends),
        pickle.loads(pickle.dumps(friends)),  # noqa: S301
    ]
    assert all(one == friends and one.paths["join"] == friends.paths["join"] for one in again)
    with pytest.raises(ValueError, match="at least 1"):
        w.Workload.model_validate(friends.model_dump() | {"paths": []})


def test_shares_are_those_of_the_paths(friends: w.Workload) -> None:
    """A row per path, the most taken first, with shares that add up to 1."""
    found = frames.shares(friends)
    assert found["path"].tolist() == ["search_then_befriend", "answer_requests", "join", "tidy_up"]
    assert found["share"].sum() == pytest.approx(1)
    assert found.set_index("path").loc["join", "sessions"] == 3110


def test_moves_are_those_of_the_file(friends: w.Workload) -> None:
    """Every move and every start is a row; what is made at a step adds up to 1."""
    found = miner.moves(friends)
    assert list(found) == ["path", "from", "to", "p", "n"]
    assert found.groupby(["path", "from"])["p"].sum().to_numpy() == pytest.approx(1)
    one = found.query("path == 'join' and `from` == 'search' and to == 'befriend'").iloc[0]
    assert (one["p"], one["n"]) == (0.65, 1718)
    assert len(found) == sum(len(p.start) + sum(map(len, p.moves.values())) for p in friends.paths)
    own = miner.moves(friends.paths["join"])
    assert own.equals(found[found["path"] == "join"].reset_index(drop=True))


def test_think_times_are_those_of_the_laws(friends: w.Workload) -> None:
    """Median, mean and 95th percentile are those of pauses drawn from the law."""
    found = miner.think_times(friends)
    assert list(found) == list(frames.THINK_TIMES)
    assert set(found["law"]) >= {
        "lognormal",
        "gamma",
        "weibull",
        "exponential",
        "normal",
        "quantiles",
        "mixture",
    }
    for _, row in found.iterrows():
        law = friends.paths[row["path"]].moves[row["from"]][row["to"]].think
        assert law is not None
        drawn = draw(law, DRAWN, np.random.default_rng(SEED))
        assert row["law"] == law.law
        assert row["median"] == pytest.approx(float(np.median(drawn)), rel=TOLERANCE)
        assert row["mean"] == pytest.approx(drawn.mean(), rel=TOLERANCE)
        assert row["p95"] == pytest.approx(float(np.quantile(drawn, 0.95)), rel=TOLERANCE)
    assert miner.think_times(friends.paths["join"])["path"].unique().tolist() == ["join"]


def test_parameters_are_text() -> None:
    """A law's parameters are what the file calls them; what has no pace, and each of two parts, says so."""
    steady = w.Gamma(shape=2, scale=0.25, paced=False)
    both = w.Mixture(weight=0.25, first=steady, second=w.Exponential(mean=1 / 3))
    assert frames.parameters(w.Lognormal(median=6.77, sigma=0.8)) == "median=6.77, sigma=0.8"
    assert (
        frames.parameters(both)
        == "0.25 gamma(shape=2, scale=0.25, paced=False), 0.75 exponential(mean=0.3333)"
    )
    assert frames.parameters(w.Quantiles(at=(0, 1.5, 20))) == "at=0 1.5 20"


def test_what_has_no_pace_is_said() -> None:
    """`paced` is whether pace changes any part of the law; `ks` is empty where it was not measured."""
    steady = w.Gamma(shape=2, scale=0.25, paced=False)
    laws: list[w.Law] = [steady, w.Mixture(weight=0.5, first=steady, second=w.Exponential(mean=3))]
    steps = ["a", "b", "c"]
    moves = {
        step: {to: w.Move(p=1, think=law)} for step, to, law in zip(steps, steps[1:], laws, strict=False)
    }
    path = w.Path(name="x", share=1, start={"a": 1}, moves={**moves, "c": {"leave": w.Move(p=1)}})
    found = miner.think_times(path)
    assert found["paced"].tolist() == [False, True]
    assert found["ks"].isna().all()


def test_no_pause_is_an_empty_frame() -> None:
    """A workload of single requests has an empty frame of think times, whose columns have their kinds."""
    found = miner.think_times(single())
    assert found.empty
    assert {name: str(kind) for name, kind in found.dtypes.items()} == frames.THINK_TIMES
    assert miner.moves(single())["to"].tolist() == ["look", "leave"]
