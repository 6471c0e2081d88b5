"""A Locust plugin that writes the run's own request log: a second `-f` file, run by Locust only.

Each process writes `requests-PID.jsonl` and `load-PID.jsonl` into the folder given with --record, a line a
second, and at the end `summary-PID.json`, whose place is taken at the beginning: it can be written on a full
disk, and if it says nothing, the process did not come to its end. The position of a request in its session,
and the pause before it, are known when all are there: requests that are made at once may be answered in any
order. Nobody in this project imports this file: importing Locust monkey-patches.
"""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from pathlib import Path
from time import process_time, time
from typing import Any

import gevent
from locust import events
from locust.runners import MasterRunner

EVERY = 1.0
"""Seconds between two lines, and the most that a run may lose when it is killed."""
ROOM = 200
"""Bytes of a summary."""


class Recorder:
    """The request log of one process."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.rows: list[tuple[Any, ...]] = []
        self.loads: list[tuple[float, ...]] = []
        self.counts: dict[str, int] = {}

    def begin(self, environment: Any, **_: Any) -> None:
        """Requests are recorded from now on, if this process makes any."""
        folder = getattr(environment.parsed_options, "record", "")
        if folder and not self.folder and not isinstance(environment.runner, MasterRunner):
            self.folder = Path(folder)
            self.sum_up({"lost": 1})
            if environment.parsed_options.sign:
                sign(environment.user_classes[0])
            hooks.request.add_listener(self.record)
            gevent.spawn(self.watch, environment)

    def record(
        self, *, request_type: str, name: str, response_time: float, response: Any, context: dict[str, Any],
        exception: Any, start_time: float, url: str, **_: Any,
    ) -> None:  # fmt: skip
        """Locust reports a request."""
        self.rows.append(
            (
                context.get("session"), context.get("path"), context.get("endpoint"), name, request_type, url,
                getattr(response, "status_code", 0) or 0, start_time, response_time,
                context.get("late", 0.0), exception is not None,
            )
        )  # fmt: skip

    def watch(self, environment: Any) -> None:
        """Once a second: how busy this process is, and its users; what was recorded is on disk."""
        at, used = time(), process_time()
        while True:
            gevent.sleep(EVERY)
            arrivals, now, cpu = arrivals_of(environment), time(), process_time()
            users = environment.runner.user_count
            busy = arrivals.started - arrivals.finished if arrivals else users
            self.loads.append((now, (cpu - used) / (now - at), users, busy, waiting(arrivals)))
            at, used = now, cpu
            try:
                self.keep()
            except OSError as error:
                logging.error("The request log cannot be written: %s. No more is sent.", error.strerror)  # noqa: TRY400
                environment.runner.quit()
                return

    def keep(self) -> None:
        """What was recorded is on disk, a line of JSON for each kind. Raises OSError if the disk is full."""
        for kind, rows in (("requests", self.rows), ("load", self.loads)):
            if rows:
                with Path(self.folder or ".", f"{kind}-{os.getpid()}.jsonl").open(
                    "a", encoding="utf-8"
                ) as file:
                    file.write(json.dumps(rows) + "\n")
                rows.clear()

    def finish(self, environment: Any, **_: Any) -> None:
        """What was recorded is on disk, and so is what only this process knows."""
        if self.folder is None:
            return
        with suppress(OSError):  # then it stays said that something is lost
            self.keep()
            self.sum_up({"lost": 0})
        if arrivals := arrivals_of(environment):
            counts = {name: getattr(arrivals, name) for name in ("started", "finished")}
            self.sum_up({**counts, "never_started": waiting(arrivals)})

    def sum_up(self, counts: dict[str, int]) -> None:
        """What only this process knows is on disk, where room was made for it."""
        self.counts |= counts
        file = Path(self.folder or ".", f"summary-{os.getpid()}.json")
        with file.open("r+" if file.exists() else "w", encoding="utf-8") as written:
            written.write(json.dumps(self.counts).ljust(ROOM))


def sign(scenario: Any) -> None:
    """Requests say of which session they are, so that the service's own log tells sessions apart."""
    own = getattr(scenario, "headers", {})
    scenario.headers = {**own, "User-Agent": lambda visitor: f"Locust (session {visitor.session})"}


def arrivals_of(environment: Any) -> Any:
    """When sessions start, as the scenario has it; nothing if it is none of ours."""
    found = (getattr(user, "arrivals", None) for user in environment.user_classes)
    return next(filter(None, found), None)


def waiting(arrivals: Any) -> int:
    """How many sessions are due and have not started."""
    return arrivals.came() if arrivals else 0


def _options(parser: Any) -> None:
    parser.add_argument("--sign", action="store_true", help="name sessions", include_in_web_ui=False)
    parser.add_argument("--record", default="", help="folder for the request log", include_in_web_ui=False)


recorder = Recorder()
hooks: Any = events
hooks.init_command_line_parser.add_listener(_options)
hooks.test_start.add_listener(recorder.begin)
hooks.test_stop.add_listener(recorder.finish)
hooks.quitting.add_listener(recorder.finish)
