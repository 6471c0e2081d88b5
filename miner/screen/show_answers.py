"""The answers to the five questions, as a person would like to read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby, takewhile

from rich.console import Console
from rich.text import Text

from miner.generate.prose import listed
from miner.paths.stability import Stability
from miner.screen.answers import Answers, MainMove, Pauses, TakenPath
from miner.screen.terminal import count, duration, heading, lines, name, share, table

STABLE = 0.8
"""Mean agreement from which user paths are called stable: between Hennig's 0.75 (valid) and 0.85 (highly)."""


def show_answers(console: Console, found: Answers, *, brief: bool = False) -> None:
    """All answers are printed, then what the logs could not tell and what was left out.

    `brief` leaves out the tables by endpoint.
    """
    lines(console, [_recorded(found)])
    for show in BRIEF if brief else QUESTIONS:
        show(console, found)
    _show_unknown(console, found)
    _show_left_out(console, found)


def _recorded(found: Answers) -> str:
    """Which traffic the answers are about."""
    lengths = found.requests_per_session
    first, last = found.first_at, found.last_at
    when = f", {first:%Y-%m-%d} to {last:%Y-%m-%d}" if first and last else ""
    return (
        f"{', '.join(found.sources)}{when}: {count(lengths.sessions)} sessions of {count(lengths.requests)} "
        f"requests. Visitors are told apart by {found.visitor}; "
        f"a silence of {duration(found.gap)} ends a session."
    )


def _show_lengths(console: Console, found: Answers) -> None:
    heading(console, "1. How many requests does a user make in one session?")
    one = found.requests_per_session
    single = share(one.single) if one.single else "none"
    lines(
        console,
        [
            f"{one.mean:.1f} on average; {one.median} at the median, {one.p90} at p90.",
            f"The longest has {count(one.most)}; {single} have only one.",
            f"They last {duration(one.seconds_median)} at the median, {duration(one.seconds_p90)} at p90.",
        ],
    )
    if again := found.coming_again:
        later = f"{share(again.share)} are followed by another of the same visitor within"
        lines(console, [f"{later} {duration(again.within)}, after {duration(again.median)} at the median."])


def _show_paths(console: Console, found: Answers) -> None:
    heading(console, "2. Which paths do users take, and in what shares?")
    for path in found.paths:
        rows = [("starts with", _listed(_most(path.start)))]
        rows += [(step, "→ " + _listed(nexts)) for step, nexts in _by_step(path.moves)]
        lines(console, [_taken(path)])
        table(console, ["", "", ""], [("", step, nexts) for step, nexts in rows])
    _show_choice(console, found)


def _show_choice(console: Console, found: Answers) -> None:
    """How many paths there are, why so many, and whether other sessions would have shown the same."""
    tried, stable = found.paths_tried, found.stability
    best = min(one.bic for one in tried), min(one.icl for one in tried)
    console.print()
    chosen = next(one.paths for one in tried if one.chosen)
    lines(console, [why_so_many(chosen, len(found.paths), asked=len(tried) == 1 and chosen > 1)])
    if len(tried) > 1:
        rows = [
            (
                f"{one.paths}{' (chosen)' if one.chosen else ''}",
                f"+{one.bic - best[0]:,.0f}",
                f"+{one.icl - best[1]:,.0f}",
                share(one.smallest),
            )
            for one in tried
        ]
        table(console, ["paths by moves", ">BIC", ">ICL", ">smallest path"], rows)
    if stable:
        console.print()
        lines(console, [how_stable(stable)])


def why_so_many(chosen: int, paths: int, *, asked: bool) -> str:
    if asked:
        return f"{paths} paths, as asked for."
    later = "" if paths == chosen else f" What pauses tell, and what shares no step, makes {paths} of them."
    told = f"tells {chosen} apart" if chosen > 1 else "tells no two apart"
    why = f"How sessions move {told}, by a clear margin of the BIC (less is better)."
    return why + later


def how_stable(stable: Stability) -> str:
    again = ", ".join(map(str, stable.paths))
    fewer = "record more" if max(stable.paths) == 1 else "ask for fewer with --paths, or record more"
    verdict = "stable" if stable.mean >= STABLE else f"not stable: {fewer}"
    drawn = f"{count(stable.sessions)} sessions drawn again {len(stable.paths)} times"
    agreed = f"sessions agree by {stable.mean:.2f} (Rand index: 1 is all, 0 chance)"
    return f"The paths are {verdict}. In {drawn} there were {again}, and {agreed}."


def _taken(path: TakenPath) -> str:
    return (
        f"{share(path.share)}  {path.name}: {count(path.sessions)} sessions, "
        f"{path.requests_per_session:.1f} requests each"
    )


def _most(shares: dict[str, float]) -> list[tuple[str, float]]:
    """The steps that more than one session in a hundred starts with, most first."""
    ordered = sorted(shares.items(), key=lambda pair: -pair[1])
    return [pair for pair in ordered if pair[1] >= 0.01] or ordered[:1]


def _by_step(moves: Iterable[MainMove]) -> list[tuple[str, list[tuple[str, float]]]]:
    """The moves from each step, the step with the most of them first."""
    order = list(dict.fromkeys(move.step for move in moves))
    ordered = sorted(moves, key=lambda move: order.index(move.step))
    return [(step, [(m.to, m.p) for m in of]) for step, of in groupby(ordered, key=lambda move: move.step)]


def _listed(shares: list[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {part:.0%}".replace("%", " %") for name, part in shares)


def _show_together(console: Console, found: Answers) -> None:
    heading(console, "3. Which other operations run at the same time?")
    one = found.at_the_same_time
    reading = round(100 * (1 - one.writing))
    about = f"{reading} % of requests read, {100 - reading} % write. "
    lines(console, [about + f"The busiest hour began at {one.busiest_hour:%Y-%m-%d %H:%M} UTC."])
    table(
        console,
        ["", ">all hours", ">busiest hour", ">at most"],
        [
            (
                "sessions under way",
                f"{one.sessions_mean:.3g}",
                f"{one.sessions_busiest:.3g}",
                count(one.sessions_most),
            ),
            (
                "requests per second",
                f"{one.requests_per_second_mean:.3g}",
                f"{one.requests_per_second_busiest:.3g}",
                "",
            ),
        ],
    )
    console.print()
    common = common_route([operation.endpoint for operation in one.operations])
    rows = [
        (o.name, o.endpoint.replace(common, "", 1), share(o.share), share(o.share_busiest))
        for o in one.operations
    ]
    table(console, ["name", f"endpoint below {common}" if common else "endpoint", ">all", ">busiest"], rows)


def common_route(endpoints: list[str]) -> str:
    """The segments that all routes begin with, if that leaves something of each; else nothing."""
    routes = [endpoint.partition(" ")[2].split("/")[:-1] for endpoint in endpoints]
    shared = takewhile(lambda here: len(set(here)) == 1, zip(*routes, strict=False))
    return "/".join(here[0] for here in shared)


def _show_pauses(console: Console, found: Answers) -> None:
    heading(console, "4. How long do users pause between actions?")
    rows: list[list[str | Text]] = [
        [name(one.path), count(one.pauses), *quantiles(one)] for one in found.pauses
    ]
    table(console, ["path", ">pauses", ">p10", ">median", ">p90", ">p99"], rows)
    paced = [f"{share(one.pace_share)} on {one.name}" for one in found.paths if one.pace_share]
    if paced:
        told = "Some visitors are slower than others. Of the variance of log pauses, that is "
        lines(console, [f"{told}{listed(paced)}."])
    if found.clock >= 0.5:
        ticks = f"As logged, by a clock that ticks every {duration(found.clock)}; the workload allows for it."
        lines(console, [ticks])


def quantiles(one: Pauses) -> tuple[str, ...]:
    """The quantiles in words."""
    return tuple(map(duration, (one.p10, one.median, one.p90, one.p99)))


def _show_errors(console: Console, found: Answers) -> None:
    heading(console, "5. What share of requests ends in a client-side error?")
    lines(console, [f"{share(found.client_error_share)} of all." if found.client_error_share else "None."])
    rows = [
        (one.name, count(one.requests), share(one.client_errors), statuses(one.statuses, one.requests))
        for one in found.client_errors
        if one.client_errors or one.server_errors
    ]
    if rows:
        table(console, ["name", ">requests", ">client errors", "by status"], rows)
    if found.client_error_share:
        paths = [(path, share(part)) for path, part in found.client_errors_by_path.items()]
        console.print()
        table(console, ["path", ">client errors"], paths)
    _show_causes(console, found)


def _show_causes(console: Console, found: Answers) -> None:
    """What refused requests have in common, the most frequent first."""
    names = {one.endpoint: one.name for one in found.client_errors}
    rows = [
        (
            f"{names.get(one.endpoint, one.endpoint)}: {one.status}",
            one.what,
            share(one.refused),
            share(one.accepted),
        )
        for one in sorted(found.client_error_causes, key=lambda one: -one.n)
    ]
    if rows:
        console.print()
        table(console, ["what was refused", "what seems to cause it", ">refused", ">accepted"], rows)


def statuses(statuses: dict[int, int], requests: int) -> str:
    """The errors of both kinds, the most frequent first."""
    errors = sorted(((n, status) for status, n in statuses.items() if status >= 400), reverse=True)
    return ", ".join(f"{status}: {share(n / requests)}" for n, status in errors)


def _show_unknown(console: Console, found: Answers) -> None:
    if unknown := [*found.unknown, *found.remarks]:
        heading(console, "What the logs could not tell")
        lines(console, [f"- {sentence}" for sentence in unknown])


def _show_left_out(console: Console, found: Answers) -> None:
    if found.left_out or found.unreadable:
        heading(console, "What was left out")
        rows = [(count(n), f"requests: {reason}") for reason, n in found.left_out.items()]
        rows += [(count(n), f"lines: {reason}") for reason, n in found.unreadable.items()]
        table(console, [">", ""], rows)


Show = Callable[[Console, Answers], None]
QUESTIONS: tuple[Show, ...] = (_show_lengths, _show_paths, _show_together, _show_pauses, _show_errors)
BRIEF: tuple[Show, ...] = (_show_lengths, _show_paths, _show_pauses)
