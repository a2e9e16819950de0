"""What the parts of the engine that answer commands need of the engine itself."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from gitops_tui.model.keys import AppKey
from gitops_tui.model.snapshot import Snapshot
from gitops_tui.settings import Settings

if TYPE_CHECKING:
    from gitops_tui.reconcile.following import Following
    from gitops_tui.reconcile.git_questions import GitQuestions
    from gitops_tui.reconcile.history import Histories
    from gitops_tui.reconcile.operations import Operations
    from gitops_tui.reconcile.projects.registry import Projects
    from gitops_tui.reconcile.request import Request
    from gitops_tui.reconcile.runtime import Runtime
    from gitops_tui.reconcile.session import ClusterSession
    from gitops_tui.reconcile.verdicts import Verdicts

T = TypeVar("T")


class EnginePart(ABC):
    """One part; `Engine` is made of them and gives what stands here. Everything runs on the engine's loop."""

    following: Following
    git: GitQuestions
    histories: Histories
    loop: asyncio.AbstractEventLoop
    operations: Operations
    projects: Projects
    request: Request
    runtimes: dict[AppKey, Runtime]
    settings: Settings
    verdicts: Verdicts

    @property
    @abstractmethod
    def snapshot(self) -> Snapshot:
        """What is known now."""

    @abstractmethod
    def runtime(self, app: AppKey) -> Runtime:
        """Raises GitOpsError for an application that there is not."""

    @abstractmethod
    def session(self, runtime: Runtime) -> ClusterSession:
        """The connection to an application's cluster."""

    @abstractmethod
    def settle(self, runtime: Runtime) -> None:
        """Compares now what waits for the next flush."""

    @abstractmethod
    def wake(self) -> None:
        """Something changed: a flush follows soon."""

    @abstractmethod
    def publish(self) -> None:
        """Hands out a new Snapshot."""

    @abstractmethod
    def namespace_of(self, runtime: Runtime) -> str:
        """Where objects without a namespace go."""

    @abstractmethod
    def spawn(self, work: Coroutine[Any, Any, Any], name: str = "") -> asyncio.Task[Any]:
        """Runs something in the background, and says it where that fails."""

    @abstractmethod
    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Calls back with each new Snapshot; gives what ends that."""

    def _ask(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self.loop)
