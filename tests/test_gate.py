"""One command is the gate: what else must hold is run by pytest too."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
HELP = re.compile(r"```console\n\$ uv run mine --help\n(.*?)```", re.DOTALL)


def passes(*command: str | Path) -> None:
    """The command succeeds in the root of the repository; if not, what it says is shown."""
    ended = subprocess.run(
        [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_ruff_has_nothing_to_say() -> None:
    """Every Python file follows the rules in pyproject.toml."""
    passes(BIN / "ruff", "check", "--quiet", ".")


def test_everything_is_formatted() -> None:
    """Every Python file and notebook has the one format."""
    passes(BIN / "ruff", "format", "--check", "--quiet", ".")


def test_types_hold() -> None:
    """The strict type checker accepts miner, service, tests, generated and sample_logs."""
    passes(BIN / "mypy")


def test_imports_go_one_way() -> None:
    """The house stands as CONTRIBUTING.md draws it."""
    passes(BIN / "lint-imports")


def test_the_readme_shows_the_real_help() -> None:
    """The README's block of `mine --help` is what the command prints."""
    shown = HELP.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert shown
    real = subprocess.run(
        [sys.executable, "-m", "miner.cli", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    assert shown[1].strip() == real.stdout.replace("python -m miner.cli", "mine").strip()


def test_the_readme_names_the_two_commands() -> None:
    """The README has the commands that .ci/run and a newcomer use, letter by letter."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "pip install uv && uv run mine demo\n" in text
    assert "pip install uv && uv run pytest\n" in text
    assert "pip install uv && uv run pytest\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_tests_that_belong_together_share_a_process(request: pytest.FixtureRequest) -> None:
    """Where processes share the tests, each knows its group: else loops would run beside each other."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        assert request.node.nodeid.endswith("@tests/test_gate.py")
