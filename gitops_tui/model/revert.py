"""A revert in Git: what is asked, what it would do, what it did."""

from __future__ import annotations

from gitops_tui.model.change import FileChange
from gitops_tui.model.revision import Commit
from gitops_tui.records import dataclass


@dataclass(frozen=True, slots=True)
class RevertRequest:
    """Restore an application's files to `revision` by one commit.

    branch: the branch on top of which ("" for the one that the application follows). new_branch: make the commit on
    this new branch instead, which starts at `branch` (to open a pull request from). message: the commit's subject
    ("" for one that is made). push: None pushes where the repository is remote, and not where it is a local folder.
    paths: what to restore, from the repository's root.
    """

    revision: str
    branch: str = ""
    new_branch: str = ""
    message: str = ""
    push: bool | None = None
    application: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undone:
    """A later commit that the revert undoes, wholly or in part. paths: its files that are restored. own: the person
    who reverts is its author."""

    commit: Commit
    paths: tuple[str, ...]
    own: bool = False


@dataclass(frozen=True, slots=True)
class RevertPreview:
    """What a revert would do; nothing has been changed yet.

    base: the commit at the tip of `branch`. target: the commit whose files come back. tree: the tree of the commit to
    be made. files: what changes against `base`. undone: newest first; those that aren't `own` are other people's.
    message: the whole commit message. push: whether it will be pushed. pull_request_url: where to open one after the
    push ("" where the forge isn't known or no new branch is made). author: "Name <mail>". signed: it will be signed.
    warnings: what a person should read before they agree (a branch that is checked out, shared files that also
    changed and stay, …).
    """

    request: RevertRequest
    url: str
    branch: str
    new_branch: str
    base: Commit
    target: Commit
    tree: str
    paths: tuple[str, ...]
    files: tuple[FileChange, ...]
    undone: tuple[Undone, ...]
    message: str
    author: str
    push: bool
    signed: bool = False
    pull_request_url: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """The files are at that commit already."""
        return not self.files

    @property
    def others(self) -> tuple[Undone, ...]:
        """Other people's later commits to the same files."""
        return tuple(each for each in self.undone if not each.own)


@dataclass(frozen=True, slots=True)
class RevertResult:
    """What a revert did. commit: the new one's full SHA. branch: where it is now. moved: commits that arrived on the
    branch between preview and push, and lie below it now. notes: what a person has to know or do now."""

    commit: str
    branch: str
    pushed: bool
    pull_request_url: str = ""
    moved: tuple[Commit, ...] = ()
    notes: tuple[str, ...] = ()
