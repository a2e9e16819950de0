"""Opens a repository: a local folder as it is, a remote one through a bare mirror in the user's cache folder.

A mirror is made in a temporary folder beside its place and moved there when it is whole, so that a broken clone is
never found later; a lock keeps a second process from making the same one.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from gitops_tui.errors import CloneError, GitError
from gitops_tui.git.address import Address, is_remote
from gitops_tui.git.command import Stop, run
from gitops_tui.git.credentials import Credentials, Keyring
from gitops_tui.git.repository import Repository
from gitops_tui.model.text import printable, redact
from gitops_tui.settings import Settings

if TYPE_CHECKING:
    from gitops_tui.git.remote import CredentialsFor, Progress, Remote


def open_repository(
    url: str,
    *,
    settings: Settings,
    credentials: CredentialsFor | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Repository:
    """A repository by URL (https, ssh, git, scp-like), `file://` or folder. Clones a mirror where there is none yet;
    `progress` is told how far that is, `stop` ends it.

    Raises CloneError that says what is wrong and what to do, GitStopped.
    """
    repository = _opened(url.strip(), settings, credentials, progress, stop)
    if settings.submodules:
        from gitops_tui.git.submodules import Submodules

        repository.submodules = Submodules(credentials)
    return repository


def _opened(
    url: str, settings: Settings, credentials: CredentialsFor | None, progress: Progress | None, stop: Stop | None
) -> Repository:
    if not url or url.startswith("-") or any(char in url for char in "\n\r\0"):
        raise CloneError(f"{printable(redact(url))!r} is not a repository", hint="give a URL or a folder")
    if url.lower().startswith("file://"):
        parts = urlsplit(url)
        if parts.netloc not in ("", "localhost"):
            raise CloneError(f"{printable(redact(url))} names another machine", hint="use file:///path")
        return _open_local(Path(unquote(parts.path)), url, settings)
    if is_remote(url):
        remote = remote_for(url, settings, credentials)
        remote.clone(progress, stop)
        return Repository(remote.folder, url=remote.address.shown, settings=settings, remote=remote)
    if "::" in url:
        raise CloneError(f"{printable(redact(url))} uses a command transport, which is never run")
    return _open_local(Path(url).expanduser(), url, settings)


def remote_for(url: str, settings: Settings, credentials: CredentialsFor | None = None) -> Remote:
    """The remote of a URL with its mirror's place; touches nothing. Raises CloneError."""
    own = Address.parse(url)

    def ask(address: Address) -> Credentials:
        # The URL's own name and password stay in this closure: the address that travels has none.
        return (credentials or Keyring().for_address)(own if own.password or own.user else address)

    from gitops_tui.git.remote import Remote

    return Remote(mirror_folder(url, settings), own.without_password(), settings, ask)


def _open_local(folder: Path, url: str, settings: Settings) -> Repository:
    try:
        if not folder.exists():
            raise CloneError(
                f"there is no folder {printable(str(folder))}", hint="give the folder of a Git repository, or its URL"
            )
        folder = folder.resolve()
        if not folder.is_dir():
            raise CloneError(f"{printable(str(folder))} is not a folder")
    except (OSError, RuntimeError, ValueError) as error:
        raise CloneError(f"{printable(str(folder))} can't be opened: {error}") from error
    try:
        # The folder comes first, since a name may hold a line feed; the answers behind it don't.
        asked = ("--is-inside-work-tree", "--is-bare-repository", "--is-shallow-repository")
        git_dir, *inside, shallow = _one(run(folder, "rev-parse", "--absolute-git-dir", *asked)).rsplit("\n", 3)
        top, subfolder = Path(git_dir), ""
        if inside == ["true", "false"]:
            work_tree = Path(_one(run(folder, "rev-parse", "--show-toplevel")))
            # A repository's own core.worktree may name a folder that is another repository's.
            if _one(run(work_tree, "rev-parse", "--absolute-git-dir", ok=(0, 128))) == git_dir:
                top = work_tree
                if folder != work_tree:
                    subfolder = _one(run(folder, "rev-parse", "--show-prefix")).rstrip("/")
    except GitError as error:
        raise CloneError(
            f"{printable(str(folder))} is not a Git repository: {error.message}",
            hint="run 'git init' and commit there, or give another folder",
        ) from error
    repository = Repository(top, url=printable(redact(url)), settings=settings, subfolder=subfolder)
    partial = run(folder, "config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$", ok=(0, 1))
    repository.lacks_contents = bool(partial.strip())
    if shallow == "true":
        from gitops_tui.git.shallow import deepen_when_asked

        deepen_when_asked(repository)
    return repository


def _one(out: bytes) -> str:
    return out.decode("utf-8", "surrogateescape").removesuffix("\n")


def mirror_folder(url: str, settings: Settings) -> Path:
    """Where a remote repository's mirror stands: named without its credentials."""
    clean = Address.parse(url).clean.rstrip("/").removesuffix(".git")
    tail = re.sub(r"[^a-zA-Z0-9._-]+", "-", clean.rsplit("/", 1)[-1])[:40]
    return settings.cache_folder / "repositories" / f"{tail}-{hashlib.sha256(clean.encode()).hexdigest()[:16]}"


def identity(url: str, settings: Settings) -> str:
    """The same for all spellings of one repository: with or without ".git" and credentials."""
    try:
        return str(mirror_folder(url, settings)) if is_remote(url.strip()) else url.strip()
    except CloneError:
        return url


__all__ = ["identity", "is_remote", "mirror_folder", "open_repository", "remote_for"]
