"""A Locust plugin that makes a few requests of a scenario once and writes down what is answered.

It is a second `-f` file, run by Locust only. Nobody in this project imports this file: importing Locust
monkey-patches.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from locust import events


def _options(parser: Any) -> None:
    parser.add_argument("--probe", default="", help="methods of the scenario", include_in_web_ui=False)
    parser.add_argument("--probe-into", default="", help="file for the answers", include_in_web_ui=False)


def _probe(environment: Any, **_: Any) -> None:
    """A visitor comes, makes each of the requests, all of them meant to succeed, and the run is over."""
    answers: dict[str, Any] = {}

    def keep(context: dict[str, Any], response: Any, **_: Any) -> None:
        headers = getattr(response, "headers", None) or {}
        answers[context.get("endpoint", "")] = {
            "status": response.status_code or 0,
            "text": (response.text or "") if response.content else "",
            "location": headers.get("Location", ""),
        }

    options, scenario = environment.parsed_options, environment.user_classes[0]
    environment.events.request.add_listener(keep)
    scenario.host = environment.host  # as Locust does when it spawns users
    visitor = scenario(environment)
    visitor.dice, visitor.session = Random(1), "probe"
    visitor.tally.intended = lambda *_: 0
    visitor.begin("probe")
    for method in options.probe.split(","):
        getattr(visitor, method)()
    Path(options.probe_into).write_text(json.dumps(answers), encoding="utf-8")
    raise SystemExit(0)


hooks: Any = events
hooks.init_command_line_parser.add_listener(_options)
hooks.test_start.add_listener(_probe)
