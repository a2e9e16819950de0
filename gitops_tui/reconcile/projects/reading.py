"""Reads an `AppProject` (argo-cd `pkg/apis/application/v1alpha1/types.go`, AppProjectSpec). Never raises: what can't be read is
the project's `problem`, and what has no effect here is warned of by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_tui.model.project import KindRule, Place, Project
from gitops_tui.model.text import printable
from gitops_tui.model.windows import SyncWindow

# Of people who log in at Argo CD, and of what is read elsewhere (`argocd.signing_policies`, `orphaned`).
_ELSEWHERE = ("roles", "description", "signatureKeys", "sourceIntegrity", "orphanedResources", "syncWindows")
_UNSUPPORTED = {
    "destinationServiceAccounts": "a sync acts as the user of the kubeconfig",
    "permitOnlyProjectScopedClusters": "the clusters of the kubeconfig belong to no project",
}
_KINDS = (
    "clusterResourceWhitelist",
    "clusterResourceBlacklist",
    "namespaceResourceWhitelist",
    "namespaceResourceBlacklist",
)
_RULES = ("sourceRepos", "destinations", "sourceNamespaces", *_KINDS)


MOST_WINDOWS = 300


class _Wrong(Exception):
    """A field that is not what it must be."""


def read_project(obj: Mapping[str, Any], found_in: str) -> Project:
    """One AppProject; `found_in` tells people where it stands."""
    metadata, spec = obj.get("metadata"), obj.get("spec")
    name = printable(str(metadata.get("name") or "")) if isinstance(metadata, Mapping) else ""
    if spec is not None and not isinstance(spec, Mapping):
        return Project(name, found_in, problem="its spec is no mapping")
    spec = spec or {}
    source = f"the project {name}"
    warnings = [
        f"{source}: spec.{printable(str(field))} is not supported and has no effect"
        + (f": {_UNSUPPORTED[field]}" if field in _UNSUPPORTED else "")
        for field, value in spec.items()
        if field not in (*_ELSEWHERE, *_RULES) and value not in (None, False, [], {})
    ]
    given = spec.get("syncWindows")
    listed = given if isinstance(given, list) else [] if given is None else [given]
    windows = _windows(listed[:MOST_WINDOWS], source)
    for each in windows:
        if each.problem:
            warnings.append(
                f"{source}: sync window {each.number} can't be read, so it holds all syncs that it may be about: "
                f"{each.problem}"
            )
        elif not (each.applications or each.namespaces or each.clusters):
            warnings.append(
                f"{source}: sync window {each.number} names no application, namespace or cluster: it is about nothing"
            )
    orphaned = spec.get("orphanedResources")
    try:
        if len(listed) > MOST_WINDOWS:
            raise _Wrong(f"spec.syncWindows has more than {MOST_WINDOWS} windows")
        kinds = {field: _kinds(spec, field) for field in _KINDS}
        return Project(
            name,
            found_in,
            source_repos=_texts(spec, "sourceRepos"),
            destinations=_places(spec),
            cluster_whitelist=kinds["clusterResourceWhitelist"] or (),
            cluster_blacklist=kinds["clusterResourceBlacklist"] or (),
            namespace_whitelist=kinds["namespaceResourceWhitelist"],
            namespace_blacklist=kinds["namespaceResourceBlacklist"] or (),
            source_namespaces=_texts(spec, "sourceNamespaces"),
            windows=windows,
            # As in Argo CD: where it is there, it warns, if it does not say otherwise.
            warn_orphaned=isinstance(orphaned, Mapping) and orphaned.get("warn") is not False,
            orphans_ignored=_ignored(orphaned),
            warnings=tuple(warnings),
        )
    except _Wrong as error:
        return Project(name, found_in, windows=windows, warnings=tuple(warnings), problem=str(error))


def _windows(listed: list[Any], source: str) -> tuple[SyncWindow, ...]:
    if not listed:
        return ()
    from gitops_tui.windowsettings import read_window  # few have any: what reads them takes time to import

    return tuple(read_window(each, source, at) for at, each in enumerate(listed, 1))


def _texts(spec: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value = spec.get(field)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _Wrong(f"spec.{field} must be a list of texts, not {printable(repr(value))[:60]}")
    return tuple(value)


def _mappings(spec: Mapping[str, Any], field: str, known: tuple[str, ...]) -> list[dict[str, str]] | None:
    value = spec.get(field)
    if value is None:
        return None
    if not isinstance(value, list):
        raise _Wrong(f"spec.{field} must be a list, not {printable(repr(value))[:60]}")
    found = []
    for at, each in enumerate(value):
        if not isinstance(each, Mapping) or not all(
            part is None or isinstance(part, str) for name, part in each.items() if name in known
        ):
            raise _Wrong(f"spec.{field}[{at}] must be a mapping of texts, not {printable(repr(each))[:60]}")
        found.append({name: each.get(name) or "" for name in known})
    return found


def _kinds(spec: Mapping[str, Any], field: str) -> tuple[KindRule, ...] | None:
    listed = _mappings(spec, field, ("group", "kind", "name"))
    if listed is None:
        return None
    named = field.startswith("cluster")
    return tuple(KindRule(each["group"], each["kind"], each["name"] if named else "") for each in listed)


def _ignored(orphaned: Any) -> tuple[KindRule, ...]:
    if not isinstance(orphaned, Mapping):
        return ()
    try:
        listed = _mappings(orphaned, "ignore", ("group", "kind", "name")) or []
    except _Wrong as error:
        raise _Wrong(str(error).replace("spec.", "spec.orphanedResources.", 1)) from None
    return tuple(KindRule(each["group"], each["kind"], each["name"]) for each in listed)


def _places(spec: Mapping[str, Any]) -> tuple[Place, ...]:
    listed = _mappings(spec, "destinations", ("server", "name", "namespace")) or []
    return tuple(Place(each["server"], each["name"], each["namespace"]) for each in listed)
