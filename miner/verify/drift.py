"""What changed from A to B: every share, move, pause and error, and when sessions start."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from miner.verify.changes import Change, Kind, beyond_noise, percent, seconds
from miner.verify.differences import START
from miner.verify.figures import FEWEST_PAUSES, endpoint_grams, moves_between
from miner.verify.pauses import medians, ranks
from miner.verify.ratios import Means, Rows, compared
from miner.verify.rhythm import arrival_rate, time_of_day
from miner.verify.steps import FINEST, Ints, Mask, Names, Walks
from miner.workload import LEAVE

FEWEST = 10
"""Sessions, of both sides together, below which a share or a move is not compared."""
FEWEST_EACH = 20
"""Sessions on either side below which pauses and errors are not compared."""


def changes(walks: Walks, in_a: Mask, *, recordings: bool, paths: Names | None = None) -> tuple[Change, ...]:
    """What changed from the sessions where `in_a` to the others, beyond noise, the largest first.

    How many sessions start in a second is compared only of two `recordings`: a replay has the rate it
    was asked for. `paths` are the names of the sessions' user paths, where both sides have them.
    """
    found = [
        *_shares(walks, in_a),
        *_moves(walks, in_a),
        *_pauses(walks, in_a),
        *_client_errors(walks, in_a),
        *_lengths(walks, in_a),
        *time_of_day(walks.arrived, in_a),
    ]
    if paths is not None:
        found += _paths(paths, in_a)
    if recordings:
        found.append(arrival_rate(walks.arrived, in_a))
    return beyond_noise(found)


def _shares(walks: Walks, in_a: Mask) -> Iterator[Change]:
    """Of all requests, those to each endpoint; the effect is the difference."""
    one_group = np.zeros(len(walks.endpoints), np.int64)
    means = compared(Rows(walks.owner, walks.endpoint, one_group, np.ones(len(walks.endpoint))), in_a)
    for code in _met(means.carriers.sum(axis=0) >= FEWEST):
        before, after, z, p = means.at(code)
        kind, sentence = _share(walks.endpoints[code], before, after)
        effect = abs(after - before)
        yield Change(kind, walks.endpoints[code], before, after, "of requests", effect, z, p, sentence)


def _share(endpoint: str, before: float, after: float) -> tuple[Kind, str]:
    if not before:
        return "endpoint new", f"new: {endpoint}, {percent(after)} of requests"
    if not after:
        return "endpoint vanished", f"gone: {endpoint}, {percent(before)} of requests before"
    return "endpoint share", f"{endpoint}: {percent(before)} -> {percent(after)} of requests"


def _moves(walks: Walks, in_a: Mask) -> Iterator[Change]:
    """Of what follows each endpoint (or starts a session), each next step.

    The effect is the difference, times how often there is such a next step to take for each request. Moves
    to and from endpoints of one side only are not compared: that these are new or gone says it.
    """
    codes, owner = endpoint_grams(walks, 2)
    pairs, move = np.unique(codes, return_inverse=True)
    steps = (*walks.endpoints, START, LEAVE)
    sources, targets = np.divmod(pairs, len(steps))
    means = compared(Rows(owner, move, sources, np.ones(len(move))), in_a)
    often = means.often(np.bincount(~in_a, walks.lengths))
    known = np.append(_on_both_sides(walks, in_a), [True, True])
    enough = means.carriers.sum(axis=0) >= FEWEST
    for at in _met(enough & known[sources] & known[targets] & ~_repeats(sources)):
        before, after, z, p = means.at(at)
        source, target = steps[sources[at]], steps[targets[at]]
        what, effect = f"{source} -> {target}", abs(after - before) * float(often[at])
        sentence = f"{_step(source, target)}: {percent(before)} -> {percent(after)}"
        yield Change("move", what, before, after, "of next steps", effect, z, p, sentence)


def _repeats(groups: Ints) -> Mask:
    """Which kinds, by rising group, are the second of two: their shares say what those of the first do."""
    return (np.bincount(groups)[groups] == 2) & (np.diff(groups, prepend=-1) == 0)


def _step(source: str, target: str) -> str:
    if source == START:
        return f"sessions that begin with {target}"
    return f"sessions that end after {source}" if target == LEAVE else f"{target} next after {source}"


def _on_both_sides(walks: Walks, in_a: Mask) -> Mask:
    """Which endpoints both A and B ask for."""
    of_a, kinds = in_a[walks.owner], len(walks.endpoints)
    a = np.bincount(walks.endpoint[of_a], minlength=kinds)
    return (a > 0) & (np.bincount(walks.endpoint[~of_a], minlength=kinds) > 0)


def _pauses(walks: Walks, in_a: Mask) -> Iterator[Change]:
    """The pause in each move; the effect is the log of the ratio of its medians, times its share of pauses.

    Compared are ranks, so that a few long pauses do not decide: the Wilcoxon test of clustered data
    (Rosner, Glynn and Lee, "Incorporation of clustering effects for the Wilcoxon rank sum test",
    Biometrics 59, 2003).
    """
    codes, moved = moves_between(walks)
    pairs, move = np.unique(codes[moved], return_inverse=True)
    owner, think = walks.owner[moved], walks.think[moved]
    means = compared(Rows(owner, move, np.arange(len(pairs)), ranks(think, move)), in_a)
    often = means.often(np.maximum(means.rows.sum(axis=1), 1))
    middles = medians(think, move, ~in_a[owner], means.rows)
    for at in _enough(means, FEWEST_PAUSES):
        before, after = map(float, middles[:, at])
        source, target = (walks.endpoints[code] for code in divmod(pairs[at], len(walks.endpoints)))
        effect = float(often[at]) * abs(math.log(max(after, 1 / FINEST) / max(before, 1 / FINEST)))
        sentence = f"pause before {target} after {source}: median {seconds(before)} -> {seconds(after)}"
        what, (_, _, z, p) = f"{source} -> {target}", means.at(at)
        yield Change("pause", what, before, after, "seconds", effect, z, p, sentence)


def _enough(means: Means, rows: int = 0) -> list[int]:
    """The kinds with `rows` and FEWEST_EACH sessions on either side."""
    return _met((means.rows.min(axis=0) >= rows) & (means.sessions.min(axis=0) >= FEWEST_EACH))


def _met(condition: Mask) -> list[int]:
    found: list[int] = np.flatnonzero(condition).tolist()
    return found


def _client_errors(walks: Walks, in_a: Mask) -> Iterator[Change]:
    """The part of each endpoint's requests that end in one; the effect is the difference in all requests."""
    each = np.arange(len(walks.endpoints))
    means = compared(Rows(walks.owner, walks.endpoint, each, walks.client_error.astype(float)), in_a)
    often = means.often(np.bincount(~in_a, walks.lengths))
    for code in _enough(means):
        before, after, z, p = means.at(code)
        endpoint, effect = walks.endpoints[code], abs(after - before) * float(often[code])
        sentence = f"client errors of {endpoint}: {percent(before)} -> {percent(after)} of its requests"
        yield Change("client errors", endpoint, before, after, "of its requests", effect, z, p, sentence)


def _lengths(walks: Walks, in_a: Mask) -> Iterator[Change]:
    """The mean number of requests in a session; the effect is the log of the ratio."""
    sessions = np.arange(len(walks.lengths))
    one_kind = np.zeros(len(sessions), np.int64)
    lengths = walks.lengths.astype(np.float64)
    before, after, z, p = compared(Rows(sessions, one_kind, one_kind[:1], lengths), in_a).at(0)
    sentence = f"requests in a session: mean {before:.2f} -> {after:.2f}"
    effect = abs(math.log(after / before))
    yield Change("session length", "sessions", before, after, "requests", effect, z, p, sentence)


def _paths(paths: Names, in_a: Mask) -> Iterator[Change]:
    """Of all sessions, those on each user path whose name both sides have; the effect is the difference."""
    names, kind = np.unique(paths, return_inverse=True)
    one_group = np.zeros(len(names), np.int64)
    means = compared(Rows(np.arange(len(paths)), kind, one_group, np.ones(len(paths))), in_a)
    for code in _met((means.carriers.min(axis=0) > 0) & ~_repeats(one_group)):
        before, after, z, p = means.at(code)
        name, effect = str(names[code]), abs(after - before)
        sentence = f"user path {name}: {percent(before)} -> {percent(after)} of sessions"
        yield Change("path share", name, before, after, "of sessions", effect, z, p, sentence)
