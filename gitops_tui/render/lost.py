"""Which commit took a field out of the files of Git.

The commits that touch the object's file are gone through, newest first, until one has no such field where a parent of it has.
Where the object came from another file of the application, it goes on in that one. Bounded by their number and by time; each
version of a file is read once. What Kustomize makes is looked for as `fields` does it, what a chart's template makes has no
such line.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from gitops_tui.errors import GitOpsError
from gitops_tui.git import Repository
from gitops_tui.git.blame import bring_versions
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.revision import BlameLine, Commit
from gitops_tui.records import replace
from gitops_tui.render.fields import manifest_files, place_in, places_of_field
from gitops_tui.render.yamlplaces import Place

_MOST_COMMITS = 400
_MOST_BUILT = 60
_SECONDS = 4.0
# How often an object may have come from another file.
_MOST_FILES = 8


class Lost:
    """The fields that one object has lost, at one commit of one repository. Blocking; used by one thread at a time.

    paths: what the application is built of there.
    """

    def __init__(self, repository: Repository, commit: Commit, paths: Sequence[str], manifest: Manifest) -> None:
        self._repository, self._commit, self._paths, self._manifest = repository, commit, tuple(paths), manifest
        self._until = time.monotonic() + _SECONDS
        self._blobs: dict[tuple[str, str], Place | None] = {}
        self._commits: dict[tuple[str, str], list[Commit]] = {}

    def taken_out(self, field: str) -> BlameLine | None:
        """The commit that took the field out, with the place where it stood before; None where that is not found within
        the bounds. Raises the errors of git."""
        file = self._manifest.origin.path if self._manifest.origin.line else ""
        start = self._commit.sha
        for _ in range(_MOST_FILES):
            found, came = self._within(start, file, field)
            if found is not None or came is None:
                return found
            # Before that commit the object stood in another file.
            start, file = came
        return None

    def _within(self, start: str, file: str, field: str) -> tuple[BlameLine | None, tuple[str, str] | None]:
        """As `taken_out`, as long as the object stood in one file; and the commit before that, with the file that it
        came from. file: "" for what is built."""
        for commit in self._touching(start, file):
            if time.monotonic() > self._until or self._place(commit.sha, file, field) is not None:
                # It is there: whatever took it out came by a merge that git counts to another commit.
                return None, None
            for parent in commit.parents:
                before = self._place(parent, file, field)
                came = self._came_from(parent, file) if before is None and file else ""
                if came:
                    before = self._place(parent, came, field)
                if before is not None:
                    return _line(commit, before), None
                if came:
                    return None, (parent, came)
        return None, None

    def _touching(self, start: str, file: str) -> list[Commit]:
        made = self._commits.get((start, file))
        if made is None:
            if file:
                bring_versions(self._repository, start, file)
            paths, most = ((file,), _MOST_COMMITS) if file else (self._paths, _MOST_BUILT)
            made = self._repository.log(start, paths, limit=most, first_parent=False, follow=False)
            self._commits[start, file] = made
        return made

    def _place(self, commit: str, file: str, field: str) -> Place | None:
        if not file:
            return self._built(commit, field)
        found = self._repository.find(commit, file)
        if found is None or found[0] != "blob":
            return None
        key = (found[1], field)
        if key not in self._blobs:
            content = self._repository.read_many([found[1]])[0]
            self._blobs[key] = place_in(content, file, self._manifest, field)
        place = self._blobs[key]
        # One content may stand in several files.
        return None if place is None else replace(place, path=file)

    def _came_from(self, commit: str, file: str) -> str:
        """The other file of the application that holds the object at a commit, where this one doesn't; "" for none."""
        if self._place(commit, file, "metadata.name") is not None:
            return ""
        others = [each for each in manifest_files(self._repository, commit, self._paths) if each.path != file]
        contents = self._repository.read_many([each.sha for each in others])
        for entry, content in zip(others, contents, strict=True):
            key = (entry.sha, "metadata.name")
            if key not in self._blobs:
                self._blobs[key] = place_in(content, entry.path, self._manifest, "metadata.name")
            if self._blobs[key] is not None:
                return entry.path
        return ""

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


def _line(commit: Commit, before: Place) -> BlameLine:
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
