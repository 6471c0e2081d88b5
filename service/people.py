"""Who there is and who knows whom: a made population.

Most people have few friends and some have very many. In Facebook of May 2011, 721 million people, they had
190 friends on average, 99 in the median and 5000 at most; the more friends, the fewer people had as many, but
not by a power law (Ugander, Karrer, Backstrom, Marlow: The Anatomy of the Facebook Social Graph, 2011,
https://arxiv.org/abs/1111.4503). So a person's popularity is lognormal here, with that ratio of mean to
median, and at most that of the largest to the median, and two people know each other in proportion to the
product of theirs (Chung, Lu: Connected components in random graphs with given expected degree sequences,
2002).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np

from service.chance import Chance, Numbers
from service.names import usernames

FRIENDS_EACH = 100
"""Friends of a user, on average: half of Facebook's, and so many that few users have none to remove."""
REQUESTS_EACH = 60
"""Pending friend requests to a user, on average."""
MOST_PAIRS = 3_600_000
"""Friendships and requests together, at most, since each takes microseconds, most of them for its indexes.

Up to 32,000 users have the numbers above, a million have a thirtieth of each.
"""

SEEDED_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""When everything was created; the clock would make each database another."""

MEAN, MEDIAN, MOST = 190, 99, 5000
SIGMA = sqrt(2 * log(MEAN / MEDIAN))
"""Standard deviation of the log of popularity: mean / median = exp(SIGMA**2 / 2) in a lognormal law."""
CLASSES = 4096
"""Different popularities: those of as many equal parts of a population."""
SCALE = 1000
"""Popularity of the median; whole numbers are the same on every processor."""
POPULARITY: Numbers = np.array(
    [
        round(SCALE * min(exp(SIGMA * NormalDist().inv_cdf((rank + 0.5) / CLASSES)), MOST / MEDIAN))
        for rank in range(CLASSES)
    ]
)


@dataclass(frozen=True)
class People:
    """Users by id, the first of whom is 1, and what is between them."""

    usernames: list[str]
    friends: tuple[Numbers, Numbers]
    """The lower and the higher id of each friendship, in the order of the ids."""
    requests: tuple[Numbers, Numbers]
    """Who asked, and who was asked, in the order of asking."""


def draw_people(count: int, seed: int, most_pairs: int = MOST_PAIRS) -> People:
    """`count` people. Nobody is a friend of theirs twice, and nobody asks a friend, or somebody who asked."""
    chance = Chance(seed)
    names = usernames(count, chance)
    pairs = _pairs(count, _wanted(count, most_pairs), chance)
    # A friendship counts for both users, a request only for the one who is asked.
    friends = len(pairs) * FRIENDS_EACH // (FRIENDS_EACH + 2 * REQUESTS_EACH)
    low, high = _ids(pairs[friends:], count)
    asks_up = chance.below(2, len(low)) == 0
    asked = (np.where(asks_up, low, high), np.where(asks_up, high, low))
    return People(names, _ids(np.sort(pairs[:friends]), count), asked)


def _wanted(people: int, most: int) -> int:
    """How many pairs know each other: where there are too few for everyone, half of all."""
    return min(people * (FRIENDS_EACH + 2 * REQUESTS_EACH) // 2, people * (people - 1) // 4, most)


def _pairs(people: int, wanted: int, chance: Chance) -> Numbers:
    """Different pairs of people in random order, each as one number: see `_ids`."""
    drawn = Drawn(people, chance)
    pairs: Numbers = np.empty(0, np.int64)
    while len(pairs) < wanted:
        more = (wanted - len(pairs)) * 17 // 16 + 16  # some will be there already
        one, other = drawn.ids(more), drawn.ids(more)
        new = np.minimum(one, other) * (people + 1) + np.maximum(one, other)
        pairs = _distinct(np.concatenate((pairs, new[one != other])))
    return pairs[chance.order(len(pairs))[:wanted]]


def _ids(pairs: Numbers, people: int) -> tuple[Numbers, Numbers]:
    """The lower and the higher id of each pair."""
    low = pairs // (people + 1)
    return low, pairs - low * (people + 1)


class Drawn:
    """People to draw, popular ones more often."""

    def __init__(self, people: int, chance: Chance) -> None:
        self._chance = chance
        of_person = chance.below(CLASSES, people)
        self._members = np.argsort(of_person, kind="stable") + 1
        sizes = np.bincount(of_person, minlength=CLASSES)
        self._first_member = np.cumsum(sizes) - sizes
        self._up_to = np.cumsum(sizes * POPULARITY)

    def ids(self, count: int) -> Numbers:
        """Ids of people, each as likely as they are popular."""
        ticket = self._chance.below(int(self._up_to[-1]), count)
        drawn = np.searchsorted(self._up_to, ticket, side="right")
        # Counted from the end of the class, each member has as many tickets as popularity.
        from_end = (self._up_to[drawn] - 1 - ticket) // POPULARITY[drawn]
        return self._members[self._first_member[drawn] + from_end]


def _distinct(numbers: Numbers) -> Numbers:
    """Each number once, in order."""
    numbers = np.sort(numbers)  # several times as fast as numpy.unique
    return numbers[np.diff(numbers, prepend=-1) > 0]
