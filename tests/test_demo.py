"""`mine demo` walks the whole loop."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from miner.demo import walk

SECONDS = 12.0
"""For which sessions start here; the real demo takes as long as it needs to be sure."""


@pytest.mark.loop
def test_the_demo_walks_the_loop_and_cleans_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All four steps are told, what they wrote is there, and the service no longer runs."""
    out = tmp_path / "demo"
    walk(out, SECONDS)
    told = capsys.readouterr().out
    steps = ("1. The log becomes", "2. The included", "3. The user paths become", "4. Is the replay")
    places = [told.index(step) for step in (*steps, "Written")]
    assert places == sorted(places)
    assert all(figure in told for figure in ("request_mix", "think_time_by_move", "auc"))
    scenario = {f"friend_service{end}" for end in (".toml", ".py", "_runtime.py", "_hooks.py")}
    assert {file.name for file in out.iterdir()} == {*scenario, "run-1", "report.html"}
    address = re.search(r"http://(127\.0\.0\.1):(\d+)", told)
    assert address
    with socket.socket() as client:
        assert client.connect_ex((address[1], int(address[2]))) != 0
