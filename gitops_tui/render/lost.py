"""Which commit took a field out of the files of Git.

The commits that touch the object's file are gone through, newest first, until one has no such field where a parent of it has.
Bounded by their number and by time; each version of a file is read once. What Kustomize makes is looked for as `fields`
does it, what a chart's template makes has no such line.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from gitops_tui.errors import GitOpsError
from gitops_tui.git import Repository
from gitops_tui.git.blame import bring_versions
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.revision import BlameLine, Commit
from gitops_tui.render.fields import place_in, places_of_field
from gitops_tui.render.yamlplaces import Place

_MOST_COMMITS = 400
_MOST_BUILT = 60
_SECONDS = 4.0


class Lost:
    """The fields that one object has lost, at one commit of one repository. Blocking; used by one thread at a time.

    paths: what the application is built of there.
    """

    def __init__(self, repository: Repository, commit: Commit, paths: Sequence[str], manifest: Manifest) -> None:
        self._repository, self._commit, self._paths, self._manifest = repository, commit, tuple(paths), manifest
        self._until = time.monotonic() + _SECONDS
        self._blobs: dict[tuple[str, str], Place | None] = {}
        self._commits: list[Commit] | None = None

    def taken_out(self, field: str) -> BlameLine | None:
        """The commit that took the field out, with the place where it stood before; None where that is not found within
        the bounds. Raises the errors of git."""
        for commit in self._touching():
            if time.monotonic() > self._until:
                return None
            if self._place(commit.sha, field) is not None:
                # It is there: whatever took it out came by a merge that git counts to another commit.
                return None
            for parent in commit.parents:
                before = self._place(parent, field)
                if before is not None:
                    return BlameLine(
                        commit=commit.sha,
                        author=commit.author,
                        author_email=commit.author_email,
                        time=commit.author_time,
                        subject=commit.subject,
                        path=before.path,
                        line=before.first,
                        pull_request=commit.pull_request,
                    )
        return None

    def _touching(self) -> list[Commit]:
        if self._commits is None:
            origin = self._manifest.origin
            plain = bool(origin.line)
            paths = (origin.path,) if plain else self._paths
            if plain:
                bring_versions(self._repository, self._commit.sha, origin.path)
            most = _MOST_COMMITS if plain else _MOST_BUILT
            self._commits = self._repository.log(self._commit.sha, paths, limit=most, first_parent=False, follow=False)
        return self._commits

    def _place(self, commit: str, field: str) -> Place | None:
        origin = self._manifest.origin
        if not origin.line:
            return self._built(commit, field)
        found = self._repository.find(commit, origin.path)
        if found is None or found[0] != "blob":
            return None
        key = (found[1], field)
        if key not in self._blobs:
            content = self._repository.read_many([found[1]])[0]
            self._blobs[key] = place_in(content, origin.path, self._manifest, field)
        return self._blobs[key]

    def _built(self, commit: str, field: str) -> Place | None:
        key = (commit, field)
        if key not in self._blobs:
            try:
                at = self._repository.commit(commit)
                self._blobs[key] = next(
                    iter(places_of_field(self._repository, at, self._paths, self._manifest, field)), None
                )
            except GitOpsError:
                # A folder that was not there yet.
                self._blobs[key] = None
        return self._blobs[key]
