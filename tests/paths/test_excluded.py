"""What is no user step is left out for the right reason, and no visitor's request is."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from small_logs import BROWSER, request, store_of

from miner.errors import MinerError
from miner.paths import prepare
from miner.paths.excluded import excluded, mark_excluded

CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "excluded.toml").read_text(encoding="utf-8"))
AGENTS = {
    **dict.fromkeys(CASES["browsers"].values(), None),
    **dict.fromkeys(CASES["bots"].values(), "bot"),
    **dict.fromkeys(CASES["health_checks"].values(), "health check"),
    **dict.fromkeys(CASES["load_tests"].values(), "load test"),
    **dict.fromkeys(CASES["scanners"].values(), "attack"),
}
TARGETS = {target: None if reason == "none" else reason for target, reason in CASES["targets"].items()}


def reasons(rows: list[dict[str, object]], **options: Any) -> list[str | None]:
    """Why each request is left out."""
    with store_of(rows) as store:
        mark_excluded(store, **options)
        return store.ask("SELECT excluded FROM marked ORDER BY place")["excluded"].to_pylist()


def test_agents_are_told_apart() -> None:
    """Browsers and apps are visitors; crawlers, scripts and health checks are not."""
    assert dict(zip(AGENTS, reasons([request(0, agent=a) for a in AGENTS]), strict=True)) == AGENTS


def test_targets_are_told_apart() -> None:
    """A browser's request is left out for its target alone: assets, probes, health checks, robots.txt."""
    rows = [request(0, target, address=f"192.0.2.{n}") for n, target in enumerate(TARGETS)]
    assert dict(zip(TARGETS, reasons(rows), strict=True)) == TARGETS


@pytest.mark.parametrize(
    ("method", "reason"),
    [("GET", None), ("DELETE", None), ("HEAD", None), ("OPTIONS", "preflight"), ("PROPFIND", "probe")],
)
def test_methods_are_told_apart(method: str, reason: str | None) -> None:
    """Preflights and methods that no workload has are left out."""
    assert reasons([request(0, method=method)]) == [reason]


def test_the_first_reason_is_given() -> None:
    """A request with several reasons has one: a health check before a bot, a bot before an asset."""
    bot, check = next(iter(CASES["bots"].values())), next(iter(CASES["health_checks"].values()))
    rows = [request(0, "/healthz", agent=bot), request(0, "/a.css", agent=bot), request(0, agent=check)]
    assert reasons(rows) == ["health check", "bot", "health check"]


def test_requests_without_an_agent_are_visitors() -> None:
    """No agent is no reason."""
    assert reasons([request(0, agent=None)]) == [None]


def test_excluded_requests_stay_and_are_counted() -> None:
    """Nothing is dropped: every request is in the store, and reasons are counted, most first."""
    rows = [request(0), request(1, "/a.css"), request(2, "/b.css"), request(3, "/.env")]
    with store_of(rows) as store:
        for _ in range(2):
            assert prepare(store).excluded == excluded(store) == {"asset": 2, "probe": 1}
            assert list(excluded(store)) == ["asset", "probe"]
            assert store.table("requests").num_rows == 4


def test_what_nobody_was_ever_answered_is_a_probe() -> None:
    """Endpoints that only ever said 400, 404 or 405 are probes; one answer makes them a route."""
    rows = [request(i, agent=BROWSER, status=404) for i in range(3)]
    rows += [request(9, "/b", status=404), request(9, "/b"), request(9, "/c", status=403)]
    with store_of(rows) as store:
        assert prepare(store).excluded == {"probe": 3}


def test_who_asks_for_robots_is_a_bot() -> None:
    """People do not ask for robots.txt: who does from an address and with an agent is a bot there."""
    rows = [request(0), request(1, "/robots.txt"), request(2, agent="x"), request(2, address="192.0.2.9")]
    assert reasons(rows) == ["bot", "bot", None, None]


def test_who_asks_for_little_else_than_probes_is_a_scanner() -> None:
    """All requests of a scanner are probes, whatever agent it claims; a visitor with one typo is none."""
    rows = [request(n, f"/.env{n}", address="192.0.2.66") for n in range(12)]
    rows += [request(20 + n, f"/things/{n}", address="192.0.2.66") for n in range(12)]
    rows += [request(n, f"/things/{n}") for n in range(25)] + [request(30, "/.env")]
    with store_of(rows) as store:
        assert prepare(store).excluded == {"probe": 25}
        assert prepare(store, include=["probes"]).excluded == {}


def test_what_is_left_out_can_be_let_in() -> None:
    """A reason that is included is none; assets of bots are assets then."""
    bot = next(iter(CASES["bots"].values()))
    rows = [request(0, agent=bot), request(1, "/a.css", agent=bot), request(2, "/b.css")]
    assert reasons(rows, include=["bots"]) == [None, "asset", "asset"]
    assert reasons(rows, include=["bots", "asset"]) == [None, None, None]
    with pytest.raises(MinerError, match="--include knows: health checks, load tests, bots"):
        reasons(rows, include=["robots"])


def test_endpoints_can_be_left_out() -> None:
    """A pattern leaves out what it describes, of one method or all, and nothing that only contains it."""
    rows = [
        request(0, t, method=m)
        for t in ("/internal/x?a=1", "/api/internal/x", "/a.b")
        for m in ("GET", "PUT")
    ]
    asked, kept = "as asked", None
    assert reasons(rows, exclude=["GET /internal/*"]) == [asked, kept, kept, kept, kept, kept]
    assert reasons(rows, exclude=["/internal/*", "put /a?b"]) == [asked, asked, kept, kept, kept, kept]
    assert reasons(rows, exclude=["/a.b"]) == [kept, kept, kept, kept, asked, asked]
    for wrong in ("internal", "GET", "", "G-T /x", "GET  internal"):
        with pytest.raises(MinerError, match="is no endpoint"):
            reasons(rows, exclude=[wrong])


def test_scripts_are_probes_where_they_are_refused() -> None:
    """A PHP site has visitors; who asks for scripts that are not there is a scanner."""
    assert reasons([request(0, "/cart.php"), request(1, "/shell.php", status=404)]) == [None, "probe"]
