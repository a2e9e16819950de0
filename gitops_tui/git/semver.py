"""Semver ranges on tags, as Argo CD resolves them (`1.2.*`, `^1.0`, `~1.2`, `>=1.0 <2.0`)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_VERSION = re.compile(r"^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$")
_TERM = re.compile(r"^(\^|~|>=|<=|>|<|=)?v?(\d{1,9}|[xX*])(?:\.(\d{1,9}|[xX*]))?(?:\.(\d{1,9}|[xX*]))?$")
Version = tuple[int, int, int]


def _parse(tag: str) -> tuple[Version, bool] | None:
    found = _VERSION.match(tag)
    if not found:
        return None
    return (int(found[1]), int(found[2] or 0), int(found[3] or 0)), bool(found[4])


def _bounds(term: str) -> tuple[Version, Version] | None:
    """The half-open range [low, high) that a term names."""
    found = _TERM.match(term)
    if not found:
        return None
    sign = found[1] or ""
    numbers = [int(part) for part in found.groups()[1:] if part is not None and part not in "xX*"]
    top = (10**9, 0, 0)
    padded = (*numbers, 0, 0, 0)
    low: Version = (padded[0], padded[1], padded[2])
    if not numbers:
        return (0, 0, 0), top

    def after(at: int) -> Version:
        raised = [*low]
        raised[at] += 1
        return (raised[0], raised[1] if at >= 1 else 0, raised[2] if at >= 2 else 0)

    step = after(len(numbers) - 1)
    if sign == "^":
        first = next((at for at, number in enumerate(numbers) if number), len(numbers) - 1)
        return low, after(first)
    if sign == "~":
        return low, after(min(1, len(numbers) - 1))
    return {
        ">=": (low, top),
        ">": (step, top),
        "<": ((0, 0, 0), low),
        "<=": ((0, 0, 0), step),
    }.get(sign, (low, step))


def newest(constraint: str, tags: Iterable[str]) -> str:
    """The newest of `tags` within the constraint, "" for none. Pre-releases don't count."""
    versions = [(parsed[0], tag) for tag in tags if (parsed := _parse(tag)) and not parsed[1]]
    best: tuple[Version, str] | None = None
    for alternative in constraint.split("||"):
        bounds = [_bounds(term) for term in re.split(r"[,\s]+", alternative.strip()) if term]
        if not bounds or any(each is None for each in bounds):
            continue
        for version, tag in versions:
            if all(each and each[0] <= version < each[1] for each in bounds) and (best is None or version > best[0]):
                best = (version, tag)
    return best[1] if best else ""
