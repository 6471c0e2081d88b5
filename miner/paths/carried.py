"""Values from earlier in the session: the item that was viewed is bought, the order that was made is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from miner import workload as w
from miner.paths.asked import Step, read_steps
from miner.store import Store

MOST_PLACES = 50
"""Parameters that are looked at, those of the most used endpoints first."""
FEW = 30
"""Requests below which nothing is said."""
CLEAR = 0.1
"""Share of requests, beyond what chance does, that must have the earlier value."""
SURE = 5.0
"""Standard deviations that it must be from chance: one of some hundred pairs of parameters is tested."""
MADE = 0.5
"""The same share for a value that a write made: few would guess an id that nobody used before."""
WRITES = ("POST ", "PUT ")

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
    new: float = 0.0
    """Share of values that are new where nothing made them."""

    @property
    def chance(self) -> float:
        """The share that would be the same if values were drawn by their popularity alone."""
        both = sum(times * self.sources[value] for value, times in self.targets.items())
        return self.new + both / max(self.n, 1) ** 2

    @property
    def share(self) -> float:
        """The share that came from there: what is the same, less what chance does to the rest."""
        return max(0.0, (self.same / self.n - self.chance) / max(1 - self.chance, 1e-9)) if self.n else 0.0

    def clear(self, least: float) -> bool:
        """Whether the share is at least that, and no chance."""
        noise = (self.n * self.chance * (1 - self.chance)) ** 0.5
        far = self.same - self.n * self.chance > SURE * max(noise, 1.0)
        return self.n >= FEW and self.share >= least and far


def carried(steps: Iterable[Step], free: set[Place]) -> dict[Place, tuple[Place, Pair]]:
    """For each of the `free` parameters whose value is carried, where from and how often.

    Of several sources it is the one that explains most requests; the parameter itself is one, where a
    visitor asks for the same again.
    """
    pairs: dict[tuple[Place, Place], Pair] = {}
    last: dict[int, dict[Place, str]] = {}
    for step in steps:
        seen = last.setdefault(step.session, {})
        for name, value in step.values.items():
            place = step.endpoint, name
            if place in free:
                for source, before in seen.items():
                    pair = pairs.setdefault((place, source), Pair())
                    pair.n += 1
                    pair.same += before == value
                    pair.sources[before] += 1
                    pair.targets[value] += 1
        if step.good:
            seen.update({(step.endpoint, name): value for name, value in step.values.items()})
    found: dict[Place, tuple[Place, Pair]] = {}
    for (place, source), pair in pairs.items():
        if source in free and pair.clear(CLEAR) and pair.n * pair.share > _explained(found.get(place)):
            found[place] = source, pair
    return found


def linked(store: Store, endpoints: dict[str, w.Endpoint]) -> dict[str, w.Endpoint]:
    """The endpoints, by name, with values that come from earlier in the session where the log shows it."""
    names = {endpoint.request: name for name, endpoint in endpoints.items()}
    used = sorted(endpoints.values(), key=lambda endpoint: (-endpoint.n, endpoint.request))
    places = [
        (one.request, name)
        for one in used
        for name, value in (one.query | one.params).items()
        if isinstance(value, w.Popular | w.LiteralValue | w.Text)
    ]
    free = set(places[:MOST_PLACES])
    if not free:
        return endpoints
    steps = read_steps(store, least=2)
    made, came = created(steps, free), carried(steps, free)
    found = dict(endpoints)
    for place in sorted(free & (made.keys() | came.keys())):
        request, param = place
        endpoint = found[names[request]]
        part = "params" if param in endpoint.params else "query"
        drawn = getattr(endpoint, part)[param]
        value = _value(drawn, made.get(place), came.get(place), names)
        found[names[request]] = endpoint.model_copy(update={part: getattr(endpoint, part) | {param: value}})
    return found


def _value(
    drawn: w.Drawn, made: tuple[str, Pair] | None, came: tuple[Place, Pair] | None, names: dict[str, str]
) -> w.Value:
    """Whichever explains more requests; what a write made is made by it, whoever else has shown it since."""
    if made and made[1].n * made[1].share >= _explained(came):
        write, pair = made
        return w.Created(endpoint=names[write], share=round(pair.share, 3), n=pair.n, otherwise=drawn)
    if came is None:
        return drawn
    (request, param), pair = came
    return w.Carried(
        endpoint=names[request], param=param, share=round(pair.share, 3), n=pair.n, otherwise=drawn
    )


def _explained(best: tuple[Place, Pair] | None) -> float:
    return best[1].n * best[1].share if best else 0.0


def created(steps: Iterable[Step], free: set[Place]) -> dict[Place, tuple[str, Pair]]:
    """For each of the `free` parameters whose value a write made, which write and how often.

    A value counts as made if nobody had it before the session's first successful write of a kind, and the
    session has it after. Chance is how often values are new in sessions without a write.
    """
    known: set[tuple[str, str]] = set()
    own: dict[int, dict[str, set[str]]] = {}
    """By session and write: the values that were new after it."""
    made: dict[tuple[Place, str], Pair] = {}
    unmade: dict[Place, list[bool]] = {}
    for step in steps:
        writes = own.setdefault(step.session, {})
        for place, value in _free(step, free):
            new = (place[1], value) not in known
            known.add((place[1], value))
            if not writes:
                unmade.setdefault(place, []).append(new)
            for write, values in writes.items():
                _after(made.setdefault((place, write), Pair()), value, values, new=new)
        if step.good and step.endpoint.startswith(WRITES):
            writes.setdefault(step.endpoint, set())
    return _surely_made(
        made, {place: sum(news) / len(news) for place, news in unmade.items() if len(news) >= FEW}
    )


def _free(step: Step, free: set[Place]) -> list[tuple[Place, str]]:
    return [
        ((step.endpoint, name), value) for name, value in step.values.items() if (step.endpoint, name) in free
    ]


def _after(pair: Pair, value: str, values: set[str], *, new: bool) -> None:
    """One more request after a write, which has made `values` so far."""
    pair.n += 1
    pair.same += new or value in values
    if new:
        values.add(value)


def _surely_made(
    made: dict[tuple[Place, str], Pair], chance: dict[Place, float]
) -> dict[Place, tuple[str, Pair]]:
    """Of the writes that could have made each parameter's values, the likeliest.

    What is read at /orders/{id} was made at /orders; else by the write after which most values are new.
    """
    found: dict[Place, tuple[str, Pair]] = {}
    best: dict[Place, tuple[bool, float, int]] = {}
    for (place, write), pair in made.items():
        pair.new = chance.get(place, 0.0)
        collection = write.partition(" ")[2] + f"/{{{place[1]}}}"
        route = place[0].partition(" ")[2] + "/"
        rank = route.startswith(collection + "/"), pair.share, pair.n
        if pair.clear(MADE) and write != place[0] and rank > best.get(place, (False, 0.0, 0)):
            found[place], best[place] = (write, pair), rank
    return found
