"""How long answers took, in the page: of the run, or where there is none, of the recording."""

from __future__ import annotations

from collections.abc import Iterator

from miner.report import behind, charts
from miner.report.blocks import Block, Code, Figure, Figures, Prose, Section, long_table
from miner.report.findings import Findings
from miner.report.latencies import FEW, Latencies, Took
from miner.report.pictures import picture
from miner.report.words import how_long, span
from miner.screen.terminal import count, share

MULTIPLES = 8
"""Endpoints whose latency is drawn over time; the others are in the table."""
READS = "The solid line is the median (p50), the dashed one p95. Each picture has a scale of its own."


def latency(found: Findings) -> Section:
    """How long answers took, over time and by endpoint."""
    known = found.replayed.latencies if found.replayed else found.recording.latencies
    unknown = Prose("The log has no durations, so it is not known.")
    blocks = (unknown,) if known is None else tuple(_latency(known, found))
    return Section("latency", "How long did answers take?", blocks)


def _latency(known: Latencies, found: Findings) -> Iterator[Block]:
    names = {endpoint.request: name for name, endpoint in found.workload.endpoints.items()}
    drawn = [one for one in known.endpoints if len(one.windows) > 1][:MULTIPLES]
    of = "In the run, at the client" if found.replayed else "In the recording, as the service logged it"
    yield Prose(f"{of}.")
    if drawn:
        left = " What is not drawn is in the table." if len(drawn) < len(known.endpoints) else ""
        windows = f"Windows of {span(known.width)}; those with fewer than {FEW} requests are left out."
        shown = (_drawn(one, f"f-latency-{n}", names, known) for n, one in enumerate(drawn, start=1))
        yield Figures(tuple(shown), f"{READS} {windows}{left}")
    failures = found.replayed is not None
    rows = [_row(one, names, failures=failures) for one in known.endpoints]
    columns = ["operation", ">requests", ">p50", ">p95", ">p99", ">longest", *([">not as meant"] * failures)]
    yield from long_table("t-latency", "Latency by operation", columns, rows, "operations")


def _drawn(took: Took, name: str, names: dict[str, str], known: Latencies) -> Figure:
    called = names.get(took.endpoint, took.endpoint)
    says = f"{how_long(took.p50)} at the median and {how_long(took.p95)} at p95 of {count(took.n)} requests."
    spec = charts.latency(took, called, known)
    return Figure(name, picture(spec, name, says), behind.windows(took, called, known, name))


def _row(one: Took, names: dict[str, str], *, failures: bool) -> tuple[str | Code, ...]:
    took = map(how_long, (one.p50, one.p95, one.p99, one.longest))
    failed = (share(one.failed or 0.0),) if failures else ()
    return Code(names.get(one.endpoint, one.endpoint)), count(one.n), *took, *failed
