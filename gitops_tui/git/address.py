"""Addresses of repositories: taken apart, without their credentials, and as the forges' pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gitops_tui.errors import CloneError
from gitops_tui.model.text import printable, redact

_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*://")
_SCP = re.compile(r"^(?:(?P<user>[^@/\s:]+)@)?(?P<host>\[[0-9a-fA-F:.]+\]|[^/\s:\[\]]+):(?!//)(?P<path>\S+)$")
ALLOWED = ("https", "http", "ssh", "git", "file")


def is_remote(url: str) -> bool:
    """Whether this is an address and not a folder of this machine."""
    if _SCHEME.match(url):
        return not url.startswith("file://")
    return bool(_SCP.match(url)) and not Path(url).exists()


@dataclass(frozen=True, slots=True)
class Address:
    """A remote repository. scheme: "https", "http", "ssh" or "git". clean: the URL to give to git, without a password
    (for ssh with its user). path: without the leading slash."""

    scheme: str
    host: str
    port: int
    path: str
    clean: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Address:
        """Raises CloneError for what is no address that git may be given."""
        url = url.strip()
        if url.startswith(("/", "file:///")):
            return cls("file", "", 0, url.removeprefix("file://"), url)
        if not _SCHEME.match(url):
            found = _SCP.match(url)
            if found is None or url.startswith("-") or (found["host"] or "").startswith("-"):
                raise CloneError(f"{printable(redact(url))!r} is not a repository", hint="give a URL or a folder")
            if "::" in url.split("/", 1)[0] and not found["host"].startswith("["):
                raise CloneError(f"{printable(redact(url))} uses a command transport, which is never run")
            return cls("ssh", found["host"].strip("[]"), 0, found["path"].lstrip("/"), url, found["user"] or "")
        try:
            parts = urlsplit(url)
            port = parts.port or 0
        except ValueError:
            # The error's own words may hold a piece of the password.
            raise CloneError(
                f"{printable(redact(url))!r} is not a URL",
                hint="the port must be a number, and / # ? @ in a password are written %2F %23 %3F %40",
            ) from None
        scheme, host = parts.scheme.lower(), parts.hostname or ""
        if scheme not in ALLOWED:
            raise CloneError(
                f"repositories over {printable(scheme)}:// are not supported", hint=f"use one of {', '.join(ALLOWED)}"
            )
        if not host or host.startswith("-") or "::" in url.split("/", 1)[0]:
            raise CloneError(f"{printable(redact(url))!r} names no host", hint="give a URL or a folder")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        shown = f"[{host}]" if ":" in host else host
        netloc = (f"{parts.username}@" if user and scheme == "ssh" else "") + shown + (f":{port}" if port else "")
        query = f"?{parts.query}" if parts.query else ""
        clean = f"{scheme}://{netloc}{parts.path}{query}"
        return cls(scheme, host, port, parts.path.lstrip("/"), clean, user, password)

    def without_password(self) -> Address:
        """The same address, as it may be kept."""
        return replace(self, password="", user=self.user if self.scheme == "ssh" else "")

    @property
    def ssh_target(self) -> str:
        port = f"-p {self.port} " if self.port and self.scheme == "ssh" else ""
        return f"{port}{self.user or 'git'}@{self.host}"

    @property
    def origin(self) -> str:
        """scheme://host[:port], the part that credentials are for."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{shown}" + (f":{self.port}" if self.port else "")

    @property
    def shown(self) -> str:
        return printable(redact(self.clean))


_SSH_LIKE = re.compile(r"^(ssh://)?([^/:]*?)@[^@]+$")


def normalised(url: str) -> str:
    """A URL as Argo CD compares them (util/git/git.go, NormalizeGitURL): lower case, scp-like addresses with a slash,
    without ".git" and "ssh://"."""
    url = url.strip().lower()
    if _SSH_LIKE.match(url) and not url.startswith("ssh://"):
        url = "ssh://" + url.replace(":", "/", 1)
    return url.removesuffix(".git").removeprefix("ssh://")
