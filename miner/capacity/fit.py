"""The objectives as steps of a search can be held to: any load, as long as a step lasts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from miner.errors import MinerError
from miner.objectives import Objective, Objectives
from miner.objectives.quantities import clock


def for_steps(objectives: Objectives, run_time: float, service_log: Path | None) -> Objectives:
    """The objectives without the load and the duration that they are about: here the load is what is varied.

    Which scenario they are about stays, and warm_up, every and least do. Raises MinerError for one that a
    step of `run_time` seconds cannot tell about.
    """
    for one in objectives.objectives:
        _must_fit(one, run_time)
        if one.measured_at == "service" and service_log is None:
            raise MinerError(
                f"{one.name!r} is measured at the service, and there is no log of it.",
                "Name the log that it writes with --service-log.",
            )
    return objectives.model_copy(update={"objectives": tuple(map(_at_any_load, objectives.objectives))})


def _at_any_load(objective: Objective) -> Objective:
    if objective.under is None:
        return objective
    under = replace(objective.under, load=None, lasting=None) if objective.under.scenario else None
    return objective.model_copy(update={"under": under})


def _must_fit(objective: Objective, run_time: float) -> None:
    needed = objective.warm_up + (objective.every or 0.0)
    if run_time < needed or run_time <= objective.warm_up:
        window = f" and a window of {clock(objective.every)}" if objective.every else ""
        raise MinerError(
            f"{objective.name!r} needs a warm-up of {clock(objective.warm_up)}{window}, and a step lasts "
            f"{clock(run_time)}.",
            f"Give --run-time {clock(needed * 2).replace(' ', '')} or more.",
        )
