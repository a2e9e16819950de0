"""What names stand for, kept until a ref moves: hundreds of applications ask for the same one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from pathlib import Path

from gitops_tui.git import watch

_KEPT = 4096
_SLOW = 0.005  # seconds of work


class Names:
    """The answers of one repository. folder: of a local one, whose refs anybody may move; None for a mirror, whose refs
    move by our own fetches, after which `forget` is called."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._kept: dict[Hashable, str] = {}
        self._at: Hashable = None
        self._good_until = 0.0

    def get(self, key: Hashable, make: Callable[[], str]) -> str:
        """The answer for `key`, made where there is none from since the refs moved last; what `make` raises is not kept."""
        now = self._stamp()  # taken before git looks: a move in between only makes it asked again
        with self._lock:
            if now != self._at:
                self._kept.clear()
                self._at = now
            known = self._kept.get(key)
        if known is not None:
            return known
        made = make()
        with self._lock:
            if now == self._at and len(self._kept) < _KEPT:
                self._kept[key] = made
        return made

    def _stamp(self) -> Hashable:
        """Changes where a ref moved; looked at less often where that takes long (thousands of loose refs)."""
        if self._folder is None:
            return ()
        begun, worked = time.monotonic(), time.thread_time()
        if begun < self._good_until:
            return self._at
        found = watch.stamp(self._folder)
        took = time.thread_time() - worked  # not the time that a busy machine took away
        self._good_until = begun + took * 20 if took > _SLOW else 0.0
        return found

    def forget(self) -> None:
        """A ref moved, or the repository is another one now."""
        with self._lock:
            self._kept.clear()
            self._good_until = 0.0
