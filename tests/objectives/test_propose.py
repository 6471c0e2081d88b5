"""A recording becomes objectives that it meets itself."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import LOG, OPENAPI
from made_run import BEGAN, LIST, SEARCH, line, requests, service_log, without_durations

from miner.errors import MinerError, TooLittleData
from miner.objectives import check, load_objectives, propose
from miner.objectives.check import judge
from miner.objectives.evidence import of_store
from miner.objectives.objectives_file import parse_objectives
from miner.paths import Mined
from miner.store import Store
from miner.verify.sources import prepared


def met(store: Store, text: str) -> bool:
    """Whether the store meets all of these objectives."""
    found = of_store(store, "small.log")
    return all(judge(one, found).verdict == "pass" for one in parse_objectives(text).objectives)


def asked(n: int, **fields: Any) -> dict[float, str]:
    """Lines of `n` requests, one a minute, which took 1 to 100 ms, by when they ended."""
    lines = {}
    for i in range(n):
        ended = BEGAN + pd.Timedelta(minutes=i)
        lines[ended.timestamp()] = line(ended, f"/things/{i}?x=1", seconds=(i * 7 % 100 + 1) / 1000, **fields)
    return lines


@contextmanager
def recorded(*lines: dict[float, str]) -> Iterator[Store]:
    """A store with these requests in their order, whose sessions are made."""
    by_time = sorted(pair for some in lines for pair in some.items())
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "small.log"
        log.write_text("".join(text for _, text in by_time), encoding="ascii")
        with prepared(log, None) as (store, _):
            yield store


@pytest.mark.parametrize("margin", [0.0, 0.25, 2.0])
def test_the_sample_log_meets_what_it_proposes(
    sample: tuple[Store, Mined], tmp_path: Path, margin: float
) -> None:
    """The file is loaded, and every objective passes when it is checked on the log that it came from."""
    store, _ = sample
    file = tmp_path / "o.toml"
    file.write_text(propose(store, margin=margin, name=LOG.name), encoding="utf-8")
    checked = check(load_objectives(file), LOG, openapi=str(OPENAPI))
    assert {outcome.verdict for outcome in checked.outcomes} == {"pass"}
    assert len(checked.outcomes) >= 4 * 8


def test_limits_are_recorded_values_and_a_margin() -> None:
    """Values of 1 to 100 ms give limits of a quarter more, rounded up to two digits, and are explained."""
    with recorded(asked(200)) as store:
        text = propose(store, name="small.log")
        assert met(store, text)
    of = {one.name: one for one in parse_objectives(text).objectives}
    endpoint = "GET /things/{thing_id}"
    assert of[f"p50 latency of {endpoint}"].limit == 0.064  # 50.5 ms x 1.25 = 63.125
    assert of[f"p95 latency of {endpoint}"].limit == 0.12  # 95.05 ms x 1.25 = 118.8
    assert of[f"error share of {endpoint}"].limit == 0.015  # none of 200: below 3/200 by the rule of three
    assert of["throughput"].limit == 0.012  # 200 in 199 minutes x 0.75 = 0.01256
    assert "# Recorded: 50.5 ms (n = 200).\n[[objectives]]" in text
    assert not any("p99" in name for name in of)
    assert text.startswith("# Objectives for small.log: what was recorded, and 25 % worse.")


def test_errors_are_allowed_as_recorded() -> None:
    """A share of errors of the service gives a limit a quarter higher; answers of 4xx are none."""
    with recorded(asked(380, status=404), asked(20, status=503)) as store:
        text = propose(store)
        assert met(store, text)
    (errors,) = [one for one in parse_objectives(text).objectives if one.measure.what == "error share"]
    assert errors.limit == pytest.approx(0.063)  # 5 % x 1.25


def test_endpoints_with_too_few_requests_are_listed() -> None:
    """What has less than is needed for a median is named in a comment, with its number."""
    few = {BEGAN.timestamp() + i: line(BEGAN + pd.Timedelta(seconds=i), "/rare") for i in range(1, 8)}
    with recorded(asked(60), few) as store:
        text = propose(store)
        assert met(store, text)
    assert "# There are none for:\n# - GET /rare: 7 requests are too few\n" in text


def test_a_log_without_durations_says_so(tmp_path: Path) -> None:
    """It proposes shares of errors and a throughput, and says why there is no latency."""
    log = service_log(tmp_path / "access.log", requests(), signed=False)
    without_durations(log)
    with prepared(log, None) as (store, _):
        text = propose(store, name=log.name)
    assert "# The log has no durations, so there are no objectives for latencies." in text
    assert {one.measure.what for one in parse_objectives(text).objectives} == {"error share", "throughput"}


def test_too_little_is_refused() -> None:
    """Where no endpoint has enough requests, nothing is proposed."""
    sentence = r"small\.log has too few requests to propose objectives: 19"
    with recorded(asked(19)) as store, pytest.raises(TooLittleData, match=sentence):
        propose(store, name="small.log")


@pytest.mark.parametrize("margin", [-0.1, float("nan"), float("inf")])
def test_a_margin_that_is_none_is_refused(margin: float) -> None:
    """A margin below zero, or none at all, leaves no limit."""
    with recorded(asked(60)) as store, pytest.raises(MinerError, match="leaves no limit"):
        propose(store, margin=margin)


@pytest.mark.parametrize(
    "endpoint",
    [
        'GET /things"\\',
        "GET /things'''\"\"\"",
        "GET /[[objectives]]",
        "GET /th\u202eings",
        "GET /a\nversion = 2",
        "GET /\x1b[31m\x00",
        "GET /" + "x" * 400,
        "GET /ünï\U0001f600",
    ],
    ids=ascii,
)
def test_hostile_endpoints_stay_data(endpoint: str) -> None:
    """Whatever an endpoint is called, the file is valid, with it as data or listed as no name."""
    with recorded(asked(60), asked(60, method="POST")) as store:
        store.ask("UPDATE requests SET endpoint = $name WHERE method = 'GET' RETURNING 1", name=endpoint)
        text = propose(store, name=endpoint)
        assert met(store, text)
    said = tomllib.loads(text)
    assert set(said) == {"version", "objectives"}
    named = {one.get("endpoint") for one in said["objectives"]}
    writable = endpoint.isprintable() and len(endpoint) < 100
    assert named == {None, "POST /things/{thing_id}", *([endpoint] if writable else [])}
    assert all(line.isprintable() for line in text.splitlines())


def test_only_the_busiest_endpoints_are_proposed() -> None:
    """Of thirty endpoints, twenty-five have objectives, and the others are listed."""
    with recorded(asked(900)) as store:
        store.ask("UPDATE requests SET endpoint = 'GET /' || chr(97 + line::INTEGER % 30) RETURNING 1")
        text = propose(store)
    proposed = {one.endpoint for one in parse_objectives(text).objectives if one.endpoint}
    assert len(proposed) == 25
    assert text.count("requests, and 25 endpoints have more") == 5


def test_the_made_log_meets_its_own(tmp_path: Path) -> None:
    """So does a small log, whose run then fails nothing at the service either."""
    log = service_log(tmp_path / "access.log", requests(), signed=False)
    with prepared(log, None) as (store, _):
        text = propose(store, name=log.name)
    found = check(parse_objectives(text), log)
    assert found.passed
    assert {one.objective.endpoint for one in found.outcomes} == {None, SEARCH, LIST}
