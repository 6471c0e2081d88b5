"""A made site whose truth is known: who made each request, in which session, and of which route it is."""

from __future__ import annotations

import base64
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from small_logs import request

VISITORS_PER_ADDRESS = 5
ASSETS = 20
"""Fetched with each page."""
BOT_SHARE = 0.3
"""Of the requests that are not for assets."""
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "python-requests/2.32.3",
    "curl/8.9.1",
    "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "Locust/2.47",
)
BROWSERS = tuple(
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    for system in ("X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7")
    for version in range(120, 134)
)
POPULARITY = [1 / rank for rank in range(1, len(BROWSERS) + 1)]
WORDS = ("river", "stone", "garden", "winter", "letter", "bridge", "candle", "window", "forest", "copper")
SCANNED = ("/.env", "/wp-login.php", "/.git/config", "/phpmyadmin/", "/a/../../etc/passwd", "/backup.sql")
Make = Callable[[random.Random], str]


def slug(chance: random.Random) -> str:
    """Three words and now and then a number."""
    return "-".join(chance.choices(WORDS, k=3)) + chance.choice(["", "", f"-{chance.randrange(99)}"])


def token(chance: random.Random) -> str:
    """Sixteen bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(chance.randbytes(16)).decode().rstrip("=")


ROUTES: dict[str, Make] = {
    "/": lambda _: "/",
    "/about": lambda _: "/about",
    "/login": lambda _: "/login",
    "/users/{}": lambda c: f"/users/{c.randrange(1, 5000)}",
    "/users/me": lambda _: "/users/me",
    "/users/{}/friends": lambda c: f"/users/{c.randrange(1, 5000)}/friends",
    "/orders/{}": lambda c: f"/orders/{uuid.UUID(int=c.getrandbits(128))}",
    "/orders/{}/items/{}": lambda c: f"/orders/{uuid.UUID(int=c.getrandbits(128))}/items/{c.randrange(9)}",
    "/commits/{}": lambda c: f"/commits/{c.getrandbits(160):040x}",
    "/media/{}": lambda c: f"/media/{token(c)}",
    "/archive/{}": lambda c: f"/archive/2026-{c.randrange(1, 13):02}-{c.randrange(1, 29):02}",
    "/accounts/{}": lambda c: f"/accounts/{c.choice(WORDS)}{c.randrange(99)}@example.com",
    "/blog/{}": lambda c: f"/blog/{slug(c)}",
    "/blog/{}/comments": lambda c: f"/blog/{slug(c)}/comments",
    "/invoices/{}": lambda c: f"/invoices/{c.randrange(10**7, 10**8)}.pdf",
    "/{}/help/{}": lambda c: f"/{c.choice(['en', 'de', 'pt-BR'])}/help/{c.randrange(40)}",
    "/shop/{}": lambda c: f"/shop/SKU-{c.randrange(10**5, 10**6)}",
    "/api/v1/search": lambda _: "/api/v1/search?q=x",
    "/api/v2/items/{};v=1": lambda c: f"/api/v2/items/{c.randrange(999)};v={c.randrange(9)}",
    "/tags/{}": lambda c: f"/tags/{c.choice(WORDS)}{c.choice(WORDS)}",
    "/cities/{}/": lambda c: f"/cities/{c.choice(['caf%C3%A9', 'K%C3%B6ln', 'a%20b'])}{c.choice(WORDS)}/",
}
TOGETHER = ("/api/v1/feed", "/api/v1/news", "/api/v1/weather", "/api/v1/ads", "/api/v1/friends")
"""Fetched at once by one of the pages."""


@dataclass(frozen=True)
class Truth:
    """What one request is: `route` has `{}` for parameters; bots and assets have no session."""

    what: str
    route: str | None
    session: int | None


@dataclass
class Site:
    """A log of the site, and the truth of each of its requests, in the order of time."""

    rows: list[dict[str, Any]]
    truths: list[Truth]


def made_site(seed: int, *, visitors: int = 400, users: bool = True) -> Site:
    """A site that `visitors` people use for two days. With `users`, the log names who made a request."""
    chance = random.Random(seed)
    made: list[tuple[dict[str, Any], Truth]] = []
    session = 0
    for visitor in range(visitors):
        place = visitor // VISITORS_PER_ADDRESS
        who = {
            "address": f"203.0.{place // 250}.{place % 250}",
            "agent": chance.choices(BROWSERS, POPULARITY)[0],
            "user": f"u{visitor}" if users else None,
        }
        at = chance.uniform(0, 86_400)
        for _ in range(chance.randint(1, 4)):
            session += 1
            for moment, target, truth in visit(chance, at, session):
                made.append((request(moment, target, **who), truth))
                at = moment
            at += chance.lognormvariate(9.6, 0.5)  # four hours in the median
    people = sum(truth.what == "person" for _, truth in made)
    bots = round(people * BOT_SHARE / (1 - BOT_SHARE))
    made += [(bot(chance), Truth("bot", None, None)) for _ in range(bots)]
    made.sort(key=lambda one: one[0]["started"])
    return Site([row for row, _ in made], [truth for _, truth in made])


def visit(chance: random.Random, at: float, session: int) -> Iterator[tuple[float, str, Truth]]:
    """The moments, targets and truths of one session."""
    for _ in range(chance.randint(2, 9)):
        route, make = chance.choice(list(ROUTES.items()))
        yield at, make(chance), Truth("person", route.partition(";")[0], session)
        if chance.random() < 0.1:
            for call in TOGETHER:
                yield at + chance.uniform(0.05, 0.3), call, Truth("person", call, session)
        for number in range(ASSETS):
            asset = f"/static/{number}.{chance.choice(['css', 'js', 'png'])}"
            yield at + chance.uniform(0.3, 1), asset, Truth("asset", None, None)
        at += 1 + chance.lognormvariate(2.7, 1.0)  # 15 s in the median


def bot(chance: random.Random) -> dict[str, Any]:
    """A request of a crawler or monitor; one in ten is of a scanner that claims to be a browser."""
    at = chance.uniform(0, 2 * 86_400)
    if chance.random() < 0.1:
        target = chance.choice(SCANNED)
        return request(at, target, address="198.51.100.66", agent=BROWSERS[0], status=404)
    target = chance.choice(list(ROUTES.values()))(chance)
    return request(at, target, address=f"198.51.100.{chance.randrange(9)}", agent=chance.choice(BOTS))
