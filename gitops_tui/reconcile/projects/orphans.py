"""Warns of orphaned resources where an application's project asks for that (`spec.orphanedResources`).

Looking for them lists every kind of the application's namespaces, so it is done by a screen only, for one application at a time,
when Git or a sync changed something, and never twice within a minute for the same one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gitops_tui.errors import GitOpsError
from gitops_tui.model.inspect import Orphans
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.sync import OperationPhase
from gitops_tui.model.text import printable
from gitops_tui.reconcile.runtime import Runtime

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine

# Argo CD's name for it.
ORPHANED = "OrphanedResourceWarning"
_SHOWN = 3
# Seconds: between two looks for one application, and between any two.
_AGAIN, _PAUSE = 60.0, 0.5


class OrphanWatch:
    """Of one engine. Everything runs on its loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._found: dict[AppKey, tuple[Mapping[ResourceKey, Manifest], float, Orphans | None]] = {}
        self._asking: set[AppKey] = set()
        self._turn = asyncio.Lock()

    def leaves(self, app: AppKey) -> None:
        """An application is none of the session any longer."""
        self._found.pop(app, None)

    def consider(self, runtime: Runtime) -> None:
        """Called with each new verdict: looks where something changed since the last look."""
        engine, key, state = self._engine, runtime.app.key, runtime.state
        if not engine.request.automatic or state.loading or state.stale_since is not None or key in self._asking:
            return
        if state.operation is not None and state.operation.phase is OperationPhase.RUNNING:
            return
        if not self._asked_for(runtime):
            self._found.pop(key, None)
            return
        known = self._found.get(key)
        if known is not None and known[0] is runtime.manifests:
            return
        self._asking.add(key)
        wait = max(0.0, known[1] + _AGAIN - engine.loop.time()) if known is not None else 0.0
        engine.spawn(self._look(runtime, wait))

    def _asked_for(self, runtime: Runtime) -> bool:
        return any(each.warn_orphaned for each in self._engine.projects.of(runtime).projects)

    async def _look(self, runtime: Runtime, wait: float) -> None:
        engine, key = self._engine, runtime.app.key
        try:
            await asyncio.sleep(wait)
            async with self._turn:
                manifests, found = runtime.manifests, None
                if key in engine.runtimes:
                    try:
                        found = await engine.look_for_orphans(key)
                    except GitOpsError:
                        # Looked for again when something changes; the command `orphaned` says why it can't be done.
                        found = None
                self._found[key] = (manifests, engine.loop.time(), found)
                await asyncio.sleep(_PAUSE)
        finally:
            self._asking.discard(key)
        if key in engine.runtimes:
            engine.touch(runtime)

    def said(self, runtime: Runtime) -> tuple[str, ...]:
        """What to warn of, nothing where there is no orphan."""
        known = self._found.get(runtime.app.key)
        orphans = known[2].orphans if known is not None and known[2] is not None else ()
        if not orphans or not self._asked_for(runtime):
            return ()
        some = ", ".join(printable(str(each.key)) for each in orphans[:_SHOWN])
        more = f" and {len(orphans) - _SHOWN} more" if len(orphans) > _SHOWN else ""
        number = f"{len(orphans)} orphaned resources" if len(orphans) > 1 else "an orphaned resource"
        return (
            f"{ORPHANED}: its namespaces hold {number} that no application names: {some}{more}; orphaned lists them",
        )
