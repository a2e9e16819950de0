"""Finds the values of Secrets in the text of a file, so that no diff shows them.

YAML (and JSON) is read by its events, so that every value is found where it stands: below `data` and `stringData` of a
mapping with `kind: Secret`, in a Secret's last-applied annotation, and in the literals of a kustomization's
`secretGenerator`; of ConfigMaps and their generators those whose keys look like credentials (the setting `mask_keys`). What doesn't parse (a template) is judged by its indentation, and rather too much is masked.
"""

from __future__ import annotations

import re

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

from gitops_tui.git.textlines import Lines
from gitops_tui.model.globs import is_named
from gitops_tui.records import dataclass, field

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_BYTES = 5_000_000
_DOTS = "••••••••"
_BLOCK = re.compile(r"""^(\s*(?:- )?)["']?(data|stringData|literals)["']?\s*:(.*)$""")
_KEY = re.compile(r"""^\s*(?:["'][^"']*["']|[\w./-]+)\s*:(?:\s|$)""")
_BREAK_INSIDE = re.compile("[\r\x85\u2028\u2029].")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Span = tuple[int, int, int, int]  # first line, column, last line, column; from 0


@dataclass(slots=True)
class _Frame:
    mapping: bool
    key: str | None = None
    kind: str = ""
    spans: list[Span] = field(default_factory=list)
    aliases: set[str] = field(default_factory=set)
    anchor: str = ""
    credentials: list[Span] = field(default_factory=list)
    credential_aliases: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Anchored:
    """The values below an anchor, and which other anchors they name."""

    spans: list[Span] = field(default_factory=list)
    aliases: set[str] = field(default_factory=set)


class Marks:
    """A letter for each value, the same for equal ones."""

    def __init__(self) -> None:
        self._marks: dict[str, int] = {}

    def of(self, value: str) -> str:
        at = self._marks.setdefault(value, len(self._marks))
        letter = _LETTERS[at] if at < len(_LETTERS) else f"#{at + 1}"
        return f"{_DOTS} ({letter})"


def masked_lines(content: bytes, marks: Marks, mask_keys: tuple[str, ...] = ()) -> dict[int, str]:
    """Line number (from 1) -> the line as it may be shown, for each line that holds a value to be masked. Lines are git's.
    mask_keys: as the setting."""
    # A word with escapes in it ("Sec\\u0072et") is only known once it is read.
    words = (b"Secret", b"secretGenerator", b"\\", *((b"ConfigMap", b"configMapGenerator") if mask_keys else ()))
    if not any(word in content for word in words):
        return {}
    text = content.decode("utf-8", "replace")
    lines = text.split("\n")
    if len(content) > _MAX_BYTES:
        return _by_indentation(lines, marks, mask_keys)
    try:
        spans = _Reader(text, mask_keys).spans()
    except (yaml.YAMLError, ValueError, RecursionError):
        return _by_indentation(lines, marks, mask_keys)
    shown: dict[int, str] = {}
    for first, column, last, end in sorted(set(spans), reverse=True):
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


class _Reader:
    """Finds the values of Secrets in one file."""

    def __init__(self, text: str, mask_keys: tuple[str, ...]) -> None:
        self._mask_keys = mask_keys
        self._lines = Lines(text)
        self._found: list[Span] = []
        self._used: set[str] = set()
        self._stack: list[_Frame] = []
        self._anchored: dict[str, _Anchored] = {}

    def spans(self) -> list[Span]:
        stack = self._stack
        for event in yaml.parse(self._lines.parsed, Loader=_Loader):
            if isinstance(event, DocumentStartEvent):
                self._document_done()
            elif isinstance(event, MappingStartEvent | SequenceStartEvent):
                if event.anchor:
                    self._anchored[event.anchor] = _Anchored()
                stack.append(_Frame(isinstance(event, MappingStartEvent), anchor=event.anchor or ""))
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                self._collection_done(stack.pop())
                _value_done(stack)
            elif isinstance(event, ScalarEvent | AliasEvent):
                self._scalar(event)
        self._document_done()
        return self._found

    def _document_done(self) -> None:
        """What a Secret names by an alias stands where its anchor is."""
        waiting, seen = list(self._used), set(self._used)
        while waiting:
            anchored = self._anchored.get(waiting.pop(), _Anchored())
            self._found += anchored.spans
            waiting += anchored.aliases - seen
            seen |= anchored.aliases
        self._used.clear()
        self._anchored.clear()
        self._stack.clear()

    def _collection_done(self, done: _Frame) -> None:
        if done.kind == "Secret":
            self._found += done.spans
            self._used |= done.aliases
        elif done.kind == "ConfigMap":
            self._found += done.credentials
            self._used |= done.credential_aliases
        elif done.kind in ("List", "SecretList", "ConfigMapList", ""):
            # A Secret's data may come without its kind: what a patch or a list holds is judged by the outer one.
            if self._stack and not done.mapping:
                self._stack[-1].spans += done.spans
                self._stack[-1].credentials += done.credentials
                self._stack[-1].credential_aliases |= done.credential_aliases
                self._stack[-1].aliases |= done.aliases

    def _scalar(self, event: Event) -> None:
        stack = self._stack
        assert event.start_mark is not None
        assert event.end_mark is not None
        span = (*self._lines.at(event.start_mark.index), *self._lines.at(event.end_mark.index))
        alias = (event.anchor or "") if isinstance(event, AliasEvent) else ""
        frame = stack[-1] if stack else None
        if frame is None:
            return
        value = event.value if isinstance(event, ScalarEvent) else ""
        if frame.mapping and frame.key is None:
            frame.key = value
            return
        if isinstance(event, ScalarEvent) and event.anchor:
            self._anchored[event.anchor] = _Anchored([span])
        for each in stack:
            if each.anchor and alias:
                self._anchored[each.anchor].aliases.add(alias)
            elif each.anchor:
                self._anchored[each.anchor].spans.append(span)
        if frame.mapping and frame.key == "kind":
            frame.kind = value
        keys = [each.key for each in stack]
        if "secretGenerator" in keys and "literals" in keys:
            self._found.append(span)
            self._used |= {alias} - {""}
        elif "configMapGenerator" in keys and "literals" in keys:
            if is_named(value.partition("=")[0], self._mask_keys):
                self._found.append(span)
            self._used |= {alias} - {""}
        else:
            for each, below in zip(stack, keys[1:], strict=False):
                is_credential = each.key in ("data", "binaryData") and is_named(below or "", self._mask_keys)
                if each.mapping and (is_credential or (self._mask_keys and _LAST_APPLIED in keys)):
                    each.credentials.append(span)
                    each.credential_aliases |= {alias} - {""}
            for each in stack:
                if each.mapping and (each.key in ("data", "stringData") or _LAST_APPLIED in keys):
                    each.spans.append(span)
                    each.aliases |= {alias} - {""}
        _value_done(stack)


def _value_done(stack: list[_Frame]) -> None:
    if stack and stack[-1].mapping and stack[-1].key is not None:
        stack[-1].key = None


def _by_indentation(lines: list[str], marks: Marks, mask_keys: tuple[str, ...]) -> dict[int, str]:
    shown: dict[int, str] = {}
    begin = 0
    for end in [*(n for n, line in enumerate(lines) if line.startswith("---")), len(lines)]:
        document = lines[begin:end]
        text = "\n".join(document)
        if re.search(r"""["']?kind["']?\s*:\s*["']?Secret\b|secretGenerator""", text):
            _secret_by_indentation(document, begin + 1, marks, shown)
        elif mask_keys and "configmap" in text.lower():
            _credentials_by_indentation(document, begin + 1, marks, mask_keys, shown)
        begin = end
    return shown


def _secret_by_indentation(document: list[str], first: int, marks: Marks, shown: dict[int, str]) -> None:
    inside = -1
    for number, line in enumerate(document, first):
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent <= inside and _KEY.match(line):
            inside = -1
        if _BREAK_INSIDE.search(line):
            # More lines to YAML than to git.
            shown[number] = line[:indent] + _DOTS
            continue
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


def _credentials_by_indentation(
    document: list[str], first: int, marks: Marks, mask_keys: tuple[str, ...], shown: dict[int, str]
) -> None:
    inside = -1
    for number, line in enumerate(document, first):
        indent = len(line) - len(line.lstrip())
        if inside >= 0 and line.strip() and indent > inside:
            shown[number] = line[:indent] + _DOTS
            continue
        inside = -1
        key, *rest = re.split("[:=]", line, maxsplit=1)
        if rest and is_named(key.strip(" \t\"'-"), mask_keys):
            inside = indent
            if rest[0].strip():
                shown[number] = f"{key}{line[len(key)]} {marks.of(rest[0].strip())}"
