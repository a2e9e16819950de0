"""Finds the values of Secrets in the text of a file, so that no diff shows them.

YAML (and JSON) is read by its events, so that every value is found where it stands: below `data` and `stringData` of a
mapping with `kind: Secret`, in a Secret's last-applied annotation, and in the literals of a kustomization's
`secretGenerator`. What doesn't parse (a template) is judged by its indentation, and rather too much is masked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_BYTES = 5_000_000
_DOTS = "••••••••"
_BLOCK = re.compile(r"""^(\s*(?:- )?)["']?(data|stringData|literals)["']?\s*:(.*)$""")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Span = tuple[int, int, int, int]  # first line, column, last line, column; from 0


@dataclass(slots=True)
class _Frame:
    mapping: bool
    key: str | None = None
    kind: str = ""
    spans: list[Span] = field(default_factory=list)


class Marks:
    """A letter for each value, the same for equal ones."""

    def __init__(self) -> None:
        self._marks: dict[str, str] = {}

    def of(self, value: str) -> str:
        number = self._marks.setdefault(value, str(len(self._marks)))
        at = int(number)
        letter = _LETTERS[at] if at < len(_LETTERS) else f"#{at + 1}"
        return f"{_DOTS} ({letter})"


def masked_lines(content: bytes, marks: Marks) -> dict[int, str]:
    """Line number (from 1) -> the line as it may be shown, for each line that holds a Secret's value."""
    if b"Secret" not in content and b"secretGenerator" not in content:
        return {}
    text = content.decode("utf-8", "replace")
    lines = text.split("\n")
    if len(content) > _MAX_BYTES:
        return _by_indentation(lines, marks)
    try:
        spans = _spans(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return _by_indentation(lines, marks)
    shown: dict[int, str] = {}
    for first, column, last, end in sorted(spans, reverse=True):
        if first >= len(lines):
            continue
        value = (
            "\n".join([lines[first][column:], *lines[first + 1 : last + 1]])
            if last > first
            else lines[first][column:end]
        )
        if not value.strip():
            continue
        line = shown.get(first + 1, lines[first])
        rest = line[end:] if last == first else ""
        shown[first + 1] = line[:column] + marks.of(value.strip()) + rest
        for number in range(first + 1, min(last + (1 if end else 0), len(lines))):
            indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
            if lines[number].strip():
                shown[number + 1] = indent + _DOTS
    return shown


def _spans(text: str) -> list[Span]:
    found: list[Span] = []
    stack: list[_Frame] = []
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, DocumentStartEvent):
            stack.clear()
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            stack.append(_Frame(isinstance(event, MappingStartEvent)))
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            done = stack.pop()
            if done.kind == "Secret":
                found += done.spans
            elif done.kind in ("List", "SecretList", ""):
                # A Secret's data may come without its kind: what a patch or a list holds is judged by the outer one.
                if stack and done.spans and not done.mapping:
                    stack[-1].spans += done.spans
            _value_done(stack)
        elif isinstance(event, ScalarEvent | AliasEvent):
            _scalar(stack, event, found)
    return found


def _scalar(stack: list[_Frame], event: Event, found: list[Span]) -> None:
    frame = stack[-1] if stack else None
    if frame is None:
        return
    value = event.value if isinstance(event, ScalarEvent) else ""
    if frame.mapping and frame.key is None:
        frame.key = value
        return
    if frame.mapping and frame.key == "kind":
        frame.kind = value
    assert event.start_mark is not None
    assert event.end_mark is not None
    span = (event.start_mark.line, event.start_mark.column, event.end_mark.line, event.end_mark.column)
    keys = [each.key for each in stack]
    if "secretGenerator" in keys and "literals" in keys:
        found.append(span)
    else:
        for each in stack:
            if each.mapping and (each.key in ("data", "stringData") or _LAST_APPLIED in keys):
                each.spans.append(span)
    _value_done(stack)


def _value_done(stack: list[_Frame]) -> None:
    if stack and stack[-1].mapping and stack[-1].key is not None:
        stack[-1].key = None


def _by_indentation(lines: list[str], marks: Marks) -> dict[int, str]:
    shown: dict[int, str] = {}
    begin = 0
    for end in [*(n for n, line in enumerate(lines) if line.startswith("---")), len(lines)]:
        document = lines[begin:end]
        if re.search(r"""["']?kind["']?\s*:\s*["']?Secret\b|secretGenerator""", "\n".join(document)):
            inside = -1
            for number, line in enumerate(document, begin + 1):
                indent = len(line) - len(line.lstrip())
                if line.strip() and indent <= inside:
                    inside = -1
                head = _BLOCK.match(line)
                if inside >= 0 and line.strip():
                    key, colon, value = line.partition(":")
                    shown[number] = f"{key}: {marks.of(value.strip())}" if colon and value.strip() else (
                        line if colon else line[:indent] + _DOTS
                    )  # fmt: skip
                elif head:
                    inside = len(head[1])
                    if head[3].strip():
                        shown[number] = line[: len(line) - len(head[3])] + f" {_DOTS}"
        begin = end
    return shown
