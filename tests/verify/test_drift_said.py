"""What `mine compare` says about changes, on the screen, as JSON and by its exit code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from shop import SESSIONS, drawn, fewer_shoppers, shop, slower_baskets

from miner.cli import run
from miner.screen.reports import MOST_CHANGES, show_changes, show_fidelity
from miner.screen.terminal import Plain
from miner.session_files import write_sessions
from miner.verify import compare
from miner.workload import Workload
from miner.workload_file import dumps

SEED_A, SEED_B = 1, 2
HOSTILE = ("GET /[red]a[/red]", "GET /b\x1b[31m\n\u202e", "GET /:smile:")


def test_hostile_names_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Markup, emoji codes and control characters of endpoints change nothing on the screen."""
    names = dict(zip(("GET /article", "GET /search", "GET /home"), HOSTILE, strict=True))
    renamed = drawn(shop(), SEED_B).replace({"endpoint": names})
    show_fidelity(Plain(), compare(drawn(shop(), SEED_A), renamed))
    printed = capsys.readouterr().out
    assert "new: GET /[red]a[/red], 5" in printed
    assert "new: GET /b\\x1b[31m\\n\\u202e, 1" in printed
    assert "new: GET /:smile:, 1" in printed
    assert not {"\x1b", "\u202e"} & set(printed)


def test_many_changes_are_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    """Of many changes the largest are printed, and how many there are beside them."""
    data = shop()
    for endpoint in data["endpoints"].values():
        endpoint["request"] += "s"
    found = compare(drawn(shop(), SEED_A), drawn(data, SEED_B))
    show_changes(Plain(), replace(found, changes=found.changes * 2))
    printed = capsys.readouterr().out
    assert printed.count("- new: ") + printed.count("- gone: ") == MOST_CHANGES
    assert f"And {2 * len(found.changes) - MOST_CHANGES} smaller changes: see --json." in printed


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Logs of the shop, of the same shop later, and of a slower one; and the shop's workload file."""
    folder = tmp_path_factory.mktemp("recordings")
    slower = shop()
    slower_baskets(slower)
    fewer_shoppers(slower)
    files = {name: folder / f"{name}.log" for name in ("first", "later", "slower")}
    for name, data, seed in (
        ("first", shop(), SEED_A),
        ("later", shop(), SEED_B),
        ("slower", slower, SEED_B),
    ):
        write_sessions(Workload.model_validate(data), SESSIONS, seed, files[name])
    files["workload"] = folder / "shop.toml"
    files["workload"].write_text(dumps(Workload.model_validate(slower)), encoding="utf-8")
    return files


def test_the_gate_says_that_the_load_test_is_stale(
    recordings: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two recordings that differ, a gate ends with 1, says what changed and that it is stale."""
    assert run(["compare", str(recordings["first"]), str(recordings["slower"]), "--gate", "2"]) == 1
    said = capsys.readouterr()
    assert "What changed, largest first" in said.out
    assert "pause before GET /basket after GET /item: median" in said.out
    assert "stale" in said.err
    assert "Mine again" in said.err


def test_the_gate_is_silent_where_nothing_changed(
    recordings: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two recordings of the same users a gate ends with 0, and nothing is said to have changed."""
    assert run(["compare", str(recordings["first"]), str(recordings["later"]), "--gate", "2"]) == 0
    said = capsys.readouterr()
    assert "Nothing changed beyond noise" in said.out
    assert "stale" not in said.err


def test_only_recordings_make_a_load_test_stale(
    recordings: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A workload that differs from a log fails the gate, but nobody's load test is stale for it."""
    assert run(["compare", str(recordings["first"]), str(recordings["workload"]), "--gate", "2"]) == 1
    assert "stale" not in capsys.readouterr().err


def test_json_has_the_changes(recordings: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """`changes` has a dictionary per change; `differences` are still there."""
    assert run(["compare", str(recordings["first"]), str(recordings["slower"]), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    keys = ["kind", "what", "before", "after", "unit", "effect", "z", "p", "sentence"]
    assert [list(change) for change in said["changes"]] == [keys] * len(said["changes"])
    assert list(said["differences"][0]) == ["what", "name", "a", "b"]
    assert said["recordings"] is True
