"""The search by an index of trigrams finds what the search that reads everyone finds, whatever the text."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, insert, text
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from service.__main__ import main
from service.app import create_app
from service.database import open_database
from service.errors import ServiceError
from service.friends import Friends
from service.search import How, search_by
from service.tables import users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from running_service import Running

pytest_plugins = ("running_service",)
PREFIX = "/friend-service/v1"
PATIENCE = 20
"""Seconds after which who should come is taken never to come."""
EXAMPLES = 150
"""Texts that are searched for on each database, the same ones each time."""
AT = datetime(2026, 3, 23, 10, 11, 12, tzinfo=UTC)
HOWS: tuple[How, ...] = get_args(How)

LOOKALIKES = (
    "\u212aelvin",  # the Kelvin sign is no K, though lower() makes it one
    "Kelvin",
    "kelvin",
    "d\u0131lara",  # without a dot
    "D\u0130LARA",  # with one
    "dilara",
    "DILARA",
    "zoe\u0308",  # e and a combining mark
    "zo\u00eb",
    "zoe",
    "stra\u00dfe",
    "strasse",
    "STRASSE",
    "\u017ftrasse",
    "\u03b1\u03c3\u03c2",
    "\u0391\u03a3\u03a3",
    "שלום_אבי",
    "مرحبا.بك",
    "👩\u200d👩\u200d👧_tree",
    "👩👩👧_tree",
    'say "hi"',
    "100%_sure",
    "100_percent",
    "back\\slash",
    "back/slash",
    "NEAR.here",
    "a" * 64,
    "ab" * 32,
)
"""Most of them cannot be had over HTTP; a search must not depend on that."""
SYNTAX = (
    '" OR *',
    'a" OR "b',
    "NEAR(ann bob, 2)",
    "NEAR",
    "username:ann",
    "{username} : ann",
    "- username : ann",
    "^ann",
    "ann*",
    "ann AND NOT bob",
    "ann + bob",
    '"""',
    "%%%",
    "___",
    "\\\\\\",
    "a_b",
    "%nn%",
    "'; DROP TABLE users; --",
    ":pattern",
    "%(pattern)s",
)
"""What means something in FTS5, LIKE or SQL."""


def _names() -> list[str]:
    chance = Random(7)
    made = ("".join(chance.choices("abAB_.-1", k=chance.randint(3, 7))) for _ in range(300))
    also = ("".join(chance.choices(ascii_letters + digits, k=chance.randint(3, 9))) for _ in range(100))
    return sorted({*made, *also, *LOOKALIKES})


NAMES = _names()
LETTERS = st.characters(codec="utf-8", exclude_characters="\0")
ODD = "abAB_.-%\\\"*:^(){}+' kK\u212aiI\u0131\u0130ß\u017f\u03c3\u03c2\u03a3\u0308\u200d👩א"


@st.composite
def cut(draw: st.DrawFn) -> str:
    """A piece of a name, perhaps with the case of its letters changed."""
    name = draw(st.sampled_from(NAMES))
    start, end = sorted((draw(st.integers(0, len(name) - 1)), draw(st.integers(1, len(name)))))
    piece = name[start : end + 1]
    return draw(st.sampled_from((piece, piece.swapcase(), piece.upper(), piece.lower())))[:64]


TEXTS = st.one_of(
    cut(),
    st.text(ODD, min_size=1, max_size=5),
    st.text(LETTERS, min_size=1, max_size=64),
    st.sampled_from(SYNTAX),
)


@dataclass
class Searches:
    """Both ways to search one database, in which everyone of `NAMES` is."""

    ways: dict[str, Friends]

    def found(self, how: str, part: str, rows: int = 1000, after: str = "") -> list[str]:
        return [user.username for user in self.ways[how].search(part, rows, after)]


@pytest.fixture
def searches(engine: Engine, database_url: str) -> Iterator[Searches]:
    """Half of the users were there before the index, and half came after it."""
    put(engine, NAMES[::2])
    indexed = open_database(database_url)
    ways = {"scan": Friends(engine, lambda: AT), "trigram": Friends(indexed, lambda: AT, "trigram")}
    put(engine, NAMES[1::2])
    if indexed.dialect.name == "postgresql":
        with engine.begin() as db:
            db.execute(text("ANALYZE"))
        indexed.dispose()
        event.listen(indexed, "connect", _prefer_the_index)
    assert "users_by_trigram" in plan(indexed, "trigram", "kelvin")
    yield Searches(ways)
    indexed.dispose()


def _prefer_the_index(connection: Any, _record: object) -> None:
    for other in ("seqscan", "indexscan", "indexonlyscan"):  # which are as good among so few users
        connection.execute(f"SET enable_{other} = off")
    connection.commit()


def put(engine: Engine, names: list[str]) -> None:
    with engine.begin() as db:
        db.execute(insert(users), [{"username": name, "created_at": AT} for name in names])


def named(part: str) -> list[str]:
    """Who contains the text, in the order of the bytes of their names."""
    return sorted((name for name in NAMES if part in name), key=str.encode)


def test_both_find_the_same(searches: Searches) -> None:
    """Whatever the text, both find exactly those whose names contain it, in the order of their names."""

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
    @given(TEXTS)
    @example("\u212a")
    @example("\u212ael")
    @example("d\u0131l")
    @example("dil")
    @example("\u03c3\u03c2")
    @example("\u0391\u03a3")
    @example("e\u0308")
    @example("oe\u0308")
    def same(part: str) -> None:
        assert {how: searches.found(how, part) for how in HOWS} == dict.fromkeys(HOWS, named(part))

    same()


def test_pages_joined_are_the_whole(searches: Searches) -> None:
    """Both ways page after page is found what is found at once, and no page is longer than asked for."""

    @settings(max_examples=EXAMPLES // 3, deadline=None, derandomize=True, database=None)
    @given(st.one_of(cut(), st.text("abAB_.", min_size=1, max_size=3)), st.integers(1, 9))
    def joined(part: str, rows: int) -> None:
        whole = named(part)
        for how in HOWS:
            pages, after = [searches.found(how, part, rows)], ""
            while pages[-1] and (after := pages[-1][-1]):
                pages.append(searches.found(how, part, rows, after))
            assert [name for page in pages for name in page] == whole
            assert max(map(len, pages)) <= rows

    joined()


@pytest.mark.parametrize("how", HOWS)
def test_links_lead_through_all_pages(running: Running, how: How) -> None:
    """Following the links to the next page shows everyone once, in order, and then there is no link."""
    names = sorted(f"{who}_{number}" for who in ("Guest", "guest") for number in range(23))
    put(running.engine, [*reversed(names), "somebody_else"])
    running.app = create_app(running.engine, search=how)
    seen, url = [], f"{PREFIX}/users?username=uest_&limit=9"
    while url:
        answer = running.request("GET", url)
        assert answer.status_code == 200
        assert 1 <= len(answer.json()) <= 9
        seen += [user["username"] for user in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert seen == names


@pytest.mark.parametrize("how", HOWS)
def test_any_text_can_be_sent(running: Running, how: How) -> None:
    """Over HTTP, too, a text is only a text."""
    put(running.engine, NAMES)
    running.app = create_app(running.engine, search=how)
    for part in (*SYNTAX, *LOOKALIKES):
        answer = running.request("GET", f"{PREFIX}/users", params={"username": part})
        assert [user["username"] for user in answer.json()] == named(part)


def test_new_users_are_in_the_index(running: Running) -> None:
    """Who joins is found by the index at once, whichever service on the database it is that they join."""
    before = running.app
    running.app = create_app(running.engine, search="trigram")
    running.people("mira_holm27")
    running.app = before
    running.people("omar_holm3")
    running.app = create_app(running.engine, search="trigram")
    found = running.items("/users?username=_holm")
    assert [user["username"] for user in found] == ["mira_holm27", "omar_holm3"]


def test_an_index_is_made_once(engine: Engine) -> None:
    """Several services that begin to search by trigrams at once all can."""
    put(engine, NAMES)
    start = threading.Barrier(4)

    def begin(_: int) -> list[str]:
        start.wait(PATIENCE)
        return [user.username for user in Friends(engine, lambda: AT, "trigram").search("elvin", 9)]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(begin, range(4))) == [["Kelvin", "kelvin", "\u212aelvin"]] * 4


def test_only_trigram_uses_the_index(engine: Engine) -> None:
    """Among many users the one asks the index, and the other reads everyone though there is one."""
    with engine.begin() as db:
        db.execute(text(MANY))
    search_by("trigram", engine)
    with engine.begin() as db:
        db.execute(text("ANALYZE"))
    plans = {how: plan(engine, how, "user_1999") for how in HOWS}
    everyone, index = READ[engine.dialect.name]
    assert everyone in plans["scan"]
    assert "users_by_trigram" not in plans["scan"]
    assert index in plans["trigram"]
    assert everyone not in plans["trigram"]


MANY = """
    INSERT INTO users (username, created_at)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)
    SELECT 'user_' || n, CURRENT_TIMESTAMP FROM numbers
"""
READ = {
    "sqlite": ("SCAN users\n", "SCAN users_by_trigram VIRTUAL TABLE INDEX"),
    "postgresql": ("Seq Scan on users", "Bitmap Index Scan on users_by_trigram"),
}
"""What a plan says that reads everyone, and one that asks the index."""
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}
NAMED = SQLiteDialect_pysqlite(paramstyle="named")


def plan(engine: Engine, how: How, part: str) -> str:
    """How the database goes about a search, a line for each step."""
    statement, values = search_by(how, engine)(part)
    name = engine.dialect.name
    compiled = statement.compile(dialect=NAMED if name == "sqlite" else engine.dialect)
    with engine.connect() as db:
        given = compiled.construct_params(values | {"after": "", "rows": 50})
        rows = db.exec_driver_sql(f"{EXPLAIN[name]}{compiled}", given)
        return "".join(f"{row[-1]}\n" for row in rows)


def test_a_server_without_the_extension_is_said(
    new_postgres_database: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where PostgreSQL has no pg_trgm, a search by trigrams is refused in two lines, and scanning works."""
    url = new_postgres_database()
    engine = open_database(url)
    with engine.begin() as db:
        db.execute(text(f"ALTER DATABASE {engine.url.database} SET extension_control_path = '/nowhere'"))
    engine.dispose()  # so that the next connection knows it
    with pytest.raises(ServiceError, match='extension "pg_trgm" is not available') as refused:
        create_app(engine, search="trigram")
    assert "--search scan" in refused.value.hint
    assert Friends(engine, lambda: AT, "scan").search("anyone", 9) == []
    engine.dispose()
    assert main(["serve", "--port", "0", "--database", url, "--search", "trigram"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [refused.value.what, refused.value.hint]
