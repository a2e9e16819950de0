"""The objects of a plan: what is applied for a step, and the sync options that hold for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_tui.model.application import Application
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.sync import PlanStep
from gitops_tui.sync.options import ObjectOptions, application_options, object_options
from gitops_tui.sync.tracking import tracked
from gitops_tui.sync.writing import for_apply

_CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")


class Objects:
    """manifests: the desired objects by key; lives: the live ones as they were last seen."""

    def __init__(
        self,
        app: Application,
        manifests: Mapping[ResourceKey, Manifest],
        lives: Mapping[ResourceKey, Mapping[str, Any]],
    ) -> None:
        self._app = app
        self.manifests = manifests
        self.lives = lives
        self._options = application_options(app)

    def desired(self, step: PlanStep) -> dict[str, Any]:
        """What is applied for a step that is neither a hook nor a pruning."""
        manifest = self.manifests.get(step.key)
        if manifest is None:
            return managed_namespace(self._app, step.key.name)
        return for_apply(tracked(manifest.obj, self._app.key.tracking_name, step.key))

    def options(self, step: PlanStep) -> ObjectOptions:
        """The sync options that hold for a step's object."""
        manifest = self.manifests.get(step.key)
        if manifest is None:
            # A namespace of CreateNamespace=true: only ever applied.
            return ObjectOptions()
        return object_options(self._options, manifest.obj, self.lives.get(step.key))

    def defined_kinds(self) -> set[tuple[str, str]]:
        """(group, kind) of what the application's own CustomResourceDefinitions bring."""
        return {defined_kind(each.obj) for key, each in self.manifests.items() if (key.group, key.kind) == _CRD}


def defined_kind(crd: Mapping[str, Any]) -> tuple[str, str]:
    """(group, kind) that a CustomResourceDefinition brings, empty words where it is malformed."""
    spec = crd.get("spec")
    spec = spec if isinstance(spec, Mapping) else {}
    names = spec.get("names")
    return str(spec.get("group") or ""), str((names if isinstance(names, Mapping) else {}).get("kind") or "")


def managed_namespace(app: Application, name: str) -> dict[str, Any]:
    """The namespace that CreateNamespace=true makes, with its managedNamespaceMetadata."""
    policy = app.sync_policy
    metadata: dict[str, Any] = {"name": name}
    if policy.namespace_labels:
        metadata["labels"] = dict(policy.namespace_labels)
    if policy.namespace_annotations:
        metadata["annotations"] = dict(policy.namespace_annotations)
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
