"""A SyncPlan from what is compared: a pure function.

In goes an application's desired and live side as ResourceStates, out comes what a sync would do, in order: phase, wave,
kind, name; pruning last, in reverse. Nothing is decided later than here but what the API server itself answers, so that
what a person agreed to is what happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gitops_tui.model.application import Application
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import Action, Phase, PlanStep, SyncOptions, SyncPlan, SyncStatus
from gitops_tui.sync import annotations as notes
from gitops_tui.sync.order import order
from gitops_tui.sync.tracking import other_manager, owner_of

SUPPORTED_OPTIONS = frozenset(
    {
        "CreateNamespace",
        "Prune",
        "PruneLast",
        "PrunePropagationPolicy",
        "Validate",
        "ApplyOutOfSyncOnly",
        "ServerSideApply",
        "SkipDryRunOnMissingResource",
        "FailOnSharedResource",
        "Delete",
    }
)
_PHASES = tuple(Phase)
# Deleting one of these takes more with it than itself.
_PROTECTED_KINDS = frozenset(
    {
        ("", "Namespace"),
        ("", "PersistentVolume"),
        ("", "PersistentVolumeClaim"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
    }
)


def make_plan(
    app: Application,
    resources: Mapping[ResourceKey, ResourceState],
    options: SyncOptions,
    *,
    revision: str,
    missing_namespaces: Iterable[str] = (),
    state_namespace: str = "",
    refused: str = "",
    hint: str = "",
    agreed_protected: bool = False,
) -> SyncPlan:
    """What a sync of `app` to `revision` would do.

    missing_namespaces: namespaces that the application's objects need and that don't exist. state_namespace: never
    pruned. refused, hint: why nothing may run (rendering failed, the cluster can't be read). agreed_protected: a person
    asked for exactly these objects by name, so that kinds which take others with them may be pruned.
    """
    steps: list[PlanStep] = []
    pruned: list[PlanStep] = []
    kept: list[PlanStep] = []
    warnings: list[str] = []
    unchanged = 0
    app_options = _app_options(app, warnings)
    for state in resources.values():
        if options.only is not None and state.key not in options.only:
            continue
        if state.drift.kind is DriftKind.EXTRA:
            step = _prune_step(app, state, options, app_options, state_namespace, agreed_protected)
            (kept if step.blocked else pruned).append(step)
            continue
        if state.manifest is None:
            continue
        warnings += _object_warnings(state)
        if state.hook:
            if options.only is None:
                steps += _hook_steps(state)
            continue
        step_or_none = _apply_step(app, state, app_options)
        if step_or_none is None:
            unchanged += 1
        else:
            steps.append(step_or_none)
    if not any(step.action is not Action.HOOK for step in steps) and not pruned and options.only is None:
        # Hooks alone are no reason for a sync of something that is in sync.
        steps = []
    if app_options.get("CreateNamespace") == "true":
        for namespace in sorted(set(missing_namespaces)):
            key = ResourceKey("", "Namespace", "", namespace)
            if namespace and not any(step.key == key for step in steps):
                steps.append(PlanStep(key, "v1", Action.CREATE, Phase.PRE_SYNC, -(10**6), note="CreateNamespace=true"))
    elif steps and (missing := sorted(set(missing_namespaces))):
        mine = {step.key.name for step in steps if step.key.kind == "Namespace" and not step.key.group}
        for namespace in missing:
            if namespace not in mine and not refused:
                refused = f"the namespace {namespace} does not exist"
                hint = (
                    "create it, add it to the repository, or set the sync option CreateNamespace=true "
                    "(--create-namespace on the command line)"
                )
    steps.sort(key=lambda step: (_PHASES.index(step.phase), *order(step.wave, step.key)))
    pruned.sort(key=lambda step: order(-step.wave, step.key), reverse=True)
    pruned.sort(key=lambda step: step.wave, reverse=True)
    blocked = [step for step in steps if step.blocked]
    if blocked and not refused:
        refused = "; ".join(f"{step.key}: {step.blocked}" for step in blocked[:5])
        hint = hint or "mend that first; nothing was changed"
    return SyncPlan(
        app=app.key,
        revision=revision,
        options=options,
        steps=(*steps, *pruned),
        kept=tuple(sorted(kept, key=lambda step: step.key)),
        warnings=tuple(dict.fromkeys(warnings)),
        unchanged=unchanged,
        refused=refused,
        hint=hint,
    )


def _app_options(app: Application, warnings: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for option in app.sync_policy.sync_options:
        name, _, value = option.partition("=")
        name, value = name.strip(), value.strip()
        found[name] = value
    warnings += unsupported(app)
    return found


def unsupported(app: Application) -> list[str]:
    """A warning for each of the application's sync options that has no effect here."""
    found = []
    for option in app.sync_policy.sync_options:
        name, _, value = (part.strip() for part in option.partition("="))
        if name not in SUPPORTED_OPTIONS or (name == "ServerSideApply" and value == "false"):
            found.append(f"the sync option {option} is not supported yet and has no effect")
    return found


def _object_warnings(state: ResourceState) -> list[str]:
    assert state.manifest is not None
    obj = state.manifest.obj
    said = [
        f"{state.key}: the sync option {name}={value} is not supported yet and has no effect"
        for name, value in notes.options(obj).items()
        if name not in SUPPORTED_OPTIONS or (name == "ServerSideApply" and value == "false")
    ]
    said += [f"{state.key}: unknown hook type {word!r}: it is never run" for word in notes.unknown_hooks(obj)]
    if bad := notes.bad_wave(obj):
        said.append(f"{state.key}: the sync wave {bad!r} is not a number: it counts as 0")
    return said


def _hook_steps(state: ResourceState) -> list[PlanStep]:
    assert state.manifest is not None
    return [
        PlanStep(state.key, state.api_version, Action.HOOK, phase, state.wave)
        for phase in notes.hook_phases(state.manifest.obj)
    ]


def _apply_step(app: Application, state: ResourceState, app_options: Mapping[str, str]) -> PlanStep | None:
    note = blocked = ""
    if state.live is not None:
        owner = owner_of(state.live, state.key)
        if owner and owner != app.key.tracking_name:
            blocked = f"it belongs to the application {owner}"
        elif not owner and (manager := other_manager(state.live)):
            note = f"now managed by {manager}"
            if app_options.get("FailOnSharedResource") == "true":
                blocked = f"it is managed by {manager} and FailOnSharedResource=true is set"
    if state.sync is SyncStatus.UNKNOWN:
        return PlanStep(
            state.key,
            state.api_version,
            Action.CHANGE,
            Phase.SYNC,
            state.wave,
            blocked=state.error.splitlines()[0] if state.error else "its state in the cluster is not known",
        )
    if state.drift.kind is DriftKind.MISSING:
        action = Action.CREATE
    elif state.drift.kind is DriftKind.MODIFIED:
        action = Action.CHANGE
    elif not state.tracked:
        action = Action.ADOPT
    else:
        return None
    return PlanStep(
        state.key,
        state.api_version,
        action,
        Phase.SYNC,
        state.wave,
        fields=tuple(difference.path for difference in state.drift.differences),
        note=note,
        blocked=blocked,
    )


def _prune_step(
    app: Application,
    state: ResourceState,
    options: SyncOptions,
    app_options: Mapping[str, str],
    state_namespace: str,
    agreed_protected: bool,
) -> PlanStep:
    own = notes.options(state.live) if state.live is not None else {}
    blocked = ""
    if not options.prune:
        blocked = "prune is off"
    elif own.get("Prune") == "false" or (app_options.get("Prune") == "false" and own.get("Prune") != "true"):
        blocked = "protected by the sync option Prune=false"
    elif "confirm" in (own.get("Prune"), app_options.get("Prune")) and not agreed_protected:
        blocked = "Prune=confirm: it waits for a person who names it"
    elif (state.key.group, state.key.kind) == ("", "Namespace") and state.key.name == state_namespace:
        blocked = "gitops-tui keeps its own state in this namespace"
    elif (state.key.group, state.key.kind) in _PROTECTED_KINDS and not agreed_protected and own.get("Prune") != "true":
        blocked = f"a {state.key.kind} takes more with it than itself: delete it by hand, or annotate it Prune=true"
    elif state.live is None or owner_of(state.live, state.key) != app.key.tracking_name:
        blocked = "it does not carry this application's tracking id"
    return PlanStep(state.key, state.api_version, Action.PRUNE, Phase.SYNC, state.wave, blocked=blocked)
