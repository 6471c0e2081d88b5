"""The parts of every locustfile that do not depend on the workload, as source text."""

IMPORTS = """\
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
"""

OPTIONS = '''\
def add_options(parser: LocustArgumentParser) -> None:
    """Locust's command line, and its web UI, know the options of this file."""
    group = parser.add_argument_group("Sessions")
    add = group.add_argument
    add("--sessions-per-second", type=float, default=0, help="in all processes; 0: by the number of users")
    add("--session-run-time", type=float, default=0, help="seconds in which sessions start; 0: no end")
    add("--speed", type=float, default=1, help="pauses are divided by this")
    add("--seed", type=int, default=0, help="of all random draws; 0: another one each time")
'''

ARRIVALS = '''\
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
'''

VISITOR = '''\
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
'''

AT_ONCE = '''\
    def at_once(self, *requests: tuple[Callable[[], None], float]) -> None:
        """Each request is made as often as it says on average, all at once; then all are answered."""
        made = [request for request, often in requests for _ in range(int(often + random.random()))]
        pending = [gevent.spawn(request) for request in made or [requests[0][0]]]
        try:
            gevent.joinall(pending, raise_error=True)
        finally:
            gevent.killall(pending, block=False)
'''

CARRIED = '''\
    def carried(self, endpoint: str, param: str, *, share: float, otherwise: Draw) -> Draw:
        """What `param` of `endpoint` was last in this session, in that share of cases; else another."""
        before = self.sent.get(endpoint, {})
        return lambda: before[param] if param in before and random.random() < share else otherwise()
'''

CREATED = '''\
    def created(self, endpoint: str, field: str, *, share: float, otherwise: Draw) -> Draw:
        """What the last answer of `endpoint` says was made, in that share of cases; else another."""
        made = self.shown.get(f"{endpoint} {field}")
        return lambda: made[0] if made and random.random() < share else otherwise()
'''

METHODS = {"at_once": AT_ONCE, "carried": CARRIED, "created": CREATED}
"""What visitors can do besides, if a workload asks for it."""

REQUESTS = '''\
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
'''

PATH = '''\
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
'''

LISTENERS = """\
hooks: Any = events  # because Locust's own listeners have no types
hooks.init_command_line_parser.add_listener(add_options)
hooks.test_start.add_listener(open_doors)
hooks.test_stop.add_listener(close_doors)
"""

LAWS = {
    "lognormal": '''\
def lognormal(median: float, sigma: float) -> Pause:
    """The logarithm is normal."""
    return lambda pace: pace * random.lognormvariate(math.log(median), sigma)
''',
    "gamma": '''\
def gamma(shape: float, scale: float) -> Pause:
    """The mean is shape * scale."""
    return lambda pace: pace * random.gammavariate(shape, scale)
''',
    "weibull": '''\
def weibull(shape: float, scale: float) -> Pause:
    """Longer than t with probability exp(-((t / scale) ** shape))."""
    return lambda pace: pace * random.weibullvariate(scale, shape)
''',
    "exponential": '''\
def exponential(mean: float) -> Pause:
    """Without memory."""
    return lambda pace: pace * random.expovariate(1 / mean)
''',
    "normal": '''\
def normal(mean: float, sd: float) -> Pause:
    """Cut off at zero."""

    def draw(pace: float) -> float:
        while (seconds := random.gauss(mean, sd)) < 0:
            pass
        return pace * seconds

    return draw
''',
    "quantiles": '''\
def quantiles(*at: float) -> Pause:
    """Measured at even probabilities from 0 to 1, and linear in between."""

    def draw(pace: float) -> float:
        place = random.random() * (len(at) - 1)
        low, high = at[int(place)], at[min(int(place) + 1, len(at) - 1)]
        return pace * (low + (high - low) * (place % 1))

    return draw
''',
    "mixture": '''\
def mixture(weight: float, first: Pause, second: Pause) -> Pause:
    """The first law with probability `weight`, the second otherwise."""
    return lambda pace: first(pace) if random.random() < weight else second(pace)
''',
    "steady": '''\
def steady(law: Pause) -> Pause:
    """A machine's pauses, as long for a slow visitor as for a fast one."""
    return lambda pace: law(1.0)
''',
    "popular": '''\
def popular(low: int, high: int) -> Draw:
    """An id from `low` to `high`; all are alike."""
    return lambda: random.randint(low, high)
''',
    "ranked": '''\
def ranked(low: int, high: int, zipf: float) -> Draw:
    """An id from `low` to `high`: the r-th of them in proportion to r ** -zipf, by rejection-inversion."""

    def area(x: float) -> float:
        return math.log(x) if zipf == 1 else x ** (1 - zipf) / (1 - zipf)

    def draw() -> int:
        first, last = area(1.5) - 1, area(high - low + 1.5)
        while True:
            at = first + random.random() * (last - first)
            x = math.exp(at) if zipf == 1 else (at * (1 - zipf)) ** (1 / (1 - zipf))
            rank = min(max(1, round(x)), high - low + 1)
            if at >= area(rank + 0.5) - rank**-zipf:
                return low + rank - 1

    return draw
''',
    "text": '''\
def text(alphabet: str, *lengths: float) -> Draw:
    """Characters of `alphabet`; the lengths were measured at even probabilities from 0 to 1."""
    length = quantiles(*lengths)
    return lambda: "".join(random.choices(alphabet, k=round(length(1.0))))
''',
    "one_of": '''\
def one_of(shares: Mapping[Any, float]) -> Draw:
    """One of the keys, by its share."""
    return lambda: random.choices(list(shares), list(shares.values()))[0]
''',
}
"""What draws pauses and values; only those that a workload uses are written."""
