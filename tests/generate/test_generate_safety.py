"""Workloads come from logs, and log lines are written by strangers."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from test_hostile_logs import PAYLOADS

from miner.errors import MinerError
from miner.generate import generate
from miner.generate.check import Unsafe, checked
from miner.generate.code import identifier, literal, plain
from miner.generate.scenario import scenario
from miner.workload import Workload

TEXTS = {name: text for name, text in PAYLOADS.items() if name != "surrogate"}  # which no workload can hold
RUFF = Path(sys.executable).with_name("ruff")
START = """\
from __future__ import annotations
from typing import ClassVar
from locust import FastHttpUser
from shop_hooks import Hooks
from shop_runtime import UserPath, Visitor, lognormal, one_of, shares, start, step
"""
CLASS = "class Shop(Visitor, FastHttpUser):\n    '''It has a docstring.'''\n    "
METHOD = CLASS + "def view(self) -> None:\n        '''Sent.'''\n        self.send('GET /', query={'a': 1})"
HARMLESS = [
    "class Walk(UserPath):\n    enter = start(a=1)\n    a = step(leave=(1, lognormal(median=1.0, sigma=-1)))",
    CLASS + "headers: ClassVar = {'a': one_of(('b', 0.5), (None, 0.5))}",
    CLASS + "hooks = Hooks()",
    METHOD,
]
DONE = [
    "import os", "from os import system", "import locust", "from locust import events",
    "from locust import *",
    "from shop_runtime import *", "from shop_runtime import Path", "from shop_runtime import Visitor as eval",
    "from cart_runtime import Visitor", "from . import x", "from .shop_runtime import Visitor",
    "from shop_hooks import os", "from typing import get_type_hints", "from locust.util import cache",
    "__import__('os')", "eval('1')", "exec('1')", "open('x')", "lognormal(1, 1)", "Hooks()", "x = 1",
    "x: int = 1",
    "x += 1", "(x := 1)", "x = ().__class__", "global x", "del Visitor", "assert True", "raise SystemExit",
    "pass",
    "if Visitor:\n    pass", "while True:\n    pass", "for x in 'a':\n    pass", "with Visitor:\n    pass",
    "try:\n    pass\nexcept Exception:\n    pass", "match 1:\n    case _:\n        pass", "type X = int",
    "def f(): pass", "def f(self):\n    ''\n    self.send('GET /')", "async def f(): pass", "x = [",
]  # fmt: skip
"""What happens while the file is read."""
CLASSES = [
    "@lognormal\n" + CLASS + "x = 1", "class A(metaclass=Hooks):\n    x = 1",
    "class A(Visitor, x=1):\n    x = 1",
    "class A(object):\n    x = 1", "class A(lognormal):\n    x = 1", "class A(Hooks):\n    x = 1",
    "class A(lognormal(1, 1)):\n    x = 1", "class A(*[]):\n    x = 1", "class A[T](Visitor):\n    x = 1",
    "class lognormal(Visitor):\n    x = 1", CLASS + "class B(Visitor):\n        x = 1",
]  # fmt: skip
"""What a class may not be."""
MEMBERS = [
    "x = f'{1}'", "x = f'plain'", "x = lambda: 1", "x = [a for a in 'a']", "x = {a: a for a in 'a'}",
    "x = (a for a in 'a')", "x = one_of(*'ab')", "x = one_of(**{})", "x = (y := 1)", "x = one_of[0]",
    "x = 1 + 1",
    "x = 'a' % 1", "x = not 1", "x = 1 if 1 else 2", "x = 1 < 2", "x = {1, 2}", "x, y = 1, 2", "x = y = 1",
    "x.y = 1", "x[0] = 1", "x = Visitor.arrivals", "x = ''.join", "x = one_of.__globals__", "x = eval('1')",
    "x = Visitor()", "x = FastHttpUser()", "x = one_of(1)(2)", "x = self.get()", "x = __name__", "x = print",
    "__slots__ = ()", "one_of = Hooks", "self = Hooks()", "Hooks = 1", "import os", "from os import path",
    "one_of(1)", "pass", "if 1:\n        x = 1", "del x", "x += 1", "x = yield", "x = await 1",
]  # fmt: skip
"""What a class may not have."""
METHODS = [
    ("view(self)", "__class_getitem__(self)"), ("view(self)", "__init_subclass__(self)"),
    ("view(self)", "__init__(self)"), ("(self)", "(self, x=eval)"), ("(self)", "(self, x)"), ("(self)",
    "(self, /)"),
    ("(self)", "(self, *x)"), ("(self)", "(self, **x)"), ("(self)", "(self, *, x=1)"), ("(self)",
    "(self: eval)"),
    ("(self)", "(cls)"), ("(self)", "()"), ("-> None", "-> eval('1')"), ("def", "async def"),
    ("def view", "@lognormal\n    def view"), ("self.send", "self.client.get"), ("self.send", "self.leave"),
    ("self.send", "send"), ("self.send", "Hooks().send"), ("self.send", "return self.send"),
    ("self.send", "x = self.send"), ("self.send", "yield self.send"), ("self.send", "await self.send"),
    ("'GET /'", "*'a'"), ("query=", "**"), ("'GET /'", "eval('1')"), ("'GET /'", "lambda: 1"),
    ("'''Sent.'''", "x = 1"), ("'''Sent.'''", "f'{1}'"), ("'''Sent.'''", "import os"),
    ("'''Sent.'''", "def f(self):\n            ''\n            self.send('a')"),
]  # fmt: skip
"""What a method may not be: what is replaced in a good one, and by what."""
DISGUISED = [
    "''  # \rimport os", "# \rimport os", "# \nimport os", "'''\n'''; import os", "\x0cimport os", "\x00",
    CLASS + "x = \uff45\uff56\uff41\uff4c('1')", CLASS + "x = 'caf\xe9'", "# \u2028", CLASS + "x = '\ud800'",
]  # fmt: skip
"""What does not look like what it is."""
PLANTED = [
    *DONE,
    *CLASSES,
    *(CLASS + line for line in MEMBERS),
    *(METHOD.replace(*change) for change in METHODS),
    *DISGUISED,
]
COOKIES = ["# -*- coding: utf-7 -*-\n'+ACc-;import os;+ACc-'\n", "# coding: utf-16\n", "# coding: none\n"]


def hostile(text: str) -> Workload:
    """A workload with `text` wherever one may stand."""
    literal_value = {"draw": "literal", "values": {text: 1.0}}
    endpoint = {
        "request": "POST /things/{thing_id}",
        "params": {"thing_id": {"draw": "listed", "endpoint": "make", "field": text}},
        "query": {text: {"draw": "text", "alphabet": text[:256], "lengths": [1, 2]}},
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


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_hostile_text_stays_text(text: str) -> None:
    """The file has the very same nodes whatever the strings are, and holds them unchanged."""
    written, harmless = scenario(hostile(text)), scenario(hostile("harmless"))
    assert text in {node.value for node in ast.walk(ast.parse(written)) if isinstance(node, ast.Constant)}
    assert shape(written) == shape(harmless)
    assert written.replace("\n", "").isprintable()
    assert written.isascii()
    assert shape(generate(hostile(text))) == shape(generate(hostile("harmless")))


def test_hostile_text_is_as_clean_as_any(tmp_path: Path) -> None:
    """The formatter and the linter find nothing to say about hostile files."""
    for number, text in enumerate(text for text in TEXTS.values() if len(text) < 30):
        (tmp_path / f"hostile_{number}.py").write_text(scenario(hostile(text)), encoding="utf-8")
    for command in (
        ["format", "--check"],
        ["check", "--ignore", "I001"],
    ):  # nothing is beside them to sort by
        done = subprocess.run(
            [RUFF, *command, "--no-cache", "--config", "pyproject.toml", tmp_path],
            capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


def as_read(raw: bytes) -> st.SearchStrategy[str]:
    """Bytes as a file or a target may be decoded."""
    return st.sampled_from(
        [raw.decode("utf-8", how) for how in ("replace", "surrogateescape", "backslashreplace")]
    )


ANY_TEXT = st.one_of(
    st.text(),
    st.text(st.characters(), max_size=30),
    st.sampled_from(list(PAYLOADS.values())),
    st.binary(max_size=30).flatmap(as_read),
)
FIELDS = (
    "name", "source", "visitor", "unknown", "endpoint", "method", "route", "param", "query", "header",
    "field",
    "value", "typed", "alphabet", "shown", "identifies", "path", "step", "part", "inner",
)  # fmt: skip
WORDS = {
    "name": "shop", "endpoint": "make", "method": "POST", "route": "/things", "param": "thing_id",
    "header": "X-Thing",
    "typed": '"json"', "path": "walk", "step": "both",
}  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FIELDS), ANY_TEXT)
def test_any_text_in_any_field_stays_text(field: str, text: str) -> None:
    """A workload is refused, or its file passes the check and has the nodes of the harmless one."""
    assume(text and text not in WORDS.values() and text not in FIELDS)
    try:
        written = scenario(everywhere(**{field: text}))
    except (ValidationError, MinerError):
        return
    assert written.replace("\n", "").isprintable()
    if field != "typed":  # whose value may be a list, or a number
        assert shape(written) == shape(scenario(everywhere()))


def everywhere(**texts: str) -> Workload:
    """A workload with a text of its own in each place that can hold one, unless another is given."""
    t = {field: field for field in FIELDS} | WORDS | texts
    parts = [
        {"draw": "literal", "values": {t["part"]: 1}},
        {"draw": "text", "alphabet": "ab", "lengths": [3]},
    ]
    endpoint = {
        "request": f"{t['method']} {t['route']}/{{{t['param']}}}",
        "params": {t["param"]: {"draw": "listed", "endpoint": t["endpoint"], "field": t["shown"]}},
        "query": {t["query"]: {"draw": "text", "alphabet": t["alphabet"], "lengths": [1, 2]}},
        "headers": {t["header"]: {"draw": "joined", "parts": parts}},
        "body": {
            t["field"]: {"draw": "literal", "values": {t["value"]: 0.5, "another": 0.5}},
            "typed ": {"draw": "literal", "typed": True, "values": {t["typed"]: 1}},
            "made ": {"draw": "structure", "fields": {t["inner"]: {"draw": "number", "low": 1, "high": 2}}},
        },
        "identifies": t["identifies"],
        "statuses": {200: 0.5, 404: 0.2, 409: 0.2, 422: 0.1},
    }
    walk = {"name": t["path"], "share": 1, "start": {t["step"]: 1}, "moves": {t["step"]: {"leave": {"p": 1}}}}
    return Workload.model_validate(
        {
            "name": t["name"],
            "recorded": {"sources": [t["source"]], "visitor": t["visitor"], "unknown": [t["unknown"]]},
            "arrivals": {"mean": 1.0},
            "endpoints": {t["endpoint"]: endpoint, "other": {"request": "GET /other"}},
            "steps": {t["step"]: {"requests": {t["endpoint"]: 1, "other": 1.5}}},
            "paths": [walk],
        }
    )


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


@pytest.mark.parametrize("text", HARMLESS, ids=ascii)
def test_what_scenarios_are_made_of_passes(text: str) -> None:
    """What is refused below is refused for what it is, not for what stands around it."""
    assert checked(START + text + "\n", "shop")


@pytest.mark.parametrize("planted", PLANTED, ids=ascii)
def test_planted_code_is_refused(planted: str) -> None:
    """Text that would do anything else than a locustfile of ours is never returned."""
    with pytest.raises(Unsafe):
        checked(START + planted + "\n", "shop")


@pytest.mark.parametrize("cookie", COOKIES, ids=ascii)
def test_what_is_checked_is_what_python_reads(cookie: str) -> None:
    """A first line that makes Python read the file in another coding does not pass unread."""
    with pytest.raises(Unsafe):
        checked(cookie + START, "shop")


def shape(text: str) -> list[str]:
    """The kinds of all nodes, in order."""
    return [type(node).__name__ for node in ast.walk(ast.parse(text))]
