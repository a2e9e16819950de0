"""Signatures of commits: GPG, SSH and X.509, checked by git with the user's own keys.

Which programs check, and which ssh keys are allowed (`gpg.ssh.allowedSignersFile`), is taken from the user's own
configuration alone: a repository that could name them would vouch for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_tui.errors import GitError, RevisionNotFound
from gitops_tui.git.environment import config_environment, users_config
from gitops_tui.model.revision import Signature, SignatureStatus
from gitops_tui.model.text import printable

if TYPE_CHECKING:
    from gitops_tui.git.repository import Repository

_FORMAT = "%G?%x00%GS%x00%GF%x00%GK%x00%GP%x00"
_PROGRAMS = (
    ("gpg.program", "gpg"),
    ("gpg.openpgp.program", "gpg"),
    ("gpg.x509.program", "gpgsm"),
    ("gpg.ssh.program", "ssh-keygen"),
)
_FROM_USER = ("gpg.ssh.allowedsignersfile", "gpg.ssh.revocationfile", "gpg.mintrustlevel")
_KINDS = (
    (re.compile(rb"^gpgsig(?:-sha256)? -----BEGIN SSH SIGNATURE", re.MULTILINE), "ssh"),
    (re.compile(rb"^gpgsig(?:-sha256)? -----BEGIN SIGNED MESSAGE", re.MULTILINE), "x509"),
    (re.compile(rb"^gpgsig(?:-sha256)? -----BEGIN PGP (?:SIGNATURE|MESSAGE)", re.MULTILINE), "gpg"),
)
_ANY = re.compile(rb"^gpgsig(?:-sha256)? ", re.MULTILINE)


def verification_entries() -> list[tuple[str, str]]:
    """Settings that beat a repository's own words on which programs sign and check."""
    made = [(name, users_config(name) or fallback) for name, fallback in _PROGRAMS]
    made += [(name, users_config(name)) for name in _FROM_USER if users_config(name) or name != "gpg.mintrustlevel"]
    made.append(("gpg.ssh.defaultkeycommand", users_config("gpg.ssh.defaultkeycommand")))
    return made


def signature(repository: Repository, sha: str, kept: dict[str, Signature]) -> Signature:
    """See `Repository.signature`."""
    return remembered(kept, sha, lambda: _ask(repository, sha))


def remembered(kept: dict[str, Signature], sha: str, ask: Callable[[], Signature]) -> Signature:
    """What `ask` said of an object, once; of a key that is not known it is asked again, since that may come."""
    if sha in kept:
        return kept[sha]
    found = ask()
    if found.status is not SignatureStatus.UNKNOWN_KEY:
        kept[sha] = found
    return found


def _ask(repository: Repository, sha: str) -> Signature:
    try:
        raw = repository.git("cat-file", "commit", sha, limit=2_000_000)
    except GitError as error:
        raise RevisionNotFound(f"{repository.url} has no commit {printable(sha)}") from error
    headers = raw.split(b"\n\n", 1)[0]
    kind = next((name for pattern, name in _KINDS if pattern.search(headers)), "")
    if not kind:
        if _ANY.search(headers):
            return Signature(SignatureStatus.BAD, detail="a signature of an unknown kind")
        return Signature(SignatureStatus.NONE)
    try:
        out = repository.git(
            "log", "-1", f"--format={_FORMAT}", "--end-of-options", sha, "--",
            env=config_environment(verification_entries(), repository.env),
        )  # fmt: skip
    except GitError as error:
        return Signature(SignatureStatus.UNKNOWN_KEY, kind, detail=f"it can't be checked: {error.message}")
    letter, signer, fingerprint, key, primary, *_ = (
        printable(each) for each in out.decode("utf-8", "replace").split("\0")
    )
    return judge(kind, letter.strip(), signer, primary or fingerprint or key, fingerprint or key)


def judge(kind: str, letter: str, signer: str, key: str, subkey: str, what: str = "commit") -> Signature:
    """git's letter (git-log, PRETTY FORMATS, %G?) as one of four words. what: is signed, for people."""
    status, detail = {
        "G": (SignatureStatus.VERIFIED, ""),
        "U": (SignatureStatus.UNKNOWN_KEY, _untrusted(kind)),
        "B": (SignatureStatus.BAD, _unfit(kind, what)),
        "X": (SignatureStatus.BAD, "the signature has expired"),
        "Y": (SignatureStatus.BAD, "made by a key that has expired"),
        "R": (SignatureStatus.BAD, "made by a key that was revoked"),
        "E": (SignatureStatus.UNKNOWN_KEY, _missing(kind)),
        "N": (SignatureStatus.UNKNOWN_KEY, _missing(kind)),
    }.get(letter[:1], (SignatureStatus.UNKNOWN_KEY, "it can't be checked"))
    if status is SignatureStatus.VERIFIED and not signer:
        status, detail = SignatureStatus.UNKNOWN_KEY, _untrusted(kind)
    return Signature(status, kind, signer, key, detail, subkey)


def _unfit(kind: str, what: str) -> str:
    # ssh-keygen does not tell the one from the other.
    revoked = kind == "ssh" and users_config("gpg.ssh.revocationfile")
    return f"the signature does not fit the {what}" + (", or its key was revoked" if revoked else "")


def _untrusted(kind: str) -> str:
    if kind == "ssh":
        file = users_config("gpg.ssh.allowedsignersfile")
        if file and not Path(file).expanduser().is_file():
            return f"gpg.ssh.allowedSignersFile names {printable(file)}, which is not there"
        return "the key is not in gpg.ssh.allowedSignersFile"
    return "the signature fits, but the key is not certified in your keyring"


def _missing(kind: str) -> str:
    if kind == "ssh":
        if not users_config("gpg.ssh.allowedsignersfile"):
            return "gpg.ssh.allowedSignersFile is not set in your git configuration"
        return "the key is not in gpg.ssh.allowedSignersFile, or ssh-keygen is missing"
    return "the key is not in your keyring, or gpg is missing"


def counts(found: Signature, keys: tuple[str, ...]) -> bool:
    """Whether a signature satisfies a demand. keys: ids or fingerprints of GPG keys (Argo CD's `signatureKeys`) or
    principals of allowed signers; none means any verified signature."""
    if not keys:
        return found.status is SignatureStatus.VERIFIED
    if found.status is SignatureStatus.BAD or found.status is SignatureStatus.NONE or not found.key:
        return False
    fits = found.status is SignatureStatus.VERIFIED or found.detail == _untrusted("gpg")
    return fits and any(_same_key(found, each) for each in keys)


def _same_key(found: Signature, key: str) -> bool:
    key = key.strip().removeprefix("0x")
    if found.kind == "ssh":
        return key in (found.key, found.signer)
    wanted = key.replace(" ", "").upper()
    # Shorter ids than 16 digits can be made to collide.
    return len(wanted) >= 16 and any(each.upper().endswith(wanted) for each in (found.key, found.subkey))
