"""For which runs an objective is, and what a relative limit refers to: two short sentences of the file."""

from __future__ import annotations

from dataclasses import dataclass

from miner.objectives.measures import measure
from miner.objectives.quantities import (
    REQUESTS,
    SESSIONS,
    SHARE,
    Amount,
    amount,
    as_written,
    seconds,
    shown,
    words,
)


@dataclass(frozen=True)
class Within:
    """At most so much worse, as a share, than a statistic of the recording; none named: the same measure."""

    worse: float
    statistic: str | None = None

    def __str__(self) -> str:
        return f"{shown(self.worse, SHARE)} of the recorded {self.statistic or 'measure'}"


@dataclass(frozen=True)
class Under:
    """What a run must have been like: its load, for how many seconds, of which scenario."""

    load: Amount | None = None
    lasting: float | None = None
    scenario: str | None = None

    def __str__(self) -> str:
        parts = [
            str(self.load) if self.load else "",
            f"for {as_written(self.lasting)}" if self.lasting else "",
            f"of the {self.scenario} scenario" if self.scenario else "",
        ]
        return " ".join(filter(None, parts))


def within(given: object) -> Within:
    """`10% of the recorded p95`. Raises ValueError with a sentence for anything else."""
    text = words(given)
    head, of, statistic = text.partition(" of the recorded")
    if not of:
        raise ValueError(f"{text!r} is not like '10% of the recorded p95'")
    worse = amount(head)
    if worse.unit != SHARE:
        raise ValueError(f"{head!r} is no share; write it like '10%'")
    named = statistic.strip()
    if named in {"", "measure"}:
        return Within(worse.value)
    return Within(worse.value, measure(f"{named} latency").statistic)


def under(given: object) -> Under:
    """`100 rps for 30m of the shop scenario`, or some of it. Raises ValueError with a sentence otherwise."""
    text = words(given)
    rest, of, scenario = f" {text}".partition(" of the ")
    load, time, lasting = rest.partition(" for ")
    name = scenario.removesuffix(" scenario")
    if not text or (of and (name == scenario or not name or " " in name)):
        raise ValueError(f"{text!r} is not like '100 rps for 30m of the shop scenario'")
    wanted = amount(load) if load.strip() else None
    if wanted and wanted.unit not in {REQUESTS, SESSIONS}:
        raise ValueError(f"{load.strip()!r} is no load; write it like '100 rps for 30m'")
    lasts = seconds(lasting) if time else None
    if (wanted and not wanted.value) or lasts == 0:
        raise ValueError(f"{text!r} is no load at all")
    return Under(wanted, lasts, name or None)
