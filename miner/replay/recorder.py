"""A Locust plugin that writes the run's own request log: a second `-f` file, run by Locust only.

Each process writes `requests-PID.csv` into the folder given with --record, and at the end
`summary-PID.json`. The position of a request in its session, and the pause before it, are known when
all are there: requests that are made at once may be answered in any order. Nobody in this project imports
this file: importing Locust monkey-patches.
"""

from __future__ import annotations

import csv
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, TextIO
from urllib.parse import urlsplit

from locust import events

COLUMNS = "session path position endpoint method target status started duration think late".split()  # noqa: SIM905
FLUSH_EVERY = 1.0
"""Seconds that a run may lose when it is killed."""


class Recorder:
    """The request log of one process."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.file: TextIO | None = None
        self.flushed = monotonic()
        self.sessions: set[str] = set()
        self.requests = self.failures = 0

    def record(self, **request: Any) -> None:
        """A row is written for the request that Locust reports."""
        if self.folder is None:
            return
        if self.file is None:
            self.file = (self.folder / f"requests-{os.getpid()}.csv").open("w", newline="", encoding="utf-8")
            csv.writer(self.file).writerow(COLUMNS)
        csv.writer(self.file).writerow(self._row(request))
        self.requests += 1
        self.failures += request["exception"] is not None
        if monotonic() - self.flushed > FLUSH_EVERY:
            self.file.flush()
            self.flushed = monotonic()

    def _row(self, request: dict[str, Any]) -> list[str | int]:
        started, duration = request["start_time"], request["response_time"] / 1000
        context, method = request["context"] or {}, request["request_type"]
        session = str(context.get("session") or f"request-{os.getpid()}-{self.requests}")
        self.sessions.add(session)
        url = urlsplit(request["url"] or "")
        return [
            session,
            context.get("path", ""),
            "",
            context.get("endpoint") or f"{method} {request['name']}",
            method,
            url.path + (f"?{url.query}" if url.query else ""),
            getattr(request["response"], "status_code", 0) or 0,
            datetime.fromtimestamp(started, UTC).isoformat(timespec="microseconds"),
            f"{duration:.6f}",
            "",
            f"{context.get('late', 0.0):.6f}",
        ]

    def finish(self, environment: Any, **_: Any) -> None:
        """What was written is on disk, and so is what only this process knows."""
        if self.folder is None or self.file is None:
            return
        self.file.flush()
        arrivals = next(
            (a for user in environment.user_classes if (a := getattr(user, "arrivals", None))), None
        )
        summary = {
            "requests": self.requests,
            "failures": self.failures,
            "started": getattr(arrivals, "started", len(self.sessions)),
            "finished": getattr(arrivals, "finished", len(self.sessions)),
            "never_started": arrivals.came() if arrivals else 0,
        }
        (self.folder / f"summary-{os.getpid()}.json").write_text(json.dumps(summary), encoding="utf-8")


def _options(parser: Any) -> None:
    parser.add_argument("--record", default="", help="folder for the request log", include_in_web_ui=False)


def _begin(environment: Any, **_: Any) -> None:
    if environment.parsed_options and environment.parsed_options.record:
        recorder.folder = Path(environment.parsed_options.record)


recorder = Recorder()
hooks: Any = events
hooks.init_command_line_parser.add_listener(_options)
hooks.test_start.add_listener(_begin)
hooks.request.add_listener(recorder.record)
hooks.test_stop.add_listener(recorder.finish)
hooks.quitting.add_listener(recorder.finish)
