"""What `mine check` prints."""

from __future__ import annotations

from io import StringIO

from planted import GET, objective, planted

from miner.objectives import Checked, judge
from miner.screen.objectives import show_checked
from miner.screen.terminal import WIDEST, Plain

HOSTILE = "[red]GET /things\x1b[31m"


def printed(checked: Checked) -> str:
    """All that is printed of it, on a console that is as wide as it may be."""
    console = Plain()
    console.file, console.width = StringIO(), WIDEST
    show_checked(console, checked)
    return console.file.getvalue()


def outcomes(*objectives: tuple[str, dict[str, str]]) -> Checked:
    """What becomes of these objectives, called after their places."""
    found = [
        judge(objective(measure, **keys).model_copy(update={"name": f"goal {place}"}), planted())
        for place, (measure, keys) in enumerate(objectives, 1)
    ]
    return Checked(of="friends-1", outcomes=tuple(found), remarks=("The generator fell behind.",))


def test_a_row_each_then_why_then_remarks() -> None:
    """The table has value, limit and verdict; what passed needs no sentence; the last line sums up."""
    text = printed(
        outcomes(
            ("mean latency", {"below": "100ms", "endpoint": GET}),
            ("error share", {"below": "0.5%"}),
            ("p50 latency", {"warn": "1ms"}),
            ("throughput", {"per": "session", "under": "99 rps"}),
        )
    )
    lines = text.splitlines()
    assert lines[0].split() == ["objective", "measured", "value", "limit", "verdict"]
    assert "goal 1     mean latency of GET /things at the client" in lines[1]
    assert lines[1].split("client")[1].split() == ["50.5", "ms", "below", "100", "ms", "pass"]
    assert lines[2].split("client")[1].split() == ["1", "%", "below", "0.5", "%", "fail"]
    assert "below 1 ms (warning)  warn" in lines[3]
    assert "-  above 0.000278 sessions/s  no data" in lines[4]
    assert "  - goal 2: error share was 1 %, below 0.5 % was wanted (n = 1,200)." in lines
    assert "  - goal 4: No data: the load was 20 rps, and the objective is for 99 rps." in lines
    assert not any("goal 1:" in line for line in lines)
    assert "  - The generator fell behind." in lines
    assert lines[-1] == "2 of 4 objectives are met by friends-1."


def test_hostile_names_are_shown_as_they_are() -> None:
    """Neither markup nor escape sequences of a name do anything."""
    one = outcomes(("mean latency", {"below": "1ms"})).outcomes[0]
    named = one.objective.model_copy(update={"name": HOSTILE})
    text = printed(
        Checked(of=HOSTILE, outcomes=(one.__class__(**{**vars(one), "objective": named}),), remarks=())
    )
    assert "\x1b[31m" not in text
    assert "[red]GET" in text
    assert r"\x1b" in text
