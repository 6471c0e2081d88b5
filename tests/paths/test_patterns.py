"""Texts that are drawn for a pattern match it, and no pattern takes for ever."""

from __future__ import annotations

import re
import time
import warnings

import numpy as np
import pytest
from bodies import drawn as draw
from hypothesis import example, given, settings
from hypothesis import strategies as st

from miner import workload as w
from miner.paths.patterns import drawn, fits, fits_all

SECONDS = 1.0
LITERALS = st.sampled_from(["a", "B", "7", "-", r"\.", r"\/", " ", "é", r"\u0041"])
SETS = r"\d \w \s \S \D . [a-f] [^a-z] [\w.-] [^\s@] [A-Z0-9_]"
CLASSES = st.sampled_from(SETS.split())
TIMES = st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "+?"])


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Patterns made of others."""
    return st.one_of(
        st.builds(lambda one, times: f"(?:{one}){times}", inner, TIMES),
        st.builds(lambda one, other: f"({one}|{other})", inner, inner),
        st.builds(lambda one, other: one + other, inner, inner),
        st.builds(lambda one: f"(?<name>{one})", inner.filter(lambda one: "<name>" not in one)),
    )


ONES = LITERALS | CLASSES | st.builds(lambda one, times: one + times, CLASSES, TIMES)
PATTERNS = st.recursive(ONES, larger, max_leaves=8)


def python(pattern: str) -> str:
    """The pattern as Python writes it."""
    return pattern.replace("(?<name>", "(?:")


@settings(max_examples=400, deadline=None)
@given(PATTERNS, st.booleans(), st.integers(0, 30), st.integers(0, 40), st.integers(0, 2**32 - 1))
@example(pattern=r"(?:\w{2})*", whole=True, least=10, more=2, seed=0)
def test_what_is_drawn_matches(pattern: str, whole: bool, least: int, more: int, seed: int) -> None:
    """Every text that is drawn for a pattern matches it, and is as long as was asked."""
    pattern = f"^{pattern}$" if whole else pattern
    found = drawn(pattern, least, least + more)
    if found is None:
        return
    rng = np.random.default_rng(seed)
    for text in (draw(found, rng) for _ in range(20)):
        assert least <= len(text) <= least + more
        assert re.search(python(pattern), text)
        assert fits(pattern, text)


@settings(max_examples=300, deadline=None)
@given(PATTERNS, st.text(alphabet="aB7-. /Aé@\n", max_size=12))
def test_the_matcher_agrees_with_pythons(pattern: str, text: str) -> None:
    """Where both understand a pattern, they find it in the same texts (ASCII classes)."""
    assert fits(f"^(?:{pattern})", text) is bool(re.search(f"^(?:{python(pattern)})", text, re.ASCII))


@given(st.text(alphabet=r"()[]{}|*+?\\^$.,-!<=:ab01dwsbBpuxP", max_size=30))
def test_odd_patterns_are_survived(pattern: str) -> None:
    """What is no pattern, or is not understood, gives nothing; what does give something matches."""
    found = drawn(pattern)
    if found is not None:
        text = draw(found, np.random.default_rng(1))
        assert fits(pattern, text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert re.search(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern), text)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", r"^(?=.*[A-Z])(?=.*\d)(?=.*[^\w]).{8,}$", r"^([0-9a-f]{2}:){5}$",
        r"^https?://", r"^#?([a-fA-F0-9]{6}|[a-fA-F0-9]{3})$", r"^\+?[1-9]\d{1,14}$", r"^a$|^b$", r"^$", "",
        r"^(?!admin)[a-z]+$", r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$",
        r"^\d{4}-(0[1-9]|1[0-2])$", r"^[\u4e00-\u9fa5]{2,4}$", r"^\s+$", r"^v?\d+\.\d+\.\d+(-[a-z]+)?$",
    ],
)  # fmt: skip
def test_patterns_that_people_write(pattern: str) -> None:
    """Addresses, passwords, colours, versions: texts for them are found."""
    found = drawn(pattern)
    assert found is not None
    for seed in range(50):
        assert re.search(pattern, draw(found, np.random.default_rng(seed)))


@pytest.mark.parametrize(
    "pattern",
    [
        "^(a{1000}){1000}$", "^(((a{1000}){1000}){1000}){1000}$", "(" * 5_000, "(" * 900 + "a" + ")" * 900,
        "a{99999999999999999999}", "a" * 100_000, "|".join(["a{1,99}"] * 250), "^(a|b|ab)*c$", "(a*)*" * 300,
        "^((((a{1,99}){1,99}){1,99}){1,99})$", "^(x+x+)+y$", "[" + "a-z" * 600 + "]{1,9}",
        "(?=(?=(?=(a*)*)*)*)*b",
    ],
    ids=range(13),
)  # fmt: skip
def test_no_pattern_takes_for_ever(pattern: str) -> None:
    """Patterns that mean more than they hold, or that make others try for ever, are done with in time."""
    started = time.perf_counter()
    drawn(pattern, 3, 9_000)
    fits(pattern, "x" * 2_000 + "a" * 3_000)
    fits_all(pattern, "abcx", [12])
    assert time.perf_counter() - started < SECONDS


def test_lengths_are_kept() -> None:
    """Groups are repeated, runs are longer or shorter, and what cannot be is nothing."""
    assert drawn("^([0-9]{4}-)+$", 15, 99) is not None
    assert drawn("^[a-z]+$", 40, 41) == w.Text(alphabet="abcdefghijklmnopqrstuvwxyz", lengths=(40, 41))
    assert drawn("^[a-z]{3}$", 4, 9) is None
    assert drawn("^[a-z]{30,}$", 0, 9) is None
    assert drawn("^(red|green|blue)$", 4, 4) == w.LiteralValue(values={"blue": 1.0})
    assert fits_all("^[A-Za-z0-9_.-]+$", "abc", (3, 64))
    assert not fits_all("^[a-b]+$", "abc", (3,))
