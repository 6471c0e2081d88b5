"""What a locustfile says of itself, read from its syntax tree: it is never imported here."""

from __future__ import annotations

import ast
from pathlib import Path

from miner.errors import MinerError


def constants(locustfile: Path) -> dict[str, float]:
    """The numbers that the user classes of `locustfile` have. Raises MinerError if it is not Python."""
    if "," in str(locustfile):
        raise MinerError(
            f"Locust takes {locustfile} for several files.", "Move it to a path without a comma."
        )
    found: dict[str, float] = {}
    for statement in (
        one for node in _tree(locustfile).body if isinstance(node, ast.ClassDef) for one in node.body
    ):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=int() | float() as value)):
                found[name] = float(value)
    return found


def beside(locustfile: Path) -> list[Path]:
    """The files beside `locustfile` that it imports, and those that they do."""
    found: list[Path] = []
    new = [locustfile]
    while new:
        modules = {
            node.module for file in new for node in _tree(file).body if isinstance(node, ast.ImportFrom)
        }
        files = [locustfile.parent / f"{module}.py" for module in sorted(filter(None, modules))]
        new = [file for file in files if file.is_file() and file not in (*found, locustfile)]
        found += new
    return found


def _tree(locustfile: Path) -> ast.Module:
    try:
        return ast.parse(locustfile.read_text(encoding="utf-8"))
    except OSError as error:
        raise MinerError(
            f"Cannot read the locustfile {locustfile}: {error.strerror}.", "Write one with `mine generate`."
        ) from error
    except (SyntaxError, ValueError) as error:
        raise MinerError(
            f"{locustfile} is not a Python file: {error}.",
            "Correct it, or write it anew with `mine generate`.",
        ) from error
