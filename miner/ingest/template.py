"""A format string becomes pieces: the text between variables, and what each variable holds."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from miner.errors import MinerError
from miner.ingest.dialects import DIALECTS, REQUEST, WORD, Dialect, Meaning, dialect_of

DIRECTIVE = re.compile(r"^\s*(?:log_format|LogFormat|CustomLog|log-format|format)\b\s*", re.IGNORECASE)
QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
HOST, AFTER_HOST = "[^ /?]+", "[/?][^ ]*"
HAPROXY_QUOTED = re.compile(r"(?<!\")%\{[^}]*\+Q[^}]*\}(?:\[[^\]]*\]|[A-Za-z]{1,4})")
"""`+Q` brings quotes."""
APACHE_STAMP = re.compile(r"%[<>]?t(?![a-zA-Z])")
"""It brings its own brackets."""
ESCAPE = re.compile(r"\\(.)")
ESCAPED = {"t": "\t", "n": "\n", "r": ""}
JOINS = {"", " ", ".", ",", "T", ":"}
"""What may stand between the parts of one time stamp."""
HINT = "A template has variables, such as '$remote_addr - [$time_local] \"$request\" $status'."


@dataclass(frozen=True)
class Piece:
    """A variable, and the text before it."""

    before: str
    name: str
    meaning: Meaning


@dataclass(frozen=True)
class Template:
    """A line: pieces, then the text after the last."""

    pieces: tuple[Piece, ...]
    after: str

    def meaning(self, field: str) -> Meaning | None:
        """What the variable that holds `field` is known to be, if there is one."""
        return next((piece.meaning for piece in self.pieces if piece.meaning.field == field), None)


def template(text: str) -> Template:
    """The pieces of a format string. Raises MinerError if nothing can be mined from its lines."""
    text = without_directive(text)
    name = known_dialect(text)
    if name == "apache":
        text = APACHE_STAMP.sub("[%t]", text)
    if name == "haproxy":
        text = HAPROXY_QUOTED.sub('"\\g<0>"', text)
    found = joined_target(Template(*pieces(text, DIALECTS[name])))
    found = one_per_field(joined_durations(joined_stamps(joined_request(found))))
    must_suffice({piece.meaning.field for piece in found.pieces})
    for last, piece in pairwise(found.pieces):
        if not piece.before and piece.meaning.pattern != AFTER_HOST:
            raise MinerError(
                f"The format has nothing between {last.name} and {piece.name}: nobody can tell them apart.",
                "Put a space between them in the server's format.",
            )
    return found


def joined_target(line: Template) -> Template:
    """A target and its query side by side are one variable, and a target begins where a host ends."""
    kept: list[Piece] = []
    for piece in line.pieces:
        last = kept[-1] if kept else None
        if last and last.meaning.field == "target":
            if piece.meaning.field == "query" and piece.before in {"", "?"}:
                continue
        elif last and piece.meaning.field == "target" and not piece.before:
            kept[-1] = replace(last, meaning=replace(last.meaning, pattern=HOST))
            piece = replace(piece, meaning=replace(piece.meaning, pattern=AFTER_HOST))
        kept.append(piece)
    return replace(line, pieces=tuple(kept))


def known_dialect(text: str) -> str:
    """The dialect of the format string. Raises MinerError if it has no variable of any."""
    found = dialect_of(text)
    if found is None:
        raise MinerError(f"There is no format {text!r}, and it is no template.", HINT)
    return found


def without_directive(text: str) -> str:
    """The format string itself: without the directive it stands in, its quotes, name and escapes."""
    found = DIRECTIVE.match(text)
    if not found:
        return text.strip("\r\n")
    rest = text[found.end() :]
    if quoted := [one or other for one, other in QUOTED.findall(rest)]:
        # nginx joins several strings; Apache has one, and a nickname or a file beside it.
        return unescaped("".join(quoted))
    return unescaped(rest.strip()).strip("; ")


def unescaped(text: str) -> str:
    r"""`text` with `\"` and the like as what they mean."""
    return ESCAPE.sub(lambda found: ESCAPED.get(found[1], found[1]), text)


def pieces(text: str, dialect: Dialect) -> tuple[tuple[Piece, ...], str]:
    """The variables of `text` with what is before each, and what is after the last."""
    found, done = [], 0
    for match in dialect.variable.finditer(text):
        groups = match.groupdict()
        name = groups["name"] or groups["braced"]
        found.append(Piece(text[done : match.start()].replace("%%", "%"), name, dialect.means(name)))
        done = match.end()
    return tuple(found), text[done:].replace("%%", "%")


def joined_request(line: Template) -> Template:
    """`"METHOD TARGET PROTOCOL"` is one request, however many variables it is made of."""
    kept: list[Piece] = []
    for piece in line.pieces:
        kept.append(piece)
        if piece.meaning.field == "protocol" and (first := _request_start(kept)) is not None:
            kept[first:] = [replace(kept[first], name="request", meaning=REQUEST)]
    return replace(line, pieces=tuple(kept))


def _request_start(kept: list[Piece]) -> int | None:
    """Where the method is, if the last pieces are a method, a target with or without query, a protocol."""
    for size in (3, 4):
        last = kept[-size:]
        fields = [piece.meaning.field for piece in last]
        spaced = [piece.before for piece in last[1:]]
        if fields[:2] == ["method", "target"] and fields[2:-1] in ([], ["query"]):
            return len(kept) - size if spaced in ([" ", " "], [" ", "", " "], [" ", "?", " "]) else None
    return None


def joined_stamps(line: Template) -> Template:
    """Parts of one time stamp that stand side by side are one variable."""
    return _joined(line, "stamp", JOINS, r".+?")


def joined_durations(line: Template) -> Template:
    """Durations side by side are parts of one, to be added up."""
    return _joined(line, "lasted", {" ", "+"}, WORD)


def _joined(line: Template, field: str, joins: set[str], pattern: str) -> Template:
    kept: list[Piece] = []
    for piece in line.pieces:
        last = kept[-1].meaning if kept else None
        if last and last.field == field == piece.meaning.field and piece.before in joins:
            words = last.words + (piece.before == " ")
            both = pattern if field == "stamp" else last.pattern + re.escape(piece.before) + pattern
            kept[-1] = replace(kept[-1], meaning=replace(last, words=words, pattern=both))
        else:
            kept.append(piece)
    return replace(line, pieces=tuple(kept))


def one_per_field(line: Template) -> Template:
    """No field is held by two variables: the one with the higher rank holds it, else the first."""
    best: dict[str, int] = {}
    for place, piece in enumerate(line.pieces):
        field = piece.meaning.field
        if field and (field not in best or piece.meaning.rank > line.pieces[best[field]].meaning.rank):
            best[field] = place
    if "request" in best:
        best = {field: place for field, place in best.items() if field not in {"method", "target", "query"}}
    best.pop("protocol", None)
    holders = set(best.values())
    kept = (
        piece if place in holders else replace(piece, meaning=replace(piece.meaning, field=None))
        for place, piece in enumerate(line.pieces)
    )
    return replace(line, pieces=tuple(kept))


def must_suffice(fields: set[str | None]) -> None:
    """The fields are enough to mine from. Raises MinerError if not."""
    missing = []
    if "stamp" not in fields:
        missing.append("a time stamp")
    if "request" not in fields and not {"method", "target"} <= fields:
        missing.append("the request, or its method and target")
    if "status" not in fields:
        missing.append("the status")
    if missing:
        raise MinerError(f"The format does not have {' and '.join(missing)}.", "Log them, and name it again.")


def json_template(text: str) -> dict[str, tuple[str, Meaning]] | None:
    """For a template that is a JSON object: the JSON pointer and the meaning of each field; else None."""
    text = without_directive(text)
    if not text.lstrip().startswith("{"):
        return None
    dialect = DIALECTS[known_dialect(text)]
    bare = re.compile(
        r'(?<!["\w])(' + re.sub(r"\?P<\w+>", "?:", dialect.variable.pattern) + r")(?=\s*[,}\]])"
    )
    try:
        leaves = _leaves(json.loads(bare.sub(r'"\1"', text)), "")
    except ValueError as error:
        raise MinerError(
            "The template looks like JSON, but is none.", "Check its quotes and commas."
        ) from error
    found: dict[str, tuple[str, Meaning]] = {}
    for path, value in leaves:
        match = dialect.variable.fullmatch(value)
        meaning = dialect.means(match["name"] or match.groupdict().get("braced", "")) if match else None
        if not meaning or not meaning.field:
            continue
        if meaning.field not in found or meaning.rank > found[meaning.field][1].rank:
            found[meaning.field] = (path, meaning)
    must_suffice(set(found))
    return found


def _leaves(value: Any, path: str) -> list[tuple[str, str]]:
    """The JSON pointers of all strings in `value`."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, path + "/" + escaped(key))]
    return [(path, value)] if isinstance(value, str) else []


def escaped(name: str) -> str:
    """A name as a part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
