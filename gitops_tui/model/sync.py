"""What a sync would do, and one run of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.records import dataclass, field


class SyncStatus(StrEnum):
    SYNCED = "Synced"
    OUT_OF_SYNC = "OutOfSync"
    UNKNOWN = "Unknown"


class Phase(StrEnum):
    """When a step is done. PRE_DELETE, POST_DELETE: hooks before and after an application is deleted; no sync runs them."""

    PRE_SYNC = "PreSync"
    SYNC = "Sync"
    POST_SYNC = "PostSync"
    SYNC_FAIL = "SyncFail"
    PRE_DELETE = "PreDelete"
    POST_DELETE = "PostDelete"


class Action(StrEnum):
    """CREATE: not there. CHANGE: there and drifted. ADOPT: equal to Git, but doesn't carry our tracking id yet.
    HOOK: created for its phase. PRUNE: ours and no longer in Git."""

    CREATE = "create"
    CHANGE = "change"
    ADOPT = "adopt"
    HOOK = "hook"
    PRUNE = "prune"


# What becomes of the objects of an application that is deleted.
CASCADES = ("foreground", "background", "orphan")


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """What a person (or the policy) asks of one sync.

    prune: delete what is Extra. dry_run: send everything with dryRun=All. only: just these objects (no hooks then).
    revision: full SHA to sync to, "" for what the application follows. confirm_prune: also what waits for a person's
    word (`Prune=confirm`, namespaces, CRDs and volumes). adopt: also take over what another tool or application manages.
    selector: only objects whose labels in Git fit (`a=b,c!=d`), "" for all; no hooks then either. cascade: the application
    is deleted: its objects by "foreground" or "background" deletion, or they stay ("orphan"); "" for a sync. hooks: whether
    the hooks of a deletion are run.
    """

    prune: bool = False
    dry_run: bool = False
    only: frozenset[ResourceKey] | None = None
    revision: str = ""
    confirm_prune: bool = False
    adopt: bool = False
    selector: str = ""
    cascade: str = ""
    hooks: bool = True

    @property
    def is_selective(self) -> bool:
        """Whether just some objects are synced: hooks don't run then, and it is no sync of the revision."""
        return self.only is not None or bool(self.selector)


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One object's part in a plan. fields: the paths that change. note: a word for the person ("" for none).
    blocked: why this step can't or won't be done ("" where it will be). how: "replace" (the whole object is put),
    "recreate" (deleted and made anew), "client-side" or "" (server-side apply). prune_last: pruned after everything else
    is healthy. confirm: it is blocked only until a person confirms it."""

    key: ResourceKey
    api_version: str
    action: Action
    phase: Phase = Phase.SYNC
    wave: int = 0
    fields: tuple[str, ...] = ()
    note: str = ""
    blocked: str = ""
    how: str = ""
    prune_last: bool = False
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What a sync would do, in the order in which it would be done.

    revision: the full SHA it takes to. steps: what will be done. kept: Extra objects that stay, since prune is not
    asked for or something protects them (`.blocked` says which). refused: why the plan as a whole can't run ("" where
    it can). unchanged: how many objects are in sync.
    """

    app: AppKey
    revision: str
    options: SyncOptions
    steps: tuple[PlanStep, ...]
    kept: tuple[PlanStep, ...] = ()
    warnings: tuple[str, ...] = ()
    unchanged: int = 0
    refused: str = ""
    hint: str = ""

    def count(self, action: Action) -> int:
        return sum(step.action is action for step in self.steps)

    @property
    def is_empty(self) -> bool:
        """True where running it would change nothing."""
        return not self.steps


class OperationPhase(StrEnum):
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"
    UNKNOWN = "Unknown"


class ResultStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class StepResult:
    """How one step went. started, finished: aware, UTC, of the real run (a dry run before it has no times)."""

    step: PlanStep
    status: ResultStatus
    message: str = ""
    started: datetime | None = None
    finished: datetime | None = None


class Initiator(StrEnum):
    """What started an operation; from PAUSE on, what a person did beside syncing (`AppRecord.noted`)."""

    PERSON = "person"
    AUTO_SYNC = "auto-sync"
    SELF_HEAL = "self-heal"
    ROLLBACK = "rollback"
    UNDO = "undo"
    DELETE = "delete"
    PAUSE = "pause"
    RESUME = "resume"
    UNPIN = "unpin"
    ACTION = "action"


NOT_RECORDED = "not recorded"
"""What an operation's warning begins with that could not be written into its application's record."""


@dataclass(frozen=True, slots=True)
class SyncOperation:
    """One run of a plan. started, finished: aware, UTC. who: user@host. elsewhere: another session runs it, which
    alone can stop it; its results are then what it has told, as a rule some of them. busy: it never began, since another
    operation was under way."""

    app: AppKey
    revision: str
    phase: OperationPhase
    started: datetime
    results: tuple[StepResult, ...] = ()
    finished: datetime | None = None
    who: str = ""
    initiator: Initiator = Initiator.PERSON
    message: str = ""
    dry_run: bool = False
    doing: str = ""
    attempt: int = 1
    warnings: tuple[str, ...] = field(default=())
    elsewhere: bool = False
    busy: bool = False
