"""The whole plan as dry runs, before the first write.

Known gaps: what lives in a namespace, or is of a kind, that the same plan makes can't be tried before that is there.
"""

from __future__ import annotations

from collections.abc import Callable

from gitops_tui.errors import ApiError, GitOpsError, Invalid, UnknownKind
from gitops_tui.kube import Cluster
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.sync import Action, PlanStep, ResultStatus, SyncPlan
from gitops_tui.sync.hooks import Hooks
from gitops_tui.sync.objects import Objects
from gitops_tui.sync.patience import Patience, together
from gitops_tui.sync.pruning import Pruner
from gitops_tui.sync.report import Report
from gitops_tui.sync.writing import Writer

_ALWAYS_THERE = "default"


class DryRun:
    """One dry run of one plan."""

    def __init__(
        self,
        plan: SyncPlan,
        objects: Objects,
        cluster: Cluster,
        report: Report,
        patience: Patience,
        *,
        writer: Writer,
        hooks: Hooks,
        pruner: Pruner,
        tried: Callable[[ResourceKey], bool] = lambda _: False,
    ) -> None:
        self._plan = plan
        self._objects = objects
        self._cluster = cluster
        self._report = report
        self._patience = patience
        self._writer = writer
        self._hooks = hooks
        self._pruner = pruner
        self._known = tried
        self._namespaces = {
            step.key.name
            for step in plan.steps
            if (step.key.group, step.key.kind) == ("", "Namespace") and step.action is Action.CREATE
        }
        self._kinds = objects.defined_kinds()

    async def run(self) -> int:
        """Sends it; the number of refusals, each of which is told as its step's result."""
        outcomes = await together(*(self._try(at, step) for at, step in enumerate(self._plan.steps)))
        return sum(not fine for fine in outcomes)

    async def _try(self, at: int, step: PlanStep) -> bool:
        if step.key.namespace in self._namespaces and step.action is not Action.PRUNE:
            return await self._try_elsewhere(at, step)
        try:
            await self._patience.send(lambda: self._tried(step))
        except UnknownKind as error:
            if step.action is not Action.PRUNE and self._comes_later(step):
                self._report.tell(at, ResultStatus.PENDING, "its kind is not there yet: no dry run")
                return True
            self._report.tell(at, ResultStatus.FAILED, str(error))
            return False
        except GitOpsError as error:
            self._report.tell(at, ResultStatus.FAILED, str(error))
            return False
        self._report.tell(at, ResultStatus.PENDING, "dry run passed")
        return True

    async def _try_elsewhere(self, at: int, step: PlanStep) -> bool:
        """The dry run of what goes into a namespace that this plan makes: the API server takes none for a namespace that
        is not there yet, so the object is tried in one that always is. What is wrong with the object itself is told
        there all the same (422, 400); what is only so in that namespace (a quota, a right, the same name) is not."""
        objects = self._objects
        try:
            if step.action is Action.HOOK:
                obj = self._hooks.object_of(objects.manifests[step.key], step.phase)
            else:
                obj = objects.desired(step)
            made = {**obj, "metadata": {**obj["metadata"], "namespace": _ALWAYS_THERE}}
            validation = "Strict" if objects.options(step).validate else "Ignore"
            await self._patience.send(lambda: self._cluster.create(made, dry_run=True, validation=validation))
        except UnknownKind as error:
            if not self._comes_later(step):
                self._report.tell(at, ResultStatus.FAILED, str(error))
                return False
        except ApiError as error:
            if isinstance(error, Invalid):
                self._report.tell(at, ResultStatus.FAILED, str(error))
                return False
        except GitOpsError as error:
            self._report.tell(at, ResultStatus.FAILED, str(error))
            return False
        self._report.tell(
            at, ResultStatus.PENDING, f"dry run passed in {_ALWAYS_THERE}: its namespace is made by this sync"
        )
        return True

    async def _tried(self, step: PlanStep) -> None:
        if step.action is Action.PRUNE:
            await self._pruner.dry_run(step)
        elif step.action is Action.HOOK:
            await self._hooks.dry_run(self._objects.manifests[step.key], step.phase)
        else:
            objects = self._objects
            options = objects.options(step)
            if options.server_side and not options.replace and self._known(step.key):
                # The server has just said yes to this very request.
                return
            await self._writer.dry_run(objects.desired(step), options, objects.lives.get(step.key))

    def _comes_later(self, step: PlanStep) -> bool:
        """Whether a CRD of this plan brings the step's kind, or its options say that something else will."""
        return (step.key.group, step.key.kind) in self._kinds or self._objects.options(step).skip_missing
