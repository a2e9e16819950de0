"""Who last set a line of a file.

`git blame -w` at a commit, through renames (git follows those by itself), with the commit's own
`.git-blame-ignore-revs`. Answers are kept by blob and by the commit that last touched the file, so that the same line
of the same content is asked once, whichever revision is looked at.
"""

from __future__ import annotations

import re
import tempfile
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_tui.errors import PathNotFound
from gitops_tui.git.log import pull_request, time_of
from gitops_tui.model.revision import BlameLine
from gitops_tui.model.text import printable, redact

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository

IGNORE_FILE = ".git-blame-ignore-revs"
_SHA_LINE = re.compile(rb"^\s*([0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?)\s*(?:#.*)?$")
_HEAD = re.compile(rb"^([0-9a-f]{40}|[0-9a-f]{64}) (\d+) (\d+)(?: \d+)?$")
_MAX_IGNORED = 10_000
_KEPT = 50_000
# A file whose lines are asked for this often is blamed as a whole, up to so many lines.
_OFTEN, _MOST_LINES, _MOST_FILES = 3, 20_000, 1_000


def blame(
    repository: Repository,
    commit: str,
    path: str,
    lines: Sequence[int],
    kept: OrderedDict[Hashable, BlameLine | None],
) -> dict[int, BlameLine]:
    """See `Repository.blame`."""
    file, ignore = repository.find_many([(commit, path), (commit, IGNORE_FILE)])
    if file is None or file[0] != "blob":
        raise PathNotFound(f"the file {printable(path)} does not exist at {commit[:7]} in {repository.url}")
    ignored = ignore[1] if ignore is not None and ignore[0] == "blob" else ""
    found: dict[int, BlameLine] = {}
    missing = []
    for line in dict.fromkeys(line for line in lines if line > 0):
        key = (path, file[1], ignored, line)
        if key in kept and _holds(repository, kept[key], commit):
            answer = kept[key]
            if answer is not None:
                found[line] = answer
        else:
            missing.append(line)
    if missing:
        if len(_times) > _MOST_FILES:
            _times.clear()
        times = _times[(path, file[1])] = _times.get((path, file[1]), 0) + 1
        # All of it costs little more than one of its lines.
        more = range(1, _MOST_LINES + 1) if times == _OFTEN else ()
        asked = _ask(repository, commit, path, [*missing, *more], ignored)
        for line in {*missing, *asked}:
            kept[(path, file[1], ignored, line)] = asked.get(line)
        found |= {line: asked[line] for line in missing if line in asked}
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return found


def _holds(repository: Repository, answer: BlameLine | None, commit: str) -> bool:
    """The same content can have come by other commits on another branch: the answer holds where its commit is part of
    this history."""
    if answer is None or answer.commit == commit:
        return True
    key = (answer.commit, commit)
    if key not in _ancestors:
        if len(_ancestors) > _KEPT:
            _ancestors.clear()
        _ancestors[key] = repository.is_ancestor(*key)
    return _ancestors[key]


_ancestors: dict[tuple[str, str], bool] = {}
# How often lines of a version of a file were asked for.
_times: dict[tuple[str, str], int] = {}


def _ask(repository: Repository, commit: str, path: str, lines: Sequence[int], ignored: str) -> dict[int, BlameLine]:
    bring_versions(repository, commit, path)
    content = repository.read_many([_blob(repository, commit, path)])[0]
    most = content.count(b"\n") + (0 if content.endswith(b"\n") or not content else 1)
    ranges = [part for first, last in _runs(lines, most) for part in ("-L", f"{first},{last}")]
    if not ranges:
        return {}
    with tempfile.TemporaryDirectory(prefix="gitops-tui-") as folder:
        # First none: those of anybody's configuration name files that needn't be there, and git then ends the blame.
        flags = ["--no-ignore-revs-file"]
        if ignored:
            flags += ["--ignore-revs-file", str(_ignore_file(repository, ignored, Path(folder), len(commit)))]
        out = repository.git_with_blobs(
            "blame", "-w", "--no-textconv", "--porcelain", "--encoding=UTF-8", *flags, *ranges, commit, "--", path
        )
    return _parse(out, cut_off=bool(repository.whole_history()))


def _runs(lines: Sequence[int], most: int) -> list[tuple[int, int]]:
    """Lines as ranges of neighbours."""
    made: list[tuple[int, int]] = []
    for line in sorted({line for line in lines if line <= most}):
        if made and line == made[-1][1] + 1:
            made[-1] = (made[-1][0], line)
        else:
            made.append((line, line))
    return made


def _blob(repository: Repository, commit: str, path: str) -> str:
    found = repository.find(commit, path)
    return found[1] if found else ""


def _ignore_file(repository: Repository, blob: str, folder: Path, width: int) -> Path:
    """The list without what git would stumble over: what is no SHA of `width` digits."""
    kept = []
    for line in repository.read_many([blob])[0].removeprefix(b"\xef\xbb\xbf").split(b"\n")[:_MAX_IGNORED]:
        if (found := _SHA_LINE.match(line)) and len(found[1]) == width:
            kept.append(found[1].lower())
    place = folder / "ignore-revs"
    place.write_bytes(b"\n".join(kept) + b"\n")
    return place


def bring_versions(repository: Repository, commit: str, path: str) -> None:
    """In a mirror without blobs: the file's versions in one go, before blame asks for them one by one."""
    if not repository.is_partial:
        return
    out = repository.git("log", "--raw", "--no-abbrev", "--format=", "--no-renames", "-z", commit, "--", path)
    shas = []
    for entry in out.decode("utf-8", "surrogateescape").split("\0"):
        parts = entry.strip("\n").split(" ")
        if len(parts) == 5 and parts[0].startswith(":"):
            shas += [sha for mode, sha in ((parts[0][1:], parts[2]), (parts[1], parts[3])) if mode.startswith("100")]
    repository.bring([sha for sha in shas if set(sha) != {"0"}])


def _parse(out: bytes, *, cut_off: bool) -> dict[int, BlameLine]:
    """cut_off: commits without a parent are where a shallow clone ends, not where the history begins."""
    found: dict[int, BlameLine] = {}
    known: dict[str, dict[str, str]] = {}
    sha, before, line = "", 0, 0
    for raw in out.split(b"\n"):
        if raw.startswith(b"\t"):
            about = known[sha]
            subject = redact(about.get("summary", ""))
            found[line] = BlameLine(
                commit=sha,
                author=about.get("author", ""),
                author_email=about.get("author-mail", "").strip("<>"),
                time=time_of(about.get("author-time", "0")),
                subject=subject,
                path=about.get("filename", ""),
                line=before,
                text=raw[1:].decode("utf-8", "replace").rstrip("\r"),
                pull_request=pull_request(subject, ""),
                boundary=cut_off and "boundary" in about and "previous" not in about,
            )
        elif head := _HEAD.match(raw):
            sha, before, line = head[1].decode(), int(head[2]), int(head[3])
            known.setdefault(sha, {})
        elif sha:
            name, _, value = raw.decode("utf-8", "replace").partition(" ")
            known[sha][name] = value
    return found
