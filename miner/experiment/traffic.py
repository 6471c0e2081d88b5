"""What users do in the experiment: most look for somebody and ask to be friends, the others are new."""

from __future__ import annotations

from miner.workload import (
    Arrivals,
    Endpoint,
    Identity,
    Latency,
    Lognormal,
    Move,
    Path,
    Popular,
    Recorded,
    Text,
    Workload,
)

SEARCH = "GET /friend-service/v1/users"
CREATE = "POST /friend-service/v1/users"
BEFRIEND = "POST /friend-service/v1/friends"
NEW = 1 / 3
"""Share of sessions that create a user: the split of David Lesnefsky, "Write better load tests with Python &
Locust". The others search, and then ask to be friends."""
REQUESTS = 2 * (1 - NEW) + NEW
"""In a session, on average."""
SEARCHES, CREATED = (1 - NEW) / REQUESTS, NEW / REQUESTS
"""Shares of the scenario's requests."""
LETTERS = "abcdefghijklmnoprstuvy"
PAUSE = Lognormal(median=1.0, sigma=0.5)
"""Between a search and the request that follows."""


def growing(users: int, rps: float) -> Workload:
    """The traffic at `rps` requests a second, on a service with `users` users."""
    caller = {"X-User-Id": Identity(low=1, high=users)}
    return Workload(
        name="experiment",
        recorded=Recorded(sources=("the experiment's own split",)),
        arrivals=Arrivals(mean=rps / REQUESTS),
        endpoints={
            "search_users": Endpoint(
                request=SEARCH,
                query={"username": Text(alphabet=LETTERS, lengths=(3, 4, 5))},
                headers=dict(caller),
                latency=Latency(median=0.01, sigma=0.5),
            ),
            "add_friend": Endpoint(
                request=BEFRIEND,
                headers=dict(caller),
                body={"userId": Identity(low=1, high=users), "friendId": Popular(low=1, high=users)},
                statuses={201: 1.0},
            ),
            "create_user": Endpoint(
                request=CREATE,
                body={"username": Text(alphabet=LETTERS, lengths=(9, 10, 11, 12))},
                caller=False,
                identifies="userId",
                statuses={201: 1.0},
            ),
        },
        paths=(
            Path(
                name="search_then_befriend",
                share=1 - NEW,
                start={"search_users": 1.0},
                moves={
                    "search_users": {"add_friend": Move(p=1.0, think=PAUSE)},
                    "add_friend": {"leave": Move(p=1.0)},
                },
            ),
            Path(
                name="create_user",
                share=NEW,
                start={"create_user": 1.0},
                moves={"create_user": {"leave": Move(p=1.0)}},
            ),
        ),
    )
