"""A local shallow clone lacks the history that a log, a blame or a revert asks for.

It is deepened by itself, and yet nothing is written to the user's repository: the history comes into our own mirror of
the remote that it was cloned from, and git reads the local repository together with the mirror's objects, without its
`shallow` file. A clone whose remote can't be reached stays as it is, and says so where the history ends.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from gitops_tui.errors import GitOpsError
from gitops_tui.model.text import printable, redact

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository


class Deepening:
    """Deepens one local repository once. note: why it could not ("" where it could, or nobody asked yet)."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._lock = threading.Lock()
        self._done = False
        self.note = ""

    def ask(self) -> None:
        """Blocking; afterwards the repository's history is whole, or `note` says why it isn't."""
        with self._lock:
            if not self._done:
                self._done = True
                self._deepen()

    def _deepen(self) -> None:
        from gitops_tui.git.open import is_remote, open_repository

        repository = self._repository
        url = repository.git("config", "--get", "remote.origin.url", ok=(0, 1)).decode("utf-8", "replace").strip()
        if not url:
            self.note = f"{repository.url} is a shallow clone without a remote: its history ends early"
            return
        try:
            source = open_repository(url, settings=repository.settings)
            if is_remote(url):
                source.fetch()
            objects = source.git("rev-parse", "--git-path", "objects").decode("utf-8", "surrogateescape").strip()
            place = os.path.join(source.folder, objects)  # noqa: PTH118 - it may be absolute already
        except GitOpsError as error:
            self.note = (
                f"{repository.url} is a shallow clone, and the rest of its history can't be had from "
                f"{printable(redact(url))}: {error.message}"
            )
            return
        ends = repository.git("rev-list", "--max-parents=0", "--all", ok=(0, 128)).decode().split()
        env = {
            **repository.env,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(
                each for each in (_quoted(place), repository.env.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")) if each
            ),
            "GIT_SHALLOW_FILE": os.devnull,
        }
        try:
            for end in ends:
                repository.git("rev-list", "--count", "--end-of-options", end, env=env)
        except GitOpsError:
            self.note = (
                f"{repository.url} is a shallow clone of commits that {printable(redact(url))} does not have any more: "
                f"its history ends early"
            )
            return
        repository.env.update(env)
        repository.restart()


def _quoted(path: str) -> str:
    """As git reads the entries of that variable."""
    if os.pathsep in path or path.startswith('"'):
        return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return path


def deepen_when_asked(repository: Repository) -> None:
    """Lets the repository ask for the rest of its history when somebody asks for history."""
    repository.deepening = Deepening(repository)
