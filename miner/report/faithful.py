"""Whether the replay is like the recording, in the page."""

from __future__ import annotations

from collections.abc import Iterator

from miner.report import behind, charts
from miner.report.blocks import (
    BAD,
    FAIR,
    GOOD,
    Block,
    Code,
    Figure,
    Figures,
    More,
    Points,
    Prose,
    Said,
    Section,
    Table,
    Word,
    some,
    table,
)
from miner.report.findings import Findings
from miner.report.pictures import Spec, picture
from miner.screen.reports import CLOSE, DIFFERS, KINDS, MOST_CHANGES, NOISE, failing, word, worst
from miner.screen.terminal import count
from miner.verify import Difference, Fidelity
from miner.verify import Figure as Distance

MEANS = {"as good as noise": GOOD, "close": FAIR, DIFFERS: BAD}
WHAT = {
    "request_mix": "shares of endpoints",
    "moves": "shares of two in a row",
    "triples": "shares of three in a row",
    "session_length": "requests in a session",
    "session_duration": "seconds in a session",
    "think_time": "pauses, all together",
    "think_time_by_move": "pauses, move by move",
    "client_errors": "share of client-side errors",
    "arrivals": "when sessions start",
    "auc": "whether a classifier tells them apart: 0.5 is not at all",
}
"""What each figure compares."""
TITLES = (
    "Pauses between steps",
    "Requests of a session",
    "Duration of a session",
    "The moves made most often",
)
HOW = "Replay the load test with `mine replay`, and give the folder of the run to `mine report`."
READS = (
    "Two sets of sessions always differ, even two halves of the same log: that is the floor of a figure. "
    "The ratio is distance over floor. At 1 the replay differs from the recording as much as that does from "
    f"itself; up to {NOISE:g} it is called as good as noise, up to {CLOSE:g} close."
)


def fidelity(found: Findings) -> Section:
    """Whether the replay is like the recording, or how to find out."""
    title, of = "Is the replay like the recording?", found.fidelity
    blocks = (Prose(f"No replay was looked at. {HOW}"),) if of is None else tuple(_fidelity(found, of))
    return Section("fidelity", title, blocks)


def faithful(found: Findings, of: Fidelity) -> tuple[Word, str]:
    """The verdict on the whole, and why."""
    if over := failing(of, found.gate, found.auc_gate):
        return Word("No", BAD), _plain(" ".join(over))
    highest = f"the highest is {_plain(of.worst.name)}, {of.worst.ratio or 0:.2f}"
    noise = all(word(figure) == "as good as noise" for figure in of.figures)
    said = f"Every ratio is at most {found.gate:g}; {highest}."
    return (Word("Yes", GOOD) if noise else Word("Close", FAIR)), said


def _plain(text: str) -> str:
    """The names of figures as words."""
    return text.replace("_", " ")


def _fidelity(found: Findings, of: Fidelity) -> Iterator[Block]:
    yield Said(*faithful(found, of))
    sessions = f"{count(of.sessions_a)} recorded sessions against {count(of.sessions_b)} replayed ones."
    yield Prose(f"{sessions} {READS}")
    columns = ["figure", "compares", ">distance", ">floor", ">ratio", "verdict"]
    yield table("t-fidelity", "Distances between recording and replay", columns, map(_row, of.figures))
    yield Figure("f-ratios", picture(charts.ratios(of.figures), "f-ratios"), behind.ratios(of.figures))
    yield from _changes(of)
    if shown := [_laid(spec, number) for number, spec in enumerate(found.laid_over, start=1)]:
        says = "One laid over the other: the share of pauses or sessions that are no longer than that."
        yield Figures(tuple(shown[:-1]), says)
        yield shown[-1]
    if of.remarks:
        yield Prose("What else there is to say; A is the recording, B the replay:")
        yield Points(of.remarks)


def _row(one: Distance) -> tuple[str | Word, ...]:
    ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
    numbers = f"{one.distance:.4f}", f"{one.floor:.4f}", ratio
    return _plain(one.name), WHAT.get(one.name, ""), *numbers, Word(word(one), MEANS[word(one)])


def _laid(spec: Spec, number: int) -> Figure:
    name, title = f"f-laid-{number}", TITLES[number - 1]
    says = "Recorded and replayed laid over each other, as in the table."
    return Figure(name, picture({**spec, "title": title}, name, says), behind.laid_over(spec, title, name))


def _changes(of: Fidelity) -> Iterator[Block]:
    """What changed beyond noise, and where they differ most though that may be noise."""
    if of.changes:
        yield Prose("What changed beyond noise, largest first:")
        yield Points(tuple(change.sentence for change in of.changes[:MOST_CHANGES]))
        if more := some(len(of.changes), MOST_CHANGES, "smaller changes"):
            yield Prose(more)
    else:
        yield Prose("No share, move, pause or rate by itself changed beyond noise.")
    if found := [one for kind in KINDS for one in worst(of, kind)]:
        yield More("Where they differ most, also where that is noise", (_most(found),))


def _most(found: list[Difference]) -> Table:
    rows = [(Code(one.name), one.what, *(_side(one, side) for side in (one.a, one.b))) for one in found]
    caption = "Moves by their share, pauses at the median"
    return table("t-differences", caption, ["move", "what", ">recorded", ">replayed"], rows)


def _side(one: Difference, value: float) -> str:
    return f"{value:.1f} s" if one.what == "pause" else f"{100 * value:.1f} %"
