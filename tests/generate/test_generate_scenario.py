"""The generated locustfile: its structure, its style, and that Locust accepts it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from miner.errors import MinerError
from miner.generate import generate, standard
from miner.generate.runtime_text import inherited
from miner.generate.scenario import scenario
from miner.generate.user_paths import weights
from miner.workload import Workload
from miner.workload_file import load

FRIENDS = Path(__file__).with_name("friends.toml")
BIN = Path(sys.executable).parent
WRITERS: dict[str, Callable[[Workload], str]] = {
    "scenario": generate,
    "standard": lambda workload: standard(workload, "search"),
    "standard of a listed value": lambda workload: standard(workload, "unfriend"),
}


@pytest.fixture(scope="module")
def friends() -> Workload:
    return load(FRIENDS)


@pytest.fixture(scope="module", params=WRITERS)
def locustfile(
    request: pytest.FixtureRequest, friends: Workload, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    file = tmp_path_factory.mktemp("generated") / "friends.py"
    file.write_text(WRITERS[request.param](friends), encoding="utf-8")
    return file


def test_equal_workloads_give_equal_bytes(friends: Workload) -> None:
    """Nothing but the workload decides on the text, which is plain ASCII."""
    text = generate(friends)
    assert text == generate(load(FRIENDS))
    assert text.isascii()


def test_there_is_one_user_class_and_a_task_set_for_each_path(friends: Workload) -> None:
    """Each path is a class with its steps after `enter`; the visitor has a method for each endpoint."""
    classes = {
        node.name: node for node in ast.parse(scenario(friends)).body if isinstance(node, ast.ClassDef)
    }
    assert list(classes) == ["SearchThenBefriend", "AnswerRequests", "Join", "TidyUp", "Friends"]
    steps = [
        node.targets[0].id
        for node in classes["SearchThenBefriend"].body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]
    assert steps == [
        "name",
        "session",
        "pace",
        "enter",
        "list_friends",
        "search",
        "get_user",
        "befriend",
    ]
    requests = [node.name for node in classes["Friends"].body if isinstance(node, ast.FunctionDef)]
    assert set(requests) == set(friends.endpoints)


@pytest.mark.parametrize(
    "line",
    [
        "        search=(710, lognormal(median=4.1, sigma=0.82)),  # n = 7,913",
        "        leave=290,  # n = 3,240",
        "        (SearchThenBefriend, 520),  # n = 9,527",
        "    sessions_per_second = 4.0  # as recorded, on average",
        "- What POST /friend-service/v1/users was sent besides a name.",
    ],
)
def test_every_number_stands_beside_the_count_behind_it(friends: Workload, line: str) -> None:
    """Weights, pauses and shares are readable where they act."""
    assert line in scenario(friends).splitlines()


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "--no-cache"],
        ["ruff", "format", "--check", "--no-cache"],
        ["mypy", "--strict", "--no-error-summary"],
    ],
    ids=["ruff check", "ruff format", "mypy"],
)
def test_the_text_is_as_clean_as_ours(locustfile: Path, command: list[str]) -> None:
    """The linter, the formatter and the type checker find nothing to say about generated code."""
    settings = ["--config", "pyproject.toml"] if command[0] == "ruff" else ["--config-file", "pyproject.toml"]
    done = subprocess.run(
        [BIN / command[0], *command[1:], *settings, str(locustfile)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_locust_accepts_it(locustfile: Path) -> None:
    """Locust finds the user class and its tasks, and has nothing to warn of."""
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(locustfile), "--show-task-ratio"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Friends" in done.stdout + done.stderr
    assert "WARNING" not in done.stderr


def test_no_step_can_take_a_name_that_is_needed() -> None:
    """All that users, paths and the runtime have is known, whatever release of Locust it is."""
    listing = """\
import json
from locust import FastHttpUser, HttpUser
from miner.generate import runtime
of = (FastHttpUser, HttpUser, runtime.Visitor, runtime.UserPath, runtime.StraightPath)
print(json.dumps([name for one in of for name in dir(one) if name[0] != "_"]))
"""
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) <= inherited()


def test_names_that_python_or_locust_has_are_changed(tmp_path: Path) -> None:
    """Endpoints and paths may be called like keywords, builtins, Locust's methods, ours or each other."""
    steps = [
        "import",
        "list",
        "list_",
        "wait_time",
        "wait_time_",
        "client",
        "send",
        "match",
        "random",
        "x__y",
    ]
    moves = {
        step: {to: {"p": 0.09, "think": {"law": "exponential", "mean": 1}} for to in steps} for step in steps
    }
    paths = ["visitor", "visitor_path", "value_error", "any", "path", "x_y", "xy"]
    names = Workload.model_validate(
        {
            "name": "names",
            "arrivals": {"mean": 1},
            "endpoints": {step: {"request": "GET /"} for step in steps},
            "paths": [
                {
                    "name": path,
                    "share": 1 / len(paths),
                    "start": {steps[0]: 1},
                    "moves": {step: {**moves[step], "leave": {"p": 0.1}} for step in steps},
                }
                for path in paths
            ],
        }
    )
    locustfile = tmp_path / "names.py"
    locustfile.write_text(generate(names), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(locustfile), "--show-task-ratio"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert {"VisitorPath", "VisitorPathPath", "ValueErrorPath", "AnyPath", "PathPath", "XY", "Xy"} <= {
        node.name
        for node in ast.parse(locustfile.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, {"a": 334, "b": 333, "c": 333}),
        ({"a": 0.9999, "b": 0.0001}, {"a": 999, "b": 1}),
        ({"a": 1.0, "b": 0.0}, {"a": 1000}),
        ({"a": 0.71, "b": 0.286}, {"a": 713, "b": 287}),
    ],
)
def test_weights_are_thousandths_that_add_up(shares: dict[str, float], expected: dict[str, int]) -> None:
    """What is rare keeps a thousandth, and what is impossible gets none."""
    assert weights(shares) == expected


def test_an_unknown_endpoint_is_named_with_the_nearest(friends: Workload) -> None:
    """Who mistypes an endpoint is told what is meant."""
    with pytest.raises(MinerError, match="Did you mean 'GET /friend-service/v1/users'"):
        standard(friends, "GET /friend-service/v1/user")


def test_a_header_that_frames_requests_is_refused(friends: Workload) -> None:
    """A workload cannot change where a request ends or whom it is for."""
    search = friends.endpoints["search"]
    headers = {"Content-Length": search.headers["X-User-Id"]}
    endpoints = friends.endpoints | {"search": search.model_copy(update={"headers": headers})}
    with pytest.raises(MinerError, match="Content-Length"):
        generate(friends.model_copy(update={"endpoints": endpoints}))
