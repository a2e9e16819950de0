"""Answers why an object is drifted, on demand: blame of both sides, and the three-way view."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

from gitops_tui.compare import displayable
from gitops_tui.compare.blame import three_way
from gitops_tui.errors import GitOpsError
from gitops_tui.model.drift import ABSENT, Drift, DriftKind, FieldMove, Reason
from gitops_tui.model.explain import Explained, FieldBlame
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.revision import BlameLine
from gitops_tui.model.threeway import ThreeWay
from gitops_tui.reconcile.ignoring import IgnoreCommands
from gitops_tui.reconcile.judging import moved_since
from gitops_tui.reconcile.runtime import Runtime

# A whole object that differs is told by its first fields; each costs a look into Git's history.
MAX_FIELDS = 50
# The field that stands for a whole object.
_NAME = "metadata.name"


class ExplainCommands(IgnoreCommands):
    """The engine's answer to it."""

    def explain(self, app: AppKey, key: ResourceKey) -> Future[Explained]:
        return asyncio.run_coroutine_threadsafe(self._explain(app, key), self.loop)

    async def _explain(self, app: AppKey, key: ResourceKey) -> Explained:
        runtime = self.runtime(app)
        state = runtime.resources.get(key)
        if state is None:
            raise GitOpsError(f"{key} is no object of {app}")
        await self.verdicts.last_sync.load(runtime)
        session, drift, manifest, live = self.session(runtime), state.drift, state.manifest, state.live
        # What is looked at stays what it is now, whatever happens meanwhile.
        last = (runtime.synced or {}).get(key)
        known = runtime.synced is not None
        moves: tuple[FieldMove, ...] = ()
        moved = moved_since(runtime, key, manifest, live, drift, session.schemas, self.settings)
        if known and manifest is not None and live is not None:
            moves = three_way(
                last.obj if last is not None else None,
                manifest.obj,
                live,
                drift,
                schema=session.schemas,
                client_managers=self.settings.client_managers,
                mask_keys=self.settings.mask_keys,
            )
        lines: dict[str, BlameLine | None] = {}
        removed: dict[str, BlameLine] = {}
        problem = ""
        whole: FieldBlame | None = None
        revision = runtime.revision.sha if runtime.revision is not None else ""
        if manifest is not None and revision:
            lines, removed, problem = await asyncio.to_thread(self._blame, runtime, revision, manifest, drift)
        known_by = manifest if drift.kind is DriftKind.MISSING else last if drift.kind is DriftKind.EXTRA else None
        if known_by is not None and revision:
            whole, trouble = await asyncio.to_thread(self._whole, runtime, revision, known_by, drift)
            problem = problem or trouble
        return Explained(
            key=key,
            blame={
                each.path: FieldBlame(lines.get(each.path), each.live_owner, removed.get(each.path))
                for each in drift.differences[:MAX_FIELDS]
            },
            moved=moved,
            moves=moves,
            last_synced=displayable(last.obj, mask_keys=self.settings.mask_keys) if last is not None else None,
            last_synced_revision=runtime.synced_revision if known else "",
            problem=problem,
            whole=whole,
        )

    def three_way(self, app: AppKey, key: ResourceKey) -> Future[ThreeWay]:
        return asyncio.run_coroutine_threadsafe(self._three_way(app, key), self.loop)

    async def _three_way(self, app: AppKey, key: ResourceKey) -> ThreeWay:
        runtime = self.runtime(app)
        state = runtime.resources.get(key)
        if state is None:
            raise GitOpsError(f"{key} is no object of {app}")
        await self.verdicts.last_sync.load(runtime)
        done = runtime.record.deployed
        if done is None:
            return ThreeWay(
                key, problem="no sync of this application is recorded yet, so there is nothing to compare with"
            )
        if runtime.synced is None:
            return ThreeWay(
                key,
                revision=done.revision,
                problem=f"what the last sync was of ({done.revision[:7]}) can't be rendered any more",
            )
        last, manifest = runtime.synced.get(key), state.manifest
        schemas = self.session(runtime).schemas
        from gitops_tui.compare.threeway import three_way_rows

        rows = await asyncio.to_thread(
            three_way_rows,
            last.obj if last is not None else None,
            manifest.obj if manifest is not None else None,
            state.live,
            state.drift,
            schema=schemas,
            client_managers=self.settings.client_managers,
            mask_keys=self.settings.mask_keys,
        )
        return ThreeWay(key, rows, runtime.synced_revision)

    def _whole(
        self, runtime: Runtime, revision: str, manifest: Manifest, drift: Drift
    ) -> tuple[FieldBlame | None, str]:
        """Who has an object in Git, or took it out, and what went wrong ("" for nothing)."""
        try:
            if drift.kind is DriftKind.MISSING:
                return FieldBlame(self.git.blame_field(runtime.app, revision, manifest, _NAME)), ""
            removed = self.git.removals(runtime.app, revision, manifest, [_NAME])
            return FieldBlame(removed=removed.get(_NAME)), ""
        except GitOpsError as error:
            return None, str(error)

    def _blame(
        self, runtime: Runtime, revision: str, manifest: Manifest, drift: Drift
    ) -> tuple[dict[str, BlameLine | None], dict[str, BlameLine], str]:
        """The lines that set fields, the commits that took some out, and what went wrong ("" for nothing)."""
        found: dict[str, BlameLine | None] = {}
        removed: dict[str, BlameLine] = {}
        some = drift.differences[:MAX_FIELDS]
        try:
            for each in some:
                if each.desired is not ABSENT:
                    found[each.path] = self.git.blame_field(runtime.app, revision, manifest, each.path)
            gone = [each.path for each in some if each.reason is Reason.REMOVED]
            if gone:
                removed = self.git.removals(runtime.app, revision, manifest, gone)
        except GitOpsError as error:
            return found, removed, str(error)
        return found, removed, ""
