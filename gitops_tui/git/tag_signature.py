"""Signatures of annotated tags: where a revision is such a tag, its signature is the one that counts.

As Argo CD has it (docs/user-guide/source-integrity-git-gpg.md, mode `head`). git tells a commit's signature in one letter
(`%G?`), a tag's only in the words of gpg or ssh-keygen: they are read here the way git reads them itself
(gpg-interface.c: more than one verdict is none).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from gitops_tui.errors import GitError
from gitops_tui.git.command import verdict
from gitops_tui.git.environment import config_environment
from gitops_tui.git.semver import is_range
from gitops_tui.git.signature import judge, remembered, verification_entries
from gitops_tui.model.revision import Signature, SignatureStatus
from gitops_tui.model.text import printable

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository

_KINDS = (
    (b"-----BEGIN SSH SIGNATURE-----", "ssh"),
    (b"-----BEGIN SIGNED MESSAGE-----", "x509"),
    (b"-----BEGIN PGP SIGNATURE-----", "gpg"),
    (b"-----BEGIN PGP MESSAGE-----", "gpg"),
)
_LETTERS = {"GOODSIG": "G", "BADSIG": "B", "EXPSIG": "X", "EXPKEYSIG": "Y", "REVKEYSIG": "R", "ERRSIG": "E"}
_STATUS = re.compile(r"^\[GNUPG:\] (GOODSIG|BADSIG|EXPSIG|EXPKEYSIG|REVKEYSIG|ERRSIG) (\S+)(?: (.*))?$", re.MULTILINE)
_VALID = re.compile(r"^\[GNUPG:\] VALIDSIG (\S+)(?: \S+){8}(?: (\S+))?", re.MULTILINE)
_DISTRUST = re.compile(r"^\[GNUPG:\] TRUST_(?:UNDEFINED|NEVER)\b", re.MULTILINE)
_SSH_GOOD = re.compile(r'^Good "git" signature for (.+) with \S+ key (SHA256:\S+)$', re.MULTILINE)
_SSH_UNKNOWN = re.compile(r'^Good "git" signature with \S+ key (SHA256:\S+)$', re.MULTILINE)


_judge = partial(judge, what="tag")


def annotated_tag(repository: Repository, revision: str) -> tuple[str, str]:
    """(name, SHA of the tag itself) of the annotated tag that a revision stands for; ("", "") where it is something
    else: a branch of that name goes first, and a plain tag is its commit."""
    revision = revision.strip()
    if is_range(revision):
        revision = repository.symbol(revision)
    name = revision.removeprefix("refs/tags/")
    if not name or name == "HEAD" or any(letter in name for letter in "\n\0 :^~?[\\*"):
        return "", ""
    wanted = [f"refs/tags/{name}"] if name != revision else [f"refs/heads/{name}", f"refs/tags/{name}"]
    out = repository.git("for-each-ref", "--format=%(objecttype) %(objectname) %(refname)", *wanted)
    lines = out.decode("utf-8", "surrogateescape").split("\n")
    found = {ref: (kind, sha) for kind, sha, ref in (line.split(" ", 2) for line in lines if line)}
    kind, sha = next((found[each] for each in wanted if each in found), ("", ""))
    return (name, sha) if kind == "tag" else ("", "")


def tag_signature(repository: Repository, sha: str, kept: dict[str, Signature]) -> Signature:
    """What is known of an annotated tag's own signature, by the SHA of the tag. Raises GitError where it is none."""
    return remembered(kept, sha, lambda: _ask(repository, sha))


def _ask(repository: Repository, sha: str) -> Signature:
    kind = _kind(repository.git("cat-file", "tag", sha, limit=2_000_000))
    if not kind:
        return Signature(SignatureStatus.NONE)
    try:
        code, said = verdict(
            repository.folder, "verify-tag", "--raw", sha,
            timeout=repository.settings.git_timeout, env=config_environment(verification_entries(), repository.env),
        )  # fmt: skip
    except GitError as error:
        return Signature(SignatureStatus.UNKNOWN_KEY, kind, detail=f"it can't be checked: {error.message}")
    return _ssh(said, code) if kind == "ssh" else _gpg(kind, said, code)


def _kind(raw: bytes) -> str:
    """The kind of the last block that looks like a signature, as git takes it; "" for none."""
    found = ""
    for line in raw.split(b"\n\n", 1)[-1].split(b"\n"):
        found = next((name for start, name in _KINDS if line.startswith(start)), found)
    return found


def _gpg(kind: str, said: str, code: int) -> Signature:
    verdicts = _STATUS.findall(said)
    if len(verdicts) != 1:
        return _judge(kind, "N", "", "", "")
    word, key, signer = (printable(each) for each in verdicts[0])
    letter = _LETTERS[word]
    valid = _VALID.search(said)
    subkey, primary = (printable(each or "") for each in valid.groups()) if valid is not None else (key, "")
    if letter == "G":
        if valid is None or code not in (0, 1):
            return _judge(kind, "N", "", "", "")
        if _DISTRUST.search(said) or code:
            letter = "U"
    return _judge(kind, letter, signer if letter != "E" else "", primary or subkey, subkey)


def _ssh(said: str, code: int) -> Signature:
    good = _SSH_GOOD.findall(said)
    if code == 0 and len(good) == 1:
        signer, key = (printable(each) for each in good[0])
        return _judge("ssh", "G", signer, key, key)
    if unknown := _SSH_UNKNOWN.search(said):
        key = printable(unknown[1])
        return _judge("ssh", "U", "", key, key)
    if "allowedSignersFile" in said or "No such file" in said or "principal" in said:
        return _judge("ssh", "E", "", "", "")
    return _judge("ssh", "B", "", "", "")
