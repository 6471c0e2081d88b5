"""The traffic of shop as a load test: 3 user paths over 7 endpoints.

Measured from shop-access.log, 2026-05-04 to 2026-05-10: 41,250 sessions of 301,180 requests. Visitors are
told apart by session; a silence of 1800 s ends a session; the clock of the log ticks every 0.001 s.

What could not be known:
- What people wrote in bodies: made up from the OpenAPI document (9.4% of requests).

Look at these before you run it against a service that matters:
- POST /api/items/{item_id}/orders looks like a payment (1.1% of requests).

How to read it: `search=(424, exponential(mean=5.0))` means that of 1,000 who are at a step 424 go on to
search, after a pause of 5 s on average. `pace` is how much visitors differ: the standard deviation of the
logarithm of the factor by which one pauses longer than another. Counts in comments are what was recorded.

Run it with Locust's web UI, or for ten minutes without:

    locust -f shop.py --host http://127.0.0.1:8000
    locust -f shop.py --host http://127.0.0.1:8000 --headless -u 50 -r 50 --session-run-time 600

A session takes about 88 s, and starts when it is due, whatever the service does: as many a second as the
users have time for, or as many as --sessions-per-second says (0.0682 were recorded), for which it takes
1.5 x 88 users each. The end of the log says whether any started late. Other options: --speed 10 divides
the pauses, --seed 7 gives the same sessions again (but for names that have to be new), --test-users
FILE.csv has a line for each user that may be used, --max-rps is the ceiling of requests per second that
are planned, and --allow-writes is needed to change data on another machine. What to change where: figures
in shop.toml, then `mine generate`; logins, headers and checks in shop_hooks.py.
"""

from __future__ import annotations

from locust import FastHttpUser
from shop_hooks import Hooks
from shop_runtime import (
    StraightPath,
    UserPath,
    Visitor,
    ask,
    carried,
    created,
    exponential,
    formatted,
    gamma,
    identity,
    joined,
    line,
    lognormal,
    mixture,
    normal,
    number,
    one_of,
    popular,
    quantiles,
    series,
    shares,
    start,
    steady,
    step,
    text,
    weibull,
)


class LookAround(UserPath):
    """74.0% of sessions (30,525): 3.7 requests in one on average, above all view_item 1.5 times,
    search_items 1.0 times and open_home 0.6 times.
    """

    name = "look_around"
    pace = 0.41
    enter = start(open_home=600, search_items=400)
    open_home = step(
        {"view_home": 1.0, "list_offers": 0.8},
        search_items=(550, lognormal(median=5.2, sigma=0.81)),  # n = 12,440
        view_item=(300, weibull(shape=1.3, scale=9.8)),  # n = 6,790
        leave=150,  # n = 3,390
    )
    search_items = step(
        view_item=(700, gamma(shape=1.9, scale=4.1)),  # n = 41,200
        leave=300,  # n = 17,650
    )
    view_item = step(
        view_item=(
            350,
            mixture(
                weight=0.3,
                first=steady(exponential(mean=1.6)),
                second=lognormal(median=18.0, sigma=0.9),
            ),
        ),  # n = 36,400
        search_items=(200, lognormal(median=11.0, sigma=0.7)),  # n = 20,800
        add_to_basket=(100, quantiles(1.1, 4.0, 9.5, 22.0, 140.0)),  # n = 10,400
        leave=350,  # n = 36,400
    )
    add_to_basket = step(
        view_item=(400, exponential(mean=14.0)),  # n = 4,160
        leave=600,  # n = 6,240
    )


class BuyAndCheck(StraightPath):
    """16.0% of sessions (6,600): 3.0 requests in one on average, above all buy_item 1.0 times, view_item
    1.0 times and view_order 1.0 times.
    """

    name = "buy_and_check"
    pace = 0.22
    tasks = line(
        ask("view_item", lognormal(median=41.0, sigma=0.6)),  # n = 6,600
        ask("buy_item", normal(mean=3.0, sd=0.8)),  # n = 6,600
        ask("view_order"),  # n = 6,600
    )


class WatchPrices(UserPath):
    """10.0% of sessions (4,125): 20.0 requests in one on average, above all view_item 20.0 times."""

    name = "watch_prices"
    enter = start(view_item=1000)
    view_item = step(
        view_item=(950, steady(normal(mean=30.0, sd=0.2))),  # n = 78,000
        leave=50,  # n = 4,125
    )


class Shop(Visitor, FastHttpUser):
    """What visitors ask for; each session is a new one, who takes one of the paths."""

    hooks = Hooks()
    tasks = shares(
        (LookAround, 740),  # n = 30,525
        (BuyAndCheck, 160),  # n = 6,600
        (WatchPrices, 100),  # n = 4,125
    )
    sessions_per_second = 0.0682  # as recorded
    session_seconds = 88.39  # on average, at the recorded speed
    session_requests = 5.23  # on average
    sessions_per_user = 0.00754  # a second; --sessions-per-second overrules it
    gap = 1800.0  # seconds of silence that end a session
    nobody = 2000000000  # an id that does not exist
    writes = True  # so another host than this machine takes --allow-writes

    def view_home(self) -> None:
        """38,110 requests; answered 200 (93.0%) and 304 (7.0%)."""
        self.send("GET /")

    def list_offers(self) -> None:
        """30,488 requests; answered 200 (100.0%)."""
        self.send("GET /api/offers", query={"limit": "12"})

    def search_items(self) -> None:
        """61,204 requests; answered 200 (98.5%) and 400 (1.5%)."""
        self.send(
            "GET /api/items",
            query={
                "q": text("abcdefghiklmnoprstuw ", 3, 5, 7, 9, 14),
                "sort": one_of(("relevance", 0.81), ("price", 0.19)),
            },
            errors={400: 0.015},
        )

    def view_item(self) -> None:
        """118,300 requests; answered 200 (97.2%) and 404 (2.8%)."""
        self.send(
            "GET /api/items/{item_id}",
            params={
                "item_id": popular(1000, 9240, zipf=0.82),  # n = 118,300
            },
            errors={404: 0.028},
            unknown="item_id",
        )

    def add_to_basket(self) -> None:
        """21,940 requests; answered 201 (95.0%), 404 (2.0%) and 422 (3.0%)."""
        self.send(
            "POST /api/baskets/{basket_id}/lines",
            params={"basket_id": identity(1, 90000)},
            body={
                "itemId": popular(1000, 9240, zipf=0.82),
                "quantity": one_of((1, 0.9), (2, 0.1)),
                "gift": False,
            },
            errors={404: 0.02, 422: 0.03},
            unknown="basket_id",
        )

    def buy_item(self) -> None:
        """3,120 requests; answered 201 (97.0%) and 422 (3.0%)."""
        self.send(
            "POST /api/items/{item_id}/orders",
            params={
                "item_id": carried(
                    "GET /api/items/{item_id}",
                    "item_id",
                    share=0.91,
                    otherwise=popular(1000, 9240, zipf=0.82),
                ),  # n = 2,900
            },
            body={
                "address": {
                    "street": text("abcdefghijklmnopqrstuvwxyz", 9, 12, 16),
                    "zip": joined("DE-", text("0123456789", 5)),
                    "email": formatted("email"),
                },
                "vouchers": series(formatted("uuid"), 0, 0, 1, 2),
                "tip": number(0.0, 9.5, 2),
            },
            errors={422: 0.03},
            shows=("orderId",),
        )

    def view_order(self) -> None:
        """8,018 requests; answered 200 (99.0%) and 404 (1.0%)."""
        self.send(
            "GET /api/orders/{order_id}",
            params={
                "order_id": created(
                    "POST /api/items/{item_id}/orders",
                    "orderId",
                    share=0.96,
                    otherwise=popular(70000, 88000),
                ),  # n = 2,870
            },
            errors={404: 0.01},
            unknown="order_id",
        )


# Written by mine (checksum 6753629583d5ab96). Code of yours goes into the hooks beside it.
