"""The verbs of `mine`, from a log to the figures, as a user calls them."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import LOG

from miner.cli import run

MINE = [sys.executable, "-m", "miner.cli"]
LINES = 1200
"""Of the sample log: enough for some two hundred sessions."""
FEW = "--paths=2"
"""Fewer to try is quicker."""
HELP_WITHIN = 3.0
"""Seconds; one is the aim, and a busy machine takes longer."""
HEAVY = ("duckdb", "numpy", "pandas", "scipy", "sklearn", "pyarrow", "pydantic", "locust")
HOSTILE = '198.51.100.7 - - [02/Mar/2026:10:00:00 +0000] "[bold]x[/] \x1b[2J \u202e :smile:" 200 0 "-" "-"'


@dataclass(frozen=True)
class Mined:
    """What `mine logs` wrote and printed for the beginning of the sample log."""

    log: Path
    db: Path
    workload: Path
    locustfile: Path
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Mined:
    folder = tmp_path_factory.mktemp("mined")
    log, db, out = folder / "shop.access.log", folder / "kept.duckdb", folder / "out"
    with LOG.open(encoding="ascii") as lines:
        log.write_text("".join(line for line, _ in zip(lines, range(LINES), strict=False)), encoding="ascii")
    ended = mine("logs", log, FEW, "--db", db, "--out", out)
    assert ended.returncode == 0, ended.stderr
    return Mined(log, db, out / "shop.toml", out / "shop.py", ended.stdout, ended.stderr)


def mine(*arguments: str | Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """`mine` as a process of its own, in a terminal of 80 columns."""
    command = [*MINE, *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "80"}
    return subprocess.run(command, input=stdin, capture_output=True, text=True, env=environment, check=False)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """What a verb that succeeds prints to stdout."""
    assert run([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def test_logs_answers_the_five_questions(mined: Mined) -> None:
    """The five questions are printed in their order, then what is unknown, left out, written and next."""
    headings = (
        "1. How many requests",
        "2. Which paths",
        "3. Which other operations",
        "4. How long",
        "5. What share",
        "What the logs could not tell",
        "What was left out",
        "Written",
        "Next",
    )
    places = [mined.stdout.index(heading) for heading in headings]
    assert places == sorted(places)


def test_logs_fits_eighty_columns(mined: Mined) -> None:
    """No line of the answers but those with a file name is wider than a terminal, or ends in blanks."""
    lines = mined.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines if str(mined.db.parent)[:20] not in line)
    assert [line for line in lines if line != line.rstrip()] == []


def test_logs_says_nothing_on_stderr_of_a_pipe(mined: Mined) -> None:
    """Progress is for terminals: into a pipe nothing but stdout's answers is written."""
    assert mined.stderr == ""


def test_logs_says_why_there_are_so_many_paths(mined: Mined) -> None:
    """Below the paths stand how many were tried, what speaks for each number, and whether they are stable."""
    said = " ".join(mined.stdout.split())
    assert re.search(r"How sessions move tells \d+ apart", said) or re.search(
        r"\d+ paths, as asked for", said
    )
    assert re.search(r"The paths are (not )?stable", said)


def test_logs_in_json_says_the_same(mined: Mined, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints one JSON document with every answer, and the files that were written."""
    facts = json.loads(printed(capsys, "logs", mined.log, FEW, "--out", tmp_path, "--json"))
    assert facts["requests_per_session"]["sessions"] == sum(path["sessions"] for path in facts["paths"])
    assert sum(path["share"] for path in facts["paths"]) == pytest.approx(1, abs=0.01)
    operations = facts["at_the_same_time"]["operations"]
    assert sum(operation["share"] for operation in operations) == pytest.approx(1)
    assert sum(operation["share_busiest"] for operation in operations) == pytest.approx(1)
    pauses = sum(path["pauses"] for path in facts["pauses"])
    assert pauses == facts["requests_per_session"]["requests"] - facts["requests_per_session"]["sessions"]
    assert facts["client_error_share"] == pytest.approx(_client_errors(facts["client_errors"]))
    assert {Path(file).name for file in facts["written"].values()} == {"shop.toml", "shop.py"}
    assert [one["chosen"] for one in facts["paths_tried"]].count(True) == 1
    assert len(facts["stability"]["paths"]) == len(facts["stability"]["agreement"]) == 5
    assert all(0 <= path["pace_share"] < 1 for path in facts["paths"])
    assert facts["client_errors_by_path"].keys() == {path["name"] for path in facts["paths"]}


def _client_errors(endpoints: list[dict[str, object]]) -> float:
    counts = [(int(status), n) for one in endpoints for status, n in dict(one["statuses"]).items()]  # type: ignore[call-overload]
    return float(sum(n for status, n in counts if 400 <= status < 500) / sum(n for _, n in counts))


def test_logs_overwrites_its_own_files(mined: Mined, capsys: pytest.CaptureFixture[str]) -> None:
    """The same log gives the same two files again, byte for byte, and leaves nothing else beside them."""
    before = mined.workload.read_bytes(), mined.locustfile.read_bytes()
    printed(capsys, "logs", mined.log, FEW, "--out", mined.workload.parent)
    assert (mined.workload.read_bytes(), mined.locustfile.read_bytes()) == before
    names = {"shop.toml", "shop.py", "shop_runtime.py", "shop_hooks.py"}
    assert {file.name for file in mined.workload.parent.iterdir()} == names


def test_a_log_named_like_a_module_hides_none(mined: Mined, tmp_path: Path) -> None:
    """The locustfile of http.log is not called http.py, which would hide Python's own http from Locust."""
    log = tmp_path / "http.log"
    log.write_bytes(mined.log.read_bytes())
    assert run(["logs", str(log), "--out", str(tmp_path / "out"), FEW]) == 0
    names = {"http_traffic.toml", "http_traffic.py", "http_runtime.py", "http_hooks.py"}
    assert {file.name for file in (tmp_path / "out").iterdir()} == names


def test_a_log_may_have_any_name(mined: Mined, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes of its name that are not UTF-8 are shown escaped, and end nothing."""
    log = tmp_path / os.fsdecode(b"a\xff\xfeb.log")
    log.write_bytes(mined.log.read_bytes())
    assert run(["logs", str(log), "--out", str(tmp_path / "out"), FEW]) == 0
    assert 'sources = ["a\\\\xff\\\\xfeb.log"]' in (tmp_path / "out" / "a_b.toml").read_text(encoding="utf-8")
    assert "\\xff" in printed(capsys, "ingest", str(log), "--db", tmp_path / "named.duckdb")


def test_ingest_reads_stdin(mined: Mined, tmp_path: Path) -> None:
    """`-` is what comes from stdin, and counts like any other log."""
    text = mined.log.read_text(encoding="ascii")
    ended = mine("ingest", "-", "--db", tmp_path / "piped.duckdb", "--json", stdin=text)
    (source,) = json.loads(ended.stdout)["sources"]
    assert source["lines"] == LINES
    assert source["lines"] == sum(source[kind] for kind in ("requests", "rejects", "blanks", "duplicates"))


def test_rejects_shows_reasons_with_examples(mined: Mined, capsys: pytest.CaptureFixture[str]) -> None:
    """Each reason has its count and an example that names its line."""
    reasons = json.loads(printed(capsys, "rejects", "--db", mined.db, "--json"))
    shown = printed(capsys, "rejects", "--db", mined.db)
    assert reasons
    assert all(f"{one['count']} x {one['reason']}" in shown for one in reasons)
    assert all(f"line {one['line']}" in shown for one in reasons)


def test_what_a_log_says_cannot_steer_the_terminal(
    mined: Mined, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Markup, emoji codes, escape sequences and text direction in a log are printed, not obeyed."""
    log, db = tmp_path / "hostile.log", tmp_path / "hostile.duckdb"
    log.write_text(f"{HOSTILE}\n" + mined.log.read_text(encoding="ascii"), encoding="utf-8")
    printed(capsys, "ingest", log, "--db", db, "--format", "combined")
    shown = printed(capsys, "rejects", "--db", db)
    assert "[bold]x[/]" in shown
    assert ":smile:" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_sessions_shows_the_foundations(mined: Mined, capsys: pytest.CaptureFixture[str]) -> None:
    """What tells visitors apart, the gap, every endpoint and what was left out are on one screen."""
    facts = json.loads(printed(capsys, "sessions", "--db", mined.db, "--gap", "30m", "--json"))
    shown = printed(capsys, "sessions", "--db", mined.db, "--gap", "30m")
    assert facts["gap"] == 1800
    assert facts["requests"] == sum(endpoint["requests"] for endpoint in facts["endpoints"])
    assert all(word in shown for word in ("visitors by", "30 min", "Endpoints", *facts["excluded"]))
    assert len(shown.splitlines()) <= 40


def test_paths_and_generate_take_the_same_steps_as_logs(
    mined: Mined, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Mining the kept store and generating from its workload gives the files of `mine logs`."""
    workload, locustfile = tmp_path / "shop.toml", tmp_path / "shop.py"
    printed(capsys, "paths", "--db", mined.db, FEW, "--name", "shop", "--out", workload)
    printed(capsys, "generate", workload, "--out", locustfile)
    assert workload.read_bytes() == mined.workload.read_bytes()
    assert locustfile.read_bytes() == mined.locustfile.read_bytes()
    assert {file.name for file in tmp_path.iterdir()} >= {"shop_runtime.py", "shop_hooks.py"}


def test_without_out_text_goes_to_stdout(mined: Mined, capsys: pytest.CaptureFixture[str]) -> None:
    """A locustfile and a standard test for which no file is named are printed, and are Python."""
    scenario = printed(capsys, "generate", mined.workload)
    endpoint = next(iter(tomllib.loads(mined.workload.read_text(encoding="utf-8"))["endpoints"]))
    standard = printed(capsys, "generate", mined.workload, "--standard", endpoint)
    shared = mined.locustfile.read_text(encoding="utf-8").partition("\nclass ")[2].partition("\n\n\n#")[0]
    assert shared in scenario
    assert "class Visitor(User)" in scenario
    compile(scenario, "scenario.py", "exec")
    assert "class Standard" in standard
    compile(standard, "standard.py", "exec")


@pytest.mark.parametrize("ending", ["csv", "parquet", "log"])
def test_simulated_sessions_compare_with_their_workload(
    ending: str, mined: Mined, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `simulate` writes in each form, `compare` reads; `--json` has the figures by name."""
    out = tmp_path / f"sessions.{ending}"
    printed(capsys, "simulate", mined.workload, "--sessions", "600", "--seed", "4", "--out", out)
    found = json.loads(printed(capsys, "compare", mined.workload, out, "--json"))
    assert {"request_mix", "moves", "triples", "session_length", "think_time", "auc"} <= set(found)
    assert found["request_mix"]["distance"] < 0.2


def test_simulate_writes_the_promised_columns(
    mined: Mined, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The header of a `.csv` is the contract's list of columns."""
    out = tmp_path / "sessions.csv"
    printed(capsys, "simulate", mined.workload, "--sessions", "20", "--out", out)
    header = next(csv.reader(out.open(encoding="utf-8")))
    assert header == "session path position endpoint method target status started duration think".split()  # noqa: SIM905


def test_the_gate_sets_the_exit_code(mined: Mined, capsys: pytest.CaptureFixture[str]) -> None:
    """A figure beyond `--gate` ends with 1 and says which; one below it ends with 0."""
    assert run(["compare", str(mined.log), str(mined.log), "--gate", "1.5"]) == 0
    capsys.readouterr()
    assert run(["compare", str(mined.log), str(mined.workload), "--gate", "0.001"]) == 1
    assert "times its floor, more than 0.001." in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    """`mine --help` answers at once: what only the verbs need is not imported."""
    began = time.monotonic()
    assert mine("--help").returncode == 0
    assert time.monotonic() - began < HELP_WITHIN
    check = "import sys, miner.cli; miner.cli.run(['--help']); print(*sys.modules, file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert {module for module in ended.stderr.split() if module in HEAVY} <= {"pydantic"}


def test_a_reader_that_goes_away_is_no_error(mined: Mined) -> None:
    """`mine ... | head -1` is quiet when the pipe closes."""
    with subprocess.Popen(
        [*MINE, "generate", str(mined.workload)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode in (0, 141)
