"""`mine check` and `mine objectives`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from made_run import made_run, requests, service_log

from miner.cli import run as mine
from miner.objectives import check, load_objectives

SEARCH = "GET /friend-service/v1/users"
FILE = """\
version = 1

[[objectives]]
name = "search is quick"
endpoint = "{endpoint}"
measure = "p50 latency"
measured_at = "{at}"
below = "{below}"
"""


def objectives(folder: Path, below: str = "1s", at: str = "client", endpoint: str = SEARCH) -> str:
    """A file with one objective."""
    file = folder / "objectives.toml"
    file.write_text(FILE.format(below=below, at=at, endpoint=endpoint), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("below", "at", "code", "verdict"),
    [("1s", "client", 0, "pass"), ("1ms", "client", 1, "fail"), ("1s", "service", 1, "no data")],
)
def test_the_exit_code_tells_whether_objectives_held(
    below: str, at: str, code: int, verdict: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 if all did, 1 if one was missed or could not be judged; the table, JSON and JUnit say the same."""
    run, junit = made_run(tmp_path / "run"), tmp_path / "junit.xml"
    arguments = ["check", objectives(tmp_path, below, at), str(run)]
    assert mine([*arguments, "--junit", str(junit)]) == code
    assert verdict in capsys.readouterr().out
    assert mine([*arguments, "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert (told["passed"], told["outcomes"][0]["verdict"]) == (code == 0, verdict)
    suite = ElementTree.parse(junit).getroot().find("testsuite")  # noqa: S314 (written by us)
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors")) == (
        str(int(verdict == "fail")),
        str(int(verdict == "no data")),
    )


def test_what_the_service_logged_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its log, an objective at the service has data: 10 ms, where the client saw 20."""
    run = made_run(tmp_path / "run")
    log = service_log(tmp_path / "service.log", requests())
    file = objectives(tmp_path, "15ms", "service")
    assert mine(["check", file, str(run), "--service-log", str(log)]) == 0
    assert "10 ms" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "missing.toml", "run"], "missing.toml"),
        (["check", "{file}", "nothing"], "nothing"),
        (["check", "{wrong}", "{run}"], f"The nearest is '{SEARCH}'."),
        (["check", "{file}", "{run}", "--recorded", "none.log"], "none.log"),
        (["objectives", "none.log"], "none.log"),
        (["objectives", "openslo", "none.toml"], "none.toml"),
        (["objectives", "propose", "--margin", "wide", "a.log"], "is no share"),
    ],
)
def test_what_is_wrong_is_said_in_two_lines(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong and what to do, and the exit code is 2."""
    places = {
        "{file}": objectives(tmp_path).replace("objectives.toml", "right.toml"),
        "{run}": str(made_run(tmp_path / "run")),
        "{wrong}": str(tmp_path / "objectives.toml"),
    }
    (tmp_path / "right.toml").write_text(
        FILE.format(below="9%", at="client", endpoint=SEARCH)
        .replace("below", "within")
        .replace("9%", "9% of the recorded p50")
    )
    objectives(tmp_path, endpoint="GET /friend-service/v1/user")
    code = mine([places.get(word, word) for word in arguments])
    told = capsys.readouterr().err
    assert (code, told.count("\n")) == (2, 2)
    assert said in told


def test_a_proposal_is_met_by_what_it_was_made_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With or without the word `propose`, to a file or to stdout; and it can be exported as OpenSLO."""
    log = service_log(tmp_path / "service.log", requests(), signed=False)
    assert mine(["objectives", str(log)]) == 0
    proposed = capsys.readouterr().out
    file = tmp_path / "objectives.toml"
    assert mine(["objectives", "propose", str(log), "--out", str(file)]) == 0
    assert file.read_text(encoding="utf-8") == proposed
    assert mine(["check", str(file), str(log)]) == 0
    capsys.readouterr()
    assert mine(["objectives", "openslo", str(file), "--service", "friends"]) == 0
    documents = list(yaml.safe_load_all(capsys.readouterr().out))
    assert {document["kind"] for document in documents} == {"Service", "SLI", "SLO"}


def test_verdicts_are_a_frame_in_a_notebook(tmp_path: Path) -> None:
    """A row per objective, by its name."""
    frame = check(load_objectives(objectives(tmp_path)), made_run(tmp_path / "run")).frame()
    assert frame.loc["search is quick", ["verdict", "value", "limit", "unit"]].to_list() == [
        "pass",
        0.02,
        1.0,
        "seconds",
    ]


def test_a_wider_margin_allows_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Limits are so much worse than what was recorded."""
    log = service_log(tmp_path / "service.log", requests(), signed=False)
    limits = []
    for margin in ("0%", "100%"):
        assert mine(["objectives", str(log), "--margin", margin]) == 0
        (tmp_path / "o.toml").write_text(capsys.readouterr().out, encoding="utf-8")
        limits.append(load_objectives(tmp_path / "o.toml").objectives[0].limit or 0)
    assert limits[1] == pytest.approx(2 * limits[0])


def test_help_is_there_without_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    """`mine objectives` alone says what it can do."""
    assert mine(["objectives"]) == 0
    assert "openslo" in capsys.readouterr().out
