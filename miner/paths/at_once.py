"""Requests that are made at once: how close together they come, and which of them make a step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from miner import workload as w
from miner.paths.names import unique
from miner.paths.valleys import BINS_PER_DECADE, Floats, valley_between
from miner.store import Store

FINEST = 1e-3
"""Seconds: what is closer together counts as this close."""
DECADES = 5
"""Times are counted up to FINEST * 10 ** DECADES seconds."""
SHORTEST, LONGEST = 0.01, 1.0
"""Between these seconds the valley is looked for: people need longer to decide on their next step."""
FEW, FEW_SHARE = 30, 0.005
"""Requests, and share of all, that must be closer together for it to be more than chance."""
COARSE = 0.5
"""Seconds of a clock that shows no valley: there, requests in one tick are compared with those in the next
one."""
COARSEST = 2.0
"""Seconds of a clock from which a tick is long enough for people to do several things one after another."""
STEEP = 2.0
"""How many times as many there must be in one tick: of pauses that people make there are fewer."""

LIKE, CONTAINED = 0.75, 0.5
"""Share that two combinations of requests must have in common to be one step; and the share where one of them
only lacks what the other has: not every page needs everything each time."""
RARE, RARE_SHARE = 10, 0.001
"""How often, and in which share of all combinations, one must be made to be a step of its own."""
LONGEST_FIRST = 34
"""Characters of the first request's name that leave room for the rest of the step's."""
DIGITS = 3
"""Decimals of how often a request is made in a step: more would be noise."""


@dataclass(frozen=True)
class AtOnce:
    """Seconds within which a visitor's requests are made at once; None: no two are. And why."""

    seconds: float | None
    why: str


def find_at_once(store: Store) -> AtOnce:
    """What the times between the requests of each visitor in the temporary table `steps` say."""
    near = store.fetch("miner.paths", "near").column("seconds").to_numpy()
    clock = float(store.fetch("miner.paths", "clock").column("clock")[0].as_py())
    return within_ticks(near, clock) if clock >= COARSE else within_seconds(near)


def within_seconds(near: Floats) -> AtOnce:
    """The valley between what a page does and what people do. `near` (n,) are seconds; below 0: overlaps."""
    if not len(near):
        return AtOnce(None, "nobody made two requests")
    places = np.log10(np.maximum(near, FINEST) / FINEST) * BINS_PER_DECADE
    counts = np.bincount(places.astype(np.int64).clip(max=DECADES * BINS_PER_DECADE))
    counts = np.pad(counts, (0, DECADES * BINS_PER_DECADE + 1 - len(counts)))
    found = valley_between(counts, FINEST, SHORTEST, LONGEST)
    if found is None:
        return AtOnce(None, "the times between requests show no valley below a second")
    closer = int((near <= found.seconds).sum())
    if closer < max(FEW, FEW_SHARE * len(near)):
        return AtOnce(None, f"only {closer} of {len(near)} requests follow as closely")
    return AtOnce(found.seconds, f"{closer / len(near):.1%} of requests follow this closely")


def within_ticks(near: Floats, clock: float) -> AtOnce:
    """One tick of a coarse clock, if more requests are in the same than pauses could put there.

    Of pauses with a density that does not fall, the same tick shows half as many as the next; of
    exponential ones of 0.4 clocks or longer at most STEEP times as many.
    """
    if clock >= COARSEST:
        return AtOnce(None, f"a clock that ticks every {clock:g} s cannot tell")
    ticks = np.round(near / clock)
    same, following = int((ticks <= 0).sum()), int((ticks == 1).sum())
    if same < max(FEW, FEW_SHARE * len(near)) or same <= STEEP * following:
        return AtOnce(None, f"{same} follow in the same tick, {following} in the next")
    return AtOnce(clock / 2, f"{same} follow in the same tick, {following} in the next")


@dataclass(frozen=True)
class Combination:
    """A step of several requests: how often each is made in it on average, and how often it is taken."""

    requests: dict[int, float]
    """By the code of the endpoint, the most frequent first; of several, the one that mostly comes first."""
    first: int
    """The one that mostly comes first."""
    n: int


def read_combinations(store: Store) -> tuple[list[Combination], pa.Table]:
    """The steps of several requests, and a table that gives `codes` of endpoints the place of their step."""
    rows = store.fetch("miner.paths", "combinations").to_pylist()
    seen = [(Counter(row["codes"]), int(row["times"]), int(row["first"])) for row in rows]
    groups = grouped(seen)
    table = pa.table(
        {
            "codes": pa.array(
                [sorted(seen[one][0].elements()) for group in groups for one in group], pa.list_(pa.int32())
            ),
            "place": pa.array([place for place, group in enumerate(groups) for _ in group], pa.int32()),
        }
    )
    return [combined([seen[one] for one in group]) for group in groups], table


def grouped(seen: list[tuple[Counter[int], int, int]]) -> list[list[int]]:
    """Combinations (codes, times, first), the most frequent first, as groups of those that are alike.

    Each joins the group whose first member it has most in common with, of those that are like it, else it
    founds one. Groups that are rare are left out.
    """
    groups: list[list[int]] = []
    for one, (codes, _, _) in enumerate(seen):
        likeness = [alike(codes, seen[group[0]][0]) for group in groups]
        best = int(np.argmax(likeness)) if groups else 0
        if groups and likeness[best]:
            groups[best].append(one)
        else:
            groups.append([one])
    least = max(RARE, RARE_SHARE * sum(times for _, times, _ in seen))
    return [group for group in groups if sum(seen[one][1] for one in group) >= least]


def alike(a: Counter[int], b: Counter[int]) -> float:
    """The share of requests that two combinations have in common (Jaccard, of multisets); 0 if too few."""
    share = (a & b).total() / (a | b).total()
    return share if share >= (CONTAINED if a <= b or b <= a else LIKE) else 0.0


def combined(group: list[tuple[Counter[int], int, int]]) -> Combination:
    """What a step of these combinations (codes, times, first) is on average."""
    total = sum(times for _, times, _ in group)
    made: Counter[int] = Counter()
    for codes, times, _ in group:
        for code, often in codes.items():
            made[code] += often * times
    first = group[0][2]
    ordered = sorted(made.items(), key=lambda item: (-item[1], item[0] != first, item[0]))
    return Combination({code: n / total for code, n in ordered}, first, total)


def steps_at_once(combinations: Sequence[Combination], endpoints: list[str]) -> dict[str, w.Step]:
    """The steps of the workload for `combinations`, in their order; `endpoints` are names by code.

    A step is called after the request that mostly comes first, and how many others there are.
    """
    found: dict[str, w.Step] = {}
    for one in combinations:
        requests = {endpoints[code]: round(often, DIGITS) for code, often in one.requests.items()}
        others = len(requests) - 1
        name = endpoints[one.first][:LONGEST_FIRST] + (f"_and_{others}_more" if others else "_again")
        name = unique(name, [*endpoints, *found])
        found[name] = w.Step(requests={key: often for key, often in requests.items() if often}, n=one.n)
    return found
