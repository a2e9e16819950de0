"""Discovery: legacy (`/api`, `/apis`, group versions) and aggregated."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from gitops_tui.demo.crds.kinds import version_rank
from gitops_tui.demo.http.accept import parameters
from gitops_tui.demo.registry.resources import Catalogue, Resource
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]


def _groups(catalogue: Catalogue) -> dict[str, list[str]]:
    """Group -> versions, best first; built-in groups in their own order, custom ones after them."""
    found = catalogue.versions()
    custom = {each.group for each in catalogue if each.custom is not None}
    made = {group: versions for group, versions in found.items() if group not in custom}
    for group in sorted(custom):
        made[group] = sorted(found[group], key=version_rank)
    return made


def versions(address: str) -> Obj:
    """`/api`."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def group(name: str, listed: list[str]) -> Obj:
    found = [{"groupVersion": f"{name}/{version}", "version": version} for version in listed]
    return {"name": name, "versions": found, "preferredVersion": found[0]}


def group_list(catalogue: Catalogue) -> Obj:
    """`/apis`."""
    groups = [group(name, listed) for name, listed in _groups(catalogue).items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def one_group(catalogue: Catalogue, name: str) -> Obj | None:
    """`/apis/GROUP`."""
    listed = _groups(catalogue).get(name)
    return {"kind": "APIGroup", "apiVersion": "v1", **group(name, listed)} if listed and name else None


def _hash(resource: Resource) -> str:
    """Tells versions of a kind's storage apart, as the API server does."""
    text = f"{resource.group}/{resource.storage.version}/{resource.kind}"
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:8]).decode()


def resource_list(catalogue: Catalogue, name: str, version: str) -> Obj | None:
    """`/api/v1`, `/apis/GROUP/VERSION`."""
    found = [each for each in catalogue if (each.group, each.gvk.version) == (name, version)]
    if not found:
        return None
    resources: list[Obj] = []
    for each in found:
        entry: Obj = {
            "name": each.plural,
            "singularName": each.singular,
            "namespaced": each.namespaced,
            "kind": each.kind,
            "verbs": list(each.verbs),
        }
        if each.short_names:
            entry["shortNames"] = list(each.short_names)
        if each.categories:
            entry["categories"] = list(each.categories)
        if "list" in each.verbs:
            entry["storageVersionHash"] = _hash(each)
        resources.append(entry)
        for sub in each.subresources.values():
            below: Obj = {"name": f"{each.plural}/{sub.name}", "singularName": "", "namespaced": each.namespaced}
            if (sub.kind.group, sub.kind.version) != (each.group, each.gvk.version):
                if sub.kind.group:
                    below["group"] = sub.kind.group
                below["version"] = sub.kind.version
            resources.append({**below, "kind": sub.kind.kind, "verbs": list(sub.verbs)})
    said = f"{name}/{version}" if name else version
    made: Obj = {"kind": "APIResourceList"}
    if name:
        made["apiVersion"] = "v1"
    return {**made, "groupVersion": said, "resources": resources}


def _kind(gvk: GVK, own: Resource) -> Obj:
    """A responseKind; the API server leaves out what is the group's own for built-in kinds."""
    same = (gvk.group, gvk.version) == (own.group, own.gvk.version)
    if same and own.custom is None:
        return {"group": "", "version": "", "kind": gvk.kind}
    return {"group": gvk.group, "version": gvk.version, "kind": gvk.kind}


def wants_aggregated(accept: str) -> str | None:
    """The version of aggregated discovery that a client wants most, None where it wants the legacy one."""
    for name, options in parameters(accept):
        if name == "application/json":
            if options.get("as") == "APIGroupDiscoveryList" and options.get("g") == "apidiscovery.k8s.io":
                if options.get("v") in ("v2", "v2beta1"):
                    return options["v"]
                continue
            if "as" not in options:
                return None
    return None


def aggregated(catalogue: Catalogue, *, core: bool, version: str) -> Obj:
    """`/api` and `/apis` in one document each."""
    by_version: dict[tuple[str, str], list[Resource]] = {}
    for each in catalogue:
        by_version.setdefault((each.group, each.gvk.version), []).append(each)
    items = []
    for name, listed in _groups(catalogue).items():
        if (name == "") is not core:
            continue
        entry: Obj = {"metadata": {"name": name} if name else {}}
        entry["metadata"]["creationTimestamp"] = None
        entry["versions"] = [
            {
                "version": each,
                "resources": [_aggregated(resource) for resource in by_version[name, each]],
                "freshness": "Current",
            }
            for each in listed
        ]
        items.append(entry)
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": items,
    }


def _aggregated(resource: Resource) -> Obj:
    made: Obj = {
        "resource": resource.plural,
        "responseKind": _kind(resource.gvk, resource),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        made["shortNames"] = list(resource.short_names)
    if resource.categories:
        made["categories"] = list(resource.categories)
    if resource.subresources:
        made["subresources"] = [
            {"subresource": each.name, "responseKind": _kind(each.kind, resource), "verbs": list(each.verbs)}
            for each in resource.subresources.values()
        ]
    return made
