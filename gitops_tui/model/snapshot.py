"""The immutable picture that the engine hands to whoever shows it.

Parts that did not change between two Snapshots are the same objects (`is`), so a screen finds what to repaint by
identity alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from gitops_tui.model.application import Application
from gitops_tui.model.drift import NO_DRIFT, NO_MOVES, Drift, DriftEpisode, DriftKind, Moved, MovedCounts
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.many import ManyOperation
from gitops_tui.model.record import AppRecord
from gitops_tui.model.revision import Commit
from gitops_tui.model.sync import SyncOperation, SyncStatus
from gitops_tui.model.windows import OPEN_GATE, SyncGate
from gitops_tui.records import dataclass, field


@dataclass(frozen=True, slots=True)
class OwnedObject:
    """An object beneath a managed one, by ownerReferences. summary: the one line that matters
    ("3/5 ready", "CrashLoopBackOff app (137, OOMKilled) x12"). created: aware, UTC. trouble: what is wrong with it or beneath
    it, in a few words, "" where nothing is known to. images: of a Pod or a workload, short ("web:1.8"). A kind that the user
    may not see is one such row, named "?", whose uid is no object's."""

    key: ResourceKey
    uid: str
    health: Health | None
    created: datetime | None = None
    summary: str = ""
    children: tuple[OwnedObject, ...] = ()
    trouble: str = ""
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourceState:
    """One object of an application, as Git and the cluster have it.

    manifest: None where Git has it no longer (Extra). live: the object as the API server gave it, None where it is
    Missing or not known. sync: Unknown where the live side can't be read (`error` says why). tracked: whether the
    live object carries our tracking id for this application. hook: the phases it runs in, for hooks; a hook takes no
    part in the application's sync status and health. summary: as in OwnedObject. cause: the weightiest cause of its not being
    well, as far as objects say it (events may tell more), "" where none does. health_since: since when its health is so; rollout:
    how long its last rollout took to become healthy; None where that is not known. moved: which side changed since the
    last sync. episodes: when it was drifted, as far as this session saw it, oldest first.
    """

    key: ResourceKey
    api_version: str
    sync: SyncStatus
    drift: Drift = NO_DRIFT
    health: Health | None = None
    manifest: Manifest | None = None
    live: Mapping[str, Any] | None = None
    tracked: bool = False
    hook: tuple[str, ...] = ()
    wave: int = 0
    summary: str = ""
    cause: str = ""
    health_since: datetime | None = None
    rollout: timedelta | None = None
    error: str = ""
    warnings: tuple[str, ...] = ()
    owned: tuple[OwnedObject, ...] = ()
    moved: Moved = Moved.NONE
    episodes: tuple[DriftEpisode, ...] = ()

    @property
    def drifted_since(self) -> datetime | None:
        """When the drift that lasts now began, None where there is none or that is not known."""
        last = self.episodes[-1] if self.episodes and self.drift.is_drifted else None
        return last.began if last is not None and last.ended is None and last.dated else None

    @property
    def drifted_by(self) -> str:
        """Who made the drift that lasts now, "" where that is not known."""
        last = self.episodes[-1] if self.episodes and self.drift.is_drifted else None
        return last.by if last is not None and last.ended is None else ""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Condition:
    """Something a person should know about an application or the whole session. where: "render", "git", "cluster",
    "state", "sync", "application". since: aware, UTC."""

    severity: Severity
    where: str
    message: str
    since: datetime
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationState:
    """One application and all its objects.

    loading: True until the first verdict (or error); show neither as empty nor as in sync. target: the commit that the
    branch is at; revision: the commit that is compared against (the pin's where pinned). behind: how many commits that
    touch this application lie between revision and target. health: worst of its resources. operation: the running or
    the last one of this session. stale_since: set where the cluster or Git can't be reached and what is shown is old.
    health_since, rollout: as of a resource.
    auto: one line on automatic sync ("off", "on", "paused", "pinned", "waiting: …", "held: …"). gate: what its sync windows say.
    moved: of its drifted
    objects, how many Git moved and how many the cluster.
    """

    app: Application
    loading: bool = True
    sync: SyncStatus = SyncStatus.UNKNOWN
    health: HealthStatus = HealthStatus.UNKNOWN
    target: Commit | None = None
    revision: Commit | None = None
    behind: int = 0
    resources: Mapping[ResourceKey, ResourceState] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    record: AppRecord = field(default_factory=AppRecord)
    operation: SyncOperation | None = None
    stale_since: datetime | None = None
    source_type: str = ""
    auto: str = "off"
    health_since: datetime | None = None
    rollout: timedelta | None = None
    moved: MovedCounts = NO_MOVES
    gate: SyncGate = OPEN_GATE

    @property
    def key(self) -> AppKey:
        return self.app.key

    @property
    def errors(self) -> tuple[Condition, ...]:
        return tuple(c for c in self.conditions if c.severity is Severity.ERROR)

    @property
    def applied(self) -> bool:
        """Whether nothing that Git holds differs: at most objects that Git no longer holds are left."""
        if self.sync is not SyncStatus.OUT_OF_SYNC:
            return self.sync is SyncStatus.SYNCED
        return not any(
            each.drift.is_drifted and each.drift.kind is not DriftKind.EXTRA and not each.hook
            for each in self.resources.values()
        )


class Link(StrEnum):
    CONNECTING = "connecting"
    LIVE = "live"
    RECONNECTING = "reconnecting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ClusterState:
    """One cluster. name: the kubeconfig context. user: as the kubeconfig names it. since: when `link` became so."""

    name: str
    link: Link
    since: datetime
    server: str = ""
    version: str = ""
    user: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """One repository. url: redacted. fetched: when it last was brought up to date; error: why not since, "" if
    fine. progress: git's own line on a clone or fetch that is under way."""

    url: str
    revision: str = ""
    head: Commit | None = None
    fetched: datetime | None = None
    fetching: bool = False
    error: str = ""
    progress: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known at one moment. generation grows by one with each Snapshot of an engine. many: the sync of many
    applications that is under way here, or the last one."""

    generation: int = 0
    applications: Mapping[AppKey, ApplicationState] = field(default_factory=dict)
    clusters: tuple[ClusterState, ...] = ()
    repositories: tuple[RepositoryState, ...] = ()
    conditions: tuple[Condition, ...] = ()
    starting: bool = True
    worker: str = ""
    read_only: bool = False
    many: ManyOperation | None = None


def without_deleted(states: Iterable[ApplicationState]) -> tuple[list[ApplicationState], list[ApplicationState]]:
    """(those that go along where many are meant, those that somebody deleted: they come back by their name alone)."""
    found = list(states)
    return [each for each in found if each.record.deleted is None], [each for each in found if each.record.deleted]
