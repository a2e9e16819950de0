"""The uncommitted changes of a local folder as a commit, to look at.

git adds what changed to a copy of the index, and writes objects into a store of our own in the user's cache folder:
nothing in the repository is touched. Filters (`clean`, `process`) that the repository's or anybody's configuration names
are switched off for it. Ignored files stay out, as for a commit.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_tui.errors import GitError
from gitops_tui.git import revisions
from gitops_tui.git.command import COMMIT_GRAPH
from gitops_tui.git.environment import config_environment
from gitops_tui.git.watch import git_folders
from gitops_tui.model.revision import Commit
from gitops_tui.records import replace

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository


def snapshot(repository: Repository) -> Commit:
    """See `Repository.working_tree`. Where nothing is uncommitted this is HEAD itself."""
    if repository.remote is not None or not (repository.folder / ".git").exists():
        raise GitError(
            f"{repository.url} has no working tree",
            hint="--working-tree needs the folder of a local, non-bare repository",
        )
    head = revisions.verify(repository, "HEAD")
    own, _ = git_folders(repository.folder)
    with tempfile.TemporaryDirectory(prefix="gitops-tui-") as folder:
        index = Path(folder) / "index"
        if (own / "index").exists():
            shutil.copy2(own / "index", index)
        env = {
            **repository.env,
            **config_environment(_filters_off(repository)),
            **scratch_store(repository),
            "GIT_INDEX_FILE": str(index),
        }
        repository.git("add", "--all", "--", ".", env=env)
        tree = repository.git("write-tree", env=env).decode().strip()
        if head and tree == repository.tree_sha(head, ""):
            return repository.commit(head)
        sha = _commit(repository, tree, head, env)
    return replace(repository.commit(sha), working_tree=True)


def prepare(repository: Repository) -> None:
    """Makes the store, so that nothing has to be read anew once something stands in it."""
    try:
        _store(repository)
    except GitError:
        return


def write_graph(repository: Repository) -> None:
    """A commit-graph with the changed paths of each commit, beside a local repository: git reads it from there, and
    nothing is written into the repository. A mirror has its own."""
    if repository.remote is not None or repository.deepening is not None:
        return
    try:
        repository.git(*COMMIT_GRAPH, "--object-dir", str(_store(repository)))
    except GitError:
        # Only slower: an old git, no room in the cache, a repository with grafts.
        return


def _commit(repository: Repository, tree: str, head: str, env: dict[str, str]) -> str:
    date = "@0 +0000"  # the same changes make the same commit
    base = repository.commit(head) if head else None
    if base is not None:
        date = f"@{int(base.commit_time.timestamp())} +0000"
    who = {
        "GIT_AUTHOR_NAME": "working tree",
        "GIT_AUTHOR_EMAIL": "",
        "GIT_COMMITTER_NAME": "working tree",
        "GIT_COMMITTER_EMAIL": "",
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_DATE": date,
    }
    on = f" on {base.sha[:7]} {base.subject}" if base else ""
    parents = ["-p", head] if head else []
    out = repository.git("commit-tree", tree, *parents, "-m", f"uncommitted changes{on}", env={**env, **who})
    return out.decode().strip()


def scratch_store(repository: Repository) -> dict[str, str]:
    """The environment in which git writes objects beside a local repository instead of into it; they are read together
    with the repository's own from now on. A mirror is ours: objects go into it."""
    if repository.remote is not None:
        return {}
    store = _store(repository)
    others = [str(_objects(repository)), repository.env.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")]
    return {
        "GIT_OBJECT_DIRECTORY": str(store),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(each for each in others if each),
    }


def _store(repository: Repository) -> Path:
    name = hashlib.sha256(os.fsencode(repository.folder)).hexdigest()[:16]
    store = repository.settings.cache_folder / "working-trees" / name
    try:
        store.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise GitError(
            f"the working tree of {repository.url} can't be read into {store}: {error.strerror}",
            hint="set cache_folder in the settings to a folder that you may write to",
        ) from error
    known = repository.env.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")
    if str(store) not in known.split(os.pathsep):
        repository.env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = os.pathsep.join(
            each for each in (known, str(store)) if each
        )
        repository.restart()
    return store


def _objects(repository: Repository) -> Path:
    out = repository.git("rev-parse", "--git-path", "objects").decode("utf-8", "surrogateescape").removesuffix("\n")
    return (repository.folder / out).resolve()


def _filters_off(repository: Repository) -> list[tuple[str, str]]:
    out = repository.git("config", "--includes", "--name-only", "-z", "--get-regexp", r"^filter\.", ok=(0, 1))
    names = {name.rsplit(".", 1)[0] for name in out.decode("utf-8", "surrogateescape").split("\0") if name}
    made = []
    for name in sorted(names):
        made += [(f"{name}.clean", ""), (f"{name}.smudge", ""), (f"{name}.process", ""), (f"{name}.required", "false")]
    return made
