"""The samplers that generated files carry draw from the laws that the workload names."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from miner.generate import runtime
from miner.generate.code import flat
from miner.generate.duration import mean, mean_session_seconds, visits
from miner.generate.values import law, value
from miner.workload import (
    Arrivals,
    Endpoint,
    Exponential,
    Gamma,
    Law,
    Lognormal,
    Mixture,
    Move,
    Normal,
    Path,
    Popular,
    Quantiles,
    Text,
    Weibull,
    Workload,
)

DRAWS = 40_000
SEED = 11
TOLERANCE = 0.03
"""Relative; the standard error of the widest law here is 1 %."""
LAWS: list[Law] = [
    Lognormal(median=4.1, sigma=0.82),
    Gamma(shape=2.1, scale=1.9),
    Weibull(shape=1.2, scale=3.4),
    Exponential(mean=6.5),
    Normal(mean=1.0, sd=2.0),
    Quantiles(at=(0.5, 1.0, 4.0, 20.0)),
    Mixture(weight=0.7, first=Lognormal(median=2.5, sigma=0.4), second=Exponential(mean=12.0)),
]
PLAIN = Workload(
    name="plain",
    arrivals=Arrivals(mean=1.0),
    endpoints={"ask": Endpoint(request="GET /")},
    paths=(
        Path(
            name="again",
            share=1.0,
            start={"ask": 1.0},
            pace=0.5,
            moves={"ask": {"ask": Move(p=0.75, think=Exponential(mean=2.0)), "leave": Move(p=0.25)}},
        ),
    ),
)


def drawn(call: str, pace: str = "") -> list[float]:
    """What `call`, as it stands in a generated file, draws: in another process, as Locust would run it.

    A pause takes a `pace`.
    """
    names = [
        "import json, math, random",
        "from collections.abc import Callable, Mapping",
        "from typing import Any",
    ]
    draw = f"random.seed({SEED})\ndraw = {call}\nprint(json.dumps([draw({pace}) for _ in range({DRAWS})]))"
    source = "\n".join(["from __future__ import annotations", *names, *runtime.LAWS.values(), draw])
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    draws: list[float] = json.loads(done.stdout)
    return draws


@pytest.mark.parametrize("of", LAWS, ids=lambda of: of.law)
def test_samplers_have_the_mean_of_their_law(of: Law) -> None:
    """The mean of many draws is the mean that is computed, and no pause is negative."""
    draws = drawn(flat(law(of)), "1.0")
    assert math.fsum(draws) / DRAWS == pytest.approx(mean(of), rel=TOLERANCE)
    assert min(draws) >= 0


def test_only_people_have_a_pace() -> None:
    """A visitor of pace 3 takes thrice as long, but not where a machine waits for him."""
    machine = Exponential(mean=2.0, paced=False)
    of = Mixture(weight=0.5, first=machine, second=Exponential(mean=10.0))
    assert flat(law(of)).startswith("mixture(weight=0.5, first=steady(exponential(")
    assert math.fsum(drawn(flat(law(of)), "3.0")) / DRAWS == pytest.approx(16.0, rel=TOLERANCE)
    assert mean(of, 3.0) == pytest.approx(16.0)


@pytest.mark.parametrize("zipf", [0.0, 0.8, 1.0, 2.5])
def test_popular_ids_are_drawn_by_rank(zipf: float) -> None:
    """The first ids come as often as their rank says, and none is outside of the range."""
    draws = drawn(flat(value(Popular(low=101, high=150, zipf=zipf), PLAIN)))
    total = math.fsum(rank**-zipf for rank in range(1, 51))
    for rank in (1, 2, 5):
        expected = rank**-zipf / total
        error = 4 * math.sqrt(expected / DRAWS)
        assert draws.count(100 + rank) / DRAWS == pytest.approx(expected, abs=error)
    assert 101 <= min(draws) <= max(draws) <= 150


def test_text_has_the_measured_lengths() -> None:
    """Lengths follow their quantiles, and characters are of the alphabet."""
    draws: list[str] = drawn(flat(value(Text(alphabet="xyz", lengths=(2, 4)), PLAIN)))  # type: ignore[assignment]
    assert {len(text) for text in draws} == {2, 3, 4}
    assert set("".join(draws)) == set("xyz")


def test_visitors_carry_what_they_sent_and_what_was_made() -> None:
    """Earlier values come in their share, what was made without its parts; else another is drawn."""
    source = f"class Visitor:\n{runtime.CARRIED}\n{runtime.CREATED}"
    space: dict[str, Any] = {"random": random}
    exec(f"from __future__ import annotations\n{source}", space)  # noqa: S102 (our own text)
    visitor = space["Visitor"]()
    visitor.sent, visitor.shown = {}, {}
    random.seed(SEED)
    other = {"share": 0.75, "otherwise": lambda: "other"}
    assert {visitor.carried("GET /x", "id", **other)() for _ in range(99)} == {"other"}
    assert {visitor.created("POST /x", "id", **other)() for _ in range(99)} == {"other"}
    visitor.sent["GET /x"] = {"id": "earlier"}
    visitor.shown["POST /x id"] = ["made", "a part of it"]
    for draw, expected in (
        (visitor.carried("GET /x", "id", **other), "earlier"),
        (visitor.created("POST /x", "id", **other), "made"),
    ):
        drawn_values = [draw() for _ in range(4000)]
        assert drawn_values.count(expected) / 4000 == pytest.approx(0.75, abs=0.03)
        assert set(drawn_values) == {expected, "other"}


@pytest.mark.parametrize(
    ("content", "place", "expected"),
    [
        ('{"id": 7, "lines": [{"id": 1}]}', "", [7, 1]),
        ('{"order": {"lines": [{"id": 1}], "id": 7}}', "/orders/8", [7, 1]),
        ('{"number": 7}', "https://shop.example/orders/8/?new=1", ["8"]),
        ("<html>", "/orders/8", ["8"]),
        ("", "/orders/1f-a2", ["1f-a2"]),
        ("", "/orders", []),
        ("<html>", "", []),
        ("", "", []),
    ],
)
def test_an_answer_tells_what_was_made(content: str, place: str, expected: list[object]) -> None:
    """It is in the JSON, outermost first, or where the answer says it is; pages without ids tell nothing."""
    space: dict[str, Any] = {}
    exec(f"from __future__ import annotations\n{runtime.REQUESTS}", space)  # noqa: S102 (our own text)
    headers = {"Location": place} if place else {}
    answer = SimpleNamespace(content=content.encode(), headers=headers, json=lambda: json.loads(content))
    assert space["told"](answer, "id") == expected


def test_the_length_of_sessions_is_computed() -> None:
    """A session that goes on with probability 3/4 makes four requests and three pauses of 2 s times pace."""
    assert visits(PLAIN.paths[0]) == {"ask": pytest.approx(4.0)}
    assert mean_session_seconds(PLAIN) == pytest.approx(3 * 2.0 * math.exp(0.5**2 / 2))
