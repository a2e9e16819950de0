"""What an object's annotations say about its sync: hooks, waves and sync options.

The names and meanings are Argo CD's (docs/user-guide/resource_hooks.md, sync-waves.md, sync-options.md). Helm's hooks
map to ours as Argo CD maps them (docs/user-guide/helm.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gitops_tui.model.sync import Phase

HOOK = "argocd.argoproj.io/hook"
HOOK_DELETE = "argocd.argoproj.io/hook-delete-policy"
WAVE = "argocd.argoproj.io/sync-wave"
OPTIONS = "argocd.argoproj.io/sync-options"
HELM_HOOK = "helm.sh/hook"
HELM_DELETE = "helm.sh/hook-delete-policy"
HELM_WEIGHT = "helm.sh/hook-weight"

_ARGO_PREFIX, _OUR_PREFIX = "argocd.argoproj.io/", "gitops-tui.io/"
PREFIXES = (_ARGO_PREFIX, _OUR_PREFIX, "helm.sh/")
"""What the names of all annotations that say something here begin with."""
# What Argo CD itself reads or writes (its common/common.go, applicationset, gitops-engine and docs).
_ARGO_NAMES = frozenset(
    [
        "application-set-refresh",
        "auto-label-cluster-info",
        "client-side-apply-migration-manager",
        "compare-options",
        "deletion-approved",
        "hook",
        "hook-delete-policy",
        "hydrate",
        "hydrate-timestamp",
        "ignore-default-links",
        "ignore-healthcheck",
        "ignore-resource-updates",
        "ignore-restart-policy",
        "installation-id",
        "kubernetes-version",
        "managed-by-url",
        "manifest-generate-paths",
        "refresh",
        "refresh-timestamp",
        "skip-reconcile",
        "sync-options",
        "sync-wave",
        "tracking-id",
    ]
)
_OUR_NAMES = frozenset(
    [
        "application",
        "demo-fails",
        "demo-load",
        "operation",
        "progress",
        "require-signed",
        "signature-keys",
        "state",
        "tracking-id",
    ]
)
_NUMBER = re.compile(r"[+-]?[0-9]{1,19}")
_LARGEST = 2**63 - 1
_SYNC_PHASES = (Phase.PRE_SYNC, Phase.SYNC, Phase.POST_SYNC, Phase.SYNC_FAIL)
_PHASES = {phase.value: phase for phase in _SYNC_PHASES}
# Hooks of an application's deletion (Argo CD, controller/hook.go).
_DELETE_PHASES = {
    "PreDelete": Phase.PRE_DELETE,
    "PostDelete": Phase.POST_DELETE,
    "pre-delete": Phase.PRE_DELETE,
    "post-delete": Phase.POST_DELETE,
}
_HELM_PHASES = {
    "pre-install": Phase.PRE_SYNC,
    "pre-upgrade": Phase.PRE_SYNC,
    "post-install": Phase.POST_SYNC,
    "post-upgrade": Phase.POST_SYNC,
}
_HELM_IGNORED = {"pre-delete", "post-delete", "pre-rollback", "post-rollback", "test", "test-success", "test-failure"}
_HELM_POLICIES = {
    "before-hook-creation": "BeforeHookCreation",
    "hook-succeeded": "HookSucceeded",
    "hook-failed": "HookFailed",
}
POLICIES = ("BeforeHookCreation", "HookSucceeded", "HookFailed")
# Hooks that Argo CD knows and that run at other times than a sync.
_OTHER_HOOKS = {"PostDelete", "PreDelete"}
_ARGO_HOOKS = {*_PHASES, *_OTHER_HOOKS, "Skip"}


def annotations_of(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object's annotations, {} where there are none or they are malformed."""
    metadata = obj.get("metadata")
    found = metadata.get("annotations") if metadata.__class__ is dict or isinstance(metadata, Mapping) else None
    # Nearly all objects have none, and asking what None can do takes longer than all the rest.
    return {} if found is None else found if found.__class__ is dict or isinstance(found, Mapping) else {}


def _words(value: object) -> list[str]:
    return [word.strip() for word in str(value).split(",") if word.strip()]


def hook_words(obj: Mapping[str, Any]) -> tuple[str, ...]:
    """The hook types as written, () for an object that is no hook. `Skip` counts as one."""
    notes = annotations_of(obj)
    if HOOK in notes:
        words = _words(notes[HOOK])
        # Helm's word is heard where Argo CD's says nothing that is known (gitops-engine's hook.go `Types`).
        if HELM_HOOK not in notes or any(word in _ARGO_HOOKS for word in words):
            return tuple(words)
    if HELM_HOOK in notes:
        words = _words(notes[HELM_HOOK])
        # crd-install is no hook in Argo CD: the CRD is a resource like any other.
        return () if words == ["crd-install"] else tuple(words)
    return ()


def hook_phases(obj: Mapping[str, Any]) -> tuple[Phase, ...]:
    """The phases of a sync in which a hook runs."""
    found = {_PHASES.get(word) or _HELM_PHASES.get(word) for word in hook_words(obj)}
    return tuple(phase for phase in _SYNC_PHASES if phase in found)


def delete_phases(obj: Mapping[str, Any]) -> tuple[Phase, ...]:
    """The phases of a deletion in which a hook runs; unlike those of a sync, either tool's annotation counts (Argo CD's
    isHookOfType)."""
    notes = annotations_of(obj)
    found = {_DELETE_PHASES.get(word) for name in (HOOK, HELM_HOOK) for word in _words(notes.get(name, ""))}
    return tuple(phase for phase in (Phase.PRE_DELETE, Phase.POST_DELETE) if phase in found)


def has_policy(obj: Mapping[str, Any]) -> bool:
    """Whether a hook says when it is deleted."""
    return any(word in POLICIES for word in _policy_words(obj))


def unknown_hooks(obj: Mapping[str, Any]) -> tuple[str, ...]:
    """Hook types that nobody knows (misspelt)."""
    known = {*_PHASES, *_HELM_PHASES, *_HELM_IGNORED, *_OTHER_HOOKS, "Skip", "crd-install"}
    return tuple(word for word in hook_words(obj) if word not in known)


def unknown_annotations(obj: Mapping[str, Any]) -> tuple[str, ...]:
    """Annotations in Argo CD's name or ours that nobody knows (misspelt)."""
    return tuple(
        str(name)
        for name in annotations_of(obj)
        if (str(name).startswith(_ARGO_PREFIX) and str(name).removeprefix(_ARGO_PREFIX) not in _ARGO_NAMES)
        or (str(name).startswith(_OUR_PREFIX) and str(name).removeprefix(_OUR_PREFIX) not in _OUR_NAMES)
    )


def delete_policies(obj: Mapping[str, Any]) -> tuple[str, ...]:
    """When a hook is deleted; BeforeHookCreation where it doesn't say."""
    return tuple(word for word in _policy_words(obj) if word in POLICIES) or ("BeforeHookCreation",)


def unknown_policies(obj: Mapping[str, Any]) -> tuple[str, ...]:
    """Delete policies that nobody knows (misspelt)."""
    return tuple(word for word in _policy_words(obj) if word not in POLICIES)


def _policy_words(obj: Mapping[str, Any]) -> list[str]:
    notes = annotations_of(obj)
    helm = [_HELM_POLICIES.get(word, word) for word in _words(notes.get(HELM_DELETE, ""))]
    return [*_words(notes.get(HOOK_DELETE, "")), *helm]


def _number(value: object) -> int | None:
    """As Go's strconv.Atoi, which Argo CD reads waves with: ASCII digits and a sign, nothing around them."""
    text = str(value)
    if not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    return number if -_LARGEST - 1 <= number <= _LARGEST else None


def wave(obj: Mapping[str, Any]) -> int:
    """The sync wave; the weight of a Helm hook where there is none or it is not a number (`bad_wave` tells), else 0
    (gitops-engine's syncwaves/waves.go and hook/helm/weight.go)."""
    notes = annotations_of(obj)
    if not notes:
        return 0
    found = (_number(notes[name]) for name in (WAVE, HELM_WEIGHT) if name in notes)
    return next((number for number in found if number is not None), 0)


def bad_wave(obj: Mapping[str, Any]) -> tuple[str, str] | None:
    """(annotation, its text) of a wave or weight that isn't a number, None where both are fine."""
    notes = annotations_of(obj)
    return next(
        ((name, str(notes[name])) for name in (WAVE, HELM_WEIGHT) if name in notes and _number(notes[name]) is None),
        None,
    )


def options(obj: Mapping[str, Any]) -> dict[str, str]:
    """The object's own sync options, name -> value."""
    found = {}
    for word in _words(annotations_of(obj).get(OPTIONS, "")):
        name, _, value = word.partition("=")
        found[name.strip()] = value.strip()
    return found
