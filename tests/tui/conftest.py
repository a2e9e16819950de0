"""An engine that answers at once, or when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gitops_tui.model.application import Application, Automated, Destination, Source, SyncPolicy
from gitops_tui.model.audit import AuditLine
from gitops_tui.model.change import CommitDetail, DiffLine, FileChange, FileStatus, Hunk
from gitops_tui.model.drift import Drift, DriftKind, FieldDifference, Owner, Reason
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.record import AppRecord, Pause, PauseKind
from gitops_tui.model.revert import RevertPreview, RevertRequest, RevertResult, Undone
from gitops_tui.model.revision import Commit, Signature, SignatureStatus
from gitops_tui.model.snapshot import ApplicationState, ClusterState, Link, ResourceState, Snapshot
from gitops_tui.model.sync import (
    Action,
    OperationPhase,
    PlanStep,
    ResultStatus,
    StepResult,
    SyncOperation,
    SyncOptions,
    SyncPlan,
    SyncStatus,
)
from gitops_tui.reconcile.api import HistoryCommit, RevisionPreview
from gitops_tui.settings import Settings

APP = AppKey("prod", "", "shop")
NOW = datetime.now(UTC)


def key(number: int, kind: str = "ConfigMap") -> ResourceKey:
    return ResourceKey("", kind, "shop", f"c{number:04}")


def commit(number: int, subject: str = "") -> Commit:
    when = NOW - timedelta(hours=number)
    return Commit(f"{number:040x}", "Dana", "dana@example.com", when, when, subject or f"Change {number}")


def resolved(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


class FakeEngine:
    """asked: every call with its arguments. held: futures that a test settles itself, by the call's name."""

    def __init__(self, *, drifted: int = 3, extra: int = 0, read_only: bool = False, kind: str = "ConfigMap") -> None:
        self.settings = Settings(read_only=read_only)
        self.drifted, self.extra, self.kind = drifted, extra, kind
        self.asked: list[tuple[Any, ...]] = []
        self.looked: list[AppKey] = []
        self.refused = ""
        self.held: dict[str, list[Future[Any]]] = {}
        self.hold: set[str] = set()
        self.lines: tuple[AuditLine, ...] = ()
        self.commits = [commit(number) for number in range(200)]
        self.subscribers: list[Callable[[Snapshot], None]] = []
        self.snapshot = self._picture()

    def _picture(self) -> Snapshot:
        owner = Owner("kubectl-edit", "Update", NOW)
        found = {}
        for number in range(self.drifted):
            difference = FieldDifference("data.colour", "red", f"blue{number}", Reason.DIFFERS, owner)
            drift = Drift(DriftKind.MODIFIED, (difference,))
            live = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": key(number).name}, "data": {"a": "b"}}
            found[key(number)] = ResourceState(key(number), "v1", SyncStatus.OUT_OF_SYNC, drift, live=live)
        policy = SyncPolicy(automated=Automated(prune=True))
        app = Application(APP, (Source("/repo", "apps/shop"),), Destination(namespace="shop"), sync_policy=policy)
        state = ApplicationState(
            app, loading=False, sync=SyncStatus.OUT_OF_SYNC, target=commit(0), revision=commit(0), resources=found
        )
        return Snapshot(1, {APP: state}, (ClusterState("prod", Link.LIVE, NOW),), starting=False)

    @property
    def state(self) -> ApplicationState:
        return self.snapshot.applications[APP]

    def change(self, **fields: Any) -> None:
        """A new Snapshot with these fields of the application's state."""
        state = replace(self.state, **fields)
        self.snapshot = replace(self.snapshot, generation=self.snapshot.generation + 1, applications={APP: state})
        for each in self.subscribers:
            each(self.snapshot)

    def _answer(self, name: str, value: Any, *arguments: Any) -> Future[Any]:
        self.asked.append((name, *arguments))
        if name in self.hold:
            future: Future[Any] = Future()
            self.held.setdefault(name, []).append(future)
            return future
        return resolved(value)

    def count(self, name: str) -> int:
        return sum(each[0] == name for each in self.asked)

    def start(self) -> None: ...
    def stop(self, timeout: float = 5.0) -> None: ...

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        self.subscribers.append(callback)
        return lambda: self.subscribers.remove(callback)

    def plan_of(self, options: SyncOptions) -> SyncPlan:
        steps = [PlanStep(key(n), "v1", Action.CHANGE, fields=("data.colour",)) for n in range(self.drifted)]
        if options.only is not None:
            steps = [step for step in steps if step.key in options.only]
        gone = [PlanStep(key(9000 + n, self.kind), "v1", Action.PRUNE) for n in range(self.extra)]
        kept = () if options.prune else tuple(replace(step, blocked="prune is off") for step in gone)
        return SyncPlan(
            APP, options.revision or commit(0).sha, options, (*steps, *(gone if options.prune else ())), kept
        )

    def preview(self, _app: AppKey, options: SyncOptions) -> Future[RevisionPreview]:
        found = RevisionPreview(self.plan_of(options), tuple(self.state.resources.values()))
        return self._answer("preview", found, options)

    def operation(self, plan: SyncPlan, phase: OperationPhase) -> SyncOperation:
        status = ResultStatus.RUNNING if phase is OperationPhase.RUNNING else ResultStatus.DONE
        results = tuple(StepResult(step, status, "", NOW, NOW) for step in plan.steps)
        return SyncOperation(APP, plan.revision, phase, NOW, results, NOW, "dana@x", dry_run=plan.options.dry_run)

    def sync(self, plan: SyncPlan) -> Future[SyncOperation]:
        return self._answer("sync", self.operation(plan, OperationPhase.SUCCEEDED), plan)

    def rollback(self, plan: SyncPlan, message: str = "") -> Future[SyncOperation]:
        return self._answer("rollback", self.operation(plan, OperationPhase.SUCCEEDED), plan, message)

    def follow_usage(self, app: AppKey, key: Any, uid: str, callback: Any) -> Callable[[], None]:
        self.asked.append(("follow_usage", app, key, uid))
        return lambda: self.asked.append(("end_usage", app, key, uid))

    def pod_refusal(self, app: AppKey, what: str, namespace: str, pod: str = "") -> Future[str]:
        return self._answer("pod_refusal", self.refused, app, what, namespace, pod)

    def look_beneath(self, app: AppKey) -> Future[None]:
        self.looked.append(app)
        future: Future[None] = Future()
        future.set_result(None)
        return future

    def stop_sync(self, app: AppKey) -> None:
        self.asked.append(("stop_sync", app))

    def pause(
        self, app: AppKey, reason: str = "", until: datetime | None = None, kind: PauseKind = PauseKind.ALL
    ) -> Future[AppRecord]:
        more = () if kind is PauseKind.ALL else (kind,)
        return self._answer("pause", AppRecord(Pause("dana@x", NOW, reason, until, kind)), app, reason, until, *more)

    def undo(self, plan: SyncPlan, message: str = "") -> Future[SyncOperation]:
        return self._answer("undo", self.operation(plan, OperationPhase.SUCCEEDED), plan, message)

    def audit(self) -> Future[tuple[AuditLine, ...]]:
        return self._answer("audit", self.lines)

    def resume(self, app: AppKey) -> Future[AppRecord]:
        return self._answer("resume", AppRecord(), app)

    def unpin(self, app: AppKey) -> Future[AppRecord]:
        return self._answer("unpin", AppRecord(), app)

    def refresh(self, app: AppKey | None = None, *, hard: bool = False) -> Future[None]:
        return self._answer("refresh", None, app)

    def resolve(self, _app: AppKey, revision: str) -> Future[Commit]:
        return self._answer("resolve", next(each for each in self.commits if each.sha.endswith(revision)), revision)

    def history(self, _app: AppKey, *, limit: int = 50, skip: int = 0, search: str = "", first_parent: bool = True):
        chosen = [each for each in self.commits if search in each.subject]
        page = tuple(
            HistoryCommit(each, deployed=each.sha == commit(3).sha, target=number == 0, waiting=number < 3)
            for number, each in enumerate(chosen[skip : skip + limit], skip)
        )
        return self._answer("history", page, skip, limit, search)

    def commit_detail(self, _app: AppKey, sha: str) -> Future[CommitDetail]:
        found = next(each for each in self.commits if each.sha == sha)
        return self._answer("commit_detail", CommitDetail(found, self._files(f"of {found.subject}")), sha)

    def signature(self, _app: AppKey, sha: str) -> Future[Signature]:
        number = next(at for at, each in enumerate(self.commits) if each.sha == sha)
        signed = Signature(SignatureStatus.VERIFIED, "ssh", "dana@example.com")
        return self._answer("signature", Signature(SignatureStatus.NONE) if number else signed, sha)

    def changes(self, _app: AppKey, old: str, new: str) -> Future[tuple[FileChange, ...]]:
        return self._answer("changes", self._files("between"), old, new)

    def preview_revert(self, _app: AppKey, request: RevertRequest) -> Future[RevertPreview]:
        target = next(each for each in self.commits if each.sha == request.revision)
        found = RevertPreview(
            request, "/repo", "main", request.new_branch, self.commits[0], target, "t" * 40, ("apps/shop",),
            self._files("reverted"), (Undone(self.commits[0], ("apps/shop/c.yaml",)),), "Revert shop", "Dana", False,
        )  # fmt: skip
        return self._answer("preview_revert", found, request)

    def revert(self, _app: AppKey, preview: RevertPreview) -> Future[RevertResult]:
        return self._answer("revert", RevertResult("a" * 40, preview.branch, False), preview)

    def _files(self, text: str) -> tuple[FileChange, ...]:
        lines = (DiffLine("-", f"old {text}", 1, 0), DiffLine("+", f"new {text}", 0, 1))
        return (FileChange("apps/shop/c.yaml", FileStatus.MODIFIED, "", 1, 1, (Hunk(lines),)),)


@pytest.fixture
def make_engine() -> type[FakeEngine]:
    return FakeEngine
