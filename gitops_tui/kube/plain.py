"""What a kubeconfig says of a cluster and a user, without the `kubernetes` package: certificates, tokens, passwords.

Importing the package takes longer than all else before the first request, and only the logins that it alone knows
(auth-provider) need it. The rules are client-go's (clientcmd): data stands above a file of the same name.
"""

from __future__ import annotations

import base64
import binascii
import os
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitops_tui.errors import KubeconfigError
from gitops_tui.model.text import printable
from gitops_tui.records import dataclass


@dataclass(frozen=True, slots=True)
class Plain:
    """authorization: the header's value, "" for none. ca, certificate, key: PEM. server_name: for TLS, "" for the
    server's own."""

    host: str
    authorization: str = ""
    verify: bool = True
    ca: bytes = b""
    certificate: bytes = b""
    key: bytes = b""
    server_name: str = ""

    def tls(self) -> ssl.SSLContext:
        """Raises OSError and ssl.SSLError for what is no certificate or key."""
        # A cluster's own authority alone, or else those of the system.
        made = ssl.create_default_context(cadata=_text(self.ca)) if self.ca else ssl.create_default_context()
        # Clusters' own authorities often lack what newer Pythons' strict check asks for; kubectl accepts them.
        made.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        if not self.verify:
            made.check_hostname = False
            made.verify_mode = ssl.CERT_NONE
        if self.certificate:
            _load_chain(made, self.certificate, self.key)
        return made


def plain(cluster: Mapping[str, Any], user: Mapping[str, Any], context: str) -> Plain:
    """cluster, user: the parts of a kubeconfig, file names made absolute. Raises KubeconfigError."""
    host = str(cluster.get("server") or "")
    made: dict[str, Any] = {"host": host, "authorization": _authorization(user, context)}
    if host.startswith("https://"):
        made |= {
            "verify": not cluster.get("insecure-skip-tls-verify"),
            "ca": _content(cluster, "certificate-authority", context),
            "server_name": str(cluster.get("tls-server-name") or ""),
            "certificate": _content(user, "client-certificate", context),
            "key": _content(user, "client-key", context),
        }
    return Plain(**made)


def _authorization(user: Mapping[str, Any], context: str) -> str:
    token = str(user.get("token") or "")
    if not token and user.get("tokenFile"):
        token = _text(_read(str(user["tokenFile"]), "tokenFile", context))
    if token.strip():
        return f"Bearer {token.strip()}"
    if user.get("username") and user.get("password"):
        both = f"{user['username']}:{user['password']}".encode()
        return f"Basic {base64.b64encode(both).decode()}"
    return ""


def _content(part: Mapping[str, Any], name: str, context: str) -> bytes:
    """What `<name>-data` holds, or else the file `<name>`."""
    if data := part.get(f"{name}-data"):
        try:
            return base64.b64decode(str(data).strip())
        except (binascii.Error, ValueError):
            # Not "from": the error could quote a key.
            raise KubeconfigError(
                f"{name}-data of the context {printable(context)} is not base64", hint="mend it in the kubeconfig"
            ) from None
    return _read(str(part[name]), name, context) if part.get(name) else b""


def _read(path: str, name: str, context: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise KubeconfigError(
            f"the {name} of the context {printable(context)}, {printable(path)}, can't be read: {printable(str(said))}",
            hint="look at the kubeconfig, and whether the file is there",
        ) from error


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _load_chain(made: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Python's ssl takes them from files only: they are there for as long as that takes, for the user alone."""
    names: list[str] = []
    try:
        for content in (certificate, key):
            handle, name = tempfile.mkstemp(prefix="gitops-tui-")
            names.append(name)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
        # An encrypted key would else ask for its password on the terminal.
        made.load_cert_chain(names[0], names[1] if key else None, password=lambda: "-")
    finally:
        for name in names:
            Path(name).unlink(missing_ok=True)
