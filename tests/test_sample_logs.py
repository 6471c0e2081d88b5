"""The committed log, truth, workload and locustfile are what the committed code makes of one another."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LOG, OPENAPI, ROOT, SAMPLE

from miner.paths import Mined
from miner.scenario_writer import write_scenario
from miner.seals import sealed
from miner.store import Store
from miner.workload_file import dumps
from service.__main__ import openapi

GENERATED = ROOT / "generated"
MOST_LINES = 275
REQUEST_TIME = re.compile(r'(?<= )\d+\.\d{3}(?= "[^"]*"$)', re.MULTILINE)


def test_the_workload_is_what_is_mined_from_the_log(sample: tuple[Store, Mined]) -> None:
    """Mining the sample log gives the committed workload file, byte for byte."""
    committed = (GENERATED / "friend_service.toml").read_text(encoding="utf-8")
    assert sealed(dumps(sample[1].workload), ".toml") == committed


def test_the_locustfile_is_what_is_generated_from_the_workload(
    sample: tuple[Store, Mined], tmp_path: Path
) -> None:
    """Generating from the mined workload gives the committed locustfile and what it needs, byte for byte."""
    for file in write_scenario(sample[1].workload, tmp_path / "friend_service.py"):
        assert (GENERATED / file.name).read_bytes() == file.read_bytes(), file.name


def test_the_locustfile_is_short() -> None:
    """What people read of the friend-service fits in little more than 250 lines, docstring and all."""
    assert len((GENERATED / "friend_service.py").read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_the_openapi_document_is_the_services_own() -> None:
    """The committed OpenAPI document is the one that the service has today."""
    assert OPENAPI.read_text(encoding="utf-8").strip() == openapi().strip()


@pytest.mark.loop
def test_the_log_can_be_made_again(tmp_path: Path) -> None:
    """Letting the players play again gives the same log and truth, but for measured request times."""
    made = subprocess.run([sys.executable, SAMPLE / "make.py", tmp_path], cwd=ROOT, check=False)
    assert made.returncode == 0
    for name in ("friend-service.truth.csv", LOG.name):
        again, committed = (
            REQUEST_TIME.sub("0.000", (folder / name).read_text(encoding="ascii"))
            for folder in (tmp_path, SAMPLE)
        )
        assert again == committed, name
