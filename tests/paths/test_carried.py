"""Values that were carried or created in planted sessions are found, and chance is not taken for it."""

from __future__ import annotations

import numpy as np
import pytest
from populations import Planted, stored
from value_populations import CARRIED, CATALOGUE, CREATED, FREE, LINKED

from miner import workload as w
from miner.generate.scenario import scenario
from miner.paths.asked import Step, parameters
from miner.paths.carried import Elsewhere, carried
from miner.paths.created import created
from miner.paths.mine import mine
from miner.simulate import requests, simulate
from miner.workload_file import dumps, parse

SEEDS = (1, 2, 3)
SESSIONS = 2500
CLOSE = 0.04
"""Tolerance of a share: three standard errors of some 850 requests."""
EXPONENT = 0.1
"""The same of a Zipf exponent of some 2,000 requests."""
REPEATED = 0.075
"""The same for searches: four standard errors of some 720."""


def mined(population: w.Workload, seed: int, sessions: int = SESSIONS) -> w.Workload:
    """What is mined from planted sessions."""
    steps = requests(population, sessions, seed)
    with stored(Planted(population, steps, np.zeros(sessions, int))) as store:
        return mine(store, name="shop").workload


def values(workload: w.Workload) -> dict[str, w.Value]:
    """The values of each request's parameters."""
    return {
        f"{endpoint.request} {name}": value
        for endpoint in workload.endpoints.values()
        for name, value in (endpoint.query | endpoint.params).items()
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_viewed_is_bought_and_what_is_made_is_read(seed: int) -> None:
    """Sources and shares come back, and both parameters share one catalogue (seeds 1 to 3)."""
    found = values(mined(LINKED, seed))
    bought = next(value for name, value in found.items() if name.startswith("POST /items/"))
    assert isinstance(bought, w.Carried)
    assert bought.endpoint == "view_item"
    assert bought.share == pytest.approx(CARRIED, abs=CLOSE)
    viewed = next(value for name, value in found.items() if name.startswith("GET /items/"))
    assert isinstance(viewed, w.Popular)
    assert viewed.zipf == pytest.approx(CATALOGUE.zipf, abs=EXPONENT)
    assert bought.otherwise == viewed
    read = next(value for name, value in found.items() if name.startswith("GET /orders/"))
    assert isinstance(read, w.Created)
    assert read.endpoint == "create_order"
    assert read.share == pytest.approx(CREATED, abs=CLOSE)
    again = found["GET /search q"]
    assert isinstance(again, w.Carried)
    assert again.param == "q"
    assert again.share == pytest.approx(0.4, abs=REPEATED)


@pytest.mark.parametrize("seed", SEEDS)
def test_chance_is_not_taken_for_carrying(seed: int) -> None:
    """Where few ids agree often by chance, every value is drawn for itself (seeds 1 to 3)."""
    assert {value.draw for value in values(mined(FREE, seed)).values()} <= {"popular", "literal", "text"}


def test_what_was_mined_is_mined_again() -> None:
    """Sessions simulated from what was mined have the same links, in about the same shares."""
    first = mined(LINKED, 1)
    second = mined(first, 2)
    for name, value in values(first).items():
        again = values(second)[name]
        assert again.draw == value.draw
        if isinstance(value, w.Carried | w.Created) and isinstance(again, w.Carried | w.Created):
            assert again.share == pytest.approx(value.share, abs=2 * CLOSE)
    assert parse(dumps(first)) == first


def test_simulated_sessions_carry_and_create() -> None:
    """Nine in ten baskets hold what was viewed last, and an order is read that this session made."""
    rows = simulate(LINKED, 2000, seed=1)
    target = rows["target"].str.split("/").str
    item = target[2].where(rows["endpoint"].str.contains("items"))
    viewed = (
        item.where(rows["method"] == "GET").groupby(rows["session"]).ffill().groupby(rows["session"]).shift()
    )
    bought = rows["method"].eq("POST") & item.notna() & viewed.notna()
    assert (item[bought] == viewed[bought]).mean() == pytest.approx(CARRIED, abs=0.05)
    ordered = (rows["endpoint"] == "POST /orders").groupby(rows["session"]).cummax()
    orders = target[2][ordered & (rows["endpoint"] == "GET /orders/{order_id}")].astype(int)
    assert (orders > 1400).mean() == pytest.approx(CREATED, abs=0.03)
    new = orders[orders > 1400]
    assert new.groupby(new).apply(lambda of: rows.loc[of.index, "session"].nunique()).max() == 1


def test_the_locustfile_says_where_values_come_from() -> None:
    """Its calls read as the workload does, and what a write answers is kept."""
    text = scenario(LINKED)
    called = " ".join(text.split())
    assert 'carried( "GET /items/{item_id}", "item_id", share=0.85, otherwise=popular(' in called
    assert '"id", share=0.95, otherwise=popular(1000, 1400)' in called
    assert 'shows=["id"]' in called
    assert "carried(" not in scenario(FREE)


def test_parameters_of_a_target_have_names() -> None:
    """Those of the route by place, those of the query by name, decoded."""
    found = parameters("GET /a/{x}/b/{y}", "/a/1%2F2/b/3?q=%C3%A9&x=no")
    assert found == {"x": "1/2", "y": "3", "q": "é"}
    assert parameters("GET /a/{x}/b/{y}", "/a/1") == {"x": "1"}


def test_what_was_refused_is_not_carried() -> None:
    """A value that the service refused is no source, nor is a write that failed."""
    place = ("GET /x/{x_id}", "x_id")
    steps = [
        Step(session, *rest)
        for session in range(100)
        for rest in (
            ("POST /x", 409, {}),
            ("GET /y/{y_id}", 404, {"y_id": f"{session}"}),
            ("GET /x/{x_id}", 200, {"x_id": f"{session}"}),
        )
    ]
    free = {place, ("GET /y/{y_id}", "y_id")}
    assert carried(steps, free) == {}
    assert created(steps, free) == {}
    good = [Step(one.session, one.endpoint, 200, one.values) for one in steps]
    assert carried(good, free)[place][0] == ("GET /y/{y_id}", "y_id")
    assert created(good, {place})[place][0] == "POST /x"


def drifting(seed: int, size: int) -> list[Step]:
    """Sessions that view two of the day's few articles and share one, each drawn for itself."""
    rng = np.random.default_rng(seed)
    return [
        Step(session, endpoint, 200, {"article_id": str(session // 50 * size + int(rng.integers(size)))})
        for session in range(3000)
        for endpoint in ("GET /news/{article_id}", "GET /news/{article_id}", "POST /news/{article_id}/share")
    ]


@pytest.mark.parametrize("size", [3, 10])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_news_of_the_day_is_not_carried(seed: int, size: int) -> None:
    """Where popularity moves, sessions of one time agree without remembering anything (seeds 1 to 3)."""
    steps = drifting(seed, size)
    free = {(step.endpoint, "article_id") for step in steps}
    assert carried(steps, free) == {}
    shared = [
        Step(one.session, one.endpoint, 200, before.values if one.endpoint.startswith("POST") else one.values)
        for before, one in zip([steps[0], *steps], steps, strict=False)
    ]
    (source, pair) = carried(shared, free)["POST /news/{article_id}/share", "article_id"]
    assert source == ("GET /news/{article_id}", "article_id")
    assert pair.share == pytest.approx(1.0, abs=0.01)


def test_other_sessions_are_told_from_ones_own() -> None:
    """What another session had last is known, however often one's own session had something since."""
    others, place = Elsewhere(), ("GET /x/{x_id}", "x_id")
    assert others.value(place, 1) is None
    for session, value in ((1, "a"), (2, "b"), (2, "c")):
        others.note(place, session, value)
    assert others.value(place, 2) == "a"
    assert others.value(place, 1) == others.value(place, 3) == "c"
