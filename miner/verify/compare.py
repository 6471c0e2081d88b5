"""Two sets of sessions are read, put on one clock, and measured against the noise."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from miner.errors import TooLittleData
from miner.verify.classifier import TELLING, Features, Told, features, tell_apart
from miner.verify.differences import most_different
from miner.verify.drift import changes
from miner.verify.fidelity import AUC, Fidelity, Figure
from miner.verify.figures import FIGURES, left_out
from miner.verify.sources import How, Source, kind, read
from miner.verify.steps import Mask, Names, Steps, Walks, all_endpoints, pooled, shape, walks

FEWEST_SESSIONS = 50
SPLITS = 20
"""Halvings of A behind a floor: one alone is itself noise."""
AUC_SPLITS = 3
RECORDINGS = {"log", "store"}
"""Kinds of sources that hold what users did, not what was made of it."""
RARE = 0.001
"""Share of A's pauses left out of the comparison by move that is worth a remark."""
LONELY = 0.01
"""Share of requests to endpoints of one side only that is worth a remark."""


def compare(
    a: Source, b: Source, *, seed: int = 1, openapi: str | None = None, service_log: Path | None = None
) -> Fidelity:
    """Fidelity of B to A, each a log, a store, a workload file, session rows, a run's folder or a frame.

    A workload is simulated: as many sessions as the other side has, at least 5,000. A replay's speed is
    undone, and both sides are put on the coarser of their clocks. With `service_log`, B is a run that was
    signed, and its requests are those that the service itself logged. Raises MinerError for what cannot be
    read, TooLittleData below 50 sessions.
    """
    aligned = align(a, b, seed=seed, openapi=openapi, service_log=service_log)
    side_a, side_b, both, in_a = aligned.a, aligned.b, aligned.both, aligned.in_a
    found = features(both)
    told = tell_apart(found, in_a, seed)
    recordings = {kind(a), kind(b)} <= RECORDINGS
    auc = Figure(AUC, told.auc, _auc_floor(found, in_a, seed), None, side_a.sessions)
    return Fidelity(
        figures=(*_figures(aligned.walks_a, both, in_a, seed), auc),
        differences=most_different(both, in_a),
        changes=changes(both, in_a, recordings=recordings, paths=_paths(side_a, side_b)),
        recordings=recordings,
        remarks=(*side_a.remarks, *side_b.remarks, *_remarks(side_a, side_b, both, in_a, told)),
        sessions_a=side_a.sessions,
        sessions_b=side_b.sessions,
        requests_a=len(side_a.session),
        requests_b=len(side_b.session),
        clock=max(side_a.clock, side_b.clock) / 1e6,
    )


@dataclass(frozen=True)
class Aligned:
    """Two sets of sessions as they were read, and as they can be compared."""

    a: Steps
    b: Steps
    walks_a: Walks
    both: Walks
    in_a: Mask
    """Which sessions of both are A's."""


def align(
    a: Source, b: Source, *, seed: int = 1, openapi: str | None = None, service_log: Path | None = None
) -> Aligned:
    """Both sides of a comparison, on one clock; sources and errors are those of `compare`."""
    side_a, side_b = _read_both(a, b, How(0, seed, openapi, service_log))
    for side, steps in (("A", side_a), ("B", side_b)):
        if steps.sessions < FEWEST_SESSIONS:
            raise TooLittleData(
                f"{side} has {steps.sessions} sessions; {FEWEST_SESSIONS} are the fewest to compare.",
                "Record or replay for longer.",
            )
    coarser = max(side_a, side_b, key=lambda steps: steps.clock)
    endpoints = all_endpoints(side_a, side_b)
    known = [steps.at_once for steps in (side_a, side_b) if steps.at_once is not None]
    at_once = max(known, default=None)
    walks_a = walks(side_a, coarser, endpoints, seed, at_once)
    both = pooled(walks_a, walks(side_b, coarser, endpoints, seed, at_once))
    return Aligned(side_a, side_b, walks_a, both, np.arange(len(both.lengths)) < side_a.sessions)


def _read_both(a: Source, b: Source, how: How) -> tuple[Steps, Steps]:
    """Both sides; a workload is read last, because the other side says how many sessions it needs.

    Two workloads are simulated from one seed: what differs is the workload, not the luck.
    """
    if kind(a) == "workload":
        side_b = read(b, how)
        return read(a, replace(how, sessions=side_b.sessions)), side_b
    side_a = read(a, replace(how, service_log=None))
    return side_a, read(b, replace(how, sessions=side_a.sessions))


def _paths(a: Steps, b: Steps) -> Names | None:
    """The user path of each session of both, if both sides know them."""
    return None if a.paths is None or b.paths is None else np.concatenate([a.paths, b.paths])


def _figures(walks_a: Walks, both: Walks, in_a: Mask, seed: int) -> list[Figure]:
    """Every figure but the classifier's."""
    rng = np.random.default_rng(seed)
    halves = [_half(len(walks_a.lengths), rng) for _ in range(SPLITS)]
    figures = []
    for name, prepare in FIGURES.items():
        distance = prepare(both)[0](in_a)
        between, n = prepare(walks_a)
        noise = math.sqrt(np.mean([between(half) ** 2 for half in halves]))
        # Where halves cannot differ (one endpoint, no errors) one observation is the least to notice.
        floor = max(noise, 1 / max(n, 1))
        figures.append(Figure(name, distance, floor, distance / floor, n))
    return figures


def _auc_floor(found: Features, in_a: Mask, seed: int) -> float:
    """The mean AUC of a few pairs of halves of A."""
    rng = np.random.default_rng(seed)
    of_a = Features(found.names, found.values[in_a])
    halves = [_half(int(in_a.sum()), rng) for _ in range(AUC_SPLITS)]
    return float(np.mean([tell_apart(of_a, half, seed).auc for half in halves]))


def _half(sessions: int, rng: np.random.Generator) -> Mask:
    return rng.permutation(sessions) % 2 == 0


def _remarks(a: Steps, b: Steps, both: Walks, in_a: Mask, told: Told) -> list[str]:
    remarks = []
    if b.sessions < a.sessions / 2:
        noise = math.sqrt((1 / a.sessions + 1 / b.sessions) / (4 / a.sessions))
        remarks.append(
            f"B has {b.sessions} sessions, less than half of A's {a.sessions}: "
            f"noise alone makes ratios of about {max(noise, 1.0):.1f}."
        )
    share = left_out(both, in_a)
    if share >= RARE:
        remarks.append(f"{share:.1%} of A's pauses are on moves too rare to be compared by move.")
    for one, other, name in ((a, b, "A"), (b, a, "B")):
        remarks += _lonely(one, other, name)
    if told.auc > TELLING:
        remarks.append(f"A classifier tells B from A: sessions differ most in {told.by}.")
    return remarks


def _lonely(one: Steps, other: Steps, name: str) -> list[str]:
    """Says which endpoints only one side has, if they matter."""
    known = {shape(endpoint) for endpoint in other.endpoints}
    counts = np.bincount(one.endpoint, minlength=len(one.endpoints))
    alone = [index for index, endpoint in enumerate(one.endpoints) if shape(endpoint) not in known]
    share = counts[alone].sum() / counts.sum()
    if share < LONELY:
        return []
    most = one.endpoints[max(alone, key=lambda index: counts[index])]
    remark = (
        f"{share:.1%} of {name}'s requests are to endpoints that only {name} has, most to {most}; "
        "where routes were inferred differently, give --openapi."
    )
    return [remark]
