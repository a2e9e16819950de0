"""Text from clusters, repositories and URLs is data: made printable and free of credentials here, once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# A scheme is looked for from the beginning of its word only: lines of logs are long, and may be hostile.
URL_CREDENTIALS = re.compile(r"(?<![a-zA-Z0-9+.-])(?P<scheme>[a-zA-Z0-9+.-]+://)[^/@\s'\"]*(?:@[^/@\s'\"]*)*@")
# A password as it was typed, with what must be escaped in a URL left in it; a number behind the colon is a port.
_RAW_CREDENTIALS = re.compile(
    r"(?<![a-zA-Z0-9+.-])(?P<scheme>[a-zA-Z0-9+.-]+://|https?:?/{1,3})"
    r"(?!\[)[^/@\s'\":]*:(?!\d{1,5}(?:[/?#'\"\s,;)\]]|$))\S{0,1000}@"
)
_QUERY_SECRETS = re.compile(
    r"(?i)([?&](?:access_token|token|private_token|api_?key|password|secret|sig|signature)=)[^&\s'\"]+"
)
_BEARER = re.compile(r"(?i)\b((?:bearer|basic|token)\s+)[A-Za-z0-9._~+/=-]{12,}")
_SHORTEST_BEARER = len("basic ") + 12


def redact(text: str) -> str:
    """The text without credentials in URLs (user:password@), token query parameters and authorization headers."""
    # Thousands of short lines go through here; what none of these rules can find something in is seen at once.
    if "@" in text:
        text = _RAW_CREDENTIALS.sub(lambda found: found["scheme"], text)
        text = URL_CREDENTIALS.sub(lambda found: found["scheme"], text)
    if "=" in text:
        text = _QUERY_SECRETS.sub(r"\1***", text)
    return _BEARER.sub(r"\1***", text) if len(text) >= _SHORTEST_BEARER else text


def _shown(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"


# C0 and C1 controls, bidirectional overrides and isolates, zero-width and line separators, byte-order mark,
# lone surrogates, tag characters: whatever could move the cursor or make a line read otherwise than it is.
_UNPRINTABLE = (
    *range(0x20),
    0x7F,
    *range(0x80, 0xA0),
    0x061C,
    0x200B,
    0x200E,
    0x200F,
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
)
_PRINTABLE = {code: _shown(code) for code in _UNPRINTABLE}
_PRINTABLE_LINES = {code: shown for code, shown in _PRINTABLE.items() if code != 0x0A}
# Marks that stand on the letter before them and take no room: more than a few hide what comes behind.
_STACKED = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]{4})"
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]+)"
)
_ODD = re.compile("[\ud800-\udfff\U000e0000-\U000e007f]")


def printable(text: str, *, keep_newlines: bool = False) -> str:
    """The text with control characters, bidirectional marks and lone surrogates made visible, on one line unless
    `keep_newlines`. A tab becomes four spaces. Safe to write to any terminal."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\t", "    ").translate(_PRINTABLE_LINES if keep_newlines else _PRINTABLE)
    text = _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return _STACKED.sub(lambda found: found[1] + "".join(f"\\u{ord(each):04x}" for each in found[2]), text)


_UNSHOWN = re.compile("[\t\\\\" + "".join(map(chr, _UNPRINTABLE)) + "\ud800-\udfff\U000e0000-\U000e007f]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|(.))", re.DOTALL)


def escaped(text: str) -> str:
    """As printable, but in escapes that `unescaped` reads (a backslash is one of them): for names that are looked up again."""
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    text = _UNSHOWN.sub(lambda found: _escape(found[0]), text)
    return _STACKED.sub(lambda found: found[1] + "".join(map(_escape, found[2])), text)


def _escape(char: str) -> str:
    code = ord(char)
    return "\\\\" if char == "\\" else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def unescaped(text: str) -> str:
    """The text behind escapes; what a backslash stands before otherwise is meant as it is."""
    return _ESCAPE.sub(lambda found: found[3] or chr(min(int(found[1] or found[2], 16), 0x10FFFF)), text)


def spelt(value: Any) -> str:
    """A JSON value as a text that only equal ones share: as `repr`, but to any depth and for numbers of any length."""
    try:
        return repr(value)
    except (RecursionError, ValueError):
        parts: list[str] = []
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, Mapping):
            parts.append(f"{{{len(each)}")
            stack.extend(part for pair in each.items() for part in pair)
        elif isinstance(each, list | tuple):
            parts.append(f"[{len(each)}")
            stack.extend(each)
        else:
            parts.append(f"{each:#x}" if type(each) is int else repr(each))
    return " ".join(parts)


def plural(number: int, word: str) -> str:
    """ "1 change", "2 changes", "1,200 resources"."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
