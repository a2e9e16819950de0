"""Tracking ids: which application an object belongs to.

An object is ours only where its annotation names this application *and* the object itself; a copied annotation names
another object and means nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from copy import copy
from typing import Any

from gitops_tui.model.keys import ResourceKey
from gitops_tui.settings import APPLICATION_LABEL, TRACKING_ANNOTATION

_LABEL = re.compile(r"^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\Z")


def tracking_id(app: str, key: ResourceKey) -> str:
    """`<app>:<group>/<kind>:<namespace>/<name>`."""
    return f"{app}:{key.group}/{key.kind}:{key.namespace}/{key.name}"


def label_value(app: str) -> str:
    """The application's name as a label value: itself where it is valid as one, else a shortened form with a hash."""
    if _LABEL.match(app):
        return app
    return (
        f"{re.sub(r'[^A-Za-z0-9]+', '-', app).strip('-')[:50] or 'app'}-{hashlib.sha256(app.encode()).hexdigest()[:10]}"
    )


def _metadata(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    found = obj.get("metadata")
    return found if found.__class__ is dict or isinstance(found, Mapping) else {}


def owner_of(live: Mapping[str, Any], key: ResourceKey) -> str:
    """The application that an object belongs to, "" for none. `key` is the object's own identity."""
    notes = _metadata(live).get("annotations")
    said = notes.get(TRACKING_ANNOTATION) if notes.__class__ is dict or isinstance(notes, Mapping) else None
    if not isinstance(said, str):
        return ""
    app, _, rest = said.partition(":")
    return app if rest and said == tracking_id(app, key) else ""


def other_manager(live: Mapping[str, Any]) -> str:
    """The other tool that manages an object, in words, "" for none known: Helm, Argo CD or Flux by their own marks."""
    metadata = _metadata(live)
    notes, labels = (
        found if isinstance(found := metadata.get(name), Mapping) else {} for name in ("annotations", "labels")
    )
    if release := notes.get("meta.helm.sh/release-name"):
        return f"Helm release {release}"
    if tracked := notes.get("argocd.argoproj.io/tracking-id"):
        return f"Argo CD application {str(tracked).partition(':')[0]}"
    if name := labels.get("kustomize.toolkit.fluxcd.io/name"):
        return f"Flux Kustomization {name}"
    if name := labels.get("helm.toolkit.fluxcd.io/name"):
        return f"Flux HelmRelease {name}"
    return ""


def tracked(obj: Mapping[str, Any], app: str, key: ResourceKey) -> dict[str, Any]:
    """A copy of a desired object that carries the tracking annotation and label."""
    made = dict(obj)
    metadata = dict(_metadata(obj))
    notes = copy(metadata.get("annotations")) or {}
    labels = copy(metadata.get("labels")) or {}
    metadata["annotations"] = {**notes, TRACKING_ANNOTATION: tracking_id(app, key)}
    metadata["labels"] = {**labels, APPLICATION_LABEL: label_value(app)}
    made["metadata"] = metadata
    return made
