"""What Git said at the last sync, so that a person sees which side has moved since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_tui.errors import GitOpsError
from gitops_tui.reconcile.runtime import Runtime

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine


class LastSync:
    """Keeps the manifests of each application's last successful sync. Everything runs on the engine's loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._loading: set[object] = set()

    def keep(self, runtime: Runtime) -> None:
        """Has the manifests at hand: those of now where Git hasn't moved, else rendered once, when something drifts."""
        revision = self._wanted(runtime)
        if not revision:
            return
        if runtime.revision is not None and runtime.revision.sha == revision:
            first = runtime.synced is None
            runtime.synced, runtime.synced_revision = runtime.manifests, revision
            if first and any(each.drift.is_drifted for each in runtime.resources.values()):
                runtime.all_dirty = True
                self._engine.wake()
        elif any(each.drift.is_drifted for each in runtime.resources.values()) and runtime.app.key not in self._loading:
            self._engine.spawn(self.load(runtime))

    def pending(self, runtime: Runtime) -> bool:
        """Whether which side moved is still to be told: ask after `keep`."""
        drifted = any(each.drift.is_drifted for each in runtime.resources.values())
        return drifted and (runtime.all_dirty or bool(self._wanted(runtime)))

    def _wanted(self, runtime: Runtime) -> str:
        done = runtime.record.deployed
        if done is None or done.revision == runtime.synced_revision or not runtime.rendered:
            return ""
        return done.revision

    async def load(self, runtime: Runtime) -> None:
        """Renders what the last sync was of, if it isn't at hand. Never raises: a commit that is gone, or that renders
        no more, leaves it unknown."""
        revision = self._wanted(runtime)
        if not revision:
            return
        self._loading.add(runtime.app.key)
        try:
            manifests = await self._engine.following.render(runtime.app.key, revision)
            runtime.synced = {each.key: each for each in manifests}
        except GitOpsError:
            # Then nobody can say which side moved.
            runtime.synced = None
        finally:
            self._loading.discard(runtime.app.key)
        runtime.synced_revision = revision
        runtime.all_dirty = True
        self._engine.wake()
