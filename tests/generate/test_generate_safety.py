"""Workloads come from logs, and log lines are written by strangers."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.generate import generate
from miner.generate.check import Unsafe, checked
from miner.generate.code import identifier, literal, plain
from miner.workload import Workload

RUFF = Path(sys.executable).with_name("ruff")
NASTY = [
    'quote"', "quote'", '"""', "'''", "back\\", "\\", '\\"""', "new\nline", "\r", "\x00", "\x1b[31m",
    "\u2028",    "\N{RIGHT-TO-LEFT OVERRIDE}", "\\N{DIGIT ONE}", "{braces}", "{0}", "{{", "%s", "# hash",
    '"""\nimport os\nos.system("true")\n"""', '"); __import__("os").system("true"); ("', "\N{PILE OF POO}",
]  # fmt: skip
PLANTED = [
    "import os", "from os import system", "from locust.util import cache", "import locust.util as math",
    "__import__('os')", "eval('1')", "exec('1')", "open('x')", "x = ().__class__", "random.__dict__",
    "def f():\n    getattr(random, '_os')", "def f():\n    getattr(random, name)",
    "random._os.system('true')", "global x", "async def f(): pass",
    "try:\n    pass\nexcept Exception:\n    pass",
    "del random", "gevent.sleep(9)", "assert True", "if random:\n    pass", "def __getattr__(name): pass",
    "x = [",
    "from . import x", "lambda: breakpoint()",
]  # fmt: skip


def hostile(text: str) -> Workload:
    """A workload with `text` wherever one may stand."""
    literal_value = {"draw": "literal", "values": {text: 1.0}}
    endpoint = {
        "request": "POST /things/{thing_id}",
        "params": {"thing_id": {"draw": "listed", "endpoint": "make", "field": text}},
        "query": {text: {"draw": "text", "alphabet": text, "lengths": [1, 2]}},
        "headers": {"X-Thing": literal_value},
        "body": {text: literal_value},
        "identifies": text,
        "statuses": {200: 0.5, 404: 0.2, 409: 0.2, 422: 0.1},
    }
    return Workload.model_validate(
        {
            "name": "hostile",
            "recorded": {"sources": [text], "visitor": text, "unknown": [text]},
            "arrivals": {"mean": 1.0},
            "endpoints": {"make": endpoint},
            "paths": [
                {"name": "walk", "share": 1, "start": {"make": 1}, "moves": {"make": {"leave": {"p": 1}}}}
            ],
        }
    )


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_hostile_text_stays_text(text: str, tmp_path: Path) -> None:
    """The file has the very same nodes whatever the strings are, holds them unchanged, and is clean."""
    written = generate(hostile(text))
    harmless = generate(hostile("harmless"))
    assert text in {node.value for node in ast.walk(ast.parse(written)) if isinstance(node, ast.Constant)}
    assert shape(written) == shape(harmless)
    file = tmp_path / "hostile.py"
    file.write_text(written, encoding="utf-8")
    for command in (["format", "--check"], ["check"]):
        done = subprocess.run(
            [RUFF, *command, "--no-cache", "--config", "pyproject.toml", file],
            capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


@given(st.text())
def test_any_text_stays_text(text: str) -> None:
    """A literal is read back as what it was, on one line of printable ASCII; prose cannot leave its place."""
    written = literal(text)
    assert ast.literal_eval(written) == text
    assert written.isascii()
    assert written.isprintable()
    assert not set(plain(text)) & {'"', "\\", "\n"}
    assert plain(text).isascii()


@given(st.text())
def test_any_name_becomes_an_identifier(name: str) -> None:
    """What comes out is always a free Python name."""
    assert identifier(name, {"step", "a"}).isidentifier()
    assert identifier(name, {"step", "a"}) not in {"step", "a", "class", "print", "match"}


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), [], {}, object(), b"x"], ids=lambda value: type(value).__name__
)
def test_only_plain_values_become_code(value: object) -> None:
    """What is not a string, a finite number, a bool or None is refused."""
    with pytest.raises((TypeError, ValueError)):
        literal(value)


@pytest.mark.parametrize("planted", PLANTED, ids=ascii)
def test_planted_code_is_refused(planted: str) -> None:
    """Text that would do anything else than a locustfile of ours is never returned."""
    start = "from __future__ import annotations\nimport random\nimport gevent\n"
    assert checked(start)
    with pytest.raises(Unsafe):
        checked(start + planted + "\n")


def shape(text: str) -> list[str]:
    """The kinds of all nodes, in order."""
    return [type(node).__name__ for node in ast.walk(ast.parse(text))]
