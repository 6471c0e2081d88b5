"""Question 2 in the page: the user paths, and their graphs."""

from __future__ import annotations

from collections.abc import Iterator

from miner.plots import plot_path, plot_paths
from miner.report.blocks import Block, Code, Figure, More, Prose, Table, some, table
from miner.report.pictures import picture
from miner.screen.answers import Answers
from miner.screen.show_answers import how_stable, why_so_many
from miner.screen.terminal import count, share
from miner.workload import Path, Workload

GRAPHS, STEPS = 6, 10
"""User paths that are shown, and steps of a path beyond which its graph is no picture any more."""
BARS = 20
"""User paths that have a bar."""
MOVES, STARTS = 40, 5
"""Moves and first steps of a path that are written below its graph."""
PACE = "Pace: the part of the variance of log pauses that lies between visitors, not within them."


def user_paths(answers: Answers, workload: Workload) -> Iterator[Block]:
    """Why there are so many, their shares, and how sessions move on each."""
    yield Prose(_why(answers))
    yield _shares(answers, workload)
    ordered = sorted(workload.paths, key=lambda path: -path.share)
    for number, path in enumerate(ordered[:GRAPHS], start=1):
        yield (
            _graph(path, f"f-path-{number}") if len(path.moves) <= STEPS else _moves(path, f"f-path-{number}")
        )
    if len(ordered) > GRAPHS:
        yield Prose(
            f"{GRAPHS} of {len(ordered)} user paths are shown, those most taken. The workload file has all."
        )


def _why(answers: Answers) -> str:
    """Why so many paths, and whether others would be found again."""
    tried, stability = answers.paths_tried, answers.stability
    chosen = next(one.paths for one in tried if one.chosen)
    said = [why_so_many(chosen, len(answers.paths), asked=len(tried) == 1 and chosen > 1)]
    return " ".join([*said, *([how_stable(stability)] if stability else [])])


def _shares(answers: Answers, workload: Workload) -> Figure:
    ordered = sorted(workload.paths, key=lambda path: -path.share)
    most = workload.model_copy(update={"paths": type(workload.paths)(ordered[:BARS])})
    rows = [
        (Code(one.name), share(one.share), count(one.sessions), f"{one.requests_per_session:.1f}",
         share(one.pace_share))
        for one in answers.paths
    ]  # fmt: skip
    columns = ["user path", ">share", ">sessions", ">requests each", ">pace"]
    note = PACE if any(one.pace_share for one in answers.paths) else ""
    drawn = some(len(ordered), BARS, "user paths, in the table")
    spec = plot_paths(most).to_dict()
    says = " ".join(f"{path.name}: {share(path.share)}." for path in ordered[:STARTS])
    numbers = table("t-paths", "User paths", columns, rows, " ".join(filter(None, [drawn, note])))
    return Figure("f-paths", picture(spec, "f-paths", says), numbers)


def _graph(path: Path, name: str) -> Figure:
    says = (
        f"{share(path.share)} of sessions. Steps from left to right, and the moves between them, "
        f"as in the table. It begins with {_starts(path)}."
    )
    return Figure(name, picture(plot_path(path).to_dict(), name, says), _numbers(path, name))


def _moves(path: Path, name: str) -> More:
    """What stands in place of a graph that would be no picture any more."""
    told = f"{path.name}, {share(path.share)} of sessions: its moves between {len(path.moves)} steps"
    return More(told, (_numbers(path, name),))


def _numbers(path: Path, name: str) -> Table:
    moves = [
        (Code(step), Code(to), share(move.p), count(move.n))
        for step, nexts in path.moves.items()
        for to, move in sorted(nexts.items(), key=lambda pair: -pair[1].p)
    ]
    columns = ["from", "to", ">probability", ">times"]
    caption = f"Moves of {path.name}; it begins with {_starts(path)}"
    return table(f"t-{name}", caption, columns, moves[:MOVES], some(len(moves), MOVES, "moves"))


def _starts(path: Path) -> str:
    first = sorted(path.start.items(), key=lambda pair: -pair[1])[:STARTS]
    return ", ".join(f"{step} {share(p)}" for step, p in first)
