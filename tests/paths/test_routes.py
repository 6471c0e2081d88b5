"""Targets of one route are found to be, and no others."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miner.errors import MinerError
from miner.paths.openapi import Document
from miner.paths.routes import MANY_WORDS, MOST_ROUTES, find_routes, singular, snake
from miner.workload import PARAMETER, ROUTE

CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "routes.toml").read_text(encoding="utf-8"))[
    "cases"
]
segments = st.one_of(
    st.sampled_from(
        ["users", "me", "812", "7", "a-b", "", "{user_id}", "{", "}", "{}", "é", "%2F", "x_2", "0"]
    ),
    st.text(st.characters(exclude_characters="/?", exclude_categories=["Cs"]), max_size=6),
)
targets = st.lists(segments, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
several = st.lists(targets, min_size=1, max_size=40)


def routes(paths: Iterable[str], document: Document | None = None) -> dict[str, str]:
    """The route of each path."""
    return find_routes(paths, document).routes


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_targets_have_the_route_of_their_case(case: dict[str, Any]) -> None:
    """Together, the targets of a case have the routes that stand there."""
    assert routes(case["routes"]) == case["routes"]


@settings(max_examples=150, deadline=None)
@given(several)
def test_a_route_is_its_own(paths: list[str]) -> None:
    """Routes put in again come out unchanged: inferring is idempotent."""
    found = set(routes(paths).values())
    assert routes(found) == {route: route for route in found}


@settings(max_examples=100, deadline=None)
@given(several, st.randoms())
def test_order_and_repetition_do_not_matter(paths: list[str], chance: random.Random) -> None:
    """The same targets in another order, or more often, have the same routes."""
    assert routes(chance.sample(paths, len(paths)) + paths) == routes(paths)


@settings(max_examples=100, deadline=None)
@given(several)
def test_different_depths_never_share_a_route(paths: list[str]) -> None:
    """A route has as many segments as each of its targets, but for slashes doubled at the beginning.

    Parameters behind a semicolon are none of them: without them, slashes may stand side by side there.
    """
    for path, route in routes(paths).items():
        plain = re.sub(r";[^/]*", "", path)
        assert route.count("/") == ("/" + plain.lstrip("/")).count("/")


@settings(max_examples=100, deadline=None)
@given(several)
def test_every_route_is_one_that_a_workload_may_have(paths: list[str]) -> None:
    """Whatever strangers asked for, a route has safe letters, and each parameter has a name of its own."""
    for route in routes(paths).values():
        assert ROUTE.fullmatch(route)
        names = PARAMETER.findall(route)
        assert len(set(names)) == len(names)


def test_many_words_are_values() -> None:
    """More different words in one place than an API has literals are values, below which routes go on."""
    words = [chr(97 + n % 26) * (1 + n // 26) for n in range(MANY_WORDS + 1)]
    assert set(routes([f"/shops/{word}/offers" for word in words]).values()) == {"/shops/{shop_id}/offers"}
    few = [f"/shops/{word}/offers" for word in words[:MANY_WORDS]]
    assert routes(few) == {path: path for path in few}


def test_words_under_which_other_things_lie_stay() -> None:
    """However many sections a site has, they are no values as long as each goes on in its own way."""
    sections = {f"/{chr(97 + n % 26) * (1 + n // 26)}/{n}-page/{n}" for n in range(2 * MANY_WORDS)}
    assert len(set(routes(sections).values())) == len(sections)


def test_no_site_has_thousands_of_routes() -> None:
    """What would be too many routes is folded, and is said to be."""
    chance = random.Random(4)
    paths = {"/" + "/".join(chance.choices("abcdefghijklm", k=chance.randint(1, 6))) for _ in range(20_000)}
    found = find_routes(paths)
    made = set(found.routes.values())
    assert len(made) <= MOST_ROUTES
    assert sum(found.folded.values()) > 500
    assert set(found.folded) <= made
    assert not find_routes(["/users/1", "/users/2", "/users/me"]).folded


def test_every_target_distinct() -> None:
    """A site of which no two targets are the same has few routes, and as many depths as before."""
    chance = random.Random(5)
    paths = {f"/x{chance.getrandbits(60):x}y/{chance.getrandbits(40):x}z" for _ in range(3_000)}
    assert len(set(routes(paths).values())) <= MOST_ROUTES


def test_rules_come_before_all_else() -> None:
    """What a person says is so, for targets that the document describes otherwise, too."""
    document = Document({"paths": {"/shop/{id}/{other}": {}}})
    found = find_routes(["/shop/shoes/red-boots", "/shop/1"], document, ["/shop/{category}/{slug}"])
    assert found.routes == {"/shop/shoes/red-boots": "/shop/{category}/{slug}", "/shop/1": "/shop/{shop_id}"}


@pytest.mark.parametrize("rule", ["shop/{x}", "/shop", "/{a}/{a}", "/{a}\n", ""])
def test_what_is_no_rule_is_refused(rule: str) -> None:
    """A rule is a path with parameters, each with a name of its own."""
    with pytest.raises(MinerError, match="is no route"):
        find_routes([], None, [rule])


def test_a_documents_templates_come_first() -> None:
    """What a document describes is named by it; what it does not is inferred."""
    document = Document({"paths": {"/users/{id}": {}, "/users/me": {}, "/files/{name}.json": {}}})
    assert routes(["/users/1", "/users/ann", "/users/me", "/files/a.json", "/orders/1"], document) == {
        "/users/1": "/users/{id}",
        "/users/ann": "/users/{id}",
        "/users/me": "/users/me",
        "/files/a.json": "/files/{name}.json",
        "/orders/1": "/orders/{order_id}",
    }


def test_nothing_has_no_routes() -> None:
    """No targets have no routes."""
    assert routes([]) == {}


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("users", "user"),
        ("boxes", "box"),
        ("categories", "category"),
        ("classes", "class"),
        ("status", "status"),
        ("analysis", "analysis"),
        ("glass", "glass"),
        ("batches", "batch"),
        ("wishes", "wish"),
        ("ies", "ie"),
        ("", ""),
    ],
)
def test_plurals(plural: str, one: str) -> None:
    """A noun loses its plural as far as spelling tells."""
    assert singular(plural) == one


@given(st.text(max_size=20))
def test_snakes(text: str) -> None:
    """Whatever it was, a word in snake case is lower-case letters, digits and single inner underscores."""
    made = snake(text)
    assert snake(made) == made
    assert not made.startswith("_")
    assert not made.endswith("_")
    assert "__" not in made
