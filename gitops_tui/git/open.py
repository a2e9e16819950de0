"""Opens a repository: a local folder as it is, a remote one through a bare mirror in the user's cache folder.

A mirror is made in a temporary folder beside its place and moved there when it is whole, so that a broken clone is
never found later; a lock keeps a second process from making the same one.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gitops_tui.errors import CloneError, GitError
from gitops_tui.git.command import run
from gitops_tui.git.lock import locked
from gitops_tui.git.repository import Repository
from gitops_tui.model.text import printable, redact
from gitops_tui.settings import Settings

_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*://")
_SCP = re.compile(r"^(?:[^@/\s:]+@)?[^/\s:]+:(?!//)\S+$")
_ALLOWED = ("https", "http", "ssh", "git", "file")


def is_remote(url: str) -> bool:
    """Whether this is an address and not a folder of this machine."""
    if _SCHEME.match(url):
        return not url.startswith("file://")
    return bool(_SCP.match(url)) and not Path(url).exists()


def open_repository(url: str, *, settings: Settings) -> Repository:
    """A repository by URL (https, ssh, git, scp-like), `file://` or folder. Clones a mirror where there is none yet.

    Raises CloneError that says what is wrong and what to do.
    """
    url = url.strip()
    if not url or url.startswith("-") or "\n" in url or "\0" in url:
        raise CloneError(f"{printable(redact(url))!r} is not a repository", hint="give a URL or a folder")
    if url.startswith("file://"):
        return _open_local(Path(unquote(urlsplit(url).path)), url, settings)
    if is_remote(url):
        scheme = url.split("://", 1)[0].lower() if "://" in url else "ssh"
        if scheme not in _ALLOWED or "::" in url.split("/", 1)[0]:
            raise CloneError(
                f"repositories over {printable(scheme)}:// are not supported", hint=f"use one of {', '.join(_ALLOWED)}"
            )
        return _open_remote(url, settings)
    if "::" in url:
        raise CloneError(f"{printable(redact(url))} uses a command transport, which is never run")
    return _open_local(Path(url).expanduser(), url, settings)


def _open_local(folder: Path, url: str, settings: Settings) -> Repository:
    if not folder.exists():
        raise CloneError(
            f"there is no folder {printable(str(folder))}", hint="give the folder of a Git repository, or its URL"
        )
    folder = folder.resolve()
    if not folder.is_dir():
        raise CloneError(f"{printable(str(folder))} is not a folder")
    try:
        bare = run(folder, "rev-parse", "--is-bare-repository").strip() == b"true"
        if bare:
            top, subfolder = Path(run(folder, "rev-parse", "--absolute-git-dir").decode().strip()), ""
        else:
            top = Path(run(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
            subfolder = run(folder, "rev-parse", "--show-prefix").decode().strip().rstrip("/")
    except GitError as error:
        raise CloneError(
            f"{printable(str(folder))} is not a Git repository: {error.message}",
            hint="run 'git init' and commit there, or give another folder",
        ) from error
    return Repository(top, url=printable(redact(url)), is_local=True, subfolder=subfolder, settings=settings)


def mirror_folder(url: str, settings: Settings) -> Path:
    """Where a remote repository's mirror stands: named without its credentials."""
    clean = redact(url).rstrip("/").removesuffix(".git")
    tail = re.sub(r"[^a-zA-Z0-9._-]+", "-", clean.rsplit("/", 1)[-1])[:40]
    return settings.cache_folder / "repositories" / f"{tail}-{hashlib.sha256(clean.encode()).hexdigest()[:16]}"


def _open_remote(url: str, settings: Settings) -> Repository:
    place = mirror_folder(url, settings)
    try:
        with locked(place):
            if place.exists() and not _is_whole(place):
                shutil.rmtree(place)
            if not place.exists():
                _clone(url, place, settings)
    except OSError as error:
        raise CloneError(
            f"the mirror of {redact(url)} can't be kept in {place.parent}: {error.strerror}",
            hint="set cache_folder in the settings to a folder with room that you may write to",
        ) from error
    return Repository(place, url=printable(redact(url)), is_local=False, remote=url, settings=settings)


def _is_whole(place: Path) -> bool:
    try:
        run(place, "rev-parse", "--git-dir")
        run(place, "for-each-ref", "--count=1")
    except GitError:
        return False
    return True


def _clone(url: str, place: Path, settings: Settings) -> None:
    made = Path(tempfile.mkdtemp(prefix="clone-", dir=place.parent))
    try:
        run(None, "init", "--bare", "--quiet", "--", str(made))
        mirror = Repository(made, url=printable(redact(url)), is_local=False, remote=url, settings=settings)
        try:
            mirror.fetch_all()
        except GitError as error:
            raise CloneError(f"{redact(url)} can't be cloned: {error.message}", hint=_hint(str(error), url)) from error
        finally:
            mirror.close()
        made.rename(place)
    finally:
        if made.exists():
            shutil.rmtree(made, ignore_errors=True)


def _hint(text: str, url: str) -> str:
    host = printable(urlsplit(redact(url)).hostname or redact(url).split(":", 1)[0].rsplit("@", 1)[-1])
    lower = text.lower()
    if "host key verification failed" in lower:
        return f"check the host's key and add it: ssh-keyscan {host} >> ~/.ssh/known_hosts"
    if "permission denied" in lower:
        return f"check your ssh key: ssh -T git@{host}"
    if "could not read username" in lower or "authentication failed" in lower or "403" in lower:
        return "set up a credential helper for git, or check the token; try: git ls-remote with the same URL"
    if "could not resolve" in lower:
        return "check the host name and your network"
    if "not found" in lower or "does not appear to be a git repository" in lower or "404" in lower:
        return "check the URL, and whether you may read the repository"
    return "try: git ls-remote with the same URL"


__all__ = ["is_remote", "locked", "mirror_folder", "open_repository"]
