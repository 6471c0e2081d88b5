"""Bad input: one line what is wrong, one line what to do, the exit code, and nothing half-written."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from conftest import SAMPLE

from miner.cli import run

BOT = (
    '192.0.2.1 - - [02/Mar/2026:10:00:{second:02} +0000] "GET /a HTTP/1.1" 200 1 "-" '
    '"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"\n'
)
NOBODY = '- - - [02/Mar/2026:10:00:{second:02} +0000] "GET /a HTTP/1.1" 200 1 "-" "-"\n'
PERSON = '192.0.2.1 - - [02/Mar/2026:10:00:{second:02} +0000] "GET /a HTTP/1.1" 200 1 "-" "Firefox"\n'
WORKLOAD = (SAMPLE / "players.toml").read_text(encoding="utf-8")

CASES: list[tuple[str, int, str]] = [
    # A log that cannot be read.
    ("logs missing.log", 2, "missing.log"),
    ("logs folder", 2, "no format known"),
    ("logs empty.log", 2, "empty.log is empty"),
    ("logs blank.log", 2, "only blank lines"),
    ("logs binary.log", 2, "binary.log"),
    ("logs prose.log", 2, "no format known"),
    ("logs one.log --format elf", 2, "no format 'elf'"),
    ("ingest missing.log --db new.duckdb", 2, "missing.log"),
    ("ingest binary.log --db new.duckdb", 2, "binary.log"),
    # A log with too little in it.
    ("logs bots.log", 3, "made by a person"),
    ("logs nobody.log", 3, "does not tell visitors apart"),
    ("logs one.log", 3, "too few sessions"),
    # Options that make no sense.
    ("", 0, ""),
    ("mend one.log", 2, "No such command 'mend'"),
    ("logs", 2, "Missing argument"),
    ("logs one.log --gap soon", 2, "is no duration"),
    ("logs one.log --gap -5m", 2, "gap of -300 seconds"),
    ("logs one.log --paths 0", 2, "0 user paths"),
    ("logs one.log --paths few", 2, "neither a number nor"),
    ("logs one.log --sample 2", 2, "is no share of visitors"),
    ("logs one.log --visitor shoe", 2, "'shoe'"),
    ("logs one.log --openapi missing.json", 2, "missing.json"),
    ("logs one.log --openapi prose.log", 2, "prose.log"),
    # Places that cannot be written.
    ("logs one.log --out empty.log", 2, "empty.log is not a folder"),
    ("logs one.log --out empty.log/deeper", 2, "empty.log is not a folder"),
    ("ingest one.log --db folder", 2, "folder is a folder"),
    ("ingest one.log --db empty.log/new.duckdb", 2, "empty.log/new.duckdb"),
    ("generate good.toml --out folder", 2, "folder is a folder"),
    ("generate good.toml --out empty.log/x.py", 2, "empty.log is not a folder"),
    ("simulate good.toml --sessions 20 --out empty.log/x.csv", 2, "empty.log is not a folder"),
    ("simulate good.toml --sessions 20 --out folder.csv", 2, "folder.csv"),
    ("simulate good.toml --sessions 20 --out x.xls", 2, ".xls"),
    ("simulate good.toml --sessions 0 --out x.csv", 2, "0 sessions"),
    # Stores that are none.
    ("rejects --db missing.duckdb", 2, "no store at missing.duckdb"),
    ("rejects --db prose.log", 2, "not a DuckDB file"),
    ("sessions --db missing.duckdb", 2, "no store at missing.duckdb"),
    ("sessions --db binary.log", 2, "not a DuckDB file"),
    ("paths --db missing.duckdb --out w.toml", 2, "no store at missing.duckdb"),
    # Workload files, locustfiles and services that are none.
    ("generate missing.toml", 2, "missing.toml"),
    ("generate binary.log", 2, "binary.log"),
    ("generate good.toml --standard serach_users", 2, "no endpoint 'serach_users'"),
    ("simulate missing.toml --out x.csv", 2, "missing.toml"),
    ("replay missing.py --host http://127.0.0.1:9", 2, "missing.py"),
    ("replay prose.log --host http://127.0.0.1:9", 2, "not a Python file"),
    ("replay good.py --host FREE", 2, "Nothing answers at"),
    ("replay good.py --host gopher", 2, "'gopher' is not the URL"),
    ("replay good.py --host http://192.0.2.1", 2, "not on this machine"),
    ("replay good.py --host FREE --run-time 0", 2, "run time cannot be 0"),
    ("replay good.py --host FREE --mix buy", 2, "'buy' is no share"),
    ("replay good.py --host FREE --mix nobody=0.5", 2, "no user path nobody"),
    ("replay good.py --host FREE --profile wave", 2, "no profile wave"),
    ("replay good.py --host FREE --rps 0", 2, "cannot be 0"),
    # Sides that cannot be compared.
    ("compare missing.log good.toml", 2, "missing.log"),
    ("compare good.toml folder", 2, "not the folder of a run"),
    ("compare good.toml one.log", 3, "1 sessions"),
    ("compare good.toml prose.csv", 2, "prose.csv"),
]
MISTAKES: list[tuple[str, str, str]] = [
    # What is replaced in a good workload file, by what, and what is said of it.
    ("version = 1", "version = ", "not valid TOML"),
    ("version = 1", "version = 2", "version 2"),
    ('name = "players"', "", "name is missing"),
    ('name = "players"', 'name = "Play ers"', "'Play ers'"),
    ('name = "players"', 'name = "players"\nshape = 3', "shape is not a key"),
    ("mean = 0.00415", "mean = -1.0", "arrivals.mean is -1.0"),
    ("mean = 0.00415", "mean = 0.00415\ndispersion = nan", "dispersion"),
    ("share = 0.45", "share = 0.85", "the shares of the paths add up to 1.4"),
    ("share = 0.45", 'share = "most"', "share is 'most'"),
    ("leave = { p = 0.15 }", "leave = { p = 0.1 }", "the moves from 'list_friends' add up to 0.95"),
    ("median = 6.0", "median = 0.0", "median is 0.0"),
    ('law = "lognormal", median = 6.0', 'law = "pareto", median = 6.0', "pareto"),
    ("201 = 0.92, 409 = 0.08", "201 = 0.92", "the statuses add up to 0.92"),
    ("201 = 0.92, 409 = 0.08", "201 = 0.92, 1000 = 0.08", "1000"),
    ("GET /friend-service/v1/users/{user_id}/friends", "GET http://elsewhere/", "http://elsewhere/"),
    ("POST /friend-service/v1/users", "YELL /friend-service/v1/users", "'YELL'"),
    ("{user_id}/{friend_id}", "{user_id}/{enemy_id}", "enemy_id"),
    ("search_users = { p = 0.85", "serach_users = { p = 0.85", "'serach_users'"),
    ("low = 1, high = 5000", "low = 9, high = 5", "the range from 9 to 5 is empty"),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with good and bad files, which is the current one."""
    seconds = range(30)
    texts = {
        "empty.log": "",
        "blank.log": "\n  \n\n",
        "prose.log": "It was a dark and stormy night.\n" * 20,
        "prose.csv": "It was a dark and stormy night.\n" * 20,
        "bots.log": "".join(BOT.format(second=second) for second in seconds),
        "nobody.log": "".join(NOBODY.format(second=second) for second in seconds),
        "one.log": "".join(PERSON.format(second=second) for second in seconds),
        "good.toml": WORKLOAD,
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "binary.log").write_bytes(bytes(range(256)) * 20)
    for name in ("folder", "folder.csv"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kept.txt").write_text("somebody's", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["generate", "good.toml", "--out", "good.py"]) == 0
    yield tmp_path
    shutil.rmtree(tmp_path)


def everything(folder: Path) -> dict[str, bytes | None]:
    """Every file below `folder` with its content, and every folder."""
    return {
        str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


@pytest.fixture
def free() -> Iterator[str]:
    """The URL of a port that is bound, so that nobody else takes it, but on which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The two lines on stderr, after making sure that they are two and that stdout has none."""
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 2, captured.err
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("   do: ")
    assert lines[1].endswith((".", "?", ".)"))
    return lines


@pytest.mark.parametrize(("arguments", "code", "what"), CASES, ids=[case[0] or "mine" for case in CASES])
def test_bad_input_is_two_lines_and_an_exit_code(
    arguments: str, code: int, what: str, here: Path, free: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is the contract's, stderr says what is wrong and what to do, and no file is changed."""
    capsys.readouterr()
    before = everything(here)
    assert run(arguments.replace("FREE", free).split()) == code
    if code:
        assert what in said(capsys)[0]
    assert everything(here) == before


@pytest.mark.parametrize(("old", "new", "what"), MISTAKES, ids=[f"{m[1] or m[0]}" for m in MISTAKES])
def test_each_mistake_in_a_workload_file_is_named(
    old: str, new: str, what: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A workload file with one mistake is refused with a sentence about it, and nothing is written."""
    assert old in WORKLOAD
    (here / "bad.toml").write_text(WORKLOAD.replace(old, new, 1), encoding="utf-8")
    capsys.readouterr()
    assert run(["generate", "bad.toml", "--out", "bad.py"]) == 2
    assert what in said(capsys)[0]
    assert not (here / "bad.py").exists()


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    """The service names the port that somebody else listens on, and ends with 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        database = f"sqlite:///{tmp_path / 'friends.db'}"
        ended = subprocess.run(
            [sys.executable, "-m", "service", "serve", "--port", port, "--database", database],
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert f"127.0.0.1:{port}" in ended.stderr.splitlines()[0]
    assert len(ended.stderr.splitlines()) == 2


def test_a_replay_does_not_write_into_somebodys_folder(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run's folder that holds something already is refused before any load is put on the service."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        Thread(target=server.handle_request).start()  # the replay asks once whether somebody answers
        capsys.readouterr()
        host = f"http://127.0.0.1:{server.server_port}"
        assert run(["replay", "good.py", "--host", host, "--out", "folder"]) == 2
    assert "folder is not empty" in capsys.readouterr().err
    assert (here / "folder" / "kept.txt").read_text(encoding="utf-8") == "somebody's"


def test_files_are_written_all_or_none(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder in the place of one of the files leaves the other as it was."""
    from miner.errors import MinerError
    from miner.output_files import write_files

    capsys.readouterr()
    before = everything(here)
    with pytest.raises(MinerError):
        write_files({here / "good.toml": "changed", here / "folder": "impossible"})
    assert everything(here) == before


def test_an_unexpected_error_is_one_line_and_shown_with_debug(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault of ours asks for a report; only --debug shows the traceback."""
    # As if a part of the installation were missing.
    monkeypatch.setitem(sys.modules, "miner.generate", None)
    capsys.readouterr()
    assert run(["generate", "good.toml"]) == 70
    assert "fault of ours" in said(capsys)[0]
    assert run(["--debug", "generate", "good.toml"]) == 70
    assert "Traceback" in capsys.readouterr().err
    assert here.exists()


def test_ctrl_c_is_said_and_leaves_nothing(here: Path) -> None:
    """SIGINT while a verb waits for its input ends it with 130, without a traceback or a file."""
    before = everything(here)
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, "logs", "-", "--db", "new.duckdb"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    with process:  # stdin stays open: the verb waits for more
        assert process.stderr
        err = process.stderr.read()
    assert process.returncode == 130
    assert b"Interrupted" in err
    assert b"Traceback" not in err
    assert everything(here) == before


INTERRUPTED = """
import os, signal, sys, threading
from miner import main_job  # what takes long is imported before the signal comes
from miner.cli import main
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
sys.exit(main())
"""
