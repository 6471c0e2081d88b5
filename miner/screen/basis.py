"""What `mine sessions` prints: how requests became sessions, so that people can check the foundations."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console

from miner.paths.chains import read_moves
from miner.paths.foundations import prepare
from miner.paths.segment_kinds import disguised, kind
from miner.paths.visitors import Key
from miner.screen.terminal import count, duration, heading, lines, share, table
from miner.store import Store

SHOWN = 20
"""Endpoints and parameters that fit on a screen; --json has all."""
FEW = 5
"""Steps of several requests that fit beside the rest."""
EXAMPLES = 2
BLOCKS = " ▁▂▃▄▅▆▇█"
"""Heights of a bar."""


@dataclass(frozen=True)
class Asked:
    """An endpoint: requests to it, and how many distinct targets they asked for."""

    endpoint: str
    requests: int
    targets: int


@dataclass(frozen=True)
class Parameter:
    """A parameter of a route: its distinct values, what most of them are, and how some look.

    In `examples`, digits are 9 and letters a.
    """

    route: str
    name: str
    values: int
    kind: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class MadeAtOnce:
    """A step of several requests: how often each endpoint is asked in it, and how often it is taken."""

    requests: dict[str, float]
    n: int


@dataclass(frozen=True)
class Basis:
    """How requests became sessions; `gap` and `at_once` are seconds; the counts are of requests.

    `silences` are how many silences are as long as (10 ** (n / 10)) seconds, n counted from 0.
    """

    sessions: int
    requests: int
    visitor: str
    visitor_why: str
    visitor_keys: tuple[Key, ...]
    like_clockwork: float
    behind_address_and_agent: float | None
    gap: float
    gap_why: str
    silences: tuple[int, ...]
    at_once: float | None
    at_once_why: str
    steps: tuple[MadeAtOnce, ...]
    endpoints: tuple[Asked, ...]
    parameters: tuple[Parameter, ...]
    folded: dict[str, int]
    excluded: dict[str, int]
    pages: int
    remarks: tuple[str, ...]

    @classmethod
    def of(cls, store: Store, **options: Any) -> Basis:
        """The sessions of `store`, which are made anew with the options of `prepare`. Raises MinerError."""
        found = prepare(store, **options)
        rows = store.fetch("miner.screen", "routes").to_pylist()
        return cls(
            sessions=found.sessions,
            requests=found.requests,
            visitor=found.visitors.key,
            visitor_why=found.visitors.why,
            visitor_keys=found.visitors.keys,
            like_clockwork=found.visitors.regular,
            behind_address_and_agent=found.visitors.behind,
            gap=found.gap.seconds,
            gap_why=found.gap.why,
            silences=found.gap.silences,
            at_once=found.at_once.seconds,
            at_once_why=found.at_once.why,
            steps=made_at_once(store),
            endpoints=tuple(Asked(**row) for row in rows),
            parameters=parameters(store),
            folded=found.folded,
            excluded=found.excluded,
            pages=store.fetch("miner.screen", "pages").column("pages")[0].as_py(),
            remarks=found.visitors.remarks,
        )


def made_at_once(store: Store) -> tuple[MadeAtOnce, ...]:
    """The steps of several requests in the sessions that were just made, the most frequent first."""
    moves, _ = read_moves(store)
    return tuple(
        MadeAtOnce({moves.endpoints[code]: often for code, often in one.requests.items()}, one.n)
        for one in sorted(moves.combinations, key=lambda one: -one.n)
    )


def parameters(store: Store) -> tuple[Parameter, ...]:
    """The evidence for each parameter of a route, by route."""
    values: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in store.fetch("miner.screen", "route_targets").to_pylist():
        segments = ("/" + row["path"].lstrip("/")).split("/")
        for place, part in enumerate(row["route"].split("/")):
            if part.startswith("{") and part.endswith("}") and place < len(segments):
                values[row["route"], part[1:-1]][segments[place].partition(";")[0]] += 1
    return tuple(
        Parameter(
            route=route,
            name=name,
            values=len(found),
            kind=Counter(kind(value) or "word" for value in found).most_common(1)[0][0],
            examples=tuple(dict.fromkeys(disguised(value) for value in sorted(found)))[:EXAMPLES],
        )
        for (route, name), found in values.items()
    )


def show_basis(console: Console, found: Basis) -> None:
    """How requests became sessions, on one screen."""
    table(
        console,
        ["", "", ""],
        [
            ("sessions", count(found.sessions), f"{found.requests / found.sessions:.1f} requests each"),
            ("visitors by", found.visitor, found.visitor_why),
            ("gap", duration(found.gap), found.gap_why),
            ("at once", duration(found.at_once) if found.at_once else "none", found.at_once_why),
        ],
    )
    show_keys(console, found)
    show_silences(console, found)
    show_steps(console, found.steps)
    heading(console, "Endpoints")
    asked = [(one.endpoint, count(one.requests), count(one.targets)) for one in found.endpoints[:SHOWN]]
    table(console, ["endpoint", ">requests", ">distinct targets"], asked)
    more(console, len(found.endpoints), "endpoints")
    if found.folded:
        heading(console, "Folded, because the site would have too many routes")
        table(console, ["route", ">stands for"], [(route, count(n)) for route, n in found.folded.items()])
    show_parameters(console, found.parameters)
    heading(console, "Left out, because they are no steps of users")
    if found.excluded:
        table(console, ["", ">requests"], [(why, count(n)) for why, n in found.excluded.items()])
        if assets := found.excluded.get("asset"):
            each = f"{assets / max(found.pages, 1):.1f}"
            lines(console, [f"{each} assets for each request of a visitor who had any."])
    else:
        lines(console, ["Nothing."])


def show_parameters(console: Console, found: tuple[Parameter, ...]) -> None:
    """A row for each name and kind of parameters."""
    if not found:
        return
    heading(console, "Parameters of routes (in examples, 9 is any digit and a any letter)")
    alike: dict[tuple[str, str], list[Parameter]] = defaultdict(list)
    for one in found:
        alike[one.name, one.kind].append(one)
    rows = [
        (name, count(len(some)), count(max(one.values for one in some)), kind, ", ".join(some[0].examples))
        for (name, kind), some in alike.items()
    ]
    table(console, ["name", ">routes", ">values", "mostly", "examples"], rows[:SHOWN])
    more(console, len(rows), "parameters")


def show_keys(console: Console, found: Basis) -> None:
    """What could tell visitors apart."""
    heading(console, "What could tell visitors apart")
    rows = [
        (
            ("* " if one.key == found.visitor else "  ") + one.key,
            share(one.coverage),
            count(one.keys),
            f"{one.requests_per_key:.1f}",
            share(one.several),
            share(one.busiest),
        )
        for one in found.visitor_keys
    ]
    columns = ["key", ">requests", ">keys", ">each", ">many agents", ">busiest"]
    table(console, columns, rows)
    lines(console, [f"Requests at even intervals, as of machines: {share(found.like_clockwork)}."])
    behind = found.behind_address_and_agent
    if behind is not None:
        lines(console, [f"Behind one address and agent: {behind:.1f} visitors, estimated from the agents."])
    lines(console, list(found.remarks))


def show_steps(console: Console, found: tuple[MadeAtOnce, ...]) -> None:
    """What is asked at once, a row for each step of several requests."""
    if not found:
        return
    heading(console, "Requests made at once, as one step (how often, where not once)")
    rows = []
    for one in found[:FEW]:
        asked = [name + ("" if n == 1 else f" {n:.2g} times") for name, n in one.requests.items()]
        rows.append((count(one.n), ", ".join(asked[:SHOWN])))
    table(console, [">times", "requests"], rows)
    more(console, len(found), "steps", FEW)


def show_silences(console: Console, found: Basis) -> None:
    """How long silences between requests of a visitor are, on a log scale, with the gap marked."""
    if not sum(found.silences):
        return
    heading(console, "Silences between requests of one visitor, from 1 s on, tenfold every ten columns")
    bars = np.asarray(found.silences, dtype=float) ** 0.5  # the area of few is seen beside that of many
    heights = np.ceil(bars / bars.max() * (len(BLOCKS) - 1)).astype(int)
    place = min(int(np.log10(max(found.gap, 1.0)) * 10), len(heights) - 1)
    lines(console, ["|" + "".join(BLOCKS[height] for height in heights) + "|"])
    lines(console, [" " + "." * place + f"^ gap of {duration(found.gap)}"])


def more(console: Console, number: int, what: str, shown: int = SHOWN) -> None:
    """How many more there are than are shown."""
    if number > shown:
        lines(console, [f"and {number - shown} more {what} (--json has all)"])
