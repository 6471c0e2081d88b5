"""The file that a log is written to: what stands in it, and when, whatever breaks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from exchanges import EXCHANGE

from miner.ingest import ingest
from miner.store import Store
from service import log_file
from service.access_log import combined_lines
from service.errors import ServiceError
from service.log_file import LogFile

PATIENCE = 30.0
"""Seconds after which what a test waits for has not happened."""
LINE = combined_lines([EXCHANGE])
SERVING = """
import asyncio, sys
from pathlib import Path
import httpx
from service.access_log import combined_lines
from service.app import create_app
from service.json_log import json_lines
from service.log_file import LogFile
from service.spans import Spans

kinds = {"combined": combined_lines, "json": json_lines, "spans": Spans().lines}
log = LogFile(Path(sys.argv[2]), kinds[sys.argv[1]])
transport = httpx.ASGITransport(create_app("sqlite://", sinks=[log]))

async def serve():
    async with httpx.AsyncClient(transport=transport, base_url="http://friends") as client:
        for number in range(int(sys.argv[3])):
            await client.get("/healthz", headers={"User-Agent": f"<{number}>"})
            print(number, flush=True)
            await asyncio.sleep(float(sys.argv[4]))

asyncio.run(serve())
log.close()
"""
"""Answers requests by their number, with a pause after each, and says on stdout which were answered."""
LIMITED = """
import resource, sys
from pathlib import Path
from service.log_file import LogFile

sys.path.insert(0, sys.argv[2])
from exchanges import EXCHANGE
from service.access_log import combined_lines

log = LogFile(Path(sys.argv[1]), combined_lines)
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (len(combined_lines([EXCHANGE])) * 5 // 2, most))
for _ in range(4):
    log(EXCHANGE)
log.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
log(EXCHANGE)
log.close()
print(log.lost)
"""
"""Has room for two and a half of four lines, and then for another."""


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold while one waits patiently."""
    end = time.monotonic() + PATIENCE
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.01)
    return held


@contextmanager
def logging_to(path: Path, on_lost: Callable[[int], object] = lambda _: None) -> Iterator[LogFile]:
    """A log that is closed in the end."""
    log = LogFile(path, combined_lines, on_lost)
    try:
        yield log
    finally:
        log.close()


def test_a_line_is_written_by_itself(tmp_path: Path) -> None:
    """What is logged is soon in the file, without anybody closing or flushing it."""
    path = tmp_path / "access.log"
    with logging_to(path) as log:
        log(EXCHANGE)
        assert eventually(lambda: path.read_bytes() == LINE)


def test_many_lines_do_not_wait_for_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When enough lines have come together they are written, however long they could still wait."""
    monkeypatch.setattr(log_file, "SECONDS", 10 * PATIENCE)
    path = tmp_path / "access.log"
    with logging_to(path) as log:
        for _ in range(log_file.ENOUGH + 1):
            log(EXCHANGE)
        assert eventually(lambda: path.stat().st_size >= log_file.ENOUGH * len(LINE))


def test_lines_are_appended_and_all_are_there_at_the_end(tmp_path: Path) -> None:
    """A log that is closed has every line, after those that were there before."""
    path = tmp_path / "access.log"
    path.write_bytes(b"before\n")
    with logging_to(path) as log:
        for _ in range(3):
            log(EXCHANGE)
    assert path.read_bytes() == b"before\n" + LINE * 3


def test_half_a_line_of_before_stays_alone(tmp_path: Path) -> None:
    """Where a killed process left half a line, what is appended begins a line of its own."""
    path = tmp_path / "access.log"
    path.write_bytes(b"192.0.2.7 - - [23/Mar")
    with logging_to(path) as log:
        log(EXCHANGE)
    assert path.read_bytes() == b"192.0.2.7 - - [23/Mar\n" + LINE


def test_a_log_that_is_moved_is_begun_anew(tmp_path: Path) -> None:
    """After a log was moved, as logrotate does, what comes is in a new file at the old place."""
    path, moved = tmp_path / "access.log", tmp_path / "access.log.1"
    with logging_to(path) as log:
        log(EXCHANGE)
        log.flush()
        path.rename(moved)
        log(EXCHANGE)
        log.flush()
        path.unlink()
        log(EXCHANGE)
    assert moved.read_bytes() == path.read_bytes() == LINE
    assert log.lost == 0


def test_a_log_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    """Where there can be no file, the service is told at the start."""
    with pytest.raises(ServiceError, match=r"Cannot write the log .*: No such file or directory\."):
        LogFile(tmp_path / "nowhere" / "access.log", combined_lines)


def test_a_folder_that_vanishes_costs_its_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While there is no place for the file its lines are lost and counted, which is said once."""
    folder = tmp_path / "logs"
    folder.mkdir()
    path, lost = folder / "access.log", list[int]()
    with logging_to(path, lost.append) as log:
        path.unlink()
        folder.rmdir()
        for _ in range(2):
            log(EXCHANGE)
            log.flush()
        said = capsys.readouterr().err
        folder.mkdir()
        log(EXCHANGE)
    assert said == f"Requests are missing in the log {path}: No such file or directory.\n"
    assert capsys.readouterr().err == f"2 requests are not in the log {path}.\n"
    assert (log.lost, sum(lost)) == (2, 2)
    assert path.read_bytes() == LINE


def test_a_full_disk_costs_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """On a full disk lines are lost, and nobody who logs hears of it."""
    with logging_to(Path("/dev/full")) as log:
        for _ in range(3):
            log(EXCHANGE)
            log.flush()
    assert log.lost == 3
    assert capsys.readouterr().err.count("No space left on device") == 1


def test_half_a_line_that_still_fitted_stays_alone(tmp_path: Path) -> None:
    """Of lines for which there was half the space the whole ones count, and the next one begins a line."""
    path = tmp_path / "access.log"
    command = [sys.executable, "-c", LIMITED, str(path), str(Path(__file__).parent)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert ended.stdout == "2\n"
    assert path.read_bytes() == LINE * 2 + LINE[: len(LINE) // 2] + b"\n" + LINE


def test_a_disk_that_hangs_cannot_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing can be written only so many lines wait, the others are lost, and nobody waits for it."""
    monkeypatch.setattr(log_file, "TOO_MUCH", 3000)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    log = LogFile(pipe, combined_lines)
    for _ in range(6000):
        log(EXCHANGE)
    assert 0 < log.lost <= 3000
    os.close(reader)  # which frees the writer: a pipe without a reader is broken
    log.close()
    assert log.lost > 3000


def test_two_processes_share_a_file(tmp_path: Path) -> None:
    """Lines of several processes are all there, and none is in another."""
    path = tmp_path / "access.log"
    command = [sys.executable, "-c", SERVING, "combined", str(path), "1500", "0"]
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(PATIENCE) for process in processes] == [0, 0]
    lines = path.read_bytes().splitlines()
    assert sorted(int(line.split(b"<")[1].split(b">")[0]) for line in lines) == sorted([*range(1500)] * 2)
    assert all(line.startswith(b"127.0.0.1 - - [") and line.endswith(b' "-"') for line in lines)


@pytest.mark.parametrize("kind", ["combined", "json", "spans"])
def test_killed_it_loses_the_last_second(tmp_path: Path, kind: str) -> None:
    """After kill -9 all that was answered more than a second before is in the log, in whole lines."""
    path = tmp_path / "log"
    command = [sys.executable, "-c", SERVING, kind, str(path), "1000000", "0.005"]
    answered: list[float] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        for number, line in enumerate(process.stdout):
            assert int(line) == number
            answered.append(time.monotonic())
            if answered[-1] > answered[0] + 2.3:
                break
        killed = time.monotonic()
        process.kill()
    with Store.open(None) as store:
        (source,) = ingest([path], store).sources
        logged = {int(a[1:-1]) for a in store.ask("SELECT agent FROM requests")["agent"].to_pylist()}
    assert source.rejects == 0
    assert path.read_bytes().endswith(b"\n")
    assert {number for number, at in enumerate(answered) if at < killed - 1.0} <= logged
    assert len(answered) > 100
