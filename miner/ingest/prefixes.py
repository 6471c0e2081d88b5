"""What containers and system logs put before every line."""

from __future__ import annotations

import re

import orjson
import pyarrow as pa
import pyarrow.compute as pc

PREFIXES: dict[str, str] = {
    "cri": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) F ",
    "syslog": r"^(?:<\d{1,3}>)?"
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))"
    r" [^ ]+ [^ \[:]+(?:\[\d+\])?: ",
    "syslog_5424": r"^<\d{1,3}>1 [^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ (?:-|(?:\[[^\]]*\])+) " + "\ufeff?",
    "compose": r"^[A-Za-z0-9][A-Za-z0-9_.-]* +\| (?:\d{4}-\d\d-\d\dT[\d:.]+Z )?",
}
"""Patterns in the syntax that RE2 and Python share."""
DOCKER = "docker"
"""Its lines are JSON, with the line itself under `log`."""


def stripped(prefix: str, text: str) -> str:
    """The line without the prefix; one that has none stays."""
    if prefix != DOCKER:
        return re.sub(PREFIXES[prefix], "", text)
    try:
        outer = orjson.loads(text)
    except ValueError:
        return text
    log = outer.get("log") if isinstance(outer, dict) else None
    return log if isinstance(log, str) else text


def unprefixed(prefix: str, lines: pa.RecordBatch) -> pa.RecordBatch:
    """The lines without the prefix; `exact` has all of them as they were."""
    raw, exact = lines.column("raw"), lines.column("exact")
    if prefix == DOCKER:
        inner = pa.array([text and stripped(prefix, text) for text in raw.to_pylist()], pa.string())
    else:
        inner = pc.replace_substring_regex(raw, PREFIXES[prefix], "", max_replacements=1)
    whole = pc.coalesce(exact, pc.replace_substring_regex(raw, r"\r?\n?$", "", max_replacements=1))
    return lines.set_column(1, "raw", inner).set_column(2, "exact", whole)
