"""A service is asked a few times what it answers, by the scenario itself."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from miner.errors import MinerError
from miner.replay.launch import last_words, run_locust
from miner.replay.target import checked_host

PROBER = Path(__file__).with_name("prober.py")


@dataclass(frozen=True)
class Answer:
    """What an endpoint answered: its status, 0 for none, its JSON if it was that, and its Location."""

    status: int
    json: Any
    location: str


def probe(
    locustfile: Path, host: str, methods: Sequence[str], *, allow_remote: bool = False
) -> dict[str, Answer]:
    """The answers to the requests of `methods` of the scenario, each made once, by endpoint.

    They are meant to succeed, so they change data. Raises MinerError.
    """
    url = checked_host(host, allow_remote=allow_remote)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        into = folder / "answers.json"
        writes = ["--allow-writes"] if allow_remote else []
        ended = run_locust(
            [
                "-m", "locust", "-f", f"{locustfile},{PROBER}", "--headless", "--only-summary",
                f"--host={url}", "--users=1", f"--probe={','.join(methods)}", f"--probe-into={into}", *writes,
            ],
            folder,
        )  # fmt: skip
        if not into.exists():
            raise MinerError(
                f"Probing {url} failed (exit code {ended.code}): {last_words(folder)}",
                "Run the locustfile with `locust -f` to see all that it says.",
            )
        answers = json.loads(into.read_text(encoding="utf-8"))
    return {
        endpoint: Answer(answer["status"], _json(answer["text"]), answer["location"])
        for endpoint, answer in answers.items()
    }


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
