"""What must outlive the process for one application: pause, pin, inventory, history. `gitops_tui.state` keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.sync import Initiator, OperationPhase


@dataclass(frozen=True, slots=True)
class Pause:
    """Automatic sync stands still. since, until: aware, UTC; until None means until resumed."""

    who: str
    since: datetime
    reason: str = ""
    until: datetime | None = None

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
class HistoryEntry:
    """One finished sync. counts: action -> how many. failures: at most a few, each "object: why"."""

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


@dataclass(frozen=True, slots=True)
class RunningOperation:
    """Written before the first write of an operation, taken away after its last, so that a crash leaves a trace.
    id: what its hooks carry; a later operation that goes on with it keeps id and started."""

    revision: str
    started: datetime
    who: str
    initiator: Initiator
    id: str = ""


@dataclass(frozen=True, slots=True)
class AppRecord:
    """Everything kept for one application. source: "repo path" of the last sync, redacted, so that two repositories
    with an application of one name are told apart. failed: the revision on which automatic sync failed last, and
    with what, "" for none."""

    pause: Pause | None = None
    pin: Pin | None = None
    inventory: frozenset[InventoryItem] = frozenset()
    history: tuple[HistoryEntry, ...] = ()
    running: RunningOperation | None = None
    source: str = ""
    failed_revision: str = ""
    failed_message: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def deployed(self) -> HistoryEntry | None:
        """The newest sync that succeeded, None where there was none."""
        for entry in reversed(self.history):
            if entry.phase is OperationPhase.SUCCEEDED:
                return entry
        return None
