"""What coarse clocks make of pauses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def seen(think: Floats, clock: float, rng: np.random.Generator) -> Floats:
    """The pauses as a clock shows them whose ticks round both ends down."""
    begins = rng.random(len(think)) * clock
    return np.floor((begins + think) / clock) * clock - np.floor(begins / clock) * clock
