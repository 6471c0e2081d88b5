"""The objectives file: objectives as the TOML that people write, review and commit."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from miner.errors import MinerError
from miner.objectives.objective import Objective, Objectives
from miner.objectives.quantities import LONGEST, brief
from miner.workload_file import PHRASES

VERSION = 1
LARGEST = 1_000_000
"""Bytes that are more than anybody's objectives."""
KEYS: dict[bool, Collection[str]] = {True: Objectives.model_fields, False: Objective.model_fields}
"""Of the file itself, and of an objective."""


def load_objectives(file: str | Path) -> Objectives:
    """The objectives in `file`; what they say was recorded is beside it.

    Raises MinerError with a sentence if it is missing or contradicts itself.
    """
    place = Path(file)
    try:
        if place.is_file() and place.stat().st_size > LARGEST:
            raise MinerError(f"{file} is larger than any objectives file.", "Name another file.")
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise MinerError(
            f"Cannot read the objectives file {file}: {reason}.", "Write one with `mine objectives LOG`."
        ) from error
    found = parse_objectives(text, str(file))
    if found.recorded is None:
        return found
    return found.model_copy(update={"recorded": str(place.parent / found.recorded)})


def parse_objectives(text: str, name: str = "the objectives file") -> Objectives:
    """The objectives that `text` describes. Raises MinerError naming the first mistake."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise MinerError(f"{name} is not valid TOML: {error}.", "Correct that line.") from error
    if "version" not in data:
        raise MinerError(f"{name}: version is missing.", f"Begin the file with `version = {VERSION}`.")
    if isinstance(data["version"], bool) or data["version"] != VERSION:
        raise MinerError(
            f"{name} has version {brief(data['version'])}; this release reads version {VERSION}.",
            "Update scenario-miner, or write it for this version.",
        )
    try:
        return Objectives.model_validate(data)
    except (ValidationError, RecursionError) as error:
        raise _mistake(error, data, name) from error


def _mistake(error: ValidationError | RecursionError, data: dict[str, Any], name: str) -> MinerError:
    """The first mistake as a sentence, and how many more there are."""
    if isinstance(error, RecursionError):
        return MinerError(f"{name} is nested too deeply.", "Write objectives as the README has them.")
    more = error.error_count() - 1
    hint = "Correct it and run this again." + (f" ({more} more after it.)" if more else "")
    return MinerError(f"{name}: {sentence(error, data)}.", hint)


def sentence(error: ValidationError, data: dict[str, Any]) -> str:
    """The first mistake in `data`: of which objective, and what is wrong."""
    first = error.errors()[0]
    loc, given = first["loc"], {"input": first["input"], **first.get("ctx", {})}
    of, key = _place(loc, data)
    match first["type"]:
        case "missing":
            return f"{of}{key} is missing"
        case "extra_forbidden":
            near = get_close_matches(key[:LONGEST], KEYS[len(loc) == 1], n=1, cutoff=0.0)[0]
            return f"{of}{brief(key)} is no key of it; the nearest is {near!r}"
        case "literal_error":
            allowed = given["expected"].replace("'", "")
            return f"{of}{key} is {brief(first['input'])}, but must be {allowed}"
        case "value_error":
            said = first["msg"].removeprefix("Value error, ")
            return f"{of}{key}: {said}" if len(loc) == 3 else f"{of}{said}"
        case kind:
            must = PHRASES.get(kind, "be otherwise: " + first["msg"].lower()).format(**given)
            return f"{of}{key} is {brief(first['input'])}, but must {must}"


def _place(loc: tuple[int | str, ...], data: dict[str, Any]) -> tuple[str, str]:
    """The objective that is meant, by its name where it has one, and the key that is wrong."""
    if len(loc) < 2 or not isinstance(loc[1], int):
        return "", ".".join(map(str, loc))
    place = f"objectives[{loc[1] + 1}]"
    try:
        given = data["objectives"][loc[1]]["name"]
    except (KeyError, IndexError, TypeError):
        given = None
    named = given if isinstance(given, str) and 0 < len(given) <= LONGEST else None
    rest = ".".join(map(str, loc[2:]))
    return (f"{named or place}: ", rest) if rest else (f"{named}: " if named else "", place)
