"""The private folders that sources are copied to for programs that only read files.

In memory (`/dev/shm`) where the system has that and room for it: files there cost nothing to make and drop, and what a chart's
values or a template hold never reaches a disk.
"""

from __future__ import annotations

import os
import tempfile
from functools import lru_cache

_MEMORY = "/dev/shm"  # noqa: S108 - a private folder is made in it
_ROOM = 1_000_000_000


def private_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for this user alone, gone when it is closed."""
    return tempfile.TemporaryDirectory(prefix="gitops-tui-", dir=_MEMORY if _has_room() else None)


def _has_room() -> bool:
    if not _is_usable():
        return False
    state = os.statvfs(_MEMORY)
    return state.f_bavail * state.f_frsize >= _ROOM


@lru_cache(maxsize=1)
def _is_usable() -> bool:
    try:
        with tempfile.TemporaryFile(dir=_MEMORY):
            return "TMPDIR" not in os.environ
    except OSError:
        return False
