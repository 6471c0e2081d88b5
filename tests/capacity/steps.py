"""Steps as a search would have made them, without any service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from miner.capacity import Bounds, Capacity, Step
from miner.capacity.search import HELD, concluded
from miner.objectives import Objective, Outcome, Window
from miner.replay import Run

ZEROS = [f"{what}_{at}" for what in ("late", "latency", "response") for at in ("p50", "p99")]
COUNTS = "seed", "users", "processes", "requests", "failures", "sessions_started", "sessions_finished"
FACTS: dict[str, Any] = {
    **dict.fromkeys(ZEROS, 0.0),
    **dict.fromkeys(COUNTS, 1),
    **dict.fromkeys(("host", "started_at", "verdict"), ""),
    "folder": Path("step-1"),
    "command": (),
    "versions": {},
    "speed": 1.0,
    "scale": 2.0,
    "sessions_per_second": 4.0,
    "run_time": 30.0,
    "exact": False,
    "complete": True,
    "sessions_never_started": 0,
}
"""Of a run of no interest."""


def run(limited_by: str | None = None) -> Run:
    """A run that kept up, or was kept from that by what is said."""
    return Run(**FACTS | {"kept_up": limited_by is None, "limited_by": limited_by or ""})


def outcome(
    verdict: str = "pass", value: float | None = 0.05, limit: float | None = 0.1, n: int = 500, **of: Any
) -> Outcome:
    """What became of an objective of a latency below 100 ms, or of another."""
    objective = Objective(**{"name": "quick", "measure": "p95 latency", "below": "100ms"} | of)
    windows = (Window(0.0, 30.0, value, n, verdict),)
    return Outcome(objective, verdict, value, limit, None, n, windows, f"It was {value}.")


def step(number: int, scale: float, verdict: str = HELD, *outcomes: Outcome, **facts: Any) -> Step:
    """A step with that verdict; its objectives passed unless others are given."""
    given: dict[str, Any] = {
        "why": f"It {verdict}.",
        "kept_up": True,
        "limited_by": "",
        "writes": 0.0,
        "enough_at": 0.0,
    }
    return Step(
        number=number,
        scale=scale,
        sessions_per_second=2 * scale,
        requests_per_second=8 * scale,
        at_end=8 * scale,
        verdict=verdict,
        outcomes=outcomes or (outcome(),),
        **(given | facts),
    )


def searched(*steps: Step, stopped: str = "", recorded: bool = True, **bounds: float) -> Capacity:
    """What a search that made these steps would answer."""
    within = Bounds(**bounds)  # type: ignore[arg-type]
    return Capacity(
        scenario="shop",
        host="http://127.0.0.1:1",
        folder=Path("out"),
        rate=2.0,
        recorded=recorded,
        run_time=30.0,
        bounds=within,
        steps=steps,
        found=concluded(steps, within, stopped),
        remarks=("A remark.",),
    )
