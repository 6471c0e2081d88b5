"""Steps that one should look at before they run: what they do to a real service cannot be undone."""

from __future__ import annotations

import re

from miner.workload import WRITES, Endpoint, Workload

KINDS = {
    "ends sessions": r"log_?(out|off)|sign_?(out|off)|logoff|end_session|revoke",
    "deletes": r"delete|remove|destroy|purge|drop|cancel|unsubscribe|deactivate|close_account|erase",
    "looks like a payment": r"pay|payments?|payouts?|checkout|charges?|purchases?|buy|refunds?|billing"
    r"|invoices?|transfers?|withdraw(al)?s?|donat(e|ions?)|subscriptions?",
}
"""What words in a route, or in the name of an endpoint, seem to say."""
WRITTEN = {
    "orders or books something": r"orders?|book|bookings?|reserv(e|ations?)|appointments?",
    "logs in with a password that is made up, if no hook does better": r"log_?(in|on)|sign_?in|token|auth",
    "sends mail": r"mails?|emails?|invit(e|ations?)|newsletters?|contact",
}
"""The same, where something is written."""
WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")


def dangers(workload: Workload) -> list[str]:
    """A sentence for each endpoint that does something to other people, or looks as if it did."""
    total = sum(endpoint.n for endpoint in workload.endpoints.values())
    return [
        f"{endpoint.request} {' and '.join(kinds)}{_share(endpoint.n, total)}."
        for name, endpoint in workload.endpoints.items()
        if (kinds := _kinds(name, endpoint))
    ]


def _kinds(name: str, endpoint: Endpoint) -> list[str]:
    segments = [part for part in endpoint.route.split("/") if not part.startswith("{")]
    said = "_".join(word.lower() for part in (*segments, name) for word in WORDS.findall(part))
    kinds = KINDS | (WRITTEN if endpoint.method in WRITES else {})
    found = [kind for kind, words in kinds.items() if re.search(rf"(^|_)({words})(_|$)", said)]
    deletes = endpoint.method == "DELETE" and "deletes" not in found
    return (["deletes"] if deletes else []) + found


def _share(n: int, total: int) -> str:
    return f" ({n / total:.1%} of requests)" if n else ""
