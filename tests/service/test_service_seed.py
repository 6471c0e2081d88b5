"""What a seeded database holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from service.database import open_database
from service.errors import ServiceError
from service.seed import FRIENDS_EACH, REQUESTS_EACH, seed
from service.tables import friend_requests, friendships, users

PEOPLE = 2000


def dump(path: Path, people: int, number: int) -> list[list[tuple[object, ...]]]:
    """All rows of a new database seeded with `number`."""
    engine = open_database(f"sqlite:///{path}")
    try:
        seed(engine, people, number)
        with engine.connect() as db:
            return [
                [tuple(row) for row in db.execute(select(t))] for t in (users, friendships, friend_requests)
            ]
    finally:
        engine.dispose()


def test_a_seed_says_who_is_there(tmp_path: Path) -> None:
    """The same seed makes the same users, friendships and requests; another seed makes others."""
    first, again, other = (
        dump(tmp_path / f"{file}.db", PEOPLE, number) for file, number in enumerate((7, 7, 8))
    )
    assert first == again
    assert all(one != another for one, another in zip(first, other, strict=True))


def test_users_have_friends_and_requests(tmp_path: Path) -> None:
    """A user has six friends and eight pending requests on average, and a name that looks like one."""
    people, friends, requests = dump(tmp_path / "friends.db", PEOPLE, 7)
    assert len(people) == len({name for _, name, _ in people}) == PEOPLE
    assert all(re.fullmatch(r"[a-z]+_[a-z]+\d{1,3}", str(name)) for _, name, _ in people)
    assert 2 * len(friends) == FRIENDS_EACH * PEOPLE
    assert len(requests) == REQUESTS_EACH * PEOPLE
    assert not {row[:2] for row in friends} & {row[3:5] for row in requests}


@pytest.mark.parametrize("people", [1, 2, 5, 40])
def test_a_few_people_are_enough(tmp_path: Path, people: int) -> None:
    """Where there are too few pairs for everyone, half of them know each other."""
    _, friends, requests = dump(tmp_path / "friends.db", people, 7)
    assert len(friends) + len(requests) == min(people * (people - 1) // 4, people * 11)


def test_indexes_are_back_after_seeding(tmp_path: Path) -> None:
    """A seeded database has the indexes of an empty one."""
    indexes = text("SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name")
    empty, seeded = (open_database(f"sqlite:///{tmp_path / name}") for name in ("empty.db", "seeded.db"))
    seed(seeded, 100)
    with empty.connect() as one, seeded.connect() as other:
        assert one.execute(indexes).all() == other.execute(indexes).all()
    empty.dispose()
    seeded.dispose()


def test_only_an_empty_database_is_seeded(tmp_path: Path) -> None:
    """A database with users is refused and stays as it is."""
    engine = open_database(f"sqlite:///{tmp_path / 'friends.db'}")
    seed(engine, 10)
    with pytest.raises(ServiceError, match="already has users"):
        seed(engine, 20)
    with engine.connect() as db:
        assert db.scalar(select(func.count()).select_from(users)) == 10
    engine.dispose()
