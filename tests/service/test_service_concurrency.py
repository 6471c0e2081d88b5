"""Two changes at once are one after the other, wherever the first of them stands when the second comes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, product
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from service_process import served_in_process
from sqlalchemy import Engine, event, func, select, text

from service import database, queries
from service.app import utc_now
from service.audit import audit
from service.database import open_database
from service.errors import Clash, Unknown
from service.friends import Friends
from service.schemas import Answer, NewFriend
from service.tables import friend_requests, friendships, users

pytest_plugins = ("running_service",)
PREFIX = "/friend-service/v1"
PATIENCE = 20
"""Seconds after which a change that does not go on is taken for stuck."""
LOCKED_OUT = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
Outcome = tuple[object, ...]


@dataclass(frozen=True)
class Two:
    """Two users, the first of whom has asked the other, unless they are strangers."""

    friends: Friends
    one: int
    other: int
    request: int
    name: str

    @classmethod
    def who_are(cls, beginning: str, friends: Friends, number: int) -> Two:
        one, other = (friends.create_user(f"{who}_{number}").user_id for who in ("one", "other"))
        request = 0
        if beginning != "strangers":
            request = friends.ask(NewFriend(user_id=one, friend_id=other)).request_id
        two = cls(friends, one, other, request, f"new_{number}.")
        if beginning == "friends":
            CHANGES["accept"](two)
        return two

    def state(self) -> Outcome:
        """What is between the two and who has the name, as those see it who ask."""
        return (
            [friend.friend_id == self.other for friend in self.friends.friends_of(self.one, 9)],
            [request.request_id == self.request for request in self.friends.requests_to(self.other, 9)],
            len(self.friends.requests_to(self.one, 9)),
            len(self.friends.search(self.name, 9)),
        )


CHANGES: dict[str, Callable[[Two], object]] = {
    "ask": lambda two: two.friends.ask(NewFriend(user_id=two.one, friend_id=two.other)),
    "ask back": lambda two: two.friends.ask(NewFriend(user_id=two.other, friend_id=two.one)),
    "accept": lambda two: two.friends.answer(two.other, two.request, Answer(status="accepted")),
    "decline": lambda two: two.friends.answer(two.other, two.request, Answer(status="declined")),
    "part": lambda two: two.friends.part(two.one, two.other),
    "part back": lambda two: two.friends.part(two.other, two.one),
    "join": lambda two: two.friends.create_user(two.name),
}
AT_ONCE = {
    "strangers": ("ask", "ask back", "join"),
    "asked": ("accept", "decline", "ask", "ask back", "part"),
    "friends": ("accept", "ask", "part", "part back"),
}


class OneWriter:
    """The lock that lets one thread write to SQLite, and who waits for it."""

    def __init__(self) -> None:
        self._lock, self.waiting = threading.Lock(), 0
        self.release, self.locked = self._lock.release, self._lock.locked

    def acquire(self, timeout: float) -> bool:
        self.waiting += 1
        try:
            return self._lock.acquire(timeout=timeout)
        finally:
            self.waiting -= 1


@dataclass
class Stage:
    """Where one change stands still, before a statement or its commit, until it is told to go on."""

    engine: Engine
    stop_at: int
    steps: int = 0
    first: int = 0
    arrived: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def step(self) -> None:
        """Called by whoever is about to send a statement."""
        if threading.get_ident() != self.first:
            return
        if self.steps == self.stop_at:
            self.arrived.set()
            assert self.go.wait(PATIENCE)
        self.steps += 1

    def play(self, change: Callable[[Two], object], two: Two) -> str:
        """What becomes of the change that is to stand still."""
        self.first = threading.get_ident()
        try:
            return result(change, two)
        finally:
            self.arrived.set()

    @contextmanager
    def watched(self) -> Iterator[None]:
        def send(_connection: Any, _cursor: Any, _statement: str, *_: Any) -> None:
            self.step()

        def commit(_connection: Any) -> None:
            self.step()

        event.listen(self.engine, "before_cursor_execute", send)
        event.listen(self.engine, "commit", commit)
        yield
        event.remove(self.engine, "before_cursor_execute", send)
        event.remove(self.engine, "commit", commit)

    def wait_for(self, second: Future[str]) -> None:
        """The second change is done, or cannot be done before the first goes on."""
        while not second.done() and not self._locked_out():
            wait([second], timeout=0.001)

    def _locked_out(self) -> bool:
        if self.engine.dialect.name == "sqlite":
            one_writer: OneWriter = self.engine.get_execution_options()["one_writer"]
            return one_writer.waiting > 0 and one_writer.locked()
        with self.engine.connect() as db:
            return bool(db.execute(LOCKED_OUT).scalar_one())


def result(change: Callable[[Two], object], two: Two) -> str:
    """What a caller is told. Anything but these two refusals is a fault of the service."""
    try:
        change(two)
    except (Clash, Unknown) as refusal:
        return type(refusal).__name__
    return "done"


def at_once(pool: ThreadPoolExecutor, two: Two, changes: tuple[str, ...], stage: Stage) -> Outcome | None:
    """What becomes of both where the first stands still and the second comes; None if it ended before."""
    first, second = (CHANGES[change] for change in changes)
    with stage.watched():
        played = pool.submit(stage.play, first, two)
        assert stage.arrived.wait(PATIENCE)
        if played.done() or stage.steps < stage.stop_at:
            played.result(PATIENCE)
            return None
        joined = pool.submit(result, second, two)
        stage.wait_for(joined)
        stage.go.set()
        results = played.result(PATIENCE), joined.result(PATIENCE)
    return (*results, two.state())


def serial(make: Callable[[], Two], changes: tuple[str, ...]) -> list[Outcome]:
    """What may become of both: that of either order."""
    first, second = (CHANGES[change] for change in changes)
    two, turned = make(), make()
    one_then_other = result(first, two), result(second, two), two.state()
    other, one = result(second, turned), result(first, turned)
    return [one_then_other, (one, other, turned.state())]


def surprises(engine: Engine, beginning: str) -> list[str]:
    """Each way in which two changes at once end as no order of them does, and what is wrong afterwards."""
    engine.update_execution_options(one_writer=OneWriter())
    friends, numbers, found = Friends(engine, utc_now), count(), []

    def make() -> Two:
        return Two.who_are(beginning, friends, next(numbers))

    with ThreadPoolExecutor(2) as pool:
        for changes in product(AT_ONCE[beginning], repeat=2):
            allowed = serial(make, changes)
            for stop_at in count(1):
                outcome = at_once(pool, make(), changes, Stage(engine, stop_at))
                if outcome is None:
                    break
                if outcome not in allowed:
                    found.append(f"{' and '.join(changes)} at {stop_at}: {outcome}, not {allowed}")
    return found + audit(engine)


@pytest.mark.parametrize("beginning", AT_ONCE)
def test_two_at_once_are_one_after_the_other(engine: Engine, beginning: str) -> None:
    """Wherever one change stands when another comes, both end as in one order or the other."""
    assert surprises(engine, beginning) == []


def test_without_holding_the_two_users_it_is_not_so(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what makes changes wait, the same changes leave a request pending between friends."""
    if engine.dialect.name == "sqlite":
        monkeypatch.setattr(database, "_begin", lambda _connection: None)
    else:
        held = queries.BOTH.with_for_update(read=True, key_share=True)  # which nobody waits for
        monkeypatch.setattr(queries, "BOTH", held)
    found = surprises(engine, "asked")
    assert any(sentence.startswith("accept and ask at ") for sentence in found)
    assert any("is pending between" in sentence for sentence in found)


def test_a_name_is_given_once(engine: Engine) -> None:
    """Of twenty who take the same name at once one gets it, and the others are told that it is taken."""
    friends, start = Friends(engine, utc_now), threading.Barrier(20)

    def take(_: int) -> str:
        start.wait(PATIENCE)
        return result(CHANGES["join"], Two(friends, 0, 0, 0, "wanted"))

    with ThreadPoolExecutor(20) as pool:
        assert Counter(pool.map(take, range(20))) == {"done": 1, "Clash": 19}
    assert [user.username for user in friends.search("wanted", 9)] == ["wanted"]


THREADS, TURNS = 16, 50
"""Callers at once, and what each does, a request or two at a time."""
CROWD = 10
"""Users whom they all act for: so few that they meet each other all the time."""
EXPECTED = {
    "create": {201, 409},
    "ask": {201, 409},
    "accepted": {200, 409},
    "declined": {200, 409},
    "part": {204, 404},
    "look": {200},
}


class Caller:
    """Somebody who acts for everyone, at random, and counts the answers."""

    def __init__(self, url: str, crowd: list[int], seed: int) -> None:
        self._client = httpx.Client(base_url=url + PREFIX, timeout=PATIENCE)
        self._crowd, self._random, self.seen = crowd, Random(seed), Counter[tuple[str, int]]()

    def run(self) -> Counter[tuple[str, int]]:
        turns = (self.create, self.ask, self.ask, self.ask, self.answer, self.answer, self.part, self.search)
        with self._client:
            for _ in range(TURNS):
                self._random.choice(turns)()
        return self.seen

    def send(self, what: str, method: str, target: str, caller: int, body: object = None) -> Any:
        answer = self._client.request(method, target, json=body, headers={"X-User-Id": str(caller)})
        assert answer.status_code in EXPECTED[what], (what, answer.status_code, answer.text)
        self.seen[what, answer.status_code] += 1
        return answer.json() if answer.content else None

    def create(self) -> None:
        self.send("create", "POST", "/users", 1, {"username": f"guest_{self._random.randrange(40)}"})

    def ask(self) -> None:
        one, other = self._random.sample(self._crowd, 2)
        self.send("ask", "POST", "/friends", one, {"userId": one, "friendId": other})

    def answer(self) -> None:
        user = self._random.choice(self._crowd)
        if waiting := self.send("look", "GET", f"/users/{user}/friend-requests", user):
            request, how = self._random.choice(waiting), self._random.choice(("accepted", "declined"))
            self.send(how, "PUT", f"/friend-requests/{request['requestId']}", user, {"status": how})

    def part(self) -> None:
        user = self._random.choice(self._crowd)
        if friends := self.send("look", "GET", f"/users/{user}/friends", user):
            friend = self._random.choice(friends)
            self.send("part", "DELETE", f"/friends/{user}/{friend['friendId']}", user)

    def search(self) -> None:
        self.send("look", "GET", "/users?username=guest", self._random.choice(self._crowd))


def test_what_was_acknowledged_is_what_is_there(database_url: str, tmp_path: Path) -> None:
    """After and during a crowd's requests to two workers nothing is wrong, and what is there adds up."""
    engine = open_database(database_url)
    crowd = [Friends(engine, utc_now).create_user(f"crowd_{number}").user_id for number in range(CROWD)]
    with (
        served_in_process(database_url, tmp_path, "--workers", "2") as served,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        running = [pool.submit(Caller(served.url, crowd, seed).run) for seed in range(THREADS)]
        while wait(running, timeout=0.2).not_done:
            assert audit(engine) == []
        seen = sum((caller.result() for caller in running), Counter[tuple[str, int]]())
        friends = {user: friends_over_http(served.url, user) for user in crowd}
    assert audit(engine) == []
    assert {what for what, _ in seen} == set(EXPECTED)
    assert friends == {user: {f for f in crowd if user in friends[f]} for user in crowd}
    friendly = seen["accepted", 200] - seen["part", 204]
    assert sum(map(len, friends.values())) == 2 * friendly
    assert counts(engine) == {
        "users": CROWD + seen["create", 201],
        "pending": seen["ask", 201] - seen["accepted", 200] - seen["declined", 200],
        "accepted": seen["accepted", 200],
        "declined": seen["declined", 200],
        "friendships": friendly,
    }
    engine.dispose()
    assert served.errors.read_text() == ""


def friends_over_http(url: str, user: int) -> set[int]:
    answer = httpx.get(f"{url}{PREFIX}/users/{user}/friends")
    return {friend["friendId"] for friend in answer.json()}


def counts(engine: Engine) -> dict[str, int]:
    """How many rows there are of each kind."""
    with engine.connect() as db:
        found = dict.fromkeys(("pending", "accepted", "declined"), 0)
        status = friend_requests.c.status
        for row in db.execute(select(status, func.count()).group_by(status)):
            found[row[0]] = row[1]
        for table in (users, friendships):
            found[table.name] = db.execute(select(func.count()).select_from(table)).scalar_one()
    return found
