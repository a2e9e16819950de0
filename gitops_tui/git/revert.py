"""Reverts an application in Git: one commit on top of a branch that restores its files to an earlier commit.

It is built from trees, in an index of its own, so that no checkout is touched: the tip's tree, in which the given paths
stand as they stood at the target. `preview` changes nothing; `carry_out` makes the commit, pushes it with a lease where
asked, and moves the branch only if it still is where it was. If the branch moved, the commit is made anew on top of it;
if the same files changed meanwhile, it is refused and says which.
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_tui.errors import GitError, PushRejected, RevertRefused
from gitops_tui.git import revisions
from gitops_tui.git.command import run
from gitops_tui.git.detail import changes
from gitops_tui.git.identity import commit_environment, identity
from gitops_tui.git.links import pull_request_url
from gitops_tui.git.paths import clean_path, pathspecs
from gitops_tui.git.remote import Remote
from gitops_tui.git.undone import undone
from gitops_tui.git.working_tree import scratch_store
from gitops_tui.model.revert import RevertPreview, RevertRequest, RevertResult, Undone
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository

_TRIES = 5
_MOST_LINES = 50


def preview(repository: Repository, request: RevertRequest, origin: Remote | None = None) -> RevertPreview:
    """What a revert would do. `request.branch` and `request.paths` are given here. origin: where a local repository
    pushes to. Raises RevertRefused, RevisionNotFound, PathNotFound, UnsafePath."""
    if repository.read_only:
        raise RevertRefused(
            f"{repository.url} is a chart repository, where nothing is committed",
            hint="pin the application to the version, or set its targetRevision",
        )
    branch = _branch_name(repository, request.branch)
    new_branch = _branch_name(repository, request.new_branch) if request.new_branch else ""
    base = _tip(repository, branch)
    target = repository.resolve(request.revision)
    paths = tuple(clean_path(path) for path in request.paths)
    there = repository.find_many([(target.sha, path) for path in paths])
    if not any(there):
        raise RevertRefused(
            f"{', '.join(printable(path) or '.' for path in paths)} did not exist at {target.short}: "
            "a revert to there would delete the application",
            hint="choose a later commit",
        )
    who = identity(repository)
    tree = _tree(repository, base.sha, target.sha, paths)
    files, more = changes(repository, [base.sha, tree], ())
    later = undone(repository, target.sha, base.sha, paths, who.mail)
    warnings = _warnings(repository, target, base, branch, new_branch)
    if more:
        warnings.append(f"{more} more files change than are shown")
    push = (repository.remote is not None) if request.push is None else request.push
    if repository.remote is not None and not push and not new_branch:
        warnings.append("without a push the commit stays in the mirror, where the next fetch drops its branch")
    remote = repository.remote or origin
    link = (
        pull_request_url(remote.address.clean, new_branch, branch, repository.settings.forges)
        if new_branch and remote
        else ""
    )
    return RevertPreview(
        request=request,
        url=repository.url,
        branch=branch,
        new_branch=new_branch,
        base=base,
        target=target,
        tree=tree,
        paths=paths,
        files=files,
        undone=later,
        message=_message(request, target, paths, later),
        author=str(who),
        push=push,
        signed=who.sign,
        pull_request_url=link if push else "",
        warnings=tuple(warnings),
    )


def carry_out(repository: Repository, found: RevertPreview, origin: Remote | None = None) -> RevertResult:
    """Makes the commit, pushes it where the preview says so, and moves the branch. origin: the remote to push to of a
    local repository. Raises RevertRefused, PushRejected, FetchError, and GitError for a signature that fails."""
    if found.is_empty:
        raise RevertRefused(f"the files are as they were at {found.target.short} already", hint="nothing was changed")
    remote = repository.remote or origin
    if found.push and remote is None:
        raise RevertRefused(f"{repository.url} has no remote to push to", hint="leave --push out, or add a remote")
    moved: list[Commit] = []
    for _ in range(_TRIES):
        if repository.remote is not None:
            repository.fetch()
        tip = _tip(repository, found.branch)
        if tip.sha != found.base.sha:
            moved = _moved(repository, found, tip)
        where = found.new_branch or found.branch
        expected = "" if found.new_branch else tip.sha
        if found.new_branch and revisions.verify(repository, f"refs/heads/{where}"):
            raise RevertRefused(f"the branch {printable(where)} is there already", hint="give another name")
        tree = _tree(repository, tip.sha, found.target.sha, found.paths, keep=True)
        sha = _commit(repository, tree, tip.sha, found.message, sign=found.signed)
        try:
            if found.push and remote is not None:
                _push(repository, remote, sha, where, expected)
            _move(repository, where, sha, expected)
        except PushRejected as error:
            if not error.moved or found.new_branch or repository.remote is None:
                raise
            continue
        except _Moved:
            continue
        if repository.remote is not None:
            repository.fetch()
        return RevertResult(
            commit=sha,
            branch=where,
            pushed=found.push,
            pull_request_url=found.pull_request_url,
            moved=tuple(moved),
            notes=tuple(_notes(repository, where, found.paths)),
        )
    raise RevertRefused(f"{printable(found.branch)} moves faster than the revert can follow", hint="try again")


class _Moved(Exception):
    """The branch is not where it was."""


def _branch_name(repository: Repository, name: str) -> str:
    name = name.strip().removeprefix("refs/heads/")
    if not name or name.startswith("-"):
        raise RevertRefused(f"{printable(name)!r} is no name of a branch", hint="give --branch")
    try:
        repository.git("check-ref-format", f"refs/heads/{name}")
    except GitError as error:
        raise RevertRefused(f"{printable(name)!r} is no name of a branch", hint="see git check-ref-format") from error
    if name == "HEAD" or revisions.SHA.match(name):
        raise RevertRefused(f"{printable(name)!r} means something else to git than a branch", hint="give another name")
    return name


def _tip(repository: Repository, branch: str) -> Commit:
    sha = revisions.verify(repository, f"refs/heads/{branch}")
    if not sha:
        raise RevertRefused(
            f"{repository.url} has no branch {printable(branch)}", hint="a revert needs a branch to stand on"
        )
    return repository.commit(sha)


def _tree(repository: Repository, tip: str, target: str, paths: Sequence[str], *, keep: bool = False) -> str:
    """The tip's tree with `paths` as at the target. keep: written into the repository itself, else beside it."""
    specs = pathspecs(list(paths))
    lines = b""
    for line in repository.git("ls-tree", "-r", "-z", "--full-tree", tip, "--", *specs).split(b"\0"):
        if line:
            lines += b"0 " + b"0" * len(tip) + b"\t" + line.partition(b"\t")[2] + b"\0"
    for line in repository.git("ls-tree", "-r", "-z", "--full-tree", target, "--", *specs).split(b"\0"):
        if line:
            head, _, name = line.partition(b"\t")
            mode, _, sha = head.split(b" ")
            lines += mode + b" " + sha + b"\t" + name + b"\0"
    with tempfile.TemporaryDirectory(prefix="gitops-tui-") as folder:
        # What is kept is written without the stores beside the repository: what they hold would count as there already.
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        if not keep:
            env |= {**repository.env, **scratch_store(repository)}
        repository.git("read-tree", tip, env=env)
        if lines:
            repository.git("update-index", "-z", "--index-info", stdin=lines, env=env)
        # A mirror without blobs knows them by their names.
        missing = ["--missing-ok"] if repository.is_partial else []
        try:
            return repository.git("write-tree", *missing, env=env).decode().strip()
        except GitError as error:
            if keep and repository.deepening is not None:
                raise RevertRefused(
                    f"{repository.url} is a shallow clone that lacks the files of {target[:7]}",
                    hint="git fetch --unshallow there, or give the repository's URL instead of the folder",
                ) from error
            raise


def _commit(repository: Repository, tree: str, parent: str, message: str, *, sign: bool) -> str:
    env = commit_environment()
    try:
        out = repository.git(
            "commit-tree", tree, "-p", parent, *(["-S"] if sign else ["--no-gpg-sign"]), "-F", "-",
            stdin=message.encode("utf-8", "replace"), env=env,
        )  # fmt: skip
    except GitError as error:
        if sign and ("sign" in error.message or "gpg" in error.message or "key" in error.message):
            raise RevertRefused(
                f"the commit can't be signed: {error.message}",
                hint="unlock the key (git commit -S in any repository, in another terminal, asks for it), or set commit.gpgSign "
                "to false",
            ) from error
        raise
    return out.decode().strip()


def _push(repository: Repository, remote: Remote, sha: str, branch: str, expected: str) -> None:
    if repository.remote is not None:
        remote.push(repository.folder, sha, branch, expected)
        return
    # Never from the user's repository itself: its own configuration could name programs for the transport.
    objects = repository.git("rev-parse", "--git-path", "objects").decode("utf-8", "surrogateescape").removesuffix("\n")
    with tempfile.TemporaryDirectory(prefix="gitops-tui-") as folder:
        place = Path(folder)
        kind = "sha256" if len(sha) == 64 else "sha1"
        run(None, "init", "--bare", "--quiet", f"--object-format={kind}", "--", str(place))
        (place / "objects" / "info").mkdir(exist_ok=True)
        (place / "objects" / "info" / "alternates").write_text(f"{(repository.folder / objects).resolve()}\n")
        remote.push(place, sha, branch, expected)


def _move(repository: Repository, branch: str, sha: str, expected: str) -> None:
    try:
        repository.git(
            "update-ref", "--create-reflog", "-m", "gitops-tui: revert", f"refs/heads/{branch}", sha,
            expected or "0" * len(sha), env={**repository.env, **commit_environment()},
        )  # fmt: skip
    except GitError as error:
        if revisions.verify(repository, f"refs/heads/{branch}") != expected:
            raise _Moved from error
        raise RevertRefused(
            f"the branch {printable(branch)} can't be moved: {error.message}",
            hint="if no other git is at work there, remove the lock file that it names",
        ) from error


def _moved(repository: Repository, found: RevertPreview, tip: Commit) -> list[Commit]:
    """The commits that came since the preview. Raises RevertRefused where they touch the same files."""
    if not repository.is_ancestor(found.base.sha, tip.sha):
        raise RevertRefused(
            f"{printable(found.branch)} was force-pushed meanwhile: {found.base.short} is no longer part of it",
            hint="preview the revert again",
        )
    later = undone(repository, found.base.sha, tip.sha, found.paths, "")
    if later:
        told = "; ".join(
            f"{each.commit.short} {printable(each.commit.subject)[:60]} by {printable(each.commit.author)} "
            f"({', '.join(printable(path) for path in each.paths[:3])}{', …' if len(each.paths) > 3 else ''})"
            for each in later[:5]
        )
        raise RevertRefused(
            f"the same files changed on {printable(found.branch)} since the preview: {told}",
            hint="preview the revert again; it would undo these too",
        )
    return _between(repository, found.base.sha, tip.sha)


def _between(repository: Repository, old: str, new: str) -> list[Commit]:
    shas = repository.git("rev-list", "--max-count=200", "--end-of-options", f"{old}..{new}").decode().split()
    return [repository.commit(sha) for sha in shas]


def checked_out(repository: Repository, branch: str) -> list[str]:
    """The working trees in which a branch is checked out."""
    if repository.remote is not None:
        return []
    out = repository.git("worktree", "list", "--porcelain", "-z").decode("utf-8", "surrogateescape")
    found, place = [], ""
    for line in out.split("\0"):
        if line.startswith("worktree "):
            place = line.removeprefix("worktree ")
        elif line == f"branch refs/heads/{branch}":
            found.append(place)
    return found


def _warnings(repository: Repository, target: Commit, base: Commit, branch: str, new_branch: str) -> list[str]:
    made = []
    if not repository.is_ancestor(target.sha, base.sha):
        made.append(f"{target.short} is not part of {printable(branch)}")
    made += [
        f"{printable(branch)} is checked out in {printable(place)}: its files there will not be touched, and git status "
        "will show the reverse of this commit until they are brought along; a new branch avoids that"
        for place in (checked_out(repository, branch) if not new_branch else ())
    ]
    return made


def _notes(repository: Repository, branch: str, paths: Sequence[str]) -> list[str]:
    shown = " ".join(shlex.quote(printable(path) or ".") for path in paths)
    return [
        f"{printable(branch)} is checked out in {printable(place)}: its files were not touched, so git status there shows "
        f"the reverse of this commit. Bring them along with: git -C {shlex.quote(printable(place))} restore --source=HEAD "
        f"--staged --worktree -- {shown} (changes that you have not committed in there are lost by that)"
        for place in checked_out(repository, branch)
    ]


def _message(request: RevertRequest, target: Commit, paths: Sequence[str], later: Sequence[Undone]) -> str:
    name = printable(request.application) or ", ".join(printable(path) or "." for path in paths)
    said = request.message.strip() or f"Revert {name} to {target.sha[:7]}"
    where = ", ".join(printable(path) or "all files" for path in paths)
    lines = [
        said,
        "",
        f"Restores {where} to {target.sha}",
        f"({printable(target.subject)}).",
    ]
    if later:
        lines.append("")
        lines += [f"Reverts: {each.commit.sha} ({printable(each.commit.subject)})" for each in later[:_MOST_LINES]]
        if len(later) > _MOST_LINES:
            lines.append(f"Reverts: and {len(later) - _MOST_LINES} earlier commits")
    return "\n".join(lines) + "\n"
