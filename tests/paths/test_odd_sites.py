"""Logs that no site should have, or that only strangers' sites have, become sessions or a plain sentence."""

from __future__ import annotations

from typing import Any

import pytest
from small_logs import request, store_of

from miner.errors import TooLittleData
from miner.paths import prepare
from miner.paths.foundations import Foundations
from miner.paths.routes import MOST_ROUTES


def foundations(rows: list[dict[str, Any]]) -> tuple[Foundations, dict[str, Any]]:
    """How the requests became sessions, and how many distinct routes and longest session there are."""
    with store_of(rows) as store:
        found = prepare(store)
        told = """
            SELECT count(DISTINCT route) AS routes, max(position) AS longest,
                count(DISTINCT visitor) AS visitors
            FROM requests WHERE session_id IS NOT NULL
        """
        return found, store.ask(told).to_pylist()[0]


def test_one_visitor_with_a_hundred_thousand_requests() -> None:
    """All of them are one session, and it is said that it is a machine's or a proxy's."""
    rows = [request(n / 10, address="198.51.100.7") for n in range(100_000)]
    found, told = foundations([*rows, request(1, address="192.0.2.9")])
    assert (found.sessions, told["longest"]) == (2, 100_000)
    assert "makes 100% of people's requests" in found.visitors.remarks[0]


def test_a_hundred_thousand_visitors_with_one_request() -> None:
    """Each is a session of its own; there is no silence to find a gap from."""
    rows = [request(n, address=f"10.{n // 65536}.{n // 256 % 256}.{n % 256}") for n in range(100_000)]
    found, told = foundations(rows)
    assert found.sessions == told["visitors"] == 100_000
    assert found.gap.seconds == 1800
    assert "only 0 silences" in found.gap.why


def test_every_target_is_another_one_of_eight_kilobytes() -> None:
    """Long targets that are all distinct make no more routes than a site may have."""
    rows = [request(n, f"/{n:x}{'x' * 4000}/{n:x}{'y' * 4000}") for n in range(2_000)]
    found, told = foundations(rows)
    assert found.requests == 2_000
    assert told["routes"] <= MOST_ROUTES


def test_ten_thousand_query_parameters() -> None:
    """They are of no route."""
    query = "&".join(f"p{n}={n}" for n in range(10_000))
    _, told = foundations([request(0, f"/things?{query}"), request(1, "/things")])
    assert told["routes"] == 1


def test_one_session_of_one_request() -> None:
    """It is one."""
    found, _ = foundations([request(0)])
    assert (found.sessions, found.requests) == (1, 1)


def test_all_at_the_same_moment() -> None:
    """Requests in one tick of the clock keep the order of the log, and are one session a visitor."""
    rows = [request(0, f"/{name}", address=f"192.0.2.{n}") for n in range(3) for name in "abc"]
    found, told = foundations(rows)
    assert (found.sessions, told["longest"]) == (3, 3)


@pytest.mark.parametrize(
    "row",
    [
        {"agent": "Googlebot/2.1"},
        {"target": "/healthz"},
        {"target": "/.env"},
        {"target": "/a.css"},
        {"method": "OPTIONS"},
    ],
)
def test_nobody_is_there(row: dict[str, Any]) -> None:
    """A log without people's requests has no sessions: exit code 3, a sentence and what to do."""
    with pytest.raises(TooLittleData, match="No request in the log was made by a person") as error:
        foundations([request(n, **row) for n in range(50)])
    assert error.value.exit_code == 3
    assert "mine sessions" in error.value.hint
