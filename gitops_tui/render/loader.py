"""YAML and JSON text -> documents, as Kubernetes reads them, with each document's first line.

Built on libyaml's parser events, so that hostile input is bounded before it costs memory: aliases are counted by what
they expand to, nesting has a limit, duplicate keys are errors. Scalars follow sigs.k8s.io/yaml (YAML 1.1 booleans and
octals; timestamps stay text).
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from gitops_tui.errors import Problem
from gitops_tui.git.secrets import Marks, masked_lines
from gitops_tui.model.text import printable
from gitops_tui.settings import Settings

MAX_DEPTH = 200
MAX_NODES = 2_000_000

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_BOOL = {
    **dict.fromkeys(("true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_NULL = ("", "~", "null", "Null", "NULL")
_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*)\Z")
_OCTAL = re.compile(r"([-+]?)0o?([0-7_]+)\Z")
_HEX = re.compile(r"([-+]?)0x([0-9a-fA-F_]+)\Z")
_BINARY = re.compile(r"([-+]?)0b([01_]+)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_MERGE = object()
_NO_KEY = object()
_SHORT = 40


class Bad(Exception):
    """What is wrong with a document, and where (line and column from 1)."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


def plain(text: str) -> Any:
    """The value of a plain (unquoted) scalar."""
    first = text[:1]
    if first.isalpha() or first in ("", "~"):
        if text in _BOOL:
            return _BOOL[text]
        return None if text in _NULL else text
    if first not in "0123456789+-.":
        return text
    if _INT.match(text):
        return int(text.replace("_", ""))
    for pattern, base in ((_OCTAL, 8), (_HEX, 16), (_BINARY, 2)):
        if found := pattern.match(text):
            digits = found[2].replace("_", "")
            return int(found[1] + digits, base) if digits else text
    if _FLOAT.match(text) and len(text) < 400:
        number = float(text.replace("_", ""))
        # JSON, which the API server is sent, has one kind of number: 1e3 is 1000.
        return int(number) if number.is_integer() and abs(number) < 2**53 and "." not in text else number
    if _SPECIAL.match(text):
        return math.nan if "n" in text.lower().replace("inf", "") else math.inf
    return text


_known = lru_cache(maxsize=4096)(plain)


def _scalar(event: ScalarEvent) -> Any:
    tag = event.tag
    if tag is None or tag == "!":
        return plain(event.value) if event.implicit[0] else event.value
    short = tag.removeprefix("tag:yaml.org,2002:")
    if short == "str":
        return event.value
    if short == "binary":
        import base64
        import binascii

        try:
            return base64.b64decode(event.value).decode("utf-8", "replace")
        except binascii.Error:
            raise Bad("!!binary value is not base64", *_at(event)) from None
    if short in ("int", "float", "bool", "null"):
        return plain(event.value)
    raise Bad(f"the tag {printable(tag)[:60]} is not allowed", *_at(event))


def _at(event: Any) -> tuple[int, int]:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1


class _Builder:
    """Builds documents out of parser events without recursion."""

    def __init__(self, text: str) -> None:
        self.loader = _Loader(text)
        self.nodes = 0

    def close(self) -> None:
        self.loader.dispose()

    def document(self) -> tuple[int, Any] | None:
        """The next document's first line and value, None at the end."""
        while True:
            event = self.loader.get_event()
            if event is None:
                return None
            if isinstance(event, DocumentStartEvent):
                break
        line = self.loader.peek_event().start_mark.line + 1
        value = self._value()
        while not isinstance(self.loader.get_event(), DocumentEndEvent):
            pass
        return line, value

    def _value(self) -> Any:
        anchors: dict[str, tuple[Any, int]] = {}
        # What is being built: the innermost collection, the key that waits for its value, what is merged into it, its
        # anchor, and the nodes before it. Around it: the same of those that it lies in.
        made: Any = None
        key: Any = _NO_KEY
        merges: list[Any] = []
        anchor, before = None, 0
        around: list[tuple[Any, Any, list[Any], str | None, int]] = []
        next_event = self.loader.get_event
        while True:
            event = next_event()
            kind = event.__class__
            done: Any
            if kind is ScalarEvent:
                self.nodes += 1
                if self.nodes > MAX_NODES:
                    self._count(0, event)
                if event.tag is None and event.implicit[0]:
                    text = event.value
                    if text == "<<" and key is _NO_KEY and made.__class__ is dict:
                        key = _MERGE
                        continue
                    # Keys and short words come again and again.
                    done = _known(text) if len(text) <= _SHORT else plain(text)
                else:
                    done = _scalar(event)
                if event.anchor:
                    anchors[event.anchor] = (done, 1)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._count(1, event)
                if len(around) >= MAX_DEPTH:
                    raise Bad(f"nested deeper than {MAX_DEPTH} levels", *_at(event))
                if made.__class__ is dict and key is _NO_KEY:
                    raise Bad("a mapping key must be text, not a collection", *_at(event))
                around.append((made, key, merges, anchor, before))
                made = {} if kind is MappingStartEvent else []
                key, merges, anchor, before = _NO_KEY, [], event.anchor, self.nodes
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                if merges:
                    _merge(made, merges, event)
                if anchor:
                    anchors[anchor] = (made, self.nodes - before + 1)
                done = made
                made, key, merges, anchor, before = around.pop()
            elif kind is AliasEvent:
                if event.anchor not in anchors:
                    raise Bad(f"the alias *{printable(str(event.anchor))} names nothing before it", *_at(event))
                done, size = anchors[event.anchor]
                self._count(size, event)
            else:
                raise Bad("the document ends early", *_at(event))
            if made.__class__ is dict:
                if key is _NO_KEY:
                    key = done if done.__class__ is str else _key(done, event)
                    if key in made:
                        raise Bad(f"the key {printable(key)[:80]!r} is there twice", *_at(event))
                elif key is _MERGE:
                    merges.append(done)
                    key = _NO_KEY
                else:
                    made[key] = done
                    key = _NO_KEY
            elif made is None:
                return done
            else:
                made.append(done)

    def _count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise Bad(f"more than {MAX_NODES} values (aliases expanded)", *_at(event))


def _merge(made: dict[str, Any], merges: list[Any], event: Any) -> None:
    for merge in merges:
        for source in merge if isinstance(merge, list) else [merge]:
            if not isinstance(source, dict):
                raise Bad("'<<' must merge a mapping", *_at(event))
            for key, value in source.items():
                made.setdefault(key, value)


def _key(value: Any, event: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return str(value)
    raise Bad("a mapping key must be text", *_at(event))


def load(data: bytes, path: str) -> tuple[list[tuple[int, int, Any]], Problem | None]:
    """The documents of a YAML or JSON file as (number, line, value), and the problem that ended the reading, if any."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        return [], Problem(path, f"not valid UTF-8 (byte {error.start})", line, column)
    documents: list[tuple[int, int, Any]] = []
    builder = None
    try:
        builder = _Builder(text)
        while (document := builder.document()) is not None:
            line, value = document
            documents.append((len(documents) + 1, line, value))
    except Bad as bad:
        return documents, Problem(
            path, f"{bad.message}{_which(documents)}", bad.line, bad.column, _line(text, bad.line)
        )
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        what = ", ".join(str(each) for each in (error.context, error.problem) if each)
        return documents, Problem(path, f"{printable(what)}{_which(documents)}", line, column, _line(text, line))
    except (yaml.YAMLError, ValueError) as error:
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 0
        return documents, Problem(path, f"{printable(str(error).split(chr(10))[0])}{_which(documents)}", line)
    finally:
        if builder is not None:
            builder.close()
    return documents, None


def _which(before: list[tuple[int, int, Any]]) -> str:
    """The number of the document that can't be read, where it isn't the first."""
    return f" (document {len(before) + 1})" if before else ""


def _line(text: str, line: int) -> str:
    # What can't be read may hold a Secret's values all the same, or what is called a password in a ConfigMap.
    masked = masked_lines(text.encode("utf-8", "surrogatepass"), Marks(), Settings().mask_keys).get(line)
    if masked is not None:
        return printable(masked.strip())[:200]
    lines = text.split("\n")
    return printable(lines[line - 1].strip())[:200] if 0 < line <= len(lines) else ""
