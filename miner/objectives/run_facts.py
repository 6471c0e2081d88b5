"""What a run's own `run.json` says of it, whichever version wrote it."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pandas as pd

from miner.objectives.rows import end

LOCUSTFILE = re.compile(r"[^,]+\.py")
"""The first of the files that Locust was given."""


def scenario(facts: dict[str, Any], folder: Path) -> str:
    """The name of the locustfile that ran; of the folder, if the run does not say."""
    for word in _command(facts):
        if found := LOCUSTFILE.match(word):
            return Path(found[0]).stem
    return folder.name


def signed(facts: dict[str, Any]) -> bool:
    """Whether its requests name their session; runs of older versions say so in their command only."""
    said = facts.get("signed")
    return said if isinstance(said, bool) else "--sign" in _command(facts)


def lasted(facts: dict[str, Any], client: pd.DataFrame) -> float:
    """Seconds for which sessions started: what was asked for, or what there was of it if it was stopped."""
    until = end(client)
    asked = facts.get("run_time")
    if not isinstance(asked, int | float) or not 0 < asked < math.inf:
        return until
    return float(asked) if facts.get("complete") is True else min(float(asked), until)


def remarks(name: str, facts: dict[str, Any], sent: int, during: int, lasted: float) -> list[str]:
    """What is to be known of a run beside its numbers, a sentence each."""
    said = []
    if facts.get("complete") is not True:
        said.append(f"The run {name} was stopped early, or not all of its sessions ended.")
    if facts.get("kept_up") is False and isinstance(facts.get("verdict"), str):
        said.append(facts["verdict"])
    if during < sent:
        said.append(
            f"{sent - during:,} of {sent:,} requests came after {lasted:.0f} s, when no more sessions "
            "started, and are not judged."
        )
    return said


def _command(facts: dict[str, Any]) -> list[str]:
    command = facts.get("command")
    return [word for word in command if isinstance(word, str)] if isinstance(command, list) else []
