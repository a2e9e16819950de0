"""Which revisions may be deployed: signed ones, where somebody demands that.

Demands come from the user's setting `require_signed`, from an application's annotation, and from the `signatureKeys` of
its Argo CD project. What can't be shown to satisfy them is shown and never deployed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gitops_tui.git import Repository
from gitops_tui.git.address import normalised
from gitops_tui.git.signature import counts
from gitops_tui.model.application import Application
from gitops_tui.model.revision import Commit, SignatureStatus
from gitops_tui.model.text import printable
from gitops_tui.settings import Settings

REQUIRE_ANNOTATION = "gitops-tui.io/require-signed"
KEYS_ANNOTATION = "gitops-tui.io/signature-keys"


@dataclass(frozen=True, slots=True)
class Policy:
    """One demand of an Argo CD project. keys: ids of the GPG keys that may sign. repos: patterns of the repositories that
    it is for, none for all ("!" excepts one)."""

    keys: tuple[str, ...]
    repos: tuple[str, ...] = ()

    def covers(self, url: str) -> bool:
        url = normalised(url)
        patterns = [(each.startswith("!"), normalised(each.removeprefix("!"))) for each in self.repos]
        hits = [out for out, pattern in patterns if pattern == "*" or fnmatchcase(url, pattern)]
        return not self.repos or (bool(hits) and not any(hits))


class Demands:
    """Who demands what. The projects' demands are known once the cluster is."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._projects: dict[str, tuple[Policy, ...]] = {}

    def set_projects(self, projects: Mapping[str, tuple[Policy, ...]]) -> None:
        """Adds what projects demand."""
        self._projects.update(projects)

    def keys(self, app: Application, url: str) -> tuple[tuple[str, ...], str] | None:
        """(keys that may sign, none for any verified one; who demands it) for a source, None where nobody does."""
        keys = tuple(key for each in self._projects.get(app.project, ()) if each.covers(url) for key in each.keys)
        if keys:
            return keys, f"the project {printable(app.project)}"
        named = app.annotations.get(KEYS_ANNOTATION, "")
        if keys := tuple(each.strip() for each in named.split(",") if each.strip()):
            return keys, f"the annotation {KEYS_ANNOTATION}"
        if app.annotations.get(REQUIRE_ANNOTATION, "").lower() == "true":
            return (), f"the annotation {REQUIRE_ANNOTATION}"
        if self._settings.require_signed:
            return (), "the setting require_signed"
        return None

    def refusal(self, app: Application, repository: Repository, commit: Commit, url: str) -> str:
        """Why a commit of a source (by its url) must not be deployed, "" where it may."""
        demanded = self.keys(app, url)
        if demanded is None:
            return ""
        keys, who = demanded
        if commit.working_tree:
            return f"{who} demands signed commits, and uncommitted changes have no signature"
        found = repository.signature(commit.sha)
        if counts(found, keys):
            return ""
        if found.status is SignatureStatus.NONE:
            why = "is not signed"
        elif found.status is SignatureStatus.VERIFIED:
            why = f"is signed by {printable(found.signer or found.key)}, whose key is not among those allowed"
        else:
            by = f" by {printable(found.signer or found.key)}" if found.signer or found.key else ""
            why = f"has a signature{by} that does not count: {found.status.value}"
            why += f" ({printable(found.detail)})" if found.detail else ""
        return f"{commit.short} {why}; {who} demands signed commits"
