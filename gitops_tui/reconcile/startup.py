"""What a Request names, read once at the start: contexts and applications. Blocking."""

from __future__ import annotations

from dataclasses import dataclass

from gitops_tui.errors import ApplicationError, CloneError, ConfigError, GitOpsError
from gitops_tui.git import Repository
from gitops_tui.git.open import is_remote
from gitops_tui.kube import ContextInfo, contexts
from gitops_tui.kube.config import pick
from gitops_tui.model.application import Application, Destination
from gitops_tui.model.text import printable
from gitops_tui.reconcile.applications import IN_CLUSTER_SERVER, read_applications
from gitops_tui.reconcile.argocd import read_once
from gitops_tui.reconcile.folders import applications_for_folders
from gitops_tui.reconcile.repositories import Repositories
from gitops_tui.reconcile.request import Request
from gitops_tui.settings import Settings


@dataclass(frozen=True, slots=True)
class Loaded:
    applications: tuple[Application, ...]
    contexts: tuple[ContextInfo, ...]
    problems: tuple[GitOpsError, ...] = ()


def load_applications(request: Request, settings: Settings, repositories: Repositories) -> Loaded:
    """Raises KubeconfigError, CloneError, ConfigError and the like where nothing can be shown at all."""
    known = contexts(request.kubeconfig)
    current = pick(request.context or None, known)
    applications: list[Application] = []
    problems: list[GitOpsError] = []
    for file in request.files:
        declared = read_applications(file, lambda destination: _cluster(destination, current, known))
        applications += declared.applications
        problems += declared.problems
    if request.repo:
        repository = _opened(request, settings, repositories, current)
        commit = repository.resolve(request.revision)
        options = ("CreateNamespace=true",) if request.create_namespace else ()
        applications += applications_for_folders(
            repository.folders(commit.sha, _inside(repository.subfolder, request.pattern)),
            repo_url=request.repo,
            root_name=repository.name,
            revision=request.revision,
            pattern=request.pattern,
            cluster=current.name,
            namespace=request.namespace,
            sync_options=options,
        )
    if not request.repo and not request.files:
        raise ConfigError(
            "nothing to look at", hint="give --repo and --path, or -f with Application files, or try: gitops-tui demo"
        )
    used = {app.key.cluster for app in applications}
    unique = {app.key: app for app in applications}
    if not unique and problems:
        first = problems[0]
        raise ApplicationError(first.message, hint=first.hint)
    return Loaded(
        tuple(unique.values()), tuple(each for each in known if each.name in used or each is current), tuple(problems)
    )


def _opened(request: Request, settings: Settings, repositories: Repositories, current: ContextInfo) -> Repository:
    """The repository; where it refuses us, once more with what Argo CD in the cluster knows of it."""
    try:
        return repositories.open(request.repo)
    except CloneError as error:
        if not is_remote(request.repo):
            raise
        argocd = read_once(current, request.kubeconfig, settings)
        repositories.use(argocd)
        if not argocd.secrets:
            raise
        try:
            return repositories.open(request.repo)
        except CloneError as again:
            raise again from error


def _inside(subfolder: str, pattern: str) -> str:
    """Patterns are meant from the folder that was given, where that lies inside a work tree."""
    if not subfolder:
        return pattern
    return subfolder if pattern in ("", ".") else f"{subfolder}/{pattern}"


def _cluster(destination: Destination, current: ContextInfo, known: list[ContextInfo]) -> str:
    """The context that a destination means. Never another cluster than the one it names."""
    if destination.name:
        if destination.name == "in-cluster":
            return current.name
        for context in known:
            if context.name == destination.name:
                return context.name
        raise ApplicationError(
            f"the destination {printable(destination.name)!r} is not a context of the kubeconfig",
            hint=f"known: {', '.join(sorted(each.name for each in known)[:10])}",
        )
    server = destination.server.rstrip("/")
    if not server or server == IN_CLUSTER_SERVER or server == current.server.rstrip("/"):
        return current.name
    for context in known:
        if context.server.rstrip("/") == server:
            return context.name
    raise ApplicationError(
        f"no context of the kubeconfig reaches the destination {printable(server)}",
        hint="add the cluster to the kubeconfig, or give destination.name as a context",
    )
