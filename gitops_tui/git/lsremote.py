"""What `git ls-remote` says; pure."""

from __future__ import annotations


def advertised(out: bytes) -> dict[str, str]:
    """Branches and tags with their SHAs."""
    found = {}
    for line in out.decode("utf-8", "surrogateescape").split("\n"):
        sha, _, name = line.partition("\t")
        if name.startswith(("refs/heads/", "refs/tags/")) and not name.endswith("^{}") and not sha.startswith("ref:"):
            found[name] = sha
    return found


def head(out: bytes) -> tuple[str, str]:
    """(the branch that HEAD stands for, HEAD's SHA), "" where not said."""
    branch = sha = ""
    for line in out.decode("utf-8", "surrogateescape").split("\n"):
        left, _, name = line.partition("\t")
        if name != "HEAD":
            continue
        if left.startswith("ref: refs/heads/"):
            branch = left.removeprefix("ref: ")
        elif not left.startswith("ref:"):
            sha = left
    return branch, sha
