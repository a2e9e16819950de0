"""Other programs in this terminal: $PAGER and $EDITOR. They run while the app stands aside, on a copy that only its
owner can read and that goes away afterwards."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from gitops_tui.errors import GitOpsError

_PAGERS = ("less", "more")
_EDITORS = ("vi", "nano")


def program(kind: str, env: Mapping[str, str]) -> list[str]:
    """The command line of "pager" or "editor". Raises GitOpsError where none is there."""
    names = ("VISUAL", "EDITOR") if kind == "editor" else ("PAGER",)
    for name in names:
        if said := env.get(name, "").strip():
            try:
                words = shlex.split(said)
            except ValueError as error:
                raise GitOpsError(f"${name} can't be read: {error}", hint="mend its quotes") from error
            if words and shutil.which(words[0]):
                return words
            raise GitOpsError(f"${name} is {said!r}, which is not there", hint=f"set {name} to a program that is")
    for each in _EDITORS if kind == "editor" else _PAGERS:
        if found := shutil.which(each):
            return [found]
    raise GitOpsError(f"there is no {kind}", hint=f"set ${names[-1]}")


def show(text: str, name: str, kind: str, env: Mapping[str, str] | None = None) -> None:
    """Runs the program on a copy of the text and waits for it. The app must stand aside. Raises GitOpsError."""
    known = env if env is not None else os.environ
    line = program(kind, known)
    folder = Path(tempfile.mkdtemp(prefix="gitops-tui-"))
    try:
        path = folder / name.replace("/", "-")
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8", errors="replace")
        # Data is shown as it is: less must not obey what stands in it.
        safe = {**known, "LESSSECURE": "1"} if kind == "pager" else dict(known)
        subprocess.run([*line, str(path)], check=False, env=safe)
    except OSError as error:
        raise GitOpsError(f"{line[0]} can't be run: {error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
