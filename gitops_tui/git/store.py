"""Where git runs for a repository, and how what was read is kept."""

from __future__ import annotations

import shlex
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gitops_tui.errors import DamagedRepository, GitError
from gitops_tui.git.command import run
from gitops_tui.git.objects import CatFile
from gitops_tui.git.paths import parse_refs
from gitops_tui.model.text import printable
from gitops_tui.settings import Settings

if TYPE_CHECKING:
    from gitops_tui.git.remote import Remote

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_KEPT = 4096


class Store:
    """A local repository or the mirror of a remote one.

    folder: where its git data is. url: for showing, free of credentials. subfolder: where inside the work tree the
    folder given by the user is ("" for its root). remote: None for a local one. lacks_contents: a local one that the user
    cloned without the contents of files.
    """

    def __init__(
        self, folder: Path, *, url: str, settings: Settings, subfolder: str = "", remote: Remote | None = None
    ) -> None:
        self.folder = folder
        self.url = url
        self.subfolder = subfolder
        self.remote = remote
        self.settings = settings
        self.env: dict[str, str] = {}
        self.lacks_contents = False
        self._objects = CatFile(folder, env=self.env, timeout=settings.git_timeout)
        self._lock = threading.Lock()

    @property
    def is_local(self) -> bool:
        return self.remote is None

    @property
    def is_partial(self) -> bool:
        """Whether blobs may have to be fetched before they can be read."""
        return self.remote is not None and self.remote.is_partial

    def git(self, *args: str, **options: object) -> bytes:
        """Runs git here; no network."""
        options = {"timeout": self.settings.git_timeout, "env": self.env, **options}
        try:
            return run(self.folder, *args, **options)  # type: ignore[arg-type]
        except GitError as error:
            if isinstance(error, DamagedRepository) or "from promisor remote" in error.message:
                raise self._damaged(error) from error
            raise

    def _damaged(self, error: GitError) -> GitError:
        """What the user's own partial clone lacks is not damaged; nothing is fetched into it behind the user's back."""
        if not self.lacks_contents:
            return error
        return GitError(
            f"{self.url} is a partial clone, which lacks contents of files that are needed: {error.message}",
            hint=f"git -C {shlex.quote(printable(str(self.folder)))} fetch --refetch --no-filter, or give its remote's URL "
            "instead of the folder",
        )

    def git_with_blobs(self, *args: str, **options: object) -> bytes:
        """Runs git here; in a mirror of our own it may fetch the blobs that it lacks."""
        if self.remote is None or not self.is_partial:
            return self.git(*args, **options)
        with self.remote.visit() as env:
            return self.git(*args, network=True, **{**options, "env": {**self.env, **env}})

    def _head(self) -> str:
        return self.git("rev-parse", "--symbolic-full-name", "HEAD", ok=(0, 128)).decode("utf-8", "replace").strip()

    def refs(self) -> dict[str, str]:
        """Branches, tags and remote branches: full name -> SHA (of the tag itself); "HEAD" -> its SHA."""
        out = self.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags", "refs/remotes")
        head = self.git("rev-parse", "--verify", "--quiet", "HEAD", ok=(0, 1, 128)).decode().strip()
        return {**parse_refs(out), "HEAD": head, "@": self._head()}

    def _cached(self, kept: OrderedDict[K, V], key: K, make: Callable[[], V], most: int = _KEPT) -> V:
        with self._lock:
            if key in kept:
                kept.move_to_end(key)
                return kept[key]
        made = make()
        with self._lock:
            kept[key] = made
            while len(kept) > most:
                kept.popitem(last=False)
        return made
