"""The experiment in a short form: only the scenario shows that the search becomes slower."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from miner.cli import run as mine
from miner.errors import MinerError
from miner.experiment import Experiment, Plan, experiment
from miner.experiment.conduct import LEAD
from miner.experiment.plan import WINDOWS
from miner.replay import load_run

WINDOW = 3.0
SHORT = Plan(users=10_000, seconds=3600.0, window=WINDOW)
"""An hour on a small table, which 72,000 new users make eight times as large."""
MARGIN = 0.5
"""By how much the scenario's growth exceeds the standard test's, at least: the table grows sevenfold."""
NEAR = 0.3
"""How far the load may be from what was planned."""


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Experiment]:
    """The folder of an experiment, and what was found."""
    folder = tmp_path_factory.mktemp("experiment") / "out"
    return folder, experiment(SHORT, folder)


@pytest.mark.loop
def test_only_the_scenario_shows_that_the_search_slows_down(walked: tuple[Path, Experiment]) -> None:
    """Its growth exceeds that of the standard test by the margin, and only one of them could know."""
    _, found = walked
    standard, scenario = found.line("standard"), found.line("scenario")
    assert scenario.growth - standard.growth > MARGIN
    assert (standard.created, standard.added) == (0, 0)
    created = SHORT.rps * 0.2 * WINDOW * WINDOWS
    assert scenario.created == pytest.approx(created, rel=NEAR)
    assert scenario.added == (WINDOWS - 1) * SHORT.created_in(SHORT.skipped - LEAD)


@pytest.mark.loop
def test_both_tests_put_the_planned_load_on_the_service(walked: tuple[Path, Experiment]) -> None:
    """As many requests a second in each window, of which the scenario searches with two in five."""
    _, found = walked
    for test, searches in (("standard", 1.0), ("scenario", 0.4)):
        for point in found.line(test).points:
            assert point.rps == pytest.approx(SHORT.rps, rel=NEAR)
            assert point.searches == pytest.approx(searches * SHORT.rps * WINDOW, rel=NEAR)


@pytest.mark.loop
def test_what_was_measured_is_kept(walked: tuple[Path, Experiment]) -> None:
    """Findings, load tests, the service's logs and every run are in the folder, and few requests failed."""
    folder, found = walked
    kept = json.loads((folder / "experiment.json").read_text(encoding="utf-8"))
    assert kept["tests"][1]["growth"] == found.line("scenario").growth
    assert {file.name for file in folder.iterdir()} == {"experiment.json", "tests", "standard", "scenario"}
    assert (folder / "tests" / "scenario.py").is_file()
    for test in ("standard", "scenario"):
        assert (folder / test / "service.log").is_file()
        runs = [load_run(folder / test / f"window-{number}") for number in range(1, WINDOWS + 1)]
        assert sum(run.failures for run in runs) < 0.01 * sum(run.requests for run in runs)
        assert len({run.seed for run in runs}) == (WINDOWS if test == "scenario" else 1)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """It is refused before anything runs."""
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(MinerError, match="is not empty"):
        experiment(SHORT, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "options", [["--database", "mysql"], ["--search", "like"], ["--users", "3"], ["--window", "6m"]]
)
def test_what_cannot_be_is_said_in_two_lines(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong, and what to do; nothing was made."""
    assert mine(["experiment", "--out", str(tmp_path / "out"), *options]) == 2
    assert [line[:7] for line in capsys.readouterr().err.splitlines()] == ["error: ", "   do: "]
    assert not (tmp_path / "out").exists()
