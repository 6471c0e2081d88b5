"""Which targets are of one route: `/users/812` and `/users/7` are `/users/{user_id}`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from miner.errors import MinerError
from miner.paths.openapi import Document
from miner.paths.segment_kinds import is_locale, is_mixed, is_slug, kind, mask
from miner.workload import PARAMETER, ROUTE

MOST_ROUTES = 400
"""Inferred routes that a site may have: beyond, words count as values sooner."""
SHARED = 3
"""Words under which the same goes on, from which on each of them may be a value."""
PARAM = "{}"
LOCALE = "{locale}"
MATRIX = re.compile(r";[^/]*")

Segments = tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """How many different segments in one place are values (names, slugs), not literals."""

    words: int = 25
    slugs: int = 8
    numbered: int = 4
    """Words that differ only in their digits."""
    alike: bool = True
    """Whether words under which nothing is shared stay literals."""


LEVELS = (Limits(), Limits(10, 4, 2), Limits(4, 2, 1), Limits(1, 1, 1), Limits(0, 0, 0, alike=False))
MANY_WORDS = LEVELS[0].words


@dataclass(frozen=True)
class Routes:
    """The route of each path.

    `folded` are routes that are there only because a site had too many: how many each stands for.
    """

    routes: dict[str, str]
    folded: dict[str, int]


def find_routes(paths: Iterable[str], document: Document | None = None, rules: Sequence[str] = ()) -> Routes:
    """The route of each of the distinct `paths` (targets without their query).

    `rules` (`/shop/{category}/{slug}`) come first, then templates of the OpenAPI `document`; what matches
    none is inferred. Matrix parameters (`;jsessionid=...`) are of no route. The order of `paths` does not
    matter, paths of different depth never share a route, and a route is its own. Raises MinerError for a
    rule that is no route.
    """
    own = Document({"paths": {checked(rule): {} for rule in rules}})
    known: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for path in set(paths):
        plain = "/" + MATRIX.sub("", path).lstrip("/")  # with a second slash, the next segment were a host
        template = own.template(plain) or (document.template(plain) if document else None)
        if template:
            known[path] = template
        else:
            unknown[path] = plain
    inferred, folded = infer(set(unknown.values()))
    return Routes(known | {path: inferred[plain] for path, plain in unknown.items()}, folded)


def checked(rule: str) -> str:
    """The rule. Raises MinerError if it is no route."""
    names = PARAMETER.findall(rule)
    if not ROUTE.fullmatch(rule) or len(set(names)) < len(names) or not names:
        raise MinerError(
            f"--route {rule!r} is no route with parameters.", "Write it like /shop/{category}/{slug}."
        )
    return rule


def infer(paths: Collection[str]) -> tuple[dict[str, str], dict[str, int]]:
    """The inferred route of each path, and what was folded."""
    plain = {path: "/".join(PARAM if _is_bare_id(one) else one for one in path.split("/")) for path in paths}
    usual = found = _settled(set(plain.values()), LEVELS[0])
    for limits in LEVELS[1:]:
        if len(set(found.values())) <= MOST_ROUTES:
            break
        found = _settled(set(plain.values()), limits)
    before = defaultdict(set)
    for path, route in found.items():
        before[route].add(usual[path])
    folded = {route: len(usually) for route, usually in before.items() if len(usually) > 1}
    return {path: found[one] for path, one in plain.items()}, dict(sorted(folded.items()))


def _is_bare_id(segment: str) -> bool:
    """Whether it is an id that has no name yet."""
    return kind(segment) not in {None, "parameter"}


def _settled(paths: Collection[str], limits: Limits) -> dict[str, str]:
    """The route of each path, such that it is its own route too."""
    found = {path: path for path in paths}
    while True:
        by_depth: dict[int, list[Segments]] = defaultdict(list)
        for path in sorted(set(found.values())):
            by_depth[path.count("/")].append(tuple(path.split("/")))
        step = {
            "/".join(segments): _named(template)
            for same_depth in by_depth.values()
            for segments, template in _templates(same_depth, 0, limits).items()
        }
        if all(path == route for path, route in step.items()):
            return found
        found = {path: step[route] for path, route in found.items()}


def _templates(paths: list[Segments], place: int, limits: Limits) -> dict[Segments, Segments]:
    """The template of each path, whose segments before `place` are settled; `{}` is a parameter."""
    if place == len(paths[0]):
        return dict.fromkeys(paths, ())
    values = _values(paths, place, limits)
    groups: dict[str, list[Segments]] = defaultdict(list)
    for path in paths:
        groups[values.get(path[place], path[place])].append(path)
    return {
        path: (segment, *rest)
        for segment, group in groups.items()
        for path, rest in _templates(group, place + 1, limits).items()
    }


def _values(paths: list[Segments], place: int, limits: Limits) -> dict[str, str]:
    """The segments at `place` that are values, and the parameter that stands for each, old or new."""
    segments = {path[place] for path in paths}
    ids = {segment for segment in segments if kind(segment)}
    names = {segment for segment in ids - {PARAM, LOCALE} if kind(segment) == "parameter"}
    stands = min(names) if names and PARAM not in ids else PARAM
    found = dict.fromkeys(ids - {LOCALE}, stands)
    alike = _alike(paths, place, segments - ids) if limits.alike else segments - ids
    locales = {segment for segment in alike if is_locale(segment)}
    if len(locales) + (LOCALE in ids) > 1:
        found |= dict.fromkeys(locales, LOCALE)
        alike -= locales
    masks = Counter(mask(segment) for segment in alike)
    numbered = {one for one in alike if mask(one) and masks[mask(one)] > limits.numbered}
    slugs = {one for one in alike if is_slug(one)}
    mixed = {one for one in alike if ids and is_mixed(one)}
    for some, most in ((mixed, 0), (numbered, 0), (slugs, limits.slugs), (alike, limits.words)):
        if len(some) > most:
            found |= dict.fromkeys(some, stands)
    return found


def _alike(paths: list[Segments], place: int, words: set[str]) -> set[str]:
    """The words under which paths go on as under others, in half of the ways at least."""
    under: dict[str, set[Segments]] = defaultdict(set)
    for path in paths:
        rest = tuple(PARAM if kind(one) else one for one in path[place + 1 :])
        under[path[place]].add(rest)
    shared = Counter(rest for rests in under.values() for rest in rests)
    return {
        word
        for word in words
        if 2 * sum(shared[rest] >= SHARED for rest in under[word]) >= len(under[word])
        or (is_locale(word) and any(shared[rest] > 1 for rest in under[word]))
    }


def _named(template: Segments) -> str:
    """The route with each parameter named after the literal before it, each name once."""
    names: list[str] = []
    segments = []
    before = ""
    for segment in template:
        if kind(segment) == "parameter":
            name = segment[1:-1] or f"{singular(snake(before)) or 'value'}_id"
            twin = 2
            while name in names:
                name, twin = f"{name.rstrip('0123456789_')}_{twin}", twin + 1
            names.append(name)
            segments.append(f"{{{name}}}")
        else:
            before = segment
            segments.append(segment)
    return "/".join(segments)


def snake(text: str) -> str:
    """`friendRequests` and `friend-requests` as `friend_requests`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def singular(word: str) -> str:
    """An English noun without its plural, as far as spelling tells."""
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    return word.removesuffix("s") if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
