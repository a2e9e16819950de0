"""What an event of a cluster makes dirty: whole applications or single objects, to be compared at the next flush."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops_tui.kube import ResourceType
from gitops_tui.model.keys import ResourceKey
from gitops_tui.reconcile.owned import lineage, shows
from gitops_tui.reconcile.rules import scaled_by
from gitops_tui.reconcile.session import CONFIGMAP, PROJECT, ClusterSession
from gitops_tui.settings import APPLICATION_LABEL

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine


class Marking:
    """That of one engine. Everything runs on its loop, for each event: nothing here may take long."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def link_changed(self, session: ClusterSession, kind: ResourceType | None) -> None:
        engine = self._engine
        if kind is not None and kind.gvk == PROJECT:
            engine.projects.touch()
        for runtime in engine.runtimes.values():
            if runtime.app.key.cluster == session.cluster.name:
                runtime.state_dirty = True
                if kind is not None and not runtime.all_dirty:
                    runtime.dirty |= {
                        key
                        for key, each in runtime.manifests.items()
                        if each.gvk == kind.gvk or shows((key.group, key.kind), kind.gvk)
                    }
                elif kind is not None and runtime.state.loading and session.pending(below=True):
                    engine.loop.call_soon(engine.verdicts.look_ahead, runtime, kind.gvk)
        # The first picture waits for the last list, and for nothing after that.
        first = not engine.request.automatic and kind is not None and not session.pending(below=True)
        engine.wake(now=first and any(each.state.loading for each in engine.runtimes.values()))

    def changed(self, session: ClusterSession, kind: Any, old: Any, new: Any) -> None:
        engine = self._engine
        obj = new if new is not None else old
        metadata = obj["metadata"]
        if kind.gvk == CONFIGMAP and metadata.get("namespace") == engine.settings.state_namespace:
            engine.records.changed(session, new if new is not None else None, metadata)
        elif kind.gvk == PROJECT:
            engine.projects.cluster_changed(session)
        concerned = [each for each in engine.runtimes.values() if each.app.key.cluster == session.cluster.name]
        if all(each.all_dirty for each in concerned):
            # All is compared anyway: the first lists come in.
            if concerned:
                engine.wake()
            return
        store = session.cluster.store
        above = lineage(store, obj)
        if old is not None and new is not None:
            # What it belonged to before has one less.
            if old["metadata"].get("ownerReferences") != metadata.get("ownerReferences"):
                above += lineage(store, old)[1:]
        marked = [(ResourceKey.of(each), bool(_labels(each).get(APPLICATION_LABEL))) for each in above]
        before = bool(_labels(old).get(APPLICATION_LABEL)) if old is not None else False
        scaled = scaled_by(kind.gvk, obj)
        for runtime in concerned:
            if scaled is not None and scaled in runtime.manifests:
                runtime.dirty.add(scaled)
                engine.wake()
            for key, labelled in marked:
                if key in runtime.manifests or key in runtime.resources or labelled or before:
                    runtime.dirty.add(key)
                    engine.wake()


def _labels(obj: dict[str, Any]) -> dict[str, Any]:
    found = obj["metadata"].get("labels")
    return found if isinstance(found, dict) else {}
