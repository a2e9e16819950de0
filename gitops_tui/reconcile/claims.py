"""Which applications hold which object in Git: an object that two of them hold is reported on both.

Each would change it to its own, for ever; Argo CD says so as a SharedResourceWarning (controller/state.go).
"""

from __future__ import annotations

from collections.abc import Iterable

from gitops_tui.model.keys import AppKey, ResourceKey


class Claims:
    """The claims of one engine's applications, by cluster and object."""

    def __init__(self) -> None:
        self._holders: dict[tuple[str, ResourceKey], set[AppKey]] = {}
        self._held: dict[AppKey, frozenset[ResourceKey]] = {}

    def hold(self, app: AppKey, keys: Iterable[ResourceKey]) -> set[AppKey]:
        """Takes in what an application holds now; the other applications for which that changes something."""
        before, now = self._held.get(app, frozenset()), frozenset(keys)
        self._held[app] = now
        others: set[AppKey] = set()
        for key in before - now:
            holders = self._holders[app.cluster, key]
            holders.discard(app)
            others |= holders
            if not holders:
                del self._holders[app.cluster, key]
        for key in now - before:
            holders = self._holders.setdefault((app.cluster, key), set())
            others |= holders
            holders.add(app)
        return others

    def shared(self, app: AppKey) -> list[tuple[ResourceKey, list[AppKey]]]:
        """The application's objects that others hold too, in order, each with who."""
        found = []
        for key in self._held.get(app, frozenset()):
            holders = self._holders[app.cluster, key]
            if len(holders) > 1:
                found.append((key, sorted(holders - {app})))
        return sorted(found)
