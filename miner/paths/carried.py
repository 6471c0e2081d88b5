"""Values from earlier in the session: the item that was viewed is the item that is bought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from miner.paths.asked import Step

FEW = 30
"""Requests below which nothing is said."""
CLEAR = 0.1
"""Share of requests, beyond what chance does, that must have the earlier value."""
SURE = 5.0
"""Standard deviations that it must be from chance: one of some hundred pairs of parameters is tested."""

Place = tuple[str, str]
"""An endpoint, as method and route, and one of its parameters."""


@dataclass
class Pair:
    """How often a value came from earlier in the session, and how often it could have."""

    n: int = 0
    same: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    """How often each value could have been carried, and in `targets` how often each was there."""
    targets: Counter[str] = field(default_factory=Counter)
    alike: int = 0
    """How often the value was what another session had last at the source."""
    new: float = 0.0
    """Share of values that are new where nothing made them."""
    most: float = 1.0
    """The largest share that is possible."""

    @property
    def chance(self) -> float:
        """The share that would be the same if values were drawn by their popularity alone.

        Of a popularity that stays it is the sum of p(source) * p(target) over values; one that moves, such
        as that of the news of the day, makes sessions of the same time agree more often than that.
        """
        both = sum(times * self.sources[value] for value, times in self.targets.items())
        return self.new + max(both / max(self.n, 1) ** 2, self.alike / max(self.n, 1))

    @property
    def share(self) -> float:
        """The share that came from there: what is the same, less what chance does to the rest."""
        beyond = (self.same / max(self.n, 1) - self.chance) / max(1 - self.chance, 1e-9)
        return max(0.0, min(beyond, self.most))

    @property
    def explained(self) -> float:
        """How many requests have their value from there."""
        return self.n * self.share

    def clear(self, least: float) -> bool:
        """Whether the share is at least that, and no chance."""
        noise = (self.n * self.chance * (1 - self.chance)) ** 0.5
        far = self.same - self.n * self.chance > SURE * max(noise, 1.0)
        return self.n >= FEW and self.share >= least and far


class Elsewhere:
    """What each place had last, in sessions other than the one that asks."""

    def __init__(self) -> None:
        self._latest: dict[Place, tuple[int, str]] = {}
        self._before: dict[Place, tuple[int, str]] = {}
        """The latest of a session other than that of `_latest`."""

    def value(self, place: Place, session: int) -> str | None:
        """The value that another session than `session` had last, if any had one."""
        for of in (self._latest, self._before):
            if place in of and of[place][0] != session:
                return of[place][1]
        return None

    def note(self, place: Place, session: int, value: str) -> None:
        """`place` has this value now, in `session`."""
        latest = self._latest.get(place)
        if latest and latest[0] != session:
            self._before[place] = latest
        self._latest[place] = session, value


def carried(steps: Iterable[Step], free: set[Place]) -> dict[Place, tuple[Place, Pair]]:
    """For each of the `free` parameters whose value is carried, where from and how often.

    Of several sources it is the one that explains most requests; the parameter itself is one, where a
    visitor asks for the same again. `steps` are in the order of the log.
    """
    found: dict[Place, tuple[Place, Pair]] = {}
    for (place, source), pair in _pairs(steps, free).items():
        best = found[place][1].explained if place in found else 0.0
        if pair.clear(CLEAR) and pair.explained > best:
            found[place] = source, pair
    return found


def _pairs(steps: Iterable[Step], free: set[Place]) -> dict[tuple[Place, Place], Pair]:
    """Of each parameter and each that was there before it in the session."""
    pairs: dict[tuple[Place, Place], Pair] = {}
    last: dict[int, dict[Place, str]] = {}
    others = Elsewhere()
    for step in steps:
        seen = last.setdefault(step.session, {})
        here = {(step.endpoint, name): value for name, value in step.values.items()}
        here = {place: value for place, value in here.items() if place in free}
        for place, value in here.items():
            for source, before in seen.items():
                pair = pairs.setdefault((place, source), Pair())
                _compare(pair, value, before, others.value(source, step.session))
        if step.good:
            seen.update(here)
            for place, value in here.items():
                others.note(place, step.session, value)
    return pairs


def _compare(pair: Pair, value: str, before: str, elsewhere: str | None) -> None:
    pair.n += 1
    pair.same += before == value
    pair.alike += elsewhere == value
    pair.sources[before] += 1
    pair.targets[value] += 1
