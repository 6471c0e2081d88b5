"""Numbers that a schema allows."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction

from miner import workload as w
from miner.paths.fitting import as_json
from miner.paths.schemas import LARGEST, Schema, Unusable

SPAN = 99
"""From the lowest to the highest number where a schema has only one bound, or none."""
MOST_MULTIPLES = 100
SMALL = {"int32": 2**31 - 1, "int64": LARGEST}
MOST_DECIMALS = 12


def integers(schema: Schema) -> w.Value:
    """Whole numbers that fit, all alike. Raises Unusable if there are none."""
    low, high = _bounds(schema)
    most = SMALL.get(schema.get("format", ""), LARGEST)
    least, largest = max(math.ceil(low), -most), min(math.floor(high), most)
    step = Fraction(str(schema.get("multipleOf", 1))).numerator
    if step != 1:
        return _multiples(Fraction(step), Fraction(least), Fraction(largest))
    if least > largest:
        raise Unusable("no whole number is allowed there")
    return w.Popular(low=least, high=largest)


def _bounds(schema: Schema) -> tuple[Fraction, Fraction]:
    """The lowest and highest number, for whole ones; what is excluded is left out by one."""
    low = [Fraction(str(schema["minimum"]))] if "minimum" in schema else []
    high = [Fraction(str(schema["maximum"]))] if "maximum" in schema else []
    if "exclusiveMinimum" in schema:
        low.append(Fraction(math.floor(Fraction(str(schema["exclusiveMinimum"]))) + 1))
    if "exclusiveMaximum" in schema:
        high.append(Fraction(math.ceil(Fraction(str(schema["exclusiveMaximum"]))) - 1))
    return _closed(low, high, Fraction(str(schema.get("multipleOf", 1))))


def _closed(
    low: list[Fraction], high: list[Fraction], step: Fraction = Fraction(1)
) -> tuple[Fraction, Fraction]:
    """Both bounds; those that are missing are near the other, or near one."""
    span = SPAN * max(step, Fraction(1))
    if low:
        return max(low), min(high, default=max(low) + span)
    top = min(high, default=1 + span)
    return (Fraction(1) if top >= 1 else top - span), top


def numbers(schema: Schema) -> w.Value:
    """Numbers that fit, all alike. Raises Unusable if there are none."""
    low = [Fraction(str(schema[key])) for key in ("minimum", "exclusiveMinimum") if key in schema]
    high = [Fraction(str(schema[key])) for key in ("maximum", "exclusiveMaximum") if key in schema]
    least, largest = _closed(low, high, Fraction(str(schema.get("multipleOf", 1))))
    if "multipleOf" in schema:
        step = Fraction(str(schema["multipleOf"]))
        decimals = next((n for n in range(MOST_DECIMALS + 1) if step == Fraction(1, 10**n)), None)
        if decimals is None:
            return _multiples(step, *_open_bounds(schema, least, largest))
    else:
        decimals = _decimals(largest - least)
    unit = Decimal(1).scaleb(-decimals)
    bottom, top = _on_grid(least, unit, ROUND_CEILING), _on_grid(largest, unit, ROUND_FLOOR)
    bottom += unit * ("exclusiveMinimum" in schema and Fraction(bottom) <= schema["exclusiveMinimum"])
    top -= unit * ("exclusiveMaximum" in schema and Fraction(top) >= schema["exclusiveMaximum"])
    if bottom > top:
        raise Unusable("no number is allowed there")
    return w.Number(low=float(bottom), high=float(top), decimals=decimals)


def _decimals(span: Fraction) -> int:
    """Enough decimals for some hundred different numbers, at least two; none where there are many anyway."""
    if span > 10**9:
        return 0
    return min(MOST_DECIMALS, max(2, 3 - math.floor(math.log10(span)))) if span else MOST_DECIMALS


def _on_grid(value: Fraction, unit: Decimal, rounding: str) -> Decimal:
    steps = value / Fraction(unit)
    whole = math.ceil(steps) if rounding == ROUND_CEILING else math.floor(steps)
    return Decimal(whole) * unit


def _open_bounds(schema: Schema, low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """The bounds, a very little inside where they are excluded."""
    little = Fraction(1, 10**15)
    return low + little * ("exclusiveMinimum" in schema), high - little * ("exclusiveMaximum" in schema)


def _multiples(step: Fraction, low: Fraction, high: Fraction) -> w.LiteralValue:
    """Some multiples of `step`, the lowest first."""
    first, last = math.ceil(low / step), math.floor(high / step)
    found = [step * n for n in range(first, min(last, first + MOST_MULTIPLES - 1) + 1)]
    texts = list(dict.fromkeys(as_json(int(one) if one.denominator == 1 else float(one)) for one in found))
    if not texts:
        raise Unusable("no multiple is allowed there")
    return w.LiteralValue(values={str(text): 1 / len(texts) for text in texts}, typed=True)
