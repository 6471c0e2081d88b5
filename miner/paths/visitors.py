"""Who makes the requests: each gets its visitor."""

from __future__ import annotations

from miner.errors import MinerError, TooLittleData
from miner.store import Store

KEYS = ("user", "session", "address + agent", "address")
"""What can tell visitors apart, the best first."""
MOSTLY = 0.5
"""Share of requests that must have a key for it to be chosen."""
STITCH = 1800.0
"""Seconds within which a request without a user belongs to the user who follows from its address."""


def set_visitors(store: Store, key: str | None = None) -> tuple[str, str]:
    """`requests.visitor` says who made each request. Returns the key used, and why.

    With the key `user`, requests before somebody logs in belong to the user who follows from the
    same address and agent, if there is only one within `STITCH` seconds. Raises MinerError for an
    unknown key, TooLittleData if nothing tells visitors apart.
    """
    if key is not None and key not in KEYS:
        raise MinerError(f"Visitors cannot be told apart by {key!r}.", f"Choose one of: {', '.join(KEYS)}.")
    row = store.fetch("miner.paths", "keys").to_pylist()[0]
    if not row["requests"]:
        raise TooLittleData(
            "No request in the log was made by a person.",
            "See what was left out with `mine sessions`; name a log of people's traffic.",
        )
    coverage = {
        "user": row["users"],
        "session": row["sessions"],
        "address + agent": row["agents"],
        "address": row["addresses"],
    }
    shares = {name: count / row["requests"] for name, count in coverage.items()}
    chosen = key or next((name for name in KEYS if shares[name] >= MOSTLY), None)
    if key is not None and not shares[key] and any(shares.values()):
        raise TooLittleData(
            f"No request of a person has what visitors were to be told apart by: {key}.",
            "Leave out --visitor to have the best key found.",
        )
    if chosen is None or not shares[chosen]:
        raise TooLittleData(
            "The log does not tell visitors apart: it has neither users nor addresses.",
            "Log the client's address and agent (the combined format does), or a user.",
        )
    store.run("miner.paths", "set_visitors", key=chosen, stitch=STITCH)
    why = "as asked" if key else f"{shares[chosen]:.0%} of people's requests have one"
    return chosen, why
