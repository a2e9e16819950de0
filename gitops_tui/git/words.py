"""git's own words, for a person: without control characters and credentials, and with what to do about them."""

from __future__ import annotations

import re

from gitops_tui.errors import DamagedRepository, GitError
from gitops_tui.model.text import printable, redact

_TOLD = re.compile(
    r"^(fatal:|error:|remote:|ERROR|ssh:|kex_exchange|!)|Permission denied|[Hh]ost key|has changed|Connection (closed|reset)"
)
_DAMAGED = re.compile(
    r"(?i)is corrupt|corrupt (?:loose|patch|packed)|bad object|could not read [0-9a-f]{7}|unable to read (?:tree|sha1|source|[0-9a-f])"
    r"|inflate: data|missing blob|missing tree|packfile .* (?:cannot|does not|is too)|loose object|invalid object"
    r"|index file .* is too|garbage at end|unable to parse (?:commit|object)|bad tree|not a git repository|failed to read object"
    r"|bad config line|unpack .* header|unexpected line in|reference broken|mismatched algorithms"
    r"|'origin' does not appear to be a git repository|cannot change to "
)


def said(err: bytes) -> str:
    """git's words for a person: the last lines of its standard error, printable and without credentials."""
    lines = [line.strip() for line in err.decode("utf-8", "replace").replace("\r", "\n").splitlines() if line.strip()]
    told = [line for line in lines if _TOLD.search(line)]
    chosen = (told or lines)[-4:]
    return printable(redact("; ".join(line.removeprefix("fatal: ").removeprefix("error: ") for line in chosen)))[:600]


def failure(what: str, err: bytes) -> GitError:
    """The error for a git that failed; `what` is the command and the thing."""
    words = said(err)
    text = f"{what} failed: {words}" if words else f"{what} failed without a word"
    lower = err.decode("utf-8", "replace").lower()
    if "no space left" in lower or "disk quota exceeded" in lower:
        return GitError(
            text, hint="the disk is full: free some room, or set cache_folder in the settings to another disk"
        )
    if "read-only file system" in lower or "insufficient permission" in lower:
        return GitError(text, hint="git may not write there: check who owns the folder")
    if "cannot change to " in lower:
        return DamagedRepository(text, hint="the folder is gone, or can't be entered")
    # What the other side says of its own repository is no damage here.
    if _DAMAGED.search("\n".join(line for line in lower.splitlines() if not line.startswith("remote:"))):
        return DamagedRepository(text, hint="the repository is damaged; 'git fsck' says where")
    return GitError(text)


def network_hint(text: str, url: str) -> str:
    """What to do about a remote that can't be reached, by git's or ssh's words. `url` may hold credentials."""
    from gitops_tui.git import hostkeys
    from gitops_tui.git.address import Address

    address = Address.parse(url)
    lower = text.lower()
    if "host key verification failed" in lower or "remote host identification has changed" in lower:
        if "has changed" in lower:
            return (
                f"the key of {address.host} is another than before: find out why, then remove the old one: "
                f"{hostkeys.removing(address)}"
            )
        return (
            f"compare the key of {address.host} with what its owner publishes, then add it: {hostkeys.adding(address)}"
        )
    for words, hint in _HINTS:
        if any(word in lower for word in words):
            return hint.format(host=address.host, ssh=address.ssh_target)
    return "try: git ls-remote with the same URL"


_HINTS = (
    (
        ("permission denied (", "permission denied, please try again", "too many authentication failures"),
        "the host refuses your ssh key: try ssh -T {ssh}, and look at ssh-add -l",
    ),
    (
        (
            "could not read username",
            "could not read password",
            "authentication failed",
            "returned error: 401",
            "returned error: 403",
            "access denied",
        ),
        "check the user name and token for {host}: a git credential helper, ~/.netrc, the environment, or Argo CD's "
        "repository Secret",
    ),
    (
        ("could not resolve", "name or service not known", "no address associated"),
        "check the host name and your network",
    ),
    (
        ("certificate", "ssl", "tls"),
        "check the certificate of {host}; an own CA goes into http.sslCAInfo of your git configuration, GIT_SSL_CAINFO, or "
        "Argo CD's ConfigMap argocd-tls-certs-cm",
    ),
    (("returned error: 407",), "the proxy wants a user name and a password: give them in https_proxy or http.proxy"),
    (("could not resolve proxy", "proxy"), "check http.proxy in your git configuration and the https_proxy variable"),
    (
        ("connection refused", "timed out", "no route to host", "network is unreachable", "failed to connect"),
        "check your network, a VPN, and whether {host} is up",
    ),
    (
        ("returned error: 301", "returned error: 302", "returned error: 307", "returned error: 308"),
        "the server sends you elsewhere, where a token is not sent along: give the address that it leads to",
    ),
    (("returned error: 429",), "the server wants fewer requests: raise git_interval in the settings"),
    (
        ("returned error: 500", "returned error: 502", "returned error: 503", "returned error: 504"),
        "{host} is in trouble at the moment; it is asked again by itself, or at once by r",
    ),
    (
        ("not found", "does not appear to be a git repository", "returned error: 404", "does not exist"),
        "check the URL, and whether you may read the repository",
    ),
    (("no space left",), "the disk is full: free some room, or set cache_folder in the settings to another disk"),
)
