"""Runs what could do harm or never end in a process of its own: a time and a memory limit, a clean environment, no
network where the system can do that, and nothing of it left behind.

The memory limit is one on the address space (RLIMIT_AS); "no network" is a network namespace of its own (`unshare`), which
needs user namespaces: where those are switched off, `has_no_network` is False and the caller says so.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from gitops_tui.errors import RenderError
from gitops_tui.records import dataclass
from gitops_tui.render.tools import wait_for

MOST_OUTPUT = 100_000_000
_CUT_OFF = ("--map-root-user", "--net")
_MOST_SAID = 100_000
_MOST_FILE = 500_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """timeout: seconds. memory: bytes of address space. network: whether it may use it."""

    timeout: float
    memory: int
    network: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """code: negative for a signal. out: standard output. err: standard error as text, cut."""

    code: int
    out: bytes
    err: str


@cache
def has_no_network() -> bool:
    """Whether a process can be cut off from the network here."""
    program = shutil.which("unshare")
    if program is None:
        return False
    try:
        done = subprocess.run([program, *_CUT_OFF, "true"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def without_network(line: Sequence[str]) -> list[str]:
    """The command that runs `line` without network, where this system can do that; else `line` itself."""
    return [str(shutil.which("unshare")), *_CUT_OFF, *line] if has_no_network() else list(line)


def run_confined(
    line: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    limits: Limits,
    *,
    name: str,
    given: bytes = b"",
) -> Ran:
    """Runs a program in `folder` with just the environment `env`; `given` is its standard input. Raises RenderError where
    it can't be started, takes too long or prints too much; name: what people call it."""
    if not limits.network:
        line = without_network(line)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_FILE, _MOST_FILE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    # Unlinked at once: what a program prints is on no disk under a name, and gone with us.
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        stdin.write(given)
        stdin.seek(0)
        try:
            process = subprocess.Popen(
                line,
                cwd=folder,
                stdin=stdin,
                stdout=out,
                stderr=err,
                env=dict(env),
                start_new_session=True,
                preexec_fn=limit,  # noqa: PLW1509 - only system calls
            )
        except OSError as error:
            raise RenderError(
                f"{name} can't be started: {error.strerror or error}", hint="look at its command in the settings"
            ) from None
        try:
            code = wait_for(process, limits.timeout)
        except subprocess.TimeoutExpired:
            raise RenderError(
                f"{name} took longer than {limits.timeout:.0f} s and was stopped",
                hint="raise its time limit in the settings if it really takes that long",
            ) from None
        finally:
            # Also what it left running: it is all one group.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        if out.tell() > MOST_OUTPUT or os.fstat(out.fileno()).st_size > MOST_OUTPUT:
            raise RenderError(f"{name} printed more than {MOST_OUTPUT} bytes")
        out.seek(0)
        err.seek(0)
        return Ran(code, out.read(), err.read(_MOST_SAID).decode("utf-8", "replace"))
