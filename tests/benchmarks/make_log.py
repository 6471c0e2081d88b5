"""A combined-format log of any length that looks like a shop's, made fast and the same for the same seed.

`python tests/benchmarks/make_log.py 5000000 access.log` writes one. Addresses are those set aside for
documentation (RFC 5737, RFC 3849), names are example.com's.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Texts: TypeAlias = "np.ndarray[Any, np.dtype[np.object_]]"

START = datetime(2026, 3, 2, tzinfo=UTC)
CHUNK_SECONDS = 1800
A_DAY = 86_400
PER_SECOND = 55
"""Requests a second, on the average of a day: 5 million are about a day."""
SITE = "https://www.example.com"
OFFSET = "+0000"
VISITORS = 20_000
TARGETS = 50_000
QUERIES = 2_000
REFERRERS = 3_000
METHODS = ["GET"] * 16 + ["POST"] * 3 + ["HEAD"]
STATUSES = [200] * 70 + [304] * 15 + [302] * 5 + [404] * 7 + [403, 500, 503]
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{0}.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{0} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.{0} Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"
AGENTS = [
    *(CHROME.format(version) for version in range(101, 136)),
    *(IPHONE.format(version) for version in range(10)),
    *(FIREFOX.format(version) for version in range(120, 132)),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.5.0",
    "-",
]
ODD = [
    '"\\x16\\x03\\x01\\x02\\x00\\x01" 400 157 "-" "-"',
    '"-" 408 0 "-" "-"',
    '"GET /cut-off HTTP/1.1" 200 51',
    '"GET /search?q=a \\"quoted\\" word HTTP/1.1" 200 512 "-" "an \\"odd\\" agent"',
    '"GET /old" 200 - "-" "-"',
    '"GET / HTTP/1.1" 2oo 512 "-" "-"',
    "\x1b[2J no log line at all",
]
"""What follows the time stamp on an odd line: some can be read all the same."""


class Parts(NamedTuple):
    """The texts that lines are put together from: `who [stamp] asked query answered came_from with_agent`."""

    who: Texts
    agents: Texts
    asked: Texts
    queries: Texts
    answered: Texts
    referrers: Texts
    odd: Texts


def make_log(path: Path, lines: int, *, seed: int = 1, odd: float = 0.0) -> None:
    """`path` is a combined log of `lines` lines, the share `odd` of them odd; the same for the same seed."""
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as log:
        for text in chunks(lines, np.random.default_rng(seed), odd):
            log.write(text.encode())
    unfinished.replace(path)


def chunks(lines: int, rng: np.random.Generator, odd: float) -> Iterator[str]:
    """The log's text, half an hour of it at a time."""
    parts = make_parts(rng)
    begin = START
    while lines > 0:
        stamps = make_stamps(begin, rng)[:lines]
        yield "".join(put_together(parts, stamps, rng, odd))
        lines -= len(stamps)
        begin += timedelta(seconds=CHUNK_SECONDS)


def make_parts(rng: np.random.Generator) -> Parts:
    """The texts to choose from, made once. Visitor number n is `who[n]` with the agent `agents[n]`."""
    addresses = [make_address(n) for n in range(VISITORS)]
    users = [f"user{n}" if n % 20 == 0 else "-" for n in range(VISITORS)]
    whose = squared(rng, len(AGENTS), VISITORS)
    return Parts(
        who=texts(f"{address} - {user} [" for address, user in zip(addresses, users, strict=True)),
        agents=texts(f'{AGENTS[n]}"\n' for n in whose),
        asked=texts(f'"{METHODS[n % len(METHODS)]} {make_target(n)}' for n in range(TARGETS)),
        queries=texts(make_queries()),
        answered=texts(
            f' HTTP/1.1" {STATUSES[n % len(STATUSES)]} {int(rng.lognormal(9, 1.5))} "' for n in range(20_000)
        ),
        referrers=texts(make_referrer(n) for n in range(REFERRERS)),
        odd=texts(f"{text}\n" for text in ODD),
    )


def make_address(n: int) -> str:
    """One of the addresses for documentation: 762 of version 4, the others of version 6."""
    block, host = divmod(n % 1524, 254)
    if block < 3:
        return f"{('192.0.2', '198.51.100', '203.0.113')[block]}.{host + 1}"
    return f"2001:db8:{n % 97:x}:{n:x}::{n % 251 + 1:x}"


def make_target(n: int) -> str:
    """A page, a call or a file of the shop."""
    if n % 10 < 2:
        return f"/static/{n:05x}/bundle-{n * 7919 % 0xFFFFFF:06x}.{('js', 'css', 'png', 'ico')[n % 4]}"
    if n % 10 < 5:
        return f"/api/v2/customers/{n}/orders/{n * 31 % 100_000}"
    return f"/shop/category-{n % 40}/item/{n * 17 % 100_000}/detail"


def make_queries() -> list[str]:
    """What follows a target: nothing, three times in four."""
    nothing = [""] * (3 * QUERIES)
    return nothing + [f"?q=word-{n % 700}&page={n % 9 + 1}&sort=price" for n in range(QUERIES)]


def make_referrer(n: int) -> str:
    """Where a visitor comes from: nowhere, one time in three."""
    if n % 3 == 0:
        return '-" "'
    if n % 10 == 1:
        return f'https://search.example.net/find?q=thing-{n}" "'
    return f'{SITE}/shop/category-{n % 40}/item/{n * 17 % 100_000}/detail" "'


def make_stamps(begin: datetime, rng: np.random.Generator) -> Texts:
    """A stamp for every request of one chunk: in order, by whole seconds, more at noon than at night."""
    moments = [begin + timedelta(seconds=n) for n in range(CHUNK_SECONDS)]
    of_the_day = (begin - START).total_seconds() % A_DAY / A_DAY
    rate = PER_SECOND * (1 - 0.8 * math.cos(2 * math.pi * of_the_day))
    return np.repeat(
        texts(f"{moment:%d/%b/%Y:%H:%M:%S} {OFFSET}] " for moment in moments),
        rng.poisson(rate, len(moments)),
    )


def put_together(parts: Parts, stamps: Texts, rng: np.random.Generator, odd: float) -> list[str]:
    """The pieces of one line for each stamp, in order."""
    count = len(stamps)
    visitors = squared(rng, VISITORS, count)
    pieces = np.empty((count, 7), dtype=object)
    pieces[:, 0] = parts.who[visitors]
    pieces[:, 1] = stamps
    pieces[:, 2] = parts.asked[squared(rng, TARGETS, count)]
    for column, choice in ((3, parts.queries), (4, parts.answered), (5, parts.referrers)):
        pieces[:, column] = choice[rng.integers(len(choice), size=count)]
    pieces[:, 6] = parts.agents[visitors]
    if odd:
        which = np.flatnonzero(rng.random(count) < odd)
        pieces[which, 2:6] = ""
        pieces[which, 6] = parts.odd[rng.integers(len(parts.odd), size=len(which))]
    return pieces.ravel().tolist()


def squared(rng: np.random.Generator, below: int, count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """`count` whole numbers below `below`, the small ones more often: some visitors and pages are popular."""
    return (rng.random(count) ** 2 * below).astype(np.int64)


def texts(given: Any) -> Texts:
    """The texts as an array that can be indexed by an array."""
    return np.array(list(given), dtype=object)


def main() -> None:
    """A log is written where the command line says."""
    parser = argparse.ArgumentParser(description="Writes a combined-format log for benchmarks.")
    parser.add_argument("lines", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--odd", type=float, default=0.0, help="share of odd lines (default 0)")
    args = parser.parse_args()
    make_log(args.path, args.lines, seed=args.seed, odd=args.odd)


if __name__ == "__main__":
    main()
