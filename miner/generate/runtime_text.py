"""The runtime as a text, and the names that are taken by it: it is never imported here."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

RUNTIME = Path(__file__).with_name("runtime.py")
_LOCUST = """\
abstract client client_pool concurrency connection_timeout context current default_headers environment
execute_next_task execute_task fixed_count fullname functions get_next_task greenlet group host insecure
interrupt json max_redirects max_retries max_wait min_wait network_timeout on_start on_stop parent
pool_manager proxy_host proxy_port rest rest_ run schedule_task ssl_context_factory start stop tasks user
wait wait_function wait_time weight
"""


@cache
def runtime() -> str:
    """The text of the runtime, which is the same for every scenario."""
    return RUNTIME.read_text(encoding="utf-8")


@cache
def offered() -> frozenset[str]:
    """The names at the top of the runtime, those that it imports included."""
    found: set[str] = set()
    for node in ast.parse(runtime()).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                found |= {alias.name for alias in aliases}
    return frozenset(found)


@cache
def inherited() -> frozenset[str]:
    """Names that users and task sets of Locust or of the runtime have, so that no step may take them.

    Functions of the runtime are among them: in the class of a path a step would hide them.
    """
    tree = ast.parse(runtime())
    found = {*_LOCUST.split(), *offered()}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "visitor" | "walk"), attr=name):
                found.add(name)
            case ast.ClassDef(name="Visitor" | "Walk" | "UserPath" | "StraightPath", body=body):
                found |= {name for one in body for name in _defined(one)}
    return frozenset(found)


def _defined(statement: ast.stmt) -> list[str]:
    """The name that a statement of a class gives to something."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=targets):
            return [one.id for one in targets if isinstance(one, ast.Name)]
    return []
