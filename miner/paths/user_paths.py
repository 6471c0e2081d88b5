"""The components of a mixture, with their timing, as user paths."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from miner import workload as w
from miner.paths.chains import Moves
from miner.paths.mixture import OCCUPIED, MarkovMixture
from miner.paths.names import path_names
from miner.paths.timing import Pauses, Timing, fit_moves, time_path

Floats = npt.NDArray[np.float64]
TRACE = 0.01
"""Sessions that must have left at a step for leaving there to be possible."""
DIGITS = 4


def user_paths(moves: Moves, mixture: MarkovMixture, pauses: Pauses, names: list[str]) -> list[w.Path]:
    """A user path for each component; `names` are those of the endpoints, by code."""
    counts = np.where(mixture.allowed_, mixture.counts_, 0.0)
    everyone = fit_moves(pauses, np.ones(len(pauses.shape)), 0.0)
    labels = path_names(*visits(moves, counts), names)
    return [
        w.Path(
            name=label,
            share=digits(mixture.weights_[index]),
            sessions=round(float(counts[index, moves.source == moves.outside].sum())),
            start=_start(moves, counts[index], names),
            pace=timing.pace,
            moves=_chain(moves, counts[index], timing, names),
        )
        for index, label in enumerate(labels)
        for timing in [time_path(pauses, mixture.responsibilities_[:, index], everyone)]
    ]


def visits(moves: Moves, counts: Floats) -> tuple[Floats, Floats]:
    """Mean visits per session of each path to each endpoint, and how early they come (0 first).

    Both are (paths, endpoints). How early is the share of the endpoint's visits that do not open a
    session, which tells where a path begins from where it goes.
    """
    steps = moves.outside
    arrived = np.stack(
        [np.bincount(moves.target, weights=row, minlength=steps + 1)[:steps] for row in counts]
    )
    opening = moves.source == moves.outside
    opened = np.stack(
        [
            np.bincount(moves.target[opening], weights=row[opening], minlength=steps + 1)[:steps]
            for row in counts
        ]
    )
    sessions = np.maximum(opened.sum(axis=1, keepdims=True), 1e-9)
    return arrived / sessions, 1 - opened / np.maximum(arrived, 1e-9)


def _start(moves: Moves, counts: Floats, names: list[str]) -> dict[str, float]:
    rows = _most_first(np.flatnonzero((moves.source == moves.outside) & (counts >= OCCUPIED)), counts)
    total = counts[rows].sum()
    return {names[moves.target[row]]: digits(counts[row] / total) for row in rows}


def _chain(moves: Moves, counts: Floats, timing: Timing, names: list[str]) -> dict[str, dict[str, w.Move]]:
    """The moves from each step, the busiest step first."""
    busy = np.bincount(moves.source, weights=counts, minlength=moves.outside + 1)[: moves.outside]
    return {
        names[step]: _moves_from(int(step), moves, counts, timing, names)
        for step in np.argsort(-busy, kind="stable")
        if busy[step] >= OCCUPIED
    }


def _moves_from(
    step: int, moves: Moves, counts: Floats, timing: Timing, names: list[str]
) -> dict[str, w.Move]:
    rows = np.flatnonzero(moves.source == step)
    leaving = moves.target[rows] == moves.outside
    least = min(OCCUPIED, counts[rows].max())
    kept = _most_first(rows[(counts[rows] >= least) | (leaving & (counts[rows] > TRACE))], counts)
    kept.sort(key=lambda row: bool(moves.target[row] == moves.outside))
    total = counts[kept].sum()
    found = {}
    for row in kept:
        target, p, n = int(moves.target[row]), digits(counts[row] / total), round(float(counts[row]))
        if target == moves.outside:
            found[w.LEAVE] = w.Move(p=p, n=n)
        else:
            found[names[target]] = w.Move(p=p, n=n, think=timing.fits[step, target].law)
    return found


def _most_first(rows: npt.NDArray[np.int64], counts: Floats) -> list[int]:
    return sorted(rows.tolist(), key=lambda row: -counts[row])


def digits(number: float) -> float:
    """`number` in `DIGITS` significant digits: more would be noise."""
    return float(f"{number:.{DIGITS}g}")
