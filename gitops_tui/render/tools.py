"""Runs kustomize and helm: in a private folder, with a clean environment, a time limit and a limit on output."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from gitops_tui.errors import RenderError

_MAX_OUTPUT = 100_000_000
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSH_AUTH_SOCK")


def run_tool(
    line: Sequence[str], folder: Path, home: Path, timeout: float, *, network: bool = False
) -> tuple[int, bytes, str]:
    """Runs a program and returns its exit code, output and error text; without network unless `network`. Raises RenderError past the time limit."""
    env = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_CACHE_HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "XDG_DATA_HOME": str(home),
        "KUBECONFIG": os.devnull,
        "LC_ALL": "C.UTF-8",
        "GIT_TERMINAL_PROMPT": "0",
    }
    if network:
        env["GIT_ALLOW_PROTOCOL"] = "https:ssh"
        for name in _PROXIES:
            if name in os.environ:
                env[name] = os.environ[name]
    else:
        # A base or chart from elsewhere fails instead of being fetched.
        env |= {"GIT_ALLOW_PROTOCOL": "none"} | dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    with (home / "out").open("wb") as out, (home / "err").open("wb") as err:
        process = subprocess.Popen(
            line,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=env,
            start_new_session=True,
            preexec_fn=_limit_output,  # noqa: PLW1509 - only a system call
        )
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise RenderError(
                f"{Path(line[0]).name} took longer than {timeout:.0f} s",
                hint="raise render_timeout in the settings if the source is that large",
            ) from error
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return code, (home / "out").read_bytes(), (home / "err").read_text("utf-8", "replace")


def _limit_output() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_OUTPUT, _MAX_OUTPUT))
