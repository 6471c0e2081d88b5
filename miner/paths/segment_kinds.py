"""What a segment of a target's path looks like by itself: an id of some kind, a slug, or a word."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote

IDS = {
    "integer": re.compile(r"-?\d+"),
    "uuid": re.compile(r"\{?[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?"),
    "date": re.compile(r"\d{4}-\d{2}(-\d{2}(T[\d:.]+Z?)?)?"),
    "number": re.compile(r"-?\d+([.,:x]\d+)+"),
    "hex": re.compile(r"(?=.*\d)(0x)?[0-9a-fA-F]{8,}"),
    "e-mail": re.compile(r"[^@/]+@[^@/]+"),
    "token": re.compile(
        r"(?=(?:.*\d){2})(?=.*[a-z])(?=.*[A-Z])(?!(?:[A-Z]?[a-z]+)+\d*$)[A-Za-z0-9_+-]{10,}={0,2}"
        r"|(?=(?:.*[A-Z]){4})(?=(?:.*\d){3})[0-9A-Z]{16,}"
        r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"
    ),
    "code": re.compile(
        r"(?=.*\d)[A-Za-z]{2,8}_(?=\w*\d\w*[A-Za-z]|\w*[A-Za-z]\w*\d|\d{4,})\w{6,}|[A-Za-z]{0,8}-?\d{5,}"
    ),
}
"""Shapes that are ids whatever stands around them. A token is base64, a ULID or a JSON web token: letters of
both cases mixed with digits, but not words that are joined; a code is letters before many digits."""
BASE64 = re.compile(r"[A-Za-z0-9_+-]{16,}={0,2}")
TURNS = 0.25
"""Share of the characters of a base64 text that follow one of the other case: 99 % of texts have more."""
VERSION = re.compile(r"v\d+([._]\d+)*|\d+\.x", re.IGNORECASE)
PLAIN = re.compile(r"[A-Za-z0-9_.~!$&'()*+,;=:@%-]*")
"""What a route's literal segments may hold; anything else becomes a parameter."""
FILE = re.compile(r"(.+)\.[A-Za-z][A-Za-z0-9]{0,4}")
SLUG = re.compile(r"[^-_+ ]+(?:[-_+ ][^-_+ ]+)+")
DIGITS = re.compile(r"\d+")
PARAMETER = re.compile(r"\{[A-Za-z0-9_]*\}")
"""What templates have; braces around anything else are a stranger's."""
LOCALE = re.compile(r"([a-z]{2})(?:[-_][A-Za-z]{2})?")
LANGUAGES = (
    "ar bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk ko lt lv mk"
    " ms mt nb nl nn no pl pt ro ru sk sl sq sr sv sw ta te th tr uk ur vi zh"
)
"""Codes of ISO 639-1 that sites are commonly written in."""


@lru_cache(maxsize=1 << 16)
def kind(segment: str) -> str | None:
    """Which id the segment is; None for words. A template's parameter is one too."""
    if PARAMETER.fullmatch(segment):
        return "parameter"
    if VERSION.fullmatch(segment):
        return None
    decoded = unquote(segment)
    stems = [decoded, *(found[1] for found in [FILE.fullmatch(decoded)] if found)]
    for name, shape in IDS.items():
        if any(shape.fullmatch(stem) for stem in stems):
            return name
    return None if PLAIN.fullmatch(segment) else "text"


def is_mixed(text: str) -> bool:
    """Whether it may be base64 by its letters, as joined words may: beside ids it is one of them."""
    turns = sum(one.isupper() != other.isupper() for one, other in pairwise(text))
    return bool(BASE64.fullmatch(text)) and turns >= TURNS * len(text)


def is_slug(segment: str) -> bool:
    """Whether the segment is several words, or one that only an encoded text has."""
    return bool(SLUG.fullmatch(unquote(segment))) or "%" in segment


def is_locale(segment: str) -> bool:
    """Whether the segment is a language, with or without a region."""
    found = LOCALE.fullmatch(segment)
    return found is not None and found[1] in LANGUAGES.split()


def mask(segment: str) -> str | None:
    """The segment with digits as `#`, as in `item-#`; None if it has none or is a version."""
    if VERSION.fullmatch(segment) or not DIGITS.search(segment):
        return None
    return DIGITS.sub("#", segment)


def disguised(text: str) -> str:
    """An example of a value that nobody can be known by: digits as 9, letters as a and A."""
    return "".join("9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text)
