"""Ids that a write made are told from ids that are only new, and from those that somebody else made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from small_logs import request, store_of

from miner import workload as w
from miner.paths import mine_workload
from miner.paths.asked import FAR, Step, read_steps
from miner.paths.created import created
from miner.paths.links import linked
from miner.paths.openapi import Document

SEEDS = (1, 2, 3)
VIEW, LOGIN = "GET /items/{item_id}", "POST /login"
ORDER, READ = "POST /orders", "GET /orders/{order_id}"
ITEM, NUMBER = (VIEW, "item_id"), (READ, "order_id")
Log = Callable[[np.random.Generator], Iterator[Step]]


def strangers(rng: np.random.Generator) -> Iterator[Step]:
    """Everybody logs in first and views one of a million items, most of which nobody viewed before."""
    for session in range(1500):
        yield Step(session, LOGIN, 200, {})
        yield Step(session, VIEW, 200, {"item_id": str(rng.integers(1, 10**6))})


def slugs(rng: np.random.Generator) -> Iterator[Step]:
    """The same with names in place of numbers."""
    for step in strangers(rng):
        yield Step(step.session, step.endpoint, 200, {name: f"item-{v}" for name, v in step.values.items()})


def times(rng: np.random.Generator) -> Iterator[Step]:
    """Everybody logs in and asks what is new since some time, again and again: numbers that rise."""
    now = 0
    for session in range(500):
        yield Step(session, LOGIN, 200, {})
        for _ in range(6):
            now += int(rng.integers(1, 50))
            yield Step(session, VIEW, 200, {"item_id": str(now)})


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("log", [strangers, slugs, times])
def test_what_is_only_new_is_not_made(log: Log, seed: int) -> None:
    """A login before everything has not made what is asked for after it (seeds 1 to 3)."""
    assert created(log(np.random.default_rng(seed)), {ITEM}) == {}


def checkouts(rng: np.random.Generator, *, names: bool) -> Iterator[Step]:
    """Everybody logs in; some pay at /checkout, which makes the order that they read."""
    for session in range(600):
        yield Step(session, LOGIN, 200, {})
        if rng.random() < 0.6:
            order = f"{rng.integers(10**12):x}z" if names else f"{1000 + session}"
            yield Step(session, "POST /checkout", 303, {})
            yield Step(session, READ, 200, {"order_id": order})


@pytest.mark.parametrize("names", [False, True], ids=["numbers", "names"])
def test_the_write_that_made_it_is_found(*, names: bool) -> None:
    """It may be called otherwise and come after a login, and ids may be numbers or not (seed 1)."""
    write, pair = created(checkouts(np.random.default_rng(1), names=names), {NUMBER})[NUMBER]
    assert write == "POST /checkout"
    assert pair.share == 1.0


def test_each_write_makes_one() -> None:
    """Two orders are two ids; a third that nobody ordered is not of them."""
    steps = [
        Step(session, endpoint, 200, values)
        for session in range(100)
        for endpoint, values in (
            (ORDER, {}),
            (READ, {"order_id": f"{3 * session}"}),
            (ORDER, {}),
            (READ, {"order_id": f"{3 * session + 1}"}),
            (READ, {"order_id": f"{3 * session}"}),
            (READ, {"order_id": f"{3 * session + 2}"}),
        )
    ]
    write, pair = created(steps, {NUMBER})[NUMBER]
    assert (write, pair.n, pair.share) == (ORDER, 400, 0.75)


def shop_log() -> list[dict[str, Any]]:
    """Half of 400 visitors order and read it; the others read an order of someone before them."""
    rng = np.random.default_rng(1)
    rows: list[dict[str, Any]] = []
    for n in range(400):
        order = n if n % 2 == 0 else int(rng.integers(n)) // 2 * 2
        who = {"user": f"v{n}"}
        rows.append(request(n * 10, "/home", **who))
        if n % 2 == 0:
            rows.append(request(n * 10 + 1, "/orders", method="POST", status=201, **who))
        rows.append(request(n * 10 + 2, f"/orders/{1000 + order}", **who))
    return rows


def test_new_means_new_in_the_whole_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sample of sessions, what others had asked for before is known all the same (seed 1)."""
    monkeypatch.setattr("miner.paths.asked.MOST_REQUESTS", 250)
    with store_of(shop_log()) as store:
        workload = mine_workload(store, paths=1)
        steps = read_steps(store)
        assert 200 <= len(steps) <= 250
        assert steps == read_steps(store)
        read = [step for step in steps if step.endpoint == READ]
        assert [step.fresh for step in read] == [step.session % 2 == 1 for step in read]
    value = next(one for one in workload.endpoints.values() if one.request == READ).params["order_id"]
    assert isinstance(value, w.Created)
    assert (value.share, value.field) == (1.0, "id")


def test_no_machine_fills_the_sample() -> None:
    """Of a session of many requests, only the first are looked at."""
    rows = [request(n, f"/x/{n % 50}", user="v1") for n in range(FAR + 50)]
    rows += [request(n, "/x/7", user=f"v{n}") for n in range(2, 12)]
    with store_of(rows) as store:
        mine_workload(store, paths=1)
        assert len(read_steps(store)) == FAR + 10
        assert {step.session for step in read_steps(store, least=2)} == {1}


def test_the_document_says_which_field_has_the_id() -> None:
    """A field that is called like the parameter, in whatever spelling; else it is `id`."""
    described = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "orderId": {"type": "integer"}},
    }
    content = {"application/json": {"schema": described}}
    document = Document(
        {
            "openapi": "3.1.0",
            "paths": {"/orders": {"post": {"responses": {"201": {"description": "", "content": content}}}}},
        }
    )
    endpoints = {
        "home": w.Endpoint(request="GET /home"),
        "order": w.Endpoint(request=ORDER),
        "read": w.Endpoint(request=READ, params={"order_id": w.Popular(low=1000, high=1400)}),
    }
    with store_of(shop_log()) as store:
        mine_workload(store, paths=1)
        for known, field in ((document, "orderId"), (None, "id")):
            value = linked(store, endpoints, known)["read"].params["order_id"]
            assert isinstance(value, w.Created)
            assert (value.endpoint, value.field) == ("order", field)
