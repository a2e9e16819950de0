"""Whether an object that Git no longer holds is pruned, and what keeps it where it isn't."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_tui.model.application import Application
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import Action, Phase, PlanStep, SyncOptions
from gitops_tui.sync import annotations as notes
from gitops_tui.sync.options import object_options
from gitops_tui.sync.tracking import owner_of

# Deleting one of these takes more with it than itself.
PROTECTED_KINDS = frozenset(
    {
        ("", "Namespace"),
        ("", "PersistentVolume"),
        ("", "PersistentVolumeClaim"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)
STATE_LABEL = "gitops-tui.io/state"


def prune_step(
    app: Application,
    state: ResourceState,
    options: SyncOptions,
    app_options: Mapping[str, str],
    state_namespace: str,
) -> PlanStep:
    """The step for an Extra object; `.blocked` says why it stays, "" where it is pruned. `.confirm` where a person's word
    is all that is missing."""
    own = object_options(app_options, state.live)
    blocked = _never(app, state, own.prune, state_namespace)
    confirm = not blocked and _asks(state, own.prune)
    if not blocked and not options.prune:
        blocked = "prune is off"
    elif confirm and not options.confirm_prune:
        kind = f"a {state.key.kind} takes more with it than itself" if own.prune != "confirm" else "Prune=confirm"
        blocked = f"{kind}: it waits for a person to confirm it (--confirm-prune)"
    return PlanStep(
        state.key,
        state.api_version,
        Action.PRUNE,
        Phase.SYNC,
        state.wave,
        blocked=blocked,
        prune_last=own.prune_last,
        confirm=confirm,
    )


def _never(app: Application, state: ResourceState, prune: str, state_namespace: str) -> str:
    """What no option of a sync overrides."""
    labels = ((state.live or {}).get("metadata") or {}).get("labels") or {}
    if state.live is None or owner_of(state.live, state.key) != app.key.tracking_name:
        return "it does not carry this application's tracking id"
    if prune == "false":
        return "protected by the sync option Prune=false"
    if (state.key.group, state.key.kind, state.key.name) == ("", "Namespace", state_namespace) or (
        state.key.namespace == state_namespace and STATE_LABEL in labels
    ):
        return "gitops-tui keeps its own state there"
    return ""


def _asks(state: ResourceState, prune: str) -> bool:
    """Whether a person's word is needed."""
    if prune == "confirm":
        return True
    said = notes.options(state.live).get("Prune") if state.live is not None else None
    return (state.key.group, state.key.kind) in PROTECTED_KINDS and said != "true"
