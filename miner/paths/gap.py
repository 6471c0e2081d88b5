"""The silence that ends a session, found from the distribution of silences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from miner.store import Store

HABIT = 1800.0
"""Seconds used where the silences show no valley: web analytics' customary 30 minutes."""
SHORTEST, LONGEST = 60.0, 8 * 3600.0
"""Between these seconds the valley is looked for."""
BINS_PER_DECADE, DECADES = 10, 6.0
FEW = 100
"""Silences below which no distribution is judged."""
DEPTH = 0.5
"""A valley is at most this high, compared with the lower of the peaks beside it."""


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


def valley(silences: npt.NDArray[np.float64]) -> Gap:
    """The valley of `silences` (seconds, any shape); 30 minutes where there is none."""
    long = silences[silences >= 1.0]
    if len(long) < FEW:
        return Gap(HABIT, f"30 minutes by habit: only {len(long)} silences to judge by")
    edges = np.arange(0.0, DECADES + 1e-9, 1 / BINS_PER_DECADE)
    counts = np.histogram(np.log10(long), edges)[0]
    seen = tuple(counts[: np.flatnonzero(counts).max(initial=0) + 1].tolist())
    density = gaussian_filter1d(counts.astype(float), sigma=1.5)
    centres = 10 ** ((edges[:-1] + edges[1:]) / 2)
    inside = np.flatnonzero((centres >= SHORTEST) & (centres <= LONGEST))
    lowest = density[inside].min()
    flat = inside[density[inside] <= lowest + 0.01 * density.max()]
    middle = int(flat[len(flat) // 2])
    lower_peak = min(density[:middle].max(), density[middle + 1 :].max())
    if density[middle] > DEPTH * lower_peak or not lower_peak:
        return Gap(HABIT, "30 minutes by habit: the silences show no valley", seen)
    rounded = float(f"{centres[middle]:.1g}")
    depth = density[middle] / lower_peak
    why = f"fewest silences last about {rounded / 60:.3g} minutes: {depth:.0%} of those on the lower side"
    return Gap(rounded, why, seen)
