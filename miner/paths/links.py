"""The values of endpoints, with those among them that come from earlier in the session."""

from __future__ import annotations

from miner import workload as w
from miner.paths.asked import read_steps
from miner.paths.carried import Pair, Place, carried
from miner.paths.created import created
from miner.paths.made import made_field
from miner.paths.openapi import Document
from miner.store import Store

MOST_PLACES = 50
"""Parameters that are looked at, those of the most used endpoints first."""


def linked(
    store: Store, endpoints: dict[str, w.Endpoint], document: Document | None
) -> dict[str, w.Endpoint]:
    """The endpoints, by name, with values that come from earlier in the session where the log shows it."""
    drawn = _drawn(endpoints)
    if not drawn:
        return endpoints
    steps = read_steps(store, least=2)
    made, came = created(steps, set(drawn)), carried(steps, set(drawn))
    came = {place: of for place, of in came.items() if place not in made or _explains(of[1], made[place][1])}
    names = {endpoint.request: name for name, endpoint in endpoints.items()}
    catalogue = drawn | _one_catalogue(drawn, {place: source for place, (source, _) in came.items()})
    found: dict[Place, w.Value] = dict(catalogue)
    for place, (write, pair) in made.items():
        of = {"endpoint": names[write], "field": made_field(document, write, place[1])}
        found[place] = w.Created(**of, share=round(pair.share, 3), n=pair.n, otherwise=catalogue[place])
    for place, ((request, param), pair) in came.items():
        of = {"endpoint": names[request], "param": param}
        found[place] = w.Carried(**of, share=round(pair.share, 3), n=pair.n, otherwise=catalogue[place])
    return {name: _with(endpoint, found) for name, endpoint in endpoints.items()}


def _explains(came: Pair, made: Pair) -> bool:
    """Whether more requests have a carried value than one that a write made.

    What a write made is made by it, whoever else has shown it since.
    """
    return came.explained > made.explained


def _drawn(endpoints: dict[str, w.Endpoint]) -> dict[Place, w.Drawn]:
    """What the parameters are drawn from that may as well come from elsewhere, the most used first."""
    used = sorted(endpoints.values(), key=lambda endpoint: (-endpoint.n, endpoint.request))
    found = {
        (endpoint.request, name): value
        for endpoint in used
        for name, value in (endpoint.query | endpoint.params).items()
        if isinstance(value, w.Popular | w.LiteralValue | w.Text)
    }
    return dict(list(found.items())[:MOST_PLACES])


def _one_catalogue(drawn: dict[Place, w.Drawn], sources: dict[Place, Place]) -> dict[Place, w.Drawn]:
    """One catalogue for parameters of which one is carried to another: what is viewed is also bought.

    It spans the ids of all of them; its popularity is that of the parameter with most requests.
    """
    groups = {place: {place} for place in drawn}
    for place, source in sources.items():
        both = groups[place] | groups[source]
        groups |= dict.fromkeys(both, both)
    found: dict[Place, w.Drawn] = {}
    for place in {*sources, *sources.values()}:
        of = [value for one in sorted(groups[place]) if isinstance(value := drawn[one], w.Popular)]
        if isinstance(drawn[place], w.Popular):
            most = max(of, key=lambda value: value.n)
            ends = {"low": min(value.low for value in of), "high": max(value.high for value in of)}
            found[place] = most.model_copy(update=ends)
    return found


def _with(endpoint: w.Endpoint, found: dict[Place, w.Value]) -> w.Endpoint:
    """The endpoint with the values that were found for it."""
    parts = {
        part: {
            name: found.get((endpoint.request, name), value)
            for name, value in getattr(endpoint, part).items()
        }
        for part in ("query", "params")
    }
    return endpoint.model_copy(update=parts)
