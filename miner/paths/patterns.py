"""A pattern becomes texts that match it: constants and free texts, one behind the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from miner.paths.regex import Chars, Choice, Edge, Look, Node, Repeat, Row, matches, read
from miner.workload import Joined, LiteralValue, Text

USUAL = (8, 12)
"""Lengths of what may be of any length: long enough to be new each time."""
USUAL_DIGITS = (5, 9)
"""The same of digits: few enough for a number of 32 bits."""
LONGEST = 10_000
MOST_PIECES = 100
MOST_OPTIONS = 100
MOST_LETTERS = 128
TIMES = (1, 0, 2, 4, 8, 16)
"""How often a repeated group is repeated at least: the first that gives the lengths asked for."""
DIGITS, LOWER = "0123456789", "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
PRINTABLE = [chr(code) for code in range(33, 127)]
SHAPES = ("Aa1!", "Aa1", "Aa1_", "Aa1@", "a1", "A1", "1", "A", "x", "")
"""Beginnings of texts that are tried where a pattern says what must follow, as those of passwords do."""
Said = LiteralValue | Text | Joined


class Unsayable(ValueError):
    """What constants and free texts cannot say."""


@dataclass(frozen=True)
class Piece:
    """One of the constants `options`; without them, `low` to `high` of `letters`, at `least` to `most`."""

    options: tuple[str, ...] = ()
    letters: str = ""
    low: int = 1
    high: int = 1
    least: int = 1
    most: int = 1

    @property
    def shortest(self) -> int:
        return min(map(len, self.options)) if self.options else self.low

    @property
    def longest(self) -> int:
        return max(map(len, self.options)) if self.options else self.high

    def shorter(self, length: int) -> Piece:
        """The piece at most `length` long, or as short as it can be."""
        if self.options:
            length = max(length, self.shortest)
            return replace(self, options=tuple(one for one in self.options if len(one) <= length))
        high = min(self.high, max(length, self.least))
        return replace(self, low=min(self.low, high), high=high)

    def longer(self, length: int) -> Piece:
        """The piece at least `length` long, or as long as it can be."""
        if self.options:
            length = min(length, self.longest)
            return replace(self, options=tuple(one for one in self.options if len(one) >= length))
        low = max(self.low, min(length, self.most))
        return replace(self, low=low, high=min(self.most, low + self.high - self.low))

    def value(self) -> LiteralValue | Text:
        """What the workload says of it."""
        if self.options:
            return LiteralValue(values={one: 1 / len(self.options) for one in self.options})
        return Text(alphabet=self.letters, lengths=tuple(range(self.low, self.high + 1)))


def fits(pattern: str, text: str) -> bool | None:
    """Whether the pattern is found in `text`; none if the pattern is not understood."""
    tree = read(pattern)
    return matches(tree, text) if tree is not None else None


def fits_all(pattern: str, letters: str, lengths: Iterable[int]) -> bool:
    """Whether the pattern is found in every text of these letters and lengths."""
    tree = read(pattern)
    return tree is not None and all(matches(tree, [letters] * length) for length in lengths)


def drawn(pattern: str, least: int = 0, most: int = LONGEST) -> Said | None:
    """What gives texts that match the pattern, `least` to `most` characters long; none if nothing does."""
    tree = read(pattern)
    if tree is None:
        return None
    for times in TIMES:
        try:
            pieces = [*_row([tree], times, first=True, last=True), *_open_end(tree)]
        except (Unsayable, RecursionError):
            break
        if (found := fitted(_joined(pieces) or [Piece(options=("",))], least, most)) and _sound(tree, found):
            return _value(found)
    return _guessed(tree, least, most)


def _guessed(tree: Node, least: int, most: int) -> Said | None:
    """What looks like a password, if that matches."""
    for beginning in SHAPES:
        low = max(USUAL[0], least) - len(beginning)
        rest = Piece(letters=LOWER, low=low, high=low + USUAL[1] - USUAL[0], least=0, most=LONGEST)
        pieces = [Piece(options=(beginning,)), rest] if beginning else [rest]
        if (found := fitted(pieces, least, most)) and _sound(tree, found):
            return _value(found)
    return None


def _value(pieces: Sequence[Piece]) -> Said:
    parts = tuple(piece.value() for piece in pieces)
    return parts[0] if len(parts) == 1 else Joined(parts=parts)


def fitted(pieces: Sequence[Piece], least: int, most: int) -> list[Piece] | None:
    """The pieces with lengths that add up to `least` to `most`; none if they cannot."""
    found = list(pieces)
    if not 0 < len(found) <= MOST_PIECES:
        return None
    for at in reversed(range(len(found))):
        missing = least - sum(piece.shortest for piece in found)
        if missing > 0:
            found[at] = found[at].longer(found[at].shortest + missing)
    for at in reversed(range(len(found))):
        excess = sum(piece.longest for piece in found) - most
        if excess > 0:
            found[at] = found[at].shorter(found[at].longest - excess)
    low, high = sum(piece.shortest for piece in found), sum(piece.longest for piece in found)
    return found if least <= low <= high <= min(most, LONGEST) else None


def _sound(tree: Node, pieces: Sequence[Piece]) -> bool:
    """Whether texts of the shortest pieces match, of the longest, and of those in between."""
    for more in range(1 + max(max(piece.high - piece.low, len(piece.options) - 1) for piece in pieces)):
        text: list[str] = []
        for piece in pieces:
            if piece.options:
                text += sorted(piece.options, key=len)[min(more, len(piece.options) - 1)]
            else:
                text += [piece.letters] * min(piece.low + more, piece.high)
        if not matches(tree, text):
            return False
    return True


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces, with neighbours that are one constant each as one."""
    found: list[Piece] = []
    for piece in pieces:
        if found and len(piece.options) == 1 == len(found[-1].options):
            found[-1] = Piece(options=(found[-1].options[0] + piece.options[0],))
        else:
            found.append(piece)
    return found


def _open_end(tree: Node) -> list[Piece]:
    """Letters that may follow where the pattern does not say how texts end."""
    return [] if _has_end(tree) else [Piece(letters=LOWER, low=0, high=0, least=0, most=LONGEST)]


def _has_end(node: Node) -> bool:
    match node:
        case Edge():
            return node.end
        case Row() | Choice():
            return any(_has_end(inner) for inner in node.of)
        case Repeat() | Look():
            return _has_end(node.of)
    return False


def _row(nodes: Sequence[Node], times: int, *, first: bool, last: bool) -> list[Piece]:
    """The pieces of nodes in a row. An edge says nothing new at the edge of the text."""
    flat = [*_flat(nodes)]
    while first and flat and flat[0] == Edge(end=False):
        flat.pop(0)
    while last and flat and flat[-1] == Edge(end=True):
        flat.pop()
    pieces: list[Piece] = []
    for place, node in enumerate(flat):
        at = {"first": first and place == 0, "last": last and place == len(flat) - 1}
        pieces = _joined([*pieces, *_pieces(node, times, **at)])
        if len(pieces) > MOST_PIECES or sum(piece.shortest for piece in pieces) > LONGEST:
            raise Unsayable("too long")
    return pieces


def _flat(nodes: Iterable[Node]) -> Iterable[Node]:
    for node in nodes:
        if isinstance(node, Row):
            yield from _flat(node.of)
        else:
            yield node


def _pieces(node: Node, times: int, *, first: bool, last: bool) -> list[Piece]:
    match node:
        case Chars():
            letters = _letters(node)
            return [Piece(options=(letters,)) if len(letters) == 1 else Piece(letters=letters)]
        case Choice():
            return _choice(node, times, first=first, last=last)
        case Repeat():
            flat = [*_flat([node.of])]
            one = flat[0] if len(flat) == 1 else None
            return _run(one, node) if isinstance(one, Chars) else _repeated(node, times)
        case Row():
            return _row([node], times, first=first, last=last)
    raise Unsayable(type(node).__name__)


def _choice(node: Choice, times: int, *, first: bool, last: bool) -> list[Piece]:
    """All branches if they are constants; else the first that can be said."""
    said = []
    for branch in node.of[:MOST_OPTIONS]:
        try:
            said.append(_row([branch], times, first=first, last=last))
        except Unsayable:
            continue
    if not said:
        raise Unsayable("no branch")
    constants = [_constants(pieces) for pieces in said]
    if all(constants):
        return [Piece(options=tuple(dict.fromkeys(one for some in constants for one in some)))]
    return said[0]


def _constants(pieces: Sequence[Piece]) -> tuple[str, ...]:
    """The texts that the pieces are, if they are few constants."""
    if not pieces:
        return ("",)
    return pieces[0].options if len(pieces) == 1 else ()


def _run(chars: Chars, node: Repeat) -> list[Piece]:
    """So many characters of a class. One that has only one character, or only spaces, is kept short."""
    letters, most = _letters(chars), min(node.high, LONGEST)
    dull = len(letters) == 1 or letters.isspace()
    usual = (1, 1) if dull else USUAL_DIGITS if letters.isdigit() else USUAL
    low, high = max(node.low, usual[0]), max(node.low, usual[0]) + usual[1] - usual[0]
    if most < usual[1] or dull:
        low, high = node.low, min(most, max(node.low, high))
    found = Piece(letters=letters, low=low, high=min(high, most), least=node.low, most=most)
    return [found] if most else []


def _repeated(node: Repeat, times: int) -> list[Piece]:
    """A group as often as asked for. One that is a constant and may be missing is missing at times."""
    once = _row([node.of], times, first=False, last=False)
    optional = _constants(once) if once and node.low == 0 and node.high and times == 1 else ()
    if optional:
        return [Piece(options=tuple(dict.fromkeys(["", *optional])))]
    often = min(max(node.low, times), node.high)
    length = often * sum(piece.shortest for piece in once)
    if length > LONGEST or often * len(once) > MOST_PIECES * MOST_PIECES:
        raise Unsayable("too long")
    return _joined(piece for _ in range(often) for piece in once)


def _letters(chars: Chars) -> str:
    """The characters of a class, or the plainest of them where they are many."""
    wide = sum(high - low + 1 for low, high in chars.spans) > MOST_LETTERS
    choices = [[*LOWER, *UPPER, *DIGITS], PRINTABLE, [" "]] if wide else []
    for choice in choices:
        if found := [char for char in choice if _holds(chars, char)]:
            return "".join(found)
    codes = (code for low, high in chars.spans for code in range(low, min(high, low + MOST_LETTERS) + 1))
    usable = [chr(code) for code in codes if not 0xD800 <= code <= 0xDFFF][:MOST_LETTERS]
    plain = [char for char in usable if char.isprintable()] or [" "] * (" " in usable) or usable
    if not plain:
        raise Unsayable("no character")
    return "".join(plain)


def _holds(chars: Chars, char: str) -> bool:
    return any(low <= ord(char) <= high for low, high in chars.spans)
