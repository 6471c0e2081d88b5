"""How visitors come when they are due, walk a user path with its pauses, and go.

This is the same for every scenario: what visitors do is in the scenario beside it, what only people know is
in its hooks. It needs Locust and the standard library, and is written anew by `mine generate`.
"""

from __future__ import annotations

import csv
import gc
import logging
import math
import os
from base64 import b64encode
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

import gevent
from gevent.lock import Semaphore
from locust import FastHttpUser, MarkovTaskSet, SequentialTaskSet, User, events, transitions
from locust.argument_parser import LocustArgumentParser
from locust.exception import InterruptTaskSet, StopTest
from locust.runners import MasterRunner, WorkerRunner
from locust.user.markov_taskset import MarkovTaskSetMeta
from locust.user.task import TaskSet

FRESH = Random()
NOTHING: dict[Any, Any] = {}
BUSY = 1.5
"""How much longer than a session (or a second) a user has for it: then hardly any waits for a user."""
PROFILES: Mapping[str, tuple[float, ...]] = {
    "mean": (1.0,),
    "recorded": (),
    "peak": (),
    "step": (0.5, 1.0, 1.5, 2.0),
    "spike": (1.0, 1.0, 1.0, 1.0, 4.0, 1.0, 1.0, 1.0, 1.0, 1.0),
}
"""Times the mean rate, in equal parts of the run; where there are none, the scenario has them."""
MOMENT = 1e-6
"""Seconds: a sleep of none wakes gevent's loop once more, which costs requests."""
FORM = "application/x-www-form-urlencoded"
REPEATED = ("params", "query", "body")
"""The parts of a request that a conflict is about; its headers are those of whoever sends it."""
PRINTABLE = " !#$%&'()*+,/:;<=>?@[]^`{|}"
"""What a header may hold besides letters and digits."""

Draw = Callable[["Visitor"], Any]
"""A value for a request of that visitor. What is no function is sent as it is."""
Pause = Callable[[Random, float], float]
"""Seconds, by the dice of a session and the pace of its visitor."""
Sent = dict[str, Any]
"""A request as it is sent: `params`, `query` and `headers` by name, and the `body`."""


# Options ----------------------------------------------------------------------------------


def add_options(parser: LocustArgumentParser) -> None:
    """Locust's command line, and its web UI, know the options of a scenario."""
    add = parser.add_argument
    add("--sessions-per-second", type=float, default=0, help="in all processes; 0: by the number of users")
    add("--rps", type=float, default=0, help="the same in requests per second")
    add("--arrivals", default="mean", choices=PROFILES, help="how the rate goes during the run")
    add("--mix", default="", help="shares of user paths, such as buy=0.8; the others keep their proportions")
    add(
        "--closed",
        action="store_true",
        help="users come again when they have left, as in a plain Locust",
    )
    add("--session-run-time", type=float, default=0, help="seconds in which sessions start; 0: no end")
    add("--speed", type=float, default=1, help="pauses are divided by this")
    add("--seed", type=int, default=0, help="equal seeds give equal sessions, but for new names; 0: none")
    add("--test-users", default="", help="CSV file: a line each, with a header; the first column is the id")
    add("--max-rps", type=float, default=1000, help="no more requests per second than this are planned")
    add("--allow-writes", action="store_true", help="send what may change data to another machine")


def refusal(scenario: type[Visitor], host: str, options: Any) -> str:
    """Why the run must not begin, or nothing."""
    if scenario.writes and not options.allow_writes and not is_loopback(host):
        return f"{host} is not this machine, and the scenario changes data. Allow it with --allow-writes."
    if options.arrivals != "mean" and options.closed:
        return "--arrivals needs sessions that start when they are due, which --closed takes away."
    if options.arrivals in ("recorded", "step", "spike") and not options.session_run_time:
        return f"--arrivals {options.arrivals} needs to know how long: --session-run-time 600."
    try:
        load = Load(scenario, options, 1)
    except ValueError as error:
        return f"--mix {options.mix}: {error}"
    if (rps := load.most * load.requests) > options.max_rps:
        return f"{rps:.0f} requests per second are more than --max-rps allows ({options.max_rps:g})."
    try:
        read_test_users(options.test_users)
    except (OSError, ValueError, csv.Error) as error:
        return f"The test users in {options.test_users} cannot be read: {error}"
    return ""


def is_loopback(host: str) -> bool:
    """Whether `host`, a URL, is this machine."""
    name = urlsplit(host).hostname or ""
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


# Pauses -----------------------------------------------------------------------------------


def lognormal(median: float, sigma: float) -> Pause:
    """The logarithm is normal."""
    return lambda dice, pace: pace * dice.lognormvariate(math.log(median), sigma)


def gamma(shape: float, scale: float) -> Pause:
    """The mean is shape * scale."""
    return lambda dice, pace: pace * dice.gammavariate(shape, scale)


def weibull(shape: float, scale: float) -> Pause:
    """Longer than t with probability exp(-((t / scale) ** shape))."""
    return lambda dice, pace: pace * dice.weibullvariate(scale, shape)


def exponential(mean: float) -> Pause:
    """Without memory."""
    return lambda dice, pace: pace * dice.expovariate(1 / mean)


def normal(mean: float, sd: float) -> Pause:
    """Cut off at zero."""

    def draw(dice: Random, pace: float) -> float:
        while (seconds := dice.gauss(mean, sd)) < 0:
            pass
        return pace * seconds

    return draw


def quantiles(*at: float) -> Pause:
    """Measured at even probabilities from 0 to 1, and linear in between."""
    return lambda dice, pace: pace * between(at, dice)


def mixture(weight: float, first: Pause, second: Pause) -> Pause:
    """The first law with probability `weight`, the second otherwise."""
    return lambda dice, pace: (first if dice.random() < weight else second)(dice, pace)


def steady(law: Pause) -> Pause:
    """A machine's pauses, as long for a slow visitor as for a fast one."""
    return lambda dice, _: law(dice, 1.0)


def between(at: tuple[float, ...], dice: Random) -> float:
    """A draw from quantiles."""
    place = dice.random() * (len(at) - 1)
    low, high = at[int(place)], at[min(int(place) + 1, len(at) - 1)]
    return low + (high - low) * (place % 1)


# Values -----------------------------------------------------------------------------------


def identity(low: int, high: int) -> Draw:
    """The visitor's own id: from the service, the hooks or --test-users, else one from `low` to `high`."""

    def draw(visitor: Visitor) -> Any:
        if visitor.user_id is None:
            visitor.user_id = visitor.dice.randint(low, high)
        return visitor.user_id

    return draw


def popular(low: int, high: int, zipf: float = 0.0) -> Draw:
    """An id from `low` to `high`: the r-th of them in proportion to r ** -zipf, by rejection-inversion."""
    if not zipf:
        return lambda visitor: visitor.dice.randint(low, high)

    def area(x: float) -> float:
        return math.log(x) if zipf == 1 else x ** (1 - zipf) / (1 - zipf)

    def ranked(visitor: Visitor) -> int:
        first, last = area(1.5) - 1, area(high - low + 1.5)
        while True:
            at = first + visitor.dice.random() * (last - first)
            x = math.exp(at) if zipf == 1 else (at * (1 - zipf)) ** (1 / (1 - zipf))
            rank = min(max(1, round(x)), high - low + 1)
            if at >= area(rank + 0.5) - rank**-zipf:
                return low + rank - 1

    return ranked


def one_of(*choices: tuple[Any, float]) -> Draw:
    """One of the values, by its share."""
    values, shares = [value for value, _ in choices], [share for _, share in choices]
    return lambda visitor: visitor.dice.choices(values, shares)[0]


def text(alphabet: str, *lengths: float) -> Draw:
    """Characters of `alphabet`; the lengths were measured at even probabilities from 0 to 1."""
    return lambda visitor: "".join(
        visitor.letters.choices(alphabet, k=round(between(lengths, visitor.letters)))
    )


def joined(*parts: Any) -> Draw:
    """The parts, one behind the other."""
    return lambda visitor: "".join(drawn(part, visitor) for part in parts)


def number(low: float, high: float, decimals: int) -> Draw:
    """A number from `low` to `high`."""
    return lambda visitor: min(max(round(visitor.dice.uniform(low, high), decimals), low), high)


def formatted(kind: str) -> Draw:
    """A new value each time, in a format of OpenAPI; dates are of the year that begins today."""

    def draw(visitor: Visitor) -> str:
        bits = visitor.letters.getrandbits(128)
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        moment = today + timedelta(seconds=bits % (365 * 86_400))
        made: dict[str, Callable[[], str]] = {
            "uuid": lambda: str(UUID(int=bits, version=4)),
            "date": lambda: f"{moment:%Y-%m-%d}",
            "date-time": lambda: f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "time": lambda: f"{moment:%H:%M:%SZ}",
            "email": lambda: f"{bits:x}@example.com",
            "uri": lambda: f"https://example.com/{bits:x}",
            "hostname": lambda: f"h{bits:x}.example.com",
            "ipv4": lambda: str(IPv4Address(bits >> 96)),
            "ipv6": lambda: str(IPv6Address(bits)),
            "byte": lambda: b64encode(bits.to_bytes(16)).decode(),
        }
        return made[kind]()

    return draw


def series(of: Any, *lengths: float) -> Draw:
    """A list, whose lengths were measured at even probabilities from 0 to 1."""
    return lambda visitor: [drawn(of, visitor) for _ in range(round(between(lengths, visitor.dice)))]


def listed(endpoint: str, field: str) -> Draw:
    """`field` of something that `endpoint` showed, each once; then an id that does not exist."""

    def draw(visitor: Visitor) -> Any:
        shown = visitor.shown.get((endpoint, field))
        return shown.pop(0) if shown else visitor.nobody

    return draw


def carried(endpoint: str, param: str, *, share: float, otherwise: Any) -> Draw:
    """What `param` of `endpoint` was last in this session, in that share of cases; else another."""

    def draw(visitor: Visitor) -> Any:
        before = {**(sent := visitor.asked.get(endpoint, NOTHING)).get("query", {}), **sent.get("params", {})}
        return (
            before[param] if param in before and visitor.dice.random() < share else drawn(otherwise, visitor)
        )

    return draw


def created(endpoint: str, field: str, *, share: float, otherwise: Any) -> Draw:
    """What the last answer of `endpoint` says was made, in that share of cases; else another."""

    def draw(visitor: Visitor) -> Any:
        made = visitor.shown.get((endpoint, field))
        return made[0] if made and visitor.dice.random() < share else drawn(otherwise, visitor)

    return draw


def drawn(value: Any, visitor: Visitor) -> Any:
    """`value` for this visitor: drawn where it can be, and so is all that it holds."""
    if callable(value):
        return value(visitor)
    if isinstance(value, dict):
        return {name: drawn(inner, visitor) for name, inner in value.items()}
    return value


# Sessions ---------------------------------------------------------------------------------


class Hooks:
    """What only people know of a service. The hooks file beside a scenario overrides what it needs."""

    def on_start(self, visitor: Visitor) -> None:
        """A session begins: this is where a visitor logs in."""

    def identity(self, visitor: Visitor) -> Any:
        """Who the visitor is; nothing: a line of --test-users, or an id of the recorded range."""

    def headers(self, visitor: Visitor) -> Mapping[str, str]:  # noqa: ARG002
        """What every request carries besides, such as a token; left out where a 401 is wanted."""
        return NOTHING

    def on_request(self, visitor: Visitor, endpoint: str, sent: Sent) -> None:
        """A request is about to be sent, and `sent` may be changed."""

    def on_response(self, visitor: Visitor, endpoint: str, response: Any) -> None:
        """A request was answered: `response.failure("...")` makes it a failure."""


class Load:
    """How many sessions are to start a second, when, and on which paths.

    Raises ValueError where the mix is not one of shares of the scenario's paths.
    """

    def __init__(self, scenario: type[Visitor], options: Any, users: int) -> None:
        shares = mixed(Counter(scenario.tasks), options.mix)
        self.paths = list(shares)
        self.upto = [sum(list(shares.values())[: place + 1]) for place in range(len(shares))]
        self.requests = sum(share * path.session[0] for path, share in shares.items())
        """Of a session, on average."""
        self.seconds: float = sum(share * path.session[1] for path, share in shares.items()) / options.speed
        factors = factors_of(scenario, options.arrivals)
        self.factors, self.users = [factor / max(factors) for factor in factors], users
        given = options.sessions_per_second or options.rps / self.requests
        each = scenario.sessions_per_user * options.speed or 1 / (BUSY * max(self.seconds, 1 / options.speed))
        ceiling = options.max_rps / self.requests
        self.most: float = given * max(factors) if given else min(users * each, ceiling)
        """Sessions per second in all processes, when most of them start."""

    def idle(self) -> float:
        """Seconds for which a user waits between two sessions, on average, where none are due."""
        return max(0.0, self.users / self.most - self.seconds)

    def factor(self, part: float) -> float:
        """The rate at `part` of the run, from 0 to 1, over that when most sessions start."""
        return self.factors[min(int(part * len(self.factors)), len(self.factors) - 1)]

    def path(self, dice: Random) -> Any:
        """The path of a session, by its share."""
        return dice.choices(self.paths, cum_weights=self.upto)[0]


def factors_of(scenario: type[Visitor], profile: str) -> tuple[float, ...]:
    """Times the mean rate, in equal parts of the run."""
    day = (*scenario.before_noon, *scenario.after_noon) or (1.0,)
    return {"recorded": day, "peak": (max(day),)}.get(profile) or PROFILES[profile]


def mixed(weights: Mapping[Any, int], mix: str) -> dict[Any, float]:
    """The share of each path: as the mix says, and as recorded among those that it does not name."""
    names = {path.name: path for path in weights}
    given: dict[Any, float] = {}
    for part in filter(None, mix.replace(" ", "").split(",")):
        name, _, share = part.partition("=")
        if name not in names:
            raise ValueError(f"there is no path {name}, but {', '.join(names)}")
        given[names[name]] = float(share)
    left = 1 - sum(given.values())
    others = sum(weight for path, weight in weights.items() if path not in given)
    if left < -1e-9 or min(given.values(), default=0) < 0 or (not others and abs(left) > 1e-9):
        raise ValueError("the shares are not at least 0, and 1 together")
    return {
        path: given[path] if path in given else left * weight / others for path, weight in weights.items()
    }


class Arrivals:
    """When sessions start: a Poisson schedule that does not wait for the service.

    Of the users who have no session, the first waits for the next due time and the others behind him. How
    late they were is kept, because a run whose users were all busy put less load on the service than meant.
    """

    def __init__(self, scenario: type[Visitor], options: Any, runner: Any) -> None:
        self.options, self.runner, self.speed = options, runner, float(options.speed)
        self.load = Load(scenario, options, options.planned_users)
        self.seed = f"{options.seed} {getattr(runner, 'worker_index', 0)}" if options.seed else ""
        self.dice = Random(self.seed or None)
        self.began = perf_counter()
        self.lasts = options.session_run_time or math.inf
        self.next = self.began + self.dice.expovariate(self.load.most)
        self.due: deque[float] = deque()
        self.line = Semaphore()
        self.started = self.finished = 0
        self.lateness: list[float] = []
        self.test_users = deque(read_test_users(options.test_users))
        self.dice.shuffle(self.test_users)

    def take(self) -> float:
        """A session is due now; how many seconds ago it should have started is returned."""
        if self.options.closed:
            rest = self.load.idle()
            gevent.sleep(self.dice.expovariate(1 / rest) if rest else MOMENT)
            while perf_counter() > self.began + self.lasts:
                gevent.sleep(3600)
            self.due.append(perf_counter())
        with self.line:
            while not self.came():
                gevent.sleep(min(max(0.0, self.next - perf_counter()), 3600))
            late = perf_counter() - self.due.popleft()
        self.started += 1
        self.lateness.append(late)
        return late

    def came(self) -> int:
        """How many sessions are due. Of the whole schedule, a process takes the share it has of the users."""
        now, load = perf_counter(), self.load
        while self.next < now and not self.options.closed:
            wanted = load.factor((self.next - self.began) / self.lasts) * self.runner.user_count
            if self.dice.random() * load.users < wanted:
                self.due.append(self.next)
            self.next += self.dice.expovariate(load.most)
            if self.next > self.began + self.lasts:
                self.next = math.inf
        return len(self.due)

    def close(self) -> None:
        """When no more sessions may start and the last has ended, so has the run."""
        gevent.sleep(self.began + self.lasts - perf_counter())
        while self.came() or self.finished < self.started:
            gevent.sleep(0.1)
        if self.options.headless:
            self.runner.quit()
        else:
            self.runner.stop()

    def report(self) -> None:
        """The log says how many sessions there were, and warns if they did not start in time."""
        never = self.came()
        late = sorted(self.lateness)[int(len(self.lateness) * 0.99)] if self.lateness else 0.0
        log = logging.warning if late > 0.1 or never else logging.info
        said = "Sessions: %d started, %d finished, %d never started; 99 %% started less than %.4f s late."
        log(said, self.started, self.finished, never, late)
        if log is logging.warning:
            logging.warning("The load was lower than it should have been: give Locust more --users.")


class Tally:
    """What came of the requests of this process, by endpoint."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.came: Counter[tuple[str, int]] = Counter()
        self.owed: Counter[tuple[str, int]] = Counter()
        """Conflicts still to be provoked, as nothing was there to repeat. Below 0, client errors that came by
        themselves: as many fewer are provoked. Both keep their share."""
        self.vain: Counter[tuple[str, int]] = Counter()
        """Client errors that were wanted, where the service had nothing to object to."""
        self.elsewhere: Counter[str] = Counter()
        """Redirects to other hosts, by host."""
        self.known: defaultdict[str, deque[Sent]] = defaultdict(lambda: deque(maxlen=100))
        """What was sent with success, whoever sends it: sent again where a conflict is wanted."""

    def usual(self, endpoint: str, status: int, share: float) -> bool:
        """Whether no more such errors came than were recorded, or three standard deviations more."""
        expected = share * self.made[endpoint]
        return self.came[endpoint, status] <= expected + 3 * math.sqrt(expected) + 3

    def intended(self, endpoint: str, errors: Mapping[int, float], at: float) -> int:
        """The client error in which a request is to end, `at` a place from 0 to 1 in their shares, or 0."""
        for status, share in errors.items():
            if (at := at - share) < 0:
                if self.owed[endpoint, status] >= 0:
                    return status
                self.owed[endpoint, status] += 1
                break
        if self.owed[endpoint, 409] <= 0:
            return 0
        self.owed[endpoint, 409] -= 1
        return 409

    def futile(self, endpoint: str, status: int) -> bool:
        """Whether a client error is no longer provoked: the service seldom has anything to object to."""
        return self.vain[endpoint, status] > self.came[endpoint, status] + 3

    def report(self) -> None:
        """The log warns of client errors that could not be brought about."""
        for endpoint, status in self.vain:
            if self.futile(endpoint, status):
                said = "%s: what should have been answered %d, as recorded, was a success. No more are sent."
                logging.warning(said, endpoint, status)
        for host, often in self.elsewhere.items():
            logging.warning(
                "%d answers were redirects to %s, and not followed: is --host right?", often, host
            )


class Jar(CookieJar):
    """The cookies of a visitor: while there are none, neither requests nor answers are searched for them."""

    def add_cookie_header(self, request: Any) -> None:
        """The request carries what was set."""
        if any(self):
            super().add_cookie_header(request)

    def extract_cookies(self, response: Any, request: Any) -> None:
        """What the answer sets is kept."""
        if response.info().get("Set-Cookie"):
            super().extract_cookies(response, request)


class Visitor(User):
    """Someone who walks one path and leaves; whoever comes next is somebody else."""

    abstract = True
    host = "http://127.0.0.1:8000"
    client: Any
    hooks: ClassVar[Hooks] = Hooks()
    sessions_per_second: ClassVar[float] = 1.0
    sessions_per_user: ClassVar[float] = 0.0
    before_noon: ClassVar[Sequence[float]] = ()
    after_noon: ClassVar[Sequence[float]] = ()
    """Times the mean rate in each hour of the day (UTC)."""
    gap: ClassVar[float] = math.inf
    nobody: ClassVar[int] = 2_000_000_000
    writes: ClassVar[bool] = False
    headers: ClassVar[Mapping[str, Any]] = NOTHING
    arrivals: ClassVar[Arrivals]
    tally: ClassVar[Tally]
    clock: ClassVar[gevent.Greenlet | None] = None
    dice: Random
    letters: Random
    """The dice for texts: where some are taken already, others are drawn than with an equal seed before."""
    session = path = ""
    late = began = 0.0
    meant = 0.0
    """When the next request should be sent."""

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.tasks, self.dice = [idle], Random()
        if isinstance(self, FastHttpUser):
            self.client.cookies = self.client.cookiejar = self.client.client.cookiejar = Jar()
            self.client.client.redirect_response_codes = frozenset()
        else:
            self.client.get_redirect_target = lambda _: None

    def wait_time(self) -> float:
        """A session is due. While a user waits for it, Locust may stop him."""
        if self.session:  # it ended by an error
            self.arrivals.finished += 1
            self.session = ""
        self.late = self.arrivals.take()
        if self.arrivals.seed:
            self.dice.seed(f"{self.arrivals.seed} {self.arrivals.started}")
        self.session = f"{self.dice.getrandbits(128):032x}"
        self.tasks = [self.arrivals.load.path(self.dice)]
        return MOMENT

    def begin(self, path: str) -> None:
        """A new visitor, who has no cookies and has seen nothing, comes."""
        self.path, self.began = path, perf_counter()
        self.whose = {"session": self.session, "path": path, "late": self.late}
        self.shown: dict[tuple[str, str], list[Any]] = {}
        self.asked: dict[str, Sent] = {}
        self.done: dict[str, Sent] = {}
        self.memory: dict[str, Any] = {}
        self.client.cookies.clear()
        users = self.arrivals.test_users
        users.rotate()
        self.account: Mapping[str, str] = users[0] if users else NOTHING
        self.user_id: Any = next(map(id_of, self.account.values()), None)
        if (own := self.hooks.identity(self)) is not None:
            self.user_id = own
        self.hooks.on_start(self)
        self.meant = perf_counter() - self.late

    def leave(self) -> None:
        """The session is over, and Locust's tables say how long it took."""
        for name in (self.path, "all paths"):
            self.environment.stats.get(name, "SESSION").log(round((perf_counter() - self.began) * 1000), 0)
        self.arrivals.finished += 1
        self.session = ""

    def context(self) -> dict[str, Any]:
        """What every listener to requests is told: whose they are."""
        return self.whose

    def at_once(self, requests: Mapping[str, float]) -> None:
        """Each request is made as often as it says on average, all at once; then all are answered."""
        made = [name for name, often in requests.items() for _ in range(int(often + self.dice.random()))]
        pending = [gevent.spawn(getattr(self, name)) for name in made or list(requests)[:1]]
        try:
            gevent.joinall(pending, raise_error=True)
        finally:
            gevent.killall(pending, block=False)

    def send(
        self,
        endpoint: str,
        *,
        params: Mapping[str, Any] = NOTHING,
        query: Mapping[str, Any] = NOTHING,
        headers: dict[str, Any] = NOTHING,
        body: Mapping[str, Any] | None = None,
        form: bool = False,
        errors: Mapping[int, float] = NOTHING,
        unknown: str = "",
        shows: Sequence[str] = (),
        identifies: str = "",
        without: Sequence[str] = (),
    ) -> None:
        """A request is sent; client errors come in the shares of `errors`, and any other is a failure."""
        method, _, route = endpoint.partition(" ")
        self.letters = FRESH if 409 in errors else self.dice
        carries = {**self.headers, **headers} if headers else self.headers
        if without:
            carries = {name: of for name, of in carries.items() if name not in without}
        sent: Sent = {
            "params": drawn(params, self) if params else {},
            "query": drawn(query, self) if query else {},
            "headers": {name: text_of(drawn(of, self), PRINTABLE) for name, of in carries.items()},
            "body": drawn(body, self) if body else body,
        }
        sent["headers"].update(self.hooks.headers(self))
        intended = self.tally.intended(endpoint, errors, self.dice.random()) if errors else 0
        wanted = provoked = provoke(endpoint, intended, sent, unknown, self) if intended else 0
        if not provoked:
            self.asked[endpoint] = sent
            wanted = 404 if self.nobody in sent["params"].values() else 0
        self.hooks.on_request(self, endpoint, sent)
        with self.client.request(
            method,
            target(route, sent),
            name=route,
            headers=sent["headers"] | {"Content-Type": FORM} if form else sent["headers"],
            data=urlencode(sent["body"]) if form else None,
            json=None if form else sent["body"],
            catch_response=True,
            context={"endpoint": endpoint, "late": perf_counter() - self.meant},
        ) as response:
            status = response.status_code
            if errors or not 200 <= status < 300:
                self.judge(endpoint, response, wanted, errors)
            else:
                response.success()
            self.hooks.on_response(self, endpoint, response)
        if status >= 400 and status != provoked:
            self.tally.owed[endpoint, status] -= 1
        if 0 < status < 400:
            if 409 in errors:
                self.keep(endpoint, sent)
            if shows or identifies:
                self.learn(endpoint, response, shows, identifies)

    def judge(self, endpoint: str, response: Any, wanted: int, errors: Mapping[int, float]) -> None:
        """An answer as it was recorded is a success; client errors are counted under a name of their own."""
        status, tally = response.status_code, self.tally
        tally.made[endpoint] += 1
        if 0 < status < 400:
            there = urlsplit(response.headers.get("Location", "")) if status >= 300 else urlsplit("")
            if there.netloc and there.netloc != urlsplit(self.host).netloc:
                tally.elsewhere[f"{there.scheme}://{there.netloc}"] += 1
            if wanted:
                tally.vain[endpoint, wanted] += 1
                response.request_meta["name"] += f" [{status}, not {wanted}]"
            response.success()
            return
        tally.came[endpoint, status] += 1
        if status and (
            status == wanted or (status in errors and tally.usual(endpoint, status, errors[status]))
        ):
            response.request_meta["name"] += f" [{status}]"
            response.success()
        else:
            response.failure(f"The answer was {status or 'none'}, not {wanted or 'a success'}.")

    def keep(self, endpoint: str, sent: Sent) -> None:
        """What had success may be sent again: by this visitor, and by others unless it says who sent it."""
        self.done[endpoint] = sent
        if self.user_id is None or not says([sent[part] for part in REPEATED], str(self.user_id)):
            self.tally.known[endpoint].append(sent)

    def tried(self, endpoint: str) -> list[Sent]:
        """What this visitor can send to `endpoint` again: his own, else what others sent."""
        return [self.done[endpoint]] if endpoint in self.done else list(self.tally.known[endpoint])

    def learn(self, endpoint: str, response: Any, shows: Sequence[str], identifies: str) -> None:
        """The visitor remembers what the answer shows, and the name that the service gave."""
        for field in shows:
            self.shown[endpoint, field] = told(response, field)
        if identifies and (given := told(response, identifies)):
            self.user_id = given[0]
            self.done.clear()  # it may say who he was before


def provoke(endpoint: str, wanted: int, sent: Sent, unknown: str, visitor: Visitor) -> int:
    """`sent` is changed so that the service answers `wanted`, which is returned; else 0."""
    if visitor.tally.futile(endpoint, wanted):
        return 0
    if wanted == 404 and unknown:
        sent["params" if unknown in sent["params"] else "body"][unknown] = visitor.nobody
    elif wanted == 409:
        return repeat(endpoint, sent, visitor)
    elif wanted == 401 and (visitor.user_id is not None or visitor.hooks.headers(visitor)):
        sent["headers"] = {}
    elif not (wanted in (400, 422) and spoil(sent, visitor.dice)):
        return 0
    return wanted


def repeat(endpoint: str, sent: Sent, visitor: Visitor) -> int:
    """`sent` becomes what had success before, and 409 is returned; if nothing had, 0, and it is owed."""
    if not (tried := visitor.tried(endpoint)):
        visitor.tally.owed[endpoint, 409] += 1
        return 0
    again = FRESH.choice(tried)  # not by the session's dice: what others sent must not change how it goes on
    sent.update({part: again[part] for part in REPEATED})
    return 409


def says(value: Any, text: str) -> bool:
    """Whether `value` reads `text`, or something in it does."""
    if isinstance(value, dict):
        value = list(value.values())
    return any(says(inner, text) for inner in value) if isinstance(value, list) else str(value) == text


def spoil(sent: Sent, dice: Random) -> bool:
    """Something is wrong, if it can be: a field of the body is missing, the query, or an id is no number."""
    numbers = [name for name, value in sent["params"].items() if isinstance(value, int)]
    if sent["body"]:
        missing = dice.choice(list(sent["body"]))
        sent["body"] = {name: value for name, value in sent["body"].items() if name != missing}
    elif sent["query"]:
        sent["query"] = {}
    elif numbers:
        sent["params"][dice.choice(numbers)] = "none"
    else:
        return False
    return True


def target(route: str, sent: Sent) -> str:
    """`route` with its parameters and its query, in which a list is a name for each of its values."""
    for name, value in sent["params"].items():
        route = route.replace("{" + name + "}", text_of(value, ""))
    asked = [
        f"{text_of(name, '')}={text_of(one, '')}"
        for name, value in sent["query"].items()
        for one in (value if isinstance(value, list) else [value])
    ]
    query = "&".join(asked)
    return f"{route}?{query}" if query else route


def text_of(value: Any, safe: str) -> str:
    """`value` with all but letters, digits and what is `safe` escaped."""
    written = str(value)
    return written if written.isascii() and written.isalnum() else quote(written, safe=safe)


def told(response: Any, field: str) -> list[Any]:
    """`field` as a JSON answer has it; else the last segment of its Location, if that looks like an id."""
    try:
        answer = response.json() if response.content.lstrip()[:1] in (b"{", b"[") else None
    except ValueError:
        answer = None
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


# User paths -------------------------------------------------------------------------------


class Step:
    """What is asked for, and where visitors go from there: the weight of each move, and the pause on it."""

    def __init__(
        self, asks: Mapping[str, float] | None, moves: Mapping[str, int | tuple[int, Pause]]
    ) -> None:
        self.asks = asks
        parted = {to: move if isinstance(move, tuple) else (move, None) for to, move in moves.items()}
        self.weights = {to: weight for to, (weight, _) in parted.items()}
        self.pauses = {to: pause for to, (_, pause) in parted.items() if pause}

    def method(self, name: str) -> Any:
        """The step as Locust's `@transitions` wants it."""
        made: Any = asking({name: 1.0} if self.asks is None else self.asks)
        made.__name__, made.transitions, made.pauses = name, self.weights, self.pauses
        return made


def asking(requests: Mapping[str, float]) -> Callable[[Walk], None]:
    """What makes the requests of a step, and waits for their answers."""
    if list(requests.values()) == [1.0]:
        (only,) = requests
        return lambda walk: getattr(walk.user, only)()
    return lambda walk: walk.user.at_once(requests) if requests else None


def start(**weights: int) -> Step:
    """Where sessions begin."""
    return Step({}, weights)


def step(asks: str | Mapping[str, float] | None = None, /, **moves: int | tuple[int, Pause]) -> Step:
    """A step that asks what it is called after, or what it says; several requests are made at once."""
    return Step({asks: 1.0} if isinstance(asks, str) else asks, moves)


def ask(step: str | Mapping[str, float], pause: Pause | None = None) -> Callable[[StraightPath], None]:
    """A step of a straight line, and the pause after it."""
    asks = {step: 1.0} if isinstance(step, str) else step
    made = asking(asks)

    def task(walk: StraightPath) -> None:
        walk.upcoming = pause
        made(walk)

    task.__name__ = "_and_".join(asks)
    return task


def line(*steps: Callable[[StraightPath], None]) -> Any:
    """Steps one after the other, and then the session is over."""
    return [*steps, leave]


def shares(*paths: tuple[type[Walk], int]) -> Any:
    """The paths of a visitor by their weights, as Locust wants its tasks."""
    return [path for path, weight in paths for _ in range(weight)]


def leave(walk: Walk) -> None:
    """The session is over."""
    walk.user.leave()
    raise InterruptTaskSet(reschedule=False)  # type: ignore[no-untyped-call]


class Walk(TaskSet):
    """One session of a visitor on a user path."""

    user: Visitor
    name = ""
    session = (1.0, 1.0)
    """Requests and seconds of one, on average, at the recorded speed."""
    pace = 0.0
    """Standard deviation of the logarithm of the factor by which all pauses of a session are longer."""

    def on_start(self) -> None:
        """The visitor's pace is drawn; the session begins."""
        self.factor = self.user.dice.lognormvariate(0, self.pace)
        self.user.begin(self.name)

    def pause(self, think: Pause | None) -> float:
        """Seconds, fewer than would end a session: it was of those that did not that `think` was measured."""
        user, seconds = self.user, 0.0
        for _ in range(100):
            if think is None or (seconds := think(user.dice, self.factor)) < user.gap:
                break
        seconds = min(seconds, user.gap) / user.arrivals.speed
        user.meant = perf_counter() + seconds
        return seconds


class Chain(MarkovTaskSetMeta):
    """Steps become methods of the path, and the last one leaves."""

    def __new__(mcs, name: str, bases: tuple[type, ...], members: dict[str, Any]) -> Any:
        """The class, which Locust has checked."""
        steps = {key: member for key, member in members.items() if isinstance(member, Step)}
        members |= {key: member.method(key) for key, member in steps.items()}
        if steps:
            members["leave"] = transitions({next(iter(steps)): 1})(lambda walk: leave(walk))
            members["leave"].__name__ = "leave"
        return super().__new__(mcs, name, bases, members)  # type: ignore[no-untyped-call]


Chain.__name__ = MarkovTaskSetMeta.__name__  # by which Locust knows Markov chains


class UserPath(Walk, MarkovTaskSet, metaclass=Chain):
    """Steps whose next one depends on chance, and on where the visitor is."""

    abstract = True
    current: Any
    step: Any

    def on_start(self) -> None:
        """The session begins, where `start` says."""
        super().on_start()
        self.get_next_task()

    def get_next_task(self) -> Any:
        """As Locust does, but with the dice of the session: they are the same whatever others do."""
        self.step = step = self.current
        self.current = getattr(self, self.user.dice.choice(step.transitions))
        return step

    def wait_time(self) -> float:
        """Seconds until the next step. Locust calls this when `current` is the next step already."""
        to = self.current.__name__
        if to == "leave":  # here, as there is nothing to wait for
            leave(self)
        return self.pause(self.step.pauses.get(to))


class StraightPath(Walk, SequentialTaskSet):
    """Steps that follow each other."""

    upcoming: Pause | None = None

    def wait_time(self) -> float:
        """Seconds until the next step."""
        return self.pause(self.upcoming)


def idle(visitor: Visitor) -> None:
    """Nothing is done before a session is due."""


# The run ----------------------------------------------------------------------------------


def read_test_users(file: str) -> list[dict[str, str]]:
    """The lines of a CSV file by column, none if there is no `file`."""
    if not file:
        return []
    with Path(file).open(newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


def id_of(text: str) -> Any:
    """`text`, as a number if it is one: bodies tell them apart."""
    return int(text) if text.isascii() and text.isdigit() else text


def scenario_of(environment: Any) -> type[Visitor]:
    """The scenario that is run."""
    found: type[Visitor] = next(one for one in environment.user_classes if issubclass(one, Visitor))
    return found


def check_options(environment: Any, **_: Any) -> None:
    """What must not run ends here, unless someone can still change it in the web UI."""
    options, scenario = environment.parsed_options, scenario_of(environment)
    if options.headless and (why := refusal(scenario, options.host or scenario.host, options)):
        logging.error(why)
        if isinstance(environment.runner, WorkerRunner):
            os._exit(2)  # at once: it would wait for a master that is gone
        raise SystemExit(2)


def open_doors(environment: Any, **_: Any) -> None:
    """Sessions begin to arrive, in every process that has users."""
    scenario, options, runner = scenario_of(environment), environment.parsed_options, environment.runner
    if why := refusal(scenario, environment.host or scenario.host, options):
        raise StopTest(why)
    if not isinstance(runner, WorkerRunner):  # which has it from its master
        options.planned_users = runner.target_user_count or options.num_users or 1
    if isinstance(runner, MasterRunner):
        return
    Visitor.arrivals = Arrivals(scenario, options, runner)
    Visitor.tally = Tally()
    FRESH.seed()  # a process that was split off would else make the same names as the others
    gc.freeze()  # what is there now stays: to look through it time and again costs requests
    gc.set_threshold(10_000)
    if options.session_run_time:
        Visitor.clock = gevent.spawn(Visitor.arrivals.close)


def close_doors(environment: Any, **_: Any) -> None:
    """No more sessions arrive, and the log says how it went."""
    if isinstance(environment.runner, MasterRunner):
        return
    Visitor.arrivals.report()
    Visitor.tally.report()
    if Visitor.clock and Visitor.clock is not gevent.getcurrent():
        Visitor.clock.kill(block=False)


hooks: Any = events  # because Locust's own listeners have no types
hooks.init_command_line_parser.add_listener(add_options)
hooks.init.add_listener(check_options)
hooks.test_start.add_listener(open_doors)
hooks.test_stop.add_listener(close_doors)
