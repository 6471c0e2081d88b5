"""The traffic of bookshop as a load test: 3 user paths over 11 endpoints.

Measured from bookshop-access.log and bookshop-access.log.1.gz, 2026-04-06 to 2026-04-19: 11,635 sessions
of 60,363 requests. Visitors are told apart by user; a silence of 1800 s ends a session; the clock of the
log ticks every 0.001 s.

What could not be known:
- The OpenAPI document describes 10 of 11 endpoints; not GET /.
- What people wrote in bodies: made up from the OpenAPI document (6.3% of requests).

Look at these before you run it against a service that matters:
- POST /login logs in with a password that is made up, if no hook does better (2.5% of requests).
- POST /api/orders orders or books something (2.2% of requests).

How to read it: `search=(424, exponential(mean=5.0))` means that of 1,000 who are at a step 424 go on to
search, after a pause of 5 s on average. `pace` is how much visitors differ: the standard deviation of the
logarithm of the factor by which one pauses longer than another. Counts in comments are what was recorded.

Run it with Locust's web UI, or for ten minutes without:

    locust -f bookshop.py --host http://127.0.0.1:8000
    locust -f bookshop.py --host http://127.0.0.1:8000 --headless -u 50 -r 50 --session-run-time 600

A session takes about 57 s, and starts when it is due, whatever the service does. 50 users have time for
0.58 sessions a second, 60.3 times the 0.00962 that were recorded on average; --sessions-per-second sets
another rate, and one session a second takes 87 users. The end of the log says whether any started late. A
step that failed is no reason to leave: none is known. Other options: --arrivals and --mix change when
sessions start and on which paths, --speed 10 divides the pauses, --seed 7 gives the same sessions again
(but for names that have to be new), --test-users FILE.csv has a line for each user that may be used,
--max-rps is the ceiling of requests per second that are planned, and --allow-writes is needed to change
data on another machine; --help has them all. What to change where: figures in bookshop.toml, then `mine
generate`; logins, headers and checks in bookshop_hooks.py.
"""

from __future__ import annotations

from typing import ClassVar

from bookshop_hooks import Hooks
from bookshop_runtime import (
    UserPath,
    Visitor,
    carried,
    created,
    exponential,
    formatted,
    gamma,
    identity,
    joined,
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
from locust import FastHttpUser


class SearchBooksThenViewBook(UserPath):
    """79.2% of sessions (9,214): 4.9 requests in one on average, above all view_book 1.5 times,
    search_books 1.4 times and list_reviews 0.8 times.
    """

    name = "search_books_then_view_book"
    session = (4.92, 37.91)  # requests and seconds, on average
    pace = 0.38
    enter = start(view_home_and_1_more=573, search_books=299, view_book_and_1_more=128)
    view_home_and_1_more = step(
        {"view_home": 1.0, "list_offers": 0.937},
        search_books=(609, lognormal(median=5.24, sigma=0.812)),  # n = 3,208
        view_book_and_1_more=(208, weibull(shape=1.31, scale=9.76)),  # n = 1,100
        leave=183,  # n = 968
    )
    search_books = step(
        view_book_after_search_books=(566, gamma(shape=1.94, scale=3.87)),  # n = 7,435
        search_books=(232, lognormal(median=7.35, sigma=0.644)),  # n = 3,050
        leave=202,  # n = 2,653
    )
    view_book_after_search_books = step(
        "view_book",
        search_books=(385, lognormal(median=11.2, sigma=0.741)),  # n = 2,864
        view_book_and_1_more=(
            277,
            mixture(weight=0.318, first=exponential(mean=1.64), second=lognormal(median=19.3, sigma=0.874)),
        ),  # n = 2,061
        leave=338,  # n = 2,510
    )
    view_book_and_1_more = step(
        {"view_book": 1.0, "list_reviews": 1.12},
        view_book_and_1_more=(320, lognormal(median=23.8, sigma=0.93)),  # n = 2,135
        search_books=(189, lognormal(median=13.9, sigma=0.77)),  # n = 1,261
        create_basket_line=(61, quantiles(1.2, 4.9, 9.3, 14.6, 22.8, 41.0, 97.5, 310.0)),  # n = 405
        leave=430,  # n = 2,868
    )
    create_basket_line = step(
        view_book_and_1_more=(469, exponential(mean=14.6)),  # n = 190
        leave=531,  # n = 215
    )


class ViewBasketThenCreateOrder(UserPath):
    """18.1% of sessions (2,103): 3.4 requests in one on average, above all view_basket 1.2 times,
    create_session 0.7 times and create_order 0.6 times.
    """

    name = "view_basket_then_create_order"
    session = (3.38, 43.25)  # requests and seconds, on average
    pace = 0.27
    enter = start(create_session=643, view_basket=357)
    create_session = step(
        view_basket=(783, steady(lognormal(median=2.31, sigma=0.41))),  # n = 1,204
        create_session=(121, lognormal(median=6.9, sigma=0.52)),  # n = 186
        leave=96,  # n = 148
    )
    view_basket = step(
        create_order=(547, gamma(shape=2.61, scale=18.7)),  # n = 1,324
        create_basket_line=(225, lognormal(median=9.84, sigma=0.7)),  # n = 544
        leave=228,  # n = 553
    )
    create_basket_line = step(
        view_basket=(857, weibull(shape=1.62, scale=4.15)),  # n = 466
        leave=143,  # n = 78
    )
    create_order = step(
        view_order=(779, steady(normal(mean=2.04, sd=0.31))),  # n = 1,031
        leave=221,  # n = 293
    )
    view_order = step(
        view_order=(191, exponential(mean=31.5)),  # n = 244
        leave=809,  # n = 1,031
    )


class ViewPrice(UserPath):
    """2.7% of sessions (318): 24.9 requests in one on average, all of them view_price."""

    name = "view_price"
    session = (24.94, 718.31)  # requests and seconds, on average
    enter = start(view_price=1000)
    view_price = step(
        view_price=(960, steady(normal(mean=30.0, sd=0.214))),  # n = 7,607
        leave=40,  # n = 318
    )


class Bookshop(Visitor, FastHttpUser):
    """What visitors ask for; each session is a new one, who takes one of the paths."""

    hooks = Hooks()
    tasks = shares(
        (SearchBooksThenViewBook, 792),  # n = 9,214
        (ViewBasketThenCreateOrder, 181),  # n = 2,103
        (ViewPrice, 27),  # n = 318
    )
    headers: ClassVar = {"X-Customer-Id": identity(1001, 48210)}
    sessions_per_second = 0.00962  # as recorded, on average
    before_noon = (0.27, 0.15, 0.09, 0.06, 0.06, 0.12, 0.27, 0.55, 0.82, 1.01, 1.13, 1.25)  # by hour, UTC
    after_noon = (1.4, 1.34, 1.22, 1.19, 1.25, 1.4, 1.67, 2.07, 2.35, 2.16, 1.47, 0.67)
    gap = 1800.0  # seconds of silence that end a session
    nobody = 2000000000  # an id that does not exist
    writes = True  # so another host than this machine takes --allow-writes

    def view_book(self) -> None:
        """14,104 requests; answered 200 (97.9%) and 404 (2.1%)."""
        self.send(
            "GET /api/books/{book_id}",
            params={
                "book_id": popular(1, 18400, zipf=0.83),  # n = 13,808
            },
            errors={404: 0.021},
            unknown="book_id",
        )

    def search_books(self) -> None:
        """13,138 requests; answered 200 (98.9%) and 400 (1.1%)."""
        self.send(
            "GET /api/books",
            query={
                "q": text(" abcdefghiklmnoprstuvw", 3, 5, 7, 9, 12, 24),
                "sort": one_of(("relevance", 0.842), ("price", 0.107), ("newest", 0.051)),
            },
            errors={400: 0.011},
        )

    def view_price(self) -> None:
        """7,925 requests; answered 200."""
        self.send("GET /api/books/{book_id}/price", params={"book_id": popular(1, 18400)})

    def list_reviews(self) -> None:
        """7,469 requests; answered 200."""
        self.send(
            "GET /api/books/{book_id}/reviews",
            params={
                "book_id": carried(
                    "GET /api/books/{book_id}",
                    "book_id",
                    share=0.948,
                    otherwise=popular(1, 18400, zipf=0.83),
                ),  # n = 7,397
            },
            query={"page": one_of(("1", 0.89), ("2", 0.08), ("3", 0.03))},
        )

    def view_home(self) -> None:
        """5,276 requests; answered 200 (91.2%) and 304 (8.8%)."""
        self.send("GET /")

    def list_offers(self) -> None:
        """4,944 requests; answered 200."""
        self.send("GET /api/offers", query={"limit": "12"})

    def view_basket(self) -> None:
        """2,421 requests; answered 200."""
        self.send("GET /api/baskets/{basket_id}", params={"basket_id": identity(1001, 48210)})

    def create_session(self) -> None:
        """1,538 requests; answered 303 (91.8%), 401 (1.9%) and 422 (6.3%)."""
        self.send(
            "POST /login",
            body={
                "email": formatted("email"),
                "password": text(
                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!_",
                    9,
                    12,
                    17,
                ),
            },
            form=True,
            errors={401: 0.019, 422: 0.063},
            without=["X-Customer-Id"],
        )

    def create_order(self) -> None:
        """1,324 requests; answered 201 (95.1%), 401 (1.4%) and 422 (3.5%)."""
        self.send(
            "POST /api/orders",
            body={
                "orderKey": formatted("uuid"),
                "address": {
                    "street": text("abcdefghijklmnopqrstuvwxyz", 6, 11, 14, 19, 28),
                    "zip": joined("D-", text("0123456789", 5)),
                    "country": one_of(("DE", 0.9), ("AT", 0.07), ("CH", 0.03)),
                },
                "vouchers": series(
                    joined(text("ABCDEFGHJKMNPQRSTUVWXYZ23456789", 4), "-26"),
                    0,
                    0,
                    0,
                    0,
                    1,
                    2,
                ),
                "donation": number(0.0, 5.0, 2),
                "deliverOn": formatted("date"),
                "deliverBefore": formatted("time"),
                "newsletter": one_of((False, 0.83), (True, 0.17)),
            },
            errors={401: 0.014, 422: 0.035},
            shows=["orderId"],
        )

    def view_order(self) -> None:
        """1,275 requests; answered 200 (99.2%) and 404 (0.8%)."""
        self.send(
            "GET /api/orders/{order_id}",
            params={
                "order_id": created(
                    "POST /api/orders",
                    "orderId",
                    share=0.971,
                    otherwise=popular(70211, 76903),
                ),  # n = 1,233
            },
            errors={404: 0.008},
            unknown="order_id",
        )

    def create_basket_line(self) -> None:
        """949 requests; answered 201 (95.6%), 404 (1.2%) and 422 (3.2%)."""
        self.send(
            "POST /api/baskets/{basket_id}/lines",
            params={"basket_id": identity(1001, 48210)},
            body={
                "bookId": carried(
                    "GET /api/books/{book_id}",
                    "book_id",
                    share=0.962,
                    otherwise=popular(1, 18400, zipf=0.83),
                ),  # n = 922
                "quantity": one_of((1, 0.931), (2, 0.052), (3, 0.017)),
                "gift": False,
            },
            errors={404: 0.012, 422: 0.032},
            unknown="bookId",
        )


# Written by mine (checksum da9b36fdf937a8eb). Code of yours goes into the hooks beside it.
