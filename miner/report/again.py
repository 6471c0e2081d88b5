"""How to repeat what the page tells: commands, versions and seeds."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import PurePath
from urllib.parse import urlsplit, urlunsplit

from miner.replay import Run
from miner.report.blocks import Block, Commands, Section, table
from miner.report.findings import Asked, Findings

OPTIONS = {"arrivals": "profile", "users": "users", "processes": "processes"}
"""What options of Locust are called in `mine replay`."""
FLAGS = ("closed", "sign", "allow-writes")
"""Those that are called the same, and have no value."""


def again(found: Findings) -> Section:
    """Commands, versions and seeds."""
    return Section("again", "How to repeat it", tuple(_again(found)))


def _again(found: Findings) -> Iterator[Block]:
    asked = found.asked
    document = _given("--openapi", without_user(asked.openapi or ""))
    service, goals = _given("--service-log", asked.service_log), _given("--objectives", asked.objectives)
    seed = ["--seed", str(asked.seed)]
    yield Commands("Mine the recording", line("mine", "logs", asked.recorded, *document, *seed))
    if found.replayed:
        run = found.replayed.run
        yield Commands("Replay it", replayed(run, asked))
        yield Commands("What that ran, in the folder of the run", shown(run))
    if asked.run:
        compared = line("mine", "compare", asked.recorded, asked.run, *service, *document, *seed)
        yield Commands("Compare", compared)
    files = [file for file in (asked.recorded, asked.run) if file]
    yield Commands("Make this page", line("mine", "report", *files, *goals, *service, *document, *seed))
    yield table("t-versions", "Versions and seeds", ["what", "which"], _facts(found))


def _facts(found: Findings) -> Iterator[tuple[str, str]]:
    yield from ((f"{name}, of this page", version) for name, version in sorted(found.versions.items()))
    yield "seed of mining and comparing", str(found.asked.seed)
    if found.replayed:
        run = found.replayed.run
        yield from ((f"{name}, of the run", version) for name, version in sorted(run.versions.items()))
        yield "seed of the run", str(run.seed)
        yield "the run began", run.started_at
        yield "host of the run", without_user(run.host)


def replayed(run: Run, asked: Asked) -> str:
    """The `mine replay` that the run came of."""
    given = {name: value for name, _, value in (part.partition("=") for part in run.command)}
    if run.exact:
        rate = ["--exact", asked.recorded, *_given("--openapi", without_user(asked.openapi or ""))]
    else:
        rate = ["--sessions-per-second", f"{run.sessions_per_second:g}", "--run-time", f"{run.run_time:g}s"]
    speed = ["--speed", f"{run.speed:g}"] if run.speed != 1 else []
    named = [part for key, name in OPTIONS.items() for part in _given(f"--{name}", given.get(f"--{key}"))]
    mix = [part for one in given.get("--mix", "").split(",") for part in _given("--mix", one)]
    flags = [f"--{flag}" for flag in FLAGS if f"--{flag}" in given]
    host = ["--host", without_user(run.host)]
    return line(
        "mine",
        "replay",
        _locustfile(run),
        *host,
        *rate,
        *speed,
        *named,
        *mix,
        *flags,
        "--seed",
        f"{run.seed}",
    )


def _locustfile(run: Run) -> str:
    """The first of the files that Locust was given."""
    files = [part.partition(",")[0] for part in run.command]
    return next((PurePath(file).name for file in files if file.endswith(".py")), "F.py")


def shown(run: Run) -> str:
    """The command of the run, without the user and the password that its host may hold."""
    host = without_user(run.host)
    return line(*(part.replace(run.host, host) if run.host else part for part in run.command))


def without_user(url: str) -> str:
    """`url` without the user and the password that it may hold."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def line(*parts: str) -> str:
    """A command as a shell takes it."""
    return shlex.join(parts)


def _given(option: str, value: str | None) -> list[str]:
    return [option, value] if value else []
