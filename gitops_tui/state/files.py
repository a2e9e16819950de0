"""Records in files of the user's own state folder, for where the cluster refuses to keep them.

One JSON file for each application: the same data as its ConfigMap would have, why it is here, and which
resourceVersion of the ConfigMap it goes on from ("" where there was none).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from gitops_tui.errors import GitOpsError
from gitops_tui.model.text import printable
from gitops_tui.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file holds. note: why it can't be read, "" if it can."""

    data: Mapping[str, Any] = field(default_factory=dict)
    base: str = ""
    reason: str = ""
    note: str = ""


def read_file(path: Path) -> Kept | None:
    """What is kept there, None where there is no file."""
    try:
        found = orjson.loads(path.read_bytes())
        if not isinstance(found, dict) or not isinstance(found.get("data"), dict):
            raise TypeError("no record")
    except FileNotFoundError:
        return None
    except (OSError, orjson.JSONDecodeError, TypeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not what this program writes"
        return Kept(note=f"the state file {printable(str(path))} can't be read ({said}): it is kept aside and ignored")
    return Kept(found["data"], str(found.get("base") or ""), str(found.get("reason") or ""))


def write_file(path: Path, kept: Kept) -> None:
    """Writes the file whole or not at all, for its owner alone; a file that could not be read is kept beside it.
    Raises GitOpsError."""
    content = orjson.dumps(
        {"data": dict(kept.data), "base": kept.base, "reason": kept.reason}, option=orjson.OPT_INDENT_2
    )
    name = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        old = read_file(path)
        if old is not None and old.note:
            path.replace(path.with_suffix(".broken"))
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        with suppress(OSError):
            if name:
                Path(name).unlink()
        raise GitOpsError(
            f"the state can be kept neither in the cluster ({kept.reason}) nor in {printable(str(path.parent))}: "
            f"{error.strerror or type(error).__name__}",
            hint="get the right to write ConfigMaps in the state namespace, or make the folder writable",
        ) from error


def remove_file(path: Path) -> None:
    """The cluster has it now. Raises nothing: a file left behind is older than what the cluster has."""
    with suppress(OSError):
        path.unlink()
