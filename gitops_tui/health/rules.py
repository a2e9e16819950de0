"""A small language for the health of a kind: rules in words, read from left to right; the first that holds decides.

    Progressing if lag; Degraded if Ready=False; Healthy if Ready=True and .replicas; Progressing

A rule is `STATUS if TEST and TEST`, the last one may be a bare STATUS (without one it is Progressing). Tests:

- `Ready=True`, `Ready=False|Unknown`, `Ready`: a condition of `status.conditions` has that status (exists); `*Ready` any of
  that name. `Ready=False(Creat*|Pending)`: and its reason or message matches one of the patterns.
- `.phase=Running|Done`, `.phase`: a field beneath `status` equals one of the patterns (is there, and not empty, false or 0).
  `spec.paused=true`, `metadata.…`, `kind=…`: a field elsewhere. `.parents[].x` looks into each item of a list, `.racks.*.x`
  into each value of a map: one that holds is enough. `["a.b/c"]` is a key with dots in it.
- `.ready<.size`, `.ready<3`, `>`: numbers; several are added up. `.a=.b`: two fields are equal, pair by pair.
- `.parents[]/Accepted=False`: a condition in a `conditions` list beneath that field, unless it speaks of an older generation.
- `lag`: `status.observedGeneration` is behind `metadata.generation`; `stale`: a condition is; `stale .parents[]` those there.
- `nostatus`: there is no status at all. `not TEST`: the contrary.

Wrong types never raise: a test on them does not hold.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from gitops_tui.health.objects import Obj, items, part, said, word
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.records import dataclass

Test = Callable[[Obj, Mapping[str, Any]], str | None]
"""Takes an object and its status; gives what it found in words, None where it does not hold."""

WAITING: Final = "waiting for its controller"
_ROOTS: Final = ("spec", "metadata", "kind", "apiVersion", "data")
_STEP = re.compile(r'\["([^"]+)"\]|(\[\])|\.?([^.\[\]]+)')
_COMPARE = re.compile(r"^(?P<left>.+?)(?P<how>[=<>])(?P<right>.*)$")
_INSIDE = re.compile(r"^(?P<place>\.[^/=\"]+)/(?P<condition>.+)$")
_REASONS = re.compile(r"^(?P<statuses>[^(]*)\((?P<reasons>.*)\)$")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: all its tests hold, then this is the status."""

    status: HealthStatus
    tests: tuple[Test, ...]


class RuleError(ValueError):
    """A rule that is no rule; says which part."""


def parse(text: str) -> tuple[Rule, ...]:
    """The rules in a text. Raises RuleError."""
    made = []
    for clause in text.split(";"):
        head, _, tests = clause.strip().partition(" if ")
        try:
            status = HealthStatus(head.strip())
        except ValueError:
            raise RuleError(f"{clause.strip()!r} does not begin with a status") from None
        made.append(Rule(status, tuple(_test(each.strip()) for each in tests.split(" and ")) if tests else ()))
    if made[-1].tests:
        made.append(Rule(HealthStatus.PROGRESSING, ()))
    return tuple(made)


def apply(rules: tuple[Rule, ...], obj: Obj) -> Health:
    """What the first rule that holds says."""
    status = part(obj, "status")
    for rule in rules:
        words = ""
        for test in rule.tests:
            found = test(obj, status)
            if found is None:
                break
            words = found or words
        else:
            if not rule.tests and rule.status is HealthStatus.PROGRESSING:
                words = WAITING
            return Health(rule.status, words)
    return Health(HealthStatus.UNKNOWN, "no rule holds")


# --- tests ------------------------------------------------------------------------------------------------------------


def lags(obj: Obj) -> bool:
    """Whether the controller has not seen the latest change yet. A hash in place of a generation never lags."""
    observed, generation = part(obj, "status").get("observedGeneration"), part(obj, "metadata").get("generation")
    if isinstance(observed, str) and observed.isdecimal() and len(observed) < 19:
        observed = int(observed)
    return type(observed) is int and type(generation) is int and observed < generation


def _older(condition: Mapping[str, Any], generation: Any) -> bool:
    observed = condition.get("observedGeneration")
    return type(observed) is int and type(generation) is int and observed < generation


def stale(obj: Obj, holder: Mapping[str, Any]) -> bool:
    """Whether a condition of `holder` speaks of an older generation of the object."""
    generation = part(obj, "metadata").get("generation")
    return any(_older(each, generation) for each in items(holder, "conditions"))


def _test(text: str) -> Test:
    if text == "not" or text.startswith("not "):
        inner = _test(text[4:].strip())
        return lambda obj, status: "" if inner(obj, status) is None else None
    if text == "nostatus":
        return lambda obj, status: WAITING if not status else None
    if text == "lag":
        return lambda obj, status: "its controller has not seen the latest change yet" if lags(obj) else None
    if text == "stale" or text.startswith("stale "):
        return _stale(_path(text[6:]) if text[6:] else ())
    if inside := _INSIDE.match(text):
        return _condition(inside["condition"], _path(inside["place"]))
    found = _COMPARE.match(text)
    left = found["left"] if found else text
    if not left or left[0] in "=<>":
        raise RuleError(f"{text!r} is no test")
    if not (left.startswith(".") or re.split(r"[.\[]", left)[0] in _ROOTS):
        return _condition(text, ())
    return _field(_path(left), found["how"], found["right"]) if found else _there(_path(left))


def _path(text: str) -> tuple[str, ...]:
    """Steps of a path; "[]" and "*" go into each. A path that starts with a dot begins at `status`."""
    steps = ["status"] if text.startswith(".") else []
    for key, each, name in _STEP.findall(text):
        steps.append(key or each or name)
    return tuple(steps)


def values(obj: Any, path: tuple[str, ...]) -> list[Any]:
    """What stands at a path."""
    found = [obj]
    for step in path:
        following: list[Any] = []
        for each in found:
            if step == "[]":
                following += each if isinstance(each, list) else []
            elif isinstance(each, Mapping):
                if step == "*":
                    following += each.values()
                elif step in each:
                    following.append(each[step])
        found = following
    return found


def _text(value: Any) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def _matcher(text: str) -> Callable[[str], bool]:
    """Whether a text is one of the alternatives; * and ? as in file names."""
    choices = text.split("|")
    plain = frozenset(each for each in choices if not set(each) & {"*", "?"})
    globs = [each for each in choices if each not in plain]
    if not globs:
        return plain.__contains__
    pattern = re.compile("|".join(fnmatch.translate(each) for each in globs))
    return lambda value: value in plain or pattern.match(value[:500]) is not None


def _words(obj: Obj, status: Mapping[str, Any], path: tuple[str, ...], value: str) -> str:
    """What to say of a field that decided: the status' own message, else the field."""
    for name in ("message", "reason", "errorMessage", "error", "description"):
        if word(status, name):
            return word(status, name)
    name = next((step for step in reversed(path) if step not in ("[]", "*")), "")
    return f"{name}: {value}" if value else name


def _there(path: tuple[str, ...]) -> Test:
    def test(obj: Obj, status: Mapping[str, Any]) -> str | None:
        for value in values(obj, path):
            if value:
                return _words(obj, status, path, _text(value))
        return None

    return test


def _field(path: tuple[str, ...], how: str, right: str) -> Test:
    other = _path(right) if right.startswith(".") or right.split(".", maxsplit=1)[0] in _ROOTS else None
    if how in "<>":
        try:
            limit = 0.0 if other is not None else float(right)
        except ValueError:
            raise RuleError(f"{right!r} is neither a number nor a field") from None
        return _numbers(path, how, limit, other)
    if other is not None:
        return lambda obj, status: "" if _same(values(obj, path), values(obj, other)) else None
    matches = _matcher(right)

    def test(obj: Obj, status: Mapping[str, Any]) -> str | None:
        for value in values(obj, path):
            text = _text(value)
            if matches(text):
                return _words(obj, status, path, text)
        return None

    return test


def _same(one: list[Any], two: list[Any]) -> bool:
    return bool(one) and len(one) == len(two) and all(map(lambda a, b: type(a) is type(b) and a == b, one, two))


def _sum(found: list[Any]) -> float:
    total = 0.0
    for each in found:
        if isinstance(each, str) and each.isdecimal() and len(each) < 19:
            each = int(each)
        if isinstance(each, int | float) and not isinstance(each, bool) and -1e18 < each < 1e18:
            total += each
    return total


def _numbers(path: tuple[str, ...], how: str, limit: float, other: tuple[str, ...] | None) -> Test:
    def test(obj: Obj, status: Mapping[str, Any]) -> str | None:
        one = _sum(values(obj, path))
        two = _sum(values(obj, other)) if other is not None else limit
        if one < two if how == "<" else one > two:
            return f"{path[-1]} is {one:g}, {other[-1] if other else 'the limit'} {two:g}"
        return None

    return test


def _condition(text: str, place: tuple[str, ...]) -> Test:
    kind, equals, wanted = text.partition("=")
    reasons = _REASONS.match(wanted)
    statuses = _matcher(reasons["statuses"] if reasons else wanted) if equals else None
    because = _matcher(reasons["reasons"]) if reasons else None
    kinds = _matcher(kind)

    def test(obj: Obj, status: Mapping[str, Any]) -> str | None:
        generation = part(obj, "metadata").get("generation")
        for holder in values(obj, place) if place else (status,):
            if not isinstance(holder, Mapping):
                continue
            for each in items(holder, "conditions"):
                if not kinds(word(each, "type")) or (place and _older(each, generation)):
                    continue
                value = each.get("status")
                # Kept as a boolean by the odd controller, though the API's conditions are texts.
                value = str(value) if isinstance(value, bool) else _text(value)
                if statuses is not None and not statuses(value):
                    continue
                if because is not None and not (because(word(each, "reason")) or because(word(each, "message"))):
                    continue
                return said(each) or f"{word(each, 'type')} is {value}"
        return None

    return test


def _stale(place: tuple[str, ...]) -> Test:
    def test(obj: Obj, status: Mapping[str, Any]) -> str | None:
        for holder in values(obj, place) if place else (status,):
            if isinstance(holder, Mapping) and stale(obj, holder):
                return "its controller has not seen the latest change yet"
        return None

    return test
