"""Question 3 in the page: what runs at the same time, and when."""

from __future__ import annotations

from collections.abc import Iterator

from miner.plots import plot_arrivals
from miner.plots.arrivals import HOUR
from miner.report.blocks import Block, Code, Figure, Prose, long_table, table
from miner.report.pictures import picture
from miner.screen.answers import Answers, Together
from miner.screen.terminal import count, share
from miner.workload import Workload


def together(answers: Answers, workload: Workload) -> Iterator[Block]:
    """How much goes on at once, the operations by their shares, and when sessions start."""
    one = answers.at_the_same_time
    reading = round(100 * (1 - one.writing))
    busiest = f"The busiest hour began at {one.busiest_hour:%Y-%m-%d %H:%M} UTC."
    yield Prose(f"{reading} % of requests read, {100 - reading} % write. {busiest}")
    columns = ["", ">all hours", ">busiest hour", ">at most"]
    yield table("t-together", "At the same time", columns, _rates(one))
    rows = [
        (Code(o.name or o.endpoint), Code(o.endpoint), share(o.share), share(o.share_busiest))
        for o in one.operations
    ]
    columns = ["operation", "endpoint", ">all hours", ">busiest hour"]
    yield from long_table(
        "t-operations", "Operations by their share of requests", columns, rows, "operations"
    )
    yield _arrivals(workload)


def _rates(one: Together) -> list[tuple[str, ...]]:
    sessions = f"{one.sessions_mean:.3g}", f"{one.sessions_busiest:.3g}", count(one.sessions_most)
    requests = f"{one.requests_per_second_mean:.3g}", f"{one.requests_per_second_busiest:.3g}", ""
    return [("sessions under way", *sessions), ("requests per second", *requests)]


def _arrivals(workload: Workload) -> Block:
    arrivals = workload.arrivals
    if not arrivals.by_hour:
        mean = f"{arrivals.mean * HOUR:.3g}"
        return Prose(
            f"{mean} sessions start in an hour; the recording has no profile by the hour of the day."
        )
    rows = [(f"{hour:02}:00", f"{rate * HOUR:.3g}") for hour, rate in enumerate(arrivals.by_hour)]
    numbers = table("t-arrivals", "When sessions start", ["hour (UTC)", ">sessions in the hour"], rows)
    return Figure("f-arrivals", picture(plot_arrivals(workload).to_dict(), "f-arrivals"), numbers)
