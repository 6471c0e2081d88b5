"""What the search for a service's limit found out, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from miner.objectives.quantities import figures
from miner.screen.terminal import heading, lines, table

if TYPE_CHECKING:
    from miner.capacity import Capacity, Step

COLUMNS = (
    ">scale", ">sessions/s", ">requests/s", ">verdict", "kept up", ">of limit", "worst objective",
)  # fmt: skip
FAR = 100.0
"""Times its limit, from which on it does not matter how many."""
BEHIND = {"cpu": "no: CPU", "users": "no: users", "service": "no: service", "": "no"}
"""Why a generator did not keep up, in the room of a column."""


def show_capacity(console: Console, found: Capacity) -> None:
    """A row per step, by scale, and what they say together."""
    table(console, COLUMNS, map(_row, sorted(found.steps, key=lambda step: step.scale)))
    heading(console, "How much it bears")
    lines(console, [found.sentence, *(f"- {remark}" for remark in found.remarks)])


def line(step: Step) -> str:
    """A step in a sentence, for whoever waits."""
    load = f"{figures(step.scale)} times, {figures(step.requests_per_second)} requests a second"
    return f"Step {step.number}, {load}: {step.verdict}. {step.why}"


def _row(step: Step) -> tuple[str, ...]:
    worst, share = (step.worst[0].objective.name, _share(step.worst[1])) if step.worst else ("", "")
    return (
        *map(figures, (step.scale, step.sessions_per_second, step.requests_per_second)),
        step.verdict,
        "yes" if step.kept_up else BEHIND[step.limited_by],
        share,
        worst,
    )


def _share(part: float) -> str:
    return f"{part:.0%}".replace("%", " %") if part < FAR else f"> {FAR:.0f} times"
