"""What a Request names: contexts and applications. Read at the start, and again when Git moves. Blocking."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitops_tui.errors import ApplicationError, CloneError, ConfigError, GitOpsError
from gitops_tui.git import Repository
from gitops_tui.git.open import is_remote
from gitops_tui.kube import ContextInfo, contexts
from gitops_tui.kube.config import pick
from gitops_tui.model.application import Application, Destination
from gitops_tui.model.text import printable
from gitops_tui.reconcile.applications import MEND_YAML, Declared, read_applications, yaml_files
from gitops_tui.reconcile.applicationspec import IN_CLUSTER_SERVER
from gitops_tui.reconcile.argocd import read_once
from gitops_tui.reconcile.folders import applications_for_folders, no_folder
from gitops_tui.reconcile.repositories import Repositories
from gitops_tui.reconcile.request import Request
from gitops_tui.records import dataclass
from gitops_tui.settings import Settings


@dataclass(frozen=True, slots=True)
class Roots:
    """What stands for itself: applications, ApplicationSets and AppProjects (where each stands, its document), and
    what is wrong."""

    applications: tuple[Application, ...]
    sets: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    problems: tuple[GitOpsError, ...] = ()
    projects: tuple[tuple[str, Mapping[str, Any]], ...] = ()


class Origins:
    """Where a session's applications come from. Files are read once; folders that match a pattern are looked up each
    time. Raises KubeconfigError where there is no cluster to think of."""

    def __init__(self, request: Request, settings: Settings, repositories: Repositories) -> None:
        self.request = request
        self._settings = settings
        self._repositories = repositories
        self.known = contexts(request.kubeconfig)
        self.current = pick(request.context or None, self.known, kubeconfig=request.kubeconfig)
        self._files: list[Declared] | None = None
        self._stamps: tuple[tuple[str, int, int], ...] = ()

    def resolve(self, destination: Destination) -> str:
        """The context that a destination means. Raises ApplicationError, never gives another cluster."""
        return _cluster(destination, self.current, self.known)

    def projects(self) -> tuple[tuple[str, Mapping[str, Any]], ...] | None:
        """The AppProjects of the files as they are now, None where no file has changed since they were read last. Raises GitOpsError
        where one can't be read: what was read before stands."""
        stamps = tuple(_stamp(each) for file in self.request.files for each in yaml_files(file))
        if stamps == self._stamps:
            return None
        self._stamps = stamps
        found = [read_applications(file, self.resolve) for file in self.request.files]
        if problem := next((each for some in found for each in some.problems if _of_yaml(each)), None):
            raise problem
        return tuple(each for some in found for each in some.projects)

    def context(self, name: str) -> ContextInfo:
        return next(each for each in self.known if each.name == name)

    def read(self) -> Roots:
        """Raises CloneError, ConfigError and the like where nothing can be shown at all."""
        request = self.request
        if not request.repo and not request.files:
            raise ConfigError(
                "nothing to look at",
                hint="give --repo and --path, or -f with Application files, or try: gitops-tui demo",
            )
        if self._files is None:
            self._files = [read_applications(file, self.resolve) for file in request.files]
        applications = [app for each in self._files for app in each.applications]
        if request.repo:
            repository = _opened(request, self._settings, self._repositories, self.current)
            commit = repository.resolve(request.revision)
            folders: dict[str, None] = {}
            for pattern in (request.pattern, *request.more_patterns):
                found = repository.folders(commit.sha, _inside(repository.subfolder, pattern))
                if not found:
                    raise no_folder(request.repo, request.revision, pattern)
                folders |= dict.fromkeys(found)
            applications += applications_for_folders(
                list(folders),
                repo_url=request.repo,
                root_name=repository.name,
                revision=request.revision,
                pattern=request.pattern,
                cluster=self.current.name,
                namespace=request.namespace,
                sync_options=("CreateNamespace=true",) if request.create_namespace else (),
            )
        problems = tuple(problem for each in self._files for problem in each.problems)
        sets = tuple(found for each in self._files for found in each.sets)
        projects = tuple(found for each in self._files for found in each.projects)
        if not applications and not sets and problems:
            raise ApplicationError(problems[0].message, hint=problems[0].hint)
        if not applications and not sets and not request.repo:
            raise ApplicationError(
                "there is no Application, only AppProjects", hint="give -f with Applications too, or --repo and --path"
            )
        return Roots(tuple({app.key: app for app in applications}.values()), sets, problems, projects)


def _opened(request: Request, settings: Settings, repositories: Repositories, current: ContextInfo) -> Repository:
    """The repository; where it refuses us, once more with what Argo CD in the cluster knows of it."""
    try:
        return repositories.open(request.repo)
    except CloneError as error:
        if not is_remote(request.repo):
            raise
        argocd = read_once(current, request.kubeconfig, settings)
        repositories.use(argocd)
        if not (argocd.secrets or argocd.trust):
            raise
        try:
            return repositories.open(request.repo)
        except CloneError as again:
            raise again from error


def _stamp(file: Path) -> tuple[str, int, int]:
    try:
        found = file.stat()
    except OSError:
        return str(file), 0, 0
    return str(file), found.st_mtime_ns, found.st_size


def _of_yaml(problem: GitOpsError) -> bool:
    """Whether a whole file can't be read: what it held is not known then."""
    return problem.hint == MEND_YAML or "can't be read" in problem.message


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
