"""The one place that runs git.

Whatever a repository's own configuration says, git executes nothing for it here: hooks, fsmonitor, external diffs,
text conversion, pagers, `core.sshCommand` and command transports from a repository's config are overridden on the
command line or by the environment, which beat every file. The user's own (global) settings for ssh, credentials and
proxies still hold. Errors come back as GitError with git's words, free of credentials.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from gitops_tui.errors import GitError
from gitops_tui.model.text import printable, redact

_MAX_OUTPUT = 200_000_000

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
    ("uploadpack.packObjectsHook", ""),
    ("safe.directory", "*"),
)


def environment() -> dict[str, str]:
    """The environment for git: the user's own, without what points git elsewhere and without prompts."""
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
    stdin: bytes | None = None,
    ok: Sequence[int] = (0,),
    limit: int = _MAX_OUTPUT,
    what: str = "",
) -> bytes:
    """Runs git and returns its standard output.

    timeout in seconds; `ok` are the exit codes that count as success; `limit` bounds the output (it is cut there).
    Raises GitError with git's own last words; `what` names the thing for the message.
    """
    try:
        process = subprocess.Popen(
            arguments(folder, *args),
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise GitError("the program git is not there", hint="install git and put it on PATH") from error
    try:
        out, err = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        _kill(process)
        raise GitError(
            f"git {args[0]} {what}".strip() + f" took longer than {timeout:.0f} s",
            hint="raise git_timeout in the settings if the repository is that large",
        ) from error
    except BaseException:
        _kill(process)
        raise
    if process.returncode not in ok:
        raise GitError(f"git {args[0]} {what}".strip() + f" failed: {said(err)}")
    return out[:limit]


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
            if len(header) != 3:
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
