"""What Prometheus reads."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from exchanges import EXCHANGE, ROUTE
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from service.access_log import combined_lines
from service.app import create_app
from service.database import open_database
from service.log_file import LogFile
from service.metrics import Metrics

COUNTING = """
import asyncio, os, sys
from service.metrics import Metrics, forget_process
from exchanges import EXCHANGE

metrics = Metrics()
for _ in range(3):
    metrics.begun()
    metrics.finished(EXCHANGE)
metrics.begun()
if len(sys.argv) > 1:
    forget_process(int(sys.argv[1]))
    print(asyncio.run(metrics.show(None)).body.decode())
else:
    print(os.getpid())
"""
"""A worker that has answered three requests and is at a fourth. Told of one that has ended, it shows all."""
Numbers = dict[tuple[str, ...], float]
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'friends.db'}")
    yield engine
    engine.dispose()


def numbers(text: str) -> Numbers:
    """The value of each sample, by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def ask(app: Any, *requests: tuple[str, str]) -> str:
    """What GET /metrics answers after those requests."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://friends") as client:
        for method, target in requests:
            await client.request(method, target)
        answer = await client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return answer.text


def test_requests_are_counted_by_route(engine: Engine) -> None:
    """Requests are counted by method, route and status, and their seconds by method and route."""
    prefix = "/friend-service/v1/users"
    requests = [("GET", f"{prefix}/{number}") for number in (1, 2, 3)] + [("GET", f"{prefix}/x")]
    found = numbers(asyncio.run(ask(create_app(engine), *requests)))
    endpoint = ("GET", f"{prefix}/{{user_id}}")
    assert found["http_requests_total", *endpoint, "404"] == 3
    assert found["http_requests_total", *endpoint, "422"] == 1
    assert found["http_request_duration_seconds_count", *endpoint] == 4
    assert found["http_request_duration_seconds_sum", *endpoint] > 0


def test_clients_cannot_make_up_labels(engine: Engine) -> None:
    """However many targets and methods clients invent, they are counted as one."""
    requests = [("GET", f"/{number}/secret") for number in range(20)]
    requests += [(f"BREW{number}", "/healthz") for number in range(20)]
    text = asyncio.run(ask(create_app(engine), *requests))
    found = numbers(text)
    assert found["http_requests_total", "GET", "other", "404"] == 20
    assert found["http_requests_total", "other", "/healthz", "405"] == 20
    assert not re.search("secret|BREW", text)


def test_each_app_counts_for_itself(engine: Engine) -> None:
    """What one app answers is not in the numbers of another."""
    one, other = create_app(engine), create_app(engine)
    asyncio.run(ask(one, ("GET", "/healthz")))
    found = numbers(asyncio.run(ask(other)))
    assert [key for key in found if key[0] == "http_requests_total"] == []


def test_a_request_in_progress_is_shown(engine: Engine) -> None:
    """A request is in progress until it is answered: the one that asks is always."""
    app = create_app(engine)
    for _ in range(2):
        assert numbers(asyncio.run(ask(app, ("GET", "/healthz"))))["http_requests_in_progress",] == 1


def test_connections_in_use_are_shown(engine: Engine) -> None:
    """Connections count while they are held, and no longer, also those that broke."""
    app = create_app(engine)
    with engine.connect(), engine.connect() as broken:
        during = numbers(asyncio.run(ask(app)))
        broken.invalidate()
    after = numbers(asyncio.run(ask(app)))
    assert (during["database_connections_in_use",], after["database_connections_in_use",]) == (2, 0)


def test_lost_lines_are_counted(engine: Engine) -> None:
    """What a log loses is counted."""
    metrics = Metrics(engine)
    log = LogFile(Path("/dev/full"), combined_lines, metrics.lost)
    for _ in range(3):
        log(EXCHANGE)
    log.close()
    assert numbers(asyncio.run(ask(create_app(engine, metrics=metrics))))["log_requests_lost_total",] == 3


def test_workers_add_up(tmp_path: Path) -> None:
    """A worker shows what all have counted, and what those that have not ended have in progress."""
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "service")]),
    }

    def count(*arguments: str) -> str:
        command = [sys.executable, "-c", COUNTING, *arguments]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=60
        ).stdout

    found = numbers(count(count().strip()))
    assert found["http_requests_total", "GET", ROUTE, "200"] == 6
    assert found["http_request_duration_seconds_count", "GET", ROUTE] == 6
    assert found["http_requests_in_progress",] == 1
