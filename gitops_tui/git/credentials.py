"""Who we are for a remote repository.

As git has it by itself: ssh agent and keys, credential helpers, `.netrc`, certificates in the user's configuration. On
top of that, where they fit the address: a name and password in the URL, Argo CD's repository Secrets (`repository`
before `repo-creds`, the longest prefix wins; docs/operator-manual/declarative-setup.md), a token in the environment.
Nothing of it is written to disk, stands on a command line or reaches an error: see `gitops_tui.git.access`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from gitops_tui.errors import ConfigError
from gitops_tui.git.address import Address
from gitops_tui.git.address import normalised as _normalised
from gitops_tui.model.text import printable, redact

# Fields of Argo CD's Secret that ask for what is not there yet; each is said by name.
_UNSUPPORTED = (
    "gcpServiceAccountKey",
    "useAzureWorkloadIdentity",
    "azureServicePrincipalClientId",
    "azureServicePrincipalClientSecret",
    "enableLfs",
)


_CHARTS = ("helm", "oci")


@dataclass(frozen=True, slots=True)
class GitHubApp:
    """Keys of a GitHub App. base_url: of the API ("" for github.com). installation: 0 where it is to be found."""

    app: str
    private_key: str = field(repr=False)
    installation: int = 0
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What to show a remote. source: where it comes from, for errors ("the URL", "Secret argocd/web", …).

    tls_ca, known_hosts: whom to trust beside those the user trusts already. fallback: the user's own credential helpers are asked first. insecure: don't check the certificate (https) or the host's key (ssh): only because the Secret says so.
    plain_http: a registry speaks http, because the Secret says so.
    """

    source: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    bearer_token: str = field(default="", repr=False)
    ssh_private_key: str = field(default="", repr=False)
    tls_cert: str = field(default="", repr=False)
    tls_key: str = field(default="", repr=False)
    tls_ca: str = field(default="", repr=False)
    known_hosts: str = field(default="", repr=False)
    github_app: GitHubApp | None = None
    insecure: bool = False
    proxy: str = field(default="", repr=False)
    no_proxy: str = ""
    fallback: bool = False
    plain_http: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RepositorySecret:
    """One of Argo CD's Secrets for repositories. template: a `repo-creds`, whose url is a prefix. data: decoded."""

    name: str
    template: bool
    url: str
    data: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_object(cls, obj: Mapping[str, object]) -> RepositorySecret | None:
        """Out of a `Secret` with the label `argocd.argoproj.io/secret-type`; None for other types.
        Raises ConfigError for data that is not base64 text."""
        import base64
        import binascii

        metadata = obj.get("metadata")
        metadata = metadata if isinstance(metadata, Mapping) else {}
        kind = (metadata.get("labels") or {}).get("argocd.argoproj.io/secret-type", "")
        if kind not in ("repository", "repo-creds"):
            return None
        name = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
        raw = obj.get("data")
        data: dict[str, str] = {}
        for key, value in raw.items() if isinstance(raw, Mapping) else ():
            try:
                data[str(key)] = base64.b64decode(str(value), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                raise ConfigError(f"the Secret {printable(name)}: {printable(str(key))} is not text") from None
        if data.get("type", "git").strip().lower() not in ("git", "", *_CHARTS):
            return None
        return cls(name, kind == "repo-creds", data.get("url", ""), data)

    @property
    def for_charts(self) -> bool:
        """Whether it is for charts (type helm or oci) and not for Git."""
        return self.data.get("type", "").strip().lower() in _CHARTS

    def credentials(self) -> Credentials:
        """Raises ConfigError, naming the Secret and the field, never a value."""
        data, where = self.data, f"Secret {printable(self.name)}"
        app = None
        if data.get("githubAppID") or data.get("githubAppPrivateKey"):
            if not data.get("githubAppID", "").strip().isdigit() or not data.get("githubAppPrivateKey"):
                raise ConfigError(f"the {where}: githubAppID must be a number and githubAppPrivateKey its key")
            installation = data.get("githubAppInstallationID", "").strip() or "0"
            if not installation.isdigit():
                raise ConfigError(f"the {where}: githubAppInstallationID must be a number")
            app = GitHubApp(
                data["githubAppID"].strip(),
                data["githubAppPrivateKey"],
                int(installation),
                data.get("githubAppEnterpriseBaseUrl", "").strip(),
            )
        insecure = self._flag("insecure") or self._flag("insecureIgnoreHostKey")
        return Credentials(
            source=where,
            username=_one_line(data.get("username", ""), where, "username"),
            password=_one_line(data.get("password", ""), where, "password"),
            bearer_token=_one_line(data.get("bearerToken", ""), where, "bearerToken"),
            ssh_private_key=data.get("sshPrivateKey", ""),
            tls_cert=data.get("tlsClientCertData", ""),
            tls_key=data.get("tlsClientCertKey", ""),
            github_app=app,
            insecure=insecure,
            proxy=_one_line(data.get("proxy", ""), where, "proxy"),
            no_proxy=_one_line(data.get("noProxy", ""), where, "noProxy"),
            plain_http=self._flag("insecureOCIForceHttp"),
            warnings=tuple(
                f"{where}: {name} is not supported and has no effect"
                for name in _UNSUPPORTED
                if data.get(name, "").lower() not in ("", "false")
            ),
        )

    def _flag(self, name: str) -> bool:
        value = self.data.get(name, "").strip().lower()
        if value not in ("", "true", "false", "1", "0", "t", "f"):
            raise ConfigError(f"the Secret {printable(self.name)}: {name} must be true or false")
        return value in ("true", "1", "t")


def _one_line(value: str, where: str, name: str) -> str:
    value = value.rstrip("\r\n") if name != "password" else value.removesuffix("\n").removesuffix("\r")
    if any(char in value for char in "\r\n\0"):
        # git's credential protocol is made of lines: a second one could set the host.
        raise ConfigError(f"the {where}: {name} must be one line")
    return value


class Keyring:
    """Credentials by address. secrets: those of Argo CD, in any order."""

    def __init__(self, secrets: Iterable[RepositorySecret] = ()) -> None:
        self._secrets = tuple(secrets)

    def for_address(self, address: Address) -> Credentials:
        """What fits an address; empty credentials leave it to git. Raises ConfigError for a Secret that is wrong."""
        if address.password or (address.user and address.scheme in ("https", "http")):
            where = "URL"
            return Credentials(
                "the URL",
                _one_line(address.user, where, "user name"),
                _one_line(address.password, where, "password"),
            )
        chosen = self._secret(address.clean)
        if chosen is not None:
            return chosen.credentials()
        return _from_environment(address)

    def for_chart(self, url: str) -> Credentials:
        """What fits a chart repository (https) or registry (`oci://`). Raises ConfigError for a Secret that is wrong."""
        address = Address.parse(re.sub(r"^oci://", "https://", url))
        if address.password:
            where = "URL"
            return Credentials(
                "the URL",
                _one_line(address.user, where, "user name"),
                _one_line(address.password, where, "password"),
            )
        # A registry's URL stands in the Secret with or without its scheme.
        chosen = self._secret(address.clean, charts=True, clean=_without_oci)
        return chosen.credentials() if chosen is not None else _from_environment(address)

    def _secret(
        self, url: str, *, charts: bool = False, clean: Callable[[str], str] = lambda url: url
    ) -> RepositorySecret | None:
        def normalised(url: str) -> str:
            return _normalised(clean(url))

        wanted = normalised(url)
        mine = [each for each in self._secrets if each.for_charts is charts]
        exact = [each for each in mine if not each.template and normalised(each.url) == wanted]
        # A `repository` Secret without any credentials of its own takes those of the template, as in Argo CD.
        for each in exact:
            if any(each.data.get(name) for name in ("password", "sshPrivateKey", "bearerToken", "githubAppPrivateKey")):
                return each
        templates = [each for each in mine if each.template and _is_below(wanted, normalised(each.url))]
        best = max(templates, key=lambda each: len(each.url), default=None)
        return best or next(iter(exact), None)


def _without_oci(url: str) -> str:
    return re.sub(r"^(oci|https)://", "", url.strip()).rstrip("/")


def _is_below(url: str, prefix: str) -> bool:
    """Argo CD takes any prefix of the text (`https://github.com/org` also for `…/organisation`); a password must not
    go to another host, so the host has to be whole here."""
    if not prefix or not url.startswith(prefix):
        return False
    rest = url[len(prefix) :]
    path_begins = "/" in prefix.split("://", 1)[-1]
    return path_begins or rest[:1] in ("/", "")


_TOKENS = (
    ("github.com", ("GH_TOKEN", "GITHUB_TOKEN"), "x-access-token"),
    ("gitlab.com", ("GITLAB_TOKEN",), "oauth2"),
)


def variable_for(host: str) -> str:
    """The environment variable that may hold a token for a host: GITOPS_TUI_TOKEN_git_example_com."""
    return "GITOPS_TUI_TOKEN_" + re.sub(r"[^A-Za-z0-9]", "_", host)


def _from_environment(address: Address) -> Credentials:
    if address.scheme not in ("https", "http"):
        return Credentials()
    name = variable_for(address.host)
    own = os.environ.get(name) or os.environ.get(name.upper())
    if own:
        user, colon, password = own.partition(":")
        if not colon:
            user, password = "x-access-token" if address.host == "github.com" else "oauth2", own
        where = f"variable {name}"
        return Credentials(where, _one_line(user, where, "user"), _one_line(password, where, "token"), fallback=True)
    if address.scheme != "https":
        return Credentials()
    for host, variables, user in _TOKENS:
        for variable in variables:
            if address.host == host and (token := os.environ.get(variable)):
                where = f"variable {variable}"
                return Credentials(where, user, _one_line(token, where, "token"), fallback=True)
    return Credentials()


def shown(url: str) -> str:
    """A URL for people: without credentials and control characters."""
    return printable(redact(url))
