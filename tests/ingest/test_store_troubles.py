"""What goes wrong around a store is two lines and exit code 2, and what was in it is there afterwards."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from processes import Starter, starter
from same_rows import Row, contents, must_conserve

from miner.cli import run
from miner.ingest import ingest
from miner.store import VERSION, Store

FEW, MANY = 3, 20_000
"""Lines of the log that is in the store before, and of the one that arrives."""
LINE = '192.0.2.{host} - - [23/Mar/2026:10:11:12 +0000] "GET /{name}/{n} HTTP/1.1" 200 512 "-" "curl/8.0"\n'
VERBS = ("ingest new.log --db DB", "rejects --db DB", "sessions --db DB", "paths --db DB --out w.toml")
CUT = (1, 4095, 4096, 8192, 12_288, 12_289)
"""Bytes that are left of a store: parts of its three headers of 4096, and the first byte after them."""
OVER = (0, 64_000, 1_000_000)
"""Bytes that files may grow beyond the size of the store before the disk is full."""
ROUNDS = 15
"""Of two processes that create the same store at the same moment."""
TO_THE_START = 0.05
"""Seconds in which both are started."""
ROOM = 200_000
"""Bytes that a small disk has beside a store: too few for the lines that arrive."""

HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
ON_SMALL_DISK = """
set -e
mount -t tmpfs -o size={size} tmpfs disk
cp before.duckdb disk/kept.duckdb
set +e
{python} -m miner.cli ingest new.log --db disk/kept.duckdb; echo "code $?"
{python} -m miner.cli ingest new.log --db disk/fresh.duckdb; echo "code $?"
find disk -name "fresh*"
mkdir after
cp disk/* after
"""


def write_log(path: Path, lines: int) -> Path:
    """A log with as many requests, each to a target of its own."""
    path.write_text(
        "".join(LINE.format(host=n % 200, name=path.stem, n=n) for n in range(lines)), encoding="ascii"
    )
    return path


def filled(db: Path, *logs: Path) -> Path:
    """A store with the logs."""
    with Store.open(db) as store:
        ingest(logs, store)
    return db


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `old.log`, which is in `before.duckdb`, and `new.log`, which is not."""
    folder = tmp_path_factory.mktemp("begun")
    write_log(folder / "new.log", MANY)
    filled(folder / "before.duckdb", write_log(folder / "old.log", FEW))
    return folder


@pytest.fixture
def here(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, which begins as a copy of that one."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    yield tmp_path
    shutil.rmtree(tmp_path)


def complained(err: str) -> str:
    """What stderr says is wrong, after making sure that it is that, what to do, and nothing else."""
    lines = err.splitlines()
    assert len(lines) == 2, err
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("   do: ")
    assert "fault of ours" not in lines[0]
    return lines[0]


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """Starts `mine` as processes of its own."""
    with starter(tmp_path_factory.mktemp("output")) as started:
        yield started


def content(db: Path) -> dict[str, list[Row]]:
    """What is in the store, in which no line is lost."""
    with Store.open(db, create=False) as store:
        must_conserve(store)
        return contents(store)


def names(db: Path) -> list[str]:
    """The logs in the store."""
    return [source["name"] for source in content(db)["sources"]]


def files(folder: Path) -> dict[str, bytes]:
    """Every file in the folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


# Files that are no store.


def newer(db: Path) -> None:
    """A later release changed the schema."""
    with Store.open(db) as store:
        store.ask("UPDATE meta SET version = $next RETURNING version", next=VERSION + 1)


def someone_elses(db: Path) -> None:
    """A DuckDB file with other tables."""
    db.unlink()
    with duckdb.connect(db) as other:
        other.execute("CREATE TABLE requests (x INTEGER)")


def without_version(db: Path) -> None:
    """A store that lost the row with its version."""
    with Store.open(db) as store:
        store.ask("DELETE FROM meta RETURNING version")


NO_STORES: dict[str, tuple[Callable[[Path], object], str]] = {
    "newer": (newer, "newer version of this tool"),
    "no version": (without_version, ""),
    "someone else's": (someone_elses, "not a store of this tool"),
    "empty": (lambda db: db.write_bytes(b""), "not a DuckDB file, or it is truncated"),
    "text": (lambda db: db.write_bytes(b"It was a dark and stormy night.\n" * 999), "not a DuckDB file"),
    "the magic word only": (lambda db: db.write_bytes(bytes(8) + b"DUCK" + bytes(9999)), "DuckDB"),
    "half": (lambda db: db.write_bytes(db.read_bytes()[: db.stat().st_size // 2]), "truncated"),
}


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.split()[0])
@pytest.mark.parametrize(("spoil", "what"), NO_STORES.values(), ids=NO_STORES)
def test_what_is_no_store_is_refused_and_kept(
    spoil: Callable[[Path], object], what: str, verb: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is no store, or none of ours, is said to be so by every verb, which changes no file."""
    spoil(here / "before.duckdb")
    before = files(here)
    capsys.readouterr()
    assert run(verb.replace("DB", "before.duckdb").split()) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert what in complained(captured.err)
    assert files(here) == before


@pytest.mark.parametrize("left", [*CUT, -1, -262_144], ids=lambda left: f"{left} bytes")
def test_a_store_that_was_cut_takes_no_logs(
    left: int, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever a copy of a store broke off, nothing is added to what is left, and nothing taken from it."""
    db = filled(here / "cut.duckdb", here / "new.log")
    db.write_bytes(db.read_bytes()[:left])
    write_log(here / "more.log", FEW)
    before = files(here)
    capsys.readouterr()
    assert run(["ingest", "more.log", "--db", "cut.duckdb"]) == 2
    assert "truncated" in complained(capsys.readouterr().err)
    assert files(here) == before
    if run(["rejects", "--db", "cut.duckdb"]) != 0:  # it may have what this verb reads
        complained(capsys.readouterr().err)
    assert files(here) == before


# Other processes.


@contextmanager
def held(db: Path) -> Iterator[int]:
    """Another process has the store open; its id."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(db)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        yield holder.pid
        holder.communicate()


def test_a_store_in_use_is_left_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every verb says which process has the store open; when that has ended, the same command works."""
    db = here / "before.duckdb"
    before = content(db)
    with held(db) as process:
        for verb in VERBS:
            capsys.readouterr()
            assert run(verb.replace("DB", "before.duckdb").split()) == 2
            assert f"open in another process (process {process})" in complained(capsys.readouterr().err)
    assert content(db) == before
    assert run(["ingest", "new.log", "--db", "before.duckdb"]) == 0
    assert names(db) == ["new.log", "old.log"]


def test_two_that_create_a_store_at_once_lose_nothing(mine: Starter, here: Path) -> None:
    """Of two processes that fill one new store, one may be told to wait, but what ended well is there."""
    logs = [write_log(here / name, FEW) for name in ("left.log", "right.log")]
    for number in range(ROUNDS):
        db = here / f"shared-{number}.duckdb"
        at = time.monotonic() + TO_THE_START
        runs = [mine.start("ingest", log, "--db", db, at=at) for log in logs]
        ends = [mine.end(process) for process in runs]
        done = [log.name for log, ended in zip(logs, ends, strict=True) if ended.code == 0]
        for ended in ends:
            if ended.code != 0:
                assert ended.code == 2, ended.err
                assert "another process" in complained(ended.err)
        assert done
        assert names(db) == done


# A full disk.


@pytest.mark.parametrize("over", OVER)
def test_a_full_disk_takes_nothing_away(over: int, mine: Starter, here: Path) -> None:
    """If files cannot grow, the log is not stored, what was there is, and with more room the same works."""
    db = here / "before.duckdb"
    before = content(db)
    ended = mine.run("ingest", "new.log", "--db", db, largest_file=db.stat().st_size + over)
    if ended.code == 0:
        assert over, "the limit must bite where files cannot grow at all"
    else:
        assert ended.code == 2, ended.err
        complained(ended.err)
        assert content(db) == before
    assert run(["ingest", "new.log", "--db", str(db)]) == 0
    unbroken = filled(here / "unbroken.duckdb", here / "old.log", here / "new.log")
    assert content(db) == content(unbroken)


@pytest.mark.parametrize("limit", [4096, 100_000, 800_000])
def test_a_store_for_which_there_is_no_room_is_not_there(limit: int, mine: Starter, here: Path) -> None:
    """A new store that cannot be written is said, and neither it nor a part of it is left."""
    before = files(here)
    ended = mine.run("ingest", "new.log", "--db", "fresh.duckdb", largest_file=limit)
    assert ended.code == 2, ended.err
    assert "fresh.duckdb" in complained(ended.err)
    assert files(here) == before


def may_mount() -> str | None:
    """How a program gets a name space in which it may mount, or None if nobody lets us."""
    for way in ("unshare --mount", "unshare --user --map-root-user --mount"):
        if (
            shutil.which("unshare")
            and not subprocess.run(
                [*way.split(), "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
            ).returncode
        ):
            return way
    return None


def test_a_disk_without_room_takes_nothing_away(here: Path) -> None:
    """On a real disk that is full, what was in a store is there afterwards, and no new one is left."""
    way = may_mount()
    if way is None:
        pytest.skip("may not mount a small disk here; the tests with a limit on files hold the same")
    (here / "disk").mkdir()
    size = (here / "before.duckdb").stat().st_size + ROOM
    script = ON_SMALL_DISK.format(size=size, python=sys.executable)
    ended = subprocess.run([*way.split(), "bash", "-c", script], capture_output=True, text=True, check=False)
    assert ended.stdout.splitlines() == ["code 2", "code 2"], ended.stdout + ended.stderr
    errors = ended.stderr.splitlines()
    assert "no space left" in complained("\n".join(errors[:2]))
    assert "no space left" in complained("\n".join(errors[2:]))
    assert content(here / "after" / "kept.duckdb") == content(here / "before.duckdb")


# Places that may not be written.


@pytest.mark.parametrize("folder", [path for path in ("/proc", "/sys") if Path(path).is_dir()])
def test_a_folder_that_takes_no_files_is_said(folder: str, mine: Starter, here: Path) -> None:
    """A store cannot be made where even an administrator may not create a file."""
    ended = mine.run("ingest", here / "old.log", "--db", f"{folder}/mined.duckdb")
    assert ended.code == 2
    assert f"{folder}/mined.duckdb" in complained(ended.err)
    assert ended.out == ""


@pytest.mark.parametrize(
    ("folder_mode", "file_mode"),
    [(0o555, 0o644), (0o755, 0o444), (0o555, 0o444)],
    ids=["read-only folder", "read-only file", "both"],
)
def test_a_store_that_may_not_be_written_is_kept(
    folder_mode: int, file_mode: int, mine: Starter, here: Path
) -> None:
    """Without permission to write the folder or the file, nothing is changed, and that is said."""
    folder = here / "kept"
    folder.mkdir()
    db = Path(shutil.copy(here / "before.duckdb", folder / "kept.duckdb"))
    before = files(folder)
    with modes({db: file_mode, folder: folder_mode}):
        written = mine.run("ingest", "new.log", "--db", db, powers=False)
        read = mine.run("rejects", "--db", db, powers=False)
        assert files(folder) == before
    assert written.code == 2, written.err
    assert str(db) in complained(written.err)
    if read.code != 0:
        assert read.code == 2, read.err
        complained(read.err)


def test_a_store_is_not_begun_where_nothing_may_be_written(mine: Starter, here: Path) -> None:
    """In a folder without permission to write, a new store is refused."""
    folder = here / "locked"
    folder.mkdir()
    with modes({folder: 0o555}):
        ended = mine.run("ingest", "new.log", "--db", folder / "fresh.duckdb", powers=False)
    assert ended.code == 2, ended.err
    assert "fresh.duckdb" in complained(ended.err)
    assert files(folder) == {}


@contextmanager
def modes(wanted: dict[Path, int]) -> Iterator[None]:
    """The files and folders have these modes in the block, and those of their owner again after it."""
    for path, mode in wanted.items():
        path.chmod(mode)
    try:
        yield
    finally:
        for path in reversed(wanted):
            path.chmod(0o755 if path.is_dir() else 0o644)
