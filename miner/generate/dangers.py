"""Steps that one should look at before they run: what they do to a real service cannot be undone."""

from __future__ import annotations

import re

from miner.workload import Endpoint, Workload

KINDS = {
    "ends sessions": r"log_?(out|off)|sign_?(out|off)|logoff|end_session|revoke",
    "deletes": r"delete|remove|destroy|purge|drop|cancel|unsubscribe|deactivate|close_account|erase",
    "looks like a payment": r"pay|payments?|payouts?|checkout|charges?|purchases?|buy|refunds?|billing"
    r"|invoices?|transfers?|withdraw(al)?s?|donat(e|ions?)|subscriptions?",
}
"""What words in a route, or in the name of an endpoint, seem to say."""
WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")


def dangers(workload: Workload) -> list[str]:
    """A sentence for each endpoint that logs out, deletes or pays, or looks as if it did."""
    total = sum(endpoint.n for endpoint in workload.endpoints.values())
    return [
        f"{endpoint.request} {' and '.join(kinds)}{_share(endpoint.n, total)}."
        for name, endpoint in workload.endpoints.items()
        if (kinds := _kinds(name, endpoint))
    ]


def _kinds(name: str, endpoint: Endpoint) -> list[str]:
    segments = [part for part in endpoint.route.split("/") if not part.startswith("{")]
    said = "_".join(word.lower() for part in (*segments, name) for word in WORDS.findall(part))
    found = [kind for kind, words in KINDS.items() if re.search(rf"(^|_)({words})(_|$)", said)]
    deletes = endpoint.method == "DELETE" and "deletes" not in found
    return (["deletes"] if deletes else []) + found


def _share(n: int, total: int) -> str:
    return f" ({n / total:.1%} of requests)" if n else ""
