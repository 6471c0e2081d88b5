"""User paths as Locust task sets: one class a path, one step a line or more, weights in thousandths."""

from __future__ import annotations

import math
from collections.abc import Mapping

from miner.generate.code import Call, Code, Item, lay, literal, mapping
from miner.generate.duration import path_seconds, requests_on
from miner.generate.names import class_names, method_names
from miner.generate.prose import path_docstring
from miner.generate.values import law
from miner.workload import LEAVE, Move, Path, Workload


def path_classes(workload: Workload) -> list[str]:
    """The class of each path, in the workload's order."""
    classes = class_names(workload)
    return [_path_class(workload, path, classes[path.name]) for path in workload.paths]


def choice(workload: Workload) -> Call:
    """The paths with their weights: each session takes one of them."""
    classes = class_names(workload)
    shares = weights({path.name: path.share for path in workload.paths})
    if len(shares) == 1:
        shares = dict.fromkeys(shares, 1)
    pairs = [
        Item(Call("(", [classes[name], literal(weight)], ")"), comment=_count(workload.path(name).sessions))
        for name, weight in shares.items()
    ]
    return Call("shares(", pairs, ")")


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
    """The task set of `path`: a step for each that can be reached."""
    names, line = method_names(workload), straight(path)
    kind = "StraightPath" if line else "UserPath"
    lines = [f"class {name}({kind}):", path_docstring(workload, path, line), ""]
    lines.append(f"    name = {literal(path.name)}")
    means = (literal(round(mean, 2)) for mean in (requests_on(workload, path), path_seconds(workload, path)))
    lines.append(f"    session = ({', '.join(means)})  # requests and seconds, on average")
    if path.pace:
        lines.append(f"    pace = {literal(path.pace)}")
    lines += _line(workload, path, line, names) if line else _chain(workload, path, names)
    return "\n".join([*lines, ""])


def _chain(workload: Workload, path: Path, names: Mapping[str, str]) -> list[str]:
    """The steps of a path that chance decides on."""
    begin = weights(path.start)
    starts: list[Code] = [Item(literal(weight), f"{names[step]}=") for step, weight in begin.items()]
    lines = [lay(Call("start(", starts, ")"), 4, before="enter = ")]
    for step in reachable(path):
        moves = path.moves[step]
        shares = weights({to: move.p for to, move in moves.items()})
        known = {**names, LEAVE: LEAVE}
        asks = _asks(workload, step, names)
        items = [asks] if asks else []
        items += [
            Item(_move(shares[to], move), f"{known[to]}=", _count(move.n))
            for to, move in moves.items()
            if to in shares
        ]
        lines.append(lay(Call("step(", items, ")"), 4, before=f"{names[step]} = "))
    return lines


def _line(workload: Workload, path: Path, line: list[str], names: Mapping[str, str]) -> list[str]:
    """The steps of a path that is a straight line, and the pauses between them."""
    items: list[Code] = []
    for step in line:
        to, move = next((to, move) for to, move in path.moves[step].items() if move.p > 0)
        asks = _asks(workload, step, names) or literal(names[step])
        think = [] if to == LEAVE or move.think is None else [law(move.think)]
        items.append(Item(Call("ask(", [asks, *think], ")"), comment=_count(move.n)))
    return [lay(Call("line(", items, ")"), 4, before="tasks = ")]


def _asks(workload: Workload, step: str, names: Mapping[str, str]) -> Code:
    """What a step asks where it is not what its name says, else ""."""
    requests = workload.requests(step)
    if step not in workload.steps:
        return ""
    if list(requests.values()) == [1.0]:
        return literal(names[next(iter(requests))])
    return mapping((literal(names[one]), literal(often)) for one, often in requests.items())


def _move(weight: int, move: Move) -> Code:
    """The weight of a move, and the pause on it."""
    if move.think is None:
        return literal(weight)
    return Call("(", [literal(weight), law(move.think)], ")")


def straight(path: Path) -> list[str]:
    """The steps in their order, if chance has no say in it; else none."""
    moves = {step: [to for to, move in of.items() if move.p > 0] for step, of in path.moves.items()}
    starts = [step for step, share in path.start.items() if share > 0]
    if len(starts) > 1 or any(len(moves[step]) > 1 for step in reachable(path)):
        return []
    line = starts
    while (to := moves[line[-1]][0]) != LEAVE:
        line = [*line, to]
    return line


def reachable(path: Path) -> list[str]:
    """The steps that a session can come to, in the order of the workload."""
    found = {step for step, share in path.start.items() if share > 0}
    new = found
    while new:
        new = {to for step in new for to, move in path.moves[step].items() if move.p > 0} - found - {LEAVE}
        found = found | new
    return [step for step in path.moves if step in found]


def _count(n: int) -> str:
    return f"n = {n:,}" if n else ""
