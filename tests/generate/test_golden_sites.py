"""Three made-up sites that are not the friend-service: what is generated for them, and that it works.

After a wanted change of the generator, write them anew and look at the diff:

    python tests/generate/test_golden_sites.py
"""

from __future__ import annotations

import difflib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, get_args

import pytest
from golden_service import Service

from miner.generate import generate
from miner.scenario_writer import write_scenario
from miner.workload import Endpoint, Formatted, Law, LiteralValue, Mixture, Popular, Value, Workload
from miner.workload_file import load

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
BIN = Path(sys.executable).parent
NAMES = ["bookshop", "box_office", "handbook"]
FORMS = {
    "bookshop": ["NAME.py"],
    "box_office": ["NAME.py", "one.py", "httpuser.py"],
    "handbook": ["NAME.py"],
}
"""The forms of a locustfile that are run: with its runtime, in one file, with Locust's other client."""
EXPECTED = {
    "bookshop": {"/api/books/{book_id} [404]", "/api/orders [422]"},
    "box_office": {"/v1/seats/{seat_id}/hold [409]", "/v1/accounts [409]", "/v1/payments [422]"},
    "handbook": {"/pages/{slug} [404]"},
}
"""Rows of client errors that cannot be missing, of so many sessions."""
PER_SECOND, SECONDS, SPEED, SEED = 30, 4, 200, 1
FEW = 8
"""Lines of NAME.py that one changed figure may change: the line that says it, means, and the seal."""


class Site(NamedTuple):
    """A workload and the folder that has its locustfile in all forms."""

    workload: Workload
    folder: Path

    def text(self, file: str) -> str:
        return (self.folder / file).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Site]:
    """Each workload with its files, as they are written now."""
    return {name: written(name, tmp_path_factory.mktemp(name)) for name in NAMES}


@pytest.fixture(params=NAMES)
def site(request: pytest.FixtureRequest, sites: dict[str, Site]) -> Site:
    return sites[request.param]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def written(name: str, folder: Path) -> Site:
    """The files of the scenario, and the same in one file for each of Locust's clients."""
    workload = load(GOLDEN / f"{name}.toml")
    write_scenario(workload, folder / f"{name}.py")
    (folder / "one.py").write_text(generate(workload), encoding="utf-8")
    (folder / "httpuser.py").write_text(generate(workload, http=True), encoding="utf-8")
    return Site(workload, folder)


def golden(name: str) -> Path:
    """The locustfile as somebody has read it and found it good."""
    return GOLDEN / f"{name}.py"


def difference(old: str, new: str) -> list[str]:
    """The lines that come and go."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "golden", "now", n=0, lineterm="")
    return [line for line in lines if line[:2] != "@@"]


def test_the_locustfile_is_the_golden_one(site: Site) -> None:
    """What is written is, byte for byte, what was read and committed."""
    name = site.workload.name
    now, then = site.text(f"{name}.py"), golden(name).read_text(encoding="utf-8")
    assert now == then, "\n".join(
        ["If this is wanted: python tests/generate/test_golden_sites.py", *difference(then, now)]
    )


def test_the_files_are_clean(site: Site) -> None:
    """Linter, formatter, strict type checker and compiler have nothing to say of them, in any form."""
    files = [str(file) for file in sorted(site.folder.glob("*.py"))]
    assert len(files) == 5
    config = str(ROOT / "pyproject.toml")
    for command in (
        [BIN / "ruff", "check", "--quiet", "--no-cache", "--config", config],
        [BIN / "ruff", "format", "--check", "--quiet", "--no-cache", "--config", config],
        [BIN / "mypy", "--strict", "--config-file", config],
    ):
        ended = subprocess.run(
            [*map(str, command), *files], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
    for file in files:
        compile(Path(file).read_bytes(), file, "exec")


def kinds(union: Any) -> set[type]:
    """The models that a union with a discriminator is of."""
    return set(get_args(get_args(union)[0]))


def test_they_say_all_that_a_workload_can(sites: dict[str, Site]) -> None:
    """Every law, draw, format and encoding is in one of them: a new one has to come in."""
    workloads = [site.workload for site in sites.values()]
    endpoints = [endpoint for workload in workloads for endpoint in workload.endpoints.values()]
    values = [value for endpoint in endpoints for value in endpoint.values()]
    moves = [
        move for one in workloads for path in one.paths for of in path.moves.values() for move in of.values()
    ]
    laws = [move.think for move in moves if move.think]
    parts = [part for law in laws if isinstance(law, Mixture) for part in (law.first, law.second)]
    assert {type(value) for value in values} == kinds(Value)
    assert {type(law) for law in laws} == kinds(Law)
    assert {law.paced for law in chain(laws, parts) if not isinstance(law, Mixture)} == {True, False}
    assert {value.format for value in values if isinstance(value, Formatted)} == set(
        get_args(Formatted.model_fields["format"].annotation)
    )
    assert {endpoint.encoding for endpoint in endpoints} == set(
        get_args(Endpoint.model_fields["encoding"].annotation)
    )
    literals = [value for value in values if isinstance(value, LiteralValue)]
    assert {(one.typed, len(one.values) > 1) for one in literals} >= {
        (typed, several) for typed in (True, False) for several in (True, False)
    }
    assert {value.zipf > 0 for value in values if isinstance(value, Popular)} == {True, False}


def test_they_walk_in_every_way(sites: dict[str, Site]) -> None:
    """Steps of several, split steps, straight paths, single paths, errors of each kind: all are there."""
    workloads = [site.workload for site in sites.values()]
    endpoints = [endpoint for workload in workloads for endpoint in workload.endpoints.values()]
    asked = [list(step.requests.values()) for workload in workloads for step in workload.steps.values()]
    assert {len(often) > 1 for often in asked} == {True, False}
    assert [1.0] in asked
    assert {len(workload.paths) > 1 for workload in workloads} == {True, False}
    assert {path.pace > 0 for workload in workloads for path in workload.paths} == {True, False}
    texts = [site.text(f"{name}.py") for name, site in sites.items()]
    assert any("(StraightPath):" in text for text in texts)
    assert any(endpoint.identifies for endpoint in endpoints)
    assert any(endpoint.headers for endpoint in endpoints)
    assert {400, 401, 404, 409, 422} <= {status for endpoint in endpoints for status in endpoint.statuses}


def test_a_small_change_is_a_small_diff(site: Site, tmp_path: Path) -> None:
    """One other share, or one other pause, changes the lines that say it and the means that follow."""
    workload = site.workload
    data = workload.model_dump(exclude_none=True)
    for changed in (with_another_share(data), with_another_pause(data)):
        write_scenario(Workload.model_validate(changed), tmp_path / f"{workload.name}.py")
        text = (tmp_path / f"{workload.name}.py").read_text(encoding="utf-8")
        come = [line for line in difference(site.text(f"{workload.name}.py"), text)[2:] if line[0] == "+"]
        assert 2 <= len(come) <= FEW, "\n".join(come)


def with_another_share(data: dict[str, Any]) -> dict[str, Any]:
    """The workload, but of one endpoint one request in a hundred more ends in an error."""
    name, endpoint = next((n, e) for n, e in data["endpoints"].items() if max(e["statuses"]) >= 400)
    usual, error = min(endpoint["statuses"]), max(endpoint["statuses"])
    statuses = endpoint["statuses"] | {
        usual: round(endpoint["statuses"][usual] - 0.01, 3),
        error: round(endpoint["statuses"][error] + 0.01, 3),
    }
    return data | {"endpoints": data["endpoints"] | {name: endpoint | {"statuses": statuses}}}


def with_another_pause(data: dict[str, Any]) -> dict[str, Any]:
    """The workload, but one pause of its first path is a third longer."""
    first, *others = data["paths"]
    step, to = next(
        (step, to)
        for step, of in first["moves"].items()
        for to, m in of.items()
        if "median" in m.get("think", {})
    )
    move = first["moves"][step][to]
    think = move["think"] | {"median": round(move["think"]["median"] * 4 / 3, 2)}
    moves = first["moves"] | {step: first["moves"][step] | {to: move | {"think": think}}}
    return data | {"paths": [first | {"moves": moves}, *others]}


@pytest.mark.loop
@pytest.mark.parametrize(("name", "form"), [(name, form) for name, forms in FORMS.items() for form in forms])
def test_it_works(name: str, form: str, sites: dict[str, Site], service: Service, tmp_path: Path) -> None:
    """Of a strict service it asks nothing odd; wanted errors come, none else, and each session ends."""
    service.begin()
    site, (host, port) = sites[name], service.server_address[:2]
    ended = subprocess.run(
        [
            sys.executable, "-m", "locust", "-f", site.folder / form.replace("NAME", name), "--headless",
            "--only-summary", "--users=40", "--spawn-rate=40", f"--sessions-per-second={PER_SECOND}",
            f"--session-run-time={SECONDS}", f"--speed={SPEED}", f"--seed={SEED}",
            f"--host=http://{host!s}:{port}", f"--json-file={tmp_path / 'stats'}",
        ],
        cwd=site.folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert service.odd == []
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr
    assert "Traceback" not in ended.stderr
    said = re.search(r"Sessions: (\d+) started, (\d+) finished, 0 never started", ended.stderr)
    assert said, ended.stderr
    assert said[1] == said[2]
    assert abs(int(said[1]) - PER_SECOND * SECONDS) < 4 * (PER_SECOND * SECONDS) ** 0.5
    rows = {row["name"]: row for row in json.loads((tmp_path / "stats.json").read_text(encoding="utf-8"))}
    assert not [row for row in rows.values() if row["num_failures"]]
    assert rows.keys() >= EXPECTED[name]
    paths = {path.name for path in site.workload.paths}
    sessions = {row["name"]: row["num_requests"] for row in rows.values() if row["method"] == "SESSION"}
    assert {"all paths"} < sessions.keys() <= {"all paths", *paths}
    assert sessions["all paths"] == int(said[1])
    assert service.made or name == "handbook"


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        for each in NAMES:
            text = written(each, Path(place)).text(f"{each}.py")
            golden(each).write_text(text, encoding="utf-8")
