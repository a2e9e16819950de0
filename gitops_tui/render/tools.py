"""Runs kustomize and helm: in a private folder, with a clean environment, a time limit and a limit on output."""

from __future__ import annotations

import os
import re
import resource
import select
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from gitops_tui.errors import RenderError

_MAX_OUTPUT = 100_000_000
_VERSION_TIMEOUT = 20.0
# Go's runtime takes this much of the address space, and uses little of it.
GO_RUNTIME = 1_500_000_000
_NO_MEMORY = re.compile(
    r"fatal error: .*(?:out of memory|allocate memory)|failed to create new OS thread|cannot allocate memory"
)
# Never more programs at once than cores: more would only be slower, and take more memory.
SLOTS = threading.BoundedSemaphore(
    len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
)
_PRLIMIT = getattr(resource, "prlimit", None)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSH_AUTH_SOCK")


def run_tool(
    line: Sequence[str],
    folder: Path,
    home: Path,
    timeout: float,
    *,
    network: bool = False,
    memory: int = 0,
) -> tuple[int, bytes, str]:
    """Runs a program and returns its exit code, output and error text; without network unless `network`. memory:
    bytes that it may use (0: no limit). Raises RenderError past the limits."""
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
    with SLOTS, (home / "out").open("wb") as out, (home / "err").open("wb") as err:
        process = subprocess.Popen(
            line,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=env,
            start_new_session=True,
            preexec_fn=_limit_output if _PRLIMIT is None else None,  # noqa: PLW1509 - only a system call
        )
        try:
            if _PRLIMIT is not None:
                # From outside: a preexec_fn would have Python copy itself for each program that it starts.
                with suppress(ProcessLookupError):
                    _PRLIMIT(process.pid, resource.RLIMIT_FSIZE, (_MAX_OUTPUT, _MAX_OUTPUT))
                    if memory:
                        _PRLIMIT(process.pid, resource.RLIMIT_AS, (memory + GO_RUNTIME, memory + GO_RUNTIME))
            code = wait_for(process, timeout)
        except subprocess.TimeoutExpired as error:
            raise RenderError(
                f"{Path(line[0]).name} took longer than {timeout:.0f} s",
                hint="raise render_timeout in the settings if the source is that large",
            ) from error
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    said = (home / "err").read_text("utf-8", "replace")
    if code != 0 and memory and _NO_MEMORY.search(said):
        raise RenderError(
            f"{Path(line[0]).name} needed more memory than it may have ({memory} bytes)",
            hint="raise render_memory in the settings if the source is that large",
        )
    return code, (home / "out").read_bytes(), said


def wait_for(process: subprocess.Popen[bytes], timeout: float) -> int:
    """The exit code, as soon as there is one: `Popen.wait` with a timeout looks only every 50 ms, which is as long as helm
    takes for a chart. Raises TimeoutExpired."""
    if hasattr(os, "pidfd_open"):
        try:
            handle = os.pidfd_open(process.pid)
        except OSError:  # an old kernel, or no more files
            return process.wait(timeout)
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            poll.poll(max(0.0, timeout) * 1000)
        finally:
            os.close(handle)
        timeout = 0.0
    return process.wait(timeout)


def program_for(kind: str) -> list[str]:
    """The command that builds a source of this kind (Helm, Kustomize), [] where it isn't there or none is needed."""
    if kind == "Helm":
        found = shutil.which("helm")
        return [found] if found else []
    if kind == "Kustomize":
        if found := shutil.which("kustomize"):
            return [found, "build"]
        return [found, "kustomize"] if (found := shutil.which("kubectl")) else []
    return []


def tool_version(line: Sequence[str]) -> str:
    """What a program (`program_for`) is, for cache keys: its place, and what it says of itself. "" for none. Asked once for
    each state of the file."""
    if not line:
        return ""
    try:
        state = Path(line[0]).stat()
    except OSError:
        return ""
    return _said_version(tuple(line), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=16)
def _said_version(line: tuple[str, ...], changed: int, size: int) -> str:
    asked = [line[0], "version", *(["--client"] if Path(line[0]).name == "kubectl" else [])]
    with tempfile.TemporaryDirectory(prefix="gitops-tui-") as home:
        try:
            _, out, _ = run_tool(asked, Path(home), Path(home), _VERSION_TIMEOUT)
        except (RenderError, OSError):
            out = b""
    return f"{line[0]} {changed} {size} {out[:300].decode('utf-8', 'replace')}"


def _limit_output() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_OUTPUT, _MAX_OUTPUT))
