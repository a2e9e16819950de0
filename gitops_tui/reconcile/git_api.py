"""What screens and commands may ask of Git, as futures; a part of `EngineApi`, and the engine's side of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from gitops_tui.errors import GitOpsError, RevertRefused
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.reconcile.part import EnginePart
from gitops_tui.reconcile.runtime import Runtime

if TYPE_CHECKING:
    from gitops_tui.model.change import CommitDetail, FileChange
    from gitops_tui.model.revert import RevertPreview, RevertRequest, RevertResult
    from gitops_tui.model.revision import BlameLine, Commit, Signature
    from gitops_tui.reconcile.api import HistoryCommit

T = TypeVar("T")


class GitCommands(EnginePart):
    """The engine's answers to `GitApi`."""

    def _in_thread(self, work: Callable[..., T], *args: Any) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(asyncio.to_thread(work, *args), self.loop)

    def _revision(self, runtime: Runtime, revision: str) -> str:
        if not revision and runtime.revision is None:
            raise GitOpsError(f"the revision of {runtime.app.key} is not known yet", hint="try again in a moment")
        return revision or (runtime.revision.sha if runtime.revision is not None else "")

    def history(
        self, app: AppKey, *, limit: int = 50, skip: int = 0, search: str = "", first_parent: bool = True
    ) -> Future[tuple[HistoryCommit, ...]]:
        def ask() -> tuple[HistoryCommit, ...]:
            found = self.runtime(app)
            return self.histories.page(found.app, found.record, limit, skip, search, first_parent=first_parent)

        return self._in_thread(ask)

    def commit_diff(self, app: AppKey, sha: str) -> Future[str]:
        return self._in_thread(lambda: self.git.commit_diff(self.runtime(app).app, sha))

    def resolve(self, app: AppKey, revision: str) -> Future[Commit]:
        return self._in_thread(lambda: self.git.resolve(self.runtime(app).app, revision))

    def commit_detail(self, app: AppKey, sha: str) -> Future[CommitDetail]:
        return self._in_thread(lambda: self.git.commit_detail(self.runtime(app).app, sha))

    def changes(self, app: AppKey, old: str, new: str) -> Future[tuple[FileChange, ...]]:
        return self._in_thread(lambda: self.git.changes(self.runtime(app).app, old, new))

    def signature(self, app: AppKey, sha: str) -> Future[Signature]:
        return self._in_thread(lambda: self.git.signature(self.runtime(app).app, sha))

    def blame(self, app: AppKey, path: str, line: int, revision: str = "") -> Future[BlameLine | None]:
        def ask() -> BlameLine | None:
            runtime = self.runtime(app)
            return self.git.blame(runtime.app, self._revision(runtime, revision), path, line)

        return self._in_thread(ask)

    def blame_field(self, app: AppKey, key: ResourceKey, field: str, revision: str = "") -> Future[BlameLine | None]:
        def ask() -> BlameLine | None:
            runtime = self.runtime(app)
            manifest = runtime.manifests.get(key)
            if manifest is None:
                raise GitOpsError(f"{key} is not in Git", hint="it may be an extra object of the cluster")
            return self.git.blame_field(runtime.app, self._revision(runtime, revision), manifest, field)

        return self._in_thread(ask)

    async def refusal(self, runtime: Runtime, revision: str) -> tuple[str, str] | None:
        """(why, what to do) where a revision must not be deployed."""
        return await asyncio.to_thread(self.git.refusal, runtime.app, revision)

    def preview_revert(self, app: AppKey, request: RevertRequest) -> Future[RevertPreview]:
        return self._in_thread(lambda: self.git.preview_revert(self.runtime(app).app, request))

    def revert(self, app: AppKey, preview: RevertPreview) -> Future[RevertResult]:
        return asyncio.run_coroutine_threadsafe(self._revert(app, preview), self.loop)

    async def _revert(self, app: AppKey, preview: RevertPreview) -> RevertResult:
        if self.settings.read_only:
            raise RevertRefused("this session is read-only", hint="start it without --read-only")
        runtime = self.runtime(app)
        try:
            return await asyncio.to_thread(self.git.revert, runtime.app, preview)
        finally:
            await self.following.look_at(runtime.app.source.address)
