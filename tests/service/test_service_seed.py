"""What a seeded database holds."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from service.audit import audit
from service.chance import Chance, Numbers
from service.database import open_database, writing
from service.errors import ServiceError
from service.friends import Friends
from service.names import GIVEN, SURNAMES, usernames
from service.people import FRIENDS_EACH, MEAN, MEDIAN, MOST, REQUESTS_EACH, SEEDED_AT, SIGMA, draw_people
from service.schemas import NewFriend
from service.seed import add, seed
from service.tables import friend_requests, friendships, users

pytest_plugins = ("running_service",)
PEOPLE = 2000
FEW = 200
SEED = 7
POPULATION = 50_000
"""People whose friends are counted."""
TOP_HUNDREDTH = 0.118
"""Share of friendships that the most popular hundredth has by a lognormal law: Phi(SIGMA - Phi^-1(0.99))."""
TOLERANCE = 0.1
"""How far a figure of that population may be from that of the law, relative to it."""
NAME = re.compile(r"([a-z]+)_([a-z]+)[1-9]\d{0,2}")
TABLES = (users, friendships, friend_requests)
STRUCTURE = {
    "sqlite": "SELECT name, sql FROM sqlite_master ORDER BY name",
    "postgresql": """
        SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL
        SELECT conname, conrelid::regclass || pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        ORDER BY 1, 2
    """,
}
UNFINISHED = """
import sys
from service.database import open_database
from service.people import draw_people
from service.seed import INTO, fill

engine = open_database(sys.argv[1])
with INTO[engine.dialect.name].begun(engine) as db:
    fill(db, draw_people(300, 7))
    print("filled", flush=True)
    sys.stdin.read()
"""


def rows(engine: Engine) -> list[list[tuple[Any, ...]]]:
    """All that is in the tables, by key."""
    with engine.connect() as db:
        return [
            [tuple(row) for row in db.execute(select(table).order_by(*table.primary_key))] for table in TABLES
        ]


def seeded(url: str, number: int) -> list[list[tuple[Any, ...]]]:
    """All rows of a new database seeded with `number`."""
    engine = open_database(url)
    try:
        seed(engine, PEOPLE, number)
        return rows(engine)
    finally:
        engine.dispose()


def test_a_seed_says_who_is_there(tmp_path: Path, new_postgres_database: Callable[[], str]) -> None:
    """The same seed makes the same rows, on SQLite and PostgreSQL alike; another seed makes others."""
    first = seeded(f"sqlite:///{tmp_path / 'first.db'}", SEED)
    assert first == seeded(f"sqlite:///{tmp_path / 'again.db'}", SEED)
    assert first == seeded(new_postgres_database(), SEED)
    other = seeded(f"sqlite:///{tmp_path / 'other.db'}", SEED + 1)
    assert all(one != another for one, another in zip(first, other, strict=True))


def test_a_seed_means_the_same_for_ever() -> None:
    """Neither a version of numpy nor a change of ours makes others of the people that a seed stands for."""
    people = draw_people(5, SEED)
    assert people.usernames == [
        "erik_huang772",
        "bruno_moss163",
        "theo_wang683",
        "ruth_stein934",
        "elif_jensen883",
    ]
    assert [ids.tolist() for ids in people.friends] == [[3, 4], [4, 5]]
    assert [ids.tolist() for ids in people.requests] == [[1, 1, 1], [4, 5, 3]]


def test_users_have_friends_and_requests(engine: Engine) -> None:
    """Users have ids without a gap, names that look like names, and the friends and requests they should."""
    seed(engine, PEOPLE, SEED)
    people, friends, requests = rows(engine)
    assert [user_id for user_id, *_ in people] == list(range(1, PEOPLE + 1))
    assert all(NAME.fullmatch(name) for _, name, _ in people)
    assert {row[-1] for row in people + friends + requests} == {SEEDED_AT}
    assert 2 * len(friends) == FRIENDS_EACH * PEOPLE
    assert [request_id for request_id, *_ in requests] == list(range(1, REQUESTS_EACH * PEOPLE + 1))
    assert {status for *_, status, _ in requests} == {"pending"}
    assert not {row[:2] for row in friends} & {row[3:5] for row in requests}


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 150), st.integers(), st.integers(0, 4000))
def test_nobody_knows_themselves_or_anyone_twice(people: int, number: int, most: int) -> None:
    """Friends and those with a request between them are different pairs of different people who are there."""
    drawn = draw_people(people, number, most)
    low, high = drawn.friends
    asking, asked = drawn.requests
    assert sorted(zip(low, high, strict=True)) == list(zip(low, high, strict=True))
    pairs = list(zip([*low, *np.minimum(asking, asked)], [*high, *np.maximum(asking, asked)], strict=True))
    assert all(1 <= one < other <= people for one, other in pairs)
    assert len(pairs) == len(set(pairs)) == min(people * 110, people * (people - 1) // 4, most)


@pytest.mark.parametrize("people", [1, 2, 5, 40])
def test_a_few_people_are_enough(engine: Engine, people: int) -> None:
    """Where there are too few pairs for everyone, half of them know each other."""
    seed(engine, people, SEED)
    found, friends, requests = rows(engine)
    assert len(found) == people
    assert len(friends) + len(requests) == people * (people - 1) // 4


def test_popularity_is_as_uneven_as_it_is_among_people() -> None:
    """Median, spread and top hundredth are those of the law; above the few that the law has most people with,
    the more friends, the fewer people have them.
    """
    low, high = draw_people(POPULATION, SEED, most_pairs=POPULATION * 110).friends
    friends: Numbers = np.sort(np.bincount(np.concatenate((low, high)), minlength=POPULATION + 1)[1:])
    assert friends.mean() == FRIENDS_EACH
    assert np.median(friends) / FRIENDS_EACH == pytest.approx(MEDIAN / MEAN, rel=TOLERANCE)
    top = friends[-POPULATION // 100 :]
    assert top.sum() / friends.sum() == pytest.approx(TOP_HUNDREDTH, rel=TOLERANCE)
    assert np.percentile(friends, 84.13) / np.median(friends) == pytest.approx(np.exp(SIGMA), rel=TOLERANCE)
    assert friends[-1] < FRIENDS_EACH * MOST / MEAN * 1.5
    as_many = np.bincount(friends)
    assert np.all(np.diff(as_many[[16, 32, 64, 128, 256, 512]]) < 0)


def test_some_names_are_frequent() -> None:
    """All of 300,000 names differ, by four digits at most; the first of a list is ten times the hundredth."""
    names = usernames(300_000, Chance(SEED))
    assert len(set(names)) == len(names)
    parts = [re.fullmatch(r"([a-z]+)_([a-z]+)[1-9]\d{0,3}", name) for name in names]
    for place, words in ((1, GIVEN), (2, SURNAMES)):
        count = Counter(part[place] for part in parts if part)
        assert count.total() == len(names)
        assert count[words[0]] / count[words[99]] == pytest.approx(10, rel=TOLERANCE)


def test_a_database_is_seeded_with_fewer_pairs(engine: Engine) -> None:
    """No more friendships and requests are made than are asked for, in the same proportion."""
    seed(engine, PEOPLE, SEED, most_pairs=PEOPLE * 11 // 5)
    _, friends, requests = rows(engine)
    assert (len(friends), len(requests)) == (PEOPLE, PEOPLE * 6 // 5)


def structure(engine: Engine) -> list[tuple[str, str]]:
    """The tables, keys, indexes and constraints as the database says them."""
    with engine.connect() as db:
        return [(name, sql) for name, sql in db.execute(text(STRUCTURE[engine.dialect.name]))]


def test_a_seeded_database_is_built_as_an_empty_one(engine: Engine) -> None:
    """Seeding leaves every key, index and constraint as it was, also an index that somebody else made."""
    with writing(engine).begin() as db:
        db.execute(text("CREATE UNIQUE INDEX of_somebody_else ON users (created_at, username)"))
    before = structure(engine)
    assert "of_somebody_else" in str(before)
    seed(engine, PEOPLE, SEED)
    assert structure(engine) == before


def test_what_is_forbidden_stays_forbidden(engine: Engine) -> None:
    """After seeding, the database holds no row that it would refuse, and still refuses such rows."""
    seed(engine, FEW, SEED)
    assert audit(engine) == []
    if engine.dialect.name == "sqlite":  # PostgreSQL has checked it when it made the constraints again
        with engine.connect() as db:
            assert db.execute(text("PRAGMA integrity_check")).all() == [("ok",)]
            assert db.execute(text("PRAGMA foreign_key_check")).all() == []
    for low, high in ((1, FEW + 1), (2, 1)):
        with pytest.raises(IntegrityError), writing(engine).begin() as db:
            db.execute(insert(friendships).values(low_id=low, high_id=high, since=SEEDED_AT))


def test_ids_go_on_after_seeding(engine: Engine) -> None:
    """New users and requests get the next ids."""
    seed(engine, PEOPLE, SEED)
    friends = Friends(engine, now=lambda: datetime(2026, 3, 23, tzinfo=UTC))
    user = friends.create_user("newcomer")
    assert user.user_id == PEOPLE + 1
    request = friends.ask(NewFriend(user_id=user.user_id, friend_id=1))
    assert request.request_id == PEOPLE * REQUESTS_EACH + 1


def test_ids_of_a_single_user_go_on(engine: Engine) -> None:
    """Where nobody has asked anyone, the first request is the first."""
    seed(engine, 1, SEED)
    friends = Friends(engine, now=lambda: datetime(2026, 3, 23, tzinfo=UTC))
    user = friends.create_user("newcomer")
    assert user.user_id == 2
    assert friends.ask(NewFriend(user_id=2, friend_id=1)).request_id == 1


def test_only_an_empty_database_is_seeded(engine: Engine) -> None:
    """A database with users is refused and stays as it is."""
    seed(engine, 10)
    before = rows(engine)
    with pytest.raises(ServiceError, match="already has users"):
        seed(engine, 20)
    assert rows(engine) == before


def test_a_seed_that_fails_leaves_nothing(engine: Engine) -> None:
    """Where the database refuses a row, the error says why, and no row, nor a missing index, is left."""
    with writing(engine).begin() as db:
        db.execute(text("CREATE UNIQUE INDEX one_user_a_second ON users (created_at)"))
    before = structure(engine)
    with pytest.raises(ServiceError, match=r"Cannot seed the database: .*(created_at|one_user_a_second)"):
        seed(engine, PEOPLE, SEED)
    assert rows(engine) == [[], [], []]
    assert structure(engine) == before


def test_a_killed_seed_leaves_nothing(database_url: str) -> None:
    """A seed that is killed before its end leaves a database as empty as before, which can be seeded."""
    engine = open_database(database_url)
    before = structure(engine)
    killed = subprocess.Popen(
        [sys.executable, "-c", UNFINISHED, database_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with killed:
        assert killed.stdout
        assert killed.stdout.readline() == "filled\n"
        killed.kill()
    assert rows(engine) == [[], [], []]
    assert structure(engine) == before
    seed(engine, 100, SEED)
    with engine.connect() as db:
        assert db.scalar(select(func.count()).select_from(users)) == 100
    engine.dispose()


def test_a_database_that_others_write_to_is_not_seeded(tmp_path: Path) -> None:
    """Who cannot begin to write because another does is told so."""
    url = f"sqlite:///{tmp_path / 'friends.db'}?timeout=0.05"
    engine, other = open_database(url), open_database(url)
    with writing(other).begin() as db:
        db.execute(select(users))
        with pytest.raises(ServiceError, match="database is locked"):
            seed(engine, 10)
    seed(engine, 10)
    other.dispose()
    engine.dispose()


def test_more_users_come_to_those_that_are_there(engine: Engine) -> None:
    """As many as are wanted are added, with names of their own, and nothing else has changed."""
    seed(engine, FEW, SEED)
    with writing(engine).begin() as db:
        db.execute(insert(users), {"username": usernames(FEW, Chance(SEED + 1))[0], "created_at": SEEDED_AT})
        before = {table: db.execute(select(table)).all() for table in TABLES}
    add(engine, FEW, SEED + 1)  # the name that is drawn first is taken
    with engine.connect() as db:
        after = {table: db.execute(select(table).order_by(*table.primary_key)).all() for table in TABLES}
    assert len(after[users]) == 2 * FEW + 1
    assert set(before[users]) < set(after[users])
    assert {row.username for row in after[users][FEW + 1 :]}.isdisjoint(row.username for row in before[users])
    assert all(set(before[table]) == set(after[table]) for table in (friend_requests, friendships))
    assert audit(engine) == []
