"""What people changed by hand is not written over: hooks never, other files only when asked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from miner.cli import run
from miner.seals import sealed

FRIENDS = Path(__file__).parent / "generate" / "friends.toml"
WRITTEN = {"friends.py", "friends_runtime.py", "friends_hooks.py"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which the scenario of a workload file was just written."""
    shutil.copy(FRIENDS, tmp_path / "friends.toml")
    assert generated(tmp_path) == 0
    return tmp_path


def generated(folder: Path, *options: str) -> int:
    """The exit code of `mine generate` there."""
    return run(["generate", str(folder / "friends.toml"), "--out", str(folder / "friends.py"), *options])


def test_hooks_are_written_once(folder: Path) -> None:
    """They stand beside the locustfile and its runtime, and what is written into them stays."""
    assert {file.name for file in folder.glob("*.py")} == WRITTEN
    (folder / "friends_hooks.py").write_text("# mine\n", encoding="utf-8")
    assert generated(folder) == 0
    assert generated(folder, "--overwrite") == 0
    assert (folder / "friends_hooks.py").read_text(encoding="utf-8") == "# mine\n"


@pytest.mark.parametrize("name", ["friends.py", "friends_runtime.py"])
def test_an_edited_file_is_not_written_over(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two lines say so, stdout has the diff, nothing is written; `--overwrite` does."""
    file = folder / name
    before = file.read_text(encoding="utf-8")
    edited = before.replace("FastHttpUser", "HttpUser", 1)
    file.write_text(edited, encoding="utf-8")
    capsys.readouterr()
    assert generated(folder) == 2
    shown = capsys.readouterr()
    assert "was edited by hand" in shown.err
    assert "--overwrite" in shown.err
    assert shown.err.count("\n") == 2
    lines = shown.out.splitlines()
    assert [line for line in lines[2:] if line[0] == "-"] == [
        f"-{line}" for line in edited.splitlines() if line not in before.splitlines()
    ]
    assert file.read_text(encoding="utf-8") == edited
    assert generated(folder, "--overwrite") == 0
    assert file.read_text(encoding="utf-8") == before


def test_an_untouched_file_follows_its_workload(folder: Path) -> None:
    """Who edits the workload file and generates again gets the new locustfile, without being asked."""
    workload = folder / "friends.toml"
    workload.write_text(workload.read_text(encoding="utf-8").replace("median = 4.1", "median = 5.9"))
    assert generated(folder) == 0
    assert "median=5.9" in (folder / "friends.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "print('mine')\n", sealed("x = 1\n").replace("1", "2", 1)])
def test_a_file_of_somebody_else_is_not_written_over(text: str, tmp_path: Path) -> None:
    """What has no seal, or one that does not fit, is taken for somebody's work."""
    shutil.copy(FRIENDS, tmp_path / "friends.toml")
    (tmp_path / "friends.py").write_text(text, encoding="utf-8")
    assert generated(tmp_path) == 2
    assert (tmp_path / "friends.py").read_text(encoding="utf-8") == text
    assert {file.name for file in tmp_path.iterdir()} == {"friends.toml", "friends.py"}


def test_bytes_that_are_no_text_are_not_written_over(tmp_path: Path) -> None:
    """Whatever it is, it is not ours."""
    shutil.copy(FRIENDS, tmp_path / "friends.toml")
    (tmp_path / "friends.py").write_bytes(b"\xff\xfe\x00")
    assert generated(tmp_path) == 2
    assert (tmp_path / "friends.py").read_bytes() == b"\xff\xfe\x00"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *(
            (name, "Call it NAME.py")
            for name in ("friends_hooks.py", "friends_runtime.py", "friends.txt", "friends")
        ),
        ("locust.py", "locust.py would hide a module that Locust needs"),
    ],
)
def test_a_locustfile_has_a_name_of_its_own(
    name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It cannot take the place of its hooks or its runtime, and Locust wants a `.py`."""
    shutil.copy(FRIENDS, tmp_path / "friends.toml")
    assert run(["generate", str(tmp_path / "friends.toml"), "--out", str(tmp_path / name)]) == 2
    assert said in capsys.readouterr().err
    assert {file.name for file in tmp_path.iterdir()} == {"friends.toml"}


def test_the_standard_test_shares_runtime_and_hooks(folder: Path) -> None:
    """It is written beside the scenario, and needs nothing that the scenario does not need."""
    standard = folder / "friends_standard.py"
    code = run(["generate", str(folder / "friends.toml"), "--standard", "search", "--out", str(standard)])
    assert code == 0
    assert {file.name for file in folder.glob("*.py")} == {*WRITTEN, standard.name}
    text = standard.read_text(encoding="utf-8")
    assert "class Standard(StraightPath)" in text
    assert len(text.splitlines()) < 70


def test_dangerous_steps_are_pointed_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What deletes, logs out or pays is named when it is written, and in the file."""
    capsys.readouterr()
    assert generated(folder) == 0
    said = capsys.readouterr().err
    assert "DELETE /friend-service/v1/friends/{user_id}/{friend_id} deletes" in " ".join(said.split())
    assert "Look at these before you run it" in (folder / "friends.py").read_text(encoding="utf-8")
