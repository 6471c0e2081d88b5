"""Every request has its visitor, by the best key the log has."""

from __future__ import annotations

from typing import Any

import pytest
from small_logs import request, store_of

from miner.errors import MinerError, TooLittleData
from miner.paths.excluded import mark_excluded
from miner.paths.visitors import STITCH, set_visitors


def visitors(rows: list[dict[str, Any]], key: str | None = None) -> list[str | None]:
    """The visitor of each request."""
    with store_of(rows) as store:
        set_visitors(store, key)
        return store.ask("SELECT visitor FROM requests ORDER BY line")["visitor"].to_pylist()


def chosen(rows: list[dict[str, Any]], key: str | None = None) -> tuple[str, str]:
    """The key that tells visitors apart, and why."""
    with store_of(rows) as store:
        return set_visitors(store, key)


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
    with store_of([request(0, agent="Googlebot/2.1")]) as store:
        mark_excluded(store)
        with pytest.raises(TooLittleData, match="No request in the log was made by a person") as error:
            set_visitors(store)
    assert error.value.exit_code == 3
