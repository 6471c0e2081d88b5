"""The samplers that generated files carry draw from the laws that the workload names."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest

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


def drawn(call: str, given: str = "visitor") -> list[float]:
    """What `call`, as it stands in a generated file, draws: in another process, as Locust would run it.

    A value is drawn for a `visitor`, a pause by `dice, pace`.
    """
    lines = [
        "import json",
        "from random import Random",
        "from types import SimpleNamespace",
        "from miner.generate.runtime import *",
        f"dice = Random({SEED})",
        "visitor = SimpleNamespace(dice=dice, letters=dice)",
        f"draw = {call}",
        f"print(json.dumps([draw({given}) for _ in range({DRAWS})]))",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    draws: list[float] = json.loads(done.stdout)
    return draws


@pytest.mark.parametrize("of", LAWS, ids=lambda of: of.law)
def test_samplers_have_the_mean_of_their_law(of: Law) -> None:
    """The mean of many draws is the mean that is computed, and no pause is negative."""
    draws = drawn(flat(law(of)), "dice, 1.0")
    assert math.fsum(draws) / DRAWS == pytest.approx(mean(of), rel=TOLERANCE)
    assert min(draws) >= 0


def test_only_people_have_a_pace() -> None:
    """A visitor of pace 3 takes thrice as long, but not where a machine waits for him."""
    machine = Exponential(mean=2.0, paced=False)
    of = Mixture(weight=0.5, first=machine, second=Exponential(mean=10.0))
    assert flat(law(of)).startswith("mixture(weight=0.5, first=steady(exponential(")
    assert math.fsum(drawn(flat(law(of)), "dice, 3.0")) / DRAWS == pytest.approx(16.0, rel=TOLERANCE)
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
    seen = f"""\
import json
from random import Random
from types import SimpleNamespace
from miner.generate.runtime import carried, created
fresh = SimpleNamespace(dice=Random({SEED}), asked={{}}, shown={{}})
sent = {{"params": {{"id": "earlier"}}, "query": {{}}, "headers": {{}}, "body": None}}
known = SimpleNamespace(
    dice=Random({SEED}), asked={{"GET /x": sent}}, shown={{("POST /x", "id"): ["made", "a part of it"]}}
)
draws = [make(where, "id", share=0.75, otherwise=lambda _: "other") for make, where in
         ((carried, "GET /x"), (created, "POST /x"))]
print(json.dumps([[draw(visitor) for _ in range(4000)] for visitor in (fresh, known) for draw in draws]))
"""
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    *unknown, carried, created = json.loads(done.stdout)
    assert {value for values in unknown for value in values} == {"other"}
    for values, expected in ((carried, "earlier"), (created, "made")):
        assert values.count(expected) / 4000 == pytest.approx(0.75, abs=0.03)
        assert set(values) == {expected, "other"}


TOLD = [
    ('{"id": 7, "lines": [{"id": 1}]}', "", [7, 1]),
    ('{"order": {"lines": [{"id": 1}], "id": 7}}', "/orders/8", [7, 1]),
    ('{"number": 7}', "https://shop.example/orders/8/?new=1", ["8"]),
    ("<html>", "/orders/8", ["8"]),
    ("{not json", "/orders/8", ["8"]),
    ("", "/orders/1f-a2", ["1f-a2"]),
    ("", "/orders", []),
    ("<html>", "", []),
    ("", "", []),
]


def test_an_answer_tells_what_was_made() -> None:
    """It is in the JSON, outermost first, or where the answer says it is; pages without ids tell nothing."""
    asked = f"""\
import json
from types import SimpleNamespace
from miner.generate.runtime import told
answers = [
    SimpleNamespace(content=text.encode(), headers={{"Location": at}}, json=lambda x=text: json.loads(x))
    for text, at, _ in {TOLD!r}
]
print(json.dumps([told(answer, "id") for answer in answers]))
"""
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [found for _, _, found in TOLD]


def test_the_length_of_sessions_is_computed() -> None:
    """A session that goes on with probability 3/4 makes four requests and three pauses of 2 s times pace."""
    assert visits(PLAIN.paths[0]) == {"ask": pytest.approx(4.0)}
    assert mean_session_seconds(PLAIN) == pytest.approx(3 * 2.0 * math.exp(0.5**2 / 2))
