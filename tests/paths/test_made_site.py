"""What is found on a made site is held against what was planted there (seed 11)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from made_site import Site, Truth, made_site
from sklearn.metrics import v_measure_score
from small_logs import store_of

from miner.paths import prepare
from miner.paths.foundations import Foundations

SEED = 11


@dataclass(frozen=True)
class Found:
    """What was made of a site, a request each, beside the truth."""

    site: Site
    rows: list[dict[str, object]]
    foundations: Foundations

    def pairs(self, what: str) -> list[tuple[dict[str, object], Truth]]:
        """Requests of people, bots or assets, with their truth."""
        return [
            (row, truth) for row, truth in zip(self.rows, self.site.truths, strict=True) if truth.what == what
        ]

    def v_measure(self) -> float:
        """How well sessions agree with the planted ones (1 is entirely), among people's requests."""
        pairs = self.pairs("person")
        return float(
            v_measure_score([t.session for _, t in pairs], [row["session_id"] or -1 for row, _ in pairs])
        )


def found_on(site: Site) -> Found:
    """What `prepare` makes of the site."""
    with store_of(site.rows) as store:
        foundations = prepare(store)
        rows = store.ask("SELECT route, excluded, session_id FROM requests ORDER BY line").to_pylist()
    return Found(site, rows, foundations)


@pytest.fixture(scope="module")
def named() -> Found:
    """A site whose log names users."""
    return found_on(made_site(SEED))


@pytest.fixture(scope="module")
def nameless() -> Found:
    """The same without users: five people behind each address."""
    return found_on(made_site(SEED, users=False))


def test_requests_get_their_route(named: Found) -> None:
    """At least 98 % of people's requests have the planted route; every planted route is found."""
    pairs = named.pairs("person")
    right = [re.sub(r"\{[^}]*\}", "{}", str(row["route"])) == truth.route for row, truth in pairs]
    assert sum(right) >= 0.98 * len(pairs)
    assert {t.route for (_, t), fine in zip(pairs, right, strict=True) if fine} == {t.route for _, t in pairs}


def test_only_people_make_sessions(named: Found) -> None:
    """At least 99 % of bots and of assets are left out, and less than 0.1 % of people's requests."""
    for what in ("bot", "asset"):
        left_out = [row["excluded"] is not None for row, _ in named.pairs(what)]
        assert sum(left_out) >= 0.99 * len(left_out)
    people = [row["excluded"] for row, _ in named.pairs("person")]
    assert sum(one is not None for one in people) < 0.001 * len(people)


def test_sessions_end_where_they_ended(named: Found) -> None:
    """With users in the log, sessions agree with the planted ones at a V-measure of 0.97 or more."""
    assert named.foundations.visitors.key == "user"
    assert named.v_measure() >= 0.97


def test_without_users_sessions_are_merged_and_it_is_said(named: Found, nameless: Found) -> None:
    """Five people behind an address: the loss is below 0.05, and the estimate of it is there."""
    assert nameless.foundations.visitors.key == "address + agent"
    assert named.v_measure() - 0.05 < nameless.v_measure() < named.v_measure()
    behind = nameless.foundations.visitors.behind
    people = {(row["address"], row["agent"], row["user"]) for row in named.site.rows if row.get("user")}
    truth = len(people) / len({(address, agent) for address, agent, _ in people})
    assert behind == pytest.approx(truth, rel=0.15)
