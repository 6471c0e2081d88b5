"""A planted shop whose sessions are very unequal, and two changes of it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from miner.simulate import simulate
from miner.workload import Workload

Data = dict[str, Any]
SESSIONS = 800
PAUSE = {"law": "lognormal", "median": 6.0, "sigma": 0.7}


def shop() -> Data:
    """Shoppers walk through five endpoints; readers stay on one, some of them for very long."""
    return {
        "name": "shop",
        "arrivals": {"mean": 0.004, "by_hour": [0.5] * 8 + [1.5] * 8 + [1.0] * 8},
        "endpoints": {
            name: {"request": f"GET /{name}", "latency": {"median": 0.03, "sigma": 0.3}, "statuses": ok(0.1)}
            for name in ("home", "search", "item", "basket", "pay", "article")
        },
        "paths": [
            path("shopper", 0.7, "home", {
                "home": {"search": 0.6, "item": 0.3, "leave": 0.1},
                "search": {"search": 0.3, "item": 0.5, "leave": 0.2},
                "item": {"basket": 0.5, "search": 0.2, "leave": 0.3},
                "basket": {"pay": 0.4, "leave": 0.6},
                "pay": {"leave": 1.0},
            }),
            path("reader", 0.3, "article", {"article": {"article": 0.9, "leave": 0.1}}),
        ],
    }  # fmt: skip


def ok(client_errors: float) -> dict[int, float]:
    return {200: 1 - client_errors, 404: client_errors}


def path(name: str, share: float, start: str, moves: dict[str, dict[str, float]]) -> Data:
    """A user path on which every pause has the same law and visitors differ in pace."""
    chain = {
        step: {to: {"p": p} if to == "leave" else {"p": p, "think": PAUSE} for to, p in nexts.items()}
        for step, nexts in moves.items()
    }
    return {"name": name, "share": share, "start": {start: 1.0}, "pace": 0.5, "moves": chain}


def drawn(data: Data, seed: int, sessions: int = SESSIONS) -> pd.DataFrame:
    return simulate(Workload.model_validate(data), sessions, seed)


def fewer_shoppers(data: Data) -> None:
    data["paths"][0]["share"], data["paths"][1]["share"] = 0.5, 0.5


def slower_baskets(data: Data) -> None:
    think = {**PAUSE, "median": 18.0}
    data["paths"][0]["moves"]["item"]["basket"] = {"p": 0.5, "think": think}
