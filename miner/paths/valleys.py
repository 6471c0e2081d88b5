"""Where a distribution of seconds is lowest between two peaks, on a log scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BINS_PER_DECADE = 10
BLUR = 1.5
"""Standard deviation, in bins, of what counts are smoothed with."""
FLAT = 0.01
"""Of the highest peak: bins this close to the lowest are as low; the valley is in the middle of them."""
DEPTH = 0.5
"""A valley is at most this high, compared with the lower of the peaks beside it."""


@dataclass(frozen=True)
class Valley:
    """Where it is, in seconds of one digit, and how high compared with the lower peak beside it."""

    seconds: float
    depth: float


def valley_between(counts: Ints, first: float, shortest: float, longest: float) -> Valley | None:
    """The valley between `shortest` and `longest` seconds, if there is one.

    `counts` (n,) are of bins on a log scale, `BINS_PER_DECADE` of them tenfold, from `first` seconds on.
    """
    density = gaussian_filter1d(counts.astype(float), sigma=BLUR)
    centres = first * 10 ** ((np.arange(len(counts)) + 0.5) / BINS_PER_DECADE)
    inside = np.flatnonzero((centres >= shortest) & (centres <= longest))
    low = inside[density[inside] <= density[inside].min() + FLAT * density.max()]
    middle = int(low[len(low) // 2])
    lower_peak = min(density[:middle].max(), density[middle + 1 :].max())
    if density[middle] > DEPTH * lower_peak or not lower_peak:
        return None
    return Valley(float(f"{centres[middle]:.1g}"), float(density[middle] / lower_peak))
