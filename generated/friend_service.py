"""The traffic of friend_service as a load test: 4 user paths over 8 endpoints.

Measured from friend-service.log, 2026-03-02 to 2026-03-15: 5,063 sessions of 22,263 requests. Visitors
are told apart by user; a silence of 2000 s ends a session; the clock of the log ticks every 1 s.

What could not be known:
- What people wrote in bodies: made up from the OpenAPI document (28.2% of requests).

Run it with Locust's web UI, or for ten minutes without:

    locust -f friend_service.py --host http://127.0.0.1:8000
    locust -f friend_service.py --host http://127.0.0.1:8000 --headless -u 50 -r 50 --session-run-time 600

A session takes about 36 s, and starts when it is due, whatever the service does: as many a second as the
users have time for, or as many as --sessions-per-second says (0.00419 were recorded), for which it takes
1.5 x 36 users each. The end of the log says whether any started late. Once --session-run-time is over no
session starts, and the run ends when the last one does.
"""

from __future__ import annotations

import logging
import math
import random
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, ClassVar
from urllib.parse import quote, urlencode
from uuid import uuid4

import gevent
from gevent.queue import Queue
from locust import FastHttpUser, MarkovTaskSet, events, transitions
from locust.argument_parser import LocustArgumentParser
from locust.exception import InterruptTaskSet
from locust.runners import MasterRunner

SESSIONS_PER_SECOND = 0.004188  # as recorded
SESSIONS_PER_USER = 0.0186  # a second; --sessions-per-second overrules it
MEAN_SESSION_SECONDS = 35.85  # at the recorded speed
GAP = 2000.0  # seconds of silence that end a session
NOBODY = 2000000000  # an id that does not exist
NOTHING: Mapping[str, Any] = {}
PRINTABLE = " !#$%&'()*+,/:;<=>?@[]^`{|}"  # what a header may hold besides letters and digits

Draw = Callable[[], Any]
Pause = Callable[[float], float]  # seconds, for the pace that a visitor has


def add_options(parser: LocustArgumentParser) -> None:
    """Locust's command line, and its web UI, know the options of this file."""
    group = parser.add_argument_group("Sessions")
    add = group.add_argument
    add("--sessions-per-second", type=float, default=0, help="in all processes; 0: by the number of users")
    add("--session-run-time", type=float, default=0, help="seconds in which sessions start; 0: no end")
    add("--speed", type=float, default=1, help="pauses are divided by this")
    add("--seed", type=int, default=0, help="of all random draws; 0: another one each time")


def lognormal(median: float, sigma: float) -> Pause:
    """The logarithm is normal."""
    return lambda pace: pace * random.lognormvariate(math.log(median), sigma)


def gamma(shape: float, scale: float) -> Pause:
    """The mean is shape * scale."""
    return lambda pace: pace * random.gammavariate(shape, scale)


def exponential(mean: float) -> Pause:
    """Without memory."""
    return lambda pace: pace * random.expovariate(1 / mean)


def quantiles(*at: float) -> Pause:
    """Measured at even probabilities from 0 to 1, and linear in between."""

    def draw(pace: float) -> float:
        place = random.random() * (len(at) - 1)
        low, high = at[int(place)], at[min(int(place) + 1, len(at) - 1)]
        return pace * (low + (high - low) * (place % 1))

    return draw


def popular(low: int, high: int) -> Draw:
    """An id from `low` to `high`; all are alike."""
    return lambda: random.randint(low, high)


def text(alphabet: str, *lengths: float) -> Draw:
    """Characters of `alphabet`; the lengths were measured at even probabilities from 0 to 1."""
    length = quantiles(*lengths)
    return lambda: "".join(random.choices(alphabet, k=round(length(1.0))))


def one_of(shares: Mapping[Any, float]) -> Draw:
    """One of the keys, by its share."""
    return lambda: random.choices(list(shares), list(shares.values()))[0]


class Arrivals:
    """When sessions start: a Poisson schedule that does not wait for the service.

    Locust's users take the due times one by one. How late they were is kept, because a run whose users were
    all busy put less load on the service than it was meant to.
    """

    def __init__(self) -> None:
        self.due: Queue[float] = Queue()
        self.started = self.finished = 0
        self.lateness: list[float] = []

    def schedule(self, environment: Any) -> None:
        """Due times are queued until no more sessions may start; when the last one ends, so does the run."""
        options, runner = environment.parsed_options, environment.runner
        due = perf_counter()
        end = due + (options.session_run_time or math.inf)
        while (due := due + random.expovariate(self.rate(options))) < end:
            while (early := due - perf_counter()) > 0:
                gevent.sleep(early)
            # Of the whole schedule, a process takes the share that it has of the users.
            if random.random() * (options.num_users or 1) < runner.user_count:
                self.due.put(due)
        gevent.sleep(max(0.0, end - perf_counter()))
        while self.finished < self.started or not self.due.empty():
            gevent.sleep(0.1)
        if options.headless:
            runner.quit()
        else:
            runner.stop()

    def rate(self, options: Any) -> float:
        """Sessions per second in all processes: as asked for, or so many for each user."""
        carried = SESSIONS_PER_USER * options.speed * (options.num_users or 1)
        return float(options.sessions_per_second or carried)

    def take(self) -> float:
        """A session is due now; how many seconds ago it should have started is returned."""
        due: float = self.due.get()
        late = perf_counter() - due
        self.started += 1
        self.lateness.append(late)
        return late

    def report(self) -> None:
        """The log says how many sessions there were, and warns if they did not start in time."""
        late = sorted(self.lateness)[int(len(self.lateness) * 0.99)] if self.lateness else 0.0
        log = logging.warning if late > 0.1 or not self.due.empty() else logging.info
        text = "Sessions: %d started, %d finished, %d never started; 99 %% started less than %.4f s late."
        log(text, self.started, self.finished, self.due.qsize(), late)
        if log is logging.warning:
            logging.warning("The load was lower than it should have been: give Locust more --users.")


def open_doors(environment: Any, **_: Any) -> None:
    """Sessions begin to arrive, in every process that has users."""
    if isinstance(environment.runner, MasterRunner):
        return
    if seed := environment.parsed_options.seed:
        random.seed(seed + getattr(environment.runner, "worker_index", 0))
    Visitor.arrivals = Arrivals()
    Visitor.clock = gevent.spawn(Visitor.arrivals.schedule, environment)


def close_doors(environment: Any, **_: Any) -> None:
    """No more sessions arrive, and the log says how it went."""
    if isinstance(environment.runner, MasterRunner):
        return
    Visitor.arrivals.report()
    if Visitor.clock is not gevent.getcurrent():
        Visitor.clock.kill(block=False)


class Visitor(FastHttpUser):
    """Someone who walks one path and leaves; whoever comes next is somebody else."""

    host = "http://127.0.0.1:8000"
    arrivals = Arrivals()
    clock: gevent.Greenlet
    owed: ClassVar[Counter[tuple[str, int]]] = Counter()
    """Client errors that came by themselves: as many fewer are provoked, which keeps their share."""
    known: ClassVar[defaultdict[str, deque[Any]]] = defaultdict(lambda: deque(maxlen=100))
    """What was sent with success, by endpoint: sent again where a conflict is wanted."""
    session = path = ""
    late = 0.0

    def begin(self, path: str) -> None:
        """Once a session is due, this is a new visitor, who has no name, no cookies and has seen nothing."""
        self.late = self.arrivals.take()
        self.session, self.path = uuid4().hex, path
        self.user_id: Any = None
        self.shown: dict[str, list[Any]] = {}
        self.sent: dict[str, dict[str, Any]] = {}
        self.client.cookiejar.clear()

    def context(self) -> dict[str, Any]:
        """What every listener to requests is told: whose they are."""
        return {"session": self.session, "path": self.path, "late": self.late}

    def identity(self, low: int, high: int) -> Draw:
        """The visitor's own id, from `low` to `high` unless the service gave one."""

        def draw() -> Any:
            self.user_id = self.user_id if self.user_id is not None else random.randint(low, high)
            return self.user_id

        return draw

    def listed(self, endpoint: str, field: str) -> Draw:
        """`field` of something that `endpoint` showed, each once; then an id that does not exist."""
        shown = self.shown.get(f"{endpoint} {field}")
        return lambda: shown.pop(0) if shown else NOBODY

    def send(
        self,
        method: str,
        route: str,
        statuses: Mapping[int, float],
        *,
        headers: Mapping[str, Draw] = NOTHING,
        unknown: tuple[str, str] | None = None,
        shows: tuple[str, ...] = (),
        identifies: str = "",
        **parts: Mapping[str, Draw],
    ) -> None:
        """A request is made so that the service answers one of `statuses`; any other answer is a failure."""
        endpoint = f"{method} {route}"
        intended = one_of(statuses)()
        if self.owed[endpoint, intended]:
            self.owed[endpoint, intended] -= 1
            intended = min(statuses)
        wanted, sent = provoke(intended, parts, unknown, self.known[endpoint])
        with self.client.request(
            method,
            target(route, sent),
            name=route,
            headers={name: quote(str(draw()), safe=PRINTABLE) for name, draw in headers.items()},
            json=sent.get("body"),
            allow_redirects=False,
            catch_response=True,
        ) as response:
            if response.status_code == wanted or (wanted < 400 and 0 < response.status_code < 400):
                response.success()
            else:
                response.failure(f"The answer was {response.status_code or 'none'}, not {wanted}.")
        if response.status_code >= 400 and response.status_code != intended:
            self.owed[endpoint, response.status_code] += 1
        if 0 < response.status_code < 400:
            self.known[endpoint].append(sent)
            self.sent[endpoint] = {**sent.get("query", {}), **sent.get("params", {})}
            self.learn(endpoint, response, shows, identifies)

    def learn(self, endpoint: str, response: Any, shows: tuple[str, ...], identifies: str) -> None:
        """The visitor remembers what the answer shows, and the name that the service gave."""
        for field in shows:
            self.shown[f"{endpoint} {field}"] = told(response, field)
        if identifies and (given := told(response, identifies)):
            self.user_id = given[0]

    def search_users(self) -> None:
        """7,499 requests; answered 200 (96.8%) and 422 (3.2%)."""
        self.send(
            "GET",
            "/friend-service/v1/users",
            {200: 0.968, 422: 0.032},
            headers={"X-User-Id": self.identity(2, 5932)},
            query={"username": text("abcdefghijklmnoprstuvy", 2, 3, 3, 3, 4, 4, 4, 5, 6, 8, 8)},
        )

    def add_friend(self) -> None:
        """2,814 requests; answered 201 (91.0%), 404 (3.1%), 409 (5.8%) and 422 (0.1%)."""
        self.send(
            "POST",
            "/friend-service/v1/friends",
            {201: 0.9104, 404: 0.0309, 409: 0.0579, 422: 0.0007},
            headers={"X-User-Id": self.identity(2, 5932)},
            body={"userId": self.identity(2, 5932), "friendId": popular(2, 4877)},
            unknown=("body", "friendId"),
        )

    def view_user(self) -> None:
        """2,747 requests; answered 200 (96.6%) and 404 (3.4%)."""
        self.send(
            "GET",
            "/friend-service/v1/users/{user_id}",
            {200: 0.9661, 404: 0.0339},
            headers={"X-User-Id": self.identity(2, 5932)},
            params={
                "user_id": popular(1, 4998),  # n = 2,654
            },
            unknown=("params", "user_id"),
        )

    def answer_friend_request(self) -> None:
        """2,438 requests; answered 200 (95.4%) and 404 (4.6%)."""
        self.send(
            "PUT",
            "/friend-service/v1/friend-requests/{request_id}",
            {200: 0.9537, 404: 0.0463},
            headers={"X-User-Id": self.identity(2, 5932)},
            params={
                "request_id": self.listed(
                    "GET /friend-service/v1/users/{user_id}/friend-requests",
                    "requestId",
                ),
            },
            body={"status": one_of({"accepted": 0.5, "declined": 0.5})},
            unknown=("params", "request_id"),
        )

    def list_friend_requests(self) -> None:
        """2,068 requests; answered 200 (100.0%)."""
        self.send(
            "GET",
            "/friend-service/v1/users/{user_id}/friend-requests",
            {200: 1.0},
            headers={"X-User-Id": self.identity(2, 5932)},
            params={"user_id": self.identity(2, 5932)},
            shows=("requestId",),
        )

    def list_friends(self) -> None:
        """2,019 requests; answered 200 (100.0%)."""
        self.send(
            "GET",
            "/friend-service/v1/users/{user_id}/friends",
            {200: 1.0},
            headers={"X-User-Id": self.identity(2, 5932)},
            params={"user_id": self.identity(2, 5932)},
            shows=("friendId",),
        )

    def remove_friend(self) -> None:
        """1,647 requests; answered 204 (94.5%) and 404 (5.5%)."""
        self.send(
            "DELETE",
            "/friend-service/v1/friends/{user_id}/{friend_id}",
            {204: 0.9447, 404: 0.0553},
            headers={"X-User-Id": self.identity(2, 5932)},
            params={
                "user_id": self.identity(2, 5932),
                "friend_id": self.listed("GET /friend-service/v1/users/{user_id}/friends", "friendId"),
            },
            unknown=("params", "friend_id"),
        )

    def create_user(self) -> None:
        """1,031 requests; answered 201 (90.4%) and 409 (9.6%)."""
        self.send(
            "POST",
            "/friend-service/v1/users",
            {201: 0.904, 409: 0.096},
            body={"username": text("abcdefghijklmnopqrstuvwxyz", 8, 9, 10, 11, 12)},
            identifies="userId",
        )


def provoke(
    wanted: int, parts: Mapping[str, Mapping[str, Draw]], unknown: tuple[str, str] | None, known: deque[Any]
) -> tuple[int, dict[str, dict[str, Any]]]:
    """What to send so that the service answers `wanted`, and what it will answer in truth."""
    draws = {part: dict(fields) for part, fields in parts.items()}
    if wanted == 409 and known:
        return wanted, random.choice(known)
    if wanted == 404 and unknown:
        draws[unknown[0]][unknown[1]] = lambda: NOBODY
    elif wanted in (400, 422) and ("body" in draws or "query" in draws):
        draws["body" if "body" in draws else "query"] = {}
    elif wanted >= 400:
        wanted = 200  # nothing in a request can bring about this answer
    sent = {part: {field: draw() for field, draw in fields.items()} for part, fields in draws.items()}
    nobody = any(value == NOBODY for part in ("params", "body") for value in sent.get(part, {}).values())
    return 404 if nobody else wanted, sent


def target(route: str, sent: Mapping[str, Mapping[str, Any]]) -> str:
    """`route` with its parameters and its query."""
    for name, value in sent.get("params", {}).items():
        route = route.replace("{" + name + "}", quote(str(value), safe=""))
    query = sent.get("query")
    return f"{route}?{urlencode(query, quote_via=quote)}" if query else route


def told(response: Any, field: str) -> list[Any]:
    """`field` as a JSON answer has it; else the last segment of its Location, if that looks like an id."""
    answer = response.json() if response.content.lstrip()[:1] in (b"{", b"[") else None
    last = response.headers.get("Location", "").partition("?")[0].rstrip("/").split("/")[-1]
    return found(answer, field) or [last] * any(char.isdigit() for char in last)


def found(answer: Any, field: str) -> list[Any]:
    """Every value of `field` in a JSON `answer`, in order, the outermost of an item first."""
    if isinstance(answer, list):
        return [value for item in answer for value in found(item, field)]
    if isinstance(answer, dict):
        inner = [value for item in answer.values() for value in found(item, field)]
        return [answer[field], *inner] if field in answer else inner
    return []


class Path(MarkovTaskSet):
    """A walk from `enter` to `leave` that pauses between steps, as long as `think` says for each move."""

    abstract = True
    user: Visitor
    name: str
    think: ClassVar[dict[tuple[str, str], Pause]]
    spread = 0.0
    """Of the logarithm of `pace`, by which all pauses of a session are longer or shorter."""

    def on_start(self) -> None:
        """The visitor's pace is drawn; the walk begins."""
        self.pace = random.lognormvariate(0, self.spread)
        self.step = "enter"

    def wait_time(self) -> float:
        """Seconds until the next step. Locust calls this when `current` is the next step already."""
        move = self.step, getattr(self.current, "__name__", "leave")
        self.step = move[1]
        if move[0] == "enter":
            # Here Locust may stop a user who waits for a session to be due.
            self.user.begin(self.name)
            return 0
        pause = self.pause(self.think[move]) if move in self.think else 0.0
        return pause / float(self.user.environment.parsed_options.speed)

    def pause(self, think: Pause) -> float:
        """Seconds, fewer than would end a session: it was of those that did not that `think` was measured."""
        for _ in range(100):
            if (seconds := think(self.pace)) < GAP:
                return seconds
        return GAP

    def end(self) -> None:
        """The session is over."""
        self.user.arrivals.finished += 1
        raise InterruptTaskSet


class SearchUsersThenViewUser(Path):
    """45.9% of sessions (2,324): 4.4 requests in one on average, above all search_users 2.4 times,
    view_user 1.0 times and add_friend 0.7 times.
    """

    name = "search_users_then_view_user"
    spread = 0.309
    think: ClassVar = {
        ("search_users", "view_user"): lognormal(median=6.77, sigma=0.8),  # n = 2,401
        ("search_users", "search_users"): lognormal(median=4.59, sigma=0.606),  # n = 1,937
        ("search_users", "add_friend"): lognormal(median=10.9, sigma=0.622),  # n = 582
        ("view_user", "add_friend"): gamma(shape=1.94, scale=7.34),  # n = 1,087
        ("view_user", "search_users"): lognormal(median=9.1, sigma=0.688),  # n = 792
        ("add_friend", "search_users"): gamma(shape=1.51, scale=11.7),  # n = 676
        ("list_friends", "search_users"): lognormal(median=6.21, sigma=0.668),  # n = 414
    }

    @transitions({"search_users": 793, "list_friends": 207})
    def enter(self) -> None:
        """Nothing is asked for yet."""

    @transitions({"view_user": 424, "search_users": 342, "add_friend": 103, "leave": 131})  # n = 5,662
    def search_users(self) -> None:
        self.user.search_users()

    @transitions({"add_friend": 453, "search_users": 330, "leave": 217})  # n = 2,401
    def view_user(self) -> None:
        self.user.view_user()

    @transitions({"search_users": 405, "leave": 595})  # n = 1,669
    def add_friend(self) -> None:
        self.user.add_friend()

    @transitions({"search_users": 861, "leave": 139})  # n = 481
    def list_friends(self) -> None:
        self.user.list_friends()

    @transitions({"enter": 1})
    def leave(self) -> None:
        self.end()


class ListFriendRequestsThenAnswerFriendRequest(Path):
    """25.3% of sessions (1,282): 3.8 requests in one on average, above all answer_friend_request 1.9
    times, list_friend_requests 1.4 times and list_friends 0.4 times.
    """

    name = "list_friend_requests_then_answer_friend_request"
    spread = 0.179
    think: ClassVar = {
        ("answer_friend_request", "answer_friend_request"): gamma(shape=1.93, scale=1.85),  # n = 1,065
        ("answer_friend_request", "list_friend_requests"): exponential(mean=20.8),  # n = 409
        ("answer_friend_request", "list_friends"): lognormal(median=4.94, sigma=0.517),  # n = 344
        ("list_friend_requests", "answer_friend_request"): gamma(shape=2.42, scale=2.94),  # n = 1,173
        ("list_friend_requests", "view_user"): exponential(mean=8.2),  # n = 232
        ("list_friends", "list_friend_requests"): exponential(mean=8.99),  # n = 198
        ("view_user", "answer_friend_request"): exponential(mean=14.6),  # n = 200
    }

    @transitions({"list_friend_requests": 914, "list_friends": 86})
    def enter(self) -> None:
        """Nothing is asked for yet."""

    @transitions(
        {"answer_friend_request": 437, "list_friend_requests": 168, "list_friends": 141, "leave": 254},
    )  # n = 2,438
    def answer_friend_request(self) -> None:
        self.user.answer_friend_request()

    @transitions({"answer_friend_request": 660, "view_user": 130, "leave": 210})  # n = 1,779
    def list_friend_requests(self) -> None:
        self.user.list_friend_requests()

    @transitions({"list_friend_requests": 436, "leave": 564})  # n = 454
    def list_friends(self) -> None:
        self.user.list_friends()

    @transitions({"answer_friend_request": 862, "leave": 138})  # n = 232
    def view_user(self) -> None:
        self.user.view_user()

    @transitions({"enter": 1})
    def leave(self) -> None:
        self.end()


class CreateUserThenAddFriend(Path):
    """18.9% of sessions (957): 4.7 requests in one on average, above all search_users 1.9 times,
    add_friend 1.2 times and create_user 1.1 times.
    """

    name = "create_user_then_add_friend"
    spread = 0.219
    think: ClassVar = {
        ("search_users", "add_friend"): gamma(shape=3.04, scale=3.84),  # n = 1,145
        ("search_users", "search_users"): lognormal(median=5.86, sigma=0.65),  # n = 318
        ("add_friend", "search_users"): lognormal(median=7.74, sigma=0.576),  # n = 515
        ("add_friend", "list_friends"): lognormal(median=3.79, sigma=0.51),  # n = 196
        ("add_friend", "list_friend_requests"): exponential(mean=12.6),  # n = 158
        ("create_user", "search_users"): lognormal(median=15.8, sigma=0.726),  # n = 706
        ("create_user", "list_friend_requests"): lognormal(median=4.61, sigma=0.522),  # n = 131
        ("create_user", "create_user"): lognormal(median=13.2, sigma=0.451),  # n = 74
        ("list_friend_requests", "search_users"): lognormal(median=7.11, sigma=0.609),  # n = 184
        ("list_friends", "search_users"): gamma(shape=2.79, scale=3.44),  # n = 114
    }

    @transitions({"create_user": 1000})
    def enter(self) -> None:
        """Nothing is asked for yet."""

    @transitions({"add_friend": 623, "search_users": 173, "leave": 204})  # n = 1,837
    def search_users(self) -> None:
        self.user.search_users()

    @transitions(
        {"search_users": 450, "list_friends": 171, "list_friend_requests": 138, "leave": 241},
    )  # n = 1,145
    def add_friend(self) -> None:
        self.user.add_friend()

    @transitions(
        {"search_users": 685, "list_friend_requests": 127, "create_user": 72, "leave": 116},
    )  # n = 1,031
    def create_user(self) -> None:
        self.user.create_user()

    @transitions({"search_users": 637, "leave": 363})  # n = 289
    def list_friend_requests(self) -> None:
        self.user.list_friend_requests()

    @transitions({"search_users": 582, "leave": 418})  # n = 196
    def list_friends(self) -> None:
        self.user.list_friends()

    @transitions({"enter": 1})
    def leave(self) -> None:
        self.end()


class RemoveFriend(Path):
    """9.9% of sessions (500): 5.3 requests in one on average, above all remove_friend 3.3 times,
    list_friends 1.8 times and view_user 0.2 times.
    """

    name = "remove_friend"
    think: ClassVar = {
        ("remove_friend", "remove_friend"): gamma(shape=1.87, scale=3.21),  # n = 919
        ("remove_friend", "list_friends"): lognormal(median=14.5, sigma=0.624),  # n = 362
        ("list_friends", "remove_friend"): gamma(shape=2.28, scale=5.66),  # n = 655
        ("list_friends", "view_user"): exponential(mean=10.9),  # n = 114
        ("view_user", "remove_friend"): exponential(mean=29.5),  # n = 73
        ("view_user", "list_friends"): gamma(shape=1.4, scale=7.97),  # n = 26
    }

    @transitions({"list_friends": 1000})
    def enter(self) -> None:
        """Nothing is asked for yet."""

    @transitions({"remove_friend": 558, "list_friends": 220, "leave": 222})  # n = 1,647
    def remove_friend(self) -> None:
        self.user.remove_friend()

    @transitions({"remove_friend": 738, "view_user": 128, "leave": 134})  # n = 888
    def list_friends(self) -> None:
        self.user.list_friends()

    @transitions({"remove_friend": 640, "list_friends": 228, "leave": 132})  # n = 114
    def view_user(self) -> None:
        self.user.view_user()

    @transitions({"enter": 1})
    def leave(self) -> None:
        self.end()


# Each session takes one of the paths.
Visitor.tasks = [
    *[SearchUsersThenViewUser] * 459,  # n = 2,324
    *[ListFriendRequestsThenAnswerFriendRequest] * 253,  # n = 1,282
    *[CreateUserThenAddFriend] * 189,  # n = 957
    *[RemoveFriend] * 99,  # n = 500
]

hooks: Any = events  # because Locust's own listeners have no types
hooks.init_command_line_parser.add_listener(add_options)
hooks.test_start.add_listener(open_doors)
hooks.test_stop.add_listener(close_doors)
