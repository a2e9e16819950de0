"""Sprig's functions on numbers, all of them integers but `floor`, `ceil`, `round` and those that end in f."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

from gitops_tui.render.gotemplate.parse import TemplateError

MOST_ITEMS = 10_000


def integer(value: Any) -> int:
    """sprig's toInt64 (spf13/cast): 0 for what is no number."""
    if isinstance(value, str):
        try:
            return int(value, 0)
        except ValueError:
            try:
                return int(float(value))
            except (ValueError, OverflowError):
                return 0
    if isinstance(value, bool | int | float):
        return int(value)
    return 0


def real(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _quotient(first: Any, second: Any) -> int:
    a, b = integer(first), integer(second)
    if b == 0:
        raise TemplateError("runtime error: integer divide by zero")
    return int(math.copysign(1, a) * math.copysign(1, b)) * (abs(a) // abs(b))


def _remainder(first: Any, second: Any) -> int:
    return integer(first) - integer(second) * _quotient(first, second)


def _times(first: Any, *others: Any) -> int:
    made = reduce(lambda a, b: a * integer(b), others, integer(first))
    # Go's int64 wraps around.
    return (made + 2**63) % 2**64 - 2**63


def _round(value: Any, places: Any, *rest: Any) -> float:
    scale = 10.0 ** min(max(integer(places), 0), 15)
    on = real(rest[0]) if rest else 0.5
    digit = real(value) * scale
    whole = math.floor(abs(digit))
    made = (whole + 1 if abs(digit) - whole >= on else whole) / scale
    return math.copysign(made, digit)


def until_step(start: Any, stop: Any, step: Any) -> list[int]:
    a, b, by = integer(start), integer(stop), integer(step)
    if by == 0 or (b - a) * by <= 0:
        return []
    if abs(b - a) // abs(by) > MOST_ITEMS:
        raise TemplateError(f"a list of more than {MOST_ITEMS} items")
    return list(range(a, b, by))


def _until(count: Any) -> list[int]:
    return until_step(0, count, 1 if integer(count) >= 0 else -1)


def _seq(*args: Any) -> str:
    numbers = [integer(each) for each in args]
    if not numbers or len(numbers) > 3:
        return ""
    start = numbers[0] if len(numbers) > 1 else 1
    stop = numbers[-1]
    step = numbers[1] if len(numbers) == 3 else (1 if stop >= start else -1)
    return " ".join(map(str, until_step(start, stop + (1 if step > 0 else -1), step)))


def _atoi(text: Any) -> int:
    try:
        return int(text)
    except (TypeError, ValueError):
        return 0


NUMBERS: dict[str, Callable[..., Any]] = {
    "add": lambda *values: sum(map(integer, values)),
    "add1": lambda value: integer(value) + 1,
    "sub": lambda first, second: integer(first) - integer(second),
    "mul": _times,
    "div": _quotient,
    "mod": _remainder,
    "max": lambda first, *others: max(map(integer, (first, *others))),
    "min": lambda first, *others: min(map(integer, (first, *others))),
    "biggest": lambda first, *others: max(map(integer, (first, *others))),
    "addf": lambda *values: math.fsum(map(real, values)),
    "subf": lambda first, *others: real(first) - math.fsum(map(real, others)),
    "mulf": lambda first, *others: reduce(lambda a, b: a * real(b), others, real(first)),
    "divf": lambda first, *others: reduce(lambda a, b: a / real(b), others, real(first)),
    "maxf": lambda first, *others: max(map(real, (first, *others))),
    "minf": lambda first, *others: min(map(real, (first, *others))),
    "floor": lambda value: float(math.floor(real(value))),
    "ceil": lambda value: float(math.ceil(real(value))),
    "round": _round,
    "int": integer,
    "int64": integer,
    "float64": real,
    "atoi": _atoi,
    "toDecimal": lambda value: int(str(value), 8),
    "until": _until,
    "untilStep": until_step,
    "seq": _seq,
}
