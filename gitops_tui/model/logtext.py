"""Lines of logs as people read them: JSON as `LEVEL message key=value`, times short, nothing that a terminal would obey."""

from __future__ import annotations

import re
from typing import Any

import orjson

from gitops_tui.model.text import printable, redact

LONGEST = 16 * 1024
"""Characters of one line that are kept; what is longer says by how much."""
_LEVELS = ("level", "lvl", "severity", "loglevel", "log.level", "levelname")
_MESSAGES = ("message", "msg", "event", "log", "text")
_TIMES = ("time", "ts", "timestamp", "@timestamp", "date", "datetime")
# bunyan's and pino's numbers
_NUMBERS = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
_BARE = re.compile(r"[^\s\"=\\]+")


def split_time(text: str) -> tuple[str, str]:
    """(time, rest) of a line that was asked for with timestamps; ("", text) where it begins with none."""
    if len(text) > 20 and text[4] == "-" and text[10] == "T" and text[:4].isdigit():
        time, space, rest = text.partition(" ")
        if space:
            return time, rest
        return time, ""
    return "", text


def short_time(time: str) -> str:
    """HH:MM:SS.mmm of an RFC 3339 time; as it is where it can't be read."""
    if len(time) < 19 or time[10] != "T":
        return time
    fraction = time[20:23] if time[19:20] == "." else "000"
    return f"{time[11:19]}.{fraction.rstrip('Z').ljust(3, '0')}"


def readable(text: str) -> str:
    """A JSON object on one line as `LEVEL message key=value …`; any other text as it is."""
    begun = text.lstrip()
    if not begun.startswith("{") or not begun.rstrip().endswith("}"):
        return text
    try:
        found = orjson.loads(begun)
    except orjson.JSONDecodeError:
        return text
    if not isinstance(found, dict):
        return text
    lower: dict[str, str] = {}
    for name in found:
        lower.setdefault(name.lower(), name)
    used = set()
    words = []
    level = next((lower[name] for name in _LEVELS if name in lower), None)
    if level is not None and isinstance(found[level], str | int) and not isinstance(found[level], bool):
        used.add(level)
        words.append((_NUMBERS.get(found[level]) or str(found[level]).upper())[:8].ljust(5))
    message = next((lower[name] for name in _MESSAGES if name in lower and isinstance(found[lower[name]], str)), None)
    if message is not None:
        used.add(message)
        words.append(found[message])
    # The kubelet's own time stands beside the line already.
    used |= {lower[name] for name in _TIMES if name in lower and isinstance(found[lower[name]], str | int | float)}
    words += [f"{name}={_value(value)}" for name, value in found.items() if name not in used]
    return " ".join(words) or text


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value if _BARE.fullmatch(value) else orjson.dumps(value).decode()
    return orjson.dumps(value).decode()


def shown(text: str, *, json: bool = True) -> str:
    """A line as it may be written to any terminal: control characters visible, credentials out."""
    return printable(redact(readable(text) if json else text))
