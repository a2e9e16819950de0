"""What commands print goes through here: free of control characters and of credentials."""

from __future__ import annotations

import sys
from typing import Any

import orjson

from gitops_tui.model.text import printable, redact


def out(text: str) -> None:
    """A line on standard output."""
    print(printable(redact(text), keep_newlines=True))


def json_out(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")
