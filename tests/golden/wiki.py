"""The traffic of wiki as a load test: 1 user path over 4 endpoints.

Measured from wiki.access.log and wiki.access.log.1, 2026-03-01 to 2026-03-28: 15,211 sessions of 81,020
requests. Visitors are told apart by address + agent; a silence of 1500 s ends a session; the clock of the
log ticks every 1 s.

What could not be known:
- The body of POST /pages/{slug}/comments: no log has it; give --openapi (0.6% of requests).

How to read it: `search=(424, exponential(mean=5.0))` means that of 1,000 who are at a step 424 go on to
search, after a pause of 5 s on average. `pace` is how much visitors differ: the standard deviation of the
logarithm of the factor by which one pauses longer than another. Counts in comments are what was recorded.

Run it with Locust's web UI, or for ten minutes without:

    locust -f wiki.py --host http://127.0.0.1:8000
    locust -f wiki.py --host http://127.0.0.1:8000 --headless -u 50 -r 50 --session-run-time 600

A session takes about 167 s, and starts when it is due, whatever the service does: as many a second as the
users have time for, or as many as --sessions-per-second says (0.00629 were recorded), for which it takes
1.5 x 167 users each. The end of the log says whether any started late. Other options: --speed 10 divides
the pauses, --seed 7 gives the same sessions again (but for names that have to be new), --test-users
FILE.csv has a line for each user that may be used, --max-rps is the ceiling of requests per second that
are planned, and --allow-writes is needed to change data on another machine. What to change where: figures
in wiki.toml, then `mine generate`; logins, headers and checks in wiki_hooks.py.
"""

from __future__ import annotations

from locust import FastHttpUser
from wiki_hooks import Hooks
from wiki_runtime import (
    UserPath,
    Visitor,
    carried,
    exponential,
    formatted,
    gamma,
    lognormal,
    normal,
    one_of,
    series,
    shares,
    start,
    steady,
    step,
    text,
)


class Read(UserPath):
    """100.0% of sessions (15,211): 3.5 requests in one on average, above all view_page 2.9 times,
    search_pages 0.5 times and comment_page 0.0 times.
    """

    name = "read"
    pace = 0.5
    enter = start(view_page=700, search_pages=300)
    view_page = step(
        view_page=(600, lognormal(median=34.0, sigma=1.2)),  # n = 41,000
        search_pages=(80, exponential(mean=60.0)),  # n = 5,500
        save_page=(10, gamma(shape=1.2, scale=200.0)),  # n = 610
        comment_page=(10, lognormal(median=80.0, sigma=0.7)),  # n = 480
        leave=300,  # n = 20,400
    )
    search_pages = step(
        view_page=(800, lognormal(median=6.0, sigma=0.6)),  # n = 7,800
        leave=200,  # n = 1,950
    )
    save_page = step(
        view_page=(1000, steady(normal(mean=1.0, sd=0.3))),  # n = 610
    )
    comment_page = step(
        leave=1000,  # n = 480
    )


class Wiki(Visitor, FastHttpUser):
    """What visitors ask for; each session is a new one, who takes one of the paths."""

    hooks = Hooks()
    tasks = shares(
        (Read, 1),  # n = 15,211
    )
    sessions_per_second = 0.00629  # as recorded
    session_seconds = 167.29  # on average, at the recorded speed
    session_requests = 3.47  # on average
    sessions_per_user = 0.00399  # a second; --sessions-per-second overrules it
    gap = 1500.0  # seconds of silence that end a session
    nobody = 2000000000  # an id that does not exist
    writes = True  # so another host than this machine takes --allow-writes

    def view_page(self) -> None:
        """70,120 requests; answered 200 (96.0%) and 404 (4.0%)."""
        self.send(
            "GET /pages/{slug}",
            params={
                "slug": one_of(
                    ("onboarding", 0.3),
                    ("release-notes", 0.25),
                    ("who-is-who", 0.25),
                    ("how-we-deploy", 0.2),
                ),
            },
            errors={404: 0.04},
            unknown="slug",
        )

    def search_pages(self) -> None:
        """9,800 requests; answered 200 (100.0%)."""
        self.send("GET /search", query={"q": text("abcdefghijklmnopqrstuvwxyz\xe4\xf6\xfc", 4, 7, 11)})

    def save_page(self) -> None:
        """620 requests; answered 200 (90.0%), 401 (6.0%) and 422 (4.0%)."""
        self.send(
            "PUT /pages/{slug}",
            params={
                "slug": carried("GET /pages/{slug}", "slug", share=0.97, otherwise="sandbox"),  # n = 601
            },
            body={
                "text": text("abcdefghijklmnopqrstuvwxyz ", 80, 300, 900),
                "tags": series(one_of(("draft", 0.5), ("final", 0.5)), 0, 1, 2),
                "meta": {"savedAt": formatted("date-time"), "minor": one_of((True, 0.4), (False, 0.6))},
            },
            errors={401: 0.06, 422: 0.04},
        )

    def comment_page(self) -> None:
        """480 requests; answered 201 (100.0%)."""
        self.send("POST /pages/{slug}/comments", params={"slug": "onboarding"})


# Written by mine (checksum e2760df37736463d). Code of yours goes into the hooks beside it.
