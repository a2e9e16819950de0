"""What a sync would do now: gathers what the pure plan needs, and why nothing may run just now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gitops_tui.errors import GitOpsError, PlanRefused
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.keys import GVK, AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import Action, SyncOptions, SyncPlan
from gitops_tui.model.text import printable, redact
from gitops_tui.reconcile.api import RevisionPreview
from gitops_tui.reconcile.rules import respected
from gitops_tui.reconcile.runtime import Runtime
from gitops_tui.records import replace
from gitops_tui.sync.selector import check
from gitops_tui.sync.tracking import tracked
from gitops_tui.sync.writing import for_apply

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine

_NAMESPACE = GVK("", "v1", "Namespace")
_TRIES, _POLL = 100, 0.05


class Planning:
    """Plans of one engine. Everything runs on its loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def desired(self, runtime: Runtime, manifest: Manifest) -> dict[str, Any]:
        """What is applied for a manifest: with ignored fields' live values where the application asks for that."""
        manifest = self.respected(runtime, manifest)
        return for_apply(tracked(manifest.obj, runtime.app.key.tracking_name, manifest.key))

    def respected(self, runtime: Runtime, manifest: Manifest) -> Manifest:
        """The manifest with ignored fields' live values, where the application asks for that."""
        session = self._engine.session(runtime)
        store, key = session.cluster.store, manifest.key
        live = store.get(manifest.gvk, key.namespace, key.name)
        scaler = runtime.scalers.scaler(runtime, store, key, manifest.obj)
        return respected(runtime, manifest, live, self._engine.settings, session.schemas, scaler)

    async def preview(self, app: AppKey, options: SyncOptions, *, automatic: bool = False) -> RevisionPreview:
        """What a sync would do now, for the commit compared against or another one, and the objects that it is about.
        automatic: no person asks for it. Raises GitOpsError."""
        check(options.selector)
        engine = self._engine
        runtime = engine.runtime(app)
        session = engine.session(runtime)
        if not session.connected.is_set():
            raise session.error or PlanRefused(f"not connected to {session.cluster.name} yet", hint="try again")
        for _ in range(_TRIES):
            # What another application has just asked for is being listed.
            listed = not session.pending() and runtime.watched <= session.covered
            # Where nothing can be rendered its record may still be on its way, and is not what stands in the way.
            told = runtime.record_known or runtime.record_error is not None
            if (told and runtime.render_error is not None) or (runtime.current and listed):
                break
            await asyncio.sleep(_POLL)
        engine.settle(runtime)
        revision = runtime.revision.sha if runtime.revision is not None else ""
        refused = hint = ""
        resources: Mapping[ResourceKey, ResourceState] = runtime.resources
        if options.revision and options.revision != revision:
            resources = await engine.verdicts.revision_states(runtime, options.revision)
            revision = options.revision
        elif runtime.render_error is not None:
            refused, hint = runtime.render_error.message, runtime.render_error.hint
        elif not runtime.current or session.pending():
            refused, hint = "the application is still being loaded", "try again in a moment"
        if not runtime.record_known:
            refused, hint = "its pause and pin can't be read, so nothing may be changed", "wait until they can"
        if session.stale_since is not None:
            refused, hint = "the cluster can't be watched just now, so its state is not known", "wait until it is back"
        if not options.dry_run and (why := await engine.refusal(runtime, revision)):
            refused, hint = why
        if engine.settings.read_only and not options.dry_run:
            refused, hint = "this session is read-only", "start it without --read-only"
        missing, namespace = await self._namespaces(runtime, resources)
        running = runtime.record.running
        from gitops_tui.sync import make_plan

        plan = make_plan(
            runtime.app,
            resources,
            options,
            revision=revision,
            missing_namespaces=missing,
            namespace=namespace,
            state_namespace=engine.settings.state_namespace,
            adoption=engine.settings.adoption,
            resumes=running is not None and running.revision == revision and bool(running.id),
            refused=refused,
            hint=hint,
        )
        touched = {step.key for step in (*plan.steps, *plan.kept)}
        found = tuple(each for each in resources.values() if each.key in touched)
        plan = self._permitted(runtime, self._of_one_source(runtime, plan), automatic=automatic)
        return RevisionPreview(plan, found)

    def _permitted(self, runtime: Runtime, plan: SyncPlan, *, automatic: bool) -> SyncPlan:
        """Refuses what the sync windows or the project's rules forbid now, and says what holds automatic sync."""
        gate = self._engine.gate
        why = gate.refusal(runtime, plan, automatic=automatic)
        if why is not None and not plan.refused:
            return replace(plan, refused=why[0], hint=why[1])
        return replace(plan, warnings=(*plan.warnings, *gate.warnings(runtime)))

    def _of_one_source(self, runtime: Runtime, plan: SyncPlan) -> SyncPlan:
        """Says where the last sync came from another repository, and refuses to prune then."""
        before = runtime.record.source
        if not before or before == self.source(runtime):
            return plan
        plan = replace(plan, warnings=(f"the last sync of this application came from {before}", *plan.warnings))
        if not plan.count(Action.PRUNE):
            return plan
        return replace(
            plan,
            refused=f"pruning is refused: the last sync came from another source, {before}",
            hint="sync once without pruning if this is the same application",
        )

    def source(self, runtime: Runtime) -> str:
        """ "repo path", free of credentials."""
        return printable(redact(f"{runtime.app.source.repo_url} {runtime.app.source.path}"))

    async def _namespaces(
        self, runtime: Runtime, resources: Mapping[ResourceKey, ResourceState]
    ) -> tuple[set[str], dict[str, Any] | None]:
        """The namespaces that are needed and missing, and the destination's own where it is there."""
        session = self._engine.session(runtime)
        kind = session.cluster.discovery.get(_NAMESPACE)
        own = runtime.app.destination.namespace
        wanted = {
            state.key.namespace
            for state in resources.values()
            if state.manifest is not None and state.key.namespace and state.drift.kind is DriftKind.MISSING
        }
        policy = runtime.app.sync_policy
        managed = policy.option("CreateNamespace") == "true" and bool(
            policy.namespace_labels or policy.namespace_annotations
        )
        mine = {state.key.name for state in resources.values() if state.key.kind == "Namespace"}
        missing: set[str] = set()
        live = None
        if kind is None:
            return missing, None
        for namespace in (wanted | ({own} if managed and own else set())) - mine:
            try:
                found = await session.cluster.get(kind, "", namespace)
            except GitOpsError:
                # Without the right to look the dry run will tell.
                continue
            if found is None:
                missing.add(namespace)
            elif namespace == own:
                live = found
        return missing, live
