"""A `mine ingest` that is killed at any moment loses nothing that repeating it does not bring back."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import signal
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from processes import Ended, Starter, starter
from same_rows import Row, hashes, must_conserve

from miner.store import Store

LINES = 3_000
"""Of each log: so many that most of a run is spent on reading."""
KILLS = 50
SEED = 9
MEASURED = 3
"""Runs to know how long one takes."""
STAGES = 4
"""At least so many different states of a store are left by the kills: none, none read, one log read, two."""
LOGS = ("a.log", "b.log.gz", "c.log")
COMMAND = ("ingest", *LOGS, "--db", "traffic.duckdb")
LEFT_BY_DUCKDB = ("", ".wal")


@dataclass(frozen=True)
class Unbroken:
    """A run that nobody kills: how long it takes, and what is in its store."""

    seconds: float
    rows: Row


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """Starts `mine` as processes of its own, in a folder with the logs."""
    folder = tmp_path_factory.mktemp("killed")
    for number, name in enumerate(LOGS):
        content = log(number)
        (folder / name).write_bytes(gzip.compress(content, 1) if name.endswith(".gz") else content)
    with pytest.MonkeyPatch.context() as patch, starter(tmp_path_factory.mktemp("output")) as started:
        patch.chdir(folder)
        yield started


def log(number: int) -> bytes:
    """A log that is like no other: requests, and now and then a reject or a blank line."""
    chosen = random.Random(number)
    lines = [line(chosen, number, n) for n in range(LINES)]
    for n in range(100, LINES, 997):
        lines[n] = chosen.choice((b"\n", b"hello\n", b"\xff\n", lines[n].replace(b"200", b"abc")))
    return b"".join(lines)


def line(chosen: random.Random, number: int, n: int) -> bytes:
    """Line `n` of a log."""
    begin = b"192.0.2.%d - - " % chosen.randrange(1, 255)
    stamp = b"[%02d/Mar/2026:%02d:%02d:%02d +0000] " % (1 + n // 86400, n // 3600 % 24, n // 60 % 60, n % 60)
    request = b'"GET /%d/%d HTTP/1.1" ' % (number, n)
    end = b'%d %d "-" "curl/8.0"\n' % (chosen.choice((200, 404)), chosen.randrange(10_000))
    return begin + stamp + request + end


@pytest.fixture(scope="module")
def unbroken(mine: Starter) -> Unbroken:
    """The run that the killed ones are compared with."""
    seconds = []
    for _ in range(MEASURED):
        remove_store()
        began = time.monotonic()
        ended = mine.run(*COMMAND)
        seconds.append(time.monotonic() - began)
        assert ended.code == 0, ended.err
    assert state_left(Path("traffic.duckdb")) == len(LOGS)
    return Unbroken(statistics.median(seconds), rows_in(Path("traffic.duckdb")))


def remove_store() -> None:
    """The folder has only the logs."""
    for path in Path().iterdir():
        if path.name not in LOGS:
            path.unlink()


def rows_in(db: Path) -> Row:
    """What identifies the content of the store."""
    with Store.open(db, create=False) as store:
        return hashes(store)


def killed_after(moment: float, mine: Starter) -> Ended:
    """How a run ended that was killed after so many seconds, unless it had ended before."""
    process = mine.start(*COMMAND)
    time.sleep(moment)
    os.kill(process, signal.SIGKILL)  # the id is still that of the process: nobody has waited for it
    return mine.end(process)


def copied(folder: Path) -> Path:
    """A copy of what a kill has left: to open a store puts it in order."""
    for suffix in LEFT_BY_DUCKDB:
        (folder / f"traffic.duckdb{suffix}").unlink(missing_ok=True)
        if Path(f"traffic.duckdb{suffix}").exists():
            shutil.copy(f"traffic.duckdb{suffix}", folder)
    return folder / "traffic.duckdb"


def state_left(db: Path) -> int | None:
    """How many logs are in the store, in which no line is lost; None if there is none."""
    if not db.exists():
        return None
    with Store.open(db, create=False) as store:
        must_conserve(store)
        return store.table("sources").num_rows


@pytest.mark.loop
def test_a_kill_at_any_moment_is_mended_by_the_same_command(
    mine: Starter, unbroken: Unbroken, tmp_path: Path
) -> None:
    """After kill -9 the store opens, no line is lost, and the same command ends as if there were no kill."""
    chosen = random.Random(SEED)
    states: list[int | None] = []
    seconds, number = unbroken.seconds, 0
    while len(states) < KILLS or len(set(states)) < STAGES:
        assert number < 2 * KILLS, f"the runs end before they can be killed: {states}"
        # One moment in every slice of the run, and then again until enough have struck, in wider slices: the
        # machine may have become slower since the run was measured.
        wider = number // KILLS + 1
        moment = seconds * wider * (number % KILLS + chosen.random()) / KILLS
        number += 1
        remove_store()
        ended = killed_after(moment, mine)
        copy = copied(tmp_path)
        repeated_by = mine.start(*COMMAND)
        if ended.code == -signal.SIGKILL:
            states.append(state_left(copy))
        else:
            assert ended.code == 0, (moment, ended.err)
            seconds = min(seconds, moment)  # it may also have become quicker
        repeated = mine.end(repeated_by)
        assert repeated.code == 0, (moment, repeated.err)
        assert rows_in(Path("traffic.duckdb")) == unbroken.rows, (moment, states[-1:])
        assert {path.name for path in Path().iterdir()} == {*LOGS, "traffic.duckdb"}, moment
    remove_store()
    assert len(set(states)) >= STAGES, states


@pytest.mark.loop
def test_kills_one_after_the_other_are_mended(mine: Starter, unbroken: Unbroken) -> None:
    """A command that is killed again and again, each time a little later, ends as if nobody had."""
    remove_store()
    chosen = random.Random(SEED)
    for number in range(12):
        ended = killed_after(unbroken.seconds * (number + chosen.random()) / 12, mine)
        assert ended.code in (0, -signal.SIGKILL), ended.err
    assert mine.run(*COMMAND).code == 0
    assert rows_in(Path("traffic.duckdb")) == unbroken.rows
    remove_store()
