"""What is asked of Git about one application: its log, a commit, who set a field, signatures, reverting. Blocking; called
in threads by the engine's futures (`git_api`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from gitops_tui.errors import CloneError, RevertRefused
from gitops_tui.git import Repository
from gitops_tui.git.open import is_remote, remote_for
from gitops_tui.model.application import Application
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.revision import BlameLine, Commit, Signature
from gitops_tui.model.snapshot import RepositoryState
from gitops_tui.model.text import printable
from gitops_tui.reconcile.repositories import Repositories
from gitops_tui.records import replace
from gitops_tui.render.fields import places_of_field
from gitops_tui.settings import Settings

if TYPE_CHECKING:
    from gitops_tui.git.remote import Remote
    from gitops_tui.model.change import CommitDetail, FileChange
    from gitops_tui.model.revert import RevertPreview, RevertRequest, RevertResult

_MOST_REMOVALS = 2_000
P = ParamSpec("P")
T = TypeVar("T")


def _sure(
    question: Callable[Concatenate[GitQuestions, Application, P], T],
) -> Callable[Concatenate[GitQuestions, Application, P], T]:
    """Asks again where a damaged mirror was cloned anew meanwhile."""

    @wraps(question)
    def asked(self: GitQuestions, app: Application, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.repositories.sure(app, lambda: question(self, app, *args, **kwargs))

    return asked


class GitQuestions:
    """The questions of one engine."""

    def __init__(self, repositories: Repositories, settings: Settings) -> None:
        self.repositories = repositories
        self._settings = settings
        self._removals: dict[tuple[object, ...], BlameLine | None] = {}

    def _repository(self, app: Application) -> Repository:
        return self.repositories.open(app.source.address)

    def troubles(self, app: Application) -> list[RepositoryState]:
        """The application's repositories that were read once and can't be fetched now. Costs nothing."""
        states = [self.repositories.state(source.address) for source in app.sources]
        return [each for each in states if each is not None and each.error and each.fetched is not None]

    @_sure
    def resolve(self, app: Application, revision: str) -> Commit:
        return self._repository(app).resolve(revision)

    @_sure
    def log(self, app: Application, limit: int, skip: int, *, first_parent: bool = True) -> list[Commit]:
        """The commits that touch what the application depends on, as its branch has it now."""
        repository = self._repository(app)
        target = repository.resolve(app.source.target_revision)
        paths = self.repositories.paths(app, target)
        return repository.log(target.sha, paths, limit=limit, skip=skip, first_parent=first_parent)

    @_sure
    def newest(self, app: Application, target: Commit, revision: str) -> str:
        """The newest commit up to `revision` that touches what the application depends on at `target`; "" for none."""
        page = self._repository(app).log(revision, self.repositories.paths(app, target), limit=1)
        return page[0].sha if page else ""

    @_sure
    def between(self, app: Application, target: Commit, old: str) -> int:
        """How many commits of the application lie after `old` up to `target`; -1 where `old` is no ancestor."""
        return self._repository(app).count(old, target.sha, self.repositories.paths(app, target))

    @_sure
    def changes(self, app: Application, old: str, new: str) -> tuple[FileChange, ...]:
        """What lies between any two commits in what the application depends on; Secrets masked."""
        from gitops_tui.git.detail import changes

        repository = self._repository(app)
        ends = (repository.commit(old), repository.commit(new))
        paths = dict.fromkeys(path for end in ends for path in self.repositories.paths(app, end))
        return changes(repository, [old, new], tuple(paths))[0]

    @_sure
    def commit_detail(self, app: Application, sha: str) -> CommitDetail:
        repository = self._repository(app)
        return repository.commit_detail(sha, self.repositories.paths(app, repository.commit(sha)))

    @_sure
    def commit_diff(self, app: Application, sha: str) -> str:
        repository = self._repository(app)
        return repository.commit_diff(sha, self.repositories.paths(app, repository.commit(sha)))

    @_sure
    def signature(self, app: Application, sha: str) -> Signature:
        return self._repository(app).signature(sha)

    @_sure
    def blame(self, app: Application, revision: str, path: str, line: int) -> BlameLine | None:
        return self._repository(app).blame_line(revision, path, line)

    @_sure
    def blame_field(self, app: Application, revision: str, manifest: Manifest, field: str) -> BlameLine | None:
        """Who last set the line of a field in Git; None where no line sets it (a default of a chart, a generator)."""
        repository = self._repository(app)
        commit = repository.commit(revision)
        paths = self.repositories.paths(app, commit)
        for place in places_of_field(repository, commit, paths, manifest, field, app.source):
            # A value of several lines was set by whoever changed one of them last.
            found = repository.blame(commit.sha, place.path, place.lines)
            if found:
                # The line itself may hold what is masked everywhere else; who and when is what was asked.
                return replace(max(found.values(), key=lambda each: each.time), text="")
        return None

    @_sure
    def removals(
        self, app: Application, revision: str, manifest: Manifest, fields: Sequence[str]
    ) -> dict[str, BlameLine]:
        """The commit that took each of these fields out of Git, where one is found; kept for the revision."""
        from gitops_tui.render.lost import Lost

        repository = self._repository(app)
        commit = repository.commit(revision)
        lost: Lost | None = None
        found: dict[str, BlameLine] = {}
        for field in fields:
            key = (app.source.address, commit.sha, manifest.key, field)
            if key not in self._removals:
                if lost is None:
                    lost = Lost(repository, commit, self.repositories.paths(app, commit), manifest)
                made = lost.taken_out(field)
                while len(self._removals) >= _MOST_REMOVALS:
                    with suppress(StopIteration, KeyError):  # another thread was there first
                        del self._removals[next(iter(self._removals))]
                self._removals[key] = made
            if (known := self._removals.get(key)) is not None:
                found[field] = known
        return found

    @_sure
    def refusal(self, app: Application, revision: str) -> tuple[str, str] | None:
        """(why, what to do) where a revision must not be deployed: it is not signed as demanded, or not committed."""
        if not revision:
            return None
        repository = self._repository(app)
        if repository.is_working_tree(revision):
            return "these are uncommitted changes: they can be looked at, and are never deployed", "commit them"
        first = app.source
        why = self.repositories.demands.refusal(
            app, repository, repository.commit(revision), first.repo_url, first.target_revision
        )
        for source in app.sources[1:]:
            other = self.repositories.open(source.address)
            target = other.resolve(source.target_revision)
            why = why or self.repositories.demands.refusal(app, other, target, source.repo_url, source.target_revision)
        return (why, "sign the commit with a key that counts") if why else None

    # --- reverting ------------------------------------------------------------------------------------------------

    @_sure
    def preview_revert(self, app: Application, request: RevertRequest) -> RevertPreview:
        """Raises RevertRefused and the errors of git."""
        repository = self._repository(app)
        if repository.remote is not None:
            repository.fetch(stop=self.repositories.stop)
        branch = request.branch or self._branch(app, repository)
        target = repository.resolve(request.revision)
        tip = repository.resolve(f"refs/heads/{branch.removeprefix('refs/heads/')}")
        paths = request.paths or (app.source.path,)
        warnings: list[str] = []
        if not request.paths:
            paths, warnings = self._own_paths(app, repository, target, tip)
        asked = replace(request, branch=branch, paths=paths, application=request.application or app.name)
        from gitops_tui.git.revert import preview

        found = preview(repository, asked, self._origin(repository, request))
        if len(app.sources) > 1:
            warnings.append("the application has several sources; only the first one is reverted")
        return replace(found, warnings=(*found.warnings, *warnings))

    def _own_paths(
        self, app: Application, repository: Repository, target: Commit, tip: Commit
    ) -> tuple[tuple[str, ...], list[str]]:
        """The folder, and what else it is built of where no other application uses that too."""
        both = dict.fromkeys((*self.repositories.paths(app, tip), *self.repositories.paths(app, target)))
        kept: list[str] = []
        warnings: list[str] = []
        for path in both:
            users = self.repositories.users_of(app.source.address, path, app)
            if path == next(iter(both)) or not users:
                kept.append(path)
            elif repository.touched(target.sha, tip.sha, {"it": [path]}):
                warnings.append(
                    f"{printable(path)} changed too and stays as it is: {', '.join(printable(each) for each in users[:3])}"
                    f"{' …' if len(users) > 3 else ''} {'use' if len(users) > 1 else 'uses'} it as well"
                )
        return tuple(kept), warnings

    def _branch(self, app: Application, repository: Repository) -> str:
        followed = app.source.target_revision
        name = repository.symbol(followed).removeprefix("refs/heads/")
        if not repository.find(f"refs/heads/{name}", ""):
            raise RevertRefused(
                f"{app.name} follows {printable(followed)}, which is no branch",
                hint="say which branch with --onto BRANCH",
            )
        return name

    def _origin(self, repository: Repository, request: RevertRequest) -> Remote | None:
        """Where a local repository pushes to, by its own configuration; only asked where a push is wanted."""
        if repository.remote is not None or not request.push:
            return None
        names = repository.git("remote").decode("utf-8", "replace").split()
        name = "origin" if "origin" in names else next(iter(names), "")
        if not name:
            raise RevertRefused(f"{repository.url} has no remote to push to", hint="leave --push out, or add a remote")
        url = repository.git("remote", "get-url", "--push", "--", name).decode("utf-8", "surrogateescape").strip()
        if not is_remote(url) and not url.startswith(("/", "file:///")):
            raise CloneError(f"the remote {printable(name)} of {repository.url} has an address that is not pushed to")
        return remote_for(url, self._settings, self.repositories.credentials)

    def revert(self, app: Application, found: RevertPreview) -> RevertResult:
        """Raises RevertRefused, PushRejected, FetchError."""
        from gitops_tui.git.revert import carry_out

        repository = self._repository(app)
        request = replace(found.request, push=found.push)
        return carry_out(repository, found, self._origin(repository, request))
