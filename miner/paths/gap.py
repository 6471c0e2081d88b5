"""The silence that ends a session, found from the distribution of silences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from miner.paths.valleys import BINS_PER_DECADE, Floats, valley_between
from miner.store import Store

HABIT = 1800.0
"""Seconds used where the silences show no valley: web analytics' customary 30 minutes."""
SHORTEST, LONGEST = 60.0, 8 * 3600.0
"""Between these seconds the valley is looked for."""
DECADES = 6
"""Silences are counted up to 10 ** DECADES seconds."""
FEW = 100
"""Silences below which no distribution is judged."""


@dataclass(frozen=True)
class Gap:
    """Seconds of silence that end a session, and why that many."""

    seconds: float
    why: str
    silences: tuple[int, ...] = ()
    """How many silences last 10 ** (n / BINS_PER_DECADE) seconds, n counted from 0."""


def find_gap(store: Store) -> Gap:
    """The valley between pauses within visits and absences between them, on a log scale."""
    silences = store.fetch("miner.paths", "silences").column("seconds").to_numpy()
    return valley(silences)


def valley(silences: Floats) -> Gap:
    """The valley of `silences` (seconds, any shape); 30 minutes where there is none."""
    long = silences[silences >= 1.0]
    if len(long) < FEW:
        return Gap(HABIT, f"30 minutes by habit: only {len(long)} silences to judge by")
    counts = np.histogram(np.log10(long), np.linspace(0, DECADES, DECADES * BINS_PER_DECADE + 1))[0]
    seen = tuple(counts[: np.flatnonzero(counts).max(initial=0) + 1].tolist())
    found = valley_between(counts, 1.0, SHORTEST, LONGEST)
    if found is None:
        return Gap(HABIT, "30 minutes by habit: the silences show no valley", seen)
    lasting = f"fewest silences last about {found.seconds / 60:.3g} minutes"
    return Gap(found.seconds, f"{lasting}: {found.depth:.0%} of those on the lower side", seen)
