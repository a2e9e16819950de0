"""Which commit a revision names, as Argo CD resolves it (util/git/client.go, lsRemote; util/versions/tags.go):
a full SHA, then a semver range on tags, then branches and tags by name, then a short SHA."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, NoReturn

from gitops_tui.errors import DamagedRepository, GitError, RevisionNotFound
from gitops_tui.git.log import LOG_FORMAT, parse_log
from gitops_tui.git.semver import is_range, newest
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository
    from gitops_tui.git.store import Store

SHA = re.compile(r"^[0-9a-f]{40}([0-9a-f]{24})?\Z")


def resolve(repository: Repository, revision: str) -> Commit:
    """See `Repository.resolve`."""
    revision = revision.strip() or "HEAD"
    ranged = is_range(revision)
    odd = any(c in revision for c in "\n\0 :^~?[\\") or ".." in revision or "@{" in revision
    if revision.startswith("-") or (odd and not ranged):
        raise RevisionNotFound(f"{printable(revision)!r} is not a revision", hint="give a branch, a tag or a SHA")
    if revision == "HEAD":
        sha = verify(repository, "HEAD")
        if not sha:
            _no_head(repository)
        return repository.commit(sha)
    if SHA.match(revision) and (sha := verify(repository, revision)):
        return repository.commit(sha)
    if ranged:
        tags = repository.git("for-each-ref", "--format=%(refname:strip=2)", "refs/tags").decode("utf-8", "replace")
        if tag := newest(revision, tags.split("\n")):
            return repository.commit(verify(repository, f"refs/tags/{tag}"))
    for name in (
        f"refs/heads/{revision}",
        f"refs/tags/{revision}",
        f"refs/remotes/origin/{revision}",
        revision if revision.startswith("refs/") else "",
    ):
        if name and not ranged and (sha := verify(repository, name)):
            return repository.commit(sha)
    if ranged and re.fullmatch(r"[A-Za-z0-9._-]+", revision) and (sha := verify(repository, f"refs/heads/{revision}")):
        return repository.commit(sha)  # a branch called "1.x", where no tag is in that range
    if re.fullmatch(r"[0-9a-f]{4,64}", revision.lower()) and (sha := verify(repository, revision.lower())):
        return repository.commit(sha)
    _not_found(repository, revision, ranged)


def symbol(repository: Repository, revision: str) -> str:
    """What a revision stands for, for people: "main" for HEAD, the tag for a range; the revision itself otherwise."""
    revision = revision.strip() or "HEAD"
    if revision == "HEAD":
        out = repository.git("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1, 128)).decode("utf-8", "replace")
        return out.strip() or "HEAD"
    if is_range(revision):
        tags = repository.git("for-each-ref", "--format=%(refname:strip=2)", "refs/tags").decode("utf-8", "replace")
        return newest(revision, tags.split("\n")) or revision
    return revision


def verify(repository: Store, name: str) -> str:
    """The full SHA of the commit that a name means, "" for none."""
    out = repository.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", ok=(0, 1, 128))
    sha = out.decode().strip().splitlines()[-1] if out.strip() else ""
    return sha if SHA.match(sha) else ""


def _names(repository: Repository) -> list[str]:
    names = repository.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads", "refs/tags")
    return list(dict.fromkeys(printable(name) for name in names.decode("utf-8", "replace").split("\n") if name))


def _no_head(repository: Repository) -> NoReturn:
    """HEAD stands for nothing: there is no commit at all, or its branch is not there."""
    known = _names(repository)
    if not known:
        raise RevisionNotFound(
            f"{repository.url} has no commit yet on its default branch", hint="commit something there first"
        )
    # Of a remote one nobody tells which branch that was.
    branch = printable(symbol(repository, "HEAD")) if repository.is_local else ""
    if not branch:
        what = "HEAD stands for a branch that is not there"
    else:
        what = (
            f"HEAD stands for the branch {branch}, which is not there" if branch != "HEAD" else "HEAD names no commit"
        )
    raise RevisionNotFound(
        f"in {repository.url} {what}", hint=f"give one as the target revision: {', '.join(known[:5])}"
    )


def _not_found(repository: Repository, revision: str, ranged: bool) -> NoReturn:
    refs = repository.refs()
    for name in (f"refs/heads/{revision}", f"refs/tags/{revision}"):
        if name in refs and not ranged:
            # A tag may stand for a file or a folder; what it stands for is asked once it is known to be there.
            out = repository.git("cat-file", "-t", f"{refs[name]}^{{}}", ok=(0, 1, 128)).decode().strip()
            if out and out != "commit":
                raise RevisionNotFound(
                    f"in {repository.url} {printable(revision)} names a {out}, no commit", hint="give another revision"
                )
            raise DamagedRepository(
                f"{repository.url} lacks what {printable(name)} names, {refs[name][:7]}",
                hint="'git fsck' says what is broken",
            )
    known = _names(repository)
    near = difflib.get_close_matches(revision, known, 3, 0.5) or known[:5]
    hint = f"there are: {', '.join(near)}" if near else "the repository has no branches or tags"
    what = "no tag in the range" if ranged else "no revision"
    raise RevisionNotFound(f"{repository.url} has {what} {printable(revision)!r}", hint=hint)


def missing(repository: Store, sha: str) -> GitError:
    """The error for a commit that can't be read."""
    if sha in repository.refs().values():
        return DamagedRepository(f"{repository.url} lacks the commit {sha}", hint="'git fsck' says what is broken")
    return RevisionNotFound(f"{repository.url} has no commit {printable(sha)}")


def commit(repository: Repository, sha: str) -> Commit:
    """One commit by its full SHA. Raises RevisionNotFound."""
    if not SHA.match(sha):
        raise RevisionNotFound(f"{printable(sha)!r} is not a full SHA")
    try:
        out = repository.git("log", "-1", "--decorate=short", "--encoding=UTF-8", f"--format={LOG_FORMAT}", sha, "--")
    except GitError as error:
        if verify(repository, sha) or not re.search(r"failed: (bad object|bad revision|ambiguous)", error.message):
            raise
        raise missing(repository, sha) from error
    commits = parse_log(out)
    if not commits:
        raise RevisionNotFound(f"{repository.url}: {sha} is not a commit")
    return commits[0]
