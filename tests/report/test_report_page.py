"""The page tells what was found, the same each time, and nothing of the machine it was made on."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from made_findings import OBJECTIVES, REPLAYED, crowded, hostile, made

import miner
from miner.errors import MinerError
from miner.ingest import ingest
from miner.report import Asked, Findings, findings, gathered, report
from miner.report.again import without_user
from miner.report.blocks import Figure, Figures, Section
from miner.report.latencies import WINDOWS, window_of
from miner.report.page import sections
from miner.store import Store

LITERAL = re.compile(r'(?:fill|stroke)="(#[^"]*|rgb[^"]*|[a-z]+)"')
TAGS = re.compile(r"<[^>]*>")


def words(page: str) -> str:
    """What a person reads of a page, in one line."""
    body = page.partition("</style>")[2]
    return " ".join(unescape(TAGS.sub("", body.replace("<wbr>", ""))).split())


@pytest.fixture(scope="module")
def made_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the made log, run and objectives are."""
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="module")
def found(made_folder: Path) -> Findings:
    """Findings of a small recording, a run and four objectives."""
    return made(made_folder)


@pytest.fixture(scope="module")
def page(found: Findings) -> str:
    """The page of the made findings."""
    return report(found)


def test_equal_findings_make_equal_bytes(found: Findings, page: str) -> None:
    """The page depends on its findings only."""
    assert report(replace(found)) == page


def test_the_page_says_what_was_found(found: Findings, page: str) -> None:
    """Each section has its heading, its verdict and its numbers."""
    said = words(page)
    answers = found.answers
    assert f"{answers.requests_per_session.sessions:,}" in said
    for title in (
        "How many requests does a user make in one session?",
        "Which paths do users take, and in what shares?",
        "Which other operations run at the same time?",
        "How long do users pause between actions?",
        "What share of requests ends in a client-side error?",
        "Is the replay like the recording?",
        "Did the generator keep up?",
        "How long did answers take?",
        "Do the objectives hold?",
        "What could not be known",
        "How to repeat it",
    ):
        assert said.count(title) >= 2, title  # in the contents, and above what it is about
    assert found.fidelity
    assert all(f"{one.distance:.4f}" in said for one in found.fidelity.figures)
    assert all(path.name in said for path in found.workload.paths)
    assert all(sentence in said for sentence in answers.unknown)
    assert all(reason in said for reason in answers.left_out)


def test_objectives_have_their_verdicts(found: Findings, page: str) -> None:
    """What needs work is on top, and the tally counts all."""
    said = words(page)
    assert found.checked
    verdicts = {one.objective.name: one.verdict for one in found.checked.outcomes}
    assert verdicts == {
        "search stays fast": "pass",
        "nothing is slow": "fail",
        "the service says so too": "no data",
        "few failures": "warn",
    }
    assert "2 of 4 hold, 1 of these with a warning, 1 fails, 1 has no data." in said
    objectives = said[said.rindex("Objectives, of run-1") :]
    order = [
        objectives.index(name)
        for name in ("nothing is slow", "the service says", "few failures", "search stays")
    ]
    assert order == sorted(order)
    assert all(one.sentence in said for one in found.checked.outcomes)


def test_what_there_is_nothing_of_is_left_out_or_said(found: Findings) -> None:
    """Without run, objectives and durations there is a sentence each of how to have them."""
    recording = replace(found.recording, latencies=None)
    bare = replace(found, recording=recording, replayed=None, fidelity=None, laid_over=(), checked=None)
    said = words(report(bare))
    assert "No replay was looked at. Replay the load test with mine replay, and" in said
    assert "None were given. Write objectives into a file" in said
    assert "The log has no durations" in said
    assert 'id="generator"' not in report(bare)


def test_without_a_run_latency_is_the_recorded_one(found: Findings) -> None:
    """There is the latency that the service logged, if it logged any."""
    recorded = replace(found, replayed=None, fidelity=None, laid_over=(), checked=None)
    assert found.recording.latencies
    assert "In the recording, as the service logged it." in words(report(recorded))
    assert (
        sum(one.n for one in found.recording.latencies.endpoints)
        == found.answers.requests_per_session.requests
    )


def test_no_page_tells_of_the_machine(made_folder: Path, page: str) -> None:
    """Neither folders nor passwords are in it; commands are those of the run."""
    said = words(page)
    for secret in (str(made_folder), tempfile.gettempdir(), str(Path.home()), "me:secret", "secret@"):
        assert secret not in page
    assert "mine logs shop.log --seed 1" in said
    rate = f"--sessions-per-second {REPLAYED / 60:g} --run-time 60s"
    assert f"mine replay friends.py --host http://127.0.0.1:1 {rate} --seed 7" in said
    assert "mine compare shop.log run-1 --seed 1" in said
    assert "mine report shop.log run-1 --objectives goals.toml --seed 1" in said
    assert "python -m locust -f friends.py,recorder.py --host=http://127.0.0.1:1" in said


def test_a_command_is_one_for_the_shell(found: Findings) -> None:
    """A file of whatever name is one word."""
    asked = replace(found.asked, recorded="a b; rm -rf $(x).log")
    assert "mine logs 'a b; rm -rf $(x).log' --seed 1" in words(report(replace(found, asked=asked)))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://me:pw@host:80/x", "http://host:80/x"),
        ("http://host", "http://host"),
        ("http://[::1", ""),
        ("openapi.json", "openapi.json"),
        ("https://a@b@c/d", "https://c/d"),
    ],
)
def test_users_in_urls_are_not_told(url: str, shown: str) -> None:
    """A URL has no user, or is not shown at all."""
    assert without_user(url) == shown


def test_what_is_too_much_is_summed_up(found: Findings) -> None:
    """Of 30 paths and 400 endpoints some are drawn, and the page says of how many it does not tell."""
    said = words(report(crowded(found)))
    assert "6 of 30 user paths are shown" in said
    assert "And 10 more user paths, in the table." in said
    assert "385 more operations" in said
    assert "And 300 more operations." in said
    assert "What is not drawn is in the table." in said
    assert "And 60 more objectives." in said


def test_a_page_is_made_of_hostile_texts_too(found: Findings) -> None:
    """No angle bracket of theirs is one of ours, in texts and in attributes."""
    page = report(hostile(found))
    markup = TAGS.findall(page.partition("</style>")[2])
    assert not [tag for tag in markup if re.match(r"</?(script|img|iframe|style)\b", tag)]
    assert page.count("<style>") == page.count("</style>") == 1
    assert "alert(1)" not in re.sub(r'aria-label="[^"]*"', "", " ".join(markup))


def test_every_colour_of_the_charts_is_one_of_the_page(found: Findings) -> None:
    """No chart of the page has a colour that stays the same in the dark."""
    colours = {colour for one in figures(sections(found)) for colour in LITERAL.findall(one.picture.svg)}
    assert colours <= {"none", "transparent"}
    variables = {
        name for one in figures(sections(found)) for name in re.findall(r"var\(--(\w+)", one.picture.svg)
    }
    assert {"blue", "orange", "green", "ink", "muted", "line", "paper"} <= variables


def figures(of: list[Section]) -> list[Figure]:
    """All figures of sections."""
    blocks: list[Any] = [
        b for section in of for b in (*section.blocks, *(b for p in section.parts for b in p.blocks))
    ]
    small = [figure for block in blocks if isinstance(block, Figures) for figure in block.figures]
    return [block for block in blocks if isinstance(block, Figure)] + small


def test_a_store_stays_as_it_is(found: Findings, made_folder: Path, tmp_path: Path) -> None:
    """The same is found in a store as in its log, and the store's own sessions are not made anew."""
    db = tmp_path / "shop.duckdb"
    with Store.open(db) as store:
        ingest([made_folder / "shop.log"], store)
    before = db.read_bytes()
    again = findings(db)
    assert db.read_bytes() == before
    assert again.workload == found.workload
    assert again.recording == found.recording
    assert again.answers == replace(found.answers, remarks=again.answers.remarks)


def test_what_is_known_already_is_not_found_again(found: Findings, made_folder: Path, tmp_path: Path) -> None:
    """Who has mined and compared makes the same page of it."""
    db = tmp_path / "shop.duckdb"
    with Store.open(db) as store:
        ingest([made_folder / "shop.log"], store)
        from miner.paths import mine

        mined = mine(store, name="shop")
    asked = Asked("shop.log", "run-1", "goals.toml")
    run = made_folder / "run-1"
    again = gathered(
        db,
        mined.workload,
        found.answers,
        run=run,
        fidelity=found.fidelity,
        checked=found.checked,
        asked=asked,
    )
    assert report(again) == report(found)


@pytest.mark.parametrize("what", ["no run", "no requests"])
def test_what_is_no_run_is_said_at_once(tmp_path: Path, what: str) -> None:
    """A folder that is no run, or one without requests, is found out before the log is mined."""
    if what == "no requests":
        (tmp_path / "requests.parquet").write_bytes(b"")
    with pytest.raises(MinerError, match="not the folder of a run"):
        findings("not-there.log", tmp_path)


def test_windows_are_round_and_not_too_many() -> None:
    """Whatever the time, windows have a width that people know."""
    for seconds in (0.0, 1.0, 29.0, 61.0, 3600.0, 86_400.0, 14 * 86_400.0, 1e9):
        width = window_of(seconds)
        assert seconds / width <= max(WINDOWS, seconds / (365 * 86_400.0))
    assert window_of(14 * 86_400.0) == 43_200.0


WITHOUT = """
class Without:
    def __init__(self, *finders): self.finders = finders
    def find_spec(self, name, *rest):
        if name.partition(".")[0] == MISSING: return None
        return next((found for f in self.finders if (found := f.find_spec(name, *rest))), None)
"""


@pytest.mark.parametrize("missing", ["altair", "jinja2", "vl_convert", "defusedxml"])
def test_without_its_packages_it_says_what_to_install(missing: str) -> None:
    """Whichever is not there, the hint is the same."""
    code = f"import sys; MISSING = {missing!r}\n{WITHOUT}\nsys.meta_path[:] = [Without(*sys.meta_path)]\n"
    code += "import miner.report"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'scenario-miner[report]'" in answer.stderr.splitlines()[-1]


def test_importing_miner_loads_no_report() -> None:
    """What a report needs is loaded for a report."""
    code = "import miner, sys; assert not {'altair', 'jinja2', 'vl_convert'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert miner.MinerError is MinerError
    assert OBJECTIVES.count("[[objectives]]") == 4
