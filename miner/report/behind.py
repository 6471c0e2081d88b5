"""The numbers behind charts, as tables: for whom a chart says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from miner.report.blocks import Code, Row, Table, table
from miner.report.latencies import Latencies, Took
from miner.report.pictures import Spec
from miner.report.words import how_long, span
from miner.screen.reports import word
from miner.screen.terminal import count, share
from miner.verify import Figure

TOLD = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
"""Shares at which curves are told."""


def rows_of(spec: Spec) -> list[dict[str, Any]]:
    """The first data of a chart, which Altair keeps by its hash."""
    first: list[dict[str, Any]] = next(iter(spec["datasets"].values()))
    return first


def bins(spec: Spec, name: str) -> Table:
    """How many pauses were recorded in each bin, and how many its law expects."""
    rows = [(row["seconds"], count(row["recorded"]), f"{row['expected']:,.1f}") for row in rows_of(spec)]
    return table(f"t-{name}", "Pauses by their length", ["seconds", ">recorded", ">expected"], rows)


def laid_over(spec: Spec, title: str, name: str) -> Table:
    """Where both curves are at a few shares; of moves, their shares."""
    rows = rows_of(spec)
    names = list(dict.fromkeys(row["of"] for row in rows))
    columns = [f">{one}" for one in names]
    if "move" in rows[0]:
        moves = dict.fromkeys(row["move"] for row in rows)
        found = {(row["move"], row["of"]): row["share"] for row in rows}
        told: list[Row] = [(Code(move), *(share(found[move, one]) for one in names)) for move in moves]
        return table(f"t-{name}", title, ["move", *columns], told)
    curves = {one: [(row["share"], row["value"]) for row in rows if row["of"] == one] for one in names}
    lines: list[Row] = [
        (f"{100 * at:.0f} %", *(f"{_at(curves[one], at):,.4g}" for one in names)) for at in TOLD
    ]
    return table(f"t-{name}", f"{title}: so many per cent are no longer than", ["share", *columns], lines)


def _at(curve: Sequence[tuple[float, float]], share: float) -> float:
    """The value of the point of the curve that is nearest to the share."""
    return min(curve, key=lambda point: abs(point[0] - share))[1]


def ratios(figures: Sequence[Figure]) -> Table:
    """How many times its floor each distance is."""
    rows = [
        (one.name.replace("_", " "), f"{one.ratio:.2f}", word(one))
        for one in figures
        if one.ratio is not None
    ]
    return table("t-ratios", "Times the floor", ["figure", ">ratio", "verdict"], rows)


def windows(took: Took, called: str, known: Latencies, name: str) -> Table:
    """How long an endpoint took in each window."""
    rows = [
        (_when(one.at - known.width / 2, known), count(one.n), how_long(one.p50), how_long(one.p95))
        for one in took.windows
    ]
    columns = ["window begins", ">requests", ">p50", ">p95"]
    return table(f"t-{name}", f"Latency of {called} in windows of {span(known.width)}", columns, rows)


def _when(seconds: float, known: Latencies) -> str:
    if known.begins is None:
        return f"{seconds:g} s"
    return f"{known.begins + timedelta(seconds=seconds):%Y-%m-%d %H:%M}"
