"""Quantities in their canonical form, as the API server writes them back (`1000m` is `1`, `0.5` is `500m`)."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

_FORM = re.compile(r"^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?|[eE][+-]?\d+)$")
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_SUFFIXES = {power: name for name, power in _DECIMAL.items()}


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """The quantity as Go's `Quantity.String` gives it. Raises ValueError in its words."""
    text = text.strip()
    found = _FORM.match(text)
    if not text or found is None or not (found[2] or found[3]):
        wrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        raise ValueError(wrong)
    sign, whole, fraction, suffix = found[1], found[2] or "0", found[3] or "", found[4]
    number = Fraction(int(whole + fraction), 10 ** len(fraction))
    if sign == "-":
        number = -number
    if suffix in _BINARY:
        value = number * 1024 ** _BINARY[suffix]
        if value.denominator == 1 and value != 0 and abs(value) >= 1024:
            return _binary(int(value))
        if value.denominator == 1:
            return str(value.numerator)
        return _decimal(value)
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        power = int(suffix[1:])
        return _exponent(number * Fraction(10) ** power)
    return _decimal(number * Fraction(10) ** _DECIMAL[suffix])


def _binary(value: int) -> str:
    sign, value = ("-", -value) if value < 0 else ("", value)
    power = 0
    while value % 1024 == 0 and power < 6:
        value //= 1024
        power += 1
    names = {number: name for name, number in _BINARY.items()}
    return f"{sign}{value}{names[power] if power else ''}"


def _parts(value: Fraction) -> tuple[int, int]:
    """Mantissa and the power of ten (a multiple of three, at least -9); rounds up beyond nano."""
    scaled = value * 10**9
    units = -((-scaled.numerator) // scaled.denominator) if scaled >= 0 else scaled.numerator // scaled.denominator
    power = -9
    while units and units % 1000 == 0 and power < 18:
        units //= 1000
        power += 3
    return (units, power) if units else (0, 0)


def _decimal(value: Fraction) -> str:
    units, power = _parts(value)
    return f"{units}{_SUFFIXES[power]}"


def _exponent(value: Fraction) -> str:
    units, power = _parts(value)
    return f"{units}e{power}" if power else str(units)
