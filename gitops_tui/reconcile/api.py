"""What screens and commands may ask of the engine.

The engine runs in a thread of its own. `snapshot` is always the newest picture and costs nothing. Questions and
actions return a `concurrent.futures.Future` at once; its exception, where it has one, is a `GitOpsError` that can be
shown as it is. Nothing here blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol

from gitops_tui.reconcile.actions_api import ActionsApi
from gitops_tui.reconcile.deleting_api import DeletingApi
from gitops_tui.reconcile.many_api import ManyApi
from gitops_tui.reconcile.parts_api import ExplainApi, GitApi, InspectApi, LogsApi
from gitops_tui.reconcile.projects.commands import WindowsApi
from gitops_tui.reconcile.steering_api import SteeringApi
from gitops_tui.records import dataclass

if TYPE_CHECKING:
    from gitops_tui.model.keys import AppKey
    from gitops_tui.model.manifest import Manifest
    from gitops_tui.model.record import AppRecord, HistoryEntry
    from gitops_tui.model.revision import Commit
    from gitops_tui.model.snapshot import ResourceState, Snapshot
    from gitops_tui.model.sync import SyncOperation, SyncOptions, SyncPlan
    from gitops_tui.settings import Settings


@dataclass(frozen=True, slots=True)
class HistoryCommit:
    """A commit that touches an application, with its marks.

    deployed: the newest successful sync took the cluster here. pinned, failed: a pin, a failed sync points here.
    target: the branch is here. waiting: newer than what is deployed. rolled_back_from: a rollback left this commit.
    syncs: the recorded syncs to this commit, newest first.
    """

    commit: Commit
    deployed: bool = False
    pinned: bool = False
    failed: bool = False
    target: bool = False
    waiting: bool = False
    rolled_back_from: bool = False
    syncs: tuple[HistoryEntry, ...] = ()

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks that apply, as words."""
        names = ("deployed", "pinned", "failed", "target", "waiting", "rolled_back_from")
        return tuple(name.replace("_", " ") for name in names if getattr(self, name))


@dataclass(frozen=True, slots=True)
class RevisionPreview:
    """A plan, and the objects that it is about as they are compared with that revision."""

    plan: SyncPlan
    resources: tuple[ResourceState, ...]


class EngineApi(
    GitApi,
    ExplainApi,
    LogsApi,
    InspectApi,
    ActionsApi,
    SteeringApi,
    ManyApi,
    DeletingApi,
    WindowsApi,
    Protocol,
):
    """The engine, as screens and commands see it."""

    @property
    def settings(self) -> Settings: ...

    @property
    def snapshot(self) -> Snapshot:
        """The newest Snapshot."""

    def start(self) -> None:
        """Starts the worker's thread; returns at once. Snapshots follow."""

    def stop(self, timeout: float = 5.0) -> None:
        """Lets a running step finish, stops the worker and waits for it, `timeout` seconds at most."""

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Calls `callback` on the engine's thread for each new Snapshot (coalesced); returns what ends it."""

    def plan(self, app: AppKey, options: SyncOptions) -> Future[SyncPlan]:
        """What a sync would do now. Changes nothing. `options.revision` plans for that commit (a rollback)."""

    def sync(self, plan: SyncPlan) -> Future[SyncOperation]:
        """Runs a plan; done when the operation is over. Progress comes with the Snapshots."""

    def rollback(self, plan: SyncPlan, message: str = "") -> Future[SyncOperation]:
        """Pins the application to the plan's revision, then runs the plan."""

    def unpin(self, app: AppKey) -> Future[AppRecord]:
        """Lets the application follow its branch again; applies nothing."""

    def stop_sync(self, app: AppKey) -> None:
        """Asks a running operation to stop after the object that it is at."""

    def refresh(self, app: AppKey | None = None, *, hard: bool = False) -> Future[None]:
        """Fetches Git now, for one application or all. hard: renders and lists everything again."""

    def preview(self, app: AppKey, options: SyncOptions) -> Future[RevisionPreview]:
        """As `plan`, with the objects that would change and what differs in each."""

    def history(
        self, app: AppKey, *, limit: int = 50, skip: int = 0, search: str = "", first_parent: bool = True
    ) -> Future[tuple[HistoryCommit, ...]]:
        """Commits that touch what the application depends on, newest first; of merges the first parent's line only.
        search: words that all stand in the message, the author, the SHA or the pull request's number."""

    def commit_diff(self, app: AppKey, sha: str) -> Future[str]:
        """What one commit changed in the application's folder, as a unified patch (bounded, may be "")."""

    def resolve(self, app: AppKey, revision: str) -> Future[Commit]:
        """The commit that a revision names in the application's repository."""

    def manifests(self, app: AppKey, revision: str = "") -> Future[tuple[Manifest, ...]]:
        """What Git renders at that revision ("" for the one compared against)."""
