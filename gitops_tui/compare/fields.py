"""Which fields of an object are the server's or ours, and are no part of what Git says."""

from __future__ import annotations

from typing import Any

from gitops_tui.settings import APPLICATION_LABEL, TRACKING_ANNOTATION

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# The API server puts it on every Namespace.
NAMESPACE_LABEL = "kubernetes.io/metadata.name"
TOP = frozenset({"apiVersion", "kind", "status"})
METADATA = frozenset(
    {
        "name",
        "namespace",
        "generateName",
        "generation",
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "managedFields",
        "selfLink",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    }
)
OUR_MARKS = frozenset({TRACKING_ANNOTATION, LAST_APPLIED, APPLICATION_LABEL})
# What controllers note on what they manage, also where a client-side apply made it its own.
_CONTROLLERS = frozenset({"deprecated.daemonset.template.generation", "deployment.kubernetes.io/revision"})
_NOTES = OUR_MARKS | _CONTROLLERS
# What other tools put on what they apply: theirs, not Git's, when an object is adopted from them.
_TOOLS_PREFIXES = ("meta.helm.sh/", "kubectl.kubernetes.io/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/")
_TOOLS = frozenset({"argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance", "app.kubernetes.io/instance"})


def is_apart(path: str, name: str) -> bool:
    """Whether a field of the first two levels is no part of the comparison."""
    if not path:
        return name in TOP
    if path == "metadata":
        return name in METADATA
    return path in ("metadata.annotations", "metadata.labels") and is_note(path.rpartition(".")[2], name)


def is_note(field: str, name: object) -> bool:
    """Whether an annotation or a label is our own mark or a controller's note."""
    if field == "annotations":
        return name in _NOTES and name != APPLICATION_LABEL
    return field == "labels" and name == APPLICATION_LABEL


def is_tools(field: str, name: object, value: Any) -> bool:
    """Whether an annotation or a label is the mark of another tool that applied the object before us."""
    if not isinstance(name, str):
        return False
    if field == "labels" and name == "app.kubernetes.io/managed-by":
        return bool(value == "Helm")
    return name.startswith(_TOOLS_PREFIXES) or name in _TOOLS
