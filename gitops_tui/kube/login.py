"""Login helpers (exec plugins of a kubeconfig): runs one and reads the credential that it prints.

The `kubernetes` package runs them too, but with the terminal as their input and output, without a deadline, and it
drops their errors. Here a helper gets no terminal (the screen is in use), and what it says on failure is told.
Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from gitops_tui.errors import KubeconfigError
from gitops_tui.model.text import printable, redact
from gitops_tui.records import dataclass

_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Login:
    """What a helper gave. certificate, key: PEM, "" for none. expires: aware, None where it does not say."""

    token: str = ""
    certificate: str = ""
    key: str = ""
    expires: datetime | None = None


def run_helper(
    helper: Mapping[str, Any], cluster: Mapping[str, Any], folder: Path, context: str, *, seconds: float = _SECONDS
) -> Login:
    """Runs the helper and gives its credential.

    helper: the `exec` part of a kubeconfig's user; cluster: its cluster part, handed over where the helper asks for it;
    folder: of the kubeconfig, which relative commands start from. Blocking, at most `seconds`. Raises KubeconfigError,
    never with what the helper printed as its credential.
    """
    command, version = str(helper.get("command") or ""), str(helper.get("apiVersion") or "")
    what = f"the login helper {printable(command)!r} of the context {printable(context)}"
    hint = f"try: kubectl --context {printable(context)} version"
    if not command or not version:
        raise KubeconfigError(f"{what} needs command and apiVersion", hint="mend users[].user.exec in the kubeconfig")
    if helper.get("interactiveMode") == "Always":
        raise KubeconfigError(f"{what} wants a terminal of its own", hint=f"log in first: {hint.removeprefix('try: ')}")
    if os.sep in command and not Path(command).is_absolute():
        command = str(folder / command)
    args = [command, *(str(each) for each in helper.get("args") or ())]
    env = dict(os.environ)
    for item in helper.get("env") or ():
        if isinstance(item, Mapping) and item.get("name"):
            env[str(item["name"])] = str(item.get("value") or "")
    env["KUBERNETES_EXEC_INFO"] = _request(version, helper, cluster)
    try:
        code, out, said = _run(args, env, seconds)
    except FileNotFoundError as error:
        install = printable(redact(str(helper.get("installHint") or ""))).strip()[:500]
        raise KubeconfigError(f"{what} is not installed", hint=install or hint) from error
    except subprocess.TimeoutExpired as error:
        raise KubeconfigError(f"{what} did not end within {seconds:g} s", hint=hint) from error
    except (OSError, ValueError) as error:
        raise KubeconfigError(f"{what} can't be run: {printable(str(error))[:300]}", hint=hint) from error
    if code:
        words = printable(redact(said.decode("utf-8", "replace").strip()[-500:]))
        raise KubeconfigError(f"{what} failed ({code}): {words or 'it says nothing'}", hint=hint)
    return _read(out, version, what, hint)


def _request(version: str, helper: Mapping[str, Any], cluster: Mapping[str, Any]) -> str:
    spec: dict[str, Any] = {"interactive": False}
    if helper.get("provideClusterInfo"):
        kept = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
        spec["cluster"] = {name: cluster[name] for name in kept if name in cluster}
        for extension in cluster.get("extensions") or ():
            if isinstance(extension, Mapping) and extension.get("name") == "client.authentication.k8s.io/exec":
                spec["cluster"]["config"] = extension.get("extension")
    return orjson.dumps({"apiVersion": version, "kind": "ExecCredential", "spec": spec}, default=str).decode()


def _run(args: list[str], env: dict[str, str], seconds: float) -> tuple[int, bytes, bytes]:
    # A session of its own: no terminal to ask on, and what the helper starts ends with it.
    with subprocess.Popen(
        args,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            out, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode, out, said


def _read(out: bytes, version: str, what: str, hint: str) -> Login:
    try:
        answer = orjson.loads(out)
    except orjson.JSONDecodeError:
        # Not "from" the parser's error: that one holds what was printed.
        raise KubeconfigError(f"{what} did not print an ExecCredential", hint=hint) from None
    status = answer.get("status") if isinstance(answer, dict) else None
    if not isinstance(status, dict):
        raise KubeconfigError(f"{what} printed no credential", hint=hint)
    if answer.get("apiVersion") != version:
        shown = printable(str(answer.get("apiVersion")))[:100]
        raise KubeconfigError(f"{what} answers in {shown}, the kubeconfig asks for {version}", hint=hint)
    token = str(status.get("token") or "").strip()
    certificate, key = str(status.get("clientCertificateData") or ""), str(status.get("clientKeyData") or "")
    if not token and not (certificate and key):
        raise KubeconfigError(f"{what} printed neither a token nor a certificate with its key", hint=hint)
    expires = None
    if status.get("expirationTimestamp"):
        try:
            expires = datetime.fromisoformat(str(status["expirationTimestamp"]).replace("Z", "+00:00"))
        except ValueError as error:
            raise KubeconfigError(f"{what} names a time of expiry that is none", hint=hint) from error
        expires = expires if expires.tzinfo is not None else expires.replace(tzinfo=UTC)
    return Login(token, certificate, key, expires)
