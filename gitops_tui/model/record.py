"""What must outlive the process for one application: pause, pin, inventory, history. `gitops_tui.state` keeps it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.sync import Initiator, OperationPhase
from gitops_tui.records import dataclass, field


class PauseKind(StrEnum):
    """ALL: automatic sync stands still. HEAL_OFF: drift is reported and not corrected; new commits are still taken.
    HOLD_COMMITS: drift is still corrected, as the policy says; new commits are not taken."""

    ALL = "all"
    HEAL_OFF = "heal-off"
    HOLD_COMMITS = "hold-commits"


@dataclass(frozen=True, slots=True)
class Pause:
    """Automatic sync stands still, or half of it. since, until: aware, UTC; until None means until resumed. revision:
    where the application stays with HOLD_COMMITS (full SHA)."""

    who: str
    since: datetime
    reason: str = ""
    until: datetime | None = None
    kind: PauseKind = PauseKind.ALL
    revision: str = ""

    def active(self, now: datetime) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Pin:
    """The application stays at this commit (full SHA); automatic sync keeps off."""

    revision: str
    who: str
    since: datetime
    message: str = ""
    rolled_back_from: str = ""


@dataclass(frozen=True, slots=True)
class InventoryItem:
    """One object that this application has applied, or is about to. The version is the one to find it by."""

    key: ResourceKey
    version: str

    @property
    def gvk(self) -> GVK:
        return GVK(self.key.group, self.version, self.key.kind)


@dataclass(frozen=True, slots=True)
class BadCommit:
    """A commit that somebody rolled back from: automatic sync does not deploy it again by itself. content: a hash of
    what it renders for the application, so that a later commit that renders the same is known too ("" for unknown)."""

    revision: str
    who: str
    since: datetime
    reason: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class Deleted:
    """The application was deleted, or its deletion has begun (`done` False): automatic sync leaves it alone until a person
    syncs it again. cascade: "foreground", "background" or "orphan"."""

    who: str
    since: datetime
    cascade: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class RecordedResult:
    """What an operation did to one object. key: as people read it; fields: the paths that it changed, a few."""

    action: str
    key: str
    status: str
    message: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One finished sync. counts: action -> how many. failures: at most a few, each "object: why".

    who: user@host of the machine; user: as the API server sees them, "" where it was not asked. author, subject: of the
    commit. options: in words. results: bounded; more: how many there were beside them. partial: only some objects were
    synced, so that it is no sync of the revision. healthy: the application was seen Healthy at it afterwards. content:
    a hash of what was synced, which a second source may change under the same revision ("" for unknown).
    """

    id: int
    revision: str
    phase: OperationPhase
    started: datetime
    finished: datetime | None
    who: str
    initiator: Initiator
    message: str = ""
    counts: tuple[tuple[str, int], ...] = ()
    failures: tuple[str, ...] = ()
    user: str = ""
    author: str = ""
    subject: str = ""
    options: tuple[str, ...] = ()
    results: tuple[RecordedResult, ...] = ()
    more: int = 0
    partial: bool = False
    healthy: bool = False
    content: str = ""


@dataclass(frozen=True, slots=True)
class RunningOperation:
    """Written before the first write of an operation, taken away after its last, so that a crash leaves a trace.
    id: what its hooks carry; a later operation that goes on with it keeps id and started. outcome: what is known of one
    that was cut off, "" while it runs or nobody has looked."""

    revision: str
    started: datetime
    who: str
    initiator: Initiator
    id: str = ""
    user: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class AppRecord:
    """Everything kept for one application. source: "repo path" of the last sync, redacted, so that two repositories
    with an application of one name are told apart. failed: the revision on which automatic sync failed last, with
    what, and a hash of what it was of (as in HistoryEntry), "" for none. bad: commits that were rolled back from, newest last. noted: what
    people did beside syncing (pauses, unpinning, actions), for the audit, newest last."""

    pause: Pause | None = None
    pin: Pin | None = None
    inventory: frozenset[InventoryItem] = frozenset()
    history: tuple[HistoryEntry, ...] = ()
    running: RunningOperation | None = None
    source: str = ""
    failed_revision: str = ""
    failed_message: str = ""
    failed_content: str = ""
    bad: tuple[BadCommit, ...] = ()
    deleted: Deleted | None = None
    noted: tuple[HistoryEntry, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def deployed(self) -> HistoryEntry | None:
        """The newest sync that succeeded, None where there was none or the application was deleted since."""
        if self.deleted is not None:
            return None
        for entry in reversed(self.history):
            if entry.phase is OperationPhase.SUCCEEDED and not entry.partial:
                return entry
        return None

    @property
    def cut_off(self) -> tuple[HistoryEntry, ...]:
        """The operation that runs, or that was cut off, as an entry without an end."""
        run = self.running
        if run is None:
            return ()
        said = f"it {run.outcome}" if run.outcome else "under way, or cut off: its outcome is not recorded yet"
        phase = OperationPhase.UNKNOWN if run.outcome else OperationPhase.RUNNING
        return (HistoryEntry(0, run.revision, phase, run.started, None, run.who, run.initiator, said, user=run.user),)

    @property
    def stays_at(self) -> str:
        """The commit that the application stays at whatever its branch does (a pin, held commits); "" for none."""
        if self.pin is not None:
            return self.pin.revision
        if self.pause is not None and self.pause.kind is PauseKind.HOLD_COMMITS:
            return self.pause.revision
        return ""

    @property
    def last_healthy(self) -> HistoryEntry | None:
        """The newest sync of another commit than the deployed one that was Healthy and not rolled back from."""
        now = self.deployed
        bad = {each.revision for each in self.bad} | ({now.revision} if now else set())
        for entry in reversed(self.history):
            if entry.healthy and not entry.partial and entry.revision not in bad:
                return entry
        return None

    @property
    def before_last(self) -> str:
        """The commit that was deployed before the last whole sync; "" where none is known, or it was the same one."""
        whole = [each for each in self.history if not each.partial]
        if not whole or self.deleted is not None:
            return ""
        done = [each for each in whole[:-1] if each.phase is OperationPhase.SUCCEEDED]
        return done[-1].revision if done and done[-1].revision != whole[-1].revision else ""
