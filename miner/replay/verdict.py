"""Whether a run put the load on the service that it was meant to, and if not, what kept it from that."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

LATE = 0.1
"""Seconds after which a request is late: a person would not notice less."""
OFTEN = 0.05
"""Share of late requests in a window, from which on the generator was behind."""
WINDOWS = 30
"""Of a run, and none shorter than SHORTEST seconds."""
SHORTEST = 1.0
BUSY_CORE = 0.85
"""Share of a core from which on a process has no time for more."""
ALL_BUSY = 0.95
"""Share of users in sessions from which on those that are due find none."""
SLOWED = 1.5
"""Times the median duration, from which on a service has become slower."""


@dataclass(frozen=True)
class Verdict:
    """Whether the generator kept up; if not, the sentence says from when on, and why.

    What limited it is cpu, users, service, or "" for neither.
    """

    kept_up: bool
    sentence: str
    limited_by: str = ""


def judged(requests: pd.DataFrame, load: pd.DataFrame, never_started: int) -> Verdict:
    """The verdict on a run, from its requests and its load."""
    windows = _windows(requests)
    late = (requests["late"] > LATE).groupby(windows).mean()
    behind = late[late > OFTEN]
    if behind.empty and not never_started:
        return Verdict(kept_up=True, sentence="The generator kept up.")
    first = int(behind.index[0]) if len(behind) else int(windows.max())
    since = requests["started"][windows == first].min()
    limited_by, why = _limit(requests, load, windows >= first, since.timestamp())
    share = f"{late.loc[first:].mean():.0%} of requests from then on more than {LATE * 1000:.0f} ms late"
    never = f", and {never_started:,} sessions never started" if never_started else ""
    return Verdict(
        kept_up=False,
        sentence=f"The generator fell behind from {since:%H:%M:%S} on ({share}{never}): {why}.",
        limited_by=limited_by,
    )


def _windows(requests: pd.DataFrame) -> pd.Series[int]:
    """The window of each request, by when it should have started."""
    meant = requests["started"].astype("int64") / 1e6 - requests["late"]
    since = meant - meant.min()
    width = max(SHORTEST, float(since.max()) / WINDOWS)
    return (since / width).astype(int)


def _limit(requests: pd.DataFrame, load: pd.DataFrame, then: pd.Series[bool], at: float) -> tuple[str, str]:
    """What limited the generator since it fell behind, in a word and in words."""
    during = load[load["at"] >= at - SHORTEST]
    if not during.empty and (cpu := during["cpu"].median()) >= BUSY_CORE:
        return "cpu", f"its processes took {cpu:.0%} of a core each; give it more --processes"
    queued = during[during["waiting"] > 0]  # and not the end, when sessions only finish
    crowd = during if queued.empty else queued
    if not crowd.empty and crowd["busy"].sum() >= ALL_BUSY * crowd["users"].sum():
        users = crowd["users"].groupby(crowd["at"].round()).sum().max()
        said = f"all {users:,.0f} users were in sessions"
        before, after = (requests["duration"][which].median() for which in (~then, then))
        if after > SLOWED * before:
            return (
                "service",
                f"{said}, as answers took {after:.3g} s at the median, and {before:.3g} s before",
            )
        return "users", f"{said} (an answer took {after:.3g} s at the median); give it more --users"
    return "", "neither its processes nor its users were all busy, so something else on this machine was"
