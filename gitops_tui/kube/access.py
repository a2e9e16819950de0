"""How to reach one context: server, proxy, TLS and credentials, renewed before they run out.

Certificates, tokens and passwords are read by `plain`, login helpers are run by `login`. The `kubernetes` package, whose
import takes a quarter of a second, is there for what only it does: auth-providers, and the account of a pod.
"""

from __future__ import annotations

import base64
import os
import ssl
import time
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gitops_tui.errors import KubeconfigError
from gitops_tui.kube.config import IN_CLUSTER, ContextInfo, existing_paths, merged
from gitops_tui.kube.plain import Plain, plain
from gitops_tui.model.text import printable, redact
from gitops_tui.records import dataclass

if TYPE_CHECKING:
    from gitops_tui.kube.login import Login

# Tokens in files and from the package's own logins are looked at again after this many seconds (client-go: a minute).
_LOOK_AGAIN = 30.0
# A credential that ends within this is renewed.
_EARLY = timedelta(seconds=30)
_FILES = ("client-certificate", "client-key", "tokenFile")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request needs. server: URL without a trailing slash. headers: names and values, a name may come twice.
    proxy: URL or None. server_name: for TLS, None for the server's own."""

    server: str
    headers: tuple[tuple[str, str], ...]
    tls: ssl.SSLContext | bool
    proxy: str | None
    server_name: str | None


class Access:
    """Reads the credentials of one context. All but `due` is blocking: call it in a thread."""

    def __init__(self, kubeconfig: Path | None, context: ContextInfo) -> None:
        self.context = context
        self._kubeconfig = kubeconfig
        self._tls: tuple[Any, ssl.SSLContext] | None = None
        self._renew_at: float | None = None
        self._expires: datetime | None = None

    def due(self) -> bool:
        """Whether the credentials should be read again before the next request (cheap, never blocks)."""
        if self._expires is not None and datetime.now(UTC) >= self._expires:
            return True
        return self._renew_at is not None and time.monotonic() >= self._renew_at

    def load(self) -> Credentials:
        """Reads the credentials as they are now; may run a login helper. Raises KubeconfigError."""
        self._renew_at, self._expires = None, None
        name = printable(self.context.name)
        hint = f"try: kubectl --context {name} version"
        try:
            if self.context.name == IN_CLUSTER:
                cluster, user, found = self._from_pod()
            else:
                cluster, user, found = self._from_file()
        except KubeconfigError:
            raise
        except Exception as error:  # whatever a broken file makes the package raise
            kind = "" if type(error).__name__ == "ConfigException" else f"{type(error).__name__}: "
            raise KubeconfigError(
                f"the context {name} can't be used: {kind}{printable(redact(str(error)))[:500]}", hint=hint
            ) from error
        server = found.host.rstrip("/")
        if not server.startswith(("http://", "https://")) or not _host(server):
            raise KubeconfigError(f"the context {name} has no server URL", hint="mend clusters[].cluster.server")
        return Credentials(
            server,
            self._headers(found, user),
            self._tls_of(found),
            self._proxy(server, cluster),
            found.server_name or None,
        )

    # --- where they come from -------------------------------------------------------------------------------------

    def _from_pod(self) -> _Found:
        from kubernetes.client.configuration import Configuration
        from kubernetes.config import incluster_config

        configuration = Configuration()
        incluster_config.load_incluster_config(client_configuration=configuration)
        self._renew_at = time.monotonic() + _LOOK_AGAIN
        return {}, {}, _of_package(configuration)

    def _from_file(self) -> _Found:
        config = merged(self._kubeconfig)
        name = printable(self.context.name)
        context = config.contexts.get(self.context.name)
        if context is None:
            raise KubeconfigError(f"the kubeconfig has no context {name!r} any more", hint="choose another context")
        names = {what: str(context.value.get(what) or "") for what in ("cluster", "user")}
        cluster, user = config.clusters.get(names["cluster"]), config.users.get(names["user"])
        for what, found in (("cluster", cluster), ("user", user)):
            if found is None and (names[what] or what == "cluster"):
                raise KubeconfigError(
                    f"the context {name} names the {what} {printable(names[what])!r}, which the kubeconfig does not have",
                    hint=f"mend {what}s in the kubeconfig, or choose another context",
                )
        assert cluster is not None
        mine = user.value if user is not None else {}
        if isinstance(mine.get("auth-provider"), Mapping):
            # The package writes renewed tokens back to the file, as kubectl does: so it gets the files themselves.
            from kubernetes.client.configuration import Configuration
            from kubernetes.config import kube_config

            configuration = Configuration()
            self._check_provider(str(mine["auth-provider"].get("name") or ""))
            files = os.pathsep.join(map(str, existing_paths(self._kubeconfig)))
            kube_config.load_kube_config(files, self.context.name, configuration)
            self._renew_at = time.monotonic() + _LOOK_AGAIN
            return cluster.value, mine, _of_package(configuration)
        has_token = mine.get("token") or mine.get("tokenFile")
        if user is not None and isinstance(mine.get("exec"), Mapping) and not has_token:
            from gitops_tui.kube.login import run_helper

            mine = self._logged_in(run_helper(mine["exec"], cluster.value, user.folder, self.context.name), mine)
        if mine.get("tokenFile"):
            self._renew_at = time.monotonic() + _LOOK_AGAIN
        folder = user.folder if user is not None else cluster.folder
        made = plain(
            _absolute(cluster.value, ("certificate-authority",), cluster.folder),
            _absolute(mine, _FILES, folder),
            self.context.name,
        )
        return cluster.value, mine, made

    def _logged_in(self, login: Login, user: Mapping[str, Any]) -> dict[str, Any]:
        if login.expires is not None:
            # One that comes out nearly expired would else be asked for before each request.
            self._expires = max(login.expires - _EARLY, datetime.now(UTC) + timedelta(seconds=5))
        made = {key: value for key, value in user.items() if key != "exec"}
        if login.token:
            made["token"] = login.token
        if login.certificate:
            for name, text in (("client-certificate", login.certificate), ("client-key", login.key)):
                made.pop(name, None)
                made[f"{name}-data"] = base64.b64encode(text.encode()).decode()
        return made

    def _check_provider(self, name: str) -> None:
        if name not in ("gcp", "oidc"):
            raise KubeconfigError(
                f"the context {printable(self.context.name)} logs in by the auth-provider {printable(name)!r}, which "
                "Kubernetes has given up",
                hint="use the provider's login helper (users[].user.exec)",
            )

    # --- what they become -----------------------------------------------------------------------------------------

    def _headers(self, found: Plain, user: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        headers: list[tuple[str, str]] = []
        if found.authorization:
            headers.append(("Authorization", found.authorization))
        # To act as somebody else is to have less: leaving it out would do more than the person meant.
        if user.get("as"):
            headers.append(("Impersonate-User", str(user["as"])))
        if user.get("as-uid"):
            headers.append(("Impersonate-Uid", str(user["as-uid"])))
        headers.extend(("Impersonate-Group", str(group)) for group in user.get("as-groups") or ())
        for name, values in (user.get("as-user-extra") or {}).items():
            headers.extend((f"Impersonate-Extra-{name}", str(value)) for value in values or ())
        for name, value in headers:
            if not (value.isprintable() and value.isascii() and name.replace("-", "").isalnum() and name.isascii()):
                raise KubeconfigError(
                    f"the credentials of the context {printable(self.context.name)} hold characters that no header may",
                    hint="look for line breaks in the token",
                )
        return tuple(headers)

    def _proxy(self, server: str, cluster: Mapping[str, Any]) -> str | None:
        """The kubeconfig's proxy-url; else the environment's, as Go reads it: never for this machine itself."""
        proxy = str(cluster.get("proxy-url") or "")
        if not proxy:
            host = _host(server)
            if host in ("localhost", "::1") or host.startswith("127.") or urllib.request.proxy_bypass(host):
                return None
            proxy = urllib.request.getproxies().get(server.partition("://")[0]) or ""
        if proxy and (not proxy.startswith(("http://", "https://")) or not _host(proxy)):
            raise KubeconfigError(
                f"the proxy of the context {printable(self.context.name)} must be an http:// or https:// address",
                hint="set proxy-url in the kubeconfig, or HTTPS_PROXY, to an HTTP proxy",
            )
        return proxy or None

    def _tls_of(self, found: Plain) -> ssl.SSLContext | bool:
        if found.host.startswith("http://"):
            return False
        stamp = (found.verify, found.ca, found.certificate, found.key)
        if self._tls is not None and self._tls[0] == stamp:
            # The same context, so that open connections are used on.
            return self._tls[1]
        try:
            made = found.tls()
        except (OSError, ssl.SSLError) as error:
            raise KubeconfigError(
                f"a certificate of the context {printable(self.context.name)} can't be read: {printable(str(error))}",
                hint="look at certificate-authority, client-certificate and client-key in the kubeconfig",
            ) from error
        self._tls = (stamp, made)
        return made


_Found = tuple[Mapping[str, Any], Mapping[str, Any], Plain]


def _of_package(configuration: Any) -> Plain:
    """What the package made of it."""

    def read(path: str | None) -> bytes:
        return Path(path).read_bytes() if path else b""

    token = configuration.get_api_key_with_prefix("authorization") or configuration.get_api_key_with_prefix(
        "BearerToken"
    )
    return Plain(
        str(configuration.host or ""),
        str(token or "").strip(),
        bool(configuration.verify_ssl),
        read(configuration.ssl_ca_cert),
        read(configuration.cert_file),
        read(configuration.key_file),
        str(getattr(configuration, "tls_server_name", None) or ""),
    )


def _host(url: str) -> str:
    """The host of a URL, "" where it has none or is no URL."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _absolute(part: Mapping[str, Any], names: tuple[str, ...], folder: Path) -> dict[str, Any]:
    """With relative file names made to start from the kubeconfig's folder."""
    return {key: str(folder / str(value)) if key in names and value else value for key, value in part.items()}
