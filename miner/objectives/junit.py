"""Verdicts as JUnit XML, which every CI shows."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from miner.errors import one_line
from miner.objectives.check import FAIL, NO_DATA, WARN, Checked, Outcome

NO_TIME = "0"
"""Seconds that a judgement took: it is none of a test that runs."""


def junit(checked: Checked) -> str:
    """A suite of the run with a case per objective: failed, in error where there is no data, else passed.

    What XML cannot carry, control characters, is escaped. Equal verdicts give equal text: it has no clock.
    """
    verdicts = [outcome.verdict for outcome in checked.outcomes]
    counts = {
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count(FAIL)),
        "errors": str(verdicts.count(NO_DATA)),
        "skipped": "0",
        "time": NO_TIME,
    }
    root = Element("testsuites", {"name": "objectives", **counts})
    suite = SubElement(root, "testsuite", {"name": one_line(checked.of), **counts})
    for outcome in checked.outcomes:
        _case(suite, outcome, one_line(checked.of))
    if checked.remarks:
        SubElement(suite, "system-out").text = "\n".join(map(one_line, checked.remarks))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, outcome: Outcome, of: str) -> None:
    """The case of an objective is in `suite`."""
    name, said = one_line(outcome.objective.name), one_line(outcome.sentence)
    case = SubElement(suite, "testcase", {"classname": of, "name": name, "time": NO_TIME})
    match outcome.verdict:
        case "fail":
            SubElement(case, "failure", {"message": said, "type": FAIL}).text = said
        case "no data":
            SubElement(case, "error", {"message": said, "type": NO_DATA}).text = said
        case verdict:
            SubElement(case, "system-out").text = f"{'Warning: ' if verdict == WARN else ''}{said}"
