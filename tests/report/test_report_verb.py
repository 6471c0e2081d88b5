"""`mine report`, as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_findings import FRIENDS, SEED, SESSIONS, made_run

from miner.cli import run as mine
from miner.session_files import write_sessions
from miner.workload_file import load

GOALS = """\
version = 1

[[objectives]]
name = "answers come soon"
measure = "p50 latency"
below = "10s"
"""


def test_one_page_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a log and a run with objectives, and nothing else is in the folder; stdout is empty."""
    write_sessions(load(FRIENDS), SESSIONS, SEED, tmp_path / "shop.log")
    made_run(tmp_path / "run-1")
    (tmp_path / "goals.toml").write_text(GOALS, encoding="utf-8")
    page = tmp_path / "pages" / "shop.html"
    given = [f"{tmp_path}/shop.log", f"{tmp_path}/run-1", "--objectives", f"{tmp_path}/goals.toml"]
    assert mine(["report", *given, "--out", str(page)]) == 0
    told = capsys.readouterr()
    assert (told.out, f"Wrote {page}." in told.err.replace("\n", "")) == ("", True)
    assert [file.name for file in page.parent.iterdir()] == ["shop.html"]
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "answers come soon" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.log"], "none.log"),
        (["{here}/some.log", "nowhere"], "nowhere"),
        (["{here}/some.log", "--out", "{here}/some.log/page.html"], "is not a folder"),
    ],
)
def test_what_is_wrong_is_said_in_two_lines(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong and what to do; no page is written."""
    (tmp_path / "some.log").write_text("not a log\n", encoding="utf-8")
    assert mine(["report", *(word.format(here=tmp_path) for word in arguments)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert [line[:7] for line in told.splitlines()] == ["error: ", "   do: "]
    assert not Path("report.html").exists()
