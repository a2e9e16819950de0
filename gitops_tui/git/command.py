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
from functools import lru_cache
from pathlib import Path

from gitops_tui.errors import GitError, GitStopped

MAX_OUTPUT = 200_000_000
_MAX_ERRORS = 64_000
_TICK = 0.2
COMMIT_GRAPH = ("commit-graph", "write", "--reachable", "--changed-paths", "--split", "--no-progress")
"""Makes logs of paths and blame many times quicker."""

# What must never come from a repository. `core.hooksPath` and `core.fsmonitor` run programs; `core.attributesFile`
# could name filters; `protocol.ext` runs commands; `diff.suppressBlankEmpty` would make lines of a patch that have no sign.
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
    ("push.recurseSubmodules", "no"),
    ("push.gpgSign", "false"),
    ("push.followTags", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("log.showSignature", "false"),
    ("log.follow", "false"),
    ("log.mailmap", "true"),
    ("diff.orderFile", os.devnull),
    ("diff.noprefix", "false"),
    ("diff.mnemonicPrefix", "false"),
    ("diff.renameLimit", "1000"),
    ("diff.suppressBlankEmpty", "false"),
    ("i18n.commitEncoding", "UTF-8"),
    ("uploadpack.packObjectsHook", ""),
    ("safe.directory", "*"),
    ("advice.graftFileDeprecated", "false"),
)

# What a user may say to git by the environment; everything else with such a name could point git elsewhere.
_OF_THE_USER = (
    "GIT_SSH_COMMAND",
    "GIT_SSH",
    "GIT_SSH_VARIANT",
    "GIT_ASKPASS",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_CERT",
    "GIT_SSL_KEY",
    "GIT_SSL_NO_VERIFY",
    "GIT_PROXY_SSL_CAINFO",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
)
_MOST_ENTRIES = 1000

Stop = threading.Event


def environment(*, network: bool = False, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for git: the user's own, without what points git elsewhere, without prompts, and without any
    transport unless `network`. `extra` is added last."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env.update({name: os.environ[name] for name in _OF_THE_USER if name in os.environ})
    env.update(
        GIT_TERMINAL_PROMPT="0",
        GIT_OPTIONAL_LOCKS="0",
        # No history but the one that the SHAs stand for.
        GIT_NO_REPLACE_OBJECTS="1",
        GIT_GRAFT_FILE=os.devnull,
        # The second holds for a git that doesn't know the first (before 2.39.4).
        GIT_NO_LAZY_FETCH="0" if network else "1",
        GIT_ALLOW_PROTOCOL="https:http:ssh:git:file" if network else "none",
        GIT_ATTR_NOSYSTEM="1",
        GIT_LFS_SKIP_SMUDGE="1",
        GIT_PAGER="cat",
        GIT_EDITOR="false",
        LC_ALL="C.UTF-8",
        LANGUAGE="C",
    )
    env.setdefault("GIT_ASKPASS", users_config("core.askpass") or "true")
    env.setdefault("SSH_ASKPASS", "true")
    env.setdefault("GIT_SSH_COMMAND", ssh_command())
    env.update(extra or {})
    # Settings that the user gives by the environment stand before ours, which beat them.
    if users := _entries(os.environ):
        env.update(config_environment([*users, *_entries(extra or {})]))
    return env


def _entries(env: Mapping[str, str]) -> list[tuple[str, str]]:
    """The settings that `GIT_CONFIG_COUNT` and its fellows give (git-config(1), ENVIRONMENT); none where they make no sense."""
    count = env.get("GIT_CONFIG_COUNT", "")
    if not count.isdecimal() or int(count) > _MOST_ENTRIES:
        return []
    named = [(env.get(f"GIT_CONFIG_KEY_{at}"), env.get(f"GIT_CONFIG_VALUE_{at}")) for at in range(int(count))]
    return [(key, value) for key, value in named if key is not None and value is not None]


@lru_cache(maxsize=8)
def _users_config(stamp: object) -> tuple[tuple[str, str], ...]:
    del stamp
    found: list[tuple[str, str]] = []
    for scope in ("--system", "--global"):
        try:
            out = subprocess.run(
                ["git", "config", scope, "--includes", "--list", "-z"],
                capture_output=True,
                check=False,
                timeout=10,
                stdin=subprocess.DEVNULL,
                cwd="/",
            ).stdout
        except (OSError, subprocess.SubprocessError):
            continue
        for entry in out.decode("utf-8", "surrogateescape").split("\0"):
            name, _, value = entry.partition("\n")
            if name:
                found.append((name, value))
    return tuple(found)


def _changed(place: str) -> str:
    try:
        return str(Path(place).expanduser().stat().st_mtime_ns) if place else ""
    except (OSError, RuntimeError):
        return ""


def users_config(name: str) -> str:
    """A setting of the user's own (system and global) configuration, never of a repository's; "" where there is none.
    `name` in lower case, as git prints it."""
    stamp = tuple(os.environ.get(each) for each in ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"))
    stamp += tuple(
        _changed(each) for each in (os.environ.get("GIT_CONFIG_GLOBAL", ""), "~/.gitconfig", "/etc/gitconfig")
    )
    return next((value for key, value in reversed(_users_config(stamp)) if key == name), "")


def ssh_command() -> str:
    """The user's own ssh command from the global configuration, never from a repository's; ssh without prompts
    otherwise."""
    return users_config("core.sshcommand") or "ssh -o BatchMode=yes -o ConnectTimeout=15"


def config_environment(entries: Sequence[tuple[str, str]], env: Mapping[str, str] | None = None) -> dict[str, str]:
    """`env` with more settings for one run, by the environment, which no list of processes shows; they beat every file."""
    made = dict(env or {})
    count = int(made.get("GIT_CONFIG_COUNT", "0"))
    for at, (name, value) in enumerate(entries, count):
        made[f"GIT_CONFIG_KEY_{at}"], made[f"GIT_CONFIG_VALUE_{at}"] = name, value
    made["GIT_CONFIG_COUNT"] = str(count + len(entries))
    return made


def arguments(folder: Path | None, *args: str) -> list[str]:
    """The whole command line for git in `folder` (a work tree or a bare repository)."""
    line = ["git"]
    for name, value in _SAFE:
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
