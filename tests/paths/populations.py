"""Planted populations that are unlike one another: what is mined from their sessions is held against them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path as FilePath

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sklearn.metrics import adjusted_rand_score
from value_populations import LINKED

from miner.laws import distribution
from miner.paths.censored import PACE_WEIGHTS, PACES
from miner.simulate import requests
from miner.store import Store
from miner.workload import (
    LEAVE,
    Arrivals,
    Endpoint,
    Gamma,
    Latency,
    Law,
    Lognormal,
    Mixture,
    Move,
    Normal,
    Path,
    Step,
    Workload,
)

Floats = npt.NDArray[np.float64]
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NAMES = ("home", "search", "item", "basket", "pay", "list", "status", "help")


def _path(
    name: str, share: float, start: dict[str, float], moves: dict[str, dict[str, object]], pace: float = 0.0
) -> Path:
    """A path whose moves are `{to: (p, law)}`; to leave takes a p alone."""
    chain = {
        step: {
            to: Move(p=how) if isinstance(how, float) else Move(p=how[0], think=how[1])  # type: ignore[index]
            for to, how in nexts.items()
        }
        for step, nexts in moves.items()
    }
    return Path(name=name, share=share, start=start, pace=pace, moves=chain)


def _population(*paths: Path, steps: dict[str, Step] | None = None) -> Workload:
    return Workload(
        name="planted",
        arrivals=Arrivals(mean=0.02),
        endpoints={
            name: Endpoint(request=f"GET /{name}", latency=Latency(median=0.02, sigma=0.3)) for name in NAMES
        },
        steps=steps or {},
        paths=paths,
    )


def _alike(fast: float, slow: float) -> Iterator[Path]:
    """Two paths that differ in nothing but their pauses."""
    for name, median, share in (("quick", fast, 0.6), ("slow", slow, 0.4)):
        pause = Lognormal(median=median, sigma=0.6)
        yield _path(
            name,
            share,
            {"home": 1.0},
            {
                "home": {"search": (0.7, pause), "item": (0.2, pause), LEAVE: 0.1},
                "search": {"item": (0.6, pause), "search": (0.2, pause), LEAVE: 0.2},
                "item": {"search": (0.4, pause), "basket": (0.2, pause), LEAVE: 0.4},
                "basket": {LEAVE: 1.0},
            },
        )


def _shopper(pause: Law, pace: float = 0.0, share: float = 1.0) -> Path:
    return _path(
        "shop",
        share,
        {"home": 0.8, "search": 0.2},
        {
            "home": {"search": (0.8, pause), LEAVE: 0.2},
            "search": {"item": (0.6, pause), "search": (0.2, pause), LEAVE: 0.2},
            "item": {"search": (0.35, pause), "basket": (0.25, pause), LEAVE: 0.4},
            "basket": {"pay": (0.5, pause), LEAVE: 0.5},
            "pay": {LEAVE: 1.0},
        },
        pace,
    )


def _reader(pause: Law, share: float) -> Path:
    return _path(
        "read",
        share,
        {"list": 1.0},
        {
            "list": {"item": (0.75, pause), LEAVE: 0.25},
            "item": {"list": (0.7, pause), LEAVE: 0.3},
        },
    )


def _poller(share: float) -> Path:
    every = Normal(mean=10.0, sd=0.15)
    return _path(
        "poll",
        share,
        {"help": 1.0},
        {
            "help": {"status": (0.9, Lognormal(median=3, sigma=0.4)), LEAVE: 0.1},
            "status": {"status": (0.85, every), LEAVE: 0.15},
        },
    )


def _wizard() -> Workload:
    """Who comes to the item from the list goes back to the list; who comes from a search goes on to buy."""
    pause = Lognormal(median=6, sigma=0.7)
    return _population(
        _path(
            "wizard",
            1.0,
            {"list": 0.5, "search": 0.5},
            {
                "list": {"item_from_list": (0.8, pause), LEAVE: 0.2},
                "search": {"item_from_search": (0.8, pause), "list": (0.1, pause), LEAVE: 0.1},
                "item_from_list": {"list": (0.8, pause), "basket": (0.05, pause), LEAVE: 0.15},
                "item_from_search": {"basket": (0.6, pause), "search": (0.3, pause), LEAVE: 0.1},
                "basket": {"pay": (0.7, pause), "search": (0.1, pause), LEAVE: 0.2},
                "pay": {LEAVE: 1.0},
            },
        ),
        steps={name: Step(requests={"item": 1.0}) for name in ("item_from_list", "item_from_search")},
    )


def _turns() -> Workload:
    """Someone who asks for the status three times, no more and no less, and then reads the result."""
    every, pause = Gamma(shape=9.0, scale=0.3), Lognormal(median=8, sigma=0.6)
    return _population(
        _path(
            "wait",
            0.6,
            {"help": 1.0},
            {
                "help": {"first": (0.9, pause), LEAVE: 0.1},
                "first": {"second": (1.0, every)},
                "second": {"third": (1.0, every)},
                "third": {"item": (0.8, pause), LEAVE: 0.2},
                "item": {"help": (0.3, pause), LEAVE: 0.7},
            },
        ),
        _shopper(Lognormal(median=6, sigma=0.8), share=0.4),
        steps={name: Step(requests={"status": 1.0}) for name in ("first", "second", "third")},
    )


HUMAN = Lognormal(median=9.0, sigma=0.8)
TWO_PARTS = Mixture(
    weight=0.35, first=Lognormal(median=0.4, sigma=0.3), second=Lognormal(median=14.0, sigma=0.7)
)
POPULATIONS: dict[str, Workload] = {
    "only pauses differ": _population(*_alike(3.0, 20.0)),
    "poller": _population(_shopper(HUMAN, share=0.6), _poller(0.4)),
    "wizard": _wizard(),
    "three turns": _turns(),
    "two kinds of pauses": _population(_shopper(TWO_PARTS, share=0.7), _reader(HUMAN, 0.3)),
    "strong pace": _population(_shopper(HUMAN, pace=0.7)),
    "rare path": _population(_shopper(HUMAN, share=0.98), _poller(0.02)),
    "ids carried and created": LINKED,
    "overlapping": _population(_shopper(HUMAN, share=0.55), _reader(Gamma(shape=2.0, scale=6.0), 0.45)),
}


@dataclass(frozen=True)
class Planted:
    """Sessions of a population; `steps` are its rows, `truth` the index of each session's path."""

    population: Workload
    steps: pd.DataFrame
    truth: npt.NDArray[np.int64]


def drawn(name: str, sessions: int, seed: int) -> Planted:
    """Sessions of the population of this name."""
    population = POPULATIONS[name]
    steps = requests(population, sessions, seed)
    names = [path.name for path in population.paths]
    first = steps[steps["position"] == 1]
    return Planted(population, steps, first["path"].map(names.index).to_numpy(np.int64))


@contextmanager
def stored(planted: Planted, tick: float = 1e-6, path: FilePath | None = None) -> Iterator[Store]:
    """A store with the requests as a log with ticks of so many seconds, stamped at the end, has them.

    It is in the file `path`, if that is given.
    """
    steps = planted.steps
    micro = round(tick * 1e6)
    lasted = (steps["duration"] * 1e6).round().astype("int64")
    ended = (steps["started"].dt.as_unit("us").astype("int64") + lasted) // micro * micro
    table = pd.DataFrame(
        {
            "source_id": 1,
            "line": ended.argsort(kind="stable").argsort(kind="stable") + 1,
            "started": pd.to_datetime(ended - lasted, unit="us", utc=True),
            "finished": pd.to_datetime(ended, unit="us", utc=True),
            "method": steps["method"],
            "target": steps["target"],
            "status": steps["status"].astype("uint16"),
            "user": steps["session"].astype(str),
            "agent": AGENT,
        }
    )
    with Store.open(path) as store, store.offering("given", pa.Table.from_pandas(table)):
        store.ask("INSERT INTO requests BY NAME FROM given RETURNING line")
        store.ask(
            "INSERT INTO sources VALUES"
            " (1, 'planted.log', '', 'combined', 0, $n, $n, 0, 0, 0, NULL, NULL, now()) RETURNING source_id",
            n=len(table),
        )
        yield store


def found_paths(store: Store) -> pd.Series:
    """The path that each planted session (by its number) was put in."""
    rows = store.ask("""
        SELECT DISTINCT "user"::BIGINT AS session, sessions.path
        FROM requests JOIN sessions USING (session_id) ORDER BY session
    """).to_pandas()
    return rows.groupby("session")["path"].first()


def agreement(planted: Planted, paths: pd.Series) -> float:
    """Adjusted Rand index of the paths found and the truth; 1 where there is one path, found as one."""
    return float(adjusted_rand_score(planted.truth[paths.index], paths))


def best_possible(planted: Planted) -> float:
    """The adjusted Rand index that the planted parameters reach, moves and pauses of each session known."""
    steps, population = planted.steps, planted.population
    if len(population.paths) == 1:
        return 1.0
    likely = np.column_stack([_log_likelihood(population, path, steps) for path in population.paths])
    return float(adjusted_rand_score(planted.truth, likely.argmax(axis=1)))


def _log_likelihood(population: Workload, path: Path, steps: pd.DataFrame) -> Floats:
    """Of each session on `path`, whose steps are known by what they ask, by the forward algorithm."""
    asks = {name: next(iter(population.requests(name))) for name in path.moves}
    states = list(path.moves)
    sessions = int(steps["session"].max()) + 1
    total = np.zeros((sessions, len(PACES)))
    rounds = [group for _, group in steps.groupby("turn")]
    # The forward algorithm: alpha over the steps of the path, for each value of the pace.
    alpha = np.zeros((sessions, len(PACES), len(states)))
    for index, rows in enumerate(rounds):
        at = rows["session"].to_numpy()
        emits = np.array([[asks[s] == asked for s in states] for asked in rows["step"]], dtype=float)
        if index == 0:
            start = np.array([path.start.get(s, 0.0) for s in states])
            alpha[at] = (start * emits)[:, None, :]
            continue
        after = np.zeros((len(at), len(PACES), len(states)))
        for i, step in enumerate(states):
            for to, move in path.moves[step].items():
                if to != LEAVE and move.think is not None:
                    density = _density(move.think, rows["think"].to_numpy(), path.pace)
                    after[:, :, states.index(to)] += alpha[at][:, :, i] * move.p * density
        alpha[at] = after * emits[:, None, :]
        scale = alpha[at].sum(axis=2)
        total[at] += np.log(np.maximum(scale, 1e-300))
        alpha[at] /= np.maximum(scale, 1e-300)[:, :, None]
    leave = np.array([path.moves[s][LEAVE].p if LEAVE in path.moves[s] else 0.0 for s in states])
    ending = np.log(np.maximum(alpha @ leave, 1e-300)) + total + np.log(PACE_WEIGHTS / PACE_WEIGHTS.sum())
    top = ending.max(axis=1)
    found: Floats = np.log(path.share) + top + np.log(np.exp(ending - top[:, None]).sum(axis=1))
    return found


def _density(law: Law, think: Floats, pace: float) -> Floats:
    """The density of pauses (n,) for each pace, by differences; shape (n, paces)."""
    seconds = think[:, None] * np.exp(-pace * PACES)[None, :]
    width = np.maximum(seconds * 1e-3, 1e-6)
    cdf = distribution(law).cdf
    found: Floats = np.maximum(cdf(seconds + width) - cdf(np.maximum(seconds - width, 0.0)), 1e-300) / width
    return found
