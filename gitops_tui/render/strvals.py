"""Helm's `--set name=value,…` on values, exactly as Helm has it (helm, pkg/strvals/parser.go: ParseInto, ParseIntoString).

What Helm makes an int64 comes out as `Int`: numbers of value files are float64 in Helm, and templates can tell the two apart
(`eq`, `kindOf`, and how a large one is printed).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

MOST_INDEX = 65536
MOST_LEVELS = 30
_INT64 = re.compile(r"[-+]?[0-9]+\Z")
_INDEX = re.compile(r"[+-]?[0-9]+\Z")


class Int(int):
    """A number that Helm holds as int64."""


class Wrong(ValueError):
    """What Helm would refuse, in Helm's words."""


class _End(Exception):
    """No more text (Go's io.EOF)."""


def set_into(text: str, values: dict[str, Any], *, as_text: bool = False) -> None:
    """`--set` (or `--set-string` with as_text): changes `values` in place. Raises Wrong."""
    _Parser(text, (lambda part: part) if as_text else typed).parse(values)


def set_file_into(name: str, content: str, values: dict[str, Any]) -> None:
    """`--set-file name=…`, with what the file holds. Raises Wrong."""
    _Parser(f"{name}=x", lambda _: content).parse(values)


def typed(text: str) -> Any:
    """A value as Helm reads it where it isn't forced to be text."""
    match text.lower():
        case "true":
            return True
        case "false":
            return False
        case "null":
            return None
        case "0":
            return Int(0)
    if text and text[0] != "0" and _INT64.match(text) and -(2**63) <= int(text) < 2**63:
        return Int(text)
    return text


class _Parser:
    def __init__(self, text: str, read: Callable[[str], Any]) -> None:
        self._text, self._at, self._read = text, 0, read

    def parse(self, values: dict[str, Any]) -> None:
        try:
            while True:
                self._key(values, 0)
        except _End:
            return
        except _NotThat as error:
            raise Wrong(f"unable to parse key: {error}") from None

    def _rune(self) -> str:
        if self._at >= len(self._text):
            raise _End
        self._at += 1
        return self._text[self._at - 1]

    def _until(self, stop: str) -> tuple[str, str]:
        """What stands before the next of `stop`, and which it was ("" at the end of the text)."""
        found: list[str] = []
        while True:
            try:
                rune = self._rune()
                if rune in stop:
                    return "".join(found), rune
                found.append(self._rune() if rune == "\\" else rune)
            except _End:
                return "".join(found), ""

    def _key(self, data: dict[str, Any], level: int) -> None:
        name, last = self._until("=[,.")
        if not last:
            if not name:
                raise _End
            raise Wrong(f'key "{name}" has no value')
        if last == "[":
            index = self._index()
            before = data.get(name, [])
            if not isinstance(before, list):
                raise _NotThat("it is set already, and not to a list")
            listed, ended = self._item(list(before), index, level)
            _put(data, name, listed)
            if ended:
                raise _End
        elif last == "=":
            listed_value = self._list()
            if listed_value is not None:
                _put(data, name, listed_value)
            elif self._at >= len(self._text):
                _put(data, name, "")
                raise _End
            else:
                _put(data, name, self._read(self._until(",")[0]))
        elif last == ",":
            _put(data, name, "")
            raise Wrong(f'key "{name}" has no value (cannot end with ,)')
        else:
            self._inner(data, name, level + 1)

    def _inner(self, data: dict[str, Any], name: str, level: int) -> None:
        if level > MOST_LEVELS:
            raise Wrong(f"value name nested level is greater than maximum supported nested level of {MOST_LEVELS}")
        inner = data.get(name, {})
        if not isinstance(inner, dict):
            raise _NotThat("it is set already, and not to a map")
        ended = False
        try:
            self._key(inner, level)
        except _End:
            ended = True
        if not ended and not inner:
            raise Wrong(f'key map "{name}" has no value')
        if inner:
            _put(data, name, inner)
        if ended:
            raise _End

    def _index(self) -> int:
        text, last = self._until("]")
        if not last:
            raise _End
        if not _INDEX.match(text):
            raise Wrong(f'error parsing index: strconv.Atoi: parsing "{text}": invalid syntax')
        if not -(2**63) <= int(text) < 2**63:
            raise Wrong(f'error parsing index: strconv.Atoi: parsing "{text}": value out of range')
        return int(text)

    def _item(self, listed: list[Any], index: int, level: int) -> tuple[list[Any], bool]:
        """The list with its item set, and whether the text ended there."""
        if index < 0:
            raise Wrong(f"negative {index} index not allowed")
        name, last = self._until("[.=")
        if name:
            raise Wrong(f'unexpected data at end of array index: "{name}"')
        if not last:
            return listed, True
        if last == "=":
            value = self._list()
            if value is not None:
                return _put_at(listed, index, value), False
            if self._at >= len(self._text):
                return _put_at(listed, index, ""), False
            return _put_at(listed, index, self._read(self._until(",")[0])), False
        if last == "[":
            try:
                following = self._index()
            except _End:
                return listed, True
            there = listed[index] if index < len(listed) else None
            if there is not None and not isinstance(there, list):
                raise _NotThat("it is set already, and not to a list")
            made, ended = self._item(list(there or []), following, level)
            if ended:
                return listed, True
            return _put_at(listed, index, made), False
        inner = listed[index] if index < len(listed) and isinstance(listed[index], dict) else {}
        if index < len(listed):
            listed[index] = inner
        try:
            self._key(inner, level)
        except _End:
            return listed, True
        return _put_at(listed, index, inner), False

    def _list(self) -> list[Any] | None:
        """`{a,b}`; None where no list begins here."""
        if self._text[self._at : self._at + 1] != "{":
            return None
        self._at += 1
        listed: list[Any] = []
        while True:
            text, last = self._until(",}")
            if not last:
                raise Wrong("list must terminate with '}'")
            listed.append(self._read(text))
            if last == "}":
                if self._text[self._at : self._at + 1] == ",":
                    self._at += 1
                return listed


class _NotThat(Exception):
    """Where Go would panic: a value of another type is there."""


def _put(data: dict[str, Any], name: str, value: Any) -> None:
    if name:
        data[name] = value


def _put_at(listed: list[Any], index: int, value: Any) -> list[Any]:
    if index > MOST_INDEX:
        raise Wrong(f"index of {index} is greater than maximum supported index of {MOST_INDEX}")
    made = listed + [None] * (index + 1 - len(listed))
    made[index] = value
    return made
