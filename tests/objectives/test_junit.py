"""Verdicts become JUnit XML that CI reads, whatever names hold."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

from hypothesis import given
from hypothesis import strategies as st
from planted import GET, objective, planted

from miner.objectives import Checked, judge, junit

VERDICTS = {
    "fine": judge(objective("mean latency"), planted()),
    "close": judge(objective("mean latency", warn="1ms"), planted()),
    "slow": judge(objective("mean latency", below="1ms"), planted()),
    "unknown": judge(objective("mean latency", under="99 rps"), planted()),
    "silent": judge(objective("mean latency", measured_at="service"), planted(service=None)),
}
DEMANDED = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"classname", "name", "time"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "system-out": set(),
}
"""Attributes of each element in the schema that CI servers share."""


def checked(of: str = "friends-1", remark: str = "It was late.") -> Checked:
    """A run with an objective of each verdict, called as VERDICTS are."""
    outcomes = [
        replace(outcome, objective=outcome.objective.model_copy(update={"name": name}))
        for name, outcome in VERDICTS.items()
    ]
    return Checked(of=of, outcomes=tuple(outcomes), remarks=(remark,))


def suite(text: str) -> Element:
    """The only suite in the document."""
    (found,) = fromstring(text)  # noqa: S314 (our own text)
    return found


def test_counts_are_those_of_the_verdicts() -> None:
    """Failed is a failure, without data is an error, a warning is a case that passes and says so."""
    found = suite(junit(checked()))
    counts = {name: found.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "1", "errors": "2", "skipped": "0"}
    cases = {case.get("name"): case for case in found.iter("testcase")}
    inside = {name: [part.tag for part in case] for name, case in cases.items()}
    assert inside == {
        "fine": ["system-out"],
        "close": ["system-out"],
        "slow": ["failure"],
        "unknown": ["error"],
        "silent": ["error"],
    }
    warned = cases["close"][0].text or ""
    assert warned.startswith("Warning: mean latency was 75.8 ms, ")
    assert (cases["slow"][0].get("message") or "").startswith(
        "mean latency was 75.8 ms, below 1 ms was wanted"
    )


def test_it_has_what_the_schema_demands() -> None:
    """Every element has the attributes that CI servers look for, and times are numbers."""
    for element in fromstring(junit(checked())).iter():  # noqa: S314
        assert set(element.keys()) == DEMANDED[element.tag]
        assert float(element.get("time", "0")) >= 0


def test_equal_verdicts_have_equal_bytes() -> None:
    """There is no clock in it."""
    assert junit(checked()) == junit(checked())


@given(st.text(), st.text(), st.text())
def test_hostile_names_stay_data(name: str, of: str, endpoint: str) -> None:
    """Whatever a name holds, the document can be read, and has one case with the name escaped."""
    outcome = VERDICTS["slow"]
    named = outcome.objective.model_copy(update={"name": name, "endpoint": GET})
    hostile = replace(outcome, objective=named, sentence=f"{endpoint} is slow.")
    text = junit(Checked(of=of, outcomes=(hostile,), remarks=(endpoint,)))
    found = suite(text.encode("utf-8").decode("utf-8"))
    (case,) = found.iter("testcase")
    if name.isprintable():
        assert case.get("name") == name
    if of.isprintable():
        assert case.get("classname") == found.get("name") == of
    assert (case.get("name") or "").isprintable()
