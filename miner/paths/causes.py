"""What seems to cause client errors: what refused requests have, and accepted ones lack."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from miner.paths.asked import Step, read_steps
from miner.store import Store

FEW = 10
"""Refused requests below which nothing is said of them."""
TELLING = 0.5
"""How much larger the share of refused requests that have it must be than that of accepted ones."""
USUAL = 0.9
"""Share of accepted requests that have a parameter from which it is taken to be required."""
NOT_THERE = frozenset({403, 404, 410})
"""Statuses that say that something is not there, whatever it is called; others are of how requests look."""
RARE = 0.01
"""Share of accepted values at either end that are no measure of how long a value may be."""


@dataclass(frozen=True)
class Cause:
    """What most requests of an endpoint that were answered with a status have in common."""

    endpoint: str
    status: int
    n: int
    """Requests so answered, among the sessions that were looked at."""
    what: str
    """In words: `without username`."""
    refused: float
    """Share of them that have it."""
    accepted: float
    """Share of accepted requests of the endpoint that have it."""


@dataclass(frozen=True)
class Case:
    """A request, and what other requests tell of it."""

    step: Step
    again: bool
    """Whether the same had succeeded before in its session."""
    strange: frozenset[str]
    """Its parameters whose value succeeded in no other request."""


Test = Callable[[Case], bool]


def read_causes(store: Store) -> list[Cause]:
    """The causes of client errors in the sessions of the store."""
    return causes(read_steps(store))


def causes(steps: Iterable[Step]) -> list[Cause]:
    """The likeliest cause of each endpoint's client errors by status, if one tells them from accepted ones.

    `steps` are in the order of the log. What stands in bodies no log shows, so it is never found.
    """
    by_endpoint: dict[str, list[Case]] = defaultdict(list)
    for case in _cases(list(steps)):
        by_endpoint[case.step.endpoint].append(case)
    return [
        cause for endpoint, cases in sorted(by_endpoint.items()) for cause in _of_endpoint(endpoint, cases)
    ]


def _cases(steps: list[Step]) -> Iterator[Case]:
    succeeded = Counter(value for step in steps if step.good for value in step.values.items())
    worked: set[tuple[object, ...]] = set()
    for step in steps:
        key = step.session, step.endpoint, tuple(step.values.items())
        alone = (name for name, value in step.values.items() if succeeded[name, value] == step.good)
        strange = () if step.worked else alone
        yield Case(step, key in worked, frozenset(strange))
        if step.good:
            worked.add(key)


def _of_endpoint(endpoint: str, cases: list[Case]) -> Iterator[Cause]:
    good = [case for case in cases if case.step.good]
    refused: dict[int, list[Case]] = defaultdict(list)
    for case in cases:
        if 400 <= case.step.status < 500:
            refused[case.step.status].append(case)
    for status, bad in sorted(refused.items()):
        if len(bad) < FEW or not good:
            continue
        tried = [
            Cause(endpoint, status, len(bad), what, _share(test, bad), _share(test, good))
            for what, test in _tests(good, status)
        ]
        best = max(tried, key=lambda one: one.refused - one.accepted)
        if best.refused - best.accepted >= TELLING:
            yield best


def _share(test: Test, cases: list[Case]) -> float:
    return sum(map(test, cases)) / len(cases)


def _tests(good: list[Case], status: int) -> Iterator[tuple[str, Test]]:
    """What could set a refused request apart from `good` ones, in words; the more particular first."""
    yield "without a user", lambda case: not case.step.named
    for name in dict.fromkeys(name for case in good for name in case.step.values):
        if status in NOT_THERE:
            yield f"no request with this {name} succeeded", _strange(name)
        else:
            yield from _of_look(name, good)
    yield "the same request had succeeded before in the session", lambda case: case.again


def _strange(name: str) -> Test:
    return lambda case: name in case.strange


def _of_look(name: str, good: list[Case]) -> Iterator[tuple[str, Test]]:
    lengths = sorted(len(case.step.values[name]) for case in good if name in case.step.values)
    beyond = int(len(lengths) * RARE)
    shortest, longest = lengths[beyond], lengths[-1 - beyond]
    if len(lengths) >= USUAL * len(good):
        yield f"without {name}", lambda case: name not in case.step.values
    yield f"{name} is empty", lambda case: case.step.values.get(name) == ""
    yield (
        f"{name} has fewer than {shortest} characters",
        lambda case: name in case.step.values and len(case.step.values[name]) < shortest,
    )
    yield (
        f"{name} has more than {longest} characters",
        lambda case: len(case.step.values.get(name, "")) > longest,
    )
