"""A template becomes two ways to take a line apart, as DuckDB expressions.

`quick` splits on quotes and spaces, and knows only the usual shape of a line: what has another shape is
left to `exact`, a regular expression that is many times slower. Where both fit a line, both find the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from duckdb import CaseExpression, ColumnExpression, ConstantExpression, DuckDBPyRelation, Expression
from duckdb import FunctionExpression as call  # noqa: N813 (it reads as what it is in SQL)

from miner.ingest.fields import FIELDS
from miner.ingest.template import AFTER_HOST, HOST, Piece, Template

LINE, RAW, EXACT = (ColumnExpression(name) for name in ("line", "raw", "exact"))
NULL = ConstantExpression(None).cast("VARCHAR")
TOO_LONG = "line is longer than 8 MiB"
LINE_END = "\r\n"
WHITE = " \t\r\n\v\f"
NAMES = {
    "stamp": "time stamp",
    "lasted": "request time",
    "remote_user": "user",
    "client_session": "session",
    "l": "identity",
}
IN_QUOTES = r'(?:[^"\\]|\\.)*'
OPEN, SHUT = {"[": "]", "{": "}", "(": ")"}, {"[": r"[^\]]*", "{": r"[^}]*", "(": r"[^)]*"}
SEEN_LATER = {"stamp", "status"}
"""Fields that no request lacks: an empty one is found out without being looked for."""
SEPARATORS = "\t|,;"

Relation = DuckDBPyRelation
TakeApart = Callable[[Relation], Relation]


def constant(value: object) -> Expression:
    """A value in an expression: it is a parameter, never text of SQL."""
    return ConstantExpression(value)


def at(values: Expression, place: int) -> Expression:
    """The element of a list, counted from 1."""
    return call("list_extract", values, constant(place))


def fields(found: dict[str, Expression]) -> list[Expression]:
    """A column for each of FIELDS, null for what the format does not have."""
    return [found.get(name, NULL).alias(name) for name in FIELDS]


def blank() -> Expression:
    """Whether there is nothing but white space in the line."""
    return call("trim", RAW, constant(WHITE)) == constant("")


# -- the exact way


def exact(name: str, line: Template) -> TakeApart:
    """Takes lines apart by one regular expression, and says of others up to where they fit."""
    pattern, names = regular_expression(line)
    flaws = diagnosis(name, line)

    def take_apart(lines: Relation) -> Relation:
        text = call("rtrim", RAW, constant(LINE_END))
        cut = lines.select(LINE, RAW, EXACT, text.alias("text")).select(
            LINE,
            RAW,
            EXACT,
            call("regexp_extract", ColumnExpression("text"), constant(pattern), constant(names)).alias("cut"),
            flaws(ColumnExpression("text")).alias("flaw"),
        )
        found = {field: call("struct_extract", ColumnExpression("cut"), constant(field)) for field in names}
        flaw = CaseExpression(RAW.isnull(), constant(TOO_LONG)).otherwise(ColumnExpression("flaw"))
        return cut.select(LINE, RAW, EXACT, blank().alias("blank"), flaw.alias("flaw"), *fields(found))

    return take_apart


def regular_expression(line: Template) -> tuple[str, list[str]]:
    """A pattern in the syntax that RE2 and Python share, and the fields of its groups in order."""
    steps, after = _steps(line)
    names = [piece.meaning.field for piece in line.pieces if piece.meaning.field]
    return "^" + "".join(step for _, step in steps) + re.escape(after) + r"\s*$", names


def _steps(line: Template) -> tuple[list[tuple[Piece, str]], str]:
    """Each piece with the pattern of the text before it and of itself; and the text after the last."""
    texts = [piece.before for piece in line.pieces] + [line.after]
    steps = []
    quoted = False
    for place, piece in enumerate(line.pieces):
        quoted ^= texts[place].count('"') % 2 == 1
        own = _pattern(piece, texts[place], texts[place + 1], quoted)
        if piece.meaning.bare:  # with its quotes, if it has any
            texts[place], texts[place + 1] = (
                texts[place].removesuffix('"'),
                texts[place + 1].removeprefix('"'),
            )
            quoted = False
        group = f"(?P<{piece.meaning.field}>{own})" if piece.meaning.field else f"(?:{own})"
        step = re.escape(texts[place]) + group
        steps.append((piece, f"(?:{step})?" if piece.meaning.optional else step))
    return steps, texts[-1]


def _pattern(piece: Piece, before: str, after: str, quoted: bool) -> str:
    """What a variable matches, given the text around it."""
    if before.endswith('"') and after.startswith('"'):
        return f'"{IN_QUOTES}"|[^" ]+' if piece.meaning.bare else IN_QUOTES
    if quoted and piece.meaning.pattern not in {HOST, AFTER_HOST}:
        return (
            r'(?:[^"\\]|\\.)*?'
            if piece.meaning.words > 1 or piece.meaning.pattern.startswith(".")
            else r'[^" ]*'
        )
    opening = before[-1:]
    if opening in OPEN and after.startswith(OPEN[opening]):
        return SHUT[opening]
    if after[:1] and after[0] in SEPARATORS:
        return "[^" + re.escape(after[0]) + "]*"
    return piece.meaning.pattern


def stages(name: str, line: Template) -> list[tuple[str, str]]:
    """Ever longer beginnings of the line as patterns, each with what is wrong where it does not match."""
    begun, found = "^", []
    steps, after = _steps(line)
    for piece, step in steps:
        begun += step
        if not piece.meaning.optional:
            end = re.escape(after) if piece is line.pieces[-1] else ""
            found.append((begun + end, f"not {name}: no {_shown(piece)} where it belongs"))
    last = _shown(line.pieces[-1]).strip('"[]')
    return [*found, (regular_expression(line)[0], f"not {name}: more after the {last}")]


def diagnosis(name: str, line: Template) -> Callable[[Expression], Expression]:
    """Says which piece of a line is the first that does not fit, or null if all do."""
    whole, _ = regular_expression(line)
    found = stages(name, line)

    def flaw(text: Expression) -> Expression:
        wrong = CaseExpression(call("regexp_matches", text, constant(whole)), NULL)
        for pattern, reason in found:
            wrong = wrong.when(~call("regexp_matches", text, constant(pattern)), constant(reason))
        return wrong.otherwise(NULL)

    return flaw


def _shown(piece: Piece) -> str:
    """A piece in words: `[time stamp]`, `"request"`, `status`."""
    known = piece.meaning.field or piece.name
    word = NAMES.get(known, known)
    if piece.before.endswith('"'):
        return f'"{word}"'
    return f"[{word}]" if piece.before.endswith("[") else word


# -- the quick way


@dataclass(frozen=True)
class Word:
    """A word between spaces: text, and in it at most one variable with `words` words."""

    piece: Piece | None
    before: str
    after: str
    words: int = 1


def quick(line: Template) -> TakeApart | None:
    """Takes lines of the usual shape apart by splitting; None if the template has no such shape.

    `flaw` is set for every line that `exact` has to look at.
    """
    segments = _segments(line)
    if segments is None:
        return None
    last = len(segments)
    words = {place: found for place, found in segments.items() if _has_variable(found)}

    def take_apart(lines: Relation) -> Relation:
        parts = lines.select(LINE, RAW, EXACT, call("string_split", RAW, constant('"')).alias("parts"))
        split = [_split(place, place == last).alias(f"words_{place}") for place in words]
        cut = parts.select(LINE, RAW, EXACT, ColumnExpression("parts"), *split)
        fits, found = _quick_fields(segments, last)
        flaw = (
            CaseExpression(RAW.isnull(), constant(TOO_LONG))
            .when(fits, NULL)
            .otherwise(constant("has another shape"))
        )
        never = constant(False).alias("blank")
        return cut.select(LINE, RAW, EXACT, never, flaw.alias("flaw"), *fields(found))

    return take_apart


Segments = dict[int, "Piece | list[Word]"]


def _segments(line: Template) -> Segments | None:
    """What is between quotes, by place from 1: a piece alone in quotes, or words between spaces."""
    texts: list[list[str | Piece]] = [[]]
    for piece in line.pieces:
        for place, text in enumerate(piece.before.split('"')):
            texts.extend([[]] if place else [])
            texts[-1].append(text)
        texts[-1].append(piece)
    for place, text in enumerate(line.after.split('"')):
        texts.extend([[]] if place else [])
        texts[-1].append(text)
    found: Segments = {}
    for place, parts in enumerate(texts, 1):
        segment = _segment([part for part in parts if part != ""], quoted=place % 2 == 0)
        if segment is None:
            return None
        found[place] = segment
    return found if len(texts) % 2 else None


def _segment(parts: list[str | Piece], quoted: bool) -> Piece | list[Word] | None:
    if quoted:
        return parts[0] if len(parts) == 1 and isinstance(parts[0], Piece) else None
    words: list[Word] = [Word(None, "", "")]
    for part in parts:
        if isinstance(part, str):
            first, *rest = part.split(" ")
            words[-1] = _with_text(words[-1], first)
            words += [Word(None, text, "") for text in rest]
        elif words[-1].piece is not None or not _splits(part):
            return None
        else:
            words[-1] = Word(part, words[-1].before, "", part.meaning.words)
    return words


def _with_text(word: Word, text: str) -> Word:
    """The word with `text` after what it has."""
    if word.piece is None:
        return Word(None, word.before + text, "")
    return Word(word.piece, word.before, word.after + text, word.words)


def _splits(piece: Piece) -> bool:
    """Whether a variable outside quotes has a known number of words."""
    return not piece.meaning.optional and not piece.meaning.pattern.startswith(".")


def _has_variable(segment: Piece | list[Word]) -> bool:
    """Whether there are words to find in a segment outside quotes."""
    return isinstance(segment, list) and any(word.piece for word in segment)


def _split(place: int, last: bool) -> Expression:
    """The words of a segment; the last one has the line end."""
    part = at(ColumnExpression("parts"), place)
    return call("string_split", call("rtrim", part, constant(LINE_END)) if last else part, constant(" "))


def _quick_fields(segments: Segments, last: int) -> tuple[Expression, dict[str, Expression]]:
    """When a line has the usual shape, and its fields if it does."""
    parts = ColumnExpression("parts")
    conditions = [call("len", parts) == constant(last)]
    found: dict[str, Expression] = {}
    for place, segment in segments.items():
        if isinstance(segment, list) and not _has_variable(segment):
            text = constant(" ".join(word.before for word in segment))
            part = at(parts, place)
            conditions.append((call("rtrim", part, constant(LINE_END)) if place == last else part) == text)
        elif isinstance(segment, list):
            conditions += _word_fields(segment, ColumnExpression(f"words_{place}"), found)
        else:
            # A backslash may escape the quote after it: then this is no end of a field.
            conditions.append(~call("ends_with", at(parts, place), constant("\\")))
            if segment.meaning.field:
                found[segment.meaning.field] = at(parts, place)
    return reduce(lambda one, other: one & other, conditions), found


def _word_fields(words: list[Word], column: Expression, found: dict[str, Expression]) -> list[Expression]:
    """The conditions on the words of a segment; `found` gets their fields."""
    conditions = [call("len", column) == constant(sum(word.words for word in words))]
    place = 1
    for word in words:
        first, final = at(column, place), at(column, place + word.words - 1)
        place += word.words
        if word.piece is None:
            conditions.append(first == constant(word.before))
            continue
        value, around = _value(word, first, final)
        conditions += around
        if word.piece.meaning.field not in SEEN_LATER:
            conditions.append(value != constant(""))
        shut = OPEN.get(word.before[-1:])
        if shut and word.after.startswith(shut) and word.piece.meaning.field not in SEEN_LATER:
            # where `exact` ends the value
            conditions.append(~call("contains", value, constant(shut)))
        if word.piece.meaning.field:
            found[word.piece.meaning.field] = value
    return conditions


def _value(word: Word, first: Expression, final: Expression) -> tuple[Expression, list[Expression]]:
    """What is in a word without the text around it, and the conditions that this text is there."""
    value = first if word.words == 1 else call("concat_ws", constant(" "), first, final)
    around = []
    if word.before:
        around.append(call("starts_with", first, constant(word.before)))
    if word.after:
        around.append(call("ends_with", final, constant(word.after)))
    if around:
        size = call("length", value) - constant(len(word.before) + len(word.after))
        value = call("substring", value, constant(len(word.before) + 1), size)
    return value, around
