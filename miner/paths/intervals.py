"""How sure a think-time law is: 95 % intervals of its parameters.

Pauses of one session are not independent: they share a visitor. So the variance is that of sums over
sessions (the sandwich H^-1 B H^-1 of Huber 1967, clustered as in Liang and Zeger, "Longitudinal data
analysis using generalized linear models", Biometrika 73, 1986), on the log of a parameter, on the logit of
a share. The pace that the law goes with is taken as known.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from miner import workload as w
from miner.paths.censored import Floats, observed, probabilities, rows_of

Ints = npt.NDArray[np.int64]
Interval = tuple[float, float]

WIDE = 1.959964
"""Standard deviations to each side that hold 95 % of a normal distribution."""
STEP = 1e-3
SHARE = "weight"


def intervals(
    law: w.Law, think: Floats, weight: Floats, session: Ints, clock: float, longest: float, pace: float
) -> dict[str, Interval]:
    """The 95 % interval of each parameter of `law`, by name; of a mixture's parts as `first.median`.

    `think` (n,) are the pauses that it was fitted to, each of some `weight` and of a `session`. There is none
    for measured quantiles, nor where the pauses do not tell parameters apart.
    """
    names = list(parameters(law))
    if not names:
        return {}
    pauses, row = rows_of(think, weight, clock, longest)

    def log_likelihood(values: Floats) -> Floats:
        moved = with_parameters(law, dict(zip(names, values, strict=True)))
        return np.log(probabilities(observed(moved, pace, pauses.longest), pauses))

    at = np.array([_open(name, value) for name, value in parameters(law).items()])
    scores = _slopes(log_likelihood, at)
    hessian = -_slopes(lambda values: _slopes(log_likelihood, values) @ pauses.count, at)
    _, which = np.unique(session, return_inverse=True)
    sums = np.array([np.bincount(which, weight * score[row]) for score in scores])
    try:
        inverse = np.linalg.inv((hessian + hessian.T) / 2)
    except np.linalg.LinAlgError:
        return {}
    variance = np.diag(inverse @ (sums @ sums.T) @ inverse)
    if not (np.isfinite(variance) & (np.diag(inverse) > 0)).all():
        return {}
    centre, wide = at + inverse @ sums.sum(axis=1), WIDE * np.sqrt(variance)
    return {
        name: (_closed(name, middle - by), _closed(name, middle + by))
        for name, middle, by in zip(names, centre, wide, strict=True)
    }


def parameters(law: w.Law) -> dict[str, float]:
    """The parameters of `law` that are fitted, by name; of a mixture those of both parts too."""
    if isinstance(law, w.Quantiles):
        return {}
    if isinstance(law, w.Mixture):
        parts = {"first": law.first, "second": law.second}
        inner = {f"{part}.{key}": x for part, of in parts.items() for key, x in parameters(of).items()}
        return {SHARE: law.weight, **inner}
    return {key: float(value) for key, value in law.model_dump(exclude={"law", "paced"}).items()}


def with_parameters(law: w.Law, values: dict[str, float]) -> w.Law:
    """`law` with other `values` (logs, and the logit of the share) of its parameters."""
    if isinstance(law, w.Mixture):
        parts = {
            part: with_parameters(
                getattr(law, part),
                {key.partition(".")[2]: x for key, x in values.items() if key.startswith(part)},
            )
            for part in ("first", "second")
        }
        return law.model_copy(update={SHARE: _closed(SHARE, values[SHARE]), **parts})
    return law.model_copy(update={name: _closed(name, value) for name, value in values.items()})


def _open(name: str, value: float) -> float:
    return float(logit(value) if name == SHARE else np.log(value))


def _closed(name: str, value: float) -> float:
    return float(expit(value) if name == SHARE else np.exp(value))


def _slopes(of: Callable[[Floats], Floats], at: Floats) -> Floats:
    """The derivatives of `of` by each of the values, by central differences; one row for each."""
    steps = np.eye(len(at)) * STEP
    return np.array([(of(at + step) - of(at - step)) / (2 * STEP) for step in steps])
