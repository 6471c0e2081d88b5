"""What `mine check` prints: a row per objective, then why those were not met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from miner.screen.terminal import heading, lines, table

if TYPE_CHECKING:
    from miner.objectives import Checked, Objective, Outcome

NOTHING = "-"


def show_checked(console: Console, checked: Checked) -> None:
    """A row per objective, a sentence for each that was not met or only just, and the remarks."""
    columns = ["objective", "measured", ">value", ">limit", "verdict"]
    table(console, columns, [_row(outcome) for outcome in checked.outcomes])
    if said := [f"{one.objective.name}: {one.sentence}" for one in checked.outcomes if one.verdict != "pass"]:
        heading(console, "What was found")
        lines(console, [f"- {sentence}" for sentence in said])
    if checked.remarks:
        heading(console, "Remarks")
        lines(console, [f"- {remark}" for remark in checked.remarks])
    heading(console, _sum(checked))


def _row(outcome: Outcome) -> tuple[str, ...]:
    value = NOTHING if outcome.value is None else _shown(outcome.value, outcome)
    return outcome.objective.name, _measured(outcome.objective), value, _limit(outcome), outcome.verdict


def _measured(objective: Objective) -> str:
    """What is measured, where, and of which requests, unless its name says so."""
    scope = {"of": objective.endpoint, "in": objective.path}
    parts = [
        str(objective.measure),
        "per session" if objective.per == "session" else "",
        *(f"{word} {name}" for word, name in scope.items() if name and name not in objective.name),
        f"at the {objective.measured_at}",
    ]
    return " ".join(filter(None, parts))


def _limit(outcome: Outcome) -> str:
    """The limit and its side; where there is none, what is warned of."""
    limit, of = (outcome.limit, "") if outcome.limit is not None else (outcome.warn, " (warning)")
    return NOTHING if limit is None else f"{outcome.objective.measure.better} {_shown(limit, outcome)}{of}"


def _shown(value: float, outcome: Outcome) -> str:
    from miner.objectives.quantities import shown

    return shown(value, outcome.objective.unit)


def _sum(checked: Checked) -> str:
    """How many were met."""
    met = sum(outcome.passed for outcome in checked.outcomes)
    return f"{met} of {len(checked.outcomes)} objectives are met by {checked.of}."
