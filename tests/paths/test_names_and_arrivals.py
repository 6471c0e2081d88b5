"""Endpoints and paths have names that people understand; arrivals have the rates that were recorded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner import workload as w
from miner.paths.arrivals import MONDAY, arrivals, come_again
from miner.paths.names import LONGEST, endpoint_names, path_names, unique
from miner.paths.openapi import Document
from miner.simulate import start_times
from miner.workload import IDENTIFIER, RESERVED

SEED = 20260105
DAY = 86_400.0


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("GET /friend-service/v1/users", "list_users"),
        ("GET /friend-service/v1/users/{user_id}", "view_user"),
        ("GET /users/{user_id}/friend-requests", "list_friend_requests"),
        ("GET /users/me", "view_me"),
        ("GET /", "view_home"),
        ("POST /users", "create_user"),
        ("PUT /friend-requests/{id}", "update_friend_request"),
        ("PATCH /orderItems/{id}", "update_order_item"),
        ("DELETE /friends/{a}/{b}", "delete_friend"),
        ("HEAD /files/{id}", "check_file"),
        ("GET /{value_id}", "view_home"),
    ],
)
def test_an_endpoint_is_a_verb_and_a_noun(endpoint: str, name: str) -> None:
    """Without a document, the method is the verb and the last literal the noun."""
    assert endpoint_names([endpoint], None) == [name]


def test_a_document_names_its_endpoints() -> None:
    """An operationId is the name, in snake case; what has none is a verb and a noun."""
    document = Document({"paths": {"/users": {"get": {"operationId": "searchUsers"}, "post": {}}}})
    assert endpoint_names(["GET /users", "POST /users"], document) == ["search_users", "create_user"]


def test_equal_names_are_numbered() -> None:
    """Endpoints that would have one name, or a reserved one, have different ones."""
    assert endpoint_names(["POST /a/users", "POST /b/users"], None) == ["create_user", "create_user_2"]
    assert unique("leave", []) == "leave_2"
    assert unique("Enter", []) == "enter_2"
    assert unique("", []) == "unnamed"
    assert unique("9 lives", []) == "path_9_lives"


@given(st.text(max_size=120), st.lists(st.text(max_size=5)))
def test_every_name_is_an_identifier(wanted: str, taken: list[str]) -> None:
    """Whatever a log or document says, a name is a free identifier of a bearable length."""
    name = unique(wanted, taken)
    assert IDENTIFIER.fullmatch(name)
    assert name not in {*taken, *RESERVED}
    assert len(name) <= LONGEST + 10


def test_paths_are_named_by_what_sets_them_apart() -> None:
    """A path is named after the endpoints that it visits more than others, in their order."""
    names = ["home", "search", "befriend", "poll"]
    visits = np.array([[1.0, 3.0, 2.0, 0.0], [1.0, 0.0, 0.0, 9.0]])
    place = np.array([[0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    place[0, 1] = 0.5
    assert path_names(visits, place, names) == ["search_then_befriend", "poll"]
    assert path_names(visits[1:], place[1:], names) == ["poll"]
    assert path_names(np.repeat(visits[1:], 2, 0), np.repeat(place[1:], 2, 0), names)[1].startswith(
        ("poll", "home")
    )


def test_planted_rates_come_back() -> None:
    """Thirty days by the hour give the rate of every hour, the mean, and a dispersion of 1."""
    by_hour = tuple(1.0 + hour % 4 for hour in range(24))
    truth = w.Arrivals(mean=0.1, by_hour=by_hour)
    found = arrivals(start_times(truth, round(30 * DAY * 0.1), np.random.default_rng(SEED)) + 1_772_409_600)
    assert found.mean == pytest.approx(0.1, rel=0.02)
    np.testing.assert_allclose(found.by_hour, np.array(by_hour) / np.mean(by_hour) * 0.1, rtol=0.05)
    assert found.dispersion == pytest.approx(1.0, abs=0.2)


def test_planted_weekdays_come_back() -> None:
    """Eight weeks that begin on a Thursday give the factor of each weekday, beside the hours."""
    by_weekday = (1.2, 1.2, 1.1, 1.1, 1.0, 0.6, 0.8)
    truth = w.Arrivals(mean=0.1, by_hour=tuple(1.0 + hour % 4 for hour in range(24)), by_weekday=by_weekday)
    sessions = round(56 * DAY * 0.1)
    starts = start_times(truth, sessions, np.random.default_rng(SEED), weekday=3) + 3 * DAY + MONDAY * DAY
    found = arrivals(starts)
    np.testing.assert_allclose(found.by_weekday, by_weekday, rtol=0.03)
    np.testing.assert_allclose(found.by_hour, np.array(truth.by_hour) / 2.5 * 0.1, rtol=0.05)
    assert found.dispersion == pytest.approx(1.0, abs=0.1)
    assert found.peak == pytest.approx(0.1 * 4 / 2.5 * 1.2, rel=0.25)


def test_what_is_always_the_same_has_no_rhythm() -> None:
    """Of 40 recordings of three weeks at one rate (seeds 0 to 39), at most 4 show hours or weekdays."""
    seen = [
        arrivals(start_times(w.Arrivals(mean=0.01), round(21 * DAY * 0.01), np.random.default_rng(seed)))
        for seed in range(40)
    ]
    assert sum(bool(one.by_hour) for one in seen) <= 4
    assert sum(bool(one.by_weekday) for one in seen) <= 4


def test_simulated_arrivals_are_as_dispersed_as_recorded() -> None:
    """Counts per hour vary five times as much as a Poisson process makes them, and the rate stays."""
    starts = start_times(
        w.Arrivals(mean=0.05, dispersion=5.0), round(60 * DAY * 0.05), np.random.default_rng(SEED)
    )
    found = arrivals(starts)
    assert found.dispersion == pytest.approx(5.0, rel=0.15)
    assert found.mean == pytest.approx(0.05, rel=0.1)


def test_visitors_come_again_as_planted() -> None:
    """Three in ten come again, after a day on average; what lies beyond the end is not taken for absence."""
    rng = np.random.default_rng(SEED)
    visitors = 20_000
    first = rng.uniform(0, 14 * DAY, visitors)
    second = first + 600 + rng.exponential(DAY, visitors)
    back = (rng.random(visitors) < 0.3) & (second < 14 * DAY)
    visitor = np.concatenate([np.arange(visitors), np.flatnonzero(back)])
    started = np.concatenate([first, second[back]])
    found = come_again(visitor, started, started + 600)
    assert found
    assert found.within == pytest.approx(7 * DAY, rel=0.01)
    # Those who come a second time never come a third: 0.3 of the first sessions of all.
    assert found.share == pytest.approx(0.3 * visitors / len(started), abs=0.01)
    assert found.median == pytest.approx(np.log(2) * DAY, rel=0.07)
    assert come_again(np.arange(100), np.arange(100.0), np.arange(100.0)) is None


def test_bursts_are_dispersed() -> None:
    """Sessions that come in tens have a dispersion of ten."""
    rng = np.random.default_rng(SEED)
    starts = np.repeat(rng.uniform(0, 20 * DAY, 4000), 10)
    assert arrivals(starts).dispersion == pytest.approx(10, rel=0.2)


def test_a_short_recording_has_no_hours() -> None:
    """Less than two days tell one day's accidents, so only the mean is kept; order does not matter."""
    starts = np.linspace(0, DAY, 1000)
    assert arrivals(starts) == arrivals(starts[::-1]) == w.Arrivals(mean=0.01157)


@pytest.mark.parametrize("starts", [np.array([7.0]), np.full(50, 7.0)])
def test_a_moment_has_a_rate(starts: np.ndarray) -> None:
    """Sessions that all start at once have a finite rate."""
    assert arrivals(starts).mean == len(starts)
