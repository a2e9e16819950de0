"""Files that SOPS encrypted: decrypted in memory by the program `sops`, where the user's settings say so (`sops: true`).

What was decrypted goes from one pipe into the parser: never to disk, never into a cache on disk; and since only Secrets are
masked wherever objects are shown, a decrypted file may hold nothing but Secrets.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Any

from gitops_tui.errors import Problem, ToolMissing
from gitops_tui.model.text import printable, redact
from gitops_tui.render.loader import load
from gitops_tui.settings import Settings

Documents = list[tuple[int, int, Any]]


def is_encrypted(documents: Documents) -> bool:
    """Whether a file is one of SOPS': a `sops` mapping with a MAC beside the object."""
    return any(
        isinstance(document, dict) and isinstance(document.get("sops"), dict) and "mac" in document["sops"]
        for _, _, document in documents
    )


def decrypted(content: bytes, path: str, before: Documents, settings: Settings) -> tuple[Documents, Problem | None]:
    """The documents as they were before they were encrypted, at the same places. Raises ToolMissing; what else is wrong
    comes as a Problem, without a value in it."""
    if not settings.sops:
        return [], Problem(path, "is encrypted by SOPS; sops: true in your settings decrypts it with your keys")
    program = shutil.which("sops")
    if program is None:
        raise ToolMissing(f"{path} is encrypted by SOPS, and sops is not there", hint="install sops and put it on PATH")
    kind = "json" if path.endswith(".json") else "yaml"
    line = [program, "--decrypt", "--input-type", kind, "--output-type", kind, "/dev/stdin"]
    try:
        # Its keys are the user's own (age, GPG, a cloud's): it gets the user's environment.
        done = subprocess.run(
            line, input=content, capture_output=True, timeout=settings.render_timeout, check=False, env=dict(os.environ)
        )
    except subprocess.TimeoutExpired:
        return [], Problem(path, f"sops took longer than {settings.render_timeout:.0f} s")
    except OSError as error:
        return [], Problem(path, f"sops can't be started: {error.strerror}")
    if done.returncode != 0:
        said = printable(redact(" ".join(done.stderr.decode("utf-8", "replace").split())))[:400]
        return [], Problem(path, f"sops can't decrypt it: {said}")
    documents, problem = load(done.stdout, path)
    if problem is not None:
        # Not the problem itself: its line could show what was decrypted.
        return [], Problem(path, "what sops decrypted is no valid YAML", problem.line)
    for number, line_number, document in documents:
        if isinstance(document, dict) and document.get("kind") != "Secret":
            shown = printable(str(document.get("kind") or "something without a kind"))
            return [], Problem(
                path,
                f"document {number} of an encrypted file is a {shown}: only Secrets are masked on screen, so only Secrets "
                "are decrypted",
                line_number,
            )
    places = {number: line_number for number, line_number, _ in before}
    return [(number, places.get(number, 1), document) for number, _, document in documents], None
