"""Charts are valid, say what the workload says, and take names from a log for values only."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pandas as pd
import pytest

import miner
from miner import plots
from miner import workload as w
from miner.errors import MinerError, NoSuchPath
from miner.ingest import ingest
from miner.laws import distribution, draw
from miner.paths import mine_workload
from miner.paths.censored import observed
from miner.plots.arcs import arcs_of
from miner.plots.bins import bins_up_to, expected, recorded
from miner.plots.order import first_visits, in_order
from miner.plots.recorded import read_recorded
from miner.session_files import write_sessions
from miner.store import Store

FRIENDS = FilePath(__file__).parent / "generate" / "friends.toml"
SESSIONS, SEED = 1500, 4
DRAWN, NOISE = 100_000, 0.006
"""Pauses drawn to check what a law expects, and how far a share of them may be off."""
MISSED = 0.02
"""Share of pauses that a store and its workload may disagree about: sessions of two paths count as half."""
HOSTILE = "');alert(1)//\"]|datum['x']\\{{signal}}</script>"
EXPRESSIONS = {"field", "expr", "labelExpr", "filter", "calculate", "test", "signal", "sort"}
WITHOUT = """
class Without:
    def __init__(self, *others):
        self.others = others

    def find_spec(self, name, *rest):
        found = (other.find_spec(name, *rest) for other in self.others if name != "altair")
        return next((spec for spec in found if spec), None)

"""
"""A finder of modules that knows of no Altair."""
PAUSE = w.Gamma(shape=2, scale=3)


def planted() -> w.Workload:
    """Two paths: one where the step after `look` depends on the one before it, one that asks two at once."""
    names = ["list", "search", "look", "buy", "help", "home"]
    endpoints = {name: w.Endpoint(request=f"GET /{name}") for name in names}
    slow, quick = w.Lognormal(median=8, sigma=0.6), w.Lognormal(median=3, sigma=0.4)
    shop = {
        "list": {"look": w.Move(p=1, think=slow)},
        "search": {"look_after_search": w.Move(p=1, think=quick)},
        "look": {"help": w.Move(p=0.8, think=slow), "leave": w.Move(p=0.2)},
        "look_after_search": {"buy": w.Move(p=0.9, think=quick), "leave": w.Move(p=0.1)},
        "help": {"leave": w.Move(p=1)},
        "buy": {"list": w.Move(p=0.5, think=slow), "leave": w.Move(p=0.5)},
    }
    front = {"home": {"home": w.Move(p=0.6, think=PAUSE), "leave": w.Move(p=0.4)}}
    return w.Workload(
        name="shop",
        recorded=w.Recorded(clock=1.0, at_once=0.1),
        arrivals=w.Arrivals(mean=0.01),
        endpoints=endpoints,
        steps={"look_after_search": w.Step(requests={"look": 1.0})},
        paths=(
            w.Path(name="shop", share=0.7, pace=0.3, start={"list": 0.5, "search": 0.5}, moves=shop),
            w.Path(name="front", share=0.3, start={"home": 1}, moves=front),
        ),
    )


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> tuple[FilePath, w.Workload]:
    """The store of a log of the planted workload, and what was mined from it."""
    folder = tmp_path_factory.mktemp("plots")
    write_sessions(planted(), SESSIONS, SEED, folder / "shop.log")
    with Store.open(folder / "shop.duckdb") as store:
        ingest([folder / "shop.log"], store)
        mined = mine_workload(store, name="shop")
    return folder / "shop.duckdb", mined


@pytest.fixture(scope="module")
def friends() -> w.Workload:
    """A hand-written workload of four paths."""
    return miner.load(FRIENDS)


def single() -> w.Workload:
    """One path whose sessions have one step, of a log that is known for nothing else."""
    look = w.Path(name="look", share=1, start={"look": 1}, moves={"look": {"leave": w.Move(p=1)}})
    endpoints = {"look": w.Endpoint(request="GET /")}
    return w.Workload(name="small", arrivals=w.Arrivals(mean=1), endpoints=endpoints, paths=(look,))


def hostile(workload: w.Workload) -> w.Workload:
    """The workload with names that no file could have, in all places that a chart shows."""

    def bad(name: str) -> str:
        return name if name == w.LEAVE else HOSTILE + name

    paths = [
        path.model_copy(
            update={
                "name": bad(path.name),
                "start": {bad(step): p for step, p in path.start.items()},
                "moves": {
                    bad(step): {bad(to): move for to, move in nexts.items()}
                    for step, nexts in path.moves.items()
                },
            }
        )
        for path in workload.paths
    ]
    endpoints = {bad(name): endpoint for name, endpoint in workload.endpoints.items()}
    update = {"name": HOSTILE, "paths": w.Paths(paths), "endpoints": endpoints}
    return workload.model_copy(update=update)


def charts(workload: w.Workload) -> list[dict[str, Any]]:
    """The specifications of all charts that need no store."""
    return [
        plots.plot_paths(workload).to_dict(),
        plots.plot_arrivals(workload).to_dict(),
        plots.plot_think_times(workload).to_dict(),
        *(plots.plot_path(path).to_dict() for path in workload.paths),
    ]


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """All values in a specification, of whichever layer."""
    found = list(spec.get("data", {}).get("values", []))
    for values in spec.get("datasets", {}).values():
        found += values
    inner = [spec["spec"]] if "spec" in spec else []
    return found + [row for one in [*spec.get("layer", []), *inner] for row in rows(one)]


def said(spec: object, key: str = "") -> Iterator[str]:
    """The parts of a specification that Vega takes for more than text, as JSON."""
    if isinstance(spec, dict):
        for name, inner in spec.items():
            if name in EXPRESSIONS:
                yield json.dumps(inner)
            if name not in ("values", "datasets"):
                yield from said(inner, name)
    elif isinstance(spec, list):
        for inner in spec:
            yield from said(inner, key)


def test_shares_add_up(friends: w.Workload) -> None:
    """There is a bar per path; the shares add up to 1, the counts to all sessions."""
    found = {row["path"]: row for row in rows(plots.plot_paths(friends).to_dict())}
    assert sum(row["share"] for row in found.values()) == pytest.approx(1)
    assert sum(row["sessions"] for row in found.values()) == friends.recorded.sessions
    assert found["join"]["says"] == "17 % · 3,110 sessions"
    assert [row["place"] for row in found.values()] == [0, 1, 2, 3]


def test_arrivals_are_rates_per_hour(friends: w.Workload) -> None:
    """A bar is the sessions of an hour; without a profile all hours are alike."""
    by_hour = tuple(hour / 3600 for hour in range(24))
    known = friends.model_copy(update={"arrivals": w.Arrivals(mean=11.5 / 3600, by_hour=by_hour)})
    found = rows(plots.plot_arrivals(known).to_dict())
    assert [row["sessions"] for row in found if "hour" in row] == pytest.approx(range(24))
    assert [row["mean"] for row in found if "mean" in row] == pytest.approx([11.5])
    alike = rows(plots.plot_arrivals(friends).to_dict())
    assert {row["sessions"] for row in alike if "hour" in row} == {friends.arrivals.mean * 3600}


def test_steps_are_ordered_by_how_early_they_come(friends: w.Workload) -> None:
    """A session comes to steps from left to right, as far as it can."""
    path = friends.paths["search_then_befriend"]
    assert in_order(path) == ["list_friends", "search", "get_user", "befriend"]
    assert first_visits(friends.paths["join"])["create_user"] == 0
    assert first_visits(friends.paths["join"])["search"] == pytest.approx(1)
    loop = {
        "a": {"a": w.Move(p=0.5, think=PAUSE), "b": w.Move(p=0.5, think=PAUSE)},
        "b": {"leave": w.Move(p=1)},
    }
    assert first_visits(w.Path(name="x", share=1, start={"a": 1}, moves=loop))["b"] == pytest.approx(2)


def test_a_graph_has_every_probable_move(friends: w.Workload) -> None:
    """Each move is an arc with its probability and count, unless it is improbable; no two figures meet."""
    path = friends.paths["search_then_befriend"]
    found = rows(plots.plot_path(path).to_dict())
    drawn = {(row["from"], row["to"]): (row["p"], row["n"]) for row in found if "arc" in row}
    moves = {
        (step, to): (move.p, move.n)
        for step, nexts in path.moves.items()
        for to, move in nexts.items()
        if to != w.LEAVE
    }
    assert drawn == moves
    tops = [(arc.middle, arc.top) for arc in arcs_of(path, in_order(path))]
    assert len(set(tops)) == len(moves)
    few = rows(plots.plot_path(path, least=0.65).to_dict())
    assert {row["p"] for row in few if "arc" in row} == {0.71}


def test_arcs_lead_from_step_to_step(friends: w.Workload) -> None:
    """An arc begins and ends at its steps: above them if it leads on, below if it leads back."""
    path = friends.paths["search_then_befriend"]
    for arc in arcs_of(path, in_order(path)):
        points = list(arc.points())
        assert points[0] == pytest.approx((arc.start, 0), abs=1e-9)
        assert points[-1] == pytest.approx((arc.end, 0), abs=1e-9)
        middle = points[len(points) // 2]
        assert middle == pytest.approx((arc.middle, arc.top), abs=1e-9)
        assert (arc.top < 0) == (arc.end < arc.start)


@pytest.mark.parametrize(
    ("law", "pace", "clock"),
    [
        (w.Lognormal(median=6, sigma=0.8), 0.4, 1.0),
        (w.Exponential(mean=0.4), 0.0, 1.0),
        (w.Gamma(shape=2, scale=40), 0.2, 1.0),
        (w.Lognormal(median=6, sigma=0.8), 0.4, 1e-3),
        (w.Quantiles(at=(0, 0, 0, 2, 5)), 0.0, 1.0),
        (w.Quantiles(at=(0, 0)), 0.0, 1e-6),
    ],
)
def test_bins_expect_what_a_clock_shows(law: w.Law, pace: float, clock: float) -> None:
    """The share that a law expects in each bin is that of pauses drawn from it and seen by the clock."""
    rng = np.random.default_rng(SEED)
    began = rng.random(DRAWN) * 1000
    ended = began + draw(law, DRAWN, rng) * np.exp(pace * rng.standard_normal(DRAWN))
    shown = (np.floor(ended / clock) - np.floor(began / clock)) * clock
    bins = bins_up_to(float(np.quantile(shown, 0.98)), clock)
    share = expected(bins, observed(law, pace))
    assert share.sum() == pytest.approx(1)
    assert recorded(bins, shown).sum() == DRAWN
    assert recorded(bins, shown) / DRAWN == pytest.approx(share, abs=NOISE)
    assert len(share) <= 45
    assert np.diff(bins.edges) == pytest.approx(bins.ticks * clock)


def test_pauses_are_put_on_the_moves_of_the_workload(traffic: tuple[FilePath, w.Workload]) -> None:
    """A move has as many pauses in the store as in the workload, also where a step remembers."""
    db, workload = traffic
    assert any("_after_" in step or "_first" in step for path in workload.paths for step in path.moves)
    with Store.open(db) as store:
        pauses = read_recorded(store, workload)
    mined = {
        (path.name, step, to): move.n
        for path in workload.paths
        for step, nexts in path.moves.items()
        for to, move in nexts.items()
        if to != w.LEAVE
    }
    assert set(pauses) == set(mined)
    total = sum(mined.values())
    assert sum(abs(len(pauses[move]) - n) for move, n in mined.items()) <= MISSED * total
    assert total > SESSIONS / 2


def test_expected_pauses_add_up_to_the_recorded(traffic: tuple[FilePath, w.Workload]) -> None:
    """The bins of each move add up to its pauses, and so does what its law expects."""
    db, workload = traffic
    found = rows(plots.plot_think_times(workload, db, most=4).to_dict())
    for place in range(4):
        own = [row for row in found if row["place"] == place]
        pauses = sum(row["recorded"] for row in own)
        assert sum(row["expected"] for row in own) == pytest.approx(pauses, abs=0.05)
        assert f"{pauses:,} pauses" in own[0]["move"]
        assert [row["beyond"] for row in own] == [False] * (len(own) - 1) + [True]
        assert [row["high"] for row in own[:-2]] == [row["low"] for row in own[1:-1]]


def test_an_open_store_stays_open(traffic: tuple[FilePath, w.Workload]) -> None:
    """A store can be given as it is open in a notebook, or by the name of its file: the charts are equal."""
    db, workload = traffic
    with Store.open(db) as store:
        one = plots.plot_think_times(workload, store, path=workload.paths[0].name).to_dict()
        assert store.tables()
    assert one == plots.plot_think_times(workload, str(db), path=workload.paths[0].name).to_dict()


def test_what_cannot_be_shown_is_said(traffic: tuple[FilePath, w.Workload], friends: w.Workload) -> None:
    """A store that is not there or of other traffic, and an unknown path, are errors of one line."""
    db, workload = traffic
    with pytest.raises(MinerError, match="no pauses on the user paths of friends"):
        plots.plot_think_times(friends, db)
    with pytest.raises(MinerError, match="no store"):
        plots.plot_think_times(workload, db.with_name("none.duckdb"))
    with pytest.raises(NoSuchPath):
        plots.plot_think_times(friends, path="joins")


def test_without_a_store_there_are_densities(friends: w.Workload) -> None:
    """The area below the density of each law is nearly 1."""
    found = rows(plots.plot_think_times(friends, path="answer_requests").to_dict())
    for place in range(2):
        own = [row for row in found if row["place"] == place]
        width = own[1]["seconds"] - own[0]["seconds"]
        assert sum(row["density"] for row in own) * width == pytest.approx(0.98, abs=0.02)
    law = friends.paths["answer_requests"].moves["answer_friend_request"]["list_friend_requests"].think
    assert law is not None
    assert (
        max(row["seconds"] for row in found if row["place"] == 1) < distribution(law).ppf(np.array([0.98]))[0]
    )


def test_a_workload_of_single_requests_has_charts() -> None:
    """One path, one step and no think time make valid charts, also where nothing is counted."""
    found = charts(single())
    assert len(found) == 4
    assert not rows(found[2])
    assert "no session has a second step" in json.dumps(found[2]["title"])


def test_hostile_names_are_values_only(friends: w.Workload) -> None:
    """A name is in a chart's data or title, never where Vega looks for a field or an expression."""
    for spec in charts(hostile(friends)):
        assert not [part for part in said(spec) if "alert" in part]
    assert sum("alert(1)" in json.dumps(spec) for spec in charts(hostile(friends))) == 2 + len(friends.paths)


def test_names_of_the_log_in_a_store_are_values_only(tmp_path: FilePath) -> None:
    """Targets as strangers write them come out of a store as text, and charts are valid."""
    lines = []
    for visitor in range(40):
        for at, target in enumerate(("/a'%22;DROP%20TABLE", "/%7B%7Bdatum%7D%7D/alert(1)", "/b%22]|x")):
            stamp = f"05/Jan/2026:10:{visitor:02}:{at * 9:02} +0000"
            lines.append(
                f'10.0.0.{visitor} - - [{stamp}] "GET {target} HTTP/1.1" 200 5 "-" "Mozilla/5.0 Firefox"'
            )
    log = tmp_path / "odd.log"
    log.write_text("\n".join(lines) + "\n", encoding="ascii")
    with Store.open(None) as store:
        ingest([log], store)
        workload = mine_workload(store, name="odd")
        spec = plots.plot_think_times(workload, store).to_dict()
    assert sum(row["recorded"] for row in rows(spec)) == 80
    assert not [part for part in said([spec, *charts(workload)]) if "alert" in part or "DROP" in part]


def test_runs_are_shown_over_time(tmp_path: FilePath) -> None:
    """Requests a second and medians are those of the run; what was late counts where it was meant to be."""
    sent = np.arange(0, 120, 0.1)
    for name, late in (("punctual", 0.0), ("late", 30.0)):
        (tmp_path / name).mkdir()
        started = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(sent, unit="s")
        table = pd.DataFrame({"started": started, "duration": 0.25, "late": np.where(sent >= 60, late, 0.0)})
        table.to_parquet(tmp_path / name / "requests.parquet")
    folders = {name: tmp_path / name for name in ("punctual", "late")}
    rate, until = (rows(chart.to_dict()) for chart in plots.plot_runs(folders).vconcat)
    assert [row["requests"] for row in rate] == pytest.approx([10.0] * 2 * 59, rel=0.06)
    found = {(row["run"], row["since"]): row["seconds"] for row in until if 70 < row["second"] < 80}
    meant, sending = "from when it was meant to be sent", "from sending"
    assert found == {
        ("punctual", meant): 0.25, ("punctual", sending): 0.25,
        ("late", meant): 30.25, ("late", sending): 0.25,
    }  # fmt: skip
    with pytest.raises(MinerError, match="not the folder of a run"):
        plots.plot_runs({"none": tmp_path})
    with pytest.raises(MinerError, match="no run to show"):
        plots.plot_runs({})


def test_fidelity_lays_one_over_the_other() -> None:
    """Half of B's pauses are longer than three seconds more than half of A's; names are values only."""
    start = pd.Timestamp("2026-03-02", tz="UTC")
    a = pd.DataFrame(
        [
            {"session": n, "position": at, "endpoint": f"GET /{HOSTILE}", "status": 200, "duration": 0.0,
             "started": start + pd.Timedelta(n * 60 + at * (1 + n / 100), unit="s")}
            for n in range(100) for at in (1, 2)
        ]
    )  # fmt: skip
    late = pd.to_timedelta(np.where(a["position"] == 2, 3.0, 0.0), unit="s")
    chart = plots.plot_fidelity(a, a.assign(started=a["started"] + late), names=("log", "run"))
    curves, _ = chart.hconcat
    pauses, lengths, seconds = (rows(curve.to_dict()) for curve in curves.vconcat)
    middle = {name: [r["value"] for r in pauses if r["of"] == name][100] for name in ("log", "run")}
    assert middle == {"log": pytest.approx(1.5, abs=0.05), "run": pytest.approx(4.5, abs=0.05)}
    assert {row["value"] for row in lengths} == {2.0}
    assert max(row["value"] for row in seconds) == pytest.approx(4.99, abs=0.1)
    shares = {row["move"]: row["share"] for row in rows({**chart.to_dict(), "layer": []}) if "move" in row}
    assert shares == dict.fromkeys(shares, pytest.approx(1 / 3))
    assert len(shares) == 3
    assert not [part for part in said([chart.to_dict()]) if "alert" in part]


def test_pictures_are_loaded_on_demand() -> None:
    """`import miner` loads no Altair; without it, pictures say what to install."""
    code = (
        "import miner, sys; assert 'altair' not in sys.modules; sys.meta_path[:] = [Without(*sys.meta_path)]"
    )
    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT + code + "; import miner.plots"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "scenario-miner[notebook]" in answer.stderr.splitlines()[-1]
