"""The search as a whole: steps are run, what they tell is kept at once, and an answer comes of it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from miner.capacity.answer import INTERRUPTED, Capacity
from miner.capacity.fit import for_steps
from miner.capacity.measure import Setting, measured
from miner.capacity.remarks import remarks
from miner.capacity.search import NOTHING, TOO_LITTLE, Bounds, concluded, search
from miner.capacity.step import Step
from miner.errors import MinerError, TooLittleData
from miner.objectives.quantities import clock, figures
from miner.output_files import must_be_empty, write_files
from miner.replay.constants import Says, constants
from miner.watching import known_to

FEWEST = 20.0
"""Sessions that are to start in a step: with fewer it may well be that none does."""
ROUNDING = 0.999
"""Part of the highest rate that is used: Locust is given rates with six digits."""
ANY = Bounds()
"""As far as the load may go."""


def capacity(
    setting: Setting,
    bounds: Bounds = ANY,
    *,
    progress: Callable[[Step], None] = lambda _: None,
    during: Callable[[str, float], AbstractContextManager[None]] = lambda *_: nullcontext(),
) -> Capacity:
    """The highest scale at which all objectives hold; `capacity.json` in `setting.out` has every step so far.

    `bounds` are narrowed to what `setting.load` allows, and to scales at which enough sessions start. What
    `progress` is given is each step as soon as it is over; each runs in what `during` gives for its name and
    the seconds that it takes at least. On Ctrl-C, or where the service is gone after the first step, the
    answer is what is known until then. Raises MinerError; TooLittleData if no step could have had requests
    enough.
    """
    setting = replace(
        setting, objectives=for_steps(setting.objectives, setting.run_time, setting.service_log)
    )
    must_be_empty(setting.out)
    says = constants(setting.locustfile)
    known_to(setting.locustfile, setting.objectives)
    bounds = narrowed(bounds, setting.load.rate(says), setting.load.most, setting.run_time)
    steps: list[Step] = []

    def judge(scale: float) -> Step:
        number = len(steps) + 1
        with during(f"Step {number}, at {figures(scale)} times", setting.run_time):
            return measured(setting, scale, number)

    stopped = ""
    try:
        for step in search(judge, bounds):
            steps.append(step)
            _keep(answer(setting, says, bounds, steps, "it has not ended"))
            progress(step)
    except (KeyboardInterrupt, MinerError) as error:
        if not steps:
            raise
        stopped = INTERRUPTED if isinstance(error, KeyboardInterrupt) else error.what.rstrip(".")
    found = answer(setting, says, bounds, steps, stopped)
    _keep(found)
    _must_have_told(found)
    return found


def narrowed(bounds: Bounds, rate: float, most: float, run_time: float) -> Bounds:
    """The bounds where scale 1 is `rate` sessions a second, of which there may be `most`."""
    enough = FEWEST / (rate * run_time)
    most_scale = min(bounds.most_scale, ROUNDING * most / rate)
    start = min(max(bounds.start, enough), most_scale)
    return replace(
        bounds, start=start, most_scale=most_scale, least_scale=min(max(bounds.least_scale, enough), start)
    )


def answer(setting: Setting, says: Says, bounds: Bounds, steps: list[Step], stopped: str = "") -> Capacity:
    """What the steps so far tell."""
    load = setting.load
    return Capacity(
        scenario=setting.locustfile.stem,
        host=setting.host,
        folder=setting.out,
        rate=load.rate(says),
        recorded=load.sessions_per_second is None and load.rps is None and load.scale == 1,
        run_time=setting.run_time,
        bounds=bounds,
        steps=tuple(steps),
        found=concluded(steps, bounds, stopped),
        remarks=remarks(setting, says, bounds, steps),
    )


def _keep(found: Capacity) -> None:
    write_files({found.folder / "capacity.json": json.dumps(found.as_dict(), indent=2) + "\n"})


def _must_have_told(found: Capacity) -> None:
    """Raises TooLittleData, and says how long steps must be, if too few requests came in each of them."""
    last = found.steps[-1]
    if found.found.answer != NOTHING or found.found.stopped or last.verdict != TOO_LITTLE:
        return
    times = max(last.enough_at / found.bounds.most_scale, 1.0)
    windows = any(one.verdict == "no data" and one.objective.every for one in last.outcomes)
    longer = f"--run-time {math.ceil(times * found.run_time)}s" if not windows else "a longer every"
    raise TooLittleData(
        f"Steps of {clock(found.run_time)} cannot tell, not even at {found.times(found.bounds.most_scale)}, "
        f"the most that is allowed. {last.why}",
        f"Give {longer}, or allow more.",
    )
