"""JSON as Go reads it: what its decoder takes that stricter ones refuse, and its words for what it refuses."""

from __future__ import annotations

import json
import re
from typing import Any

_SPACE = " \t\r\n"
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_ESCAPES = '"\\/bfnrt'
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTAINERS = {"{": ("}", "object key:value pair"), "[": ("]", "array element")}
_END = "unexpected end of JSON input"


class NotJson(ValueError):
    """A body that Go's decoder refuses; the message is Go's."""


def read(data: bytes) -> Any:
    """The value of a text that is JSON to Go: bytes that are no UTF-8 and halves of surrogate pairs count as U+FFFD.

    Raises NotJson.
    """
    text = data.decode("utf-8", "replace")
    _Scanner(text, data).value_alone()
    try:
        found = json.loads(text)
    except RecursionError:
        raise NotJson("invalid character '{' exceeded max depth") from None
    except ValueError as error:  # the scanner took it: nothing that Go would refuse
        raise NotJson(str(error)) from None
    return _whole(found)


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_SURROGATE.sub("\ufffd", name): _whole(below) for name, below in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return value


class _Scanner:
    """Go's scanner (encoding/json/scanner.go), for its messages."""

    def __init__(self, text: str, data: bytes) -> None:
        self._text, self._data, self._at = text, data, 0

    def value_alone(self) -> None:
        """Raises NotJson."""
        containers: list[str] = []
        while True:
            self._value_begins(containers)
            while containers:  # what may follow a value
                end, what = _CONTAINERS[containers[-1]]
                letter = self._next()
                if letter == ",":
                    if end == "}":
                        self._key()
                    break
                if letter != end:
                    raise self._wrong(letter, f"after {what}")
                containers.pop()
            else:
                rest = self._text[self._at :].lstrip(_SPACE)
                if rest:
                    self._at = len(self._text) - len(rest) + 1
                    raise self._wrong(rest[0], "after top-level value")
                return

    def _value_begins(self, containers: list[str]) -> None:
        """Reads down to a value that is no container, or an empty container."""
        while True:
            letter = self._next()
            if letter not in _CONTAINERS:
                self._scalar(letter)
                return
            self._deeper(containers, letter)
            if self._peek() == _CONTAINERS[letter][0]:
                self._next()
                containers.pop()
                return
            if letter == "{":
                self._key()

    def _deeper(self, containers: list[str], letter: str) -> None:
        containers.append(letter)
        if len(containers) > 10000:
            raise NotJson(f"invalid character '{letter}' exceeded max depth")

    def _key(self) -> None:
        letter = self._next()
        if letter != '"':
            raise self._wrong(letter, "looking for beginning of object key string")
        self._string()
        letter = self._next()
        if letter != ":":
            raise self._wrong(letter, "after object key")

    def _scalar(self, letter: str) -> None:
        if letter == '"':
            self._string()
            return
        for word in ("true", "false", "null"):
            if letter != word[0]:
                continue
            for wanted in word[1:]:
                given = self._letter()
                if given != wanted:
                    raise self._wrong(given, f"in literal {word} (expecting '{wanted}')")
            return
        if letter != "-" and letter not in "0123456789":
            raise self._wrong(letter, "looking for beginning of value")
        found = _NUMBER.match(self._text, self._at - 1)
        if found is None:
            raise self._wrong(self._letter(), "in numeric literal")
        self._at = found.end()
        left = self._text[self._at : self._at + 1]
        if left in (".", "e", "E"):
            self._at += 1
            where = "after decimal point in numeric literal" if left == "." else "in exponent of numeric literal"
            raise self._wrong(self._letter(), where)

    def _string(self) -> None:
        while True:
            letter = self._letter()
            if letter == '"':
                return
            if letter < " ":
                raise self._wrong(letter, "in string literal")
            if letter != "\\":
                continue
            letter = self._letter()
            if letter == "u":
                for _ in range(4):
                    given = self._letter()
                    if given not in "0123456789abcdefABCDEF":
                        raise self._wrong(given, "in \\u hexadecimal character escape")
            elif letter not in _ESCAPES:
                raise self._wrong(letter, "in string escape code")

    def _letter(self) -> str:
        if self._at >= len(self._text):
            raise NotJson(_END)
        self._at += 1
        return self._text[self._at - 1]

    def _next(self) -> str:
        """The next letter that is no space."""
        while True:
            letter = self._letter()
            if letter not in _SPACE:
                return letter

    def _peek(self) -> str:
        at = self._at
        while at < len(self._text) and self._text[at] in _SPACE:
            at += 1
        return self._text[at : at + 1]

    def _wrong(self, letter: str, where: str) -> NotJson:
        if not letter.isascii():  # Go looks at bytes
            before = self._text[: self._at - 1].encode("utf-8", "replace")
            letter = self._data[len(before) : len(before) + 1].decode("latin-1") or letter
        shown = {"'": "\\'", '"': '"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(letter, letter)
        if letter < " " and shown == letter:
            shown = f"\\x{ord(letter):02x}"
        return NotJson(f"invalid character '{shown}' {where}")
