"""Follows Git: looks at the repositories, renders anew what moved, and takes over what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gitops_tui.errors import GitOpsError
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.snapshot import Condition, Severity
from gitops_tui.reconcile.auto import Attempts
from gitops_tui.reconcile.repositories import Found, Repositories
from gitops_tui.reconcile.runtime import Runtime, content_of, place
from gitops_tui.reconcile.session import ClusterSession

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine

_UNSIGNED = "it is shown and not deployed; sign the commit with a key that counts"


class Following:
    """That of one engine. Everything runs on its loop, Git and rendering beside it."""

    def __init__(self, engine: Engine, repositories: Repositories) -> None:
        self._engine = engine
        self._repositories = repositories

    async def run(self) -> None:
        """Looks again and again."""
        while True:
            await asyncio.sleep(self._repositories.next_look())
            before = [each.error for each in self._repositories.states()]
            moved = await asyncio.to_thread(self._repositories.moved)
            await self._engine.declaring.look_at_projects()
            await self._refresh_users(moved)
            # A look that found nothing new is no news: the screen stays as it is.
            if before != [each.error for each in self._repositories.states()]:
                for runtime in self._engine.runtimes.values():
                    runtime.state_dirty = True
                self._engine.wake()

    async def look_at(self, url: str) -> None:
        """Looks at a repository now, and refreshes what follows it."""
        await self._refresh_users(await asyncio.to_thread(self._repositories.fetch, [url]))
        self._engine.wake()

    async def _refresh_users(self, moved: Iterable[str]) -> None:
        urls = set(moved)
        if urls:
            await self._engine.declaring.git_moved()
        for runtime in list(self._engine.runtimes.values()):
            if urls & {source.address for source in runtime.app.sources}:
                await self.refresh(runtime)

    async def look(self, app: AppKey | None, *, hard: bool) -> None:
        """What a person asks for: looks at the repositories of one application, or of all, and refreshes those. hard:
        also what the cluster has is asked anew."""
        engine = self._engine
        chosen = [engine.runtime(app)] if app is not None else list(engine.runtimes.values())
        urls = {source.address for each in chosen for source in each.app.sources}
        await engine.declaring.look_at_projects(now=True)
        if await asyncio.to_thread(self._repositories.fetch, urls):
            await engine.declaring.git_moved()
        for runtime in chosen:
            session = engine.session(runtime)
            if hard and session.connected.is_set():
                await session.refresh_kinds()
                await session.cluster.relist()
            runtime.attempts = Attempts()
            await self.refresh(runtime, hard=hard)

    async def refresh(self, runtime: Runtime, *, hard: bool = False) -> None:
        """Resolves, renders and sets watches for one application; then everything of it is compared anew."""
        async with runtime.refreshing:
            await self._refresh(runtime, hard)

    async def render(self, app: AppKey, revision: str) -> tuple[Manifest, ...]:
        """What Git holds for it at a revision, "" for where it stays. Raises GitOpsError."""
        runtime = self._engine.runtime(app)
        session = self._engine.session(runtime)
        connected = session.connected.is_set()
        found = await self._rendered(runtime, session, revision or runtime.record.stays_at)
        return tuple(self._objects(runtime, session, found).values()) if connected else found.manifests

    async def _rendered(self, runtime: Runtime, session: ClusterSession, revision: str) -> Found:
        connected = session.connected.is_set()
        return await asyncio.to_thread(
            self._repositories.render,
            runtime.app,
            revision,
            session.cluster.version if connected else "",
            session.cluster.discovery.api_versions() if connected else (),
            self._engine.namespace_of(runtime),
        )

    def _objects(self, runtime: Runtime, session: ClusterSession, found: Found) -> dict[ResourceKey, Manifest]:
        """What was rendered, as the cluster will have it."""
        return place(found.manifests, session.cluster, self._engine.namespace_of(runtime))

    def _basis(self, runtime: Runtime, session: ClusterSession, found: Found) -> tuple[object, ...]:
        """What that follows from."""
        return found.manifests, session.cluster.discovery.generation, self._engine.namespace_of(runtime)

    def _is_fresh(self, runtime: Runtime, session: ClusterSession, found: Found) -> bool:
        before, now = runtime.placed, self._basis(runtime, session, found)
        if not before or before[0] is not now[0] or before[1:] != now[1:]:
            return True
        # A kind that the cluster did not know may be there by now.
        return any(session.cluster.discovery.get(gvk) is None for gvk, _ in runtime.kinds)

    async def _refresh(self, runtime: Runtime, hard: bool) -> None:
        engine, session = self._engine, self._engine.session(runtime)
        stays_at = runtime.record.stays_at
        try:
            found = await self._rendered(runtime, session, stays_at)
        except GitOpsError as error:
            await self._failed(runtime, error, stays_at)
            return
        await engine.declaring.rendered(runtime, found.manifests)
        manifests = runtime.manifests
        fresh = False
        if connected := session.connected.is_set():
            fresh = hard or self._is_fresh(runtime, session, found)
            if fresh:
                manifests = self._objects(runtime, session, found)
                if any(session.cluster.discovery.get(each.gvk) is None for each in manifests.values()):
                    await session.refresh_kinds()
                    manifests = self._objects(runtime, session, found)
                runtime.placed = self._basis(runtime, session, found)
        # Taken over in one step: a plan must never meet the commit of one rendering and the objects of another.
        runtime.render_error = None
        runtime.target, runtime.revision, runtime.behind = found.target, found.revision, found.behind
        runtime.source_type, runtime.warnings = found.source_type, found.warnings
        runtime.unsigned = (
            Condition(Severity.WARNING, "git", found.unsigned, datetime.now(UTC), _UNSIGNED) if found.unsigned else None
        )
        if connected:
            runtime.rendered, runtime.rendered_for = True, stays_at
            if fresh:
                runtime.manifests, runtime.content = manifests, content_of(manifests)
                for other in engine.claims.hold(runtime.app.key, manifests):
                    if (claimed := engine.runtimes.get(other)) is not None:
                        engine.touch(claimed)
            # Also where nothing else is new: more than the manifests' own kinds may be among them until now.
            runtime.kinds = frozenset({(each.gvk, each.key.namespace) for each in runtime.manifests.values()})
            await engine.set_watches(session)
        if hard:
            runtime.confirmed.clear()
        runtime.all_dirty = True
        engine.wake()

    async def _failed(self, runtime: Runtime, error: GitOpsError, stays_at: str) -> None:
        now = datetime.now(UTC)
        hint = "" if getattr(error, "problems", None) else error.hint
        message = str(error) if not hint else error.message
        target, revision = await asyncio.to_thread(self._repositories.revisions, runtime.app, stays_at)
        runtime.target, runtime.revision = target or runtime.target, revision or runtime.revision
        where = "render" if type(error).__name__ in ("RenderError", "ToolMissing") else "git"
        runtime.render_error = Condition(Severity.ERROR, where, message, now, hint)
        runtime.state_dirty = True
        self._engine.wake()
