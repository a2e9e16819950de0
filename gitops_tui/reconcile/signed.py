"""Which revisions may be deployed: signed ones, where somebody demands that.

Demands come from the user's setting `require_signed`, from an application's annotation, and from the `signatureKeys` of
its Argo CD project. What can't be shown to satisfy them is shown and never deployed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from gitops_tui.git import Repository
from gitops_tui.git.address import normalised
from gitops_tui.git.signature import counts
from gitops_tui.model.application import Application
from gitops_tui.model.revision import Commit, Signature, SignatureStatus
from gitops_tui.model.text import printable, redact
from gitops_tui.records import dataclass
from gitops_tui.settings import Settings

REQUIRE_ANNOTATION = "gitops-tui.io/require-signed"
SEAL = "Argocd-gpg-seal"
KEYS_ANNOTATION = "gitops-tui.io/signature-keys"


_MOST_ANCESTORS = 2000


@dataclass(frozen=True, slots=True)
class Policy:
    """One demand of an Argo CD project; two that cover one repository are an error of the project. keys: ids of the GPG
    keys that may sign. repos: patterns of the repositories that it is for, none for all ("!" excepts one). mode: "none",
    "head" (the revision) or "strict" (all its ancestors too, back to a commit that seals them)."""

    keys: tuple[str, ...]
    repos: tuple[str, ...] = ()
    mode: str = "head"

    def covers(self, url: str) -> bool:
        # Who asks is no part of which repository it is.
        url = normalised(re.sub(r"^(https?://)[^/@]*@", r"\1", url.strip(), flags=re.IGNORECASE))
        patterns = [(each.startswith("!"), normalised(each.removeprefix("!"))) for each in self.repos]
        hits = [out for out, pattern in patterns if pattern == "*" or fnmatchcase(url, pattern)]
        return not self.repos or (bool(hits) and not any(hits))


class Demands:
    """Who demands what. The projects' demands are known once the cluster is."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._projects: dict[str, tuple[Policy, ...]] = {}
        self._trusted: dict[tuple[str, tuple[str, ...]], set[str]] = {}

    def set_projects(self, projects: Mapping[str, tuple[Policy, ...]], gone: Iterable[str] = ()) -> None:
        """Adds what projects demand, and forgets what those of `gone` did."""
        # Another dict: threads that render read the old one.
        self._projects = {name: each for name, each in self._projects.items() if name not in gone} | dict(projects)

    def _covering(self, app: Application, url: str) -> list[Policy]:
        return [each for each in self._projects.get(app.project, ()) if each.covers(url)]

    def demand(self, app: Application, url: str) -> tuple[tuple[str, ...], str, bool] | None:
        """(keys that may sign, none for any verified one; who demands it; whether of all ancestors) for a source, None
        where nobody does."""
        policy = next(iter(self._covering(app, url)), None)
        if policy is not None and policy.mode != "none":
            # A policy without keys trusts nobody, as in Argo CD.
            return policy.keys or ("-",), f"the project {printable(app.project)}", policy.mode != "head"
        named = app.annotations.get(KEYS_ANNOTATION, "")
        if keys := tuple(each.strip() for each in named.split(",") if each.strip()):
            return keys, f"the annotation {KEYS_ANNOTATION}", False
        if app.annotations.get(REQUIRE_ANNOTATION, "").lower() == "true":
            return (), f"the annotation {REQUIRE_ANNOTATION}", False
        if self._settings.require_signed:
            return (), "the setting require_signed", False
        return None

    def refusal(self, app: Application, repository: Repository, commit: Commit, url: str, revision: str = "") -> str:
        """Why a commit of a source (by its url) must not be deployed, "" where it may. revision: the source's target
        revision: where it is an annotated tag of that commit, the tag's own signature counts (with mode strict the
        commits' as well)."""
        if len(policies := self._covering(app, url)) > 1:
            # Argo CD (util/sourceintegrity, lookupGit): a mistake must not let anything through.
            return (
                f"{len(policies)} sourceIntegrity policies of the project {printable(app.project)} cover "
                f"{printable(redact(url))}: leave it one"
            )
        demanded = self.demand(app, url)
        if demanded is None:
            return ""
        keys, who, strict = demanded
        if commit.working_tree:
            return f"{who} demands signed commits, and uncommitted changes have no signature"
        tag = repository.tag_signature(revision, commit.sha) if revision else None
        why = _why(f"the tag {printable(tag[0])}", tag[1], keys) if tag is not None else ""
        if tag is None or strict:
            why = why or _unsigned(repository, commit, keys)
        if strict:
            why = why or self._ancestors(repository, commit, keys)
        return f"{why}; {who} demands signed commits" if why else ""

    def _ancestors(self, repository: Repository, commit: Commit, keys: tuple[str, ...]) -> str:
        """Why an ancestor does not count, "" where all do. Commits that a trusted key seals end the walk."""
        repository.whole_history()
        known = self._trusted.setdefault((repository.url, keys), set())
        walked: set[str] = set()
        waiting = [commit]
        while waiting:
            each = waiting.pop()
            if each.sha in known or each.sha in walked:
                continue
            if why := _unsigned(repository, each, keys):
                return f"its ancestor {why}"
            walked.add(each.sha)
            if len(walked) > _MOST_ANCESTORS:
                return (
                    f"{commit.short} has more than {_MOST_ANCESTORS:,} ancestors to check: seal the history "
                    f"(git commit -S --trailer '{SEAL}: …')"
                )
            if not any(name.lower() == SEAL.lower() for name, _ in each.trailers):
                waiting += [repository.commit(parent) for parent in each.parents]
        known |= walked
        return ""


def _unsigned(repository: Repository, commit: Commit, keys: tuple[str, ...]) -> str:
    """Why a commit's signature does not count, "" where it does."""
    return _why(commit.short, repository.signature(commit.sha), keys)


def _why(what: str, found: Signature, keys: tuple[str, ...]) -> str:
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
    return f"{what} {why}"
