"""Which targets are of one route: `/users/812` and `/users/7` are `/users/{user_id}`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from miner.paths.openapi import Document

KINDS = {
    "integer": re.compile(r"-?\d+"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "hex": re.compile(r"(?=.*\d)[0-9a-fA-F]{8,}"),
    "address": re.compile(r"[^@/]+@[^@/]+|[^@/]+%40[^@/]+"),
}
"""Shapes of a segment that is an id, whatever stands around it."""
MANY_WORDS = 25
"""Different words in one place from which they are values (names, slugs), not literals."""
PLAIN = re.compile(r"[A-Za-z0-9_.~!$&'()*+,;=:@%-]*")
"""What a route's literal segments may hold; anything else becomes a parameter."""

Segments = tuple[str, ...]


def routes(paths: Iterable[str], document: Document | None = None) -> dict[str, str]:
    """The route of each of the distinct `paths` (targets without their query).

    Templates of the OpenAPI `document` come first; what matches none is inferred. The order of
    `paths` does not matter, paths of different depth never share a route, and a route is its own.
    """
    found: dict[str, str] = {}
    unknown: list[str] = []
    for path in sorted(set(paths)):
        template = document.template(_one_slash(path)) if document else None
        if template:
            found[path] = template
        else:
            unknown.append(path)
    inferred = infer(sorted({_one_slash(path) for path in unknown}))
    return found | {path: inferred[_one_slash(path)] for path in unknown}


def _one_slash(path: str) -> str:
    """`path` beginning with one slash: a second one would make the next segment a host."""
    return "/" + path.lstrip("/")


def infer(paths: Sequence[str]) -> dict[str, str]:
    """The inferred route of each path."""
    by_depth: dict[int, list[Segments]] = defaultdict(list)
    for path in paths:
        by_depth[path.count("/")].append(tuple(path.split("/")))
    return {
        "/".join(segments): _named(template)
        for same_depth in by_depth.values()
        for segments, template in _templates(same_depth, 0).items()
    }


def _templates(paths: list[Segments], place: int) -> dict[Segments, Segments]:
    """The template of each path, whose segments before `place` are settled; `{}` is a parameter."""
    if place == len(paths[0]):
        return dict.fromkeys(paths, ())
    groups: dict[str, list[Segments]] = defaultdict(list)
    words = {path[place] for path in paths if not _is_id(path[place])}
    too_many = len(words) > MANY_WORDS
    for path in paths:
        segment = path[place]
        groups["{}" if _is_id(segment) or too_many else segment].append(path)
    return {
        path: (segment, *rest)
        for segment, group in groups.items()
        for path, rest in _templates(group, place + 1).items()
    }


def _is_id(segment: str) -> bool:
    if segment.startswith("{") and segment.endswith("}"):
        return True
    return not PLAIN.fullmatch(segment) or any(kind.fullmatch(segment) for kind in KINDS.values())


def _named(template: Segments) -> str:
    """The route with each parameter named after the literal before it, each name once."""
    names: list[str] = []
    segments = []
    before = ""
    for segment in template:
        if segment == "{}":
            name = f"{singular(snake(before)) or 'value'}_id"
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
