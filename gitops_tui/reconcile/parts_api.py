"""Parts of `EngineApi`, for the screens: words only, so that the first frame does not wait for the worker's imports."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gitops_tui.model.application import IgnoreRule
    from gitops_tui.model.change import CommitDetail, FileChange
    from gitops_tui.model.explain import Explained
    from gitops_tui.model.ignoring import IgnorePreview
    from gitops_tui.model.inspect import Diagnosis, Events, Link, Orphans, UsageReport, UsageSeries
    from gitops_tui.model.keys import AppKey, ResourceKey
    from gitops_tui.model.logs import LogFeed, LogOptions, LogPod
    from gitops_tui.model.revert import RevertPreview, RevertRequest, RevertResult
    from gitops_tui.model.revision import BlameLine, Signature
    from gitops_tui.model.threeway import ThreeWay


class GitApi(Protocol):
    """Every exception is a GitOpsError that can be shown."""

    def commit_detail(self, app: AppKey, sha: str) -> Future[CommitDetail]:
        """What a commit changed in what the application depends on, with the changed words; Secrets masked."""

    def changes(self, app: AppKey, old: str, new: str) -> Future[tuple[FileChange, ...]]:
        """What lies between any two commits in what the application depends on; Secrets masked."""

    def signature(self, app: AppKey, sha: str) -> Future[Signature]:
        """What is known of a commit's signature."""

    def blame(self, app: AppKey, path: str, line: int, revision: str = "") -> Future[BlameLine | None]:
        """Who last set a line of a file ("": at the revision that is compared against)."""

    def blame_field(self, app: AppKey, key: ResourceKey, field: str, revision: str = "") -> Future[BlameLine | None]:
        """Who last set a field of an object in Git; field as `FieldDifference.path`. None where no line sets it."""

    def preview_revert(self, app: AppKey, request: RevertRequest) -> Future[RevertPreview]:
        """What a revert in Git would do; changes nothing."""

    def revert(self, app: AppKey, preview: RevertPreview) -> Future[RevertResult]:
        """Carries it out; the application follows by the next look at Git, which comes at once."""


class IgnoreApi(Protocol):
    """A part of `EngineApi`."""

    def preview_ignore(self, rule: IgnoreRule) -> Future[IgnorePreview]:
        """What a rule of the user's settings would hide of what is drifted now; changes nothing."""

    def ignore(self, rule: IgnoreRule, path: Path | None = None) -> Future[Path]:
        """Adds the rule to the user's settings file (or that at `path`); it holds at once. Gives the file. Raises
        ConfigError, GitOpsError in a read-only session."""


class ExplainApi(IgnoreApi, Protocol):
    """A part of `EngineApi`."""

    def explain(self, app: AppKey, key: ResourceKey) -> Future[Explained]:
        """Who set the fields that differ, on both sides, and what Git said at the last sync. Raises GitOpsError where
        the application has no such object."""

    def three_way(self, app: AppKey, key: ResourceKey) -> Future[ThreeWay]:
        """The object as Git had it at the last sync, has it now, and as the cluster has it; values that are to be masked
        are. Raises GitOpsError where the application has no such object."""


class LogsApi(Protocol):
    """A part of `EngineApi`. key: a managed object, None for the whole application; uid: of an object beneath it."""

    def log_pods(self, app: AppKey, key: ResourceKey | None, uid: str = "") -> Future[tuple[LogPod, ...]]:
        """The Pods of an object with their containers; newest first."""

    def logs(
        self, app: AppKey, key: ResourceKey | None, options: LogOptions, feed: LogFeed, uid: str = ""
    ) -> Callable[[], None]:
        """Reads the logs of an object's Pods into `feed`, which is told when nothing comes any more; gives what stops
        it. What goes wrong stands among the lines, as notes."""


class InspectApi(Protocol):
    """What is asked of a selection: an application (key None), one of its resources, or the object of that uid beneath it.
    Every exception is a GitOpsError that can be shown."""

    def why(self, app: AppKey, key: ResourceKey | None = None, uid: str = "") -> Future[Diagnosis]:
        """Why it is not healthy: asks for its events, and for the last lines of the log that tells most."""

    def events(self, app: AppKey, key: ResourceKey | None = None, uid: str = "") -> Future[Events]:
        """The events of the selection and what it owns, as they are now."""

    def links(self, app: AppKey, key: ResourceKey | None = None, uid: str = "") -> Future[tuple[Link, ...]]:
        """Where the selection and what it owns can be reached."""

    def look_beneath(self, app: AppKey) -> Future[None]:
        """Begins to follow what the application's custom resources own, for as long as few others are looked at after it;
        done when the newest Snapshot has what is there now. Asks nothing where it has none."""

    def orphaned(self, app: AppKey) -> Future[Orphans]:
        """What stands in the application's namespaces and belongs to no application. Lists every kind: some seconds."""

    def usage(self, app: AppKey, key: ResourceKey | None = None, uid: str = "") -> Future[UsageReport]:
        """What its Pods use now."""

    def follow_usage(
        self, app: AppKey, key: ResourceKey, uid: str, callback: Callable[[UsageSeries], None]
    ) -> Callable[[], None]:
        """What its Pods use, on the engine's thread with each new sample until what it returns is called; never called
        where the cluster has no metrics."""

    def follow_events(
        self, app: AppKey, key: ResourceKey | None, uid: str, callback: Callable[[Events], None]
    ) -> Callable[[], None]:
        """Watches them: calls `callback` on the engine's thread with all that is known after each change (coalesced),
        until what it returns is called."""
