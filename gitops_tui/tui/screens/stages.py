"""What follows an operation, shown as one: pushed → fetched → synced → healthy. Pure."""

from __future__ import annotations

from typing import NamedTuple

from gitops_tui.model.health import HealthStatus
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import OperationPhase
from gitops_tui.tui.paint import Piece
from gitops_tui.tui.words import HEALTH_ROLES, health_words


class Stage(NamedTuple):
    """done: None where it can't come by itself; note: why not yet, or how far."""

    word: str
    done: bool | None
    note: str = ""
    role: str = "muted"


def after_sync(state: ApplicationState, revision: str) -> list[Stage]:
    """Synced, then healthy, at that commit."""
    here = state.revision is not None and state.revision.sha == revision
    synced = here and state.applied
    healthy = synced and state.health is HealthStatus.HEALTHY
    note = "" if healthy or not synced else health_words(state.health)
    return [Stage("synced", synced), Stage("healthy", healthy, note, HEALTH_ROLES[state.health])]


def after_revert(state: ApplicationState, commit: str, *, pushed: bool, same_branch: bool) -> list[Stage]:
    """From the new commit to a healthy application. pushed: to the remote, or the branch of a local repository; same_branch: it is on the branch
    that the application follows."""
    fetched = state.target is not None and state.target.sha == commit
    stages = [Stage("pushed", pushed), Stage("fetched", fetched if same_branch else None)]
    if not same_branch:
        return [*stages, Stage("synced", None, "once the pull request is merged")]
    done = state.record.deployed
    synced = done is not None and done.revision == commit and done.phase is OperationPhase.SUCCEEDED
    synced = fetched and (synced or (state.applied and state.revision == state.target))
    if not synced:
        return [*stages, Stage("synced", False, state.auto), Stage("healthy", False)]
    return [*stages, *after_sync(state, commit)]


def stage_pieces(stages: list[Stage]) -> list[Piece]:
    """ "✓ synced → ◐ healthy Progressing"."""
    pieces: list[Piece] = []
    for at, each in enumerate(stages):
        sign = "✓" if each.done else "·" if each.done is None else "◐"
        pieces += [(" → ", "muted")] if at else []
        pieces.append((f"{sign} {each.word}", "ok" if each.done else "muted"))
        pieces += [(f" ({each.note})", each.role)] if each.note and not each.done else []
    return pieces
