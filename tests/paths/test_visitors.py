"""Every request has its visitor, by the best key the log has."""

from __future__ import annotations

import random
from typing import Any

import pytest
from small_logs import request, store_of

from miner.errors import MinerError, TooLittleData
from miner.paths import prepare
from miner.paths.visitors import STITCH


def visitors(rows: list[dict[str, Any]], key: str | None = None) -> list[str | None]:
    """The visitor of each request."""
    with store_of(rows) as store:
        prepare(store, visitor=key)
        return store.ask("SELECT visitor FROM requests ORDER BY line")["visitor"].to_pylist()


def chosen(rows: list[dict[str, Any]], key: str | None = None) -> tuple[str, str]:
    """The key that tells visitors apart, and why."""
    with store_of(rows) as store:
        found = prepare(store, visitor=key).visitors
        return found.key, found.why


def test_the_best_key_that_most_requests_have_is_chosen() -> None:
    """A user where most have one, else address and agent, else the address."""
    named, plain = request(0, user="7"), request(0)
    assert chosen([named, plain]) == ("user", "50% of people's requests have one")
    assert chosen([named, plain, plain])[0] == "address + agent"
    assert chosen([request(0, agent=None)]) == ("address", "100% of people's requests have one")


def test_a_key_can_be_asked_for() -> None:
    """A given key is used whatever the shares are, and the reason says that it was asked for."""
    rows = [request(0, user="7"), request(0, user="8")]
    assert chosen(rows, "address") == ("address", "as asked")
    assert len(set(visitors(rows, "address"))) == 1
    assert len(set(visitors(rows, "user"))) == 2


def test_address_and_agent_tell_more_apart_than_the_address() -> None:
    """Two agents at one address are two visitors, and one agent at two addresses too."""
    rows = [request(0, agent="a"), request(0, agent="b"), request(0, agent="a", address="192.0.2.9")]
    assert len(set(visitors(rows, "address + agent"))) == 3
    assert len(set(visitors(rows, "address"))) == 2


def test_who_logs_in_made_the_requests_before() -> None:
    """Requests without a user belong to the only user who follows within half an hour."""
    rows = [request(0), request(60), request(90, user="7"), request(95)]
    assert visitors(rows, "user")[:3] == ["user 7"] * 3
    assert visitors(rows, "user")[3] != "user 7"


def test_only_half_an_hour_is_stitched() -> None:
    """Half an hour before the log-in is the visitor's, a second more is not."""
    rows = [request(0), request(1), request(1 + STITCH, user="7"), request(2 + STITCH, user="7")]
    assert visitors(rows)[0] != "user 7"
    assert visitors(rows)[1] == "user 7"


def test_nothing_ambiguous_is_stitched() -> None:
    """Where two users follow from an address, a request before them is neither's."""
    rows = [request(0), request(60, user="7"), request(61, user="8")]
    assert visitors(rows)[0] not in {"user 7", "user 8"}


def test_only_the_same_address_and_agent_is_stitched() -> None:
    """Another address or agent is another visitor."""
    rows = [
        request(0, agent="other"),
        request(0, address="192.0.2.9"),
        request(1, user="7"),
        request(2, user="7"),
    ]
    assert "user 7" not in visitors(rows)[:2]


def test_requests_without_an_address_are_not_stitched() -> None:
    """Where the log has users but no addresses, requests without a user are nobody's."""
    rows = [request(0, address=None, agent=None), request(1, address=None, agent=None, user="7")]
    assert visitors(rows) == [None, "user 7"]


def test_a_user_is_no_address() -> None:
    """A user who is called like an address is not taken for the visitor from there."""
    rows = [request(0, user="192.0.2.1"), request(0, address="192.0.2.1", agent=None)]
    assert len(set(visitors(rows, "user"))) == 2


def test_an_unknown_key_is_refused() -> None:
    """A key that there is not is refused with those that there are."""
    with pytest.raises(MinerError, match="Choose one of: user, session, address"):
        chosen([request(0)], "cookie")


def test_a_key_that_no_request_has_is_refused_by_name() -> None:
    """Asked for users in a log that has only addresses, the answer names what is missing."""
    with pytest.raises(TooLittleData, match="told apart by: user"):
        chosen([request(0)], "user")


def test_a_log_that_names_nobody_is_too_poor() -> None:
    """Without users and addresses there are no visitors, even if one of these keys is asked for."""
    for key in (None, "user", "address"):
        with pytest.raises(TooLittleData, match="neither users nor addresses"):
            chosen([request(0, address=None, agent=None)], key)


def test_bots_make_no_visitors() -> None:
    """A log of bots alone has nobody in it, and says so."""
    said = "No request in the log was made by a person"
    with (
        store_of([request(0, agent="Googlebot/2.1")]) as store,
        pytest.raises(TooLittleData, match=said) as error,
    ):
        prepare(store)
    assert error.value.exit_code == 3


@pytest.mark.parametrize(
    ("target", "session"),
    [
        ("/cart;jsessionid=8A7FD2C1?x=1", "session 8A7FD2C1"),
        ("/cart?sid=8a7fd2c1&x=1", "session 8a7fd2c1"),
        ("/cart?x=1&PHPSESSID=8a7fd2c1#top", "session 8a7fd2c1"),
        ("/cart?sid=1", None),
        ("/cart?inside=8a7fd2c1", None),
    ],
)
def test_a_session_id_in_the_target_tells_visitors_apart(target: str, session: str | None) -> None:
    """Ids in targets count like those that the log has of its own; short and other values do not."""
    found = visitors([request(0, target)] * 2)[0]
    assert found == session or (session is None and found is not None and found.startswith("address"))


def test_requests_before_a_session_belong_to_it() -> None:
    """The page that starts a session is the visitor's, as requests before a log-in are."""
    rows = [request(0), request(1, "/a;jsessionid=8A7FD2C1"), request(2, "/b;jsessionid=8A7FD2C1")]
    assert visitors(rows) == ["session 8A7FD2C1"] * 3


@pytest.mark.parametrize(
    ("address", "forwarded", "client"),
    [
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.7, 192.168.0.3", "203.0.113.7"),
        ("10.0.0.1", "10.0.0.9, 10.0.0.8", "10.0.0.9"),
        ("10.0.0.1", "[2001:db8::7]:443, 203.0.113.7:1234", "203.0.113.7"),
        ("10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("::1", "unknown, 2001:db8::7", "2001:db8::7"),
        (None, "203.0.113.7", "203.0.113.7"),
        ("198.51.100.9", "203.0.113.7", "198.51.100.9"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("172.32.0.1", "203.0.113.7", "172.32.0.1"),
    ],
)
def test_a_proxy_of_our_own_is_believed(address: str | None, forwarded: str | None, client: str) -> None:
    """The last hop that is not private, if a private address says so; what strangers say is not believed."""
    found = visitors([request(0, address=address, forwarded=forwarded, agent="a")], "address")
    assert found == [f"address {client}"]


def test_a_user_that_everybody_is_tells_nobody_apart() -> None:
    """One account used with many agents is a system's: the next key is taken, and it is said why."""
    rows = [request(n, user="shop", agent=f"agent {n}", address=f"192.0.2.{n}") for n in range(8)]
    assert chosen(rows) == ("address + agent", "100% of people's requests have one; many agents share a user")


def test_a_busy_visitor_is_pointed_out() -> None:
    """Who makes more than a fifth of all requests is named as what it may be, without being named."""
    rows = [request(n * n, address="198.51.100.7") for n in range(30)]
    rows += [request(n * n, address=f"192.0.2.{n}") for n in range(60)]
    with store_of(rows) as store:
        remarks = prepare(store).visitors.remarks
    assert len(remarks) == 1
    assert remarks[0].startswith("One visitor by address + agent makes 33% of people's requests")
    assert "198.51.100.7" not in remarks[0]


def test_clockwork_is_pointed_out() -> None:
    """Requests at even intervals are counted as such, those of people are not."""
    chance = random.Random(1)
    rows = [request(60 * n, address=f"192.0.2.{n % 3}") for n in range(150)]
    rows += [request(chance.uniform(0, 9000), address=f"198.51.100.{n % 9}") for n in range(250)]
    with store_of(rows) as store:
        found = prepare(store).visitors
    assert found.regular == pytest.approx(150 / 400)
    assert any("38% of people's requests come at even intervals" in remark for remark in found.remarks)


@pytest.mark.parametrize("at_each", [1, 2, 5])
def test_visitors_behind_one_address_are_estimated(at_each: int) -> None:
    """Planted: 800 addresses with as many visitors each, agents by Zipf (40 of them, exponent 1, seed 6).

    The estimate of visitors per address and agent is within 15 % of the truth.
    """
    chance = random.Random(6)
    agents = [f"agent {n}" for n in range(40)]
    weights = [1 / (n + 1) for n in range(40)]
    rows, pairs = [], set()
    for place in range(800):
        for agent in chance.choices(agents, weights, k=at_each):
            address = f"10.{place // 250}.0.{place % 250}"
            rows.append(request(place, address=address, agent=agent))
            pairs.add((address, agent))
    with store_of(rows) as store:
        found = prepare(store).visitors.behind
    assert found == pytest.approx(len(rows) / len(pairs), rel=0.15)


def test_few_agents_tell_nothing_about_who_shares_an_address() -> None:
    """With one agent in the whole log nothing is estimated."""
    with store_of([request(n, address=f"192.0.2.{n}") for n in range(50)]) as store:
        assert prepare(store).visitors.behind is None
