"""Work that is begun while the program is still being imported, and whose result is taken once: other programs answer on
another core meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

from gitops_tui.errors import GitOpsError


class _Begun:
    def __init__(self, work: Callable[[], Any]) -> None:
        self._found: Any = None
        self._thread = threading.Thread(target=self._run, args=(work,), name="ahead", daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self._found = work()
        except GitOpsError:
            # Whoever wants it does it anew, and says what is wrong.
            pass

    def result(self) -> Any:
        self._thread.join()
        return self._found


_begun: dict[Hashable, _Begun] = {}


def begin(what: Hashable, work: Callable[[], Any]) -> None:
    """Runs `work` in a thread; what it imports is imported there."""
    _begun[what] = _Begun(work)


def take(what: Hashable) -> Any:
    """Waits for what was begun under that name, once; None where nothing was, or where it went wrong."""
    begun = _begun.pop(what, None)
    return begun.result() if begun is not None else None
