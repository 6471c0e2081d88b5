"""The traffic of handbook as a load test: 1 user path over 8 endpoints.

Measured from wiki.access.log, wiki.access.log.1 and wiki.access.log.2.gz, 2026-03-02 to 2026-03-29: 4,387
sessions of 14,519 requests, of 25 % of all visitors. Visitors are told apart by address + agent; a
silence of 1500 s ends a session; the clock of the log ticks every 1 s.

What could not be known:
- The body of POST /pages/{slug}/watchers: no log has it, and the OpenAPI document does not describe it
  (0.3% of requests).
- What people wrote in bodies: made up from the OpenAPI document (3.7% of requests).

How to read it: `search=(424, exponential(mean=5.0))` means that of 1,000 who are at a step 424 go on to
search, after a pause of 5 s on average. `pace` is how much visitors differ: the standard deviation of the
logarithm of the factor by which one pauses longer than another. Counts in comments are what was recorded.

Run it with Locust's web UI, or for ten minutes without:

    locust -f handbook.py --host http://127.0.0.1:8000
    locust -f handbook.py --host http://127.0.0.1:8000 --headless -u 50 -r 50 --session-run-time 600

A session takes about 103 s, and starts when it is due, whatever the service does. 50 users have time for
0.323 sessions a second, 179 times the 0.00181 that were recorded on average; --sessions-per-second sets
another rate, and one session a second takes 155 users. The end of the log says whether any started late.
A step that failed is no reason to leave: none is known. Other options: --arrivals and --mix change when
sessions start and on which paths, --speed 10 divides the pauses, --seed 7 gives the same sessions again
(but for names that have to be new), --test-users FILE.csv has a line for each user that may be used,
--max-rps is the ceiling of requests per second that are planned, and --allow-writes is needed to change
data on another machine; --help has them all. What to change where: figures in handbook.toml, then `mine
generate`; logins, headers and checks in handbook_hooks.py.
"""

from __future__ import annotations

from typing import ClassVar

from handbook_hooks import Hooks
from handbook_runtime import (
    UserPath,
    Visitor,
    carried,
    exponential,
    formatted,
    gamma,
    joined,
    lognormal,
    mixture,
    normal,
    one_of,
    popular,
    series,
    shares,
    start,
    steady,
    step,
    text,
    weibull,
)
from locust import FastHttpUser


class ViewPage(UserPath):
    """All sessions (4,387): 3.3 requests in one on average, above all view_page 2.3 times, search_pages
    0.6 times and list_changes 0.2 times.
    """

    name = "view_page"
    session = (3.3, 103.08)  # requests and seconds, on average
    enter = start(view_page=705, search_pages=214, list_changes=81)
    view_page = step(
        view_page=(
            436,
            mixture(
                weight=0.36,
                first=lognormal(median=3.9, sigma=0.61),
                second=lognormal(median=52.7, sigma=1.04),
            ),
        ),  # n = 4,429
        search_pages=(134, exponential(mean=37.2)),  # n = 1,365
        update_page=(31, gamma(shape=1.42, scale=118.0)),  # n = 314
        view_history=(15, lognormal(median=12.6, sigma=0.9)),  # n = 155
        create_attachment=(7, weibull(shape=0.91, scale=64.0)),  # n = 66
        create_host=(8, gamma(shape=1.1, scale=95.0)),  # n = 80
        create_watcher=(4, lognormal(median=44.0, sigma=0.8)),  # n = 41
        leave=365,  # n = 3,700
    )
    search_pages = step(
        view_page=(715, lognormal(median=5.83, sigma=0.64)),  # n = 1,937
        search_pages=(150, lognormal(median=8.2, sigma=0.59)),  # n = 405
        leave=135,  # n = 365
    )
    list_changes = step(
        list_changes=(617, steady(normal(mean=60.0, sd=0.31))),  # n = 575
        view_page=(228, exponential(mean=41.3)),  # n = 213
        leave=155,  # n = 145
    )
    update_page = step(
        view_page=(810, steady(lognormal(median=1.12, sigma=0.27))),  # n = 282
        update_page=(98, exponential(mean=58.0)),  # n = 34
        leave=92,  # n = 32
    )
    view_history = step(
        view_page=(761, lognormal(median=10.4, sigma=0.71)),  # n = 118
        leave=239,  # n = 37
    )
    create_attachment = step(
        view_page=(833, steady(lognormal(median=1.31, sigma=0.3))),  # n = 55
        leave=167,  # n = 11
    )
    create_host = step(
        create_host=(328, lognormal(median=29.0, sigma=0.55)),  # n = 39
        view_page=(202, exponential(mean=16.0)),  # n = 24
        leave=470,  # n = 56
    )
    create_watcher = step(
        leave=1000,  # n = 41
    )


class Handbook(Visitor, FastHttpUser):
    """What visitors ask for; each session is a new one, who takes one of the paths."""

    hooks = Hooks()
    tasks = shares(
        (ViewPage, 1),  # n = 4,387
    )
    headers: ClassVar = {"Accept-Language": one_of(("de", 0.66), ("en", 0.34))}
    sessions_per_second = 0.00181  # as recorded, on average
    before_noon = (0.04, 0.02, 0.02, 0.02, 0.04, 0.12, 0.44, 1.28, 2.35, 2.61, 2.47, 2.06)  # by hour, UTC
    after_noon = (1.42, 1.91, 2.41, 2.29, 1.96, 1.22, 0.56, 0.28, 0.18, 0.14, 0.1, 0.06)
    gap = 1500.0  # seconds of silence that end a session
    nobody = 2000000000  # an id that does not exist
    writes = True  # so another host than this machine takes --allow-writes

    def view_page(self) -> None:
        """10,150 requests; answered 200 (87.1%), 304 (9.2%) and 404 (3.7%)."""
        self.send(
            "GET /pages/{slug}",
            params={
                "slug": one_of(
                    ("home", 0.287),
                    ("on-call", 0.158),
                    ("release-checklist", 0.121),
                    ("who-is-who", 0.113),
                    ("how-we-deploy", 0.098),
                    ("first-week", 0.087),
                    ("travel-expenses", 0.071),
                    ("postmortems", 0.065),
                ),
            },
            errors={404: 0.037},
            unknown="slug",
        )

    def search_pages(self) -> None:
        """2,707 requests; answered 200."""
        self.send("GET /search", query={"q": text("a\xe4bcdefghiklmno\xf6prs\xdftu\xfcvwz ", 3, 5, 7, 9, 16)})

    def list_changes(self) -> None:
        """933 requests; answered 200."""
        self.send("GET /changes", query={"since": formatted("date-time"), "limit": "50"})

    def update_page(self) -> None:
        """348 requests; answered 200 (92.8%), 409 (2.9%) and 422 (4.3%)."""
        self.send(
            "PUT /pages/{slug}",
            params={
                "slug": carried(
                    "GET /pages/{slug}",
                    "slug",
                    share=0.966,
                    otherwise=one_of(
                        ("home", 0.287),
                        ("on-call", 0.158),
                        ("release-checklist", 0.121),
                        ("who-is-who", 0.113),
                        ("how-we-deploy", 0.098),
                        ("first-week", 0.087),
                        ("travel-expenses", 0.071),
                        ("postmortems", 0.065),
                    ),
                ),  # n = 327
            },
            body={
                "text": text(" .,abcdefghijklmnopqrstuvwxyz", 60, 310, 740, 1500, 4200),
                "tags": series(one_of(("draft", 0.41), ("howto", 0.38), ("policy", 0.21)), 0, 1, 1, 2, 4),
                "meta": {
                    "savedAt": formatted("date-time"),
                    "minor": one_of((True, 0.37), (False, 0.63)),
                    "links": series(formatted("uri"), 0, 0, 1, 3),
                },
            },
            errors={409: 0.029, 422: 0.043},
        )

    def view_history(self) -> None:
        """155 requests; answered 200."""
        self.send(
            "GET /pages/{slug}/history",
            params={
                "slug": carried(
                    "GET /pages/{slug}",
                    "slug",
                    share=0.957,
                    otherwise=one_of(
                        ("home", 0.287),
                        ("on-call", 0.158),
                        ("release-checklist", 0.121),
                        ("who-is-who", 0.113),
                        ("how-we-deploy", 0.098),
                        ("first-week", 0.087),
                        ("travel-expenses", 0.071),
                        ("postmortems", 0.065),
                    ),
                ),  # n = 150
            },
            query={"page": popular(1, 40, zipf=1.0)},
        )

    def create_host(self) -> None:
        """119 requests; answered 201 (91.2%), 409 (6.1%) and 422 (2.7%)."""
        self.send(
            "POST /hosts",
            body={
                "name": formatted("hostname"),
                "ipv4": formatted("ipv4"),
                "ipv6": formatted("ipv6"),
                "rack": one_of((None, 0.5), (7, 0.3), (12, 0.2)),
            },
            errors={409: 0.061, 422: 0.027},
        )

    def create_attachment(self) -> None:
        """66 requests; answered 201 (94.5%) and 422 (5.5%)."""
        self.send(
            "POST /pages/{slug}/attachments",
            params={
                "slug": carried(
                    "GET /pages/{slug}",
                    "slug",
                    share=0.98,
                    otherwise=one_of(
                        ("home", 0.287),
                        ("on-call", 0.158),
                        ("release-checklist", 0.121),
                        ("who-is-who", 0.113),
                        ("how-we-deploy", 0.098),
                        ("first-week", 0.087),
                        ("travel-expenses", 0.071),
                        ("postmortems", 0.065),
                    ),
                ),  # n = 64
            },
            body={
                "name": joined(
                    text("abcdefghijklmnopqrstuvwxyz-", 4, 9, 15, 30),
                    one_of((".png", 0.71), (".pdf", 0.29)),
                ),
                "content": formatted("byte"),
            },
            errors={422: 0.055},
        )

    def create_watcher(self) -> None:
        """41 requests; answered 204."""
        self.send(
            "POST /pages/{slug}/watchers",
            params={
                "slug": one_of(
                    ("home", 0.287),
                    ("on-call", 0.158),
                    ("release-checklist", 0.121),
                    ("who-is-who", 0.113),
                    ("how-we-deploy", 0.098),
                    ("first-week", 0.087),
                    ("travel-expenses", 0.071),
                    ("postmortems", 0.065),
                ),
            },
        )


# Written by mine (checksum a191231e904ad1b4). Code of yours goes into the hooks beside it.
