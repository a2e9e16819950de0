"""In which order a sync of many applications goes: parents before their children, and the children of one parent by the
sync waves of their `Application` objects, as in Argo CD's applications of applications."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping

from gitops_tui.model.application import Application
from gitops_tui.model.keys import AppKey
from gitops_tui.sync.annotations import wave

Lineage = tuple[tuple[int, AppKey], ...]
_DEEPEST = 20


def lineage(app: Application, applications: Mapping[AppKey, Application]) -> Lineage:
    """(wave, application) from the topmost parent down to `app`. A topmost one has wave 0: waves order siblings."""
    found: list[tuple[int, AppKey]] = []
    here: Application | None = app
    while here is not None and len(found) < _DEEPEST:
        above = applications.get(here.parent) if here.parent is not None else None
        mark = wave({"metadata": {"annotations": here.annotations}}) if here.parent is not None else 0
        found.append((mark, here.key))
        here = above
    return tuple(reversed(found))


class Order:
    """Which applications may begin, as others come to their end."""

    def __init__(self, lines: Mapping[AppKey, Lineage]) -> None:
        self._lines = dict(lines)
        self._left = set(lines)
        # parent -> wave -> how many beneath its children of that wave have not ended.
        self._beneath: dict[AppKey, Counter[int]] = defaultdict(Counter)
        for line in self._lines.values():
            for (_, parent), (mark, _) in itertools.pairwise(line):
                self._beneath[parent][mark] += 1

    def __contains__(self, app: object) -> bool:
        return app in self._lines

    def is_ready(self, app: AppKey) -> bool:
        """Whether all that comes before it has ended."""
        line = self._lines[app]
        for (_, parent), (mark, _) in itertools.pairwise(line):
            if parent in self._left:
                return False
            if any(count and other < mark for other, count in self._beneath[parent].items()):
                return False
        return True

    def has_later(self, app: AppKey) -> bool:
        """Whether a later wave waits for it."""
        line = self._lines[app]
        return any(
            any(count and other > mark for other, count in self._beneath[parent].items())
            for (_, parent), (mark, _) in itertools.pairwise(line)
        )

    def has_children(self, app: AppKey) -> bool:
        """Whether applications beneath it are among these."""
        return bool(self._beneath.get(app))

    def ended(self, app: AppKey) -> None:
        """It is through."""
        if app not in self._left:
            return
        self._left.discard(app)
        line = self._lines[app]
        for (_, parent), (mark, _) in itertools.pairwise(line):
            self._beneath[parent][mark] -= 1
