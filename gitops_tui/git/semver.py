"""Semver ranges on tags, as Argo CD resolves them (`1.2.*`, `^1.0`, `~1.2`, `>=1.0 <2.0`): the rules of
Masterminds/semver v3, which it uses."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gitops_tui.records import dataclass

_NUMBER = r"\d{1,18}"
_PRE = r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
_BUILD = r"(?:\+[0-9A-Za-z.-]+)?"
_VERSION = re.compile(rf"^v?(?P<x>{_NUMBER})(?:\.(?P<y>{_NUMBER}))?(?:\.(?P<z>{_NUMBER}))?{_PRE}{_BUILD}\Z")
_ANY = rf"(?:{_NUMBER}|[xX*])"
_TERM = re.compile(
    rf"\s*(?P<sign>=>|>=|=<|<=|!=|~>|\^|~|>|<|=)?\s*v?(?P<x>{_ANY})(?:\.(?P<y>{_ANY}))?(?:\.(?P<z>{_ANY}))?{_PRE}{_BUILD}(?=$|[\s,])"
)
_HYPHEN = re.compile(r"^\s*(\S+)\s+-\s+(\S+)\s*$")

Numbers = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Version:
    numbers: Numbers
    pre: str

    @property
    def key(self) -> tuple[object, ...]:
        if not self.pre:
            return (self.numbers, 1, ())
        parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.pre.split("."))
        return (self.numbers, 0, parts)


@dataclass(frozen=True, slots=True)
class _Term:
    """sign with a version of which `given` parts were numbers."""

    sign: str
    version: _Version
    given: int

    def allows(self, other: _Version) -> bool:
        if other.pre and not self.version.pre:
            return False
        mine, theirs = self.version, other
        low, high = _span(mine.numbers, self.given)
        inside = low <= theirs.numbers < high if high is not None else True
        match self.sign:
            case "!=":
                return not inside if self.given < 3 else theirs.key != mine.key
            case ">":
                return theirs.key > mine.key if self.given == 3 else high is not None and theirs.numbers >= high
            case "<":
                return theirs.key < mine.key
            case ">=" | "=>":
                return theirs.key >= mine.key
            case "<=" | "=<":
                return theirs.key <= mine.key if self.given == 3 else high is None or theirs.numbers < high
            case "^":
                return theirs.key >= mine.key and _caret(mine.numbers, self.given, theirs.numbers)
            case "~" | "~>":
                return self.given == 0 or (
                    theirs.key >= mine.key
                    and theirs.numbers[: min(2, self.given)] == mine.numbers[: min(2, self.given)]
                )
        return inside if self.given < 3 else theirs.key == mine.key


def _span(numbers: Numbers, given: int) -> tuple[Numbers, Numbers | None]:
    if given == 0:
        return (0, 0, 0), None
    x, y, z = numbers
    return numbers, [(x + 1, 0, 0), (x, y + 1, 0), (x, y, z + 1)][given - 1]


def _caret(mine: Numbers, given: int, theirs: Numbers) -> bool:
    if given == 0:
        return True
    if mine[0] > 0 or given == 1:
        return theirs[0] == mine[0]
    if mine[1] > 0 or given == 2:
        return theirs[:2] == mine[:2]
    return theirs == mine


def _version(text: str) -> _Version | None:
    found = _VERSION.match(text)
    if found is None:
        return None
    return _Version((int(found["x"]), int(found["y"] or 0), int(found["z"] or 0)), found["pre"] or "")


def _terms(alternative: str) -> list[_Term] | None:
    """The terms of one alternative, all of which must hold; None where it is no range."""
    if hyphen := _HYPHEN.match(alternative):
        alternative = f">={hyphen[1]} <={hyphen[2]}"
    found, at = [], 0
    text = alternative.strip()
    while at < len(text):
        term = _TERM.match(text, at)
        if term is None:
            return None
        parts = [term["x"], term["y"], term["z"]]
        given = next((n for n, part in enumerate(parts) if part is None or part in "xX*"), 3)
        numbers = [int(part) if n < given and part else 0 for n, part in enumerate(parts)]
        found.append(
            _Term(term["sign"] or "", _Version((numbers[0], numbers[1], numbers[2]), term["pre"] or ""), given)
        )
        at = term.end()
        while at < len(text) and text[at] in ", \t":
            at += 1
    return found or None


def is_version(text: str) -> bool:
    """Whether a chart's version is one (`1.2.3`, `v1.2.3-rc.1+build`)."""
    return len(text) <= 128 and _version(text) is not None


def is_range(revision: str) -> bool:
    """Whether a revision is a range on tags, and not the name of something (`v1.2` is a name)."""
    if len(revision) > 200 or _version(revision) is not None:
        return False
    return all(_terms(each) is not None for each in revision.split("||"))


def newest(constraint: str, tags: Iterable[str]) -> str:
    """The newest of `tags` within the constraint, "" for none. Pre-releases count only where the constraint has one."""
    alternatives = [terms for each in constraint.split("||") if (terms := _terms(each)) is not None]
    best: tuple[tuple[object, ...], str] | None = None
    for tag in tags:
        version = _version(tag)
        if version is None or not any(all(term.allows(version) for term in terms) for terms in alternatives):
            continue
        if best is None or version.key > best[0]:
            best = (version.key, tag)
    return best[1] if best else ""
