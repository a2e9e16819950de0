"""kubectl in this terminal: `exec` and `port-forward`, on the session's own cluster, the app standing aside meanwhile.

Command lines are lists, never a shell's text: no name of the cluster can become an option or a command.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from gitops_tui.errors import GitOpsError
from gitops_tui.model.logs import LogPod
from gitops_tui.model.text import printable

_PORTS = re.compile(r"([0-9]{1,5})?(:[0-9]{1,5})?")
_SHELL = ("sh", "-c", "command -v bash >/dev/null 2>&1 && exec bash || exec sh")
# A program that ends sooner than that (seconds) had something to say that must be read.
_SHORT = 5.0


def find() -> str:
    """Where kubectl is. Raises GitOpsError."""
    found = shutil.which("kubectl")
    if found is None:
        raise GitOpsError(
            "kubectl is not there", hint="install kubectl, or put it on the PATH: it runs :exec and :forward"
        )
    return found


def exec_words(text: str) -> tuple[str, list[str]]:
    """(container, command) of what stands behind `:exec`: `[CONTAINER] [-- COMMAND …]`. Raises GitOpsError."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise GitOpsError(f"exec: {error}", hint="mend its quotes") from error
    command: list[str] = []
    if "--" in words:
        at = words.index("--")
        words, command = words[:at], words[at + 1 :]
        if not command:
            raise GitOpsError("exec: no command stands behind --", hint=":exec app -- ls -l, or :exec app for a shell")
    if len(words) > 1:
        raise GitOpsError(f"exec: {words[1]!r} is too much", hint=":exec [CONTAINER] [-- COMMAND]")
    return (words[0] if words else ""), command or list(_SHELL)


def exec_line(options: Sequence[str], pod: LogPod, container: str, command: Sequence[str]) -> list[str]:
    """Raises GitOpsError where the pod has no such container."""
    names = [each.name for each in pod.containers]
    wanted = container or next((each.name for each in pod.containers if each.chosen), "")
    if wanted not in names:
        raise GitOpsError(f"{pod.name} has no container {wanted}", hint=f"it has: {', '.join(names)}")
    where = ["--namespace", pod.namespace, "exec", "--stdin", "--tty", pod.name, f"--container={wanted}"]
    return [find(), *options, *where, "--", *command]


def forward_line(options: Sequence[str], namespace: str, target: str, ports: str) -> list[str]:
    """target: TYPE/NAME. ports: `PORT`, `PORT:REMOTE` or `:REMOTE`, several with spaces. Raises GitOpsError."""
    words = ports.split()
    if not words:
        raise GitOpsError("forward: the port is missing", hint=":forward 8080, :forward 8080:80, :forward :80")
    for word in words:
        numbers = [int(each) for each in word.split(":") if each] if _PORTS.fullmatch(word) else []
        if not (numbers and all(0 < each < 65536 for each in numbers)):
            raise GitOpsError(f"forward: {word!r} is no port", hint=":forward 8080, :forward 8080:80, :forward :80")
    return [find(), *options, "--namespace", namespace, "port-forward", target, *words]


@contextlib.contextmanager
def _interrupts_are_its() -> Iterator[None]:
    """ctrl+c is for the program that has the terminal. A handler, not SIG_IGN, which the program would inherit."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def run(line: Sequence[str], what: str, leave: str) -> str:
    """Runs the program and waits for it; what is to be said of it. leave: how a person comes back. Raises GitOpsError."""
    sys.stdout.write(f"{printable(what)}  ({leave})\n")
    sys.stdout.flush()
    started = time.monotonic()
    with _interrupts_are_its():
        try:
            code = subprocess.run(list(line), check=False).returncode
        except OSError as error:
            raise GitOpsError(f"kubectl can't be run: {error}") from error
        if code not in (0, 130, -signal.SIGINT) and time.monotonic() - started < _SHORT:
            sys.stdout.write(f"\nkubectl ended with {code}: enter goes back ")
            sys.stdout.flush()
            with contextlib.suppress(OSError):
                sys.stdin.readline()
    return f"{printable(what)}: over" + (f", with {code}" if code not in (0, 130, -signal.SIGINT) else "")
