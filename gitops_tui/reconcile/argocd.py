"""What an Argo CD in the cluster knows that we use too: the Secrets of its repositories, and who must sign.

Read once a cluster is connected; without Argo CD, or without the right to read it, there is nothing to use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitops_tui.errors import ApiError, ClusterError, ConfigError, GitOpsError
from gitops_tui.git.credentials import RepositorySecret
from gitops_tui.git.trust import CERTIFICATES, KNOWN_HOSTS, Trust
from gitops_tui.kube import Cluster, ContextInfo
from gitops_tui.model.keys import GVK
from gitops_tui.reconcile.signed import Policy
from gitops_tui.records import dataclass, field
from gitops_tui.settings import Settings

_SECRET = GVK("", "v1", "Secret")
_CONFIG_MAP = GVK("", "v1", "ConfigMap")
_PROJECT = GVK("argoproj.io", "v1alpha1", "AppProject")
_TYPES = "argocd.argoproj.io/secret-type in (repository,repo-creds)"


@dataclass(frozen=True, slots=True)
class ArgoCD:
    """secrets: of repositories. projects: name -> who must have signed. problems: what is wrong with
    one of them, or why they can't be read. trust: hosts that it trusts."""

    secrets: tuple[RepositorySecret, ...] = ()
    projects: Mapping[str, tuple[Policy, ...]] = field(default_factory=dict)
    problems: tuple[GitOpsError, ...] = ()
    trust: Trust = field(default_factory=Trust)


async def read_argocd(cluster: Cluster, settings: Settings) -> ArgoCD:
    """Never raises for what is missing or forbidden."""
    if not settings.argocd_namespace:
        return ArgoCD()
    secrets: list[RepositorySecret] = []
    problems: list[GitOpsError] = []
    namespace = settings.argocd_namespace
    found_secrets, found_projects, hosts, certificates = await asyncio.gather(
        _list(cluster, _SECRET, namespace, _TYPES),
        _list(cluster, _PROJECT, namespace, ""),
        _get(cluster, _CONFIG_MAP, namespace, KNOWN_HOSTS),
        _get(cluster, _CONFIG_MAP, namespace, CERTIFICATES),
    )
    for obj in found_secrets:
        try:
            found = RepositorySecret.from_object(obj)
        except ConfigError as error:
            problems.append(error)
            continue
        if found is not None:
            secrets.append(found)
    projects = {}
    for obj in found_projects:
        name, policies = signing_policies(obj)
        if policies:
            projects[name] = policies
    trust = Trust.from_objects(hosts, certificates)
    problems += [ConfigError(each) for each in trust.warnings]
    return ArgoCD(tuple(secrets), projects, tuple(problems), trust)


async def _get(cluster: Cluster, gvk: GVK, namespace: str, name: str) -> Any:
    kind = cluster.discovery.get(gvk)
    try:
        return await cluster.get(kind, namespace, name) if kind is not None else None
    except ApiError:
        return None  # as for `_list`


async def _list(cluster: Cluster, gvk: GVK, namespace: str, selector: str) -> list[Any]:
    kind = cluster.discovery.get(gvk)
    if kind is None:
        return []
    try:
        return list(await cluster.list(kind, namespace, selector))
    except ApiError:
        # Forbidden or not there: whoever needs it is told when the repository refuses them.
        return []


def signing_policies(project: Mapping[str, Any]) -> tuple[str, tuple[Policy, ...]]:
    """(name, who must have signed) of an AppProject: `spec.signatureKeys`, and the GPG policies of
    `spec.sourceIntegrity.git` (Argo CD, docs/user-guide/source-integrity-git-gpg.md)."""
    spec = _mapping(project.get("spec"))
    found = []
    if not _mapping(spec.get("sourceIntegrity")):
        keys = tuple(str(_mapping(each).get("keyID", "")) for each in _list_of(spec.get("signatureKeys")))
        if any(keys):
            found.append(Policy(tuple(key for key in keys if key)))
    for each in _list_of(_mapping(_mapping(spec.get("sourceIntegrity")).get("git")).get("policies")):
        policy = _mapping(each)
        gpg = _mapping(policy.get("gpg"))
        keys = tuple(str(key) for key in _list_of(gpg.get("keys")))
        repos = tuple(str(_mapping(repo).get("url", "")) for repo in _list_of(policy.get("repos")))
        mode = str(gpg.get("mode") or "strict").lower()
        # A mode that is not known demands the most.
        mode = mode if mode in {"none", "head"} else "strict"
        if repos := tuple(repo for repo in repos if repo):
            found.append(Policy(keys, repos, mode))
    return str(_mapping(project.get("metadata")).get("name", "")), tuple(found)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def read_once(context: ContextInfo, kubeconfig: Path | None, settings: Settings) -> ArgoCD:
    """Blocking, for a repository that is needed before anything is connected. Raises nothing."""

    async def ask() -> ArgoCD:
        cluster = Cluster(context, kubeconfig, settings)
        try:
            await cluster.connect()
            return await read_argocd(cluster, settings)
        finally:
            await cluster.close()

    try:
        return asyncio.run(ask())
    except ClusterError as error:
        return ArgoCD(problems=(error,))
