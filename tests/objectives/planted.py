"""A run whose measures are known: a minute of twenty requests a second, alternately to two endpoints.

Both have waits of 1 to 100 ms, each as often as any other in every ten seconds; those of `POST /things` are
twice as long. Of 1,200 requests 12 failed, all to `GET /things`, and 12 were answered 404 as intended. Four
requests are a session; the first of them is 4 ms late, the others 1 ms. The service took half of what the
client waited.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from miner.objectives import Evidence, Objective

LASTED, REQUESTS, SESSIONS, WINDOWS = 60.0, 1200, 300, 6
GET, POST = "GET /things", "POST /things"
NAMES = {"view_things": GET, "add_thing": POST}
UNASKED = "GET /things/{thing_id}"


def client(slower: float = 0.0) -> pd.DataFrame:
    """The requests at the client; every ten seconds waits are longer by the share `slower` of the first."""
    i = np.arange(REQUESTS)
    window = i // (REQUESTS // WINDOWS)
    milliseconds = (i // 2 * 7 % 100 + 1) * np.where(i % 2, 2, 1) * (1 + slower * window)
    session = i // 4
    return pd.DataFrame(
        {
            "at": i * LASTED / REQUESTS,
            "endpoint": np.where(i % 2, POST, GET),
            "path": np.where(session % 2, "buy", "browse"),
            "session": [f"s{one}" for one in session],
            "status": np.select([i % 100 == 0, i % 100 == 50], [500, 404], 200),
            "latency": milliseconds / 1000,
            "late": np.where(i % 4 == 0, 0.004, 0.001),
            "failed": pd.array(i % 100 == 0, "boolean"),
        }
    )


def served(slower: float = 0.0) -> pd.DataFrame:
    """The same requests at the service, which knows nothing of intentions."""
    rows = client(slower)
    unknown = pd.array([None] * len(rows), "boolean")
    return rows.assign(latency=rows["latency"] / 2, late=np.nan, failed=unknown)


def planted(slower: float = 0.0, **changed: Any) -> Evidence:
    """All that was measured of the run."""
    known = Evidence(
        name="shop",
        client=client(slower),
        service=served(slower),
        recorded=served(),
        lasted=LASTED,
        rate=REQUESTS / LASTED,
        endpoints=frozenset({GET, POST, UNASKED}),
        names=NAMES,
        paths=frozenset({"browse", "buy", "look"}),
    )
    return replace(known, **changed)


def objective(measure: str, **keys: Any) -> Objective:
    """An objective with a limit that everything keeps, unless one is given."""
    sides = {"throughput": {"above": "1 sessions/h" if keys.get("per") == "session" else "1 requests/h"}}
    limits = {"below", "above", "within", "warn"}
    default = sides.get(measure) or {"below": "100%" if "share" in measure or "growth" in measure else "1h"}
    return Objective.model_validate(
        {"name": "it holds", "measure": measure, **({} if limits & set(keys) else default), **keys}
    )


def written(value: float, unit: str) -> str:
    """`value` as an objectives file has it."""
    number = f"{value:.12f}"
    return {
        "seconds": f"{number}s",
        "share": f"{value * 100:.12f}%",
        "requests/s": f"{number} rps",
        "sessions/s": f"{number} sessions/s",
    }[unit]


def close(value: float | None, wanted: float) -> bool:
    """Whether they differ by rounding only."""
    return value is not None and math.isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-12)
