"""All repositories of a session: opened once each, fetched on an interval. Blocking; called in threads."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypeVar

from gitops_tui.errors import DamagedRepository, FetchError, GitError, GitOpsError
from gitops_tui.git import Repository, open_repository
from gitops_tui.git.address import Address
from gitops_tui.git.command import Stop
from gitops_tui.git.credentials import Credentials, Keyring, RepositorySecret
from gitops_tui.git.open import identity, is_remote
from gitops_tui.git.trust import Trust
from gitops_tui.model.application import CHART_PREFIX, Application
from gitops_tui.model.revision import RefMove
from gitops_tui.model.snapshot import RepositoryState
from gitops_tui.model.text import printable, redact
from gitops_tui.reconcile.argocd import ArgoCD
from gitops_tui.reconcile.signed import Demands
from gitops_tui.records import replace
from gitops_tui.render.charts import is_chart
from gitops_tui.settings import Settings

T = TypeVar("T")

_LOCAL_INTERVAL = 0.4
_WORKING_TREE_INTERVAL = 2.0
_PROGRESS_INTERVAL = 0.2


class Mirrors:
    """The repositories by the URL that the applications give. on_news: called (from any thread) when a state changed
    without being asked."""

    def __init__(self, settings: Settings, *, working_tree: bool = False) -> None:
        self._settings = settings
        self._working_tree = working_tree
        self._open: dict[str, Repository] = {}
        self._states: dict[str, RepositoryState] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._due: dict[str, float] = {}
        self._urls: dict[str, set[str]] = {}
        self._looked: dict[str, str] = {}
        self._notices: dict[str, tuple[RefMove, ...]] = {}
        self._keyring = Keyring()
        self._trust = Trust()
        self.demands = Demands(settings)
        self.stop = Stop()
        self.on_news: Callable[[], None] = lambda: None

    # --- opening --------------------------------------------------------------------------------------------------

    def set_secrets(self, secrets: Iterable[RepositorySecret]) -> None:
        """Argo CD's repository Secrets, from now on used for whatever fits."""
        self._keyring = Keyring(secrets)

    def use(self, argocd: ArgoCD) -> None:
        """What an Argo CD in a cluster knows: its repository Secrets, the hosts it trusts, and who must sign."""
        if argocd.secrets:
            self.set_secrets(argocd.secrets)
        if argocd.trust:
            self._trust = argocd.trust
        self.demands.set_projects(argocd.projects)

    def credentials(self, address: Address) -> Credentials:
        """Who we are there, and whom to trust. Raises ConfigError for a Secret that is wrong."""
        return self._trust.added_to(self._keyring.for_address(address), address)

    def chart_credentials(self, base: str) -> Credentials:
        """As `credentials`, for a chart repository or registry."""
        address = Address.parse(base.replace("oci://", "https://", 1))
        return self._trust.added_to(self._keyring.for_chart(base), address)

    def open(self, url: str) -> Repository:
        """The repository, cloned where needed; one for all spellings of its URL. Raises CloneError, GitStopped."""
        key = identity(url, self._settings)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
            self._urls.setdefault(key, set()).add(url)
        with lock:
            if key not in self._open:
                shown = printable(redact(url)).removeprefix(CHART_PREFIX).replace("#", "/").rstrip("/")
                self._states[key] = RepositoryState(shown, fetching=True)
                self.on_news()
                try:
                    progress = self._progress(key)
                    if is_chart(url):
                        from gitops_tui.render.charts import open_chart

                        repository: Repository = open_chart(
                            url, settings=self._settings, credentials=self.chart_credentials
                        )
                    else:
                        repository = open_repository(
                            url,
                            settings=self._settings,
                            credentials=self.credentials,
                            progress=progress,
                            stop=self.stop,
                        )
                        repository.prepare()
                    self._states[key] = self._first_look(repository, progress)
                except GitOpsError as error:
                    self._states[key] = RepositoryState(shown, error=error.message)
                    self._due[key] = time.monotonic() + self._interval(url)  # it may be there by then
                    raise
                self._open[key] = repository
                self._notices[key] = repository.moves()
                self._due[key] = time.monotonic() + self._interval(url)
                if repository.is_local:
                    threading.Thread(target=repository.quicken, name="commit-graph", daemon=True).start()
            return self._open[key]

    def _first_look(self, repository: Repository, progress: Callable[[str], None]) -> RepositoryState:
        """A mirror of an earlier session is shown as it was fetched then, where its remote can't be reached now."""
        try:
            try:
                repository.fetch(progress=progress, stop=self.stop)
            except DamagedRepository:
                repository.repair(progress=progress, stop=self.stop)
        except FetchError as error:
            fetched = repository.last_fetched()
            if fetched is None:
                raise
            return RepositoryState(repository.url, fetched=fetched, error=error.message)
        return RepositoryState(repository.url, fetched=datetime.now(UTC))

    def _progress(self, key: str) -> Callable[[str], None]:
        last = 0.0

        def told(line: str) -> None:
            nonlocal last
            if time.monotonic() - last >= _PROGRESS_INTERVAL:
                last = time.monotonic()
                self._states[key] = replace(self._states[key], progress=line[:200])
                self.on_news()

        return told

    def _interval(self, url: str) -> float:
        if not is_remote(url) and not is_chart(url):
            return _WORKING_TREE_INTERVAL if self._working_tree else _LOCAL_INTERVAL
        # Argo CD adds up to half of the interval (60 s to 120 s), so that not all repositories are asked at once.
        return self._settings.git_interval * random.uniform(1.0, 1.5)  # noqa: S311

    def states(self) -> tuple[RepositoryState, ...]:
        return tuple(self._states.values())

    def state(self, url: str) -> RepositoryState | None:
        """What is known of one repository."""
        return self._states.get(identity(url, self._settings))

    # --- freshness ------------------------------------------------------------------------------------------------

    def next_look(self) -> float:
        """Seconds until a repository is due."""
        due = min(self._due.values(), default=time.monotonic() + _LOCAL_INTERVAL)
        return max(0.2, due - time.monotonic())

    def moved(self) -> list[str]:
        """Fetches what is due; the URLs, in every spelling, where something moved."""
        now = time.monotonic()
        # A copy: another thread may open a repository meanwhile.
        return self._fetch([key for key, due in list(self._due.items()) if due <= now])

    def fetch(self, urls: Iterable[str]) -> list[str]:
        """Fetches; the URLs, in every spelling, where a ref moved. What fails is kept in the repository's state."""
        return self._fetch({identity(url, self._settings) for url in urls})

    def _fetch(self, keys: Iterable[str]) -> list[str]:
        found: list[str] = []
        for key in keys:
            repository = self._open.get(key)
            if repository is None:
                found += self._opened_late(key)
                continue
            url = next(iter(self._urls[key]))
            self._due[key] = time.monotonic() + self._interval(url)
            try:
                if repository.fetch(stop=self.stop):
                    self._notices[key] = repository.moves()
                    found += self._urls[key]
                elif self._working_tree and self._uncommitted(key, repository):
                    found += self._urls[key]
                elif self._states[key].error:
                    found += self._urls[key]  # it is back: what failed meanwhile is asked again
                self._states[key] = replace(self._states[key], fetched=datetime.now(UTC), error="", progress="")
            except DamagedRepository as error:
                self._states[key] = replace(self._states[key], error=error.message)
                if self._cloned_anew(key, repository):
                    found += self._urls[key]
            except GitError as error:
                self._states[key] = replace(self._states[key], error=error.message)
        return found

    def _opened_late(self, key: str) -> list[str]:
        """The URLs of a repository that could not be opened before, where it can be now."""
        if key not in self._due:
            return []
        try:
            self.open(next(iter(self._urls[key])))
        except GitOpsError:
            return []
        return list(self._urls[key])

    def _uncommitted(self, key: str, repository: Repository) -> bool:
        if not repository.is_local or not (repository.folder / ".git").exists():
            return False
        sha = repository.working_tree().sha
        before = self._looked.get(key)
        self._looked[key] = sha
        return before is not None and before != sha

    def _cloned_anew(self, key: str, repository: Repository) -> bool:
        """A mirror that is damaged is made again; whether that worked."""
        if repository.remote is None:
            return False
        try:
            repository.repair(progress=self._progress(key), stop=self.stop)
        except GitError as error:
            self._states[key] = replace(self._states[key], error=error.message)
            return False
        self._states[key] = replace(self._states[key], fetched=datetime.now(UTC), error="", progress="")
        return True

    def sure(self, app: Application, work: Callable[[], T]) -> T:
        """`work`, once more where a mirror of the application turned out to be damaged and was cloned anew. Raises
        DamagedRepository where that did not help."""
        try:
            return work()
        except DamagedRepository:
            again = False
            for source in app.sources:
                key = identity(source.address, self._settings)
                repository = self._open.get(key)
                again = (repository is not None and self._cloned_anew(key, repository)) or again
            if not again:
                raise
            return work()

    def close(self) -> None:
        self.stop.set()
        for repository in self._open.values():
            repository.close()
