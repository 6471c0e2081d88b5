"""The traffic of tickets as a load test: 2 user paths over 7 endpoints.

Measured from edge-2026-06-12.json.gz, 2026-06-12 to 2026-06-12: 9,100 sessions of 120,044 requests.
Visitors are told apart by user; a silence of 900 s ends a session; the clock of the log ticks every 1 s.

Look at these before you run it against a service that matters:
- POST /v2/payments looks like a payment (5.1% of requests).
- POST /v2/logout ends sessions (1.2% of requests).

How to read it: `search=(424, exponential(mean=5.0))` means that of 1,000 who are at a step 424 go on to
search, after a pause of 5 s on average. `pace` is how much visitors differ: the standard deviation of the
logarithm of the factor by which one pauses longer than another. Counts in comments are what was recorded.

Run it with Locust's web UI, or for ten minutes without:

    locust -f tickets.py --host http://127.0.0.1:8000
    locust -f tickets.py --host http://127.0.0.1:8000 --headless -u 50 -r 50 --session-run-time 600

A session takes about 56 s, and starts when it is due, whatever the service does: as many a second as the
users have time for, or as many as --sessions-per-second says (0.632 were recorded), for which it takes
1.5 x 56 users each. The end of the log says whether any started late. Other options: --speed 10 divides
the pauses, --seed 7 gives the same sessions again (but for names that have to be new), --test-users
FILE.csv has a line for each user that may be used, --max-rps is the ceiling of requests per second that
are planned, and --allow-writes is needed to change data on another machine. What to change where: figures
in tickets.toml, then `mine generate`; logins, headers and checks in tickets_hooks.py.
"""

from __future__ import annotations

from typing import ClassVar

from locust import FastHttpUser
from tickets_hooks import Hooks
from tickets_runtime import (
    UserPath,
    Visitor,
    created,
    exponential,
    formatted,
    gamma,
    identity,
    joined,
    listed,
    lognormal,
    normal,
    number,
    one_of,
    popular,
    shares,
    start,
    steady,
    step,
    text,
    weibull,
)


class QueueAndBuy(UserPath):
    """80.0% of sessions (7,280): 11.5 requests in one on average, above all poll_queue 6.0 times,
    list_seats 1.1 times and join_queue 1.0 times.
    """

    name = "queue_and_buy"
    pace = 0.2
    enter = start(register=1000)
    register = step(
        join_queue=(1000, lognormal(median=6.0, sigma=0.5)),  # n = 7,280
    )
    join_queue = step(
        poll_queue_after_join_queue=(1000, steady(normal(mean=2.0, sd=0.1))),  # n = 7,280
    )
    poll_queue_after_join_queue = step(
        "poll_queue",
        poll_queue=(900, steady(normal(mean=5.0, sd=0.1))),  # n = 6,550
        list_seats=(100, exponential(mean=1.5)),  # n = 730
    )
    poll_queue = step(
        poll_queue=(850, steady(normal(mean=5.0, sd=0.1))),  # n = 54,000
        list_seats=(120, exponential(mean=1.5)),  # n = 7,600
        leave=30,  # n = 1,900
    )
    list_seats = step(
        hold_seat=(800, gamma(shape=2.2, scale=3.0)),  # n = 9,600
        leave=200,  # n = 2,400
    )
    hold_seat = step(
        list_seats=(300, lognormal(median=2.5, sigma=0.4)),  # n = 3,600
        pay=(500, weibull(shape=1.7, scale=48.0)),  # n = 6,000
        leave=200,  # n = 2,400
    )
    pay = step(
        log_out=(200, lognormal(median=9.0, sigma=0.8)),  # n = 1,220
        leave=800,  # n = 4,900
    )
    log_out = step(
        leave=1000,  # n = 1,220
    )


class OnlyLook(UserPath):
    """20.0% of sessions (1,820): 2.5 requests in one on average, above all list_seats 2.5 times."""

    name = "only_look"
    enter = start(list_seats=1000)
    list_seats = step(
        list_seats=(600, lognormal(median=7.0, sigma=0.9)),  # n = 4,100
        leave=400,  # n = 2,730
    )


class Tickets(Visitor, FastHttpUser):
    """What visitors ask for; each session is a new one, who takes one of the paths."""

    hooks = Hooks()
    tasks = shares(
        (QueueAndBuy, 800),  # n = 7,280
        (OnlyLook, 200),  # n = 1,820
    )
    headers: ClassVar = {"X-Account-Id": identity(1, 60000)}
    sessions_per_second = 0.632  # as recorded
    session_seconds = 56.48  # on average, at the recorded speed
    session_requests = 9.67  # on average
    sessions_per_user = 0.0118  # a second; --sessions-per-second overrules it
    gap = 900.0  # seconds of silence that end a session
    nobody = 2000000000  # an id that does not exist
    writes = True  # so another host than this machine takes --allow-writes

    def register(self) -> None:
        """9,100 requests; answered 201 (93.0%), 409 (5.0%) and 422 (2.0%)."""
        self.send(
            "POST /v2/accounts",
            body={
                "email": formatted("email"),
                "name": text("abcdefghijklmnopqrstuvwxyz", 6, 9, 12),
                "bornOn": formatted("date"),
            },
            errors={409: 0.05, 422: 0.02},
            without=("X-Account-Id",),
            identifies="accountId",
        )

    def join_queue(self) -> None:
        """9,100 requests; answered 201 (98.0%) and 401 (2.0%)."""
        self.send(
            "POST /v2/events/{event_id}/queue",
            params={"event_id": one_of(("arena-2026-09-01", 0.7), ("arena-2026-09-02", 0.3))},
            errors={401: 0.02},
            shows=("queueTicket",),
        )

    def poll_queue(self) -> None:
        """64,010 requests; answered 200 (100.0%)."""
        self.send(
            "GET /v2/queue/{ticket_id}",
            params={
                "ticket_id": created(
                    "POST /v2/events/{event_id}/queue",
                    "queueTicket",
                    share=1.0,
                    otherwise=popular(1, 9100),
                ),  # n = 64,010
            },
        )

    def list_seats(self) -> None:
        """18,220 requests; answered 200 (100.0%)."""
        self.send(
            "GET /v2/seats",
            query={"block": joined(text("ABCDEF", 1), text("0123456789", 2))},
            shows=("seatId",),
        )

    def hold_seat(self) -> None:
        """12,010 requests; answered 200 (80.0%), 404 (2.0%) and 409 (18.0%)."""
        self.send(
            "PUT /v2/seats/{seat_id}/hold",
            params={"seat_id": listed("GET /v2/seats", "seatId")},
            errors={404: 0.02, 409: 0.18},
            unknown="seat_id",
        )

    def pay(self) -> None:
        """6,120 requests; answered 201 (96.0%) and 422 (4.0%)."""
        self.send(
            "POST /v2/payments",
            body={"method": one_of(("card", 0.8), ("invoice", 0.2)), "amount": number(19.0, 180.0, 2)},
            form=True,
            errors={422: 0.04},
        )

    def log_out(self) -> None:
        """1,484 requests; answered 204 (100.0%)."""
        self.send("POST /v2/logout")


# Written by mine (checksum b3d1e4763ff8d2ee). Code of yours goes into the hooks beside it.
