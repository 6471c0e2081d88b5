"""What a locustfile imports: Locust's user, and what it uses of the runtime and the hooks of its name."""

from __future__ import annotations

import ast

from miner.generate.check import RUNTIME
from miner.generate.code import WIDTH, Call, lay
from miner.workload import Workload


def imports(workload: Workload, body: str, *, http: bool) -> str:
    """The import statements of `body`, as the formatter and the linter want them."""
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    taken = sorted(used & RUNTIME, key=_place)
    sources = {
        f"{workload.name}_hooks": ["Hooks"],
        f"{workload.name}_runtime": taken,
        "locust": ["HttpUser" if http else "FastHttpUser"],
    }
    lines = ["from __future__ import annotations", ""]
    if "ClassVar" in used:
        lines += ["from typing import ClassVar", ""]
    return "\n".join([*lines, *(_import(module, sources[module]) for module in sorted(sources)), ""])


def _place(name: str) -> tuple[bool, str]:
    """Classes come before functions."""
    return name[0].islower(), name


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    return line if len(line) <= WIDTH else lay(Call("(", names, ")"), before=f"from {module} import ")
