"""Objects made fit to be shown: Secrets masked, noise left out. Whatever shows an object goes through here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gitops_tui.model.drift import ABSENT, FieldDifference, Masked
from gitops_tui.model.text import printable

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_NOISE = (
    "managedFields",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "selfLink",
)


class Masks:
    """Marks for secret values: the same value gets the same mark, for as long as this lives."""

    def __init__(self) -> None:
        self._marks: dict[str, str] = {}

    def mask(self, value: Any) -> Masked:
        known = self._marks.setdefault(repr(value), _letters(len(self._marks)))
        return Masked(known)

    def differences(self, found: Iterable[FieldDifference]) -> list[FieldDifference]:
        """The differences of a Secret without its values."""
        return [
            replace(each, desired=self._side(each, each.desired), live=self._side(each, each.live))
            if each.path.startswith(("data", "stringData", f'metadata.annotations["{_LAST_APPLIED}"]'))
            or each.path == "metadata.annotations"
            else each
            for each in found
        ]

    def _side(self, difference: FieldDifference, value: Any) -> Any:
        if value is ABSENT:
            return value
        if isinstance(value, Mapping):
            return {key: self.mask(below) for key, below in value.items()}
        return self.mask(value)

    def secret(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """A Secret with its values masked."""
        made = dict(obj)
        for field in ("data", "stringData"):
            values = made.get(field)
            if isinstance(values, Mapping):
                made[field] = {key: self.mask(value) for key, value in values.items()}
            elif values is not None:
                made[field] = self.mask(values)
        metadata = made.get("metadata")
        notes = metadata.get("annotations") if isinstance(metadata, Mapping) else None
        if isinstance(metadata, Mapping) and isinstance(notes, Mapping) and _LAST_APPLIED in notes:
            masked = {**notes, _LAST_APPLIED: self.mask(notes[_LAST_APPLIED])}
            made["metadata"] = {**metadata, "annotations": masked}
        return made


def _letters(number: int) -> str:
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def displayable(obj: Mapping[str, Any], masks: Masks | None = None) -> dict[str, Any]:
    """The object without managedFields, and with a Secret's values masked."""
    made = dict(obj)
    metadata = made.get("metadata")
    if isinstance(metadata, Mapping) and "managedFields" in metadata:
        made["metadata"] = {key: value for key, value in metadata.items() if key != "managedFields"}
    return (masks or Masks()).secret(made) if made.get("kind") == "Secret" else made


def clean_live(obj: Mapping[str, Any]) -> dict[str, Any]:
    """A live object without what the server keeps for itself: status, managedFields, uid and the like."""
    made = {key: value for key, value in obj.items() if key != "status"}
    metadata = made.get("metadata")
    if isinstance(metadata, Mapping):
        kept = {key: value for key, value in metadata.items() if key not in _NOISE}
        notes = kept.get("annotations")
        if isinstance(notes, Mapping) and _LAST_APPLIED in notes:
            kept["annotations"] = {key: value for key, value in notes.items() if key != _LAST_APPLIED}
            if not kept["annotations"]:
                del kept["annotations"]
        made["metadata"] = kept
    return made


def plain(value: Any) -> Any:
    """JSON values with Masked and ABSENT as text or None, for output."""
    if isinstance(value, Masked):
        return str(value)
    if value is ABSENT:
        return None
    if isinstance(value, Mapping):
        return {str(key): plain(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def value_text(value: Any, limit: int = 60) -> str:
    """A value on one line, short enough for a sentence."""
    import orjson

    try:
        text = value if isinstance(value, str) else orjson.dumps(plain(value)).decode()
    except (TypeError, ValueError):
        text = type(value).__name__
    text = printable(text[: limit * 2])
    return text if len(text) <= limit else text[: limit - 1] + "…"
