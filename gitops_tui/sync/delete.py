"""Runs the plan of a deletion: PreDelete hooks, the objects in reverse waves, PostDelete hooks, the `Application` itself."""

from __future__ import annotations

from typing import Any

from gitops_tui.errors import ApiError, Conflict, GitOpsError, NotFound
from gitops_tui.kube import Cluster
from gitops_tui.model.application import Application
from gitops_tui.model.sync import Phase, PlanStep
from gitops_tui.settings import FIELD_MANAGER
from gitops_tui.sync.delete_plan import FINALIZERS, ITSELF
from gitops_tui.sync.execute import Executor
from gitops_tui.sync.pruning import Pruner

_TRIES = 5


class Deletion(Executor):
    """One run of one deletion. One that fails or is stopped leaves the rest as it is: the inventory names it."""

    _order = (Phase.PRE_DELETE, Phase.SYNC, Phase.POST_DELETE)

    def _make_pruner(self, app: Application) -> Pruner:
        return DeletionPruner(app, self._cluster, self._plan.options.cascade)

    async def _sync_fail(self) -> str:
        return ""

    def leave(self) -> None:
        # Nothing goes on with a deletion by itself.
        self.stop("the end of its session")


class DeletionPruner(Pruner):
    """As a Pruner, and it lets go of the `Application` object."""

    def __init__(self, app: Application, cluster: Cluster, cascade: str) -> None:
        super().__init__(app, cluster, cascade)

    async def _delete(self, step: PlanStep, *, dry_run: bool = False) -> str:
        if step.how != ITSELF:
            return await super()._delete(step, dry_run=dry_run)
        kind = self._kind(step)
        live = await self._live(kind, step)
        if live is None:
            return "was gone already"
        uid = live["metadata"]["uid"]
        self._uids[step] = uid
        if not dry_run:
            # What its finalizers ask for is done, or a person doesn't want it: nobody else is there to take them away.
            await self._let_go(step, uid)
        if not live["metadata"].get("deletionTimestamp"):
            await self._cluster.delete(
                kind, step.key.namespace, step.key.name, uid=uid, propagation="Background", dry_run=dry_run
            )
        return ""

    async def _let_go(self, step: PlanStep, uid: str) -> None:
        kind = self._kind(step)
        for _ in range(_TRIES):
            live = await self._live(kind, step)
            if live is None or live["metadata"]["uid"] != uid:
                return
            held = [str(each) for each in live["metadata"].get("finalizers") or ()]
            left = [each for each in held if each.partition("/")[0] not in FINALIZERS]
            if left == held:
                return
            patch: list[dict[str, Any]] = [
                {"op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
                {"op": "replace", "path": "/metadata/finalizers", "value": left},
            ]
            try:
                await self._cluster.transport.request(
                    "PATCH",
                    kind.path(step.key.namespace, step.key.name),
                    params={"fieldManager": FIELD_MANAGER},
                    body=patch,
                    content_type="application/json-patch+json",
                    what=str(step.key),
                )
            except NotFound:
                return
            except Conflict:
                continue
            except ApiError as error:
                # 422: the resourceVersion is another one by now.
                if error.status != 422:
                    raise
                continue
            return
        raise GitOpsError(f"the finalizers of {step.key} are being written by others all the time", hint="try again")
