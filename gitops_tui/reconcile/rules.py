"""Which ignore rules and compare options hold for an object, and what is applied because of them.

Rules come from the application (`spec.ignoreDifferences`), from the user's own settings, and from a
HorizontalPodAutoscaler that scales the object: its replicas are the autoscaler's, whatever Git says.
`argocd.argoproj.io/compare-options` is read from the application and from the object, whose word goes first
(Argo CD, docs/user-guide/compare-options.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast

from gitops_tui.compare import respecting
from gitops_tui.kube.store import LiveStore
from gitops_tui.model.application import Application, IgnoreRule
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.reconcile.randomness import keeping
from gitops_tui.records import replace
from gitops_tui.schema import SchemaSet
from gitops_tui.settings import Settings

if TYPE_CHECKING:
    from gitops_tui.reconcile.runtime import Runtime

COMPARE_OPTIONS = "argocd.argoproj.io/compare-options"
AUTOSCALER = GVK("autoscaling", "v2", "HorizontalPodAutoscaler")
_SCALABLE = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"})
_KNOWN = ("IgnoreExtraneous", "ServerSideDiff", "IncludeMutationWebhook")


def compare_options(app: Application, *objects: Mapping[str, Any] | None) -> dict[str, str]:
    """Option -> value ("" where it stands alone) for an object; the first of `objects` that has one goes first."""
    told: object = app.annotations.get(COMPARE_OPTIONS)
    found = _options(told) if told else {}
    for obj in reversed(objects):
        if told := _annotation(obj, COMPARE_OPTIONS):
            found |= _options(told)
    return found


def unknown_options(options: Mapping[str, str]) -> list[str]:
    """A warning for each compare option that nobody knows."""
    return [f"{COMPARE_OPTIONS}: {name} is not known and has no effect" for name in options if name not in _KNOWN]


def _options(text: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in text.split(",") if isinstance(text, str) else ():
        name, _, value = word.strip().partition("=")
        if name:
            found[name.strip()] = value.strip().lower()
    return found


def _annotation(obj: Any, name: str) -> object:
    for field in ("metadata", "annotations", name):
        if obj is None or (obj.__class__ is not dict and not isinstance(obj, Mapping)):
            return None
        obj = obj.get(field)
    return cast("object", obj)


def rules_of(app: Application, settings: Settings) -> tuple[IgnoreRule, ...]:
    """The rules that stand for all objects of an application."""
    if not settings.ignore_differences:
        return app.ignore_differences
    return (*app.ignore_differences, *(each for each in settings.ignore_differences if speaks_of(each, app)))


def speaks_of(rule: IgnoreRule, app: Application) -> bool:
    """Whether a rule of the settings is about an application: by its name, or with its namespace before that."""
    wanted = rule.application
    return not wanted or fnmatchcase(app.name, wanted) or fnmatchcase(str(app.key), wanted)


class Scalers:
    """Which HorizontalPodAutoscaler scales what: those of the cluster, and those that Git is about to make."""

    def __init__(self) -> None:
        self._seen: tuple[object, ...] = ()
        self._index: dict[ResourceKey, str] = {}
        self._manifests: Mapping[ResourceKey, Manifest] = {}
        self._in_git: list[Manifest] = []

    def scaler(self, runtime: Runtime, store: LiveStore, key: ResourceKey, obj: Mapping[str, Any]) -> str:
        """The name of the autoscaler whose replicas Git sets, "" for none."""
        spec = obj.get("spec")
        if not isinstance(spec, Mapping) or spec.get("replicas") is None:
            return ""
        live = store.of_kind(AUTOSCALER)
        if self._manifests is not runtime.manifests:
            self._manifests = runtime.manifests
            self._in_git = [each for place, each in runtime.manifests.items() if place.kind == AUTOSCALER.kind]
            self._seen = ()
        if not live and not self._in_git:
            return ""
        seen = (None, *map(id, live.values()))
        if seen != self._seen:
            self._seen = seen
            objects = [(each["metadata"].get("namespace") or "", each) for each in live.values()]
            objects += [(each.key.namespace, each.obj) for each in self._in_git]
            self._index = {}
            for namespace, each in objects:
                target = _target(each, str(namespace))
                if target is not None:
                    self._index[target] = str(each["metadata"].get("name"))
        return self._index.get(key, "")


def _target(autoscaler: Mapping[str, Any], namespace: str) -> ResourceKey | None:
    spec = autoscaler.get("spec")
    target = spec.get("scaleTargetRef") if isinstance(spec, Mapping) else None
    if not isinstance(target, Mapping):
        return None
    group = str(target.get("apiVersion") or "").rpartition("/")[0]
    return ResourceKey(group, str(target.get("kind")), namespace, str(target.get("name")))


def scaled_by(gvk: GVK, obj: Mapping[str, Any]) -> ResourceKey | None:
    """What an object scales, where it is an autoscaler."""
    return _target(obj, str(obj["metadata"].get("namespace") or "")) if gvk == AUTOSCALER else None


def is_scalable(kind: str) -> bool:
    """Whether autoscalers are worth watching for a kind's sake."""
    return kind in _SCALABLE


def scaler_rule(key: ResourceKey, scaler: str) -> IgnoreRule:
    """The rule that leaves replicas to an autoscaler."""
    return IgnoreRule(
        group=key.group,
        kind=key.kind,
        json_pointers=("/spec/replicas",),
        source=f"HorizontalPodAutoscaler {scaler}",
    )


def respected(
    runtime: Runtime,
    manifest: Manifest,
    live: Mapping[str, Any] | None,
    settings: Settings,
    schemas: SchemaSet,
    scaler: str,
) -> Manifest:
    """The manifest as it is to be applied: with the live values of ignored fields under
    `RespectIgnoreDifferences=true`, and with an autoscaler's replicas and what was rendered at random in any case."""
    if live is None:
        return manifest
    manifest = keeping(manifest, live)
    rules: tuple[IgnoreRule, ...] = ()
    if runtime.app.sync_policy.option("RespectIgnoreDifferences") == "true":
        rules = rules_of(runtime.app, settings)
    if scaler:
        rules = (*rules, scaler_rule(manifest.key, scaler))
    if not rules:
        return manifest
    node = schemas.node_of(manifest.api_version, manifest.key.kind)
    obj = respecting(manifest.obj, live, rules, manifest.key, node)
    return manifest if obj is manifest.obj else replace(manifest, obj=dict(obj))
