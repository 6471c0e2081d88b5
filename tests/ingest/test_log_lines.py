"""Every case in tests/cases: a log line becomes the fields, or the reject, that the case says."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from miner.ingest import ingest
from miner.store import Store

CASES: list[dict[str, Any]] = [
    case
    for file in sorted((Path(__file__).parents[1] / "cases").glob("combined*.toml"))
    for case in tomllib.loads(file.read_text(encoding="utf-8"))["cases"]
]
ABOUT = {"name", "format", "line"}


@cache
def outcomes(form: str) -> dict[int, dict[str, Any]]:
    """What became of each case of one format, read as one file, by the number of its line."""
    lines = [case["line"] for case in CASES if case["format"] == form]
    with TemporaryDirectory() as folder, Store.open(None) as store:
        log = Path(folder, "cases.log")
        log.write_text("\n".join(lines), encoding="utf-8")
        ingest([log], store, format=form)
        rows = store.table("requests").to_pylist() + store.ask("SELECT line, reason FROM rejects").to_pylist()
    return {row["line"]: row for row in rows}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['format']}: {case['name']}")
def test_a_line_becomes_what_its_case_says(case: dict[str, Any]) -> None:
    """A log line has the fields or the reason for its reject that the case file says."""
    alike = [other for other in CASES if other["format"] == case["format"]]
    outcome = outcomes(case["format"])[alike.index(case) + 1]
    expected = {key: None if value == "none" else value for key, value in case.items() if key not in ABOUT}
    if "reject" in expected:
        assert outcome.get("reason") == expected["reject"]
    else:
        assert {key: outcome.get(key) for key in expected} == expected
