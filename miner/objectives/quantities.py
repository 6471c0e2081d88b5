"""Amounts with a unit: as people write them, as numbers, and as they are shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction

SECONDS, SHARE, REQUESTS, SESSIONS = "seconds", "share", "requests/s", "sessions/s"
UNITS: dict[str, tuple[str, Fraction]] = {
    "us": (SECONDS, Fraction(1, 1_000_000)),
    "µs": (SECONDS, Fraction(1, 1_000_000)),
    "ms": (SECONDS, Fraction(1, 1000)),
    "s": (SECONDS, Fraction(1)),
    "m": (SECONDS, Fraction(60)),
    "min": (SECONDS, Fraction(60)),
    "h": (SECONDS, Fraction(3600)),
    "d": (SECONDS, Fraction(86_400)),
    "%": (SHARE, Fraction(1, 100)),
    "rps": (REQUESTS, Fraction(1)),
    "requests/s": (REQUESTS, Fraction(1)),
    "requests/min": (REQUESTS, Fraction(1, 60)),
    "requests/h": (REQUESTS, Fraction(1, 3600)),
    "sessions/s": (SESSIONS, Fraction(1)),
    "sessions/min": (SESSIONS, Fraction(1, 60)),
    "sessions/h": (SESSIONS, Fraction(1, 3600)),
}
"""What a unit is of, and how much of it."""
EXAMPLES = {SECONDS: "20ms", SHARE: "1%", REQUESTS: "100 rps", SESSIONS: "3 sessions/s"}
LONGEST = 300
"""Characters of what anybody would write."""
AMOUNT = re.compile(r"(-?[0-9]{1,15}(?:\.[0-9]{1,15})?) ?(.*)")
MOST_DIGITS = 7
"""Digits after which two numbers are shown as alike."""


@dataclass(frozen=True)
class Amount:
    """A number of a unit: seconds, a share of 1, requests/s or sessions/s."""

    value: float
    unit: str

    def __str__(self) -> str:
        return shown(self.value, self.unit, MOST_DIGITS)


def words(given: object) -> str:
    """What was given as text with single spaces. Raises ValueError if it is none, or too long."""
    if not isinstance(given, str):
        raise ValueError(f"{brief(given)} is not text; write it in quotes")  # noqa: TRY004 (for pydantic)
    if len(given) > LONGEST:
        raise ValueError(f"it has {len(given):,} characters, more than {LONGEST}")
    return " ".join(given.split())


def amount(given: object) -> Amount:
    """`20ms`, `1.5 s`, `25 %`, `100 rps` as a number. Raises ValueError with a sentence for anything else."""
    text = words(given)
    found = AMOUNT.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a number with a unit, such as '20ms'")
    number, unit = found.groups()
    if not unit:
        raise ValueError(f"{text!r} has no unit; write it like {number + 'ms'!r} or {number + '%'!r}")
    if unit not in UNITS:
        raise ValueError(
            f"{text!r} has the unit {unit!r}, which is not known; the nearest is {nearest(unit)!r}"
        )
    if number.startswith("-"):
        raise ValueError(f"{text!r} is below zero")
    kind, factor = UNITS[unit]
    return Amount(float(Fraction(number) * factor), kind)


def seconds(given: object) -> float:
    """A duration in seconds. Raises ValueError with a sentence for anything else."""
    found = amount(given)
    if found.unit != SECONDS:
        raise ValueError(f"{words(given)!r} is no duration; write it like '90s' or '30m'")
    return found.value


def as_written(seconds: float) -> str:
    """A duration as people write it: `90s`, `30m`, `1h`."""
    whole = ((size, unit) for size, unit in ((3600.0, "h"), (60.0, "m")) if seconds and seconds % size == 0)
    size, unit = next(whole, (1.0, "s"))
    return f"{seconds / size:.6f}".rstrip("0").rstrip(".") + unit


def nearest(unit: str) -> str:
    """The unit that looks most like it; capitals do not matter."""
    return get_close_matches(unit.lower(), UNITS, n=1, cutoff=0.0)[0]


def brief(value: object) -> str:
    """`value` as the file has it, or its beginning."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)[: LONGEST + 1]
    return text if len(text) <= 60 else text[:60] + "…"


def shown(value: float, unit: str, digits: int = 3) -> str:
    """`23.4 ms`, `1.5 s`, `0.5 %`, `90 rps`: so many digits that count."""
    match unit:
        case "seconds":
            scale, name = next(
                one for one in ((1e-6, "µs"), (1e-3, "ms"), (1.0, "s")) if _fits(value, one[0])
            )
            return f"{figures(value / scale, digits)} {name}"
        case "share":
            return f"{figures(value * 100, digits)} %"
    return f"{figures(value, digits)} {'rps' if unit == REQUESTS else unit}"


def _fits(value: float, scale: float) -> bool:
    """Whether a duration is told in this unit; zero is told in milliseconds."""
    return scale == 1.0 or (abs(value) < 999.5 * scale and not (scale < 1e-3 and value == 0))


def figures(value: float, digits: int = 3) -> str:
    """`value` with so many digits that count, thousands parted by commas."""
    if abs(value) >= 10**digits:
        return f"{value:,.0f}"
    return f"{float(f'{value:.{digits}g}'):,.10f}".rstrip("0").rstrip(".")


def apart(value: float, limit: float, unit: str) -> tuple[str, str]:
    """Both as they are shown, with so many digits that they differ if they do."""
    for digits in range(3, MOST_DIGITS + 1):
        pair = shown(value, unit, digits), shown(limit, unit, digits)
        if pair[0] != pair[1] or value == limit:
            break
    return pair


def clock(seconds: float) -> str:
    """`45s`, `3m`, `1m 30s`, `2h 5m`: a moment of a run, or how long something is."""
    if seconds < 60:
        return f"{figures(seconds)}s"
    parts = []
    left = round(seconds)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        whole, left = divmod(left, size)
        parts += [f"{whole}{unit}"] if whole else []
    return " ".join(parts[:2])
