"""What a locustfile says of itself, read from its syntax tree: it is never imported here."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from miner.errors import MinerError


@dataclass(frozen=True)
class PathSays:
    """A user path: its weight among the others, and requests and seconds of a session on it, on average."""

    name: str
    weight: float
    requests: float
    seconds: float


@dataclass(frozen=True)
class Says:
    """What the scenario is like. A locustfile of other hands says nothing."""

    sessions_per_second: float | None = None
    paths: tuple[PathSays, ...] = ()
    by_hour: tuple[float, ...] = ()
    """Times the mean rate."""
    methods: Mapping[str, str] = field(default_factory=dict)
    """By endpoint, what asks for it."""


def constants(locustfile: Path) -> Says:
    """What the classes of `locustfile` say. Raises MinerError if it is not Python."""
    if "," in str(locustfile):
        raise MinerError(
            f"Locust takes {locustfile} for several files.", "Move it to a path without a comma."
        )
    nodes = {node.name: node for node in _tree(locustfile).body if isinstance(node, ast.ClassDef)}
    classes = {name: _members(node) for name, node in nodes.items()}
    user: dict[str, Any] = next((of for of in classes.values() if "sessions_per_second" in of), {})
    return Says(
        sessions_per_second=user.get("sessions_per_second"),
        paths=tuple(
            PathSays(of["name"], weight, *map(float, of.get("session", (1.0, 1.0))))
            for name, weight in user.get("tasks", ())
            if "name" in (of := classes.get(name, {}))
        ),
        by_hour=(*user.get("before_noon", ()), *user.get("after_noon", ())),
        methods={
            endpoint: method.name
            for name, node in nodes.items()
            if "sessions_per_second" in classes[name]
            for method in node.body
            if isinstance(method, ast.FunctionDef)
            for endpoint in _asked(method)
        },
    )


def _members(node: ast.ClassDef) -> dict[str, Any]:
    """The constants of a class by name, and of its `tasks` the classes with their weights."""
    found: dict[str, Any] = {}
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="tasks")], value=ast.Call(args=args)):
                found["tasks"] = [weighted for arg in args for weighted in _weighted(arg)]
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)):
                found[name] = value
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Tuple(elts=elements)):
                found[name] = tuple(one.value for one in elements if isinstance(one, ast.Constant))
    return found


def _asked(method: ast.FunctionDef) -> list[str]:
    """The endpoint that a method asks for, with `self.send`."""
    return [
        str(call.args[0].value)
        for call in ast.walk(method)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "send"
        if call.args and isinstance(call.args[0], ast.Constant)
    ]


def _weighted(arg: ast.expr) -> list[tuple[str, float]]:
    match arg:
        case ast.Tuple(elts=[ast.Name(id=name), ast.Constant(value=int() | float() as weight)]):
            return [(name, float(weight))]
    return []


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
