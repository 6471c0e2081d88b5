"""How long sessions take, computed from the workload: no sampling, no numpy."""

from __future__ import annotations

import math

from miner.workload import (
    LEAVE,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Mixture,
    Normal,
    Path,
    Quantiles,
    SimpleLaw,
    Weibull,
    Workload,
)


def mean_session_seconds(workload: Workload) -> float:
    """Mean seconds from a session's first request to the end of its last, over all paths."""
    shares = math.fsum(path.share for path in workload.paths)
    return math.fsum(path.share / shares * path_seconds(workload, path) for path in workload.paths)


def requests_per_session(workload: Workload) -> float:
    """Mean requests in a session, over all paths."""
    shares = math.fsum(path.share for path in workload.paths)
    return math.fsum(path.share / shares * requests_on(workload, path) for path in workload.paths)


def requests_on(workload: Workload, path: Path) -> float:
    """Mean requests in a session on `path`."""
    return math.fsum(
        times * math.fsum(workload.requests(step).values()) for step, times in visits(path).items()
    )


def visits(path: Path) -> dict[str, float]:
    """How often a session on `path` visits each step, on average."""
    steps = list(path.moves)
    starts = math.fsum(path.start.values())
    rows = [[float(to == step) - _p(path, step, to) for step in steps] for to in steps]
    return dict(
        zip(steps, _solved(rows, [path.start.get(step, 0.0) / starts for step in steps]), strict=True)
    )


def mean(law: Law, pace: float = 1.0) -> float:
    """The mean of `law` in seconds, for visitors of that mean pace."""
    if isinstance(law, Mixture):
        return law.weight * mean(law.first, pace) + (1 - law.weight) * mean(law.second, pace)
    return _mean(law) * (pace if law.paced else 1.0)


def _mean(law: SimpleLaw) -> float:
    match law:
        case Lognormal():
            return law.median * math.exp(min(law.sigma**2 / 2, 50.0))
        case Gamma():
            return law.shape * law.scale
        case Weibull():
            return law.scale * math.exp(math.lgamma(1 + 1 / law.shape))
        case Exponential():
            return law.mean
        case Normal():
            return _mean_above_zero(law)
        case Quantiles():
            return (math.fsum(law.at) - (law.at[0] + law.at[-1]) / 2) / (len(law.at) - 1)


def path_seconds(workload: Workload, path: Path) -> float:
    """Mean seconds of a session on `path`, from its first request to the end of its last."""
    pace = math.exp(path.pace**2 / 2)
    return math.fsum(
        times * (_latency(workload, step) + _pause(path, step, pace)) for step, times in visits(path).items()
    )


def _pause(path: Path, step: str, pace: float) -> float:
    """Mean seconds between `step` and the next; leaving takes none."""
    return math.fsum(
        _p(path, step, to) * mean(move.think, pace)
        for to, move in path.moves[step].items()
        if to != LEAVE and move.think is not None
    )


def _latency(workload: Workload, step: str) -> float:
    """Mean seconds until the slowest of the step's endpoints has answered, about."""
    found = [workload.endpoints[endpoint].latency for endpoint in workload.requests(step)]
    return max((one.median * math.exp(one.sigma**2 / 2) for one in found if one), default=0.0)


def _p(path: Path, step: str, to: str) -> float:
    moves = path.moves[step]
    return moves[to].p / math.fsum(move.p for move in moves.values()) if to in moves else 0.0


def _mean_above_zero(law: Normal) -> float:
    """Mean of a normal cut off at zero: mean + sd * density / what is left above the cut."""
    cut = law.mean / law.sd
    density = math.exp(-(cut**2) / 2) / math.sqrt(2 * math.pi)
    return law.mean + law.sd * density / (0.5 * math.erfc(-cut / math.sqrt(2)))


def _solved(rows: list[list[float]], right: list[float]) -> list[float]:
    """The solution of `rows` x = `right`, by elimination with pivots."""
    table = [[*row, value] for row, value in zip(rows, right, strict=True)]
    for at in range(len(table)):
        pivot = max(range(at, len(table)), key=lambda row: abs(table[row][at]))
        table[at], table[pivot] = table[pivot], table[at]
        for row in range(len(table)):
            if row != at:
                factor = table[row][at] / table[at][at]
                table[row] = [a - factor * b for a, b in zip(table[row], table[at], strict=True)]
    return [row[-1] / row[at] for at, row in enumerate(table)]
