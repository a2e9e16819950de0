"""Copying through the terminal (OSC 52), so that it works over SSH: wrapped for tmux and screen, capped, and saved to
a file of the user's own where it is too large."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

# Terminals drop longer sequences without a word.
LIMIT = 75_000
_CHUNK = 700  # of a device control string in screen


def osc52(text: str, env: Mapping[str, str]) -> str | None:
    """What to write to the terminal so that it copies `text`; None where that is too much for it."""
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    if len(encoded) > LIMIT:
        return None
    plain = f"\x1b]52;c;{encoded}\x07"
    if env.get("TMUX"):
        # Both: tmux takes the plain one where set-clipboard is on, the wrapped one passes through where that is allowed.
        wrapped = plain.replace("\x1b", "\x1b\x1b")
        return f"{plain}\x1bPtmux;{wrapped}\x1b\\"
    if env.get("STY") or env.get("TERM", "").startswith("screen"):
        parts = [plain[at : at + _CHUNK] for at in range(0, len(plain), _CHUNK)]
        return "".join(f"\x1bP{part}\x1b\\" for part in parts)
    return plain


def save(text: str, name: str, folder: Path) -> Path:
    """Writes the text to a new file that only its owner can read. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] or "copy"
    path = folder / f"{stem}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.txt"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    return path
