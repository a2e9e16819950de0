"""Orphaned resources: what stands in an application's namespaces and belongs to no application.

Asked for on demand, kind by kind and metadata only, so that no value of a Secret is read. Left out, as Argo CD does
(controller/appcontroller.go: isKnownOrphanedResourceExclusion, and its default resource exclusions), is what Kubernetes and
its controllers make by themselves, what another object owns, and what the AppProject's `orphanedResources.ignore` names."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from datetime import datetime
from typing import Any, Final

from gitops_tui.errors import ClusterError, Forbidden
from gitops_tui.health.objects import items, part, word
from gitops_tui.health.timing import moment
from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.kube.informer import PAGE
from gitops_tui.model.globs import glob_match
from gitops_tui.model.inspect import Orphan, Orphans
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.project import KindRule
from gitops_tui.reconcile.owned import BOOKKEEPING
from gitops_tui.reconcile.part import EnginePart
from gitops_tui.reconcile.runtime import Runtime
from gitops_tui.reconcile.selection import walk
from gitops_tui.state import STATE_LABEL
from gitops_tui.sync.tracking import other_manager, owner_of

MOST: Final = 5_000
"""Objects that are told."""
_METADATA: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
# Kinds that controllers write by themselves: Argo CD's default resource.exclusions, and what is only reported.
_LEFT_OUT: Final = BOOKKEEPING | {
    ("cilium.io", "CiliumIdentity"),
    ("cilium.io", "CiliumEndpoint"),
    ("cilium.io", "CiliumEndpointSlice"),
    ("wgpolicyk8s.io", "PolicyReport"),
    ("kyverno.io", "EphemeralReport"),
    ("cert-manager.io", "CertificateRequest"),
    ("argoproj.io", "Application"),
    ("argoproj.io", "ApplicationSet"),
    ("argoproj.io", "AppProject"),
}
# What every namespace gets.
_GIVEN: Final = frozenset(
    (
        ("", "ServiceAccount", "default"),
        ("", "ConfigMap", "kube-root-ca.crt"),
        ("", "ConfigMap", "openshift-service-ca.crt"),
        ("", "ConfigMap", "istio-ca-root-cert"),
    )
)


class OrphanCommands(EnginePart):
    """The engine's answer to it."""

    def orphaned(self, app: AppKey) -> Future[Orphans]:
        return asyncio.run_coroutine_threadsafe(self.look_for_orphans(app), self.loop)

    async def look_for_orphans(self, app: AppKey) -> Orphans:
        """Lists every kind of its namespaces. Raises GitOpsError for an application that there is not."""
        runtime = self.runtime(app)
        cluster = self.session(runtime).cluster
        spaces = sorted({key.namespace for key in runtime.resources if key.namespace} or {self.namespace_of(runtime)})
        same = [each for each in self.runtimes.values() if each.app.key.cluster == app.cluster]
        # Taken now: what an application takes over while the lists are read is an orphan once more at most.
        known, uids = _known(same)
        tracked = {each.app.key.tracking_name for each in same}
        belongs = self.projects.of(runtime)
        rules = [rule for project in belongs.projects for rule in project.orphans_ignored]
        problems = [belongs.unknown] if belongs.unknown else []
        kinds = _kinds(cluster.discovery.all())
        asked = [(kind, space) for kind in kinds for space in spaces]
        answers = await asyncio.gather(*(_list(cluster, *each) for each in asked), return_exceptions=True)
        found: list[Orphan] = []
        forbidden: set[str] = set()
        for (kind, space), answer in zip(asked, answers, strict=True):
            if isinstance(answer, Forbidden):
                forbidden.add(f"no rights to see {kind.plural} in {space}")
            elif isinstance(answer, ClusterError):
                problems.append(f"{kind.plural} in {space}: {answer.message}")
            elif isinstance(answer, BaseException):
                raise answer
            else:
                for metadata in answer:
                    key = ResourceKey(kind.gvk.group, kind.gvk.kind, space, word(metadata, "name"))
                    if key in known or word(metadata, "uid") in uids or _belongs(key, metadata, tracked):
                        continue
                    if not _is_ignored(key, rules):
                        found.append(_orphan(key, metadata))
        found.sort(key=lambda each: each.key)
        if len(found) > MOST:
            problems.append(f"{len(found) - MOST} more are not told")
        return Orphans(app, tuple(spaces), tuple(found[:MOST]), (*sorted(forbidden), *problems))


def _known(runtimes: Iterable[Runtime]) -> tuple[set[ResourceKey], set[str]]:
    keys: set[ResourceKey] = set()
    uids: set[str] = set()
    for each in runtimes:
        keys |= each.manifests.keys() | each.resources.keys()
        for state in each.resources.values():
            uids |= {below.uid for below in walk(state.owned)}
    return keys, uids


def _kinds(served: Iterable[ResourceType]) -> list[ResourceType]:
    """Each kind in namespaces that can be listed, in one of its versions."""
    made: dict[tuple[str, str], ResourceType] = {}
    for each in served:
        place = (each.gvk.group, each.gvk.kind)
        if each.namespaced and {"list", "delete"} <= each.verbs and place not in _LEFT_OUT:
            made.setdefault(place, each)
    return list(made.values())


async def _list(cluster: Cluster, kind: ResourceType, namespace: str) -> list[Mapping[str, Any]]:
    """The metadata of all objects of a kind in a namespace. Raises ApiError, Unreachable."""
    params = {"limit": str(PAGE)}
    found: list[Mapping[str, Any]] = []
    what = f"list {kind.plural} in {namespace}"
    while True:
        page = await cluster.transport.request(
            "GET", kind.path(namespace), params=params, accept=_METADATA, what=what, secret=kind.gvk.kind == "Secret"
        )
        found += [part(each, "metadata") for each in items(page, "items")]
        token = word(part(page, "metadata"), "continue")
        if not token or len(found) > MOST:
            return found
        params["continue"] = token


def _belongs(key: ResourceKey, metadata: Mapping[str, Any], tracked: set[str]) -> bool:
    """Whether it is another object's, an application's, Kubernetes' own or ours."""
    if items(metadata, "ownerReferences") or (key.group, key.kind, key.name) in _GIVEN:
        return True
    if (key.group, key.kind, key.namespace, key.name) == ("", "Service", "default", "kubernetes"):
        return True
    notes, labels = part(metadata, "annotations"), part(metadata, "labels")
    if key.kind == "Secret" and word(notes, "kubernetes.io/service-account.name"):
        return True
    if STATE_LABEL in labels:
        return True
    owner = owner_of({"metadata": metadata}, key)
    # One that no application here holds any longer is what is looked for; another's own Extra is its own.
    return owner in tracked


def _orphan(key: ResourceKey, metadata: Mapping[str, Any]) -> Orphan:
    live = {"metadata": metadata}
    owner = owner_of(live, key)
    managed = f"application {owner}, which is not here" if owner else other_manager(live)
    if not managed and key.kind == "Secret" and word(part(metadata, "labels"), "owner") == "helm":
        managed = f"Helm release {word(part(metadata, 'labels'), 'name')}"
    created: datetime | None = moment(metadata.get("creationTimestamp"))
    return Orphan(key, created, managed)


def _is_ignored(key: ResourceKey, rules: Iterable[KindRule]) -> bool:
    """Whether the project leaves it out, as IsOrphanedResourceIgnored in Argo CD: what a rule leaves out matches anything."""
    return any(
        _fits(rule.group, key.group) and _fits(rule.kind, key.kind) and _fits(rule.name, key.name) for rule in rules
    )


def _fits(pattern: str, text: str) -> bool:
    return not pattern or glob_match(pattern, text)
