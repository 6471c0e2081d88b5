"""What users do: the five questions and their answers."""

from __future__ import annotations

from collections.abc import Iterator

from miner.report.blocks import Block, Code, Part, Prose, Section, long_table, table
from miner.report.findings import Findings
from miner.report.pauses import pauses
from miner.report.together import together
from miner.report.user_paths import user_paths
from miner.screen.answers import Answers
from miner.screen.show_answers import statuses
from miner.screen.terminal import count, duration, share


def users(found: Findings) -> Section:
    """The five questions and their answers."""
    answers, workload = found.answers, found.workload
    parts = {
        "How many requests does a user make in one session?": _lengths(answers),
        "Which paths do users take, and in what shares?": user_paths(answers, workload),
        "Which other operations run at the same time?": together(answers, workload),
        "How long do users pause between actions?": pauses(found),
        "What share of requests ends in a client-side error?": _errors(answers),
    }
    numbered = enumerate(parts.items(), start=1)
    return Section(
        "users",
        "What users do",
        parts=tuple(Part(f"question-{n}", title, tuple(blocks)) for n, (title, blocks) in numbered),
    )


def _lengths(answers: Answers) -> Iterator[Block]:
    one = answers.requests_per_session
    single = f"{share(one.single)} have" if one.single else "None has"
    said = [
        f"A session has {one.mean:.1f} requests on average. {single} only one.",
        f"A silence of {duration(answers.gap)} ends a session; visitors are told apart by {answers.visitor}.",
    ]
    if again := answers.coming_again:
        said.append(
            f"{share(again.share)} are followed by another of the same visitor within "
            f"{duration(again.within)}, after {duration(again.median)} at the median."
        )
    yield Prose(" ".join(said))
    rows = [
        ("requests", f"{one.mean:.1f}", str(one.median), str(one.p90), count(one.most)),
        ("duration", "", duration(one.seconds_median), duration(one.seconds_p90), ""),
    ]
    yield table("t-lengths", "A session", ["", ">mean", ">median", ">p90", ">most"], rows)


def _errors(answers: Answers) -> Iterator[Block]:
    part = answers.client_error_share
    yield Prose(f"{share(part)} of all." if part else "None.")
    rows = [
        (
            Code(one.name or one.endpoint),
            count(one.requests),
            share(one.client_errors),
            share(one.server_errors),
            statuses(one.statuses, one.requests),
        )
        for one in answers.client_errors
        if one.client_errors or one.server_errors
    ]
    columns = ["operation", ">requests", ">client errors", ">server errors", "by status"]
    yield from long_table("t-errors", "Errors by operation", columns, rows, "operations")
    if part and len(answers.client_errors_by_path) > 1:
        paths = [(Code(path), share(of)) for path, of in answers.client_errors_by_path.items()]
        columns = ["user path", ">client errors"]
        yield from long_table("t-error-paths", "Client errors by user path", columns, paths, "user paths")
    yield from _causes(answers)


def _causes(answers: Answers) -> Iterator[Block]:
    names = {one.endpoint: one.name for one in answers.client_errors}
    rows = [
        (
            Code(names.get(one.endpoint) or one.endpoint),
            str(one.status),
            one.what,
            share(one.refused),
            share(one.accepted),
        )
        for one in sorted(answers.client_error_causes, key=lambda one: -one.n)
    ]
    columns = ["operation", ">status", "what seems to cause it", ">refused", ">accepted"]
    yield from long_table("t-causes", "What refused requests have in common", columns, rows, "causes")
