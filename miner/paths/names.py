"""Names that people understand: for endpoints, and for user paths by what sets them apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from miner.paths.openapi import Document
from miner.paths.routes import singular, snake
from miner.workload import IDENTIFIER, RESERVED

VERBS = {
    "POST": "create",
    "PUT": "update",
    "PATCH": "update",
    "DELETE": "delete",
    "HEAD": "check",
    "OPTIONS": "ask",
}
LONGEST = 48
"""Characters of a name; longer ones no longer fit a table."""
DOMINANT = 0.35
"""A second endpoint joins a path's name if it sets the path apart at least this much as the first."""


def endpoint_names(endpoints: list[str], document: Document | None) -> list[str]:
    """A different identifier for each endpoint: its operationId, or a verb and a noun."""
    names: list[str] = []
    for endpoint in endpoints:
        given = snake(document.operation_id(endpoint) or "") if document else ""
        names.append(unique(given or _verb_and_noun(endpoint), names))
    return names


def _verb_and_noun(endpoint: str) -> str:
    method, _, route = endpoint.partition(" ")
    segments = [segment for segment in route.split("/") if segment]
    literals = [snake(segment) for segment in segments if not segment.startswith("{")]
    noun = next((literal for literal in reversed(literals) if literal), "home")
    one = bool(segments) and segments[-1].startswith("{")
    if method == "GET":
        many = noun.endswith("s") and not one
        return f"list_{noun}" if many else f"view_{singular(noun) if one else noun}"
    return f"{VERBS.get(method, method.lower())}_{singular(noun)}"


def path_names(
    visits: npt.NDArray[np.float64], place: npt.NDArray[np.float64], names: list[str]
) -> list[str]:
    """A different name for each user path, by the endpoints that it visits more than others do.

    `visits` is (paths, endpoints), the mean visits per session; `place` the mean position of the
    endpoint in the path's sessions: what comes first is named first.
    """
    found: list[str] = []
    for path, own in enumerate(visits):
        others = (visits.sum(axis=0) - own) / max(len(visits) - 1, 1) if len(visits) > 1 else own * 0
        apart = own * np.log((own + 0.05) / (others + 0.05))
        best = np.argsort(-apart, kind="stable")[:2]
        kept = [e for e in best if apart[e] >= DOMINANT * apart[best[0]]] or [best[0]]
        ordered = sorted(kept, key=lambda endpoint: float(place[path, endpoint]))
        found.append(unique("_then_".join(names[endpoint] for endpoint in ordered), found))
    return found


def unique(wanted: str, taken: list[str]) -> str:
    """An identifier like `wanted` that is not reserved and not taken."""
    name = snake(wanted)[:LONGEST].rstrip("_")
    if not IDENTIFIER.fullmatch(name):
        name = f"path_{name}".rstrip("_") if name else "unnamed"
    candidate, twin = name, 2
    while candidate in taken or candidate in RESERVED:
        candidate, twin = f"{name}_{twin}", twin + 1
    return candidate
