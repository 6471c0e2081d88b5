"""Whatever is asked of the service, and in whatever order, it answers as a few lines of Python would."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, text

from service.app import create_app
from service.audit import audit

pytest_plugins = ("running_service",)
PREFIX = "/friend-service/v1"
NOBODY = 999_999
"""The id of no user and no request."""
EXAMPLES, STEPS = 50, 25
"""Sequences that are tried, the same ones each time, and how long each is at most."""
EMPTY = {
    "sqlite": ("DELETE FROM friendships", "DELETE FROM friend_requests", "DELETE FROM users"),
    "postgresql": ("TRUNCATE friendships, friend_requests, users RESTART IDENTITY",),
}

names = st.text("aAb_.", min_size=3, max_size=4)
parts = st.text("aABb_.%\\", min_size=1, max_size=3)
LAST = 7
ranks = st.integers(0, LAST)
"""Which of those that are there; the last rank is that of nobody."""
others = st.sampled_from([*[None] * LAST, *range(LAST)])
"""Who calls, if it is not the one who may."""
limits = st.none() | st.integers(1, 4)
answers = st.sampled_from(("accepted", "accepted", "declined"))
Thing = TypeVar("Thing")


@dataclass
class Model:
    """Who is there, who asked whom, and who is whose friend."""

    names: dict[int, str] = field(default_factory=dict)
    requests: dict[int, tuple[int, int, str]] = field(default_factory=dict)
    friends: set[frozenset[int]] = field(default_factory=set)

    def pending(self) -> dict[int, tuple[int, int]]:
        waiting = (asked for asked in self.requests.items() if asked[1][2] == "pending")
        return {number: (one, other) for number, (one, other, _) in waiting}

    def friends_of(self, user: int) -> list[int]:
        return sorted(other for pair in self.friends if user in pair for other in pair - {user})

    def taken(self) -> list[tuple[int, int]]:
        """Who asked whom, or is a friend, so that neither can ask again."""
        return sorted([*self.pending().values(), *((min(pair), max(pair)) for pair in self.friends)])

    def strangers(self) -> list[tuple[int, int]]:
        """Who could ask whom."""
        taken = {frozenset(pair) for pair in self.taken()}
        return [pair for pair in permutations(sorted(self.names), 2) if frozenset(pair) not in taken]

    def named(self, part: str) -> list[str]:
        """Names that contain the text, in their order."""
        return sorted(name for name in self.names.values() if part in name)


@dataclass
class Service:
    """The service on a database, in one event loop, and how often it answered what."""

    engine: Engine
    loop: asyncio.Runner
    client: httpx.AsyncClient
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)

    def call(
        self, endpoint: str, target: str, body: object = None, caller: int | None = None, **query: Any
    ) -> httpx.Response:
        """The answer to the caller; the endpoint is a method and a word of our own."""
        headers = {} if caller is None else {"X-User-Id": str(caller)}
        sent = {name: value for name, value in query.items() if value is not None}
        method = endpoint.split()[0]
        answer = self.loop.run(
            self.client.request(method, PREFIX + target, json=body, headers=headers, params=sent)
        )
        self.seen[endpoint, answer.status_code] += 1
        return answer

    def empty(self) -> None:
        with self.engine.begin() as db:
            for statement in EMPTY[self.engine.dialect.name]:
                db.execute(text(statement))


@pytest.fixture
def service(engine: Engine) -> Iterator[Service]:
    transport = httpx.ASGITransport(create_app(engine))
    with asyncio.Runner() as loop:
        client = httpx.AsyncClient(transport=transport, base_url="http://friends")
        yield Service(engine, loop, client)
        loop.run(client.aclose())


class Friendly(RuleBasedStateMachine):
    """Users come, ask, answer, part and look, also where they may not; each answer is that of the model."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service, self.model = service, Model()
        service.empty()

    @initialize(count=st.integers(3, 5))
    def begin(self, count: int) -> None:
        """The first two are friends, and the last one has asked the first."""
        for number in range(count):
            self.create(f"Ab_{number}")
        one, other, *_, last = sorted(self.model.names)
        self.ask(one, other, one)
        self.answer(min(self.model.requests), "accepted", other)
        self.ask(last, one, last)

    @rule(name=names)
    def create(self, name: str) -> None:
        """A name that is not taken makes a user, with a higher id than those before."""
        answer = self.service.call("POST user", "/users", {"username": name})
        if name in self.model.names.values():
            assert_refused(answer, 409, f"the username {name} is taken")
            return
        user = assert_answered(answer, 201)
        assert user["username"] == name
        assert user["userId"] > max(self.model.names, default=0)
        self.model.names[user["userId"]] = name

    @rule(part=parts, limit=limits, after=st.none() | names)
    def search(self, part: str, limit: int | None, after: str | None) -> None:
        answer = self.service.call("GET users", "/users", username=part, limit=limit, after=after)
        wanted = [name for name in self.model.named(part) if name > (after or "")]
        assert_page(answer, [{"username": name} for name in wanted], limit, "username")

    @rule(rank=ranks, limit=limits, after=st.none() | ranks)
    def view(self, rank: int, limit: int | None, after: int | None) -> None:
        """Anyone may see a user, and who are friends of theirs."""
        user, skip = self.user(rank), None if after is None else self.user(after)
        viewed = self.service.call("GET user", f"/users/{user}")
        friends = self.service.call("GET friends", f"/users/{user}/friends", limit=limit, after=skip)
        if user not in self.model.names:
            assert_refused(viewed, 404, f"there is no user {user}")
            assert_refused(friends, 404, f"there is no user {user}")
            return
        assert assert_answered(viewed, 200)["username"] == self.model.names[user]
        wanted = [friend for friend in self.model.friends_of(user) if friend > (skip or 0)]
        items = [{"friendId": friend, "username": self.model.names[friend]} for friend in wanted]
        assert_page(friends, items, limit, "friendId")

    @rule(rank=ranks, other=others, limit=limits, after=st.none() | ranks)
    def list_requests(self, rank: int, other: int | None, limit: int | None, after: int | None) -> None:
        """Only the one who was asked sees what is pending."""
        user = self.user(rank)
        caller = user if other is None else self.user(other)
        skip = None if after is None else nth(sorted(self.model.requests), after)
        answer = self.service.call(
            "GET requests", f"/users/{user}/friend-requests", caller=caller, limit=limit, after=skip
        )
        if caller != user:
            assert_refused(answer, 403, f"only the user {user} may do that, not {caller}")
        elif user not in self.model.names:
            assert_refused(answer, 404, f"there is no user {user}")
        else:
            assert_page(answer, self.waiting_for(user, skip or 0), limit, "requestId")

    @rule(rank=ranks, again=st.booleans(), turned=st.booleans(), other=others)
    def ask_somebody(self, rank: int, again: bool, turned: bool, other: int | None) -> None:
        """Strangers ask; those who asked, were asked or are friends cannot; nobody asks for another."""
        pairs = self.model.taken() if again else self.model.strangers()
        one, another = nth(pairs, rank, (NOBODY, 1))
        asking, asked = (another, one) if turned else (one, another)
        self.ask(asking, asked, asking if other is None else self.user(other))

    def ask(self, asking: int, asked: int, calling: int) -> None:
        answer = self.service.call("POST friends", "/friends", {"userId": asking, "friendId": asked}, calling)
        status, why = self.of_asking(asking, asked, calling)
        if status != 201:
            assert_refused(answer, status, why)
            return
        made = assert_answered(answer, 201)
        assert made["requestId"] > max(self.model.requests, default=0)
        assert made == request_of(made["requestId"], asking, asked, "pending")
        self.model.requests[made["requestId"]] = asking, asked, "pending"

    @rule(rank=ranks, again=st.booleans(), how=answers, other=others)
    def answer_somebody(self, rank: int, again: bool, how: str, other: int | None) -> None:
        """Only who was asked answers, and once."""
        number = nth(sorted(self.model.requests if again else self.model.pending()), rank)
        asked = self.model.requests.get(number, (0, NOBODY))[1]
        self.answer(number, how, asked if other is None else self.user(other))

    def answer(self, number: int, how: str, calling: int) -> None:
        one, asked, before = self.model.requests.get(number, (0, 0, ""))
        answer = self.service.call("PUT request", f"/friend-requests/{number}", {"status": how}, calling)
        if not before:
            assert_refused(answer, 404, f"there is no friend request {number}")
        elif calling != asked:
            assert_refused(answer, 403, f"only the user {asked} may do that, not {calling}")
        elif before != "pending":
            assert_refused(answer, 409, f"the friend request {number} is already answered")
        else:
            assert assert_answered(answer, 200) == request_of(number, one, asked, how)
            self.model.requests[number] = one, asked, how
            if how == "accepted":
                self.model.friends.add(frozenset((one, asked)))

    @rule(rank=ranks, strange=st.booleans(), turned=st.booleans(), other=others)
    def part(self, rank: int, strange: bool, turned: bool, other: int | None) -> None:
        """One of the two ends a friendship, and nobody else."""
        pairs = self.model.strangers() if strange else sorted(map(tuple, map(sorted, self.model.friends)))
        one, another = nth(pairs, rank, (NOBODY, 1))
        leaving, left = (another, one) if turned else (one, another)
        caller = leaving if other is None else self.user(other)
        answer = self.service.call("DELETE friend", f"/friends/{leaving}/{left}", caller=caller)
        if caller != leaving:
            assert_refused(answer, 403, f"only the user {leaving} may do that, not {caller}")
        elif frozenset((leaving, left)) not in self.model.friends:
            assert_refused(answer, 404, f"the users {leaving} and {left} are not friends")
        else:
            assert (answer.status_code, answer.content) == (204, b"")
            self.model.friends.remove(frozenset((leaving, left)))

    @invariant()
    def nothing_is_there_that_must_never_be(self) -> None:
        assert audit(self.service.engine) == []

    def teardown(self) -> None:
        """In the end the lists of everyone are those of the model, and so symmetric."""
        for user in self.model.names:
            friends = self.service.call("GET friends", f"/users/{user}/friends")
            assert [item["friendId"] for item in friends.json()] == self.model.friends_of(user)
            waiting = self.service.call("GET requests", f"/users/{user}/friend-requests", caller=user)
            assert_page(waiting, self.waiting_for(user, 0), None, "requestId")

    def user(self, rank: int) -> int:
        return nth(sorted(self.model.names), rank)

    def waiting_for(self, user: int, after: int) -> list[dict[str, Any]]:
        """What is listed of the requests that a user has not answered, the oldest first."""
        return [
            {"requestId": number, "fromUserId": one, "username": self.model.names[one]}
            for number, (one, other) in sorted(self.model.pending().items())
            if other == user and number > after
        ]

    def of_asking(self, asking: int, asked: int, caller: int) -> tuple[int, str]:
        """What becomes of it when the one asks the other, and why."""
        low, high = sorted((asking, asked))
        if caller != asking:
            return 403, f"only the user {asking} may do that, not {caller}"
        if strangers := [user for user in (low, high) if user not in self.model.names]:
            return 404, f"there is no user {strangers[0]}"
        if frozenset((low, high)) in self.model.friends:
            return 409, f"the users {low} and {high} are already friends"
        if (asking, asked) not in self.model.strangers():
            return 409, f"a request between the users {low} and {high} is pending"
        return 201, ""


def nth(things: Sequence[Thing], rank: int, beyond: Any = NOBODY) -> Thing:
    """One of the things, counted round and round; or what is beyond them."""
    return things[rank % len(things)] if things and rank < LAST else beyond


def request_of(number: int, one: int, other: int, status: str) -> dict[str, Any]:
    return {"requestId": number, "userId": one, "friendId": other, "status": status}


def assert_answered(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The body of an answer that has that status."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def assert_refused(answer: httpx.Response, status: int, why: str) -> None:
    assert (answer.status_code, answer.json()) == (status, {"detail": why})


def assert_page(answer: httpx.Response, wanted: list[dict[str, Any]], limit: int | None, by: str) -> None:
    """The answer is the first of what is wanted, as far as it goes, and a link to the rest, if any."""
    assert answer.status_code == 200, answer.text
    shown = wanted if limit is None else wanted[:limit]
    items = answer.json()
    assert [{name: item[name] for name in one} for one, item in zip(shown, items, strict=True)] == shown
    assert ("next" in answer.links) == (len(shown) < len(wanted))
    if "next" in answer.links:
        following = httpx.URL(answer.links["next"]["url"]).params
        assert (following["after"], following["limit"]) == (str(shown[-1][by]), str(limit))


def test_the_service_answers_as_the_model_does(service: Service) -> None:
    """In every sequence of requests each answer is the model's, and nothing is there that must never be."""

    class Here(Friendly):
        def __init__(self) -> None:
            super().__init__(service)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],  # to look for the shortest sequence that fails takes minutes
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
    assert set(service.seen) >= EVERYTHING


EVERYTHING = {
    ("POST user", 201),
    ("POST user", 409),
    ("GET user", 200),
    ("GET users", 200),
    ("GET friends", 200),
    ("GET requests", 200),
    ("GET requests", 403),
    ("POST friends", 201),
    ("POST friends", 403),
    ("POST friends", 409),
    ("PUT request", 200),
    ("PUT request", 403),
    ("PUT request", 404),
    ("PUT request", 409),
    ("DELETE friend", 204),
    ("DELETE friend", 403),
    ("DELETE friend", 404),
}
"""What comes about in those sequences, so that it was worth looking."""
