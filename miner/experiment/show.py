"""An experiment at the terminal: its table, with bars for a picture, and what it says."""

from __future__ import annotations

from rich.console import Console

from miner.experiment.conduct import SCENARIO, STANDARD
from miner.experiment.findings import FLAT, GROWING, PLACE, Experiment, Line, Point
from miner.experiment.plan import Plan
from miner.screen.terminal import count, heading, lines, table

BAR = 16
"""Characters of the longest bar."""
EIGHTHS = " ▏▎▍▌▋▊▉█"
ONLY_ASCII = "#"


def show_experiment(console: Console, found: Experiment) -> None:
    """A row per window with the median of both tests, a bar each, and what follows from them."""
    lines(console, [said_of_plan(found)])
    standard, scenario = found.line(STANDARD), found.line(SCENARIO)
    most = max(point.p50 for line in found.lines for point in line.points)
    rows = [
        (
            minutes(of, found.plan),
            ms(of.p50),
            bar(of.p50 / most, console),
            ms(other.p50),
            bar(other.p50 / most, console),
            f"{found.beside(window):.2f}",
        )
        for window, (of, other) in enumerate(zip(standard.points, scenario.points, strict=True))
    ]
    heading(console, "Half of the searches took less than")
    table(console, ["minute", ">standard test", "", ">scenario test", "", ">ratio"], rows)
    heading(console, "What it says")
    lines(console, [f"- {sentence}" for line in found.lines for sentence in said_of(line)])
    lines(console, [f"- {said_of_ratio(found)}", f"- {verdict(found)}"])


def said_of_plan(found: Experiment) -> str:
    """What was done, and what was not."""
    plan = found.plan
    what = (
        f"{count(plan.rps)} requests a second for {plan.seconds / 60:g} minutes, on {count(plan.users)} "
        f"users in {found.machine.database}, which are searched by {plan.search}."
    )
    if plan.window is None:
        return what
    added = count(sum(line.added for line in found.lines))
    return (
        f"{what} This is a time lapse: {len(plan.windows)} windows of {plan.window:g} s are real; in place "
        f"of the time between them, the {added} users that it would have created were inserted at once."
    )


def said_of(line: Line) -> list[str]:
    """What became of a test, in sentences."""
    first, last = line.points[0], line.points[-1]
    word = "is flat" if abs(line.growth) <= FLAT else "grew" if line.growth > 0 else "fell"
    searches = count(sum(point.searches for point in line.points))
    change = f"from {ms(first.p50)} to {ms(last.p50)}, {line.growth:+.0%} ({searches} searches)"
    objective = f"It {'meets' if line.outcome.passed else 'misses'} the objective: {line.outcome.sentence}"
    return [
        f"The {line.test} test {word}: {change}.",
        objective,
        *(f"The {line.test} test: {said}" for said in line.verdicts),
    ]


def said_of_ratio(found: Experiment) -> str:
    """What became of the scenario beside the standard test, whose windows took turns."""
    first, last = found.beside(0), found.beside(-1)
    return (
        f"Beside the standard test, with which it took turns, the scenario's search took {first:.2f} times "
        f"as long at first, and {last:.2f} times at the end: {last / first - 1:+.0%}."
    )


def verdict(found: Experiment) -> str:
    """What both tests together say."""
    base = f"A search took {ms(found.base)} when it was calibrated; the objective is {PLACE:g} times as much."
    if found.told_apart:
        return f"{base} Only the scenario test shows what becomes of the search as users come."
    if found.line(SCENARIO).growth < GROWING:
        return f"{base} Neither test shows a search that becomes slower as users come."
    return (
        f"{base} The standard test was not steady (more than {FLAT:.0%}): something else used this machine."
    )


def minutes(window: Point, plan: Plan) -> str:
    """From minute to minute; in a time lapse, where a window is short, when it was."""
    start, end = window.start / 60, window.end / 60
    return f"{start:.3g} to {end:.3g}" if plan.window is None else f"{start:.0f}"


def ms(seconds: float) -> str:
    """Three digits of milliseconds, or of seconds where they are many."""
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def bar(part: float, console: Console) -> str:
    """As long as `part` of the longest."""
    if console.encoding.lower().replace("-", "") != "utf8":
        return ONLY_ASCII * max(1, round(part * BAR))
    whole, eighths = divmod(round(part * BAR * 8), 8)
    return EIGHTHS[8] * whole + EIGHTHS[eighths].strip()
