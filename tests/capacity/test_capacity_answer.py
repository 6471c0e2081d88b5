"""What a search says: in sentences, in a table, in a picture."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from steps import outcome, searched, step

from miner.capacity import Capacity
from miner.capacity.answer import INTERRUPTED
from miner.capacity.search import BROKE, HELD, TOO_LITTLE, UNKNOWN
from miner.plots import plot_capacity
from miner.screen.capacity import line, show_capacity

HOSTILE = "');alert(1)//\"]|datum['x']\\{{signal}}</script>"
EXPRESSIONS = {"field", "expr", "labelExpr", "filter", "calculate", "test", "signal", "sort"}
SLOW = outcome("fail", 0.2, name="search")
HOLDS = "All objectives hold at 4 times the recorded traffic (8 sessions and 32 requests a second)."
BREAKS = " At 8 times 'search' broke first: It was 0.2."
BROKEN = step(2, 8, BROKE, SLOW)
UNTOLD = step(2, 8, UNKNOWN, kept_up=False, limited_by="users", why="The generator did not keep up.")


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (searched(step(1, 4), BROKEN, BROKEN, precision=1.0), HOLDS + BREAKS),
        (
            searched(step(1, 4), BROKEN, BROKEN, most_steps=3),
            HOLDS + BREAKS + " It ended there: 3 steps were made.",
        ),
        (
            searched(step(1, 4), most_scale=4),
            HOLDS + " More than 4 times, 8 sessions a second, was not allowed.",
        ),
        (searched(step(1, 4), stopped=INTERRUPTED), HOLDS + " It ended there: it was interrupted."),
        (
            searched(step(1, 4), UNTOLD, UNTOLD, precision=1.0),
            HOLDS + " Beyond that it is unknown. At 8 times: The generator did not keep up.",
        ),
        (
            searched(BROKEN, BROKEN, least_scale=8),
            BREAKS.strip() + " That is the lowest scale that was allowed.",
        ),
        (
            searched(step(1, 7.9, TOO_LITTLE), BROKEN, BROKEN),
            BREAKS.strip() + " Below that too few requests come in 30s to tell: give a longer --run-time.",
        ),
        (
            searched(UNTOLD, UNTOLD, least_scale=8),
            "Nothing can be told. At 8 times the recorded traffic: The generator did not keep up.",
        ),
        (
            searched(step(1, 4), BROKEN, BROKEN, precision=1.0, recorded=False),
            HOLDS.replace("the recorded traffic", "2 sessions a second") + BREAKS,
        ),
    ],
)
def test_each_answer_has_its_sentence(found: Capacity, sentence: str) -> None:
    """It says what holds, what broke first and how far, and what kept the search from more."""
    assert found.sentence == sentence
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["sentence"] == sentence


def test_of_what_was_tried_again_the_step_that_decided_is_told() -> None:
    """What held at last, after it broke once, is told with the load of a step that held."""
    found = searched(step(1, 4, BROKE, SLOW), step(2, 4), step(3, 4), most_scale=4)
    assert found.sentence.startswith(HOLDS)
    assert found.broke_first == ()


def shown(found: Capacity) -> str:
    written = StringIO()
    show_capacity(Console(file=written, width=100, markup=False, emoji=False, highlight=False), found)
    return written.getvalue()


def test_the_table_has_a_row_for_each_step_by_scale() -> None:
    """Each row says the load, the worst objective as a share of its limit, the verdict, and who kept up."""
    text = shown(searched(UNTOLD, step(2, 4, BROKE, SLOW), step(3, 2), step(4, 1, HELD, outcome(limit=None))))
    rows = [line.split() for line in text.splitlines()[1:5]]
    assert rows == [
        ["1", "2", "8", "held", "yes"],
        ["2", "4", "16", "held", "yes", "50", "%", "quick"],
        ["4", "8", "32", "broke", "yes", "200", "%", "search"],
        ["8", "16", "64", "unknown", "no:", "users", "50", "%", "quick"],
    ]
    assert "- A remark." in text
    assert line(step(2, 4.5, BROKE, why="It was slow.")) == (
        "Step 2, 4.5 times, 36 requests a second: broke. It was slow."
    )


def test_names_reach_the_terminal_without_their_control_characters() -> None:
    """A name cannot move the cursor."""
    name = "q\x1b[2J"
    evil = outcome("fail", 0.2).objective.model_copy(update={"name": name})
    found = searched(
        step(1, 4, BROKE, type(SLOW)(evil, "fail", 0.2, 0.1, None, 1, (), name)), stopped="\x1b]0;x"
    )
    assert "\x1b" not in shown(found)


def expressions(part: Any) -> list[str]:
    """All that Vega would read as more than a value."""
    if isinstance(part, dict):
        own = [json.dumps(value) for name, value in part.items() if name in EXPRESSIONS]
        return own + [text for name, value in part.items() if name != "values" for text in expressions(value)]
    return [text for one in part for text in expressions(one)] if isinstance(part, list) else []


def test_the_picture_has_a_point_for_each_step_and_objective() -> None:
    """Shares of limits by scale, and how they fared; names are values only; what broke first is first."""
    other = outcome(name=HOSTILE)
    found = searched(
        step(1, 4, HELD, other, outcome(value=-0.1)),
        step(2, 8, BROKE, other, SLOW),
        step(3, 8, BROKE, other, SLOW),
        step(4, 5, UNKNOWN, other, outcome(limit=None)),
        precision=1.0,
    )
    chart = plot_capacity(found).to_dict()
    (rows,) = chart.pop("datasets").values()
    assert [(row["objective"], row["scale"], row["share"]) for row in rows] == [
        (HOSTILE, 4, 0.5), ("quick", 4, -1.0), (HOSTILE, 8, 0.5), ("search", 8, 2.0),
        (HOSTILE, 8, 0.5), ("search", 8, 2.0), (HOSTILE, 5, 0.5),
    ]  # fmt: skip
    assert [row["fared"].split()[0] for row in rows] == [
        "within", "within", "within", "beyond", "within", "beyond", "tells",
    ]  # fmt: skip
    assert all(row["drawn"] > 0 for row in rows)
    assert min(rows, key=lambda row: row["place"])["objective"] == "search"
    assert not any("alert" in text for text in expressions(chart))
    assert "alert" not in json.dumps(chart)
