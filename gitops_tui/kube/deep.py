"""JSON of an API server, however deep an object is: an API server takes 10,000 levels, a parser here a thousand.

One such object would make its whole kind unreadable. What lies deeper than anything that Git could hold is left out of it.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

# A document in Git has at most 200 levels; a list of objects adds some.
_DEEPEST = 240
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
LEFT_OUT = "… (deeper than is read)"


def loads(body: bytes) -> Any:
    """What the JSON says. Raises orjson.JSONDecodeError where it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if "depth" not in str(error) and "recursion" not in str(error).lower():
            raise
    return orjson.loads(_shallow(body))


def _shallow(body: bytes) -> bytes:
    made: list[bytes] = []
    depth, kept = 0, 0
    for found in _TOKEN.finditer(body):
        letter = found[0]
        if letter in (b"{", b"["):
            depth += 1
            if depth == _DEEPEST:
                made.append(body[kept : found.start()])
        elif letter in (b"}", b"]"):
            if depth == _DEEPEST:
                made.append(orjson.dumps(LEFT_OUT))
                kept = found.end()
            depth -= 1
    return b"".join((*made, body[kept:]))
