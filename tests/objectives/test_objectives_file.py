"""The objectives file says what the objectives are, and what is wrong with those that cannot be."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.errors import MinerError
from miner.objectives import Objective, load_objectives
from miner.objectives.objectives_file import LARGEST, parse_objectives

TESTS = Path(__file__).parents[1]
VALID = (TESTS / "objectives" / "shop.toml").read_text(encoding="utf-8")
CASES = (TESTS / "cases" / "objectives_mistakes.toml").read_text(encoding="utf-8")
MISTAKES = tomllib.loads(CASES)["cases"]
ONE = """version = 1
[[objectives]]
name = "fast"
measure = "p95 latency"
below = """


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case["name"])
def test_a_mistake_is_said_in_a_sentence(case: dict[str, str]) -> None:
    """Each change in the case file is refused with the sentence that stands there."""
    assert case["from"] in VALID
    with pytest.raises(MinerError) as error:
        parse_objectives(VALID.replace(case["from"], case["to"], 1), "o.toml")
    assert error.value.what == case["sentence"]


def test_sentences_have_none_of_pydantics_words() -> None:
    """No sentence talks of inputs, validation or the place of an objective that has a name."""
    for case in MISTAKES:
        said = case["sentence"].lower()
        assert not any(word in said for word in ("input", "validat", "parse", "value error", "literal"))


def test_a_valid_file_is_what_it_says() -> None:
    """Amounts are numbers in the unit of the measure; what is not given is nothing, or the default."""
    fast, sold, few, worse = parse_objectives(VALID).objectives
    assert (fast.limit, fast.warm_up, fast.every, fast.unit) == (0.02, 60.0, 60.0, "seconds")
    assert str(fast.under) == "100 rps for 30m of the shop scenario"
    assert (sold.limit, sold.unit, sold.under) == (3.0, "sessions/s", None)
    assert (few.limit, few.measured_at, few.per, few.least) == (0.01, "client", "request", None)
    assert (worse.limit, worse.relative, str(worse.within)) == (None, True, "10 % of the recorded p50")


def test_the_recording_is_beside_the_file(tmp_path: Path) -> None:
    """What the file says was recorded is found from where the file is."""
    file = tmp_path / "o.toml"
    file.write_text(VALID, encoding="utf-8")
    assert load_objectives(file).recorded == str(tmp_path / "shop.log")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"\xff\xfe\x00", "not text"),
        (b"# " + b"x" * LARGEST, "larger than any objectives file"),
        (b"", "version is missing"),
        (b"version = 1", "objectives is missing"),
        (b"version = 1\nobjectives = []", "objectives is \\[\\], but must have 1 or more"),
        (b"version = 1\nobjectives = 3", "objectives is 3, but must be a list"),
        (b"version = 1\nobjectives = [3]", r"objectives\[1\] is 3, but must be a table"),
        (b"version = 1\na = " + b"[" * 5000 + b"]" * 5000, "not valid TOML"),
        (b"version = 1\nversion = 1", "not valid TOML"),
        (b"version = 1979-05-27", "has version datetime"),
    ],
    ids=str,
)
def test_hostile_files_are_refused_in_two_lines(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """Whatever is in the file, it is refused with a sentence and a hint, quickly."""
    file = tmp_path / "o.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(MinerError, match=reason) as error:
        load_objectives(file)
    assert error.value.hint
    assert len(error.value.what) < 500


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A folder is refused with its name."""
    with pytest.raises(MinerError, match="Is a directory"):
        load_objectives(tmp_path)


@pytest.mark.parametrize(
    "key", ["name", "endpoint", "measure", "below", "within", "under", "every", "colour"]
)
def test_a_very_long_value_is_cut(key: str) -> None:
    """Ten megabytes in any key become a short sentence, within moments."""
    long = "9" * 10_000_000
    old = {"name": 'name = "few errors"', "measure": 'measure = "error share"', "below": 'below = "1%"'}
    instead = f'{key} = "{long}"'
    text = VALID.replace(old[key], instead) if key in old else f"{VALID}{instead}\n"
    with pytest.raises(MinerError) as error:
        parse_objectives(text)
    assert len(error.value.what) < 500


@given(st.text(max_size=40))
def test_any_text_is_an_amount_or_a_sentence(text: str) -> None:
    """A limit is read, or refused in one line that can be printed."""
    quoted = "".join(f"\\U{ord(char):08X}" for char in text if not 0xD800 <= ord(char) <= 0xDFFF)
    try:
        found = parse_objectives(f'{ONE}"{quoted}"')
    except MinerError as error:
        assert error.what.isprintable()  # noqa: PT017
    else:
        assert found.objectives[0].limit is not None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    ),
    st.sampled_from(sorted(Objective.model_fields)),
)
def test_any_value_of_any_key_is_read_or_refused(value: object, key: str) -> None:
    """Whatever type TOML gives to a key, nothing but a ValueError comes of it."""
    valid = {"name": "fast", "measure": "p95 latency", "below": "20ms"}
    try:
        Objective.model_validate({**valid, key: value})
    except ValueError as error:
        assert str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("20ms", 0.02, "seconds"),
        ("1.5 s", 1.5, "seconds"),
        ("2m", 120.0, "seconds"),
        ("3 h", 10_800.0, "seconds"),
        ("250 us", 0.00025, "seconds"),
        ("1d", 86_400.0, "seconds"),
    ],
)
def test_units_of_time(text: str, value: float, unit: str) -> None:
    """A duration is what it says, to the last bit."""
    found = parse_objectives(f'{ONE}"{text}"').objectives[0]
    assert (found.limit, found.unit) == (value, unit)


@pytest.mark.parametrize(
    ("measure", "limit", "value"),
    [
        ("error share", "25 %", 0.25),
        ("latency growth", "150%", 1.5),
        ("throughput", "90 rps", 90.0),
        ("throughput", "60 requests/min", 1.0),
        ("throughput", "1800 requests/h", 0.5),
    ],
)
def test_units_of_shares_and_rates(measure: str, limit: str, value: float) -> None:
    """A share is a part of 1, a rate is a second's; growth may be above 100 %."""
    side = "above" if measure == "throughput" else "below"
    assert Objective.model_validate({"name": "x", "measure": measure, side: limit}).limit == value


def test_further_mistakes_are_counted() -> None:
    """The hint says how many mistakes there are besides the first."""
    with pytest.raises(MinerError) as error:
        parse_objectives(VALID.replace("20ms", "20 ells").replace("1%", "1 ell"))
    assert error.value.hint == "Correct it and run this again. (1 more after it.)"


def test_an_objective_cannot_be_changed() -> None:
    """Objectives are frozen."""
    with pytest.raises(ValueError, match="frozen"):
        parse_objectives(VALID).objectives[0].name = "other"  # type: ignore[misc]
