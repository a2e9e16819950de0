"""Which projects there are: `AppProject`s in the clusters (watched, so that a change counts at once), those of `-f` files, and
those that applications hold in Git where the cluster has no such kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gitops_tui.kube import WatchStatus
from gitops_tui.model.keys import AppKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.project import DEFAULT_PROJECT, Project
from gitops_tui.model.text import printable
from gitops_tui.reconcile.argocd import ArgoCD, signing_policies
from gitops_tui.reconcile.projects.reading import read_project
from gitops_tui.reconcile.session import PROJECT, ClusterSession
from gitops_tui.records import dataclass, replace

if TYPE_CHECKING:
    from gitops_tui.reconcile.runtime import Runtime
    from gitops_tui.reconcile.signed import Policy
    from gitops_tui.reconcile.worker import Engine


@dataclass(frozen=True, slots=True)
class Belonging:
    """What an application's project is. projects: all of that name that count (each must permit). missing: it names one that
    there is not; nowhere: nor is there any other, as where no Argo CD was ever installed. unknown: why it can't be told yet, or at all, "" where it can. pending: whether that is only a matter of time; blocks: whether a first verdict waits for
    it: not for another cluster, which may be away, but where a command takes the first picture."""

    projects: tuple[Project, ...] = ()
    missing: bool = False
    nowhere: bool = False
    unknown: str = ""
    pending: bool = False
    blocks: bool = False


class Projects:
    """The projects of one engine. Everything runs on its loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._files: dict[str, tuple[Project, ...]] = {}
        self._documents: list[tuple[str, Mapping[str, Any]]] = []
        self._held: dict[AppKey, tuple[Manifest, ...]] = {}
        self._in_git: dict[AppKey, dict[str, tuple[Project, ...]]] = {}
        self._read: dict[str, dict[str, Project]] = {}
        self._news: dict[str, ClusterSession] = {}
        self._policies: dict[str, dict[str, tuple[Policy, ...]]] = {}
        self._scoped: dict[str, dict[str, tuple[str, ...]]] = {}

    # --- where they come from -------------------------------------------------------------------------------------

    def set_files(self, documents: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """The AppProjects of `-f` files: (where each stands, its document)."""
        documents = list(documents)
        if documents == self._documents:
            return
        self._documents = documents
        self._files = _by_name((where, obj) for where, obj in documents)
        self._set_policies("files", (obj for _, obj in documents))
        self.touch()

    def hold(self, app: AppKey, manifests: Iterable[Manifest]) -> None:
        """What an application renders to: its AppProjects count where its cluster has no such kind."""
        mine = tuple(each for each in manifests if (each.key.group, each.key.kind) == (PROJECT.group, PROJECT.kind))
        if [each.digest for each in self._held.get(app, ())] == [each.digest for each in mine]:
            return
        self._held[app] = mine
        self._in_git = {
            holder: _by_name((f"{each.origin.path} (held by the application {holder})", each.obj) for each in some)
            for holder, some in self._held.items()
        }
        self.touch()

    def _of_git(self, name: str) -> list[Project]:
        """Those of that name that applications hold whose cluster has no such kind."""
        return [
            each
            for holder, some in self._in_git.items()
            for each in some.get(name, ())
            if self._engine.session_named(holder.cluster).cluster.discovery.get(PROJECT) is None
        ]

    def leaves(self, app: AppKey) -> None:
        """An application that is no longer one of the session."""
        if app in self._held:
            self.hold(app, ())

    def connected(self, session: ClusterSession, argocd: ArgoCD) -> None:
        """What an Argo CD in a cluster knows besides: repositories that belong to a project, which it permits as well (Argo CD,
        docs/user-guide/projects.md), and who must sign, which is demanded already."""
        name = session.cluster.name
        found: dict[str, tuple[str, ...]] = {}
        for each in argocd.secrets:
            if not each.template and (project := each.data.get("project", "")):
                found[project] = (*found.get(project, ()), each.url)
        self._scoped[name] = found
        self._policies[name] = dict(argocd.projects)
        self._read.pop(name, None)

    def cluster_changed(self, session: ClusterSession) -> None:
        """An AppProject of a cluster came, went or changed."""
        name = session.cluster.name
        self._read.pop(name, None)
        if not self._news:
            # Of many at once, as when they are listed, one look takes in all.
            self._engine.loop.call_soon(self._take_in)
        self._news[name] = session

    def _take_in(self) -> None:
        news, self._news = self._news, {}
        for name, session in news.items():
            self._set_policies(name, _objects(session))
        self.touch()

    def _set_policies(self, place: str, objects: Iterable[Mapping[str, Any]]) -> None:
        made = dict(filter(lambda each: each[1], map(signing_policies, objects)))
        before = self._policies.get(place, {})
        if made == before:
            return
        self._policies[place] = made
        changed = {name for name in {*made, *before} if made.get(name) != before.get(name)}
        self._engine.demand(made, gone=changed - set(made))
        for runtime in self._engine.runtimes.values():
            if runtime.app.project in changed and not self._engine.starting:
                self._engine.spawn(self._engine.following.refresh(runtime))

    def touch(self) -> None:
        """Every application may fare differently now."""
        for runtime in self._engine.runtimes.values():
            self._engine.touch(runtime)

    # --- whose they are -------------------------------------------------------------------------------------------

    def of(self, runtime: Runtime) -> Belonging:
        """The project of an application: of files and of Git, and the one in its own cluster, or where that has none, in the
        cluster that the session looks from."""
        name = printable(runtime.app.project or DEFAULT_PROJECT)
        found = [*self._files.get(name, ()), *self._of_git(name)]
        told = bool(found)
        unknown, pending, blocks = "", False, False
        own, hub = self._engine.session(runtime), self._engine.hub
        for session in (own,) if hub is None or hub is own else (own, hub):
            why, waits = self._unknown(session)
            if why:
                unknown, pending = unknown or why, pending or waits
                blocks = blocks or (waits and (session is own or not self._engine.request.automatic))
            elif (here := self._of_cluster(session).get(name)) is not None:
                found.append(here)
                unknown = ""
                break
        if pending or (unknown and not told):
            return Belonging(tuple(found), unknown=unknown, pending=pending, blocks=blocks)
        missing = not found and name != DEFAULT_PROJECT
        return Belonging(tuple(found), missing=missing, nowhere=missing and not self._are_known((own, hub or own)))

    def _are_known(self, sessions: Iterable[ClusterSession]) -> bool:
        """Whether there is any place of AppProjects: files, Git, or a cluster that has the kind."""
        return bool(self._files or any(self._in_git.values())) or any(
            each.settings.argocd_namespace and each.cluster.discovery.get(PROJECT) is not None for each in sessions
        )

    def _unknown(self, session: ClusterSession) -> tuple[str, bool]:
        """(why the projects of a cluster are not known, whether they will be)."""
        cluster = session.cluster
        if not session.connected.is_set():
            if session.error is not None:
                return f"the projects of {cluster.name} can't be read: {session.error.message}", False
            return f"the projects of {cluster.name} are still being read", True
        namespace = self._engine.settings.argocd_namespace
        if not namespace or cluster.discovery.get(PROJECT) is None:
            return "", False
        status, message = cluster.status(PROJECT, namespace)
        if status is WatchStatus.PENDING:
            return f"the projects of {cluster.name} are still being read", True
        if status in (WatchStatus.FORBIDDEN, WatchStatus.FAILED):
            return f"the projects of {cluster.name} can't be read: {message}", False
        return "", False

    def _of_cluster(self, session: ClusterSession) -> dict[str, Project]:
        name = session.cluster.name
        read = self._read.get(name)
        if read is None:
            where, scoped = f"the cluster {printable(name)}", self._scoped.get(name, {})
            made = [read_project(obj, where) for obj in _objects(session)]
            read = self._read[name] = {
                each.name: replace(each, source_repos=(*each.source_repos, *scoped.get(each.name, ()))) for each in made
            }
        return read


def _objects(session: ClusterSession) -> list[dict[str, Any]]:
    """The AppProjects of the namespace that is Argo CD's; others mean nothing there either."""
    namespace = session.settings.argocd_namespace
    return [obj for (space, _), obj in session.cluster.store.of_kind(PROJECT).items() if space == namespace]


def _by_name(documents: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, tuple[Project, ...]]:
    found: dict[str, tuple[Project, ...]] = {}
    for where, obj in documents:
        made = read_project(obj, printable(where))
        found[made.name] = (*found.get(made.name, ()), made)
    return found
