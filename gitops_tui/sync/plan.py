"""A SyncPlan from what is compared: a pure function.

In goes an application's desired and live side as ResourceStates, out comes what a sync would do, in order: phase, wave,
kind, name; pruning last, in reverse. Nothing is decided later than here but what the API server itself answers, so that
what a person agreed to is what happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gitops_tui.model.application import Application
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import Action, Phase, PlanStep, SyncOptions, SyncPlan, SyncStatus
from gitops_tui.records import replace
from gitops_tui.sync import annotations as notes
from gitops_tui.sync.objects import defined_kind, managed_namespace
from gitops_tui.sync.oddities import oddities
from gitops_tui.sync.options import ObjectOptions, application_options, object_options, unsupported
from gitops_tui.sync.order import order
from gitops_tui.sync.prune_plan import prune_step
from gitops_tui.sync.selector import fits
from gitops_tui.sync.tracking import other_manager, owner_of

_PHASES = tuple(Phase)
_FIRST = -(10**6)
_NAMESPACE = ("", "Namespace")
_CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")


def make_plan(
    app: Application,
    resources: Mapping[ResourceKey, ResourceState],
    options: SyncOptions,
    *,
    revision: str,
    missing_namespaces: Iterable[str] = (),
    namespace: Mapping[str, Any] | None = None,
    state_namespace: str = "",
    adoption: str = "adopt-if-unowned",
    resumes: bool = False,
    refused: str = "",
    hint: str = "",
) -> SyncPlan:
    """What a sync of `app` to `revision` would do.

    missing_namespaces: namespaces that the application's objects need and that don't exist. namespace: the live
    namespace of the destination, None where it isn't there. state_namespace: where gitops-tui keeps its own state, which
    is never pruned. adoption: the setting of that name. resumes: an earlier sync to this revision was cut off, so that
    its hooks may be what is left to do. refused, hint: why nothing may run (rendering failed, …). Raises GitOpsError for
    a selector that is none.
    """
    steps: list[PlanStep] = []
    pruned: list[PlanStep] = []
    kept: list[PlanStep] = []
    warnings: list[str] = unsupported(app)
    always: list[PlanStep] = []
    unchanged = 0
    app_options = application_options(app)
    for state in resources.values():
        if not _is_chosen(state, options):
            continue
        if state.drift.kind is DriftKind.EXTRA:
            step = prune_step(app, state, options, app_options, state_namespace)
            (kept if step.blocked else pruned).append(step)
            continue
        if state.manifest is None:
            continue
        warnings += _object_warnings(state)
        if state.hook:
            if not options.is_selective:
                always += _hook_steps(state)
            continue
        own = object_options(app_options, state.manifest.obj, state.live)
        step_or_none = _apply_step(app, state, own, app_options, "adopt" if options.adopt else adoption)
        if step_or_none is not None:
            steps.append(_guarded(step_or_none, state, state_namespace))
            continue
        unchanged += 1
        if own.replace and own.force and state.sync is SyncStatus.SYNCED and not options.is_selective:
            # As Argo CD: what is deleted and made anew, such as a Job, is so at every sync.
            said = "Force=true,Replace=true: at every sync"
            always.append(replace(_step(state, Action.CHANGE, own), note=said))
    if steps or pruned or resumes:
        # Alone they are no reason for a sync of something that is in sync.
        steps += always
    namespaces = _namespace_steps(app, app_options, missing_namespaces, namespace, steps, options)
    steps += namespaces
    missing = sorted({*missing_namespaces} - {step.key.name for step in steps if _kind(step) == _NAMESPACE})
    if steps and missing and not refused:
        refused = f"the namespace {missing[0]} does not exist"
        hint = (
            "create it or add it to the repository; the destination's own namespace is made with the sync option "
            "CreateNamespace=true (--create-namespace on the command line)"
        )
    steps = _dependencies_first(steps, resources)
    steps.sort(key=lambda step: (_PHASES.index(step.phase), *order(step.wave, step.key)))
    pruned.sort(key=lambda step: order(step.wave, step.key), reverse=True)
    pruned.sort(key=lambda step: step.prune_last)
    blocked = [step for step in steps if step.blocked]
    if blocked and not refused:
        refused = _reasons(blocked)
        hint = hint or "mend that first; nothing was changed"
    # Pruning belongs to the Sync phase, before PostSync.
    before = [step for step in steps if step.phase in (Phase.PRE_SYNC, Phase.SYNC)]
    return SyncPlan(
        app=app.key,
        revision=revision,
        options=options,
        steps=(*before, *pruned, *steps[len(before) :]),
        kept=tuple(sorted(kept, key=lambda step: step.key)),
        warnings=tuple(dict.fromkeys(warnings)),
        unchanged=unchanged,
        refused=refused,
        hint=hint,
    )


def _reasons(blocked: Sequence[PlanStep]) -> str:
    """Why steps can't be done: each reason once, with the first it is true of and how many more."""
    found: dict[str, list[PlanStep]] = {}
    for step in blocked:
        found.setdefault(step.blocked, []).append(step)
    said = []
    for why, steps in list(found.items())[:5]:
        more = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
        said.append(f"{steps[0].key}{more}: {why}")
    return "; ".join(said)


def _is_chosen(state: ResourceState, options: SyncOptions) -> bool:
    if options.only is not None and state.key not in options.only:
        return False
    if not options.selector:
        return True
    obj = state.manifest.obj if state.manifest is not None else state.live or {}
    labels = (obj.get("metadata") or {}).get("labels")
    return fits(labels if isinstance(labels, Mapping) else {}, options.selector)


def _kind(step: PlanStep) -> tuple[str, str]:
    return step.key.group, step.key.kind


def _object_warnings(state: ResourceState) -> list[str]:
    assert state.manifest is not None
    return [f"{state.key}: {each}" for each in oddities(state.manifest.obj)]


def _hook_steps(state: ResourceState) -> list[PlanStep]:
    assert state.manifest is not None
    return [
        PlanStep(state.key, state.api_version, Action.HOOK, phase, state.wave)
        for phase in notes.hook_phases(state.manifest.obj)
    ]


def _step(state: ResourceState, action: Action, own: ObjectOptions) -> PlanStep:
    how = ""
    if own.replace and state.live is not None:
        how = "recreate" if own.force and (state.key.group, state.key.kind) not in (_NAMESPACE, _CRD) else "replace"
    elif not own.replace and not own.server_side:
        how = "client-side"
    paths = tuple(difference.path for difference in state.drift.differences)
    return PlanStep(state.key, state.api_version, action, Phase.SYNC, state.wave, fields=paths, how=how)


def _apply_step(
    app: Application, state: ResourceState, own: ObjectOptions, app_options: Mapping[str, str], adoption: str
) -> PlanStep | None:
    if state.sync is SyncStatus.UNKNOWN:
        why = state.error.splitlines()[0] if state.error else "its state in the cluster is not known"
        return replace(_step(state, Action.CHANGE, own), blocked=why)
    note, blocked = _adoption(app, state, app_options, adoption)
    if state.drift.kind is DriftKind.MISSING:
        action = Action.CREATE
    elif state.drift.kind is DriftKind.MODIFIED:
        action = Action.CHANGE
    elif not state.tracked:
        action = Action.ADOPT
    else:
        return None
    step = _step(state, action, own)
    if not note and state.drift.refused:
        note = (
            "deleted and made anew, since the API server refuses the change"
            if own.force
            else f"expected to fail: {state.drift.refused}"
        )
    return replace(
        step,
        note=note or {"replace": "replaced as a whole", "recreate": "deleted and made anew"}.get(step.how, ""),
        blocked=blocked,
    )


def _adoption(app: Application, state: ResourceState, app_options: Mapping[str, str], adoption: str) -> tuple[str, str]:
    """(note, why not) on an object that is there and not ours."""
    if state.live is None:
        return "", ""
    owner = owner_of(state.live, state.key)
    if owner == app.key.tracking_name:
        return "", ""
    manager = f"the application {owner}" if owner else other_manager(state.live)
    if manager and app_options.get("FailOnSharedResource") == "true":
        return "", f"it is managed by {manager} and FailOnSharedResource=true is set"
    if adoption == "adopt":
        return (f"taken over from {manager}" if manager else ""), ""
    if manager:
        belongs = "belongs to" if owner else "is managed by"
        return "", f"it {belongs} {manager}: it is taken over with --adopt, or the setting adoption: adopt"
    if adoption == "refuse":
        return "", "it is there already and not this application's, and the setting adoption is refuse: see --adopt"
    return "", ""


def _guarded(step: PlanStep, state: ResourceState, state_namespace: str) -> PlanStep:
    """What gitops-tui itself needs is nobody's to write."""
    labels = ((state.live or {}).get("metadata") or {}).get("labels") or {}
    if step.key.namespace == state_namespace and "gitops-tui.io/state" in labels:
        return replace(step, blocked="gitops-tui keeps its own state in this object")
    return step


def _namespace_steps(
    app: Application,
    app_options: Mapping[str, str],
    missing: Iterable[str],
    live: Mapping[str, Any] | None,
    steps: list[PlanStep],
    options: SyncOptions,
) -> list[PlanStep]:
    """The destination's namespace with CreateNamespace=true: made, or its metadata brought up to date."""
    name = app.destination.namespace
    key = ResourceKey("", "Namespace", "", name)
    if app_options.get("CreateNamespace") != "true" or not name or any(step.key == key for step in steps):
        return []
    step = PlanStep(key, "v1", Action.CREATE, Phase.PRE_SYNC, _FIRST, note="CreateNamespace=true")
    if name in set(missing):
        return [step]
    if live is None or options.is_selective:
        return []
    wanted = managed_namespace(app, name)["metadata"]
    fields = [
        f"metadata.{part}[{word!r}]".replace("'", '"')
        for part in ("labels", "annotations")
        for word, value in wanted.get(part, {}).items()
        if ((live.get("metadata") or {}).get(part) or {}).get(word) != value
    ]
    return (
        [replace(step, action=Action.CHANGE, fields=tuple(fields), note="managedNamespaceMetadata")] if fields else []
    )


def _dependencies_first(steps: list[PlanStep], resources: Mapping[ResourceKey, ResourceState]) -> list[PlanStep]:
    """Namespaces and CRDs go to the phase and wave of the first object that needs them, where they would come later
    (gitops-engine's sync_tasks.go `adjustDeps`)."""
    first: dict[tuple[str, ...], tuple[int, int]] = {}
    for step in steps:
        place = (_PHASES.index(step.phase), step.wave)
        for name in ((step.key.namespace,), _kind(step)):
            first[name] = min(first.get(name, place), place)
    made = []
    for step in steps:
        need: tuple[str, ...] = ()
        if _kind(step) == _NAMESPACE:
            need = (step.key.name,)
        elif _kind(step) == _CRD and (manifest := resources[step.key].manifest) is not None:
            need = defined_kind(manifest.obj)
        phase, wave = first.get(need, (_PHASES.index(step.phase), step.wave)) if need else (0, 0)
        if need and (phase, wave) < (_PHASES.index(step.phase), step.wave):
            step = replace(step, phase=_PHASES[phase], wave=wave)
        made.append(step)
    return made
