"""Whether automatic sync acts now: a pure decision (Argo CD, docs/user-guide/auto_sync.md, and what it leaves open).

It never acts on Unknown, while paused or pinned, twice for one revision unless selfHeal, or to an empty set unless
allowEmpty. A revision that failed is remembered and not tried again until something changes or a person asks.
"""

from __future__ import annotations

from datetime import datetime

from gitops_tui.compare.blame import latest
from gitops_tui.model.application import Application
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.owners import who
from gitops_tui.model.record import PauseKind
from gitops_tui.model.snapshot import ApplicationState, ResourceState
from gitops_tui.model.sync import Initiator, OperationPhase, SyncStatus
from gitops_tui.model.windows import OPEN_GATE, SyncGate
from gitops_tui.records import dataclass

PRUNE_BUDGET = 10
# Heals in a row after which it is said that something fights; seconds without one after which they count anew.
FIGHT, PEACE = 3, 900.0


@dataclass(frozen=True, slots=True)
class Attempts:
    """What automatic sync has done for one application in this session. content: a hash of what it synced last; last: loop time of the last try; heals: self
    heals in a row; failures: failed tries in a row of `revision`; fighter: who changed what was healed last."""

    revision: str = ""
    content: str = ""
    last: float = 0.0
    heals: int = 0
    failures: int = 0
    fighter: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """act: sync now. why: one line for the screen. wait: seconds after which to look again (0: on the next change)."""

    act: bool
    why: str
    prune: bool = False
    initiator: Initiator = Initiator.AUTO_SYNC
    wait: float = 0.0


def decide(
    state: ApplicationState,
    attempts: Attempts,
    *,
    now: float,
    wall: datetime,
    enabled: bool,
    record_known: bool,
    by: str = "",
    content: str = "",
    gate: SyncGate = OPEN_GATE,
    refused: str = "",
) -> Decision:
    """`now`: the loop's clock; `wall`: the time of day; enabled: whether this process may act by itself;
    record_known: whether pause and pin could be read; by: whose session acts in its place, "" for not known; content: a hash of what
    Git holds now; gate: what its sync windows say; refused: why the rules of its project hold it, "" where they don't."""
    policy = state.app.sync_policy.automated
    if policy is None:
        return Decision(False, "off")
    if not record_known:
        return Decision(False, "held: its pause and pin can't be read")
    record = state.record
    if record.deleted is not None:
        return Decision(False, "off: it was deleted" if record.deleted.done else "off: it is being deleted")
    half = record.pause.kind if record.pause is not None and record.pause.active(wall) else None
    if half is PauseKind.ALL:
        return Decision(False, "paused")
    if record.pin is not None:
        return Decision(False, "pinned")
    if refused:
        return Decision(False, f"held: {refused}")
    if not gate.automatic:
        opens = (gate.changes - wall).total_seconds() if gate.changes is not None else 0.0
        return Decision(False, f"held: {gate.why}", wait=max(opens, 0.0))
    if not enabled:
        return Decision(False, f"on, by {by}" if by else "on, but not by this session")
    if state.operation is not None and state.operation.phase is OperationPhase.RUNNING:
        return Decision(False, "syncing")
    if state.loading or state.stale_since is not None or state.sync is SyncStatus.UNKNOWN or state.errors:
        return Decision(False, "held: the state is not known")
    if state.sync is SyncStatus.SYNCED or state.revision is None:
        return Decision(False, "on")
    revision = state.revision.sha
    left = next(
        (
            each
            for each in record.bad
            if is_same(state.app, revision, content, each.revision, each.content)
            or (content and each.content == content)
        ),
        None,
    )
    if left is not None:
        return Decision(
            False,
            f"held: {left.revision[:7]} was rolled back from by {left.who}; sync it by hand or push a newer commit",
        )
    tried = is_same(state.app, revision, content, attempts.revision, attempts.content)
    failed = is_same(state.app, revision, content, record.failed_revision, record.failed_content)
    if failed and attempts.revision != revision:
        why = f" ({' '.join(record.failed_message.split())[:120]})" if record.failed_message else ""
        return Decision(False, f"held: this revision failed before{why}; sync it by hand or push a newer commit")
    extra = [each for each in state.resources.values() if each.drift.kind is DriftKind.EXTRA]
    rest = [each for each in state.resources.values() if each.drift.is_drifted and each not in extra and not each.hook]
    wanted = [each for each in state.resources.values() if each.manifest is not None]
    if not wanted and not policy.allow_empty:
        return Decision(False, "held: Git holds no object; allowEmpty is off")
    prune = policy.prune and bool(extra)
    if prune and (len(extra) > PRUNE_BUDGET or len(extra) * 3 > len(state.resources)):
        prune = False
        if not rest:
            return Decision(False, f"held: {len(extra)} objects would be pruned; a person has to agree")
    if not rest and not prune:
        return Decision(False, "on: only objects that are not in Git are left, and prune is off")
    done = record.deployed
    synced_before = tried or (done is not None and is_same(state.app, revision, content, done.revision, done.content))
    if tried and attempts.failures:
        retry = state.app.sync_policy.retry
        if 0 <= retry.limit < attempts.failures:
            return Decision(False, "held: this revision failed; sync it by hand or push a newer commit")
        due = attempts.last + min(retry.duration * retry.factor ** (attempts.failures - 1), retry.max_duration)
        if now < due:
            return Decision(False, "waiting: to try again", wait=due - now)
        return Decision(True, "syncing", prune)
    if synced_before:
        if half is PauseKind.HEAL_OFF:
            return Decision(False, "paused: drift is reported and not corrected")
        if not policy.self_heal:
            return Decision(False, "on: this revision was synced; selfHeal is off")
        due = attempts.last + (0.0 if attempts.heals == 0 else min(2.0 * 3.0 ** (attempts.heals - 1), 300.0))
        if now < due:
            fighter = fighters(rest)
            said = f"{fighter} changes it back" if fighter else "something changes it back"
            return Decision(False, f"waiting: to heal again; {said}", wait=due - now)
        return Decision(True, "healing", prune, Initiator.SELF_HEAL)
    return Decision(True, "syncing", prune)


def is_same(app: Application, revision: str, content: str, before: str, content_before: str) -> bool:
    """Whether what Git wants now was dealt with before. The first source's commit tells; with several sources another
    one may have moved under it, which only what they render to tells ("" for a content that is not known)."""
    if before != revision:
        return False
    return len(app.sources) < 2 or not content or not content_before or content == content_before


def fighters(drifted: list[ResourceState]) -> str:
    """Who set what differs, "" where that is not known: "kubectl-edit (spec.replicas of Deployment web)"."""
    for each in drifted:
        owner = latest(each.drift.differences)
        if owner is not None:
            paths = ", ".join(one.path for one in each.drift.differences[:2])
            return f"{who(owner)} ({paths} of {each.key.kind} {each.key.name})"
    return ""


def fight(state: ApplicationState, attempts: Attempts) -> str:
    """What to say where healing has had to be done again and again, "" where nothing fights."""
    if attempts.heals < FIGHT:
        return ""
    by = attempts.fighter or "something"
    return f"automatic sync has healed this {attempts.heals} times: {by} changes it back each time; it waits longer now"
