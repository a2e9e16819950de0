"""The one place that runs git.

Whatever a repository's own configuration says, git executes nothing for it here: hooks, fsmonitor, external diffs,
text conversion, pagers, `core.sshCommand` and command transports from a repository's config are overridden on the
command line or by the environment, which beat every file. No command may reach the network unless its caller says so:
a partial clone would else fetch a missing object by itself, through programs that its own config names
(`remote.<name>.uploadpack`, `core.gitProxy`, `credential.helper`). The user's own (global) settings for ssh,
credentials and proxies still hold. Errors come back as GitError with git's words, free of credentials.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from gitops_tui.errors import GitError
from gitops_tui.model.text import printable, redact

_MAX_OUTPUT = 200_000_000
_MAX_ERRORS = 64_000

# What must never come from a repository. `core.hooksPath` and `core.fsmonitor` run programs; `core.attributesFile`
# could name filters; `protocol.ext` runs commands.
_SAFE = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("core.pager", "cat"),
    ("core.attributesFile", os.devnull),
    ("core.quotePath", "false"),
    ("diff.external", ""),
    ("protocol.allow", "never"),
    ("protocol.https.allow", "always"),
    ("protocol.http.allow", "always"),
    ("protocol.ssh.allow", "always"),
    ("protocol.git.allow", "always"),
    ("protocol.file.allow", "always"),
    ("protocol.ext.allow", "never"),
    ("submodule.recurse", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("log.showSignature", "false"),
    ("log.follow", "false"),
    ("diff.orderFile", ""),
    ("diff.noprefix", "false"),
    ("diff.mnemonicPrefix", "false"),
    ("uploadpack.packObjectsHook", ""),
    ("safe.directory", "*"),
)


def environment(*, network: bool = False) -> dict[str, str]:
    """The environment for git: the user's own, without what points git elsewhere, without prompts, and without any
    transport unless `network`."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for name in (
        "GIT_SSH_COMMAND",
        "GIT_SSH",
        "GIT_ASKPASS",
        "GIT_SSL_CAINFO",
        "GIT_SSL_NO_VERIFY",
        "GIT_CONFIG_GLOBAL",
    ):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update(
        GIT_TERMINAL_PROMPT="0",
        GIT_OPTIONAL_LOCKS="0",
        GIT_NO_REPLACE_OBJECTS="1",
        # The second holds for a git that doesn't know the first (before 2.39.4).
        GIT_NO_LAZY_FETCH="1",
        GIT_ALLOW_PROTOCOL="https:http:ssh:git:file" if network else "none",
        GIT_ATTR_NOSYSTEM="1",
        GIT_LFS_SKIP_SMUDGE="1",
        GIT_PAGER="cat",
        LC_ALL="C.UTF-8",
        LANGUAGE="C",
    )
    env.setdefault("GIT_ASKPASS", "true")
    env.setdefault("SSH_ASKPASS", "true")
    env.setdefault("GIT_SSH_COMMAND", _ssh_command())
    return env


@lru_cache(maxsize=1)
def _ssh_command() -> str:
    """The user's own ssh command from the global configuration, never from a repository's; ssh without prompts
    otherwise."""
    try:
        found = subprocess.run(
            ["git", "config", "--global", "--get", "core.sshCommand"],
            capture_output=True,
            check=False,
            text=True,
            timeout=10,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        found = ""
    return found or "ssh -o BatchMode=yes -o ConnectTimeout=15"


def arguments(folder: Path | None, *args: str) -> list[str]:
    """The whole command line for git in `folder` (a work tree or a bare repository)."""
    line = ["git"]
    for name, value in _SAFE:
        line += ["-c", f"{name}={value}"]
    if folder is not None:
        line += ["-C", str(folder)]
    return [*line, "--no-pager", "--literal-pathspecs", *args]


def run(
    folder: Path | None,
    *args: str,
    timeout: float = 60.0,
    ok: Sequence[int] = (0,),
    limit: int = _MAX_OUTPUT,
    what: str = "",
    network: bool = False,
) -> bytes:
    """Runs git and returns its standard output.

    timeout in seconds; `ok` are the exit codes that count as success; `limit` bounds the output (it is
    cut there, and git is ended); `network`: it may speak to a remote.
    Raises GitError with git's own last words; `what` names the thing for the message.
    """
    try:
        process = subprocess.Popen(
            arguments(folder, *args),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(network=network),
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise GitError("the program git is not there", hint="install git and put it on PATH") from error
    try:
        out, err, cut = _communicate(process, timeout, limit)
    except subprocess.TimeoutExpired as error:
        _kill(process)
        raise GitError(
            f"git {args[0]} {what}".strip() + f" took longer than {timeout:.0f} s",
            hint="raise git_timeout in the settings if the repository is that large",
        ) from error
    except BaseException:
        _kill(process)
        raise
    if cut and limit == _MAX_OUTPUT:
        # Half a list would be a wrong answer.
        raise GitError(f"git {args[0]} {what}".strip() + f" printed more than {limit} bytes")
    if process.returncode not in ok and not cut:
        raise GitError(f"git {args[0]} {what}".strip() + f" failed: {said(err)}")
    return out


def _communicate(process: subprocess.Popen[bytes], timeout: float, limit: int) -> tuple[bytes, bytes, bool]:
    """(output, errors, whether the output was cut). Never holds more than `limit` bytes of output: a hostile or huge
    commit can't fill the memory. Raises TimeoutExpired."""
    assert process.stdout is not None
    assert process.stderr is not None
    deadline = time.monotonic() + timeout
    kept: dict[str, bytearray] = {"out": bytearray(), "err": bytearray()}
    cut = False
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, "out")
        selector.register(process.stderr, selectors.EVENT_READ, "err")
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired(process.args, timeout)
            for key, _ in selector.select(left):
                chunk = os.read(key.fd, 1 << 18)
                if not chunk:
                    selector.unregister(key.fileobj)
                    continue
                kept[key.data] += chunk
                if key.data == "err":
                    del kept["err"][:-_MAX_ERRORS]
                elif len(kept["out"]) > limit:
                    cut = True
                    break
            if cut:
                break
    if cut:
        process.kill()
    process.wait(max(0.1, deadline - time.monotonic()))
    process.stdout.close()
    process.stderr.close()
    return bytes(kept["out"][:limit]), bytes(kept["err"]), cut


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.communicate()


def said(err: bytes) -> str:
    """git's words for a person: the last lines of its standard error, printable and without credentials."""
    lines = [line.strip() for line in err.decode("utf-8", "replace").splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "ERROR", "Permission", "ssh:"))]
    chosen = (told or lines)[-4:]
    return printable(redact("; ".join(line.removeprefix("fatal: ").removeprefix("error: ") for line in chosen)))[:600]


class CatFile:
    """A long-lived `git cat-file --batch`; safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                arguments(self._folder, "cat-file", "--batch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(),
                start_new_session=True,
            )
        return self._process

    def read_many(self, shas: Sequence[str], each: Callable[[int, bytes], None], limit: int) -> None:
        """Calls `each(index, content)` for each object. Raises GitError for one that isn't there, and where the
        contents together pass `limit` bytes."""
        with self._lock:
            try:
                self._read_many(shas, each, limit)
            except (BrokenPipeError, FileNotFoundError) as error:
                self.close()
                raise GitError(
                    "git ended while it read the repository; it may be damaged or gone",
                    hint="try again; if it stays so: git fsck",
                ) from error
            except BaseException:
                # The stream may stand in mid-object: begin anew next time.
                self.close()
                raise

    def _read_many(self, shas: Sequence[str], each: Callable[[int, bytes], None], limit: int) -> None:
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        total = 0
        window = 64  # requests ahead of answers, so that neither pipe fills up
        sent = 0
        for index in range(len(shas)):
            if sent <= index:
                batch = shas[sent : sent + window]
                process.stdin.write("".join(f"{sha}\n" for sha in batch).encode())
                process.stdin.flush()
                sent += len(batch)
            header = process.stdout.readline().split()
            if len(header) != 3 or header[1] != b"blob" or not header[2].isdigit():
                raise GitError(f"the object {shas[index]} can't be read from the repository; it may be damaged")
            size = int(header[2])
            total += size
            if total > limit:
                raise GitError(
                    f"the files are larger than {limit} bytes together",
                    hint="raise max_manifest_bytes in the settings if that is right",
                )
            content = process.stdout.read(size)
            process.stdout.read(1)
            if len(content) != size:
                raise GitError(f"the object {shas[index]} ended early; the repository may be damaged")
            each(index, content)

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
        process.kill()
        process.wait()
