"""Texts that a schema allows: of a format, of a pattern, or free."""

from __future__ import annotations

import numpy as np

from miner import workload as w
from miner.paths import patterns
from miner.paths.schemas import LONGEST, Schema, Unusable
from miner.simulate import draw_formatted

NAME_LENGTHS = (8, 9, 10, 11, 12)
"""Lengths of texts that a log cannot show: long enough to be new each time."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
USUAL_MOST = 64
SPELLINGS = {
    "guid": "uuid",
    "url": "uri",
    "iri": "uri",
    "uri-reference": "uri",
    "iri-reference": "uri",
    "idn-email": "email",
    "idn-hostname": "hostname",
    "base64": "byte",
    "datetime": "date-time",
}
"""Other names of the formats."""
LENGTHS = {
    "uuid": (36, 36),
    "date": (10, 10),
    "date-time": (20, 20),
    "time": (9, 9),
    "email": (17, 40),
    "uri": (21, 48),
    "hostname": (13, 40),
    "ipv4": (7, 15),
    "ipv6": (2, 39),
    "byte": (24, 24),
}
"""How short and how long texts of a format are."""
FITTED = {
    "email": r"^[a-z]{1,64}@example\.com$",
    "uri": r"^https://example\.com/[a-z]+$",
    "hostname": r"^[a-z]{1,63}\.example\.com$",
    "byte": r"^([A-Za-z0-9]{4})+$",
}
"""Patterns of formats that can have other lengths."""
TRIED = 20
"""Texts of a format that must match the pattern beside it."""


def text(schema: Schema) -> w.Value | None:
    """Texts that fit, new each time; none if the pattern cannot be said. Raises Unusable if none fits."""
    least, most = schema.get("minLength", 0), min(schema.get("maxLength", LONGEST), LONGEST)
    if least > most:
        raise Unusable("no text is as long as it must be")
    pattern = schema.get("pattern")
    if found := _formatted(schema, least, most):
        return found
    free = _free(schema, most)
    if pattern is None or patterns.fits_all(pattern, LETTERS, free.lengths):
        return free
    return patterns.drawn(pattern, least, most)


def free_text(schema: Schema) -> w.Text:
    """Text of the schema's lengths, whatever else it must be."""
    return _free(schema, min(schema.get("maxLength", LONGEST), LONGEST))


def _free(schema: Schema, most: int) -> w.Text:
    low, high = schema.get("minLength", 1), most if "maxLength" in schema else USUAL_MOST
    high = max(low, high)
    lengths = tuple(n for n in NAME_LENGTHS if low <= n <= high) or (min(max(low, 8), high),)
    return w.Text(alphabet=LETTERS, lengths=lengths)


def _formatted(schema: Schema, least: int, most: int) -> w.Value | None:
    """Texts of the schema's format, if it is a known one that agrees with its pattern and lengths."""
    given = "byte" if schema.get("contentEncoding") == "base64" else schema.get("format", "")
    name = SPELLINGS.get(given, given)
    if name not in LENGTHS:
        return None
    pattern = schema.get("pattern")
    rng = np.random.default_rng(0)
    low, high = LENGTHS[name]
    if pattern and not all(patterns.fits(pattern, draw_formatted(name, rng)) for _ in range(TRIED)):
        return None
    if least <= low and high <= most:
        return w.Formatted.model_validate({"format": name})
    return patterns.drawn(FITTED[name], least, most) if name in FITTED and not pattern else None
