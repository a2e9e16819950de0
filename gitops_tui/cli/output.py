"""What commands print: text without control characters and credentials, or one JSON object."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import orjson

from gitops_tui.model.text import printable, redact


def out(text: str) -> None:
    """A line on standard output, free of control characters."""
    print(printable(redact(text), keep_newlines=True))


def json_out(value: Any) -> None:
    """One JSON object; text that is no Unicode (a file's name) is shown with its odd bytes made visible."""
    try:
        data = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    except TypeError:
        data = orjson.dumps(_clean(value), option=orjson.OPT_INDENT_2)
    sys.stdout.write(data.decode() + "\n")


def time(moment: datetime | None) -> str | None:
    """As JSON has it."""
    return moment.isoformat() if moment is not None else None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(each) for each in value]
    return value
