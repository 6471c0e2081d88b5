"""Sessions in files are the sessions that were simulated, and a file that cannot be is said so."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from miner import workload as w
from miner.errors import MinerError
from miner.ingest import ingest
from miner.paths import prepare
from miner.session_files import log_lines, read_sessions, write_sessions
from miner.simulate import COLUMNS, requests, simulate
from miner.store import Store
from miner.workload_file import load

FRIENDS = load(Path(__file__).parent / "generate" / "friends.toml")
SEED = 20260105
SESSIONS = 400
TINY = load(Path(__file__).parent / "generate" / "friends.toml").model_copy(
    update={"arrivals": w.Arrivals(mean=0.001)}
)
"""The friend-service, with sessions so rare that those of one user seldom meet."""


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_sessions_come_back_from_their_file(tmp_path: Path, ending: str) -> None:
    """What is read is what was simulated, in the same columns, with nothing left beside it."""
    file = tmp_path / f"sessions{ending}"
    write_sessions(FRIENDS, SESSIONS, SEED, file)
    read = read_sessions(file)
    assert list(read.columns) == COLUMNS
    expected = simulate(FRIENDS, SESSIONS, SEED)
    pd.testing.assert_frame_equal(read, expected, check_dtype=False, rtol=1e-12)
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    """Writing again replaces the file with the same bytes."""
    file = tmp_path / "sessions.csv"
    file.write_text("old")
    write_sessions(FRIENDS, 20, SEED, file)
    first = file.read_bytes()
    write_sessions(FRIENDS, 20, SEED, file)
    assert file.read_bytes() == first != b"old"


def test_a_log_of_sessions_is_read_as_those_sessions(tmp_path: Path) -> None:
    """Every line of a simulated log is a request; requests, statuses and users are those simulated."""
    log = tmp_path / "sessions.log"
    write_sessions(FRIENDS, SESSIONS, SEED, log)
    rows = requests(FRIENDS, SESSIONS, SEED)
    with Store.open(None) as store:
        (source,) = ingest([log], store).sources
        read = store.ask('SELECT method, target, status, "user", finished FROM requests ORDER BY line')
    assert (source.requests, source.rejects, source.durations) == (len(rows), 0, True)
    for column in ("method", "target", "status", "user"):
        simulated = rows[column].where(rows[column].notna(), None).tolist()
        assert sorted(map(str, read[column].to_pylist())) == sorted(map(str, simulated))
    assert read["finished"].to_pylist() == sorted(read["finished"].to_pylist())


def test_sessions_mined_from_a_simulated_log_are_those_simulated(tmp_path: Path) -> None:
    """Ingested and cut by silence, a log has the simulated sessions again, length by length."""
    log = tmp_path / "sessions.log"
    write_sessions(TINY, SESSIONS, SEED, log)
    lengths = simulate(TINY, SESSIONS, SEED).groupby("session").size()
    with Store.open(None) as store:
        ingest([log], store)
        found = prepare(store, gap=1800.0)
        mined = store.table("sessions")["requests"].to_pylist()
    assert found.excluded == {}
    assert found.sessions == pytest.approx(SESSIONS, rel=0.01)
    assert sum(mined) == lengths.sum()
    assert pd.Series(mined).mean() == pytest.approx(lengths.mean(), rel=0.01)


def test_a_visitor_without_a_user_is_logged_as_none() -> None:
    """Where the log would not name a user it says '-', and the address tells sessions apart."""
    rows = requests(FRIENDS, SESSIONS, SEED)
    lines = log_lines(rows[rows["step"] == "create_user"]).splitlines()
    assert lines
    assert all(line.endswith(' "-"') for line in lines)
    assert (
        len({line.split()[0] for line in lines}) == rows[rows["step"] == "create_user"]["session"].nunique()
    )
    assert "nan" not in log_lines(rows)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("sessions.txt", r"cannot be written as \.txt"),
        ("sessions", "a file without an ending"),
        ("none/sessions.csv", "No such file or directory"),
        ("none/sessions.parquet", "No such file or directory"),
        ("none/sessions.log", "No such file or directory"),
        ("file/sessions.csv", "Not a directory"),
        ("x" * 260 + ".csv", "File name too long"),
        ("folder.csv", "Is a directory"),
    ],
)
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, name: str, what: str) -> None:
    """An unknown ending or a place that cannot be written is said, and nothing is left behind."""
    (tmp_path / "file").touch()
    (tmp_path / "folder.csv").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(MinerError, match=what):
        write_sessions(FRIENDS, 5, SEED, tmp_path / name)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.csv", None, "No such file"),
        ("b.csv", b"", "No columns"),
        ("c.csv", b"a,b\n1,2\n", "the column 'session' is missing"),
        ("d.csv", b"\xff\xfe\x00", "can't decode"),
        ("e.parquet", b"PAR1", "Parquet"),
        ("f.csv", ",".join(COLUMNS).encode() + b"\n1,p,1,GET /,GET,/,200,monday,0,\n", "monday"),
    ],
    ids=["missing", "empty", "other table", "binary", "no parquet", "no time"],
)
def test_a_file_that_is_no_table_of_sessions_is_named(
    tmp_path: Path, name: str, content: bytes | None, what: str
) -> None:
    """What cannot be read as sessions is refused in one line with the file's name."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(MinerError, match=what) as error:
        read_sessions(tmp_path / name)
    assert str(tmp_path / name) in error.value.what
    assert "\\n" not in error.value.what
