"""User paths as Locust task sets: one class a path, one method a step, weights in thousandths."""

from __future__ import annotations

import math
from collections.abc import Mapping

from miner.generate.code import Call, Item, lay, literal, mapping
from miner.generate.names import class_names, method_names
from miner.generate.prose import path_docstring
from miner.generate.values import law
from miner.workload import LEAVE, Path, Workload


def path_classes(workload: Workload) -> list[str]:
    """The class of each path, in the workload's order."""
    classes = class_names(workload)
    return [_path_class(workload, path, classes[path.name]) for path in workload.paths]


def choice(workload: Workload) -> str:
    """The statement that lets each session take one of the paths, by its share."""
    classes = class_names(workload)
    items = [
        Item(f"*[{classes[name]}] * {weight}", comment=_count(workload.path(name).sessions))
        for name, weight in weights({path.name: path.share for path in workload.paths}).items()
    ]
    return "\n".join(
        ["# Each session takes one of the paths.", lay(Call("Visitor.tasks = [", items, "]")), ""]
    )


def weights(shares: Mapping[str, float]) -> dict[str, int]:
    """Thousandths that add up to 1000: what is possible at all keeps at least one.

    Largest remainder; with more than a thousand possibilities, there are ten times as many parts.
    """
    possible = {name: share for name, share in shares.items() if share > 0}
    parts = 1000
    while parts < 2 * len(possible):
        parts *= 10
    total = math.fsum(possible.values())
    exact = {name: share / total * parts for name, share in possible.items()}
    whole = {name: max(1, math.floor(part)) for name, part in exact.items()}
    by_remainder = sorted(whole, key=lambda name: whole[name] - exact[name])
    for name in by_remainder[: max(0, parts - sum(whole.values()))]:
        whole[name] += 1
    while sum(whole.values()) > parts:
        # What was raised to one is taken from whatever is rounded up most.
        whole[max((n for n in whole if whole[n] > 1), key=lambda name: whole[name] - exact[name])] -= 1
    return whole


def _path_class(workload: Workload, path: Path, name: str) -> str:
    """The task set of `path`: its pauses, then a method for each step that can be reached."""
    names, steps = method_names(workload), reachable(path)
    lines = [f"class {name}(Path):", path_docstring(workload, path), "", f"    name = {literal(path.name)}"]
    if path.pace:
        lines.append(f"    spread = {literal(path.pace)}")
    lines.append(lay(_think(path, steps, names), 4, before="think: ClassVar = "))
    lines += ["", f"    {_transitions(path.start, names)}", "    def enter(self) -> None:"]
    lines += ['        """Nothing is asked for yet."""']
    for step in steps:
        lines += ["", _step(workload, path, step, names)]
    lines += ["", '    @transitions({"enter": 1})', "    def leave(self) -> None:", "        self.end()", ""]
    return "\n".join(lines)


def reachable(path: Path) -> list[str]:
    """The steps that a session can come to, in the order of the workload."""
    found = {step for step, share in path.start.items() if share > 0}
    new = found
    while new:
        new = {to for step in new for to, move in path.moves[step].items() if move.p > 0} - found - {LEAVE}
        found = found | new
    return [step for step in path.moves if step in found]


def _think(path: Path, steps: list[str], names: Mapping[str, str]) -> Call:
    """The dict of pauses by move."""
    items = [
        Item(law(move.think), f"({literal(names[step])}, {literal(names[to])}): ", _count(move.n))
        for step in steps
        for to, move in path.moves[step].items()
        if move.p > 0 and move.think is not None and to != LEAVE
    ]
    return Call("{", items, "}")


def _step(workload: Workload, path: Path, step: str, names: Mapping[str, str]) -> str:
    moves = path.moves[step]
    decorator = _transitions(
        {to: move.p for to, move in moves.items()}, names, sum(m.n for m in moves.values())
    )
    asked = f"        self.user.{names[step]}()"
    requests = workload.requests(step).items()
    if step in workload.steps and list(workload.requests(step).values()) == [1.0]:
        asked = f"        self.user.{names[next(iter(workload.requests(step)))]}()"
    elif step in workload.steps:
        parts = [f"(self.user.{names[one]}, {literal(often)})" for one, often in requests]
        asked = lay(Call("self.user.at_once(", parts, ")"), 8)
    return f"    {decorator}\n    def {names[step]}(self) -> None:\n{asked}"


def _transitions(shares: Mapping[str, float], names: Mapping[str, str], n: int = 0) -> str:
    known = {**names, LEAVE: LEAVE}
    table = mapping((literal(known[to]), literal(weight)) for to, weight in weights(shares).items())
    return lay(Call("@transitions(", [table], ")"), 4, comment=_count(n)).lstrip()


def _count(n: int) -> str:
    return f"n = {n:,}" if n else ""
