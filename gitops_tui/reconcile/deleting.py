"""Deletes applications: their objects as the plan says, then their record, of which the history and the mark that they were
deleted stay, so that the audit knows and no automatic sync brings them back.

From the first write on the record says that a deletion runs, with everything that is to go in the inventory: one that is
cut off leaves nothing unnamed, nobody syncs against it, and deleting again goes on with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from gitops_tui.errors import GitOpsError, PlanRefused
from gitops_tui.model.keys import GVK, AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.record import AppRecord, Deleted, RunningOperation
from gitops_tui.model.sync import (
    CASCADES,
    Action,
    Initiator,
    OperationPhase,
    SyncOperation,
    SyncOptions,
    SyncPlan,
)
from gitops_tui.model.text import printable, redact
from gitops_tui.reconcile.api import RevisionPreview
from gitops_tui.reconcile.operations import Operations
from gitops_tui.reconcile.recording import ended
from gitops_tui.reconcile.recovery import tracked_objects
from gitops_tui.reconcile.runtime import APPLICATION_GROUP, Runtime
from gitops_tui.records import replace
from gitops_tui.sync.delete_plan import Found, cascade_of, make_delete_plan

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine
    from gitops_tui.sync import Executor

_APPLICATION = GVK(APPLICATION_GROUP, "v1alpha1", "Application")
# An Argo CD that has looked at an Application this lately looks after it.
_LATELY = timedelta(hours=1)


class DeletingCommands:
    """A part of `Engine`; see `DeletingApi`."""

    _ask: Callable[[Coroutine[Any, Any, Any]], Future[Any]]

    @property
    def _deleting(self) -> Deleting:
        found: Deleting = cast("Engine", self).deleting
        return found

    def preview_delete(self, app: AppKey, options: SyncOptions) -> Future[RevisionPreview]:
        return self._ask(self._deleting.preview_delete(app, options))

    def delete_app(self, plan: SyncPlan, message: str = "", *, forget: bool = False) -> Future[SyncOperation]:
        return self._ask(self._deleting.delete(plan, message, forget=forget))


class Deleting(Operations):
    """Deletions of one engine."""

    # As in Argo CD: they are about syncs.
    gated = False

    @property
    def _executor(self) -> type[Executor]:
        from gitops_tui.sync.delete import Deletion

        return Deletion

    # --- planning -------------------------------------------------------------------------------------------------

    async def preview_delete(self, app: AppKey, options: SyncOptions) -> RevisionPreview:
        """What a deletion would do now. options.cascade: "" for as the application's finalizer says. Raises GitOpsError."""
        engine = self._engine
        runtime = engine.runtime(app)
        session = engine.session(runtime)
        if not session.connected.is_set():
            raise session.error or PlanRefused(f"not connected to {session.cluster.name} yet", hint="try again")
        if options.cascade and options.cascade not in CASCADES:
            raise PlanRefused(f"cascade is one of {', '.join(CASCADES)}, not {printable(options.cascade)}")
        itself, warnings, (refused, hint) = await self._itself(runtime)
        declared = bool(runtime.app.declared_in) or itself is not None
        finalizers = (*runtime.app.finalizers, *((itself.live["metadata"].get("finalizers") or ()) if itself else ()))
        if not options.cascade:
            options = replace(options, cascade=cascade_of(map(str, finalizers), declared=declared))
            if options.cascade == "orphan":
                warnings.append(
                    "its Application has no finalizer resources-finalizer.argocd.argoproj.io: its objects stay "
                    "(--cascade=foreground deletes them)"
                )
        found, unseen = await self._found(runtime)
        if unseen:
            warnings.append(f"{unseen} kinds could not be listed: what it has of them would not be found")
        warnings += self._said(runtime)
        if runtime.render_error is not None and options.hooks and options.cascade != "orphan":
            refused = refused or f"its hooks can't be known: {runtime.render_error.message}"
            hint = hint or "mend that, or delete without hooks (--skip-hooks)"
        elif not runtime.current and runtime.render_error is None:
            refused, hint = "the application is still being loaded", "try again in a moment"
        if not runtime.record_known:
            refused, hint = "its record can't be read, so nothing may be changed", "wait until it can"
        if engine.settings.read_only and not options.dry_run:
            refused, hint = "this session is read-only", "start it without --read-only"
        plan = make_delete_plan(
            runtime.app,
            found,
            runtime.manifests,
            options,
            revision=runtime.revision.sha if runtime.revision is not None else "",
            itself=itself,
            state_namespace=engine.settings.state_namespace,
            warnings=warnings,
            refused=refused,
            hint=hint,
        )
        touched = {step.key for step in (*plan.steps, *plan.kept)}
        return RevisionPreview(plan, tuple(each for each in runtime.resources.values() if each.key in touched))

    async def _found(self, runtime: Runtime) -> tuple[list[Found], int]:
        """What carries the application's tracking id anywhere, what its inventory names, and what stands in the place of
        its objects; and how many kinds could not be listed."""
        session = self._engine.session(runtime)
        tracked, unseen = await tracked_objects(session, runtime.app.key)
        self._engine.settle(runtime)
        items = {item.key: item.gvk for item in (*runtime.record.inventory, *tracked)}
        for key, state in runtime.resources.items():
            if state.live is not None and not state.hook:
                items.setdefault(key, GVK.of(state.api_version, key.kind))

        async def one(key: ResourceKey, gvk: GVK) -> Found | None:
            kind = session.cluster.discovery.get(gvk)
            live = await session.cluster.get(kind, key.namespace, key.name) if kind is not None else None
            return Found(key, gvk.api_version, live) if live is not None else None

        asked = await asyncio.gather(*(one(key, gvk) for key, gvk in items.items()))
        return [each for each in asked if each is not None], unseen

    async def _itself(self, runtime: Runtime) -> tuple[Found | None, list[str], tuple[str, str]]:
        """The `Application` object in the cluster; what is to be said of it; why nothing may be deleted, and what to do.
        Applications that are made for folders have none, whatever has the same name."""
        session, app = self._engine.session(runtime), runtime.app
        kind = session.cluster.discovery.get(_APPLICATION)
        if kind is None or not app.declared_in:
            return None, [], ("", "")
        namespace = app.key.namespace or self._engine.settings.argocd_namespace
        try:
            live = await session.cluster.get(kind, namespace, app.name) if namespace else None
        except GitOpsError as error:
            return None, [f"whether it has an Application in the cluster can't be told: {error.message}"], ("", "")
        if live is None:
            return None, [], ("", "")
        key = ResourceKey(_APPLICATION.group, _APPLICATION.kind, namespace, app.name)
        if not _is_same(live, app.source.repo_url, app.source.path):
            return None, [f"{key} in the cluster has another source than this one: it is left alone"], ("", "")
        seen = _time((live.get("status") or {}).get("reconciledAt"))
        if seen is not None and datetime.now(UTC) - seen < _LATELY:
            why = f"Argo CD looks after {key} (it looked at it at {seen:%Y-%m-%d %H:%M} UTC)"
            return (
                Found(key, _APPLICATION.api_version, live),
                [],
                (why, f"delete it there: argocd app delete {app.name}"),
            )
        return Found(key, _APPLICATION.api_version, live), [], ("", "")

    def _said(self, runtime: Runtime) -> list[str]:
        app = runtime.app
        said = []
        children = [str(each.app.key) for each in self._engine.runtimes.values() if each.app.parent == app.key]
        if children:
            more = f" and {len(children) - 5} more" if children[5:] else ""
            said.append(f"the applications that it holds are not deleted with it: {', '.join(children[:5])}{more}")
        if app.parent is not None:
            said.append(f"the application {app.parent} still holds it in Git: it can be synced again from there")
        elif app.declared_in and app.sync_policy.automated is not None:
            said.append(
                f"{printable(redact(app.declared_in))} still asks for automatic sync: that stays off until it is synced again"
            )
        if app.sync_policy.option("CreateNamespace") == "true" and app.destination.namespace:
            said.append(
                f"the namespace {app.destination.namespace} stays: CreateNamespace makes it no object of the application"
            )
        return said

    # --- running --------------------------------------------------------------------------------------------------

    async def delete(self, plan: SyncPlan, message: str, *, forget: bool = False) -> SyncOperation:
        """Runs a plan that a person agreed to. forget: its record goes too, with history and audit. Raises GitOpsError."""
        runtime = self._engine.runtime(plan.app)
        self._check(runtime, plan)
        fresh = (await self.preview_delete(plan.app, replace(plan.options, prune=True))).plan
        self._check(runtime, fresh)
        more = sorted(_taken(fresh) - _taken(plan))
        if more:
            raise PlanRefused(
                f"since it was planned {more[0]} has come, which would be deleted too", hint="look at the plan again"
            )
        operation = await self._in_task(runtime, fresh, Initiator.DELETE, message)
        gone = operation.phase is OperationPhase.SUCCEEDED and not operation.dry_run
        if gone and forget and runtime.record.deleted is not None and runtime.record.deleted.done:
            await self._engine.records.forget(runtime)
        return operation

    async def _manifests(self, runtime: Runtime, plan: SyncPlan) -> dict[ResourceKey, Manifest]:
        # Only hooks are made of them; without a rendering there are none in the plan either.
        return dict(runtime.manifests)

    def _begun(self, record: AppRecord, plan: SyncPlan, running: RunningOperation, limit: int) -> AppRecord:
        mark = Deleted(self.who, running.started, plan.options.cascade)
        return replace(super()._begun(record, plan, running, limit), deleted=mark)

    async def _end(
        self,
        runtime: Runtime,
        plan: SyncPlan,
        operation: SyncOperation,
        manifests: dict[ResourceKey, Manifest],
        *,
        resumes: bool = False,
    ) -> None:
        user = self._engine.session(runtime).cluster.user
        source, limit = self._planning.source(runtime), self._engine.settings.history_limit
        now = datetime.now(UTC)

        def change(record: AppRecord) -> AppRecord:
            found = ended(record, plan, operation, manifests, source, limit, user=user, commit=runtime.revision)
            return after_deletion(found, plan, operation, now)

        await self._engine.records.update(runtime, change)


def after_deletion(record: AppRecord, plan: SyncPlan, operation: SyncOperation, now: datetime) -> AppRecord:
    """The record once a deletion is over; `record` is as after any operation. What waits for a person's word keeps the
    inventory that names it."""
    entry = replace(record.history[-1], partial=True, content="")
    history = (*record.history[:-1], entry)
    begun = [each for each in operation.results if each.step.action is Action.PRUNE and each.started is not None]
    mark = record.deleted or Deleted(operation.who, operation.started, plan.options.cascade)
    if operation.phase is not OperationPhase.SUCCEEDED:
        # What never began to delete leaves the application as it was.
        return replace(
            record,
            history=history,
            deleted=mark if begun else None,
            failed_revision="",
            failed_message="",
            failed_content="",
        )
    waiting = frozenset(step.key for step in plan.kept if step.confirm)
    if waiting:
        left = frozenset(item for item in record.inventory if item.key in waiting)
        return replace(record, history=history, inventory=left, deleted=mark)
    gone = replace(mark, since=now, done=True)
    return AppRecord(history=history, noted=record.noted, deleted=gone, notes=record.notes)


def _taken(plan: SyncPlan) -> set[ResourceKey]:
    return {step.key for step in plan.steps if step.action is Action.PRUNE}


def _is_same(live: dict[str, Any], repo_url: str, path: str) -> bool:
    """Whether an Application in the cluster has the same first source."""
    spec = live.get("spec") or {}
    sources = spec.get("sources")
    first = sources[0] if isinstance(sources, list) and sources else spec.get("source") or {}
    return isinstance(first, dict) and (str(first.get("repoURL") or ""), str(first.get("path") or ".")) == (
        repo_url,
        path,
    )


def _time(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo is not None else found.replace(tzinfo=UTC)
