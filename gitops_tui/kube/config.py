"""kubeconfig: which contexts there are, and how to reach one. The `kubernetes` package reads the files and runs login
helpers; it is imported late, since that takes a quarter of a second."""

from __future__ import annotations

import difflib
import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitops_tui.errors import KubeconfigError
from gitops_tui.model.text import printable, redact

IN_CLUSTER = "in-cluster"
_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class ContextInfo:
    """One context of the kubeconfig. server: its URL; namespace: its default one, "" where it names none."""

    name: str
    cluster: str
    server: str
    user: str
    namespace: str
    current: bool


def _paths(kubeconfig: Path | None) -> list[Path]:
    if kubeconfig is not None:
        return [kubeconfig.expanduser()]
    if named := os.environ.get("KUBECONFIG"):
        return [Path(each).expanduser() for each in named.split(os.pathsep) if each]
    return [Path.home() / ".kube" / "config"]


def _merged(kubeconfig: Path | None) -> dict[str, Any]:
    """The files merged as kubectl does: the first to name a thing wins. Raises KubeconfigError."""
    import yaml

    paths = _paths(kubeconfig)
    there = [path for path in paths if path.exists()]
    if not there:
        shown = ", ".join(str(path) for path in paths)
        raise KubeconfigError(
            f"there is no kubeconfig at {shown}",
            hint="give one with --kubeconfig or $KUBECONFIG, or try: gitops-tui demo",
        )
    merged: dict[str, Any] = {"contexts": {}, "clusters": {}, "users": {}, "current-context": ""}
    for path in there:
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise KubeconfigError(f"the kubeconfig {path} can't be read: {error}") from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark is not None else str(path)
            raise KubeconfigError(
                f"the kubeconfig {place} is not valid YAML: "
                f"{printable(str(getattr(error, 'problem', None) or 'broken'))}"
            ) from error
        if data is None:
            continue
        if not isinstance(data, dict):
            raise KubeconfigError(f"the kubeconfig {path} must hold a mapping, not a {type(data).__name__}")
        merged["current-context"] = merged["current-context"] or str(data.get("current-context") or "")
        for field in ("contexts", "clusters", "users"):
            items = data.get(field) or []
            if not isinstance(items, list):
                raise KubeconfigError(f"the kubeconfig {path}: {field} must be a list")
            for item in items:
                if isinstance(item, dict) and isinstance(item.get("name"), str):
                    merged[field].setdefault(item["name"], item.get(field[:-1]) or {})
    return merged


def contexts(kubeconfig: Path | None = None) -> list[ContextInfo]:
    """All contexts, the current one marked; in a pod without a kubeconfig the one of its service account.

    Raises KubeconfigError: no file, not readable, not YAML (with line), no context in it.
    """
    if kubeconfig is None and not any(path.exists() for path in _paths(None)) and _in_cluster():
        return [ContextInfo(IN_CLUSTER, IN_CLUSTER, _in_cluster(), "serviceaccount", "", True)]
    merged = _merged(kubeconfig)
    found = []
    for name, context in merged["contexts"].items():
        cluster = merged["clusters"].get(context.get("cluster"), {})
        found.append(
            ContextInfo(
                name=name,
                cluster=str(context.get("cluster") or ""),
                server=str(cluster.get("server") or "") if isinstance(cluster, dict) else "",
                user=str(context.get("user") or ""),
                namespace=str(context.get("namespace") or ""),
                current=name == merged["current-context"],
            )
        )
    if not found:
        shown = ", ".join(str(path) for path in _paths(kubeconfig))
        raise KubeconfigError(f"the kubeconfig {shown} has no context", hint="see: kubectl config get-contexts")
    return found


def pick(name: str | None, known: list[ContextInfo]) -> ContextInfo:
    """The context of that name, or the current one. Raises KubeconfigError with the known names."""
    names = [context.name for context in known]
    if name is None:
        for context in known:
            if context.current:
                return context
        raise KubeconfigError(
            "the kubeconfig has no current context", hint=f"give one with --context: {', '.join(sorted(names)[:10])}"
        )
    for context in known:
        if context.name == name:
            return context
    near = difflib.get_close_matches(name, names, 1) or None
    hint = f"did you mean {near[0]}? " if near else ""
    raise KubeconfigError(
        f"the kubeconfig has no context {printable(name)!r}", hint=f"{hint}known: {', '.join(sorted(names)[:10])}"
    )


def _in_cluster() -> str:
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
    return f"https://{host}:{port}" if host and port and (_SERVICE_ACCOUNT / "token").exists() else ""


class Access:
    """How to reach one context: its server, TLS and credentials. Blocking; call it in a thread."""

    def __init__(self, kubeconfig: Path | None, context: ContextInfo) -> None:
        self.context = context
        self._kubeconfig = kubeconfig
        self._configuration: Any = None

    def load(self) -> None:
        """Reads credentials; may run a login helper (exec plugin). Raises KubeconfigError."""
        from kubernetes.client.configuration import Configuration
        from kubernetes.config import config_exception, kube_config

        configuration = Configuration()
        try:
            if self.context.name == IN_CLUSTER:
                from kubernetes.config import incluster_config

                incluster_config.load_incluster_config(client_configuration=configuration)
            else:
                files = os.pathsep.join(str(path) for path in _paths(self._kubeconfig) if path.exists())
                kube_config.load_kube_config(
                    config_file=files, context=self.context.name, client_configuration=configuration
                )
        except config_exception.ConfigException as error:
            raise KubeconfigError(
                f"the context {self.context.name} can't be used: {printable(redact(str(error)))[:500]}",
                hint=f"try: kubectl --context {self.context.name} version",
            ) from error
        except Exception as error:  # whatever a login helper or a broken file makes the package raise
            raise KubeconfigError(
                f"the context {self.context.name} can't be used: "
                f"{type(error).__name__}: {printable(redact(str(error)))[:300]}",
                hint=f"try: kubectl --context {self.context.name} version",
            ) from error
        if not str(configuration.host or "").startswith(("http://", "https://")):
            raise KubeconfigError(
                f"the context {self.context.name} has no server URL", hint="mend clusters[].cluster.server"
            )
        self._configuration = configuration

    @property
    def server(self) -> str:
        return str(self._configuration.host).rstrip("/")

    @property
    def proxy(self) -> str | None:
        return self._configuration.proxy or None

    @property
    def server_name(self) -> str | None:
        return getattr(self._configuration, "tls_server_name", None) or None

    def headers(self) -> dict[str, str]:
        """The authorization header as it is now; may renew a token that ran out (blocking)."""
        configuration = self._configuration
        token = configuration.get_api_key_with_prefix("authorization") or configuration.get_api_key_with_prefix(
            "BearerToken"
        )
        if token:
            return {"Authorization": token}
        if configuration.username:
            return {"Authorization": configuration.get_basic_auth_token()}
        return {}

    def tls(self) -> ssl.SSLContext | bool:
        """The TLS context. Raises KubeconfigError where a certificate can't be read."""
        configuration = self._configuration
        if self.server.startswith("http://"):
            return False
        try:
            made = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
            # Clusters' own authorities often lack what newer Pythons' strict check asks for; kubectl accepts them.
            made.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
            if not configuration.verify_ssl:
                made.check_hostname = False
                made.verify_mode = ssl.CERT_NONE
            if configuration.cert_file:
                made.load_cert_chain(configuration.cert_file, configuration.key_file or None)
        except (OSError, ssl.SSLError) as error:
            raise KubeconfigError(f"a certificate of the context {self.context.name} can't be read: {error}") from error
        return made
