"""What was recorded becomes objectives to begin with: a little worse than it was."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

import pandas as pd
import tomlkit

from miner.errors import MinerError, TooLittleData, one_line
from miner.objectives.evidence import recorded_rows
from miner.objectives.measures import RULE_OF_THREE, Measure
from miner.objectives.quantities import LONGEST, SHARE, shown
from miner.objectives.rows import end
from miner.objectives.scope import by_request
from miner.store import Store

MARGIN = 0.25
"""How much worse than recorded the limits are."""
PERCENTILES = (50.0, 95.0, 99.0)
FINEST = 0.001
"""Seconds that most logs do not tell from none at all."""
LEAST_ERRORS = 0.01
"""Share of errors that is always allowed: less takes long runs to show."""
MOST_ERRORS = 0.05
"""Share of errors that must be told from none, or there are too few requests to say anything."""
LEAST_REQUESTS = 30
"""For a throughput."""
MOST_ENDPOINTS = 25
"""Those that are asked most often: nobody reads more objectives."""
DIGITS = 2
"""That limits have."""
HEADER = """\
Objectives for {name}: what was recorded, and {margin} worse. Each is measured at the service.
Set the limits to what your users need, then check a run: `mine check THIS_FILE RUN --service-log LOG`.
It must be long enough: p50 takes 20 requests to the endpoint, p95 200, p99 1,000, and 1 % of errors 300.
"""
NO_DURATIONS = "The log has no durations, so there are no objectives for latencies."


def propose(store: Store, *, margin: float = MARGIN, name: str = "the recording") -> str:
    """An objectives file for what is in `store`, whose requests are in sessions: limits `margin` beyond it.

    It passes when it is checked on the same recording. Raises MinerError for an unusable margin,
    TooLittleData if there are not enough requests for any objective.
    """
    if not 0 <= margin < math.inf:
        raise MinerError(f"A margin of {margin:g} leaves no limit.", "Give a share of 0 or more, like 25%.")
    rows = recorded_rows(store, name)
    made = by_request(rows)
    of = dict(list(made.groupby(rows["endpoint"])))
    blocks: list[str] = []
    left_out: list[str] = []
    for place, endpoint in enumerate(sorted(of, key=lambda one: (-len(of[one]), one))):
        why = _why_not(endpoint, place, len(of[endpoint]))
        own = [] if why else _objectives(endpoint, of[endpoint], margin)
        blocks += own
        left_out += (
            [] if own else [f"{endpoint[:LONGEST]}: {why or f'{len(of[endpoint]):,} requests are too few'}"]
        )
    if not blocks:
        raise TooLittleData(
            f"{name} has too few requests to propose objectives: {len(made):,}.", "Name a longer recording."
        )
    blocks += _throughput(made, end(rows), margin)
    silent = [NO_DURATIONS] if made["latency"].isna().all() else []
    header = HEADER.format(name=name, margin=shown(margin, SHARE)).splitlines()
    return _file([*header, *silent], blocks, left_out)


def _file(header: list[str], blocks: list[str], left_out: list[str]) -> str:
    """The whole text: comments first, then the objectives."""
    because = ["", "There are none for:", *(f"- {reason}" for reason in left_out)] if left_out else []
    comments = [f"# {one_line(line)}".rstrip() for line in (*header, *because)]
    return "\n".join([*comments, "", "version = 1", "", "\n\n".join(blocks), ""])


def _why_not(endpoint: str, place: int, n: int) -> str:
    """Why nothing can be said of an endpoint, whatever was measured."""
    if not endpoint.isprintable() or len(endpoint) > LONGEST // 2:
        return "nobody could write its name"
    return f"{n:,} requests, and {MOST_ENDPOINTS} endpoints have more" if place >= MOST_ENDPOINTS else ""


def _objectives(endpoint: str, made: pd.DataFrame, margin: float) -> list[str]:
    """Latencies of all percentiles that there are samples for, then the share of errors."""
    found = []
    for percentile in PERCENTILES:
        measure = Measure("latency", percentile)
        value, n = measure.of(made, 0.0, math.inf)
        if value is not None and n >= (measure.least(None) or 1):
            limit = _milliseconds(max(value, FINEST) * (1 + margin))
            found.append(_block(measure, endpoint, "below", limit, shown(value, measure.unit), n))
    measure = Measure("error share")
    value, n = measure.of(made, 0.0, math.inf)
    most = max((value or 0.0) * (1 + margin), RULE_OF_THREE / n, LEAST_ERRORS)
    if RULE_OF_THREE / n <= MOST_ERRORS and most < 1:
        limit = f"{_rounded(most * 100, ROUND_CEILING):f}%"
        found.append(_block(measure, endpoint, "below", limit, shown(value or 0.0, SHARE), n))
    return found


def _throughput(made: pd.DataFrame, lasted: float, margin: float) -> list[str]:
    """How much there must be at least, if enough was recorded to say."""
    measure = Measure("throughput")
    value, n = measure.of(made, 0.0, lasted)
    if value is None or n < LEAST_REQUESTS or margin >= 1:
        return []
    limit = f"{_rounded(value * (1 - margin), ROUND_FLOOR):f} rps"
    return [_block(measure, None, "above", limit, shown(value, measure.unit), n)]


def _block(measure: Measure, endpoint: str | None, side: str, limit: str, recorded: str, n: int) -> str:
    """An objective, with what was recorded in a comment."""
    keys = {
        "name": f"{measure} of {endpoint}" if endpoint else str(measure),
        "endpoint": endpoint,
        "measure": str(measure),
        "measured_at": "service",
        side: limit,
    }
    said = [f"{key} = {tomlkit.item(value).as_string()}" for key, value in keys.items() if value is not None]
    return "\n".join([f"# Recorded: {recorded} (n = {n:,}).", "[[objectives]]", *said])


def _milliseconds(seconds: float) -> str:
    """At least `seconds`, with DIGITS digits."""
    limit = _rounded(seconds, ROUND_CEILING)
    return f"{limit:f}s" if limit >= 1 else f"{(limit * 1000).normalize():f}ms"


def _rounded(value: float, how: str) -> Decimal:
    """`value` with DIGITS digits, as decimals have it."""
    return Context(prec=DIGITS, rounding=how).create_decimal(repr(value)).normalize()
