"""What a workload says as pandas frames: its user paths, their moves and their think times."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from miner.generate.duration import mean, requests_on
from miner.laws import distribution, parts
from miner.workload import LEAVE, Law, Mixture, Path, Quantiles, SimpleLaw, Workload

ENTER = "enter"
"""Where a session is before its first step. Like `leave`, no step may have this name."""
SHARES = {"path": "str", "share": "float64", "sessions": "int64", "requests": "float64", "pace": "float64"}
MOVES = {"path": "str", "from": "str", "to": "str", "p": "float64", "n": "int64"}
THINK_TIMES = {
    "path": "str",
    "from": "str",
    "to": "str",
    "law": "str",
    "parameters": "str",
    "median": "float64",
    "mean": "float64",
    "p95": "float64",
    "n": "int64",
    "ks": "float64",
    "paced": "bool",
}


def shares(workload: Workload) -> pd.DataFrame:
    """A row per user path, the most taken first.

    | column | meaning |
    |---|---|
    | `path` | the name of the user path |
    | `share` | share of all sessions, 0..1 |
    | `sessions` | how many sessions were recorded on it |
    | `requests` | mean requests in a session |
    | `pace` | standard deviation of the log of a visitor's pace; 0: all are alike |
    """
    ordered = sorted(workload.paths, key=lambda path: -path.share)
    rows = [(p.name, p.share, p.sessions, requests_on(workload, p), p.pace) for p in ordered]
    return _frame(rows, SHARES)


def moves(of: Workload | Path) -> pd.DataFrame:
    """A row per move of a workload, or of one of its paths, in the order of the file.

    | column | meaning |
    |---|---|
    | `path` | the name of the user path |
    | `from` | the step before; `enter` where a session begins |
    | `to` | the step after; `leave` where a session ends |
    | `p` | probability of the step after, given the one before, 0..1 |
    | `n` | how often the move was recorded; from `enter`, the share of the path's sessions, in sessions |
    """
    rows = []
    for path in _paths(of):
        rows += [(path.name, ENTER, to, p, round(p * path.sessions)) for to, p in path.start.items()]
        for step, nexts in path.moves.items():
            rows += [(path.name, step, to, move.p, move.n) for to, move in nexts.items()]
    return _frame(rows, MOVES)


def think_times(of: Workload | Path) -> pd.DataFrame:
    """A row per think time of a workload, or of one of its paths, in the order of the file.

    A session's first step and leaving have none. Seconds are those of a visitor of average pace; a law of
    two parts is written with the share of each.

    | column | meaning |
    |---|---|
    | `path` | the name of the user path |
    | `from`, `to` | the steps before and after the pause |
    | `law` | the kind of law: `lognormal`, `gamma`, ..., `mixture` or `quantiles` |
    | `parameters` | its parameters as text, in seconds where they are times |
    | `median`, `mean` | of the law, in seconds |
    | `p95` | seconds that 95 % of the pauses do not exceed |
    | `n` | how many pauses were recorded |
    | `ks` | Kolmogorov-Smirnov distance of law and pauses, 0..1; empty where it was not measured |
    | `paced` | whether a visitor's pace changes it: of a law of two parts, at least one of them |
    """
    rows = [
        (path.name, step, to, *_law(move.think), move.n, move.ks, _paced(move.think))
        for path in _paths(of)
        for step, nexts in path.moves.items()
        for to, move in nexts.items()
        if to != LEAVE and move.think is not None
    ]
    return _frame(rows, THINK_TIMES)


def parameters(law: Law) -> str:
    """The parameters of `law` as a person writes them: `median=6.77, sigma=0.8`."""
    if isinstance(law, Mixture):
        return ", ".join(f"{weight:.3g} {part.law}({_numbers(part)})" for weight, part in parts(law))
    return _numbers(law)


def _numbers(law: SimpleLaw) -> str:
    if isinstance(law, Quantiles):
        found = ["at=" + " ".join(f"{seconds:.4g}" for seconds in law.at)]
    else:
        numbers = law.model_dump(exclude={"law", "paced"})
        found = [f"{name}={number:.4g}" for name, number in numbers.items()]
    return ", ".join(found if law.paced else [*found, "paced=False"])


def _law(law: Law) -> tuple[str, str, float, float, float]:
    """Kind, parameters, median, mean and 95th percentile."""
    median, p95 = distribution(law).ppf(np.array([0.5, 0.95])).tolist()
    return law.law, parameters(law), median, mean(law), p95


def _paced(law: Law) -> bool:
    return any(part.paced for _, part in parts(law))


def _paths(of: Workload | Path) -> Iterable[Path]:
    return of.paths if isinstance(of, Workload) else (of,)


def _frame(rows: Iterable[tuple[object, ...]], columns: dict[str, str]) -> pd.DataFrame:
    """The rows as a frame whose columns have their kinds even if there is no row."""
    return pd.DataFrame(list(rows), columns=list(columns)).astype(columns)
