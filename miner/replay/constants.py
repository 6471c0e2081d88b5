"""What a locustfile says of itself, read from its syntax tree: it is never imported here."""

from __future__ import annotations

import ast
from pathlib import Path

from miner.errors import MinerError


def constants(locustfile: Path) -> dict[str, float]:
    """The numbers that `locustfile` assigns to capitalised names. Raises MinerError if it is not Python."""
    if "," in str(locustfile):
        raise MinerError(
            f"Locust takes {locustfile} for several files.", "Move it to a path without a comma."
        )
    try:
        tree = ast.parse(locustfile.read_text(encoding="utf-8"))
    except OSError as error:
        raise MinerError(
            f"Cannot read the locustfile {locustfile}: {error.strerror}.", "Write one with `mine generate`."
        ) from error
    except (SyntaxError, ValueError) as error:
        raise MinerError(
            f"{locustfile} is not a Python file: {error}.",
            "Correct it, or write it anew with `mine generate`.",
        ) from error
    found: dict[str, float] = {}
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=int() | float() as value)):
                if name.isupper():
                    found[name] = float(value)
    return found
