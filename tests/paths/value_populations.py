"""Planted populations whose parameters come from earlier in the session, and one whose do not."""

from __future__ import annotations

from miner.workload import (
    LEAVE,
    Arrivals,
    Carried,
    Created,
    Endpoint,
    Latency,
    LiteralValue,
    Lognormal,
    Move,
    Path,
    Popular,
    Text,
    Value,
    Workload,
)

CATALOGUE = Popular(low=1, high=500, zipf=1.1)
ORDERS = Popular(low=1000, high=1400)
CARRIED = 0.85
CREATED = 0.95
PAUSE = Lognormal(median=5, sigma=0.7)


def _shop(item: Value, bought: Value, order: Value, again: Value) -> Workload:
    """Visitors search, view items, put one in the basket, order, and read what they ordered."""
    fast = Latency(median=0.02, sigma=0.3)
    endpoints = {
        "search": Endpoint(request="GET /search", query={"q": again}, latency=fast),
        "view_item": Endpoint(request="GET /items/{item_id}", params={"item_id": item}, latency=fast),
        "buy": Endpoint(request="POST /items/{item_id}/basket", params={"item_id": bought}, latency=fast),
        "order": Endpoint(request="POST /orders", statuses={201: 1.0}, latency=fast),
        "read_order": Endpoint(request="GET /orders/{order_id}", params={"order_id": order}, latency=fast),
    }
    moves = {
        "search": {"search": 0.3, "view_item": 0.6, LEAVE: 0.1},
        "view_item": {"view_item": 0.3, "buy": 0.4, LEAVE: 0.3},
        "buy": {"view_item": 0.2, "order": 0.6, LEAVE: 0.2},
        "order": {"read_order": 0.8, LEAVE: 0.2},
        "read_order": {"read_order": 0.3, LEAVE: 0.7},
    }
    chain = {
        step: {to: Move(p=p, think=None if to == LEAVE else PAUSE) for to, p in nexts.items()}
        for step, nexts in moves.items()
    }
    start = {"search": 0.7, "view_item": 0.2, "read_order": 0.1}
    return Workload(
        name="shop",
        arrivals=Arrivals(mean=0.05),
        endpoints=endpoints,
        paths=(Path(name="shop", share=1.0, start=start, moves=chain),),
    )


WORDS = Text(alphabet="abcdefghijklmnop", lengths=(4, 6, 9))
LINKED = _shop(
    item=CATALOGUE,
    bought=Carried(endpoint="view_item", param="item_id", share=CARRIED, otherwise=CATALOGUE),
    order=Created(endpoint="order", share=CREATED, otherwise=ORDERS),
    again=Carried(endpoint="search", param="q", share=0.4, otherwise=WORDS),
)
"""The item viewed is bought, the order made is read, and a search is made again."""
FREE = _shop(
    item=Popular(low=1, high=12, zipf=0.8),
    bought=Popular(low=1, high=12, zipf=0.8),
    order=Popular(low=1000, high=1040),
    again=LiteralValue(values={"shoes": 0.7, "hats": 0.3}),
)
"""Few values, which agree often by chance alone."""
