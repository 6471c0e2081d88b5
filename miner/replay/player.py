"""A Locust plugin with which the visitors of a scenario make the recorded sessions again, each at its time.

It is a second `-f` file, run by Locust only. The scenario has the bodies, the credentials and the hooks; the
tape given with --tape has who comes when, and the path and the query of each request. Nobody in this
project imports this file: importing Locust monkey-patches.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import gevent
from locust import events
from locust.runners import MasterRunner

Row = dict[str, Any]


class Player:
    """What a process plays: of several, each takes its part of the sessions."""

    arrivals: Any
    began: float
    asks: Row
    """The request that is being made ready."""

    def __init__(self, sessions: Iterator[Row]) -> None:
        self.sessions = sessions
        self.next = next(sessions, None)
        self.coming: deque[Row] = deque()
        """Sessions that are due, in the order in which visitors take them."""

    def begin(self, environment: Any) -> None:
        """From now on the visitors of the scenario take sessions from the tape."""
        scenario = environment.user_classes[0]
        self.arrivals = scenario.arrivals
        self.began = self.arrivals.began
        self.arrivals.came = self.came
        self.arrivals.load.path = lambda _: partial(self.play, self.coming.popleft())
        scenario.tally.intended = lambda _, errors, __: self.asks["status"] * (self.asks["status"] in errors)
        scenario.send = self.sending(scenario.send)
        scenario.hooks.on_request = self.restoring(scenario.hooks.on_request)
        self.came()

    def came(self) -> int:
        """How many sessions are due and have no visitor yet."""
        now = perf_counter() - self.began
        while self.next and self.next["at"] <= now:
            self.coming.append(self.next)
            self.arrivals.due.append(self.began + self.next["at"])
            self.next = next(self.sessions, None)
        self.arrivals.next = self.began + self.next["at"] if self.next else math.inf
        return len(self.arrivals.due)

    def play(self, session: Row, visitor: Any) -> None:
        """A visitor makes the steps of a session, none of them before the last was answered."""
        visitor.session = session["session"]
        visitor.begin(session["path"])
        user = session["user"]
        if user is not None:
            visitor.user_id = int(user) if user.isascii() and user.isdigit() else user
        for step in session["steps"]:
            pending = [gevent.spawn(self.ask, visitor, request) for request in step[1:]]
            try:
                self.ask(visitor, step[0])
                gevent.joinall(pending, raise_error=True)
            finally:
                gevent.killall(pending, block=False)
        visitor.leave()

    def ask(self, visitor: Any, request: Row) -> None:
        """A request is made when it is time."""
        due = self.began + request["at"]
        gevent.sleep(max(0.0, due - perf_counter()))
        visitor.meant, self.asks = due, request  # nobody else runs until it is sent
        if request["method"]:
            getattr(visitor, request["method"])()
        else:
            visitor.send(request["endpoint"])

    def sending(self, send: Callable[..., None]) -> Callable[..., None]:
        """`send` with the path and the query that were recorded; what belongs to them is not drawn."""

        def sends(visitor: Any, endpoint: str, **more: Any) -> None:
            send(visitor, endpoint, **{**more, **self.recorded()})

        return sends

    def restoring(self, on_request: Callable[..., None]) -> Callable[..., None]:
        """A client error that was recorded may be brought about by the body, not by path or query."""

        def restores(visitor: Any, endpoint: str, sent: Row) -> None:
            sent.update(self.recorded())
            on_request(visitor, endpoint, sent)

        return restores

    def recorded(self) -> Row:
        """The parts of a request that a log has."""
        return {"params": self.asks["params"], "query": self.asks["query"]}


def sessions_of(file: Path, part: int, parts: int) -> Iterator[Row]:
    """Every `parts`-th session of a tape, beginning with that of the number `part`."""
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % parts == part:
                yield json.loads(line)


def _options(parser: Any) -> None:
    parser.add_argument("--tape", default="", help="file with recorded sessions", include_in_web_ui=False)
    parser.add_argument("--tape-parts", type=int, default=1, help="processes", include_in_web_ui=False)


def _play(environment: Any, **_: Any) -> None:
    options, runner = environment.parsed_options, environment.runner
    if not isinstance(runner, MasterRunner):
        part = getattr(runner, "worker_index", 0)
        Player(sessions_of(Path(options.tape), part, options.tape_parts)).begin(environment)


hooks: Any = events
hooks.init_command_line_parser.add_listener(_options)
hooks.test_start.add_listener(_play)
