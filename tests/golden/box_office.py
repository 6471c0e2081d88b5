"""The traffic of box_office as a load test: 3 user paths over 9 endpoints.

Measured from edge-2026-06-12.json.gz, 2026-06-12: 9,100 sessions of 79,164 requests. Visitors are told
apart by user; a silence of 900 s ends a session; the clock of the log ticks every 1 s.

What could not be known:
- What people wrote in bodies: made up from the OpenAPI document (8.6% of requests).

Look at these before you run it against a service that matters:
- POST /v1/payments looks like a payment (3.7% of requests).
- DELETE /v1/seats/{seat_id}/hold deletes (0.3% of requests).

How to read it: `search=(424, exponential(mean=5.0))` means that of 1,000 who are at a step 424 go on to
search, after a pause of 5 s on average. `pace` is how much visitors differ: the standard deviation of the
logarithm of the factor by which one pauses longer than another. Counts in comments are what was recorded.

Run it with Locust's web UI, or for ten minutes without:

    locust -f box_office.py --host http://127.0.0.1:8000
    locust -f box_office.py --host http://127.0.0.1:8000 --headless -u 50 -r 50 --session-run-time 600

A session takes about 57 s, and starts when it is due, whatever the service does. 50 users have time for
0.585 sessions a second, 0.926 times the 0.632 that were recorded on average; --sessions-per-second sets
another rate, and one session a second takes 86 users. The end of the log says whether any started late. A
step that failed is no reason to leave: none is known. Other options: --arrivals and --mix change when
sessions start and on which paths, --speed 10 divides the pauses, --seed 7 gives the same sessions again
(but for names that have to be new), --test-users FILE.csv has a line for each user that may be used,
--max-rps is the ceiling of requests per second that are planned, and --allow-writes is needed to change
data on another machine; --help has them all. What to change where: figures in box_office.toml, then `mine
generate`; logins, headers and checks in box_office_hooks.py.
"""

from __future__ import annotations

from typing import ClassVar

from box_office_hooks import Hooks
from box_office_runtime import (
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
    listed,
    lognormal,
    mixture,
    normal,
    number,
    one_of,
    popular,
    quantiles,
    shares,
    start,
    steady,
    step,
    text,
    weibull,
)
from locust import FastHttpUser


class JoinQueueThenViewPlace(UserPath):
    """64.5% of sessions (5,874): 11.9 requests in one on average, above all view_place 7.8 times,
    list_seats 1.1 times and join_queue 1.0 times.
    """

    name = "join_queue_then_view_place"
    session = (11.93, 68.27)  # requests and seconds, on average
    pace = 0.21
    enter = start(create_account=617, join_queue=383)
    create_account = step(
        join_queue=(889, lognormal(median=6.14, sigma=0.52)),  # n = 3,397
        create_account=(51, lognormal(median=17.5, sigma=0.6)),  # n = 194
        leave=60,  # n = 229
    )
    join_queue = step(
        view_place_after_join_queue=(984, steady(normal(mean=2.0, sd=0.116))),  # n = 5,554
        leave=16,  # n = 91
    )
    view_place_after_join_queue = step(
        "view_place",
        view_place=(933, steady(normal(mean=5.0, sd=0.127))),  # n = 5,181
        list_seats=(45, exponential(mean=1.57)),  # n = 251
        leave=22,  # n = 122
    )
    view_place = step(
        view_place=(871, steady(normal(mean=5.0, sd=0.127))),  # n = 34,867
        list_seats=(95, exponential(mean=1.57)),  # n = 3,797
        leave=34,  # n = 1,384
    )
    list_seats = step(
        hold_seat=(659, gamma(shape=2.21, scale=3.04)),  # n = 4,287
        list_seats=(192, lognormal(median=4.4, sigma=0.71)),  # n = 1,245
        leave=149,  # n = 966
    )
    hold_seat = step(
        pay=(503, weibull(shape=1.73, scale=47.6)),  # n = 2,157
        list_seats=(244, lognormal(median=2.53, sigma=0.41)),  # n = 1,044
        release_seat=(
            64,
            mixture(
                weight=0.71,
                first=lognormal(median=21.4, sigma=0.66),
                second=steady(normal(mean=120.0, sd=1.4)),
            ),
        ),  # n = 275
        leave=189,  # n = 811
    )
    release_seat = step(
        list_seats=(585, gamma(shape=1.7, scale=4.2)),  # n = 161
        leave=415,  # n = 114
    )
    pay = step(
        view_order=(816, steady(lognormal(median=1.86, sigma=0.36))),  # n = 1,760
        leave=184,  # n = 397
    )
    view_order = step(
        leave=1000,  # n = 1,760
    )


class ViewEvent(UserPath):
    """26.6% of sessions (2,417): 2.1 requests in one on average, above all view_event 1.4 times and
    list_seats 0.7 times.
    """

    name = "view_event"
    session = (2.1, 19.88)  # requests and seconds, on average
    enter = start(view_event=1000)
    view_event = step(
        view_event=(306, lognormal(median=14.2, sigma=1.12)),  # n = 1,064
        list_seats=(267, lognormal(median=9.7, sigma=0.83)),  # n = 928
        leave=427,  # n = 1,489
    )
    list_seats = step(
        list_seats=(418, lognormal(median=7.06, sigma=0.88)),  # n = 666
        leave=582,  # n = 928
    )


class ListSeatsThenPay(StraightPath):
    """8.9% of sessions (809): view_event, then list_seats, then hold_seat, then pay, then view_order."""

    name = "list_seats_then_pay"
    session = (5.0, 85.94)  # requests and seconds, on average
    pace = 0.34
    tasks = line(
        ask("view_event", lognormal(median=8.8, sigma=0.72)),  # n = 809
        ask("list_seats", gamma(shape=2.94, scale=5.1)),  # n = 809
        ask("hold_seat", quantiles(8.0, 24.0, 33.0, 45.0, 71.0, 164.0)),  # n = 809
        ask("pay", normal(mean=2.4, sd=0.52)),  # n = 809
        ask("view_order"),  # n = 809
    )


class BoxOffice(Visitor, FastHttpUser):
    """What visitors ask for; each session is a new one, who takes one of the paths."""

    hooks = Hooks()
    tasks = shares(
        (JoinQueueThenViewPlace, 645),  # n = 5,874
        (ViewEvent, 266),  # n = 2,417
        (ListSeatsThenPay, 89),  # n = 809
    )
    headers: ClassVar = {"X-Account-Id": identity(1, 61840)}
    sessions_per_second = 0.632  # as recorded, on average
    gap = 900.0  # seconds of silence that end a session
    nobody = 2000000000  # an id that does not exist
    writes = True  # so another host than this machine takes --allow-writes

    def view_place(self) -> None:
        """45,602 requests; answered 200."""
        self.send(
            "GET /v1/queue/{ticket}",
            params={
                "ticket": created(
                    "POST /v1/events/{event_id}/queue",
                    "ticket",
                    share=0.998,
                    otherwise=popular(1, 9100),
                ),  # n = 42,546
            },
        )

    def list_seats(self) -> None:
        """8,901 requests; answered 200 (98.3%) and 400 (1.7%)."""
        self.send(
            "GET /v1/events/{event_id}/seats",
            params={
                "event_id": carried(
                    "POST /v1/events/{event_id}/queue",
                    "event_id",
                    share=0.94,
                    otherwise=one_of(
                        ("arena-2026-09-11", 0.548),
                        ("arena-2026-09-12", 0.327),
                        ("arena-2026-09-13", 0.125),
                    ),
                ),  # n = 8,799
            },
            query={
                "block": joined(text("ABCDEFGH", 1), text("0123456789", 2)),
                "together": one_of(("1", 0.31), ("2", 0.52), ("4", 0.17)),
            },
            errors={400: 0.017},
            shows=["seatId"],
        )

    def join_queue(self) -> None:
        """5,645 requests; answered 201 (98.6%) and 401 (1.4%)."""
        self.send(
            "POST /v1/events/{event_id}/queue",
            params={
                "event_id": one_of(
                    ("arena-2026-09-11", 0.548),
                    ("arena-2026-09-12", 0.327),
                    ("arena-2026-09-13", 0.125),
                ),
            },
            body={},
            errors={401: 0.014},
            shows=["ticket"],
        )

    def hold_seat(self) -> None:
        """5,096 requests; answered 200 (80.3%), 404 (0.9%) and 409 (18.8%)."""
        self.send(
            "PUT /v1/seats/{seat_id}/hold",
            params={"seat_id": listed("GET /v1/events/{event_id}/seats", "seatId")},
            errors={404: 0.009, 409: 0.188},
            unknown="seat_id",
        )

    def view_event(self) -> None:
        """4,290 requests; answered 200."""
        self.send(
            "GET /v1/events/{event_id}",
            params={
                "event_id": one_of(
                    ("arena-2026-09-11", 0.548),
                    ("arena-2026-09-12", 0.327),
                    ("arena-2026-09-13", 0.125),
                ),
            },
        )

    def create_account(self) -> None:
        """3,820 requests; answered 201 (93.4%), 409 (4.7%) and 422 (1.9%)."""
        self.send(
            "POST /v1/accounts",
            body={
                "email": formatted("email"),
                "name": text("abcdefghijklmnopqrstuvwxyz", 5, 8, 11, 13, 21),
                "bornOn": formatted("date"),
            },
            errors={409: 0.047, 422: 0.019},
            without=["X-Account-Id"],
            identifies="accountId",
        )

    def pay(self) -> None:
        """2,966 requests; answered 303 (94.1%), 401 (0.8%) and 422 (5.1%)."""
        self.send(
            "POST /v1/payments",
            body={
                "seat": carried(
                    "PUT /v1/seats/{seat_id}/hold",
                    "seat_id",
                    share=0.977,
                    otherwise=popular(1, 42000),
                ),  # n = 2,793
                "method": one_of(("card", 0.79), ("invoice", 0.12), ("voucher", 0.09)),
                "amount": number(19.0, 189.0, 2),
                "token": formatted("uuid"),
            },
            form=True,
            errors={401: 0.008, 422: 0.051},
            shows=["id"],
        )

    def view_order(self) -> None:
        """2,569 requests; answered 200."""
        self.send(
            "GET /v1/orders/{order_id}",
            params={
                "order_id": created(
                    "POST /v1/payments",
                    "id",
                    share=1.0,
                    otherwise=popular(1, 6000),
                ),  # n = 2,519
            },
        )

    def release_seat(self) -> None:
        """275 requests; answered 204 (98.4%) and 404 (1.6%)."""
        self.send(
            "DELETE /v1/seats/{seat_id}/hold",
            params={
                "seat_id": carried(
                    "PUT /v1/seats/{seat_id}/hold",
                    "seat_id",
                    share=0.991,
                    otherwise=popular(1, 42000),
                ),  # n = 256
            },
            errors={404: 0.016},
            unknown="seat_id",
        )


# Written by mine (checksum 1586b62d89e8ed4e). Code of yours goes into the hooks beside it.
