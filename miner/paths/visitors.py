"""Who makes the requests: each gets its visitor, by the key that tells visitors apart best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from miner.errors import MinerError, TooLittleData
from miner.paths.excluded import NOT_SAMPLED
from miner.store import Store

KEYS = ("user", "session", "address + agent", "address")
"""What can tell visitors apart, the best first."""
MOSTLY = 0.5
"""Share of requests that must have a key for it to be chosen."""
MERGED = 0.5
"""Share of requests by keys with many agents from which a user or session is a system's, not a person's."""
STITCH = 1800.0
"""Seconds within which a request without a user belongs to the user who follows from its address."""
WAVE = 2.0
"""Seconds for which a visitor waits for an answer: what overlaps with a longer poll was not made with it."""
BUSY = 0.2
"""Share of requests that no single visitor makes."""
FEW_AGENTS = 5
"""Agents and addresses below which nothing is estimated from them."""
MOST_VISITORS = 10_000
"""Visitors that may be behind an address."""


@dataclass(frozen=True)
class Key:
    """What could tell visitors apart, and how well. Shares are of people's requests."""

    key: str
    coverage: float
    """Of requests that have one."""
    keys: int
    """How many different ones there are."""
    requests_per_key: float
    several: float
    """Of requests that have one: of those whose key has more than 3 agents, as few people do."""
    busiest: float
    """Of the one key that makes most requests."""


@dataclass(frozen=True)
class Visitors:
    """The key that was used, why, and what is known of all keys."""

    key: str
    why: str
    keys: tuple[Key, ...]
    regular: float
    """Share of people's requests by visitors who ask at even intervals, as machines do."""
    behind: float | None
    """Visitors behind one address and agent, estimated; None where the log has no addresses or agents."""
    remarks: tuple[str, ...]


def set_visitors(store: Store, key: str | None = None, sample: float = 1.0) -> Visitors:
    """The temporary table `steps` says who made each request in `people`, and how long after the last.

    With the keys `user` and `session`, requests before somebody logs in belong to the user who follows
    from the same address and agent, if there is only one within `STITCH` seconds. Of a `sample`, that share
    of visitors is kept, by a hash of who they are. Raises MinerError for an unknown key, TooLittleData if
    nothing tells visitors apart.
    """
    if key is not None and key not in KEYS:
        raise MinerError(f"Visitors cannot be told apart by {key!r}.", f"Choose one of: {', '.join(KEYS)}.")
    total = store.fetch("miner.paths", "people").column("requests")[0].as_py()
    if not total:
        raise TooLittleData(
            "No request in the log was made by a person.",
            "See what was left out with `mine sessions`; name a log of people's traffic.",
        )
    rows = {row["key"]: row for row in store.fetch("miner.paths", "keys").to_pylist()}
    keys = tuple(_key(rows[name], total) for name in KEYS if name in rows)
    chosen, why = _choose(keys, key)
    store.run(
        "miner.paths", "set_visitors", key=chosen.key, stitch=STITCH, wave=WAVE,
        sample=sample, aside=NOT_SAMPLED,
    )  # fmt: skip
    regular = store.fetch("miner.paths", "regular").column("share")[0].as_py()
    return Visitors(chosen.key, why, keys, regular, visitors_behind(store), _remarks(chosen, regular))


def _key(row: dict[str, float], total: int) -> Key:
    return Key(
        key=str(row["key"]),
        coverage=row["requests"] / total,
        keys=int(row["keys"]),
        requests_per_key=row["requests"] / row["keys"],
        several=row["several"],
        busiest=row["most"] / total,
    )


def _choose(keys: tuple[Key, ...], asked: str | None) -> tuple[Key, str]:
    """The key to use, and why. Raises TooLittleData."""
    if not keys:
        raise TooLittleData(
            "The log does not tell visitors apart: it has neither users nor addresses.",
            "Log the client's address and agent (the combined format does), or a user.",
        )
    if asked:
        found = next((one for one in keys if one.key == asked), None)
        if found is None:
            raise TooLittleData(
                f"No request of a person has what visitors were to be told apart by: {asked}.",
                "Leave out --visitor to have the best key found.",
            )
        return found, "as asked"
    enough = [one for one in keys if one.coverage >= MOSTLY] or [max(keys, key=lambda one: one.coverage)]
    best = next((one for one in enough if not _is_shared(one)), enough[-1])
    why = f"{best.coverage:.0%} of people's requests have one"
    passed = [one.key for one in enough[: enough.index(best)]]
    if passed:
        why += f"; many agents share a {' and a '.join(passed)}"
    return best, why


def _is_shared(one: Key) -> bool:
    """Whether a user or a session is used by so many agents that it is no person's."""
    return one.key in {"user", "session"} and one.several > MERGED


def _remarks(chosen: Key, regular: float) -> tuple[str, ...]:
    found = []
    if chosen.busiest > BUSY and chosen.keys > 1:
        found.append(
            f"One visitor by {chosen.key} makes {chosen.busiest:.0%} of people's requests: a proxy or a"
            " machine? Leave it out, or tell visitors apart in another way."
        )
    if regular > BUSY:
        found.append(f"{regular:.0%} of people's requests come at even intervals, as from machines.")
    return tuple(found)


def visitors_behind(store: Store) -> float | None:
    """How many visitors there are on average behind one address and agent, estimated.

    Of n visitors who choose agents with the probabilities p, sum(1 - (1 - p) ** n) different agents are
    expected (the occupancy problem). An agent is at the share 1 - (1 - p) ** n of addresses: p follows from
    that for the n at which the sum of p is 1. Solved for n at each address, the occupancy tells its
    visitors; all of them over all agents of addresses are how many share one.
    """
    rows = store.fetch("miner.paths", "agents_by_address")
    number, of_address = rows.column("number").to_numpy(), rows.column("of_address").to_numpy()
    agents, uses = number[of_address], number[~of_address]
    if len(uses) < FEW_AGENTS or len(agents) < FEW_AGENTS:
        return None
    rare = np.log1p(-np.minimum(uses / len(agents), 1 - 1 / (2 * len(agents))))
    n = np.unique(np.geomspace(1, MOST_VISITORS, 400).round())
    sums = np.array([np.sum(-np.expm1(rare / many)) for many in n])
    common = np.interp(-1.0, -sums, n)
    misses = rare / common
    expected = np.array([np.sum(-np.expm1(many * misses)) for many in n])
    visitors = np.interp(np.minimum(agents, len(uses) - 0.5), expected, n)
    return float(np.maximum(visitors, agents).sum() / agents.sum())
