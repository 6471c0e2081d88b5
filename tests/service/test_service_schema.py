"""The service keeps what its OpenAPI document promises, as far as schemathesis can find out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

if TYPE_CHECKING:
    from running_service import Running
    from schemathesis import BaseSchema

    Case = schemathesis.Case[Any]

pytest_plugins = ("running_service",)
EXAMPLES = 25
"""Requests of each kind to an operation, at most; and as many sequences of requests."""
PEOPLE, FANS, STRANGERS = [1, 2, 3], [4, 5, 6, 7, 8], [9, 10, 11, 12]
REQUESTS = list(range(1, len(FANS) * len(PEOPLE) + 1))
ONE, STRANGER, REQUEST = (
    {"dictionary": name, "probability": 0.9} for name in ("people", "strangers", "requests")
)
# All checks are on as they come, for requests as the document wants them and for wrong ones, in all phases:
# examples, values at the edges, values at random, and sequences. So that something becomes of some of
# the requests, they mostly speak of users and friend requests that are there.
CONFIG = {
    "seed": 7,
    "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
    "phases": {"stateful": {"max-steps": 6}},
    "dictionaries": {
        "people": {"values": PEOPLE},
        "strangers": {"values": STRANGERS},
        "requests": {"values": REQUESTS},
    },
    "parameters": {
        "header.X-User-Id": ONE,
        "path.user_id": ONE,
        "path.friend_id": ONE,
        "path.request_id": REQUEST,
        "body.userId": ONE,
        "body.friendId": STRANGER,
    },
}


def test_the_service_keeps_what_its_document_promises(running: Running) -> None:
    """Requests, valid or not, are answered as documented, and each operation has succeeded at least once."""
    _fill(running)
    paths = running.app.openapi()["paths"]
    document = schemathesis.openapi.from_asgi(
        "/openapi.json", running.app, config=SchemathesisConfig.from_dict(CONFIG)
    )
    _leave_out_friends_of_themselves(document)
    findings, answered = _explore(document)
    assert not findings, "\n\n".join(findings)
    succeeded = {label for label, statuses in answered.items() if statuses & {200, 201, 204}}
    assert succeeded == {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def _fill(running: Running) -> None:
    """There are users, friends and pending requests, with the ids that are asked for."""
    everyone = [*PEOPLE, *FANS, *STRANGERS]
    assert running.people(*(f"user{number}" for number in everyone)) == everyone
    assert [running.ask(fan, user).json()["requestId"] for fan in FANS for user in PEOPLE] == REQUESTS
    running.befriend(1, 2)
    running.befriend(3, 1)


def _leave_out_friends_of_themselves(document: BaseSchema) -> None:
    """JSON Schema cannot say that two fields differ: by the document they are valid, and yet 422."""

    def filter_case(_: schemathesis.HookContext, case: Case) -> bool:
        body = case.body
        return not isinstance(body, dict) or "userId" not in body or body["userId"] != body.get("friendId")

    document.hook(filter_case)


def _explore(document: BaseSchema) -> tuple[list[str], dict[str, set[int]]]:
    """What does not hold, with how to repeat it; and which statuses each operation was answered with."""
    findings: list[str] = []
    answered: dict[str, set[int]] = defaultdict(set)
    for event in from_schema(document).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            findings.append(str(event))
        if isinstance(event, events.ScenarioFinished):
            findings.extend(_failures(event))
            for case_id, exchange in event.recorder.interactions.items():
                if exchange.response:
                    label = event.recorder.cases[case_id].value.operation.label
                    answered[label].add(exchange.response.status_code)
    return findings, answered


def _failures(event: events.ScenarioFinished) -> Iterator[str]:
    for checks in event.recorder.checks.values():
        for check in checks:
            if found := check.failure_info:
                yield f"{found.failure.title}\n{found.failure.message}\n{found.code_sample}"
