"""What deleting an application would do: a pure function.

As Argo CD's finalizeApplicationDeletion: PreDelete hooks, the objects that carry the application's tracking id in the reverse
order of their waves, PostDelete hooks, and at last the `Application` itself. What stays, and why, is said beside it. Unlike there,
`Prune=false` keeps an object here too unless it says `Delete=true`, and CustomResourceDefinitions, namespaces and volumes ask for
a person's word, as they do when they are pruned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gitops_tui.model.application import Application
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.sync import Action, Phase, PlanStep, SyncOptions, SyncPlan
from gitops_tui.records import dataclass, replace
from gitops_tui.sync import annotations as notes
from gitops_tui.sync.options import application_options, object_options
from gitops_tui.sync.order import order
from gitops_tui.sync.prune_plan import PROTECTED_KINDS, STATE_LABEL
from gitops_tui.sync.tracking import other_manager, owner_of

FINALIZER = "resources-finalizer.argocd.argoproj.io"
# What Argo CD's finalizers begin with: they are its own and ours to carry out.
FINALIZERS = (FINALIZER, "pre-delete-finalizer.argocd.argoproj.io", "post-delete-finalizer.argocd.argoproj.io")
RESOURCE_POLICY = "helm.sh/resource-policy"
# Marks the step for the `Application` object itself.
ITSELF = "application"
_PHASES = (Phase.PRE_DELETE, Phase.SYNC, Phase.POST_DELETE)


@dataclass(frozen=True, slots=True)
class Found:
    """An object in the cluster that is, or is said to be, the application's."""

    key: ResourceKey
    api_version: str
    live: Mapping[str, Any]


def cascade_of(finalizers: Iterable[str], *, declared: bool) -> str:
    """How an application is deleted where nobody says: as its finalizer does. declared: there is an `Application` for it;
    without a finalizer on that its objects stay, as after `kubectl delete application`."""
    found = {each.partition("/") for each in finalizers}
    modes = [mode for name, _, mode in found if name == FINALIZER]
    if modes:
        return "background" if "background" in modes else "foreground"
    return "orphan" if declared else "foreground"


def kept_by(app_options: Mapping[str, str], live: Mapping[str, Any]) -> str:
    """What protects an object from the deletion of its application, "" for nothing."""
    own = object_options(app_options, live)
    if own.delete == "false":
        return "Delete=false"
    if own.prune == "false" and notes.options(live).get("Delete") != "true":
        return "Prune=false"
    policy = str(notes.annotations_of(live).get(RESOURCE_POLICY) or "")
    return f"{RESOURCE_POLICY}: keep" if "keep" in [word.strip() for word in policy.split(",")] else ""


def make_delete_plan(
    app: Application,
    found: Iterable[Found],
    hooks: Mapping[ResourceKey, Manifest],
    options: SyncOptions,
    *,
    revision: str,
    itself: Found | None = None,
    state_namespace: str = "",
    warnings: Iterable[str] = (),
    refused: str = "",
    hint: str = "",
) -> SyncPlan:
    """What a deletion would do. found: what carries the application's tracking id, or is in its inventory, or has the place
    of one of its objects; hooks: the manifests that Git holds; itself: the `Application` object in the cluster, None where
    there is none. `kept` is what stays, and why."""
    app_options = application_options(app)
    pruned: list[PlanStep] = []
    kept: list[PlanStep] = []
    for each in found:
        step = _step(app, each, options, app_options, state_namespace)
        if step is not None:
            (kept if step.blocked else pruned).append(step)
    pruned.sort(key=lambda step: order(step.wave, step.key), reverse=True)
    ran = [] if options.cascade == "orphan" or not options.hooks else _hook_steps(hooks)
    gone = {step.key.name for step in pruned if (step.key.group, step.key.kind) == ("", "Namespace")}
    late = next((step for step in ran if step.phase is Phase.POST_DELETE and step.key.namespace in gone), None)
    if late is not None and not refused:
        refused = f"the PostDelete hook {late.key} would run in the namespace {late.key.namespace}, which is deleted before it"
        hint = "move it to another namespace, or delete without hooks (--skip-hooks)"
    steps = [*ran, *pruned]
    waiting = [step for step in kept if step.confirm]
    if itself is not None and not waiting:
        # Last: as long as something of it is there, the Application is the way to it.
        steps.append(
            PlanStep(
                itself.key,
                itself.api_version,
                Action.PRUNE,
                Phase.POST_DELETE,
                note="the Application itself",
                how=ITSELF,
            )
        )
    steps.sort(key=lambda step: _PHASES.index(step.phase))
    return SyncPlan(
        app=app.key,
        revision=revision,
        options=replace(options, prune=True),
        steps=tuple(steps),
        kept=tuple(sorted(kept, key=lambda step: step.key)),
        warnings=tuple(dict.fromkeys(warnings)),
        refused=refused,
        hint=hint,
    )


def _hook_steps(manifests: Mapping[ResourceKey, Manifest]) -> list[PlanStep]:
    made = [
        PlanStep(key, each.obj["apiVersion"], Action.HOOK, phase, notes.wave(each.obj))
        for key, each in manifests.items()
        for phase in notes.delete_phases(each.obj)
    ]
    return sorted(made, key=lambda step: order(step.wave, step.key))


def _step(
    app: Application, found: Found, options: SyncOptions, app_options: Mapping[str, str], state_namespace: str
) -> PlanStep | None:
    """The step for one object; `.blocked` says why it stays. None for what is nobody's business here."""
    live, key = found.live, found.key
    step = PlanStep(key, found.api_version, Action.PRUNE, Phase.SYNC, notes.wave(live))
    owner = owner_of(live, key)
    if owner != app.key.tracking_name:
        manager = f"the application {owner}" if owner else other_manager(live)
        why = f"it belongs to {manager}" if manager else "it does not carry this application's tracking id"
        return replace(step, blocked=why)
    if notes.delete_phases(live) and not notes.hook_phases(live):
        # Hooks of a deletion that was begun before: they go by their own policy.
        return None
    labels = (live.get("metadata") or {}).get("labels") or {}
    if (key.group, key.kind, key.name) == ("", "Namespace", state_namespace) or (
        key.namespace == state_namespace and STATE_LABEL in labels
    ):
        return replace(step, blocked="gitops-tui keeps its own state there")
    if options.cascade == "orphan":
        return replace(step, blocked="it stays (cascade orphan)")
    if why := kept_by(app_options, live):
        return replace(step, blocked=f"protected by {why}")
    asks = _asks(key, live, object_options(app_options, live).delete)
    if asks and not options.confirm_prune:
        return replace(step, blocked=f"{asks}: it waits for a person to confirm it (--confirm-delete)", confirm=True)
    return replace(step, confirm=bool(asks))


def _asks(key: ResourceKey, live: Mapping[str, Any], delete: str) -> str:
    """Why a person's word is needed, "" where it isn't."""
    if delete == "confirm":
        return "Delete=confirm"
    heavy = (key.group, key.kind) in PROTECTED_KINDS
    said = "true" in (notes.options(live).get("Delete"), notes.options(live).get("Prune"))
    return f"a {key.kind} takes more with it than itself" if heavy and not said else ""
