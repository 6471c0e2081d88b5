"""Three scenarios that are not the friend-service's: what is generated for them, and that it works.

After a wanted change, write them anew with `mine generate tests/golden/shop.toml --out tests/golden/shop.py`,
remove the runtimes and hooks that come with them, and look at the diff.
"""

from __future__ import annotations

import difflib
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pytest

from miner.generate import generate
from miner.generate.scenario import scenario
from miner.scenario_writer import write_scenario
from miner.workload import Endpoint, Law, Value, Workload
from miner.workload_file import load

GOLDEN = Path(__file__).parents[1] / "golden"
ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
NAMES = ["shop", "tickets", "wiki"]
MOST_CHANGED = 6
"""Lines of a diff, those that go and those that come, for one changed figure."""
NEEDED = {
    "POST /v2/accounts": {"email", "name", "bornOn"},
    "POST /v2/payments": {"method", "amount"},
    "POST /api/baskets/N/lines": {"itemId", "quantity", "gift"},
    "POST /api/items/N/orders": {"address", "vouchers", "tip"},
    "PUT /pages/N": {"text", "tags", "meta"},
}
"""Fields of the bodies that the stub of the services wants."""


@pytest.fixture(scope="module", params=NAMES)
def workload(request: pytest.FixtureRequest) -> Workload:
    return load(GOLDEN / f"{request.param}.toml")


@pytest.fixture
def folder(workload: Workload, tmp_path: Path) -> Path:
    """The files of the scenario, and the same in one file, for both of Locust's users."""
    write_scenario(workload, tmp_path / f"{workload.name}.py")
    (tmp_path / "one.py").write_text(generate(workload), encoding="utf-8")
    (tmp_path / "slow.py").write_text(generate(workload, http=True), encoding="utf-8")
    return tmp_path


def test_the_files_are_what_is_generated(workload: Workload, folder: Path) -> None:
    """A change of the generator shows here, line by line."""
    written = (folder / f"{workload.name}.py").read_text(encoding="utf-8")
    assert written == (GOLDEN / f"{workload.name}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["NAME.py", "one.py", "slow.py"])
def test_the_files_are_clean(form: str, workload: Workload, folder: Path) -> None:
    """The linter, the formatter and the strict type checker have nothing to say."""
    file = folder / form.replace("NAME", workload.name)
    for command in (
        ["ruff", "check", "--no-cache"],
        ["ruff", "format", "--check", "--no-cache"],
        ["mypy", "--strict", "--no-error-summary"],
    ):
        done = subprocess.run(
            [BIN / command[0], *command[1:], file], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_law_and_draw_is_there() -> None:
    """What a workload can say is said in one of the three: a new law or draw has to come in."""
    used = "".join((GOLDEN / f"{name}.toml").read_text(encoding="utf-8") for name in NAMES)
    said = {*re.findall(r'(?:law|draw) = "(\w+)"', used)}
    known = {
        kind.model_fields[tag].default
        for union, tag in ((Law, "law"), (Value, "draw"))
        for kind in get_args(get_args(union)[0])
    }
    assert said == known
    for word in ("typed = true", "paced = false", 'encoding = "form"', "identifies", "[steps."):
        assert word in used


def test_a_small_change_is_a_small_diff(workload: Workload) -> None:
    """One other share of errors, or one other pause, changes the lines that say it."""
    first = next(iter(workload.endpoints))
    other = Endpoint.model_validate(
        workload.endpoints[first].model_dump() | {"statuses": {200: 0.75, 404: 0.25}}
    )
    path = workload.paths[0]
    step, to = next((step, to) for step, moves in path.moves.items() for to in moves if moves[to].think)
    move = path.moves[step][to]
    longer = move.model_copy(update={"think": load_law({"law": "exponential", "mean": 7.5})})
    moves = path.moves | {step: path.moves[step] | {to: longer}}
    for changed in (
        workload.model_copy(update={"endpoints": workload.endpoints | {first: other}}),
        workload.model_copy(
            update={"paths": (path.model_copy(update={"moves": moves}), *workload.paths[1:])}
        ),
    ):
        lines = difflib.unified_diff(scenario(workload).splitlines(), scenario(changed).splitlines(), n=0)
        different = [line for line in lines if line[:3] not in ("---", "+++") and line[0] in "+-"]
        assert 0 < len([line for line in different if "A session takes" not in line]) <= 4 * MOST_CHANGED


def load_law(data: dict[str, object]) -> Law:
    """A law of pauses."""
    from pydantic import TypeAdapter

    law: Law = TypeAdapter(Law).validate_python(data)
    return law


class Service(BaseHTTPRequestHandler):
    """All three services at once: strict with what it gets, and new ids for what is made."""

    protocol_version = "HTTP/1.1"
    ids = count(100)
    seen: set[str] = set()  # noqa: RUF012 (one for all requests)

    def answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        status, data = self.judged(raw)
        text = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = answer  # noqa: N815

    def judged(self, raw: str) -> tuple[int, object]:
        url = urlsplit(self.path)
        route = f"{self.command} {re.sub(r'(?<=/)(?!v2/)[a-z]*[0-9][^/]*|(?<=/pages/)[^/]+', 'N', url.path)}"
        body = self.body(raw)
        if "2000000000" in self.path:
            return 404, {}
        if url.path.startswith("/v2/") and url.path != "/v2/accounts" and not self.headers["X-Account-Id"]:
            return 401, {}
        if not NEEDED.get(route, set()) <= set(body):
            return 422, {}
        if url.path == "/api/items" and "q" not in parse_qs(url.query):
            return 400, {}
        if (key := str(body.get("email", ""))) and key in self.seen:
            return 409, {}
        if self.command == "PUT" and url.path.startswith("/v2/seats/") and url.path in self.seen:
            return 409, {}
        self.seen |= {key, url.path}
        new = next(self.ids)
        if self.command == "GET":
            return 200, [{"seatId": new + step} for step in range(3)] if url.path == "/v2/seats" else {}
        return (201 if self.command == "POST" else 200), {
            "orderId": new,
            "accountId": new,
            "queueTicket": new,
        }

    def body(self, raw: str) -> dict[str, object]:
        """Its fields; none where there is none."""
        if "x-www-form-urlencoded" in self.headers.get("Content-Type", ""):
            return {name: one for name, (one,) in parse_qs(raw).items()}
        return dict(json.loads(raw)) if raw else {}

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    Service.seen = set()
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.loop
@pytest.mark.parametrize("form", ["NAME.py", "one.py", "slow.py"])
def test_it_does_what_it_says(form: str, workload: Workload, folder: Path, service: str) -> None:
    """Against a strict service nothing fails, wanted errors come, and every session that began ends."""
    done = subprocess.run(
        [
            sys.executable, "-m", "locust", "-f", form.replace("NAME", workload.name), "--headless",
            "--json-file=stats", "-u", "60", "-r", "60", "--sessions-per-second=25", "--session-run-time=4",
            "--speed=200", "--seed=1", f"--host={service}",
        ],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    ended = re.search(r"Sessions: (\d+) started, (\d+) finished, 0 never started", done.stderr)
    assert ended
    assert ended[1] == ended[2]
    rows = json.loads((folder / "stats.json").read_text(encoding="utf-8"))
    names = {row["name"] for row in rows}
    assert not [row for row in rows if row["num_failures"]]
    assert any(re.search(r" \[4\d\d\]$", name) for name in names)
    assert {"all paths", workload.paths[0].name} <= names
