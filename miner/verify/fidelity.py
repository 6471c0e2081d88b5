"""How alike two sets of sessions are, in numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from miner.verify.changes import Change
from miner.verify.differences import Difference

AUC = "auc"
AUC_GATE = 0.55


@dataclass(frozen=True)
class Figure:
    """One distance, and what noise alone makes of it."""

    name: str
    distance: float
    """For `auc`, the area under the curve itself: 0.5 is none."""
    floor: float
    """The same distance between two random halves of A."""
    ratio: float | None
    """Distance over floor: about 1 or less is perfect. None for `auc`."""
    n: int
    """Observations in A."""


@dataclass(frozen=True)
class Fidelity:
    """Fidelity of B to A."""

    figures: tuple[Figure, ...]
    differences: tuple[Difference, ...]
    """The moves and the pauses that differ most, also where they differ by noise only."""
    changes: tuple[Change, ...]
    """What changed from A to B beyond noise, the largest first."""
    recordings: bool
    """Whether both are recordings (logs or stores), so that changes are those of the users."""
    remarks: tuple[str, ...]
    sessions_a: int
    sessions_b: int
    requests_a: int
    requests_b: int
    clock: float
    """Seconds of the clock both were put on; 0: exact."""

    def __getitem__(self, name: str) -> Figure:
        return {figure.name: figure for figure in self.figures}[name]

    @property
    def worst(self) -> Figure:
        """The figure with the highest ratio."""
        return max(self.figures, key=lambda figure: figure.ratio or 0.0)

    def passes(self, gate: float, auc: float = AUC_GATE) -> bool:
        """Whether every ratio is at most `gate` and the classifier's AUC at most `auc`."""
        return self[AUC].distance <= auc and all(
            figure.ratio is None or figure.ratio <= gate for figure in self.figures
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON: a key per figure with `distance`, `floor`, `ratio` and `n`, then the rest."""
        rest = asdict(self)
        figures = {figure.pop("name"): figure for figure in rest.pop("figures")}
        return {**figures, **rest}

    def frame(self) -> pd.DataFrame:
        """A row per figure."""
        return pd.DataFrame([asdict(figure) for figure in self.figures]).set_index("name")
