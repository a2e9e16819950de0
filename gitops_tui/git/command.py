"""The one place that runs git.

Whatever a repository's own configuration says, git executes nothing for it here: hooks, fsmonitor, external diffs,
text conversion, filters, signature programs, pagers, `core.sshCommand` and command transports from a repository's
config are overridden on the command line or by the environment, which beat every file. No command may reach the
network unless its caller says so, and callers say so only for repositories that this program made itself (mirrors),
whose config is ours: a partial clone would else fetch a missing object by itself, through programs that its own config
names (`remote.<name>.uploadpack`, `core.gitProxy`, `credential.helper`). The user's own (global) settings for ssh,
credentials and proxies still hold. Errors come back as GitError with git's words, free of credentials.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from gitops_tui.errors import GitError, GitStopped
from gitops_tui.git.environment import SAFE, environment

MAX_OUTPUT = 200_000_000
_MAX_ERRORS = 64_000
_TICK = 0.2
COMMIT_GRAPH = ("commit-graph", "write", "--reachable", "--changed-paths", "--split", "--no-progress")
"""Makes logs of paths and blame many times quicker."""

Stop = threading.Event


def arguments(folder: Path | None, *args: str) -> list[str]:
    """The whole command line for git in `folder` (a work tree or a bare repository)."""
    line = ["git"]
    for name, value in SAFE:
        line += ["-c", f"{name}={value}"]
    if folder is not None:
        line += ["-C", str(folder)]
    return [*line, "--no-pager", "--literal-pathspecs", *args]


def start(
    folder: Path | None,
    *args: str,
    network: bool = False,
    env: Mapping[str, str] | None = None,
    stdin: bool = False,
    errors: bool = True,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """git as a process of its own session. Raises GitError where git isn't there."""
    try:
        return subprocess.Popen(
            arguments(folder, *args),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if errors else subprocess.DEVNULL,
            env=environment(network=network, extra=env),
            start_new_session=True,
            pass_fds=pass_fds,
        )
    except FileNotFoundError as error:
        raise GitError("the program git is not there", hint="install git and put it on PATH") from error
    except OSError as error:
        raise GitError(f"git can't be started: {error.strerror}") from error


def run(
    folder: Path | None,
    *args: str,
    timeout: float = 60.0,
    ok: Sequence[int] = (0,),
    limit: int = MAX_OUTPUT,
    what: str = "",
    network: bool = False,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    progress: Callable[[str], None] | None = None,
    stop: Stop | None = None,
    pass_fds: Sequence[int] = (),
) -> bytes:
    """Runs git and returns its standard output.

    timeout in seconds; `ok` are the exit codes that count as success; `limit` bounds the output (it is
    cut there, and git is ended); `network`: it may speak to a remote (mirrors of our own only). stdin: what it reads.
    progress is called with each line of git's progress. Raises GitError with git's own last words (`what` names the
    thing for the message), DamagedRepository where an object is missing or broken, GitStopped once `stop` is set.
    """
    process = start(folder, *args, network=network, env=env, stdin=bool(stdin), pass_fds=pass_fds)
    name = f"git {args[0]} {what}".strip()
    out, err, cut = _ended(process, name, timeout, limit, stdin, progress, stop)
    if cut and limit == MAX_OUTPUT:
        # Half a list would be a wrong answer.
        raise GitError(f"{name} printed more than {limit} bytes")
    if process.returncode not in ok and not cut:
        from gitops_tui.git.words import failure

        raise failure(name, err)
    return out


def verdict(
    folder: Path, *args: str, timeout: float, env: Mapping[str, str] | None = None, limit: int = 200_000
) -> tuple[int, str]:
    """(exit code, what git said to its error output) of a git that judges and prints its reasons there. timeout in
    seconds. Raises GitError."""
    process = start(folder, *args, env=env)
    _, err, _ = _ended(process, f"git {args[0]}", timeout, limit)
    return process.returncode, err.decode("utf-8", "replace")


def _ended(
    process: subprocess.Popen[bytes],
    name: str,
    timeout: float,
    limit: int,
    stdin: bytes = b"",
    progress: Callable[[str], None] | None = None,
    stop: Stop | None = None,
) -> tuple[bytes, bytes, bool]:
    """As `_communicate`, and the process is gone whatever happens. name: for people. Raises GitError, GitStopped."""
    try:
        return _communicate(process, timeout, limit, stdin, progress, stop)
    except subprocess.TimeoutExpired as error:
        end(process)
        raise GitError(
            f"{name} took longer than {timeout:.0f} s",
            hint="raise git_timeout in the settings if the repository is that large",
        ) from error
    except BaseException:
        end(process)
        raise


def _communicate(
    process: subprocess.Popen[bytes],
    timeout: float,
    limit: int,
    stdin: bytes,
    progress: Callable[[str], None] | None,
    stop: Stop | None,
) -> tuple[bytes, bytes, bool]:
    """(output, errors, whether the output was cut). Never holds more than `limit` bytes of output: a hostile or huge
    commit can't fill the memory. Raises TimeoutExpired, GitStopped."""
    assert process.stdout is not None
    assert process.stderr is not None
    deadline = time.monotonic() + timeout
    kept: dict[str, bytearray] = {"out": bytearray(), "err": bytearray()}
    cut, left_in = False, memoryview(stdin)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, "out")
        selector.register(process.stderr, selectors.EVENT_READ, "err")
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE, "in")
        while selector.get_map() and not cut:
            left = deadline - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired(process.args, timeout)
            if stop is not None and stop.is_set():
                raise GitStopped("stopped")
            for key, _ in selector.select(left if stop is None else min(left, _TICK)):
                if key.data == "in":
                    left_in = _feed(key.fd, left_in)
                    if not left_in:
                        selector.unregister(key.fileobj)
                        process.stdin.close()  # type: ignore[union-attr]
                    continue
                chunk = os.read(key.fd, 1 << 18)
                if not chunk:
                    selector.unregister(key.fileobj)
                    continue
                kept[key.data] += chunk
                if key.data == "err":
                    if progress is not None:
                        for line in chunk.decode("utf-8", "replace").replace("\r", "\n").split("\n"):
                            if line.strip():
                                from gitops_tui.git.words import said

                                progress(said(line.encode()))
                    del kept["err"][:-_MAX_ERRORS]
                elif len(kept["out"]) > limit:
                    cut = True
                    break
    if cut:
        process.kill()
    process.wait(max(0.1, deadline - time.monotonic()))
    process.stdout.close()
    process.stderr.close()
    return bytes(kept["out"][:limit]), bytes(kept["err"]), cut


def _feed(fd: int, data: memoryview) -> memoryview:
    try:
        return data[os.write(fd, data[: 1 << 16]) :]
    except BrokenPipeError:
        return data[:0]  # git has ended; its own words say why


def stream(
    folder: Path,
    *args: str,
    timeout: float,
    env: Mapping[str, str] | None = None,
    network: bool = False,
) -> Iterator[bytes]:
    """git's output in chunks, as they come. Closing the iterator ends git. Raises GitError as `run` does."""
    process = start(folder, *args, network=network, env=env)
    assert process.stdout is not None
    assert process.stderr is not None
    left = timeout  # only waiting for git counts, not what the reader does with it
    err = bytearray()
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            selector.register(process.stderr, selectors.EVENT_READ)
            while selector.get_map():
                if left <= 0:
                    raise GitError(f"git {args[0]} took longer than {timeout:.0f} s")
                asked = time.monotonic()
                ready = selector.select(left)
                left -= time.monotonic() - asked
                for key, _ in ready:
                    chunk = os.read(key.fd, 1 << 16)
                    if not chunk:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is process.stderr:
                        err += chunk
                        del err[:-_MAX_ERRORS]
                    else:
                        yield chunk
        if process.wait(5) != 0:
            from gitops_tui.git.words import failure

            raise failure(f"git {args[0]}", bytes(err))
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends git and whatever it started, and closes its pipes."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            try:
                pipe.close()
            except (BrokenPipeError, OSError):
                pass
    process.wait()
