"""Names of methods and classes, made from the names in a workload without collisions."""

from __future__ import annotations

from miner.generate.code import identifier
from miner.generate.runtime_text import inherited, offered
from miner.workload import Workload


def method_names(workload: Workload) -> dict[str, str]:
    """The method of each endpoint and of each step of several, by its name."""
    names: dict[str, str] = {}
    plain = {*workload.endpoints, *workload.steps}
    for name in (*workload.endpoints, *workload.steps):
        names[name] = identifier(name, {*inherited(), *names.values(), *(plain - {name})})
    return names


def class_names(workload: Workload) -> dict[str, str]:
    """The class of each user path, by the path's name: `search_then_befriend` is `SearchThenBefriend`.

    The name of the visitor's class, made of the workload's name, is under "".
    """
    names: dict[str, str] = {}
    for key, name in [("", workload.name), *((path.name, path.name) for path in workload.paths)]:
        words = "".join(word.capitalize() for word in name.split("_"))
        more = "Path" if key else "Visitor"
        choices = [words, f"{words}{more}", *(f"{words}{more}{n}" for n in range(2, len(workload.paths) + 3))]
        free = (one for one in choices if one not in {*offered(), "Hooks", "HttpUser", *names.values()})
        names[key] = next(one for one in free if identifier(one) == one)
    return names
