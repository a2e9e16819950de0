"""What an object's annotations say that has no effect, or another one than they seem to: misspelt names and values, said by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_tui.model.text import printable
from gitops_tui.sync import annotations as notes
from gitops_tui.sync.options import object_problems


def oddities(obj: Mapping[str, Any]) -> tuple[str, ...]:
    """One line each, none for nearly every object."""
    if not any(str(name).startswith(notes.PREFIXES) for name in notes.annotations_of(obj)):
        return ()
    said = [
        f"the annotation {printable(each)} is not known and has no effect" for each in notes.unknown_annotations(obj)
    ]
    said += object_problems(obj)
    said += [f"unknown hook type {word!r}: it is never run" for word in notes.unknown_hooks(obj)]
    said += [f"unknown hook delete policy {word!r}: it has no effect" for word in notes.unknown_policies(obj)]
    if (bad := notes.bad_wave(obj)) is not None:
        name, text = bad
        said.append(f"{name} {text!r} is not a number: its wave is {notes.wave(obj)}")
    return tuple(said)
