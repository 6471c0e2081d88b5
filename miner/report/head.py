"""The head of the page: what was recorded, in numbers, and a verdict on each question that matters."""

from __future__ import annotations

from collections.abc import Iterator

from miner.report.blocks import NONE, Number, Verdict, Word
from miner.report.faithful import faithful
from miner.report.findings import Findings
from miner.report.generator import kept_up
from miner.report.objectives import held, tally
from miner.report.words import how_long
from miner.screen.answers import Answers
from miner.screen.terminal import count, duration, share


def verdicts(found: Findings) -> tuple[Verdict, ...]:
    """Faithful? Objectives held? Generator kept up?"""
    return (_faithful(found), _held(found), _kept_up(found))


def _faithful(found: Findings) -> Verdict:
    question, link = "Is the replay like the recording?", "fidelity"
    of = found.fidelity
    if of is None:
        return Verdict(question, Word("Not looked at", NONE), "No replay is part of this report.", link)
    word, text = faithful(found, of)
    return Verdict(question, word, text, link)


def _held(found: Findings) -> Verdict:
    question, link = "Do the objectives hold?", "objectives"
    if found.checked is None:
        return Verdict(question, Word("None given", NONE), "No objectives are part of this report.", link)
    return Verdict(question, held(found.checked), tally(found.checked), link)


def _kept_up(found: Findings) -> Verdict:
    question = "Did the generator keep up?"
    if found.replayed is None:
        return Verdict(question, Word("No run", NONE), "No replay is part of this report.", "fidelity")
    run = found.replayed.run
    text = f"{how_long(run.late_p99)} late at p99." if run.kept_up else run.verdict
    return Verdict(question, kept_up(run), text, "generator")


def recorded(answers: Answers) -> str:
    """Which traffic the page is about."""
    first, last = answers.first_at, answers.last_at
    when = f"from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC" if first and last else ""
    files = answers.sources
    named = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
    return f"Recorded in {named} {when}".strip() + "."


def numbers(found: Findings) -> Iterator[Number]:
    """What was recorded, in a few numbers."""
    answers = found.answers
    one = answers.requests_per_session
    if answers.first_at and answers.last_at:
        yield Number(duration((answers.last_at - answers.first_at).total_seconds()), "recorded")
    yield Number(count(one.sessions), "sessions")
    yield Number(count(one.requests), "requests")
    yield Number(f"{one.mean:.1f}", "requests in a session")
    yield Number(count(len(answers.paths)), "user paths" if len(answers.paths) > 1 else "user path")
    yield Number(share(answers.client_error_share), "client errors")
