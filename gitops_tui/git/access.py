"""One visit to a remote: the environment that lets git show its credentials, and nothing that stays behind.

Names and passwords go to git by a credential helper for that host alone, which reads two variables of its own
environment. An ssh key goes by standard input into an ssh-agent that lives as long as the visit. A client certificate,
which git only takes as a file, goes into files of mode 0600 in a private folder in memory where there is one
(`$XDG_RUNTIME_DIR`, `/dev/shm`), removed after the visit.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gitops_tui.errors import FetchError, ToolMissing
from gitops_tui.git.address import Address
from gitops_tui.git.credentials import Credentials
from gitops_tui.git.environment import config_environment, ssh_command

_HELPER = '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$GITOPS_TUI_GIT_USER" "$GITOPS_TUI_GIT_PASSWORD"; }; f'


@contextmanager
def visit(address: Address, credentials: Credentials) -> Iterator[dict[str, str]]:
    """The environment to add for git commands that speak to this remote. Raises FetchError, ToolMissing."""
    settings: list[tuple[str, str]] = []
    env: dict[str, str] = {}
    with ExitStack() as stack:
        if address.scheme in ("https", "http"):
            _http(address, credentials, settings, env, stack)
        elif address.scheme == "ssh" and (
            credentials.ssh_private_key or credentials.insecure or credentials.known_hosts
        ):
            _ssh(credentials, env, stack)
        if settings:
            env = config_environment(settings, env)
        yield env


def _http(
    address: Address, credentials: Credentials, settings: list[tuple[str, str]], env: dict[str, str], stack: ExitStack
) -> None:
    origin = address.origin
    user, password = credentials.username, credentials.password
    if credentials.github_app is not None:
        from gitops_tui.git.github_app import token

        user, password = "x-access-token", token(credentials.github_app, address, credentials)
    if password:
        # The empty helper drops all others for this host: a wrong password must not fall back to another person's.
        settings += [] if credentials.fallback else [(f"credential.{origin}.helper", "")]
        settings.append((f"credential.{origin}.helper", _HELPER))
        env["GITOPS_TUI_GIT_USER"] = user or "x-access-token"
        env["GITOPS_TUI_GIT_PASSWORD"] = password
    elif user:
        settings.append((f"credential.{origin}.username", user))
    if credentials.bearer_token:
        settings.append((f"http.{origin}.extraHeader", f"Authorization: Bearer {credentials.bearer_token}"))
        # git sends such a header to whatever host the first answer leads to.
        settings.append((f"http.{origin}.followRedirects", "false"))
    if credentials.insecure:
        settings.append((f"http.{origin}.sslVerify", "false"))
    if credentials.proxy:
        settings.append((f"http.{origin}.proxy", credentials.proxy))
        if credentials.no_proxy:
            env["no_proxy"] = env["NO_PROXY"] = credentials.no_proxy
    if credentials.tls_cert or credentials.tls_key or credentials.tls_ca:
        folder = stack.enter_context(private_folder())
        for name, text, setting in (
            ("cert", credentials.tls_cert, "sslCert"),
            ("key", credentials.tls_key, "sslKey"),
        ):
            if text:
                settings.append((f"http.{origin}.{setting}", str(_private_file(folder / name, text))))
        if credentials.tls_ca:
            # By the environment: a GIT_SSL_CAINFO of the user's would beat the configuration.
            env["GIT_SSL_CAINFO"] = str(_private_file(folder / "ca", credentials.tls_ca))


def _ssh(credentials: Credentials, env: dict[str, str], stack: ExitStack) -> None:
    command = os.environ.get("GIT_SSH_COMMAND") or ssh_command()
    if credentials.insecure:
        command += " -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    elif credentials.known_hosts:
        # The file of the whole machine gets company; the user's own stays as it is configured.
        place = _private_file(stack.enter_context(private_folder()) / "known_hosts", credentials.known_hosts)
        command += f" -o {shlex.quote(f'GlobalKnownHostsFile=/etc/ssh/ssh_known_hosts {place}')}"
    if credentials.ssh_private_key:
        socket = stack.enter_context(_agent(credentials))
        # Only this key: servers end the connection after a few wrong ones.
        command += f" -o IdentityAgent={shlex.quote(str(socket))} -o IdentityFile=none"
        env["SSH_AUTH_SOCK"] = str(socket)
    env["GIT_SSH_COMMAND"] = command


@contextmanager
def _agent(credentials: Credentials) -> Iterator[Path]:
    if shutil.which("ssh-agent") is None or shutil.which("ssh-add") is None:
        raise ToolMissing(
            f"the ssh key of {credentials.source} needs ssh-agent, which is not there",
            hint="install the OpenSSH client and put it on PATH",
        )
    with private_folder() as folder:
        socket = folder / "agent"
        agent = subprocess.Popen(
            ["ssh-agent", "-D", "-a", str(socket)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            assert agent.stdout is not None
            agent.stdout.readline()  # it prints where it listens once it does
            key = credentials.ssh_private_key.replace("\r\n", "\n").strip() + "\n"
            added = subprocess.run(
                ["ssh-add", "-q", "-"],
                input=key.encode(),
                capture_output=True,
                check=False,
                timeout=20,
                env={
                    **os.environ,
                    "SSH_AUTH_SOCK": str(socket),
                    "SSH_ASKPASS": "false",
                    "SSH_ASKPASS_REQUIRE": "never",
                },
                start_new_session=True,
            )
            if added.returncode != 0:
                raise FetchError(
                    f"the ssh key of {credentials.source} can't be used",
                    hint="it must be a private key in PEM or OpenSSH form without a passphrase",
                )
            yield socket
        finally:
            agent.terminate()
            agent.wait()
            if agent.stdout is not None:
                agent.stdout.close()


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder of mode 0700, in memory where there is such a place; removed at the end."""
    for base in (os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm"):  # noqa: S108
        if base and os.access(base, os.W_OK | os.X_OK) and len(base) < 60:
            break
    else:
        base = ""
    with tempfile.TemporaryDirectory(prefix="gitops-tui-", dir=base or None) as made:
        yield Path(made)


def _private_file(place: Path, text: str) -> Path:
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
    return place
