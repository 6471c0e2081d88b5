"""Routes as frameworks write them become routes as we write them: `/users/:id` is `/users/{id}`.

`http.route` has the syntax of the framework that matched it. The name of a parameter is kept, its type and
its pattern are not; `*` within a route is `{id}`; a segment with a parameter in it is one as a whole. A
template tells us nothing, and the route has to be found in the targets, where

- it takes any number of segments (`/static/*`, `{path...}`, `<path:name>`), for then all files of a site, or
  all that a proxy passes on, would be one endpoint;
- it names no resource (`{controller}/{action}/{id?}`);
- it does not fit the target, segment by segment: it lacks a prefix, or an optional part was left out.
"""

from __future__ import annotations

import re
from functools import lru_cache

LONGEST = 1000
"""Characters of a template; nobody writes a longer one."""
TELLS_NOTHING = re.compile(
    r"""
      \*\* | \.\.\. | \.[*+]\)               # /**, {path...}, [...path], (.*)
    | \{\*? [\w*]* [*+] \} | \{\* | :path\}  # {proxy+}, {path*}, {*path}, {path:path}
    | <path: | :\w+[*+] | (?:^|/)\*(?:\w|$) # <path:name>, :path*, /*path, /*
    | [{:] (?:controller|action)\b
    """,
    re.VERBOSE,
)
METHOD = re.compile(r"^[A-Z]+ ")
IN_GROUP = r"(?:[^()]|\([^()]*\))*"
NAMED_GROUP = re.compile(rf"\(\?P?<(\w+)>{IN_GROUP}\)")
CONSTRAINT = re.compile(rf"(?<=:)(\w+)\({IN_GROUP}\)")
OPTIONAL = re.compile(rf"\((?:[./]|method:){IN_GROUP}\)\??")
GROUP = re.compile(rf"\({IN_GROUP}\)")
ANCHOR = re.compile(r"\{\$\}|[\^$\\]|/\?$")
PARAMETER = re.compile(
    r"""
      \{ (?P<braces> [^{}]* (?: \{[^{}]*\} [^{}]* )* ) \}  # {id}, {id:int}, {id:[0-9]{3}}, {id?}
    | < (?: [^<>]* : )? (?P<angles> \w+ ) >                # <id>, <int:id>
    | \[+ (?P<brackets> \w+ ) \]+                          # [id]
    | (?<! [^-.] ) : (?P<colon> \w+ ) (?: \{[^{}]*\} )? \??  # :id, :from-:to, :id{[0-9]+}, :id?
    | \*
    """,
    re.VERBOSE,
)
NAME = re.compile(r"[A-Za-z_]\w*")
UNNAMED = "id"


def route_of(template: str | None, target: str) -> str | None:
    """The route that the framework matched, if it tells one and the target is of it."""
    if template is None or len(template) > LONGEST:
        return None
    route = normalised(template)
    return route if route and fits(route, target) else None


@lru_cache(maxsize=4096)
def normalised(template: str) -> str | None:
    """The template with every parameter as `{name}`, each name once. None if it tells nothing."""
    if TELLS_NOTHING.search(template):
        return None
    text = NAMED_GROUP.sub(r"{\1}", METHOD.sub("", template))
    text = GROUP.sub("{}", CONSTRAINT.sub(r"\1", OPTIONAL.sub("", text)))
    names: list[str] = []
    return "/" + "/".join(segment_of(part, names) for part in ANCHOR.sub("", text).strip("/").split("/"))


def segment_of(text: str, names: list[str]) -> str:
    """A segment of a template as we write it. Its name, if it is a parameter, is one of `names` then."""
    found = [NAME.search(match[match.lastgroup or 0]) for match in PARAMETER.finditer(text)]
    if not found:
        return text
    stem = "_".join(name[0] if name else UNNAMED for name in found)
    name, twin = stem, 2
    while name in names:
        name, twin = f"{stem}_{twin}", twin + 1
    names.append(name)
    return f"{{{name}}}"


def fits(route: str, target: str) -> bool:
    """Whether the target is one of the route's. Case and a last slash are the framework's business."""
    theirs = target.partition("?")[0].strip("/").split("/")
    ours = route.strip("/").split("/")
    return len(theirs) == len(ours) and all(
        one.startswith("{") or one.casefold() == other.casefold()
        for one, other in zip(ours, theirs, strict=True)
    )
