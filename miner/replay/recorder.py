"""A Locust plugin that writes the run's own request log: a second `-f` file, run by Locust only.

Each process writes `requests-PID.csv` into the folder given with --record, a line a second about itself into
`load-PID.csv`, and at the end `summary-PID.json`. The position of a request in its session, and the pause
before it, are known when all are there: requests that are made at once may be answered in any order. Nobody
in this project imports this file: importing Locust monkey-patches.
"""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from time import process_time, time
from typing import Any, TextIO

import gevent
from locust import events
from locust.runners import MasterRunner

EVERY = 1.0
"""Seconds between two lines about the load, and the most that a run may lose when it is killed."""


class Recorder:
    """The request log of one process."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.files: list[TextIO] = []
        self.sessions: set[str] = set()
        self.requests = self.failures = 0

    def begin(self, environment: Any, **_: Any) -> None:
        """Both files are there, if this process makes requests."""
        folder = getattr(environment.parsed_options, "record", "")
        if not folder or self.folder or isinstance(environment.runner, MasterRunner):
            return
        self.folder = Path(folder)
        self.write, self.sample = self._file("requests"), self._file("load")
        gevent.spawn(self.watch, environment)

    def _file(self, kind: str) -> Any:
        path = Path(self.folder or ".", f"{kind}-{os.getpid()}.csv")
        file = path.open("w", newline="", encoding="utf-8")
        self.files.append(file)
        return csv.writer(file, lineterminator="\n").writerow

    def record(self, **request: Any) -> None:
        """A row is written for the request that Locust reports."""
        if self.folder is None:
            return
        context, method = request["context"], request["request_type"]
        session = context.get("session") or f"request-{os.getpid()}-{self.requests}"
        self.sessions.add(session)
        target = (request["url"] or "").split("/", 3)
        self.requests += 1
        self.failures += request["exception"] is not None
        self.write(
            (
                session,
                context.get("path", ""),
                context.get("endpoint") or f"{method} {request['name']}",
                method,
                "/" + target[3] if len(target) > 3 else "/",
                getattr(request["response"], "status_code", 0) or 0,
                f"{request['start_time']:.6f}",
                f"{request['response_time'] / 1000:.6f}",
                f"{context.get('late', 0.0):.6f}",
            )
        )

    def watch(self, environment: Any) -> None:
        """Once a second: how busy this process is, and its users; what was recorded is on disk."""
        at, used = time(), process_time()
        while True:
            gevent.sleep(EVERY)
            arrivals, now, cpu = arrivals_of(environment), time(), process_time()
            users = environment.runner.user_count
            busy = arrivals.started - arrivals.finished if arrivals else users
            self.sample((f"{now:.3f}", f"{(cpu - used) / (now - at):.4f}", users, busy, waiting(arrivals)))
            at, used = now, cpu
            for file in self.files:
                file.flush()

    def finish(self, environment: Any, **_: Any) -> None:
        """What was written is on disk, and so is what only this process knows."""
        if self.folder is None:
            return
        for file in self.files:
            file.flush()
        arrivals = arrivals_of(environment)
        summary = {
            "requests": self.requests,
            "failures": self.failures,
            "started": getattr(arrivals, "started", len(self.sessions)),
            "finished": getattr(arrivals, "finished", len(self.sessions)),
            "never_started": waiting(arrivals),
        }
        (self.folder / f"summary-{os.getpid()}.json").write_text(json.dumps(summary), encoding="utf-8")


def arrivals_of(environment: Any) -> Any:
    """When sessions start, as the scenario has it; nothing if it is none of ours."""
    found = (getattr(user, "arrivals", None) for user in environment.user_classes)
    return next(filter(None, found), None)


def waiting(arrivals: Any) -> int:
    """How many sessions are due and have not started."""
    return arrivals.came() if arrivals else 0


def _options(parser: Any) -> None:
    parser.add_argument("--record", default="", help="folder for the request log", include_in_web_ui=False)


recorder = Recorder()
hooks: Any = events
hooks.init_command_line_parser.add_listener(_options)
hooks.test_start.add_listener(recorder.begin)
hooks.request.add_listener(recorder.record)
hooks.test_stop.add_listener(recorder.finish)
hooks.quitting.add_listener(recorder.finish)
