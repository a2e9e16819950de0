"""A sync of many applications: what it would do to each, and one run of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from gitops_tui.model.keys import AppKey
from gitops_tui.model.sync import Action, SyncOperation, SyncOptions, SyncPlan
from gitops_tui.records import dataclass


class ManyStatus(StrEnum):
    """WAITING: its turn has not come. UNCHANGED: there was nothing to do. REFUSED: nothing of it was sent, its plan can't
    run. SKIPPED: another operation on it is under way. STOPPED: a person stopped it, before its turn or in the middle."""

    WAITING = "Waiting"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    UNCHANGED = "Unchanged"
    FAILED = "Failed"
    REFUSED = "Refused"
    SKIPPED = "Skipped"
    STOPPED = "Stopped"


FINE = frozenset({ManyStatus.SUCCEEDED, ManyStatus.UNCHANGED})
OVER = frozenset(ManyStatus) - {ManyStatus.WAITING, ManyStatus.RUNNING}


@dataclass(frozen=True, slots=True)
class AppPlan:
    """One application's part. plan: None where none could be made. status: WAITING where it will be synced, else why not
    (UNCHANGED, REFUSED, SKIPPED) with `message`. lineage: (wave, application) from the topmost parent down to itself.
    content: a hash of what Git held for it, the same for every commit that renders the same."""

    app: AppKey
    plan: SyncPlan | None
    status: ManyStatus
    message: str = ""
    lineage: tuple[tuple[int, AppKey], ...] = ()
    content: str = ""

    @property
    def wave(self) -> int:
        return self.lineage[-1][0] if len(self.lineage) > 1 else 0


@dataclass(frozen=True, slots=True)
class ManyPlan:
    """What a sync of many would do, in the order in which applications begin."""

    options: SyncOptions
    apps: tuple[AppPlan, ...]

    def count(self, action: Action) -> int:
        return sum(each.plan.count(action) for each in self.going if each.plan is not None)

    @property
    def going(self) -> tuple[AppPlan, ...]:
        """What will be synced."""
        return tuple(each for each in self.apps if each.status is ManyStatus.WAITING)


@dataclass(frozen=True, slots=True)
class AppResult:
    """How one application fares. operation: its sync, None where none was begun."""

    app: AppKey
    status: ManyStatus
    message: str = ""
    plan: SyncPlan | None = None
    operation: SyncOperation | None = None


@dataclass(frozen=True, slots=True)
class ManyOperation:
    """One run. started, finished: aware, UTC; finished is None while it runs. at_once: how many are synced at a time."""

    results: tuple[AppResult, ...]
    started: datetime
    finished: datetime | None = None
    at_once: int = 1
    dry_run: bool = False

    def count(self, status: ManyStatus) -> int:
        return sum(each.status is status for each in self.results)

    @property
    def is_fine(self) -> bool:
        """Whether every application is as Git says now."""
        return all(each.status in FINE for each in self.results)
