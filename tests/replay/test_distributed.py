"""The manifests in `generated/` are valid, and what they call does what it should on this machine."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from packaging.requirements import Requirement
from stub import WITHIN, Answer, serving

GENERATED = Path(__file__).parents[2] / "generated"
SCENARIO = str(GENERATED / "friend_service.py")
COMPOSE = yaml.safe_load((GENERATED / "compose.yaml").read_text(encoding="utf-8"))
KUBERNETES = list(yaml.safe_load_all((GENERATED / "kubernetes.yaml").read_text(encoding="utf-8")))
SECONDS, RPS = 10, 60
LESS = {"--users": "300", "--spawn-rate": "300", "--rps": f"{RPS}", "--session-run-time": f"{SECONDS}"}
"""What is asked of this machine instead of a cluster; pauses are shortened too."""


def pods() -> dict[str, dict[str, Any]]:
    """The container of each kind of pod."""
    specs = [one["spec"]["template"]["spec"] for one in KUBERNETES if one["kind"] != "Service"]
    return {container["name"]: container for spec in specs for container in spec["containers"]}


def test_the_manifests_are_valid() -> None:
    """By the schemas of Kubernetes and of the compose specification."""
    for one in KUBERNETES:
        kubernetes_validate.validate(one, "1.30", strict=True)
    checked = subprocess.run(
        [
            sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec",
            GENERATED / "compose.yaml",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout


def test_images_are_of_a_locust_that_will_do() -> None:
    """All of them are of one version, and it is one that the project allows."""
    (image,) = {of["image"] for of in (*COMPOSE["services"].values(), *pods().values())}
    name, _, tag = image.partition(":")
    wanted = [Requirement(one) for one in requires("scenario-miner") or []]
    assert name == "locustio/locust"
    assert all(tag in one.specifier for one in wanted if one.name == "locust")


def test_both_say_the_same() -> None:
    """The master of a cluster makes the load of the one in containers."""
    master = [arg.replace("--locustfile=", "-f ") for arg in pods()["master"]["args"]]
    composed = COMPOSE["services"]["master"]["command"].replace(
        "${HOST:?the service under test}", "http://friend-service:8000"
    )
    assert sorted(shlex.split(" ".join(master))) == sorted(shlex.split(composed))


@pytest.mark.loop
def test_master_and_workers_make_the_load(tmp_path: Path) -> None:
    """Each command of the cluster is a process here; together they make the requests that are asked for."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serving(lambda *_: Answer()) as stub:
        common = [sys.executable, "-m", "locust"]
        workers = [
            subprocess.Popen(
                [*common, *here(pods()["worker"]["args"], stub.url), f"--master-port={port}"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for _ in range(2)
        ]  # fmt: skip
        try:
            master = here(pods()["master"]["args"], stub.url)
            options = ["--speed=100", f"--master-bind-port={port}", f"--json-file={tmp_path / 'stats'}"]
            subprocess.run(
                [*common, *master, *options, f"--run-time={SECONDS}"],
                capture_output=True, timeout=WITHIN, check=False,
            )  # fmt: skip
        finally:
            for worker in workers:
                worker.terminate()
                worker.wait(WITHIN)
    table = json.loads((tmp_path / "stats.json").read_text(encoding="utf-8"))
    made = sum(row["num_requests"] for row in table if row["method"] != "SESSION")
    sessions = next(row["num_requests"] for row in table if row["name"] == "all paths")
    assert sessions == pytest.approx(SECONDS * RPS / 4.4, abs=4 * (SECONDS * RPS / 4.4) ** 0.5)
    assert made == pytest.approx(SECONDS * RPS, rel=0.3)


HERE, THERE = "198.51.100.1", "198.51.100.2"
"""The ends of a cable between this host and another (RFC 5737: addresses that nobody has)."""


def ip(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=False)


@pytest.fixture
def other_host() -> Iterator[str]:
    """A host of its own: a network namespace with a cable to this one, where the machine allows it."""
    if not shutil.which("ip"):
        pytest.skip("there is no iproute2 to make a network namespace with")
    name, end = f"mine-{os.getpid()}", f"mine{os.getpid() % 10**7}"
    made = ip("netns", "add", name)
    if made.returncode:
        pytest.skip(f"this machine allows no network namespace: {made.stderr}")
    try:
        for words in (
            f"link add {end} type veth peer name cable netns {name}", f"address add {HERE}/30 dev {end}",
            f"link set {end} up", f"-n {name} address add {THERE}/30 dev cable",
            f"-n {name} link set cable up", f"-n {name} link set lo up",
        ):  # fmt: skip
            done = ip(*words.split())
            assert not done.returncode, done.stderr
        yield name
    finally:
        ip("netns", "delete", name)


@pytest.mark.loop
def test_workers_on_another_host_make_the_load(other_host: str, tmp_path: Path) -> None:
    """The master and the service are here, two workers there: they meet, and the sessions come from there."""
    with socket.socket() as free:
        free.bind((HERE, 0))
        port = free.getsockname()[1]
    with serving(lambda *_: Answer(), HERE) as stub:
        workers = [
            subprocess.Popen(
                ["ip", "netns", "exec", other_host, sys.executable, "-m", "locust", "-f", SCENARIO,
                 "--worker", f"--master-host={HERE}", f"--master-port={port}"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for _ in range(2)
        ]  # fmt: skip
        try:
            done = subprocess.run(
                [sys.executable, "-m", "locust", "-f", SCENARIO, "--master", f"--master-bind-port={port}",
                 "--expect-workers=2", "--headless", "-u", "100", "-r", "100", "--sessions-per-second=20",
                 "--speed=100", "--allow-writes", f"-t{SECONDS}", f"--json-file={tmp_path / 'stats'}",
                 f"--host={stub.url}", "--only-summary"],
                capture_output=True, text=True, timeout=WITHIN, check=False,
            )  # fmt: skip
        finally:
            for worker in workers:
                worker.terminate()
                worker.wait(WITHIN)
    table = json.loads((tmp_path / "stats.json").read_text(encoding="utf-8"))
    sessions = next(row["num_requests"] for row in table if row["name"] == "all paths")
    assert sessions == pytest.approx(20 * SECONDS, abs=4 * (20 * SECONDS) ** 0.5), done.stderr
    assert stub.senders == {THERE}


def here(args: list[str], host: str) -> list[str]:
    """The arguments of a container, with the places and the load of this machine."""
    found = []
    for arg in args:
        name, equals, value = arg.partition("=")
        value = value.replace("/load/", f"{GENERATED}/")
        value = {"--host": host, "--master-host": "127.0.0.1", **LESS}.get(name, value)
        found.append(name + equals + value)
    return found
