"""A mirror and its remote: cloning, looking, fetching, objects on demand, pushing.

A mirror is a bare repository of our own. It is cloned without blobs (`--filter=blob:none`) where the server can do that:
commits and trees come first, the contents of files when they are read, many in one go. A look that finds nothing new
costs one `ls-remote`, which is compared with the mirror's own refs, so that a second process profits too.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gitops_tui.errors import (
    CloneError,
    DamagedRepository,
    FetchError,
    GitError,
    GitOpsError,
    GitStopped,
    PushRejected,
)
from gitops_tui.git.access import visit
from gitops_tui.git.address import Address
from gitops_tui.git.command import COMMIT_GRAPH, Stop, run, verdict
from gitops_tui.git.credentials import Credentials
from gitops_tui.git.environment import config_environment
from gitops_tui.git.lock import drop_stale_locks, locked
from gitops_tui.git.lsremote import advertised, head
from gitops_tui.git.paths import parse_refs
from gitops_tui.git.words import network_hint
from gitops_tui.settings import Settings

_REFSPECS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_MANY_PACKS = 40
_PARTIAL = (("remote.origin.promisor", "true"), ("remote.origin.partialclonefilter", "blob:none"))

Progress = Callable[[str], None]
CredentialsFor = Callable[[Address], Credentials]


class Remote:
    """One remote and the folder of its mirror. credentials: asked anew for each visit (a Secret may change)."""

    def __init__(self, folder: Path, address: Address, settings: Settings, credentials: CredentialsFor) -> None:
        self.folder = folder
        self.address = address
        self._settings = settings
        self.credentials = credentials
        self._looked = False
        self._fill = threading.Lock()

    @contextmanager
    def visit(self) -> Iterator[dict[str, str]]:
        """The environment for git commands that speak to this remote, and that may fetch what a partial mirror lacks.

        That it is partial stands nowhere else: for git commands outside of a visit what is not there is simply missing,
        and no question ever reaches the network by itself."""
        partial = _PARTIAL if self.is_partial else ()
        with visit(self.address, self.credentials(self.address)) as env:
            yield config_environment(partial, env)

    def _git(self, env: Mapping[str, str], *args: str, **options: object) -> bytes:
        options = {"timeout": self._settings.git_timeout, "what": self.address.shown, **options}
        # What a fetch lacks it asks for itself. Over HTTP from a plain file server (the "dumb" protocol) git would start a
        # fetch for each object that a fetch looks for, and that one again, without end.
        env = {**env, "GIT_NO_LAZY_FETCH": "1"}
        return run(self.folder, *args, network=True, env=env, **options)  # type: ignore[arg-type]

    def _error(self, kind: type[GitError], doing: str, error: GitOpsError | OSError) -> GitError:
        if isinstance(error, OSError):
            return kind(
                f"{self.address.shown} can't be {doing}: {error.strerror}",
                hint="set cache_folder in the settings to a folder with room that you may write to",
            )
        hint = error.hint or network_hint(error.message, self.address.clean)
        return kind(f"{self.address.shown} can't be {doing}: {error.message}", hint=hint)

    # --- cloning --------------------------------------------------------------------------------------------------

    def is_whole(self) -> bool:
        """Whether the mirror can be used."""
        try:
            run(self.folder, "rev-parse", "--git-dir")
            run(self.folder, "config", "--file", str(self.folder / "config"), "--get", "remote.origin.url")
            # A broken ref is left out with a warning.
            code, words = verdict(self.folder, "for-each-ref", "--format=%(objecttype) %(*objecttype)", timeout=60.0)
            if code or "broken" in words:
                return False
            run(self.folder, "rev-parse", "--verify", "--quiet", "HEAD^{tree}", ok=(0, 1))
        except GitError:
            return False
        return (self.folder / "HEAD").exists() and self.folder.joinpath("complete").exists()

    def clone(self, progress: Progress | None = None, stop: Stop | None = None, *, anew: bool = False) -> None:
        """Makes the mirror, or makes it anew where it is broken (or `anew`, where an object in it is). The old one
        leaves once the new one is whole. Raises CloneError, GitStopped."""
        said = (lambda: progress("waiting for another process that clones it")) if progress else None
        try:
            with locked(self.folder, timeout=self._settings.git_timeout * 4, stop=stop, waiting=said):
                if self.folder.exists() and not anew and self.is_whole():
                    self._configure(self.folder)
                    return
                self._clone(progress, stop)
        except GitStopped:
            raise
        except (GitOpsError, OSError) as error:
            if isinstance(error, OSError) and not anew and self.is_whole():
                return  # a cache folder that can't be written to: what is there can be looked at
            raise self._error(CloneError, "cloned", error) from error

    def _clone(self, progress: Progress | None, stop: Stop | None) -> None:
        for left in self.folder.parent.glob(f"{self.folder.name}.*-*"):
            shutil.rmtree(left, ignore_errors=True)  # of a process that was killed; the lock is ours now
        made = Path(tempfile.mkdtemp(prefix=f"{self.folder.name}.clone-", dir=self.folder.parent))
        kept, self.folder = self.folder, made
        try:
            run(None, "init", "--bare", "--quiet", "--", str(made))
            self._configure(made)
            with self.visit() as env:
                try:
                    self._fetch(env, progress, stop)
                except GitError as error:
                    # git does not choose by itself what SHAs are made by, once a repository is there.
                    wanted = re.search(r"mismatched algorithms: client \w+; server (sha\d+)", error.message)
                    if wanted is None:
                        raise
                    shutil.rmtree(made)
                    run(None, "init", "--bare", "--quiet", f"--object-format={wanted[1]}", "--", str(made))
                    self._configure(made)
                    self._fetch(env, progress, stop)
                self._set_head(env)
            self._keep_quick(made)
            (made / "complete").touch()
            if os.path.lexists(kept):
                broken = Path(tempfile.mkdtemp(prefix=f"{kept.name}.broken-", dir=kept.parent))
                kept.rename(broken / "mirror")
                made.rename(kept)
                shutil.rmtree(broken, ignore_errors=True)
            else:
                made.rename(kept)
        finally:
            self.folder = kept
            if made.exists():
                shutil.rmtree(made, ignore_errors=True)

    def _configure(self, folder: Path) -> None:
        """Writes the mirror's own configuration: never a credential."""
        wanted = {"remote.origin.url": self.address.clean, "core.bare": "true"}
        if not (folder / "complete").exists() and self._settings.git_partial:
            wanted["gitops-tui.partial"] = "true"
        out = run(folder, "config", "--file", str(folder / "config"), "--list", "-z", ok=(0, 1))
        there = dict(each.split("\n", 1) for each in out.decode("utf-8", "replace").split("\0") if "\n" in each)
        for name, value in wanted.items():
            if there.get(name) != value:
                run(folder, "config", "--file", str(folder / "config"), name, value)

    @property
    def is_partial(self) -> bool:
        """Whether blobs may be missing here; once a mirror is partial it stays so."""
        try:
            return "[gitops-tui]" in (self.folder / "config").read_text(encoding="utf-8", errors="replace").lower()
        except OSError:
            return False

    # --- looking and fetching -------------------------------------------------------------------------------------

    def refs(self) -> dict[str, str]:
        """The mirror's branches and tags: full name -> SHA (of the tag itself)."""
        out = run(self.folder, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags")
        return parse_refs(out)

    def fetch(self, *, progress: Progress | None = None, stop: Stop | None = None) -> bool:
        """Brings the mirror up to date; whether anything moved in it. Raises FetchError, GitStopped."""
        try:
            with self.visit() as env:
                if self._looked:
                    out = self._git(env, "ls-remote", "--heads", "--tags", "origin", stop=stop)
                else:
                    out = self._git(env, "ls-remote", "--symref", "origin", stop=stop)
                there = advertised(out)
                if there == self.refs() and (self._looked or self._head_is(out)):
                    self._looked = True
                    self._complete.touch()
                    return False
                with locked(self.folder, timeout=self._settings.git_timeout, stop=stop):
                    drop_stale_locks(self.folder)
                    if there != self.refs():
                        self._fetch(env, progress, stop)
                    self._set_head(env)
                    self._keep_quick(self.folder)
                self._looked = True
                self._complete.touch()
                return True
        except GitStopped:
            raise
        except DamagedRepository:
            raise
        except (GitOpsError, OSError) as error:
            made = self._error(FetchError, "fetched", error)
            made.hint = f"{made.hint}; what was fetched before is still shown"
            raise made from error

    @property
    def _complete(self) -> Path:
        return self.folder / "complete"

    def last_fetched(self) -> datetime | None:
        """When the mirror was last known to be up to date, by any process."""
        try:
            return datetime.fromtimestamp(self._complete.stat().st_mtime, UTC)
        except OSError:
            return None

    def _fetch(self, env: Mapping[str, str], progress: Progress | None, stop: Stop | None) -> None:
        partial = ["--filter=blob:none"] if self.is_partial else []
        self._git(
            env,
            "fetch",
            "--progress" if progress else "--quiet",
            "--prune",
            "--force",
            "--no-auto-gc",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--update-shallow",
            *partial,
            "origin",
            *_REFSPECS,
            progress=progress,
            stop=stop,
        )
        if partial and any(self.refs()) and not any((self.folder / "objects" / "pack").glob("*.promisor")):
            self._is_whole_now()  # a server of plain files leaves nothing out

    def _is_whole_now(self) -> None:
        run(self.folder, "config", "--file", str(self.folder / "config"), "--unset", "gitops-tui.partial", ok=(0, 5))
        # The section stays behind, empty, and `is_partial` looks for it.
        run(self.folder, "config", "--file", str(self.folder / "config"), "--remove-section", "gitops-tui", ok=(0, 128))

    def _set_head(self, env: Mapping[str, str]) -> None:
        out = self._git(env, "ls-remote", "--symref", "origin", "HEAD")
        branch, sha = head(out)
        if branch:
            run(self.folder, "symbolic-ref", "HEAD", branch)
        elif sha:
            run(self.folder, "update-ref", "--no-deref", "HEAD", sha)

    def _head_is(self, out: bytes) -> bool:
        branch, sha = head(out)
        text = (self.folder / "HEAD").read_text(encoding="utf-8", errors="surrogateescape").strip()
        return text == (f"ref: {branch}" if branch else sha) or not (branch or sha)

    def _keep_quick(self, folder: Path) -> None:
        """A commit-graph with the changed paths of each commit makes logs of paths and blame many times quicker; an
        index over all packs keeps reads quick after many fetches. Neither is ever waited for twice, nor needed."""
        try:
            run(folder, *COMMIT_GRAPH, timeout=self._settings.git_timeout)
            if len(list((folder / "objects" / "pack").glob("*.pack"))) > _MANY_PACKS:
                run(folder, "multi-pack-index", "write", "--no-progress", timeout=self._settings.git_timeout)
        except GitError:
            # Only slower: an old git, a full disk (the next fetch says so).
            return

    # --- objects on demand ----------------------------------------------------------------------------------------

    def bring(self, shas: Sequence[str], stop: Stop | None = None) -> None:
        """Fetches objects that the mirror lacks, all in one go. Raises FetchError, GitStopped."""
        if not shas:
            return
        try:
            with self._fill, self.visit() as env:
                try:
                    self._git(
                        config_environment([("fetch.negotiationAlgorithm", "noop")], env),
                        "fetch",
                        "--quiet",
                        "--no-tags",
                        "--no-write-fetch-head",
                        "--no-auto-gc",
                        "--recurse-submodules=no",
                        "--filter=blob:none",
                        "--stdin",
                        "origin",
                        stdin="".join(f"{sha}\n" for sha in shas).encode(),
                        stop=stop,
                    )
                except GitError as error:
                    if "unadvertised object" not in error.message:
                        raise
                    self._bring_all(stop)
        except GitStopped:
            raise
        except (GitOpsError, OSError) as error:
            raise self._error(FetchError, "asked for files", error) from error

    def _bring_all(self, stop: Stop | None) -> None:
        """Everything at once, from a server that leaves contents out and then gives none by their SHA (protocol v0 without
        `uploadpack.allowAnySHA1InWant`)."""
        with visit(self.address, self.credentials(self.address)) as env:
            self._git(
                env, "fetch", "--quiet", "--refetch", "--no-filter", "--force", "--no-write-fetch-head", "--no-auto-gc",
                "--no-recurse-submodules", "origin", *_REFSPECS, stop=stop,
            )  # fmt: skip
        self._is_whole_now()

    def take(self, options: Sequence[str], wanted: str) -> None:
        """Fetches one thing into the folder, without any ref that isn't named. Raises FetchError."""
        try:
            with self._fill, self.visit() as env:
                self._git(
                    env, "fetch", "--quiet", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules",
                    *options, "--end-of-options", self.address.clean, wanted,
                )  # fmt: skip
        except (GitOpsError, OSError) as error:
            raise self._error(FetchError, "fetched", error) from error

    # --- pushing --------------------------------------------------------------------------------------------------

    def push(self, folder: Path, sha: str, branch: str, expected: str, env: Mapping[str, str] | None = None) -> None:
        """Pushes a commit to a branch, only if that still is at `expected` ("" for: is not there yet).

        folder: a repository of ours that has the commit. Raises PushRejected (`.moved` where the lease failed),
        FetchError.
        """
        try:
            with self.visit() as mine:
                run(
                    folder,
                    "push",
                    "--no-verify",
                    "--no-recurse-submodules",
                    "--no-signed",
                    f"--force-with-lease=refs/heads/{branch}:{expected}",
                    self.address.clean,
                    f"{sha}:refs/heads/{branch}",
                    network=True,
                    timeout=self._settings.git_timeout,
                    what=self.address.shown,
                    env={**(env or {}), **mine},
                )
        except GitOpsError as error:
            raise _push_error(self, branch, error) from error


_NO_RIGHT = (
    "not exported",
    "service not enabled",
    "returned error: 403",
    "permission to ",
    "write access to repository",
)


def _push_error(remote: Remote, branch: str, error: GitOpsError) -> GitError:
    text = error.message.lower()
    where = f"{branch} of {remote.address.shown}"
    if any(
        word in text
        for word in ("stale info", "fetch first", "non-fast-forward", "cannot lock ref", "incorrect old value")
    ):
        return PushRejected(f"{where} moved meanwhile", hint="preview the revert again", moved=True)
    if any(word in text for word in _NO_RIGHT) and not any(word in text for word in ("protected", "hook declined")):
        return PushRejected(
            f"the push to {where} was refused: {error.message}",
            hint=f"these credentials may not push there: check whose they are for {remote.address.host}",
        )
    if any(
        word in text
        for word in ("protected", "gh006", "pre-receive", "hook declined", "not allowed", "denied", "rejected")
    ):
        return PushRejected(
            f"the push to {where} was refused: {error.message}",
            hint="push to a new branch (--branch NEW) and open a pull request",
        )
    return remote._error(FetchError, "pushed to", error)
