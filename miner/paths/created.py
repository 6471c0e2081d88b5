"""Values that a write made earlier in the session: the order that was placed is the order that is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from scipy.stats import spearmanr

from miner.paths.asked import Step
from miner.paths.carried import FEW, Pair, Place

MADE = 0.5
"""Share of requests, beyond chance, that must have what was made: nobody guesses an unused id."""
RISING = 0.8
"""Rank correlation of new numbers with time from which they rise. Not 1, because sessions overlap; of `FEW`
random numbers it was above 0.73 in none of 200,000 trials."""
WRITES = ("POST ", "PUT ")


@dataclass
class Evidence:
    """What speaks for a parameter's values having been made by one kind of write."""

    pair: Pair = field(default_factory=Pair)
    news: list[str] = field(default_factory=list)
    """The values that were new after such a write, in the order of the log."""
    nearest: int = 0
    """How often that write was the session's last one then."""
    made: int = 0
    """Requests for what those writes made if each made one."""

    def judged(self, new: float) -> Pair:
        """The pair, given how many values are new where nothing made them."""
        return replace(self.pair, new=new, most=self.made / self.pair.n)


@dataclass
class Written:
    """What one session's writes of a kind can have made, by the name of the parameter that has it."""

    writes: int = 0
    values: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The values that were new after them, and in `made` those of them for which there was a write each."""
    made: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, name: str, value: str) -> None:
        """`value` is new."""
        self.values[name].add(value)
        if len(self.made[name]) < self.writes:
            self.made[name].add(value)


@dataclass
class Uses:
    """How often a parameter had a value, and how often one that nobody had had before."""

    n: int = 0
    new: int = 0

    def count(self, *, new: bool) -> None:
        """One more."""
        self.n += 1
        self.new += new

    @property
    def share(self) -> float:
        return self.new / self.n


class Watch:
    """Which values are new after which writes, as requests pass by in the order of the log."""

    def __init__(self, free: set[Place]) -> None:
        self.free = free
        self.evidence: dict[tuple[Place, str], Evidence] = defaultdict(Evidence)
        self.uses: dict[Place, Uses] = defaultdict(Uses)
        self.before_writes: dict[Place, Uses] = defaultdict(Uses)
        """Of sessions that had written nothing so far."""
        self.writers: dict[str, int] = defaultdict(int)
        """Sessions with each kind of write."""
        self.sessions: dict[int, dict[str, Written]] = {}
        """The writes of each session, the latest last."""
        self._known: set[tuple[str, str]] = set()

    def see(self, step: Step) -> None:
        """One more request."""
        writes = self.sessions.setdefault(step.session, {})
        for name, value in step.values.items():
            if (step.endpoint, name) in self.free:
                new = step.fresh and (name, value) not in self._known
                self._use((step.endpoint, name), value, writes, new=new)
            self._known.add((name, value))
        if step.good and step.endpoint.startswith(WRITES):
            self.writers[step.endpoint] += step.endpoint not in writes
            written = writes[step.endpoint] = writes.pop(step.endpoint, Written())
            written.writes += 1

    def _use(self, place: Place, value: str, writes: dict[str, Written], *, new: bool) -> None:
        self.uses[place].count(new=new)
        if not writes:
            self.before_writes[place].count(new=new)
        for write, written in writes.items():
            evidence = self.evidence[place, write]
            if new:
                written.note(place[1], value)
                evidence.news.append(value)
                evidence.nearest += write == next(reversed(writes))
            evidence.pair.n += 1
            evidence.pair.same += value in written.values[place[1]]
            evidence.made += value in written.made[place[1]]

    def otherwise(self, place: Place, write: str) -> float | None:
        """The share of new values where that write made none; None if nobody ever did without it.

        It is taken from sessions that wrote nothing, else from those that wrote something else.
        """
        if (quiet := self.before_writes[place]).n >= FEW:
            return quiet.share
        evidence, total = self.evidence[place, write], self.uses[place]
        rest = Uses(total.n - evidence.pair.n, total.new - len(evidence.news))
        if rest.n >= FEW:
            return rest.share
        return 0.0 if len(self.sessions) - self.writers[write] >= FEW else None


def created(steps: Iterable[Step], free: set[Place]) -> dict[Place, tuple[str, Pair]]:
    """For each of the `free` parameters whose value a write made, which write and how often.

    A value counts as made if nobody had it before a successful write of the session, and the session has
    it after; each write makes one. `steps` are in the order of the log.
    """
    watch = Watch(free)
    for step in steps:
        watch.see(step)
    found: dict[Place, tuple[str, Pair]] = {}
    best: dict[Place, tuple[bool, float, int]] = {}
    for (place, write), evidence in list(watch.evidence.items()):
        chance = watch.otherwise(place, write)
        pair = evidence.judged(chance or 0.0)
        rank = _is_collection(write, place), round(pair.share, 1), evidence.nearest
        sound = rank[0] or _sounds_made(evidence.news, measured=chance is not None)
        likely = sound and write != place[0] and pair.clear(MADE)
        if likely and rank > best.get(place, (False, 0.0, 0)):
            found[place], best[place] = (write, pair), rank
    return found


def _is_collection(write: str, place: Place) -> bool:
    """Whether what is read at /orders/{id} is written at /orders."""
    collection = write.partition(" ")[2] + f"/{{{place[1]}}}"
    return f"{place[0].partition(' ')[2]}/".startswith(f"{collection}/")


def _sounds_made(news: list[str], *, measured: bool) -> bool:
    """Whether new values look as if a service gave them out: numbers rise; others were never new elsewhere.

    Without this, whatever is rarely asked for would be made by the login that comes first.
    """
    if all(value.isascii() and value.isdigit() for value in news):
        return len(news) >= FEW and float(spearmanr(range(len(news)), list(map(float, news)))[0]) >= RISING
    return measured
