"""A scenario and the runtime in one file, for those who want to pass on a single one."""

from __future__ import annotations

import ast

from miner.generate.runtime_text import runtime


def in_one_file(scenario: str, *, http: bool) -> str:
    """The runtime, then the classes of `scenario`, under its docstring. Its hooks are those that do nothing.

    What is put together was checked already, or is a constant of this project.
    """
    told, _, classes = _parted(scenario)
    _, imports, mechanics = _parted(runtime())
    if http:
        imports = imports.replace("import FastHttpUser, ", "import FastHttpUser, HttpUser, ")
    return f"{told}\n\n{imports}\n\n{mechanics}\n\n\n{classes}\n"


def _parted(text: str) -> tuple[str, str, str]:
    """The docstring, the imports, and what comes after them."""
    lines, tree = text.split("\n"), ast.parse(text)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    docstring, first, last = tree.body[0].end_lineno, imports[0].lineno, imports[-1].end_lineno
    parts = lines[:docstring], lines[first - 1 : last], lines[last:]
    told, needed, rest = ("\n".join(part).strip("\n") for part in parts)
    return told, needed, rest
