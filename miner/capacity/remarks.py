"""What has to be known to read the limit of a service rightly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from miner.capacity.measure import Setting
from miner.capacity.search import HELD, TOO_LITTLE, Bounds
from miner.capacity.step import Step
from miner.objectives.quantities import clock, figures
from miner.replay.constants import Says
from miner.workload import WRITES

STEADY = 0.8
"""Share of the requests a second in the long run, below which steps have not come near their load."""
ENOUGH = 2.0
"""Times a session that a step should last: by then most sessions that begin have others beside them."""


def remarks(setting: Setting, says: Says, bounds: Bounds, steps: Sequence[Step]) -> tuple[str, ...]:
    """A sentence for each thing that there is to say."""
    found = _began(bounds), _rose(setting, says, steps), _wrote(steps)
    return tuple(filter(None, found))


def _began(bounds: Bounds) -> str:
    if bounds.start <= 1:
        return ""
    began = f"The first step was at {figures(bounds.start)} times"
    return f"{began}: at less, too few sessions would have started in it."


def _rose(setting: Setting, says: Says, steps: Sequence[Step]) -> str:
    """Where sessions are long and steps short: each begins without any, and ends before it has its load."""
    one_request = replace(setting.load, sessions_per_second=None, rps=1.0, scale=1.0)
    steady = [step for step in steps if step.verdict in (HELD, TOO_LITTLE)]
    if not says.paths or not steady:
        return ""
    weight = sum(path.weight for path in says.paths)
    seconds = sum(path.weight * path.seconds for path in says.paths) / weight / setting.load.speed
    wanted = sum(step.sessions_per_second for step in steady) / one_request.rate(says)
    share = sum(step.at_end for step in steady) / wanted
    if share >= STEADY or ENOUGH * seconds <= setting.run_time:
        return ""
    return (
        f"Steps of {clock(setting.run_time)} ended with {share:.0%} of the requests a second that there are "
        f"in the long run, as a session takes {seconds:.0f} s. The service bears fewer sessions than was "
        f"found: give --run-time {math.ceil(ENOUGH * seconds)}s or more, and objectives a warm_up."
    )


def _wrote(steps: Sequence[Step]) -> str:
    sent = sum(step.requests_per_second for step in steps)
    writes = sum(step.writes * step.requests_per_second for step in steps)
    if not writes:
        return ""
    return (
        f"{writes / sent:.1%} of requests may change data ({', '.join(sorted(WRITES))}): each step met the "
        "service as those before had left it."
    )
