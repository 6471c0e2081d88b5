"""Names of methods and classes, made from the names in a workload without collisions."""

from __future__ import annotations

from miner.generate.code import INHERITED, identifier
from miner.workload import Workload

_CLASSES = """\
Any Arrivals Callable ClassVar Draw FastHttpUser InterruptTaskSet LocustArgumentParser Mapping
MarkovTaskSet MasterRunner Path Pause Queue Visitor
"""
CLASSES = frozenset(_CLASSES.split())


def method_names(workload: Workload) -> dict[str, str]:
    """The method of each endpoint and of each step of several, by its name."""
    names: dict[str, str] = {}
    plain = {*workload.endpoints, *workload.steps}
    for name in (*workload.endpoints, *workload.steps):
        taken = {*INHERITED, *names.values(), *(plain - {name})}
        names[name] = identifier(name, taken)
    return names


def class_names(workload: Workload) -> dict[str, str]:
    """The class of each user path, by the path's name: `search_then_befriend` is `SearchThenBefriend`."""
    names: dict[str, str] = {}
    for path in workload.paths:
        words = "".join(word.capitalize() for word in path.name.split("_"))
        choices = [
            words,
            f"{words}Path",
            *(f"{words}Path{number}" for number in range(2, len(workload.paths) + 3)),
        ]
        free = (name for name in choices if name not in {*CLASSES, *names.values()})
        names[path.name] = next(name for name in free if identifier(name) == name)
    return names
