"""What a notebook imports is there, quick to import, and its errors are one line each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import miner
from miner.errors import MinerError, TooLittleData, one_line

FRIENDS = Path(__file__).parent / "generate" / "friends.toml"
HEAVY = ("duckdb", "pandas", "numpy", "scipy", "sklearn", "pyarrow", "locust")
SESSIONS = 60


def test_the_public_names_are_there() -> None:
    """Every public name is there, and there are about ten of them."""
    assert all(hasattr(miner, name) for name in miner.__all__)
    assert 8 <= len(miner.__all__) <= 12


def test_functions_stay_functions() -> None:
    """Importing and using the modules called like functions leaves the functions in their places."""
    import miner.generate
    import miner.replay
    import miner.simulate
    from miner.simulate import COLUMNS

    workload = miner.load(FRIENDS)
    assert all(list(miner.simulate(workload, 2).columns) == COLUMNS for _ in range(2))
    assert callable(miner.generate)
    assert callable(miner.replay)


def test_importing_is_light() -> None:
    """`import miner` loads none of the heavy packages."""
    code = f"import miner, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_workload_is_loaded_simulated_mined_and_generated(tmp_path: Path) -> None:
    """The public names do together what the package's first lines show."""
    workload = miner.load(FRIENDS)
    sessions = miner.simulate(workload, sessions=SESSIONS)
    assert sessions["session"].nunique() == SESSIONS
    compile(miner.generate(workload), "scenario.py", "exec")
    (tmp_path / "w.toml").write_text(miner.dumps(workload), encoding="utf-8")
    assert miner.load(tmp_path / "w.toml") == workload


def test_a_log_is_mined_by_name(tmp_path: Path) -> None:
    """`mine` names the workload after the log, passes options on, and keeps a store only if asked."""
    from miner.session_files import write_sessions

    log = tmp_path / "My traffic-1.log"
    write_sessions(miner.load(FRIENDS), SESSIONS, 1, log)
    mined = miner.mine(str(log), paths=1, db=tmp_path / "traffic.duckdb")
    assert mined.name == "my_traffic_1"
    assert len(mined.paths) == 1
    assert miner.mine([log], paths=1, name="other").model_copy(update={"name": mined.name}) == mined
    assert {file.name for file in tmp_path.iterdir()} == {log.name, "traffic.duckdb"}


def test_no_log_is_refused() -> None:
    """Mining nothing is a mistake of the user's, not ours."""
    with pytest.raises(MinerError, match="no log"):
        miner.mine([])


def test_exit_codes_are_the_contract() -> None:
    """Wrong usage exits with 2 and too little data with 3; both say what is wrong and what to do."""
    assert (MinerError.exit_code, TooLittleData.exit_code) == (2, 3)
    error = TooLittleData("The log is short.", "Name a longer one.")
    assert isinstance(error, MinerError)
    assert (str(error), error.what) == ("The log is short. Name a longer one.", "The log is short.")


@given(st.text())
def test_an_error_is_two_printable_lines(hostile: str) -> None:
    """Whatever a log or file name holds, an error has no line break or control character."""
    error = MinerError(hostile, hostile)
    assert error.what.isprintable()
    assert error.hint.isprintable()
    assert one_line(error.what) == error.what
    if hostile.isprintable():
        assert error.what == hostile
