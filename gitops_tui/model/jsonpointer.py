"""JSON pointers (RFC 6901); pure."""

from __future__ import annotations

from collections.abc import Iterable


def steps_of(pointer: str) -> tuple[str, ...] | None:
    """The names and places that it goes through, () for the whole; None where it is no pointer."""
    if pointer and not pointer.startswith("/"):
        return None
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def pointer_of(steps: Iterable[str | int]) -> str:
    """The pointer that goes through these; "" for the whole."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
